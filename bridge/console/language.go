package console

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"time"

	"golang.org/x/text/feature/plural"
	xlanguage "golang.org/x/text/language"
	"golang.org/x/text/message"
)

// catalog has a folder per language and in it a file per page: a JSON object
// of texts by key. A text may hold {0}, {1} … for the arguments it is given;
// where the first is a count, its value may be an object of plural forms
// (one, few, many, other) instead.
//
//go:embed text
var catalog embed.FS

// A language is one that the console speaks.
type language struct {
	Code  string // "pt"
	Name  string // in itself: "Português"
	tag   xlanguage.Tag
	texts map[string]text
	count *message.Printer
}

// A text is one entry of the catalog: forms by plural category, the only form
// under "other".
type text map[string]string

// languages are those of the catalog, the default first.
var languages = loadLanguages(
	language{Code: "en", Name: "English"}, language{Code: "ru", Name: "Русский"}, language{Code: "pt", Name: "Português"},
	language{Code: "es", Name: "Español"}, language{Code: "de", Name: "Deutsch"},
)

// loadLanguages reads what is part of the program; a fault in it is a bug.
func loadLanguages(all ...language) []language {
	for i := range all {
		all[i].tag = xlanguage.MustParse(all[i].Code)
		all[i].count = message.NewPrinter(all[i].tag)
		texts, err := loadTexts(catalog, path.Join("text", all[i].Code))
		if err != nil {
			panic(err)
		}
		all[i].texts = texts
	}
	return all
}

// loadTexts joins the files of one language.
func loadTexts(from fs.FS, dir string) (map[string]text, error) {
	files, err := fs.Glob(from, dir+"/*.json")
	if err != nil {
		return nil, err
	}
	all := map[string]text{}
	for _, name := range files {
		raw, err := fs.ReadFile(from, name)
		if err != nil {
			return nil, err
		}
		part := map[string]json.RawMessage{}
		if err := json.Unmarshal(raw, &part); err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		for key, value := range part {
			if all[key] != nil {
				return nil, fmt.Errorf("%s: %s is there already", name, key)
			}
			if all[key], err = readText(value); err != nil {
				return nil, fmt.Errorf("%s: %s: %w", name, key, err)
			}
		}
	}
	return all, nil
}

func readText(raw json.RawMessage) (text, error) {
	var one string
	if json.Unmarshal(raw, &one) == nil {
		return text{"other": one}, nil
	}
	var forms text
	if err := json.Unmarshal(raw, &forms); err != nil {
		return nil, err
	}
	if forms["other"] == "" {
		return nil, fmt.Errorf("the form other is missing")
	}
	return forms, nil
}

var matcher = xlanguage.NewMatcher([]xlanguage.Tag{
	xlanguage.English, xlanguage.Russian, xlanguage.Portuguese, xlanguage.Spanish, xlanguage.German,
})

// chooseLanguage takes the chosen one, else what the browser asks for.
func chooseLanguage(chosen, accept string) language {
	for _, l := range languages {
		if l.Code == chosen {
			return l
		}
	}
	if len(accept) > 512 {
		accept = ""
	}
	_, i := xlanguage.MatchStrings(matcher, accept)
	return languages[i]
}

var forms = map[plural.Form]string{plural.Zero: "zero", plural.One: "one", plural.Two: "two", plural.Few: "few", plural.Many: "many"}

// T is the text of a key with its arguments; the key itself where there is no
// such text, which a test finds.
func (l language) T(key string, args ...any) string {
	t, ok := l.texts[key]
	if !ok {
		return key
	}
	s := t["other"]
	if len(t) > 1 && len(args) > 0 {
		if n, ok := args[0].(int); ok {
			if form := t[forms[plural.Cardinal.MatchPlural(l.tag, n, 0, 0, 0, 0)]]; form != "" {
				s = form
			}
		}
	}
	for i, a := range args {
		s = strings.ReplaceAll(s, fmt.Sprintf("{%d}", i), l.show(a))
	}
	return s
}

// Has reports whether there is a text of a key.
func (l language) Has(key string) bool { return l.texts[key] != nil }

func (l language) show(a any) string {
	switch a := a.(type) {
	case int, int64:
		return l.count.Sprintf("%d", a)
	}
	return fmt.Sprint(a)
}

// Number writes a number with the language's separators.
func (l language) Number(n int) string { return l.show(n) }

// day writes the day of t as people do: today, yesterday, or its date.
func (l language) day(t, now time.Time) string {
	midnight := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, now.Location())
	switch {
	case t.After(midnight.AddDate(0, 0, 1)):
	case !t.Before(midnight):
		return l.T("time.today")
	case !t.Before(midnight.AddDate(0, 0, -1)):
		return l.T("time.yesterday")
	}
	return l.date(t, t.Year() != now.Year())
}

func (l language) date(t time.Time, year bool) string {
	month := l.T(fmt.Sprintf("time.month_%d", t.Month()))
	if year {
		return l.T("time.date_year", fmt.Sprint(t.Day()), month, fmt.Sprint(t.Year()))
	}
	return l.T("time.date", fmt.Sprint(t.Day()), month)
}

// A moment is a time as one visitor reads it.
type moment struct {
	at   time.Time
	lang language
	now  time.Time
}

// at makes a moment of a time, in the visitor's time zone.
func (v *visit) at(t time.Time) moment {
	return moment{t.In(v.zone), v.Lang, time.Now().In(v.zone)}
}

// There reports whether there is a time at all.
func (m moment) There() bool { return !m.at.IsZero() }

// ISO is for the datetime attribute.
func (m moment) ISO() string { return m.at.Format(time.RFC3339) }

// Clock is the time of day, "15:04".
func (m moment) Clock() string { return m.at.Format("15:04") }

// Seconds is the time of day to the second.
func (m moment) Seconds() string { return m.at.Format("15:04:05") }

// Day is the day in words.
func (m moment) Day() string { return m.lang.day(m.at, m.now) }

// Short is the time of day for today, else the day: for lists.
func (m moment) Short() string {
	if m.at.YearDay() == m.now.YearDay() && m.at.Year() == m.now.Year() {
		return m.Clock()
	}
	return m.Day()
}

// Full is day, year and time to the second, for a tooltip.
func (m moment) Full() string { return m.lang.date(m.at, true) + " " + m.at.Format("15:04:05 MST") }
