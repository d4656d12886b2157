package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/spf13/cobra"
)

// A fakeGateway has two phones and notes what it is asked.
type fakeGateway struct {
	*httptest.Server
	mu    sync.Mutex
	asked []string
}

func newFakeGateway(t *testing.T) *fakeGateway {
	t.Helper()
	g := &fakeGateway{}
	g.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/bridge/v1/phones" {
			_, _ = io.WriteString(w, `{"phones":[{"phone_number_id":"100000000000001","name":"Store 3","number":"15550001001"},{"phone_number_id":"100000000000002","name":"Store 4"}]}`)
			return
		}
		body, _ := io.ReadAll(r.Body)
		g.mu.Lock()
		g.asked = append(g.asked, r.URL.String()+" "+string(body))
		g.mu.Unlock()
		_, _ = io.WriteString(w, `{"messages":[{"id":"wamid.x"}],"campaign":{"id":"1"},"id":"1"}`)
	}))
	t.Cleanup(g.Close)
	return g
}

func (g *fakeGateway) run(args ...string) (code int, out, errs string) {
	var o, e bytes.Buffer
	code = run(context.Background(), append(args, "--url", g.URL, "--token", "x"), strings.NewReader(""), &o, &e)
	return code, o.String(), e.String()
}

// TestEveryPhoneFlagTakesNames: each command that asks a gateway and has
// --phone sends the id of the phone that is named.
func TestEveryPhoneFlagTakesNames(t *testing.T) {
	people := filepath.Join(t.TempDir(), "people.csv")
	if err := os.WriteFile(people, []byte("number\n+15550002222\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	args := map[string][]string{
		"wabridge send": {"+15550002222", "x"}, "wabridge campaigns send": {people, "--text", "x"}, "wabridge webhook add": {"https://crm.example.org/"},
		"wabridge optouts add": {"+15550002222"}, "wabridge optouts remove": {"+15550002222"},
	}
	var walk func(*cobra.Command)
	walk = func(c *cobra.Command) {
		for _, sub := range c.Commands() {
			walk(sub)
		}
		if c.Flags().Lookup("phone") == nil || c.Flags().Lookup("url") == nil {
			return
		}
		t.Run(c.CommandPath(), func(t *testing.T) {
			g := newFakeGateway(t)
			line := append(strings.Fields(c.CommandPath())[1:], args[c.CommandPath()]...)
			if strings.Contains(c.CommandPath(), "stats") {
				line = append(line, "--json")
			}
			_, _, errs := g.run(append(line, "--phone", "store 3")...)
			if all := strings.Join(g.asked, "\n"); !strings.Contains(all, "100000000000001") && !strings.Contains(all, "15550001001") || strings.Contains(all, "100000000000002") {
				t.Errorf("asked %q; %s", g.asked, errs)
			}
			if code, _, errs := g.run(append(line, "--phone", "Store 9")...); code != 1 || !strings.Contains(errs, "has no phone Store 9") {
				t.Errorf("a name that no phone has: %d %s", code, errs)
			}
		})
	}
	walk(newRoot())
}

// TestCompletions asks for values as a shell does.
func TestCompletions(t *testing.T) {
	g := newFakeGateway(t)
	t.Setenv("WABRIDGE_URL", g.URL)
	t.Setenv("WABRIDGE_TOKEN", "x")
	for _, c := range []struct {
		line string
		want []string
	}{
		{"events --phone", []string{"100000000000001\tStore 3", "Store 4\t100000000000002"}},
		{"screen --phone", []string{"Store 3\t100000000000001"}},
		{"phones pause", []string{"Store 3"}},
		{"demo --locale", []string{"en", "ru"}},
		{"token create --scope", []string{"send", "admin"}},
		{"webhook add --scope", []string{"app", "waba", "phone"}},
		{"stats sent --granularity", []string{"half_hour", "month"}},
		{"events --type", []string{"message", "preference"}},
		{"sessions list --state", []string{"waiting", "ended"}},
	} {
		var out bytes.Buffer
		args := append(append([]string{"__complete"}, strings.Fields(c.line)...), "")
		run(t.Context(), args, strings.NewReader(""), &out, io.Discard)
		for _, want := range c.want {
			if !strings.Contains("\n"+out.String(), "\n"+want) {
				t.Errorf("%s: %q does not have %q", c.line, out.String(), want)
			}
		}
	}
}

func TestUnknownFlagSuggestsTheNearOne(t *testing.T) {
	for line, want := range map[string]string{
		"events --folow": "did you mean --follow?", "serve --lisen x": "did you mean --listen?", "send --idempotence-key x a b": "see `wabridge send --help`",
	} {
		var errs bytes.Buffer
		if code := run(t.Context(), strings.Fields(line), strings.NewReader(""), io.Discard, &errs); code != 1 || !strings.Contains(errs.String(), want) {
			t.Errorf("%s: %d %s", line, code, errs.String())
		}
	}
}

// TestUploadTellsHowFarItIs: nothing for a quick one, a line each two seconds
// for a long one.
func TestUploadTellsHowFarItIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		u := &upload{}
		stop := u.tell(&out, 3)
		time.Sleep(time.Second)
		if stop(); out.Len() > 0 {
			t.Errorf("a quick one says %q", out.String())
		}
		u.total.Store(1000)
		stop = u.tell(&out, 3)
		body := &countedBody{Reader: strings.NewReader(strings.Repeat("x", 1000)), sent: u}
		_, _ = io.CopyN(io.Discard, body, 250)
		time.Sleep(3 * time.Second)
		_, _ = io.Copy(io.Discard, body)
		time.Sleep(2 * time.Second)
		stop()
		if got := strings.Split(out.String(), "\n"); len(got) != 3 || !strings.HasPrefix(got[0], "uploading: 25 %") || !strings.Contains(got[1], "checks 3 people") {
			t.Errorf("got %q", got)
		}
	})
}
