package daemon

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/phone"
	"github.com/wabridge/wabridge/phonesim"
	"github.com/wabridge/wabridge/queue"
)

// unpack reads a bundle.
func unpack(t *testing.T, b []byte) map[string]string {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		files[strings.TrimPrefix(h.Name, "wabridge-support/")] = string(content)
	}
}

// TestSupportHoldsNothingPrivate: texts, names, numbers, tokens and secrets are
// everywhere in the gateway, in its log, in errors, on an unknown screen; none
// is in the bundle.
func TestSupportHoldsNothingPrivate(t *testing.T) {
	const (
		textOut, textIn, name, number = "Zebrafinken schlafen", "Quittenmus bestellt", "Ottilie Quarz", "15550008642"
		secret, verify, pin, host     = "app-secret-9Xk", "verify-7Qz", "864213", "crm.marmot.example"
	)
	r := newRig(t, phonesim.Config{}, func(c *Config) {
		c.Webhook = WebhookConfig{URL: "http://" + host + "/hook", Secret: secret, VerifyToken: verify}
		c.Phones[0].Name, c.Phones[0].PIN = "Firma Murmeltier", pin
	})
	if _, err := r.d.db.Enqueue(t.Context(), queue.Draft{Message: wabridge.Message{Phone: benchPhone, Chat: wabridge.UserJID(number), Number: number, Type: "text", Text: textOut}}); err != nil {
		t.Fatal(err)
	}
	if _, err := r.sim.Incoming(phonesim.IncomingMessage{From: number, Name: name, Text: textIn}); err != nil {
		t.Fatal(err)
	}
	r.until("both messages", func() bool {
		list, err := r.d.db.Messages(context.Background(), queue.MessageFilter{Limit: 10})
		return err == nil && len(list) == 2 && slices.ContainsFunc(list, func(m wabridge.Message) bool { return m.State == wabridge.Sent })
	})
	keep := evidence{filepath.Join(r.cfg.Data, evidenceDir)}
	dump := fmt.Sprintf(`<node text="%s" content-desc="+1 555 000-8642" resource-id="com.whatsapp:id/entry"/>`, name)
	if err := keep.Keep(benchPhone, time.Now(), "a window says "+name+" "+number, []byte(dump), []byte("PNG "+textIn)); err != nil {
		t.Fatal(err)
	}
	log := r.log.tail(10000) + fmt.Sprintf("\nlevel=WARN err=%q url=http://%s/hook mail=ottilie@quarz.example at=192.0.2.7:5555 token=%s\n", name+" "+number+" +1 (555) 000-8642", host, r.d.Token())
	values := []Value{{"webhook.app_secret", displayed("webhook.app_secret", secret, nil), "/home/ottilie/wabridge.yaml, line 3"}}
	var out bytes.Buffer
	files, err := Support(t.Context(), r.cfg, SupportOptions{
		Build: Build{Version: "1.2.3"}, Values: values, Log: []byte(log), Now: time.Now(),
		Doctor: DoctorReport{Gateway: []phone.Check{{Name: "webhook", Grade: phone.Bad, Detail: "dial tcp: lookup http://" + host + ": " + number}}},
		Live: func(ctx context.Context, path string) ([]byte, error) {
			req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+r.d.Addr()+path, nil)
			if err != nil {
				return nil, err
			}
			req.Header.Set("Authorization", "Bearer "+r.d.Token())
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				return nil, err
			}
			defer resp.Body.Close()
			return io.ReadAll(resp.Body)
		},
	}, &out)
	if err != nil {
		t.Fatal(err)
	}
	got := unpack(t, out.Bytes())
	if len(got) != len(files) {
		t.Errorf("%d files, listed are %d", len(got), len(files))
	}
	for file, want := range map[string]string{
		"version.json": "1.2.3", "config.json": "(set)", "doctor.json": "webhook", "database.json": `"message out sent"`, "events.jsonl": `"state":"sent"`,
		"phones.json": "ready", "readyz.json": "{", "goroutines.txt": "goroutine profile", "log.txt": "level=WARN", "metrics.txt": "",
	} {
		if text, ok := got[file]; !ok || !strings.Contains(text, want) {
			t.Errorf("%s does not hold %q:\n%.2000s", file, want, text)
		}
	}
	dumps := 0
	for file, text := range got {
		if strings.HasSuffix(file, ".png") {
			t.Errorf("a picture is in it: %s", file)
		}
		if strings.HasPrefix(file, "evidence/") {
			dumps++
		}
		for _, private := range []string{
			textOut, textIn, name, "Ottilie", "Quarz", "Murmeltier", "ottilie", number, "0008642", "000-8642", secret, verify, pin, host, "192.0.2.7", r.d.Token(), r.cfg.Phones[0].Serial,
		} {
			if i := strings.Index(text, private); i >= 0 {
				t.Errorf("%s holds %q: …%s…", file, private, text[max(0, i-60):min(len(text), i+60)])
			}
		}
	}
	if dumps != 2 {
		t.Errorf("%d files of the screen that was kept", dumps)
	}
}

func TestSupportWithoutDatabase(t *testing.T) {
	cfg := Default()
	cfg.Data = t.TempDir()
	if err := os.WriteFile(filepath.Join(cfg.Data, DatabaseFile), []byte("this is no database, and long enough to look like one to somebody"), 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if _, err := Support(t.Context(), cfg, SupportOptions{Now: time.Now()}, &out); err != nil {
		t.Fatal(err)
	}
	if got := unpack(t, out.Bytes()); !strings.Contains(got["database.json"], "not a database") {
		t.Errorf("database.json: %q", got["database.json"])
	}
}

func TestScrub(t *testing.T) {
	s := newScrubber([]string{"Ana", "Ana Maria", "ab"})
	for text, want := range map[string]string{
		"Ana Maria and Ana":                       "(known) and (known)",
		"call 5511987654321 now":                  "call (number) now",
		"call +55 (11) 98765-4321 now":            "call (number) now",
		"at 2026-01-31T23:59:00.123Z code 131000": "at 2026-01-31T23:59:00.123Z code 131000",
		"message wamid.AB-cd_123456789 moved":     "message wamid.AB-cd_123456789 moved",
		"dial tcp 192.0.2.7:443: refused":         "dial tcp (address): refused",
		"Post \"https://x.example/a?b=c\": EOF":   "Post \"(url)\": EOF",
		"a@b.example":                             "(mail)",
		"token wab_0123456789abcdefghijklmnopqrs": "token (token)",
		"ab stays, it is too short":               "ab stays, it is too short",
	} {
		if got := s.text(text); got != want {
			t.Errorf("%q\n got %q\nwant %q", text, got, want)
		}
	}
	if got := s.metrics(`x{to="5511987654321"} 1790000000`); got != `x{to="(number)"} 1790000000` {
		t.Errorf("metrics: %s", got)
	}
}

func FuzzScrub(f *testing.F) {
	f.Add("call +55 11 98765-4321, a@b.c http://x")
	s := newScrubber(nil)
	f.Fuzz(func(t *testing.T, text string) {
		if got := s.text("x " + text + " 5511987654321 y"); strings.Contains(got, " 5511987654321 ") {
			t.Errorf("%q keeps the number: %q", text, got)
		}
	})
}
