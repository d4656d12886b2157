package console

import (
	"io/fs"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestEveryKeyInEveryLanguage: no language lacks a text, none has one that
// another has not, and all take the same arguments.
func TestEveryKeyInEveryLanguage(t *testing.T) {
	arguments := regexp.MustCompile(`\{\d\}`)
	used := func(l language, key string) []string {
		all := arguments.FindAllString(l.texts[key]["other"], -1)
		slices.Sort(all)
		return all
	}
	for _, l := range languages {
		if len(l.texts) == 0 {
			t.Fatalf("%s has no texts", l.Code)
		}
		for key := range languages[0].texts {
			if !l.Has(key) {
				t.Errorf("%s lacks %s", l.Code, key)
				continue
			}
			if got, want := used(l, key), used(languages[0], key); !slices.Equal(got, want) {
				t.Errorf("%s: %s takes %v, want %v", l.Code, key, got, want)
			}
			for form, words := range l.texts[key] {
				if strings.TrimSpace(words) == "" {
					t.Errorf("%s: %s has an empty form %s", l.Code, key, form)
				}
			}
		}
		for key := range l.texts {
			if !languages[0].Has(key) {
				t.Errorf("%s has %s, which English has not", l.Code, key)
			}
		}
	}
}

// TestEveryKeyUsedExists: what templates and programs ask for is there.
func TestEveryKeyUsedExists(t *testing.T) {
	for dir, pattern := range map[fs.FS]string{pagesHTML: `\bt "([a-z_.0-9]+)"`} {
		for key, where := range keysIn(t, dir, "html/*.html", pattern) {
			if !languages[0].Has(key) {
				t.Errorf("%s asks for %s", where, key)
			}
		}
	}
}

func keysIn(t *testing.T, in fs.FS, glob, pattern string) map[string]string {
	t.Helper()
	files, err := fs.Glob(in, glob)
	must(t, err)
	all := map[string]string{}
	for _, name := range files {
		raw, err := fs.ReadFile(in, name)
		must(t, err)
		for _, found := range regexp.MustCompile(pattern).FindAllStringSubmatch(string(raw), -1) {
			all[found[1]] = name
		}
	}
	if len(all) == 0 {
		t.Fatalf("no keys in %s", glob)
	}
	return all
}

func TestPlurals(t *testing.T) {
	for _, tt := range []struct {
		code string
		n    int
		want string
	}{
		{"en", 1, "1 unread message"}, {"en", 2, "2 unread messages"}, {"en", 1200, "1,200 unread messages"},
		{"ru", 1, "1 непрочитанное сообщение"}, {"ru", 3, "3 непрочитанных сообщения"}, {"ru", 11, "11 непрочитанных сообщений"},
		{"de", 1200, "1.200 ungelesene Nachrichten"},
	} {
		if got := chooseLanguage(tt.code, "").T("inbox.count", tt.n); got != tt.want {
			t.Errorf("%s %d: %q, want %q", tt.code, tt.n, got, tt.want)
		}
	}
}

func TestChooseLanguage(t *testing.T) {
	for _, tt := range []struct{ name, chosen, accept, want string }{
		{"nothing said", "", "", "en"},
		{"the browser's", "", "ru-RU,ru;q=0.9,en;q=0.8", "ru"},
		{"Brazil", "", "pt-BR", "pt"},
		{"Austria", "", "de-AT,en;q=0.5", "de"},
		{"one that is not there", "", "ja", "en"},
		{"chosen before the browser's", "es", "ru", "es"},
		{"a broken choice", "xx", "ru", "ru"},
		{"hostile", "", strings.Repeat("x-", 4000), "en"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := chooseLanguage(tt.chosen, tt.accept).Code; got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

// TestEveryPageInEveryLanguage: no page shows a key for lack of its text.
func TestEveryPageInEveryLanguage(t *testing.T) {
	d := newDesk(t, withFiles(t))
	d.day()
	key := regexp.MustCompile(`[>"](nav|app|account|inbox|outbox|campaign|state|tick|kind|act|code|error|login|steps|time|keys)\.[a-z_.0-9]+[<"]`)
	for _, l := range languages {
		for _, p := range d.pages {
			got := d.ask(admin, Path+"/"+p.Name, nil, "Accept-Language", l.Code)
			if got.status != http.StatusOK || !strings.Contains(got.body, `<html lang="`+l.Code+`"`) {
				t.Errorf("%s in %s: %d", p.Name, l.Code, got.status)
			}
			if found := key.FindString(got.body); found != "" {
				t.Errorf("%s in %s shows the key %s", p.Name, l.Code, found)
			}
		}
	}
}

func TestDays(t *testing.T) {
	l := chooseLanguage("en", "")
	now := time.Date(2026, 3, 2, 0, 30, 0, 0, time.UTC)
	for _, tt := range []struct {
		ago  time.Duration
		want string
	}{{0, "today"}, {time.Hour, "yesterday"}, {26 * time.Hour, "28 Feb"}, {100 * 24 * time.Hour, "22 Nov 2025"}, {-25 * time.Hour, "3 Mar"}} {
		if got := l.day(now.Add(-tt.ago), now); got != tt.want {
			t.Errorf("%v ago: %q, want %q", tt.ago, got, tt.want)
		}
	}
}
