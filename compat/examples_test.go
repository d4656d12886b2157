package compat

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wabridge/wabridge/bridge/crm"
	"github.com/wabridge/wabridge/daemon"
	"github.com/wabridge/wabridge/phonesim"
)

const crmSecret = "examples-secret"

// A script is an example that runs, and what it has printed.
type script struct {
	t    *testing.T
	cmd  *exec.Cmd
	once sync.Once

	mu  sync.Mutex
	out bytes.Buffer
}

func (s *script) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.out.Write(b)
}

func (s *script) printed() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.out.String()
}

// run starts an example in a directory of its own; the test's end stops it.
func run(t *testing.T, env []string, program string, args ...string) *script {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		t.Skipf("SKIPPED: %s is not installed; ./scripts/setup installs it", program)
	}
	s := &script{t: t, cmd: exec.Command(program, args...)}
	s.cmd.Dir, s.cmd.Stdout, s.cmd.Stderr = t.TempDir(), s, s
	s.cmd.Env = append(append(os.Environ(), "PYTHONUNBUFFERED=1", "PYTHONDONTWRITEBYTECODE=1"), env...)
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.stop)
	return s
}

func (s *script) stop() {
	s.once.Do(func() {
		_ = s.cmd.Process.Kill()
		_ = s.cmd.Wait() // killed
		if s.t.Failed() {
			s.t.Logf("%s printed:\n%s", s.cmd, s.printed())
		}
	})
}

// example is the path of a file in examples/.
func example(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("../examples", name))
	if err != nil {
		t.Fatal(err)
	}
	return path
}

var listening = regexp.MustCompile(`listening on (http://\S+)`)

// python starts a server of examples/python on a free port.
func python(t *testing.T, env []string, name string) (base string, s *script) {
	t.Helper()
	s = run(t, append(env, "PORT=0"), "python3", example(t, name))
	eventually(t, name+" listens", func() bool { return listening.MatchString(s.printed()) })
	return listening.FindStringSubmatch(s.printed())[1], s
}

// php starts a server of examples/php on a port that was free just now.
func php(t *testing.T, env []string, name string) (base string, s *script) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	s = run(t, env, "php", "-d", "log_errors=On", "-S", addr, example(t, name))
	eventually(t, name+" listens", func() bool {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			return false
		}
		return c.Close() == nil
	})
	return "http://" + addr, s
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(2 * time.Minute); !ok(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within two minutes: %s", what)
		}
	}
}

// polled is a gateway that polls an example's queue.
func polled(t *testing.T, base string) *gateway {
	return newGateway(t, func(c *daemon.Config) {
		c.CRM = []crm.Config{{
			Name: "example", URL: base + "/queue", ResultsURL: base + "/results", IncomingURL: base + "/incoming",
			Secret: crmSecret, Every: 200 * time.Millisecond,
		}}
	})
}

func fetch(t *testing.T, method, address, secret, kind, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+secret)
	req.Header.Set("Content-Type", kind)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(b)
}

// ledger waits until the phone has sent a text exactly once.
func (g *gateway) ledger(to, text string) {
	g.t.Helper()
	count := func() (n int) {
		for _, m := range g.sim.Sent() {
			if m.To == to && m.Text == text {
				n++
			}
		}
		return n
	}
	eventually(g.t, fmt.Sprintf("%q leaves the phone", text), func() bool { return count() > 0 })
	if n := count(); n != 1 {
		g.t.Errorf("%q left the phone %d times", text, n)
	}
}

func (g *gateway) incoming(from, name, text string) {
	g.t.Helper()
	if _, err := g.sim.Incoming(phonesim.IncomingMessage{From: from, Name: name, Text: text}); err != nil {
		g.t.Fatal(err)
	}
}

// TestExampleQueuePython: what the CRM enqueues leaves the phone once, the CRM
// learns of it, and gets what people write.
func TestExampleQueuePython(t *testing.T) {
	base, _ := python(t, []string{"CRM_SECRET=" + crmSecret}, "python/crm.py")
	get := func(path string) (all []map[string]any) {
		_, body := fetch(t, "GET", base+path, crmSecret, "", "")
		if err := json.Unmarshal([]byte(body), &all); err != nil {
			t.Fatalf("%s: %v: %s", path, err, body)
		}
		return all
	}
	if status, _ := fetch(t, "GET", base+"/queue", "wrong", "", ""); status != http.StatusUnauthorized {
		t.Errorf("a wrong secret got %d", status)
	}
	g := polled(t, base)
	for _, body := range []string{`{"to":"15550001777","text":"Your order is ready"}`, `{"to":"123","text":"x"}`} {
		if status, answer := fetch(t, "POST", base+"/send", crmSecret, "application/json", body); status != http.StatusCreated {
			t.Fatalf("%s: %d %s", body, status, answer)
		}
	}
	g.ledger("15550001777", "Your order is ready")
	eventually(t, "the CRM knows of both messages", func() bool {
		all := get("/messages")
		good := all[0]["status"] == "sent" || all[0]["status"] == "delivered" || all[0]["status"] == "read"
		return good && all[0]["message_id"] != "" && all[1]["status"] == "rejected" && all[1]["error"] != ""
	})
	g.incoming("15550001777", "Ivan", "thank you")
	eventually(t, "the CRM has the answer", func() bool {
		all := get("/received")
		return len(all) == 1 && all[0]["sender"] == "15550001777" && all[0]["text"] == "thank you"
	})
}

// TestExampleQueuePHP is the same with the page and the form of the PHP file.
func TestExampleQueuePHP(t *testing.T) {
	base, _ := php(t, []string{"CRM_SECRET=" + crmSecret, "CRM_DB=" + filepath.Join(t.TempDir(), "crm.db")}, "php/crm.php")
	if status, _ := fetch(t, "GET", base+"/queue", "wrong", "", ""); status != http.StatusUnauthorized {
		t.Errorf("a wrong secret got %d", status)
	}
	g := polled(t, base)
	for _, to := range []string{"+1 555 000 1777", "123"} {
		form := url.Values{"to": {to}, "text": {"Your <order> is ready"}}
		if status, answer := fetch(t, "POST", base+"/", "", "application/x-www-form-urlencoded", form.Encode()); status != http.StatusOK { // after the redirect
			t.Fatalf("%s: %d %s", to, status, answer)
		}
	}
	g.ledger("15550001777", "Your <order> is ready")
	g.incoming("15550001777", "Ivan", "thank <you>")
	sent := regexp.MustCompile(`<td>1<td>15550001777<td>Your &lt;order&gt; is ready<td>(sent|delivered|read)<td>`)
	refused := regexp.MustCompile(`<td>2<td>123<td>[^<]*<td>rejected<td>[^<]+`)
	eventually(t, "the page shows what was sent, refused and received", func() bool {
		_, page := fetch(t, "GET", base+"/", "", "", "")
		return sent.MatchString(page) && refused.MatchString(page) && strings.Contains(page, "<td>15550001777<td>Ivan<td>thank &lt;you&gt;")
	})
}

// hooked is a gateway whose webhooks go to an example.
func hooked(t *testing.T, base string) *gateway {
	return newGateway(t, func(c *daemon.Config) {
		c.Webhook = daemon.WebhookConfig{URL: base + "/", VerifyToken: "examples-verify", Secret: secret}
	})
}

// checkReceiver lets a receiver have a handshake, a message, a status and a
// forged delivery; printed is what it must show of the message and the status.
func checkReceiver(t *testing.T, base string, s *script, message, status *regexp.Regexp) {
	t.Helper()
	for token, want := range map[string]int{"examples-verify": http.StatusOK, "wrong": http.StatusForbidden} {
		query := url.Values{"hub.mode": {"subscribe"}, "hub.challenge": {"4711"}, "hub.verify_token": {token}}
		got, body := fetch(t, "GET", base+"/?"+query.Encode(), "", "", "")
		if got != want || got == http.StatusOK && body != "4711" {
			t.Errorf("the handshake with the token %q got %d %q", token, got, body)
		}
	}
	if got, _ := fetch(t, "POST", base+"/", "", "application/json", `{"entry":[{"changes":[{"value":{"messages":[{"id":"forged"}]}}]}]}`); got != http.StatusUnauthorized {
		t.Errorf("a delivery without a signature got %d", got)
	}
	g := hooked(t, base)
	g.incoming("15550001777", "Ivan", "привет")
	eventually(t, "the message is printed", func() bool { return message.MatchString(s.printed()) })
	g.json("POST", "/v23.0/"+phoneID+"/messages", `{"messaging_product":"whatsapp","to":"15550001777","text":{"body":"hello"}}`)
	eventually(t, "the status is printed", func() bool { return status.MatchString(s.printed()) })
	if strings.Contains(s.printed(), "forged") {
		t.Error("the forged delivery was taken")
	}
}

func TestExampleWebhookPython(t *testing.T) {
	base, s := python(t, []string{"VERIFY_TOKEN=examples-verify", "APP_SECRET=" + secret}, "python/webhook.py")
	checkReceiver(t, base, s, regexp.MustCompile(`"body": "привет"`), regexp.MustCompile(`"status": "(sent|delivered|read)"`))
}

func TestExampleWebhookPHP(t *testing.T) {
	env := []string{"VERIFY_TOKEN=examples-verify", "APP_SECRET=" + secret, "WEBHOOK_DB=" + filepath.Join(t.TempDir(), "webhook.db")}
	base, s := php(t, env, "php/webhook.php")
	checkReceiver(t, base, s, regexp.MustCompile(`message from 15550001777: привет`), regexp.MustCompile(`wamid\.\S+ is (sent|delivered|read)`))
}

// TestExampleInbox: the listener is killed, misses a message, and has it, once,
// when it comes back.
func TestExampleInbox(t *testing.T) {
	g := newGateway(t)
	cursor := filepath.Join(t.TempDir(), "cursor")
	listen := func(secret string) *script {
		return run(t, []string{"WABRIDGE_TOKEN=" + secret, "CURSOR=" + cursor}, "python3", example(t, "python/inbox.py"), g.url)
	}
	first := listen(token)
	long := strings.Repeat("long ", 100) // a frame with a length of its own
	g.incoming("15550001777", "Ivan", long)
	eventually(t, "the first message is printed", func() bool { return strings.Contains(first.printed(), "Ivan: "+strings.TrimSpace(long)) })
	eventually(t, "the place is kept", func() bool { b, err := os.ReadFile(cursor); return err == nil && len(b) > 0 })
	first.stop()
	g.incoming("15550001777", "Ivan", "while you were away")
	second := listen(token)
	eventually(t, "the missed message is printed", func() bool { return strings.Contains(second.printed(), "Ivan: while you were away\n") })
	g.incoming("15550001777", "Ivan", "and now")
	eventually(t, "the next message is printed", func() bool { return strings.Contains(second.printed(), "Ivan: and now\n") })
	if out := second.printed(); strings.Count(out, "\n") != 2 {
		t.Errorf("printed more than two messages:\n%s", out)
	}
	wrong := listen("wrong")
	eventually(t, "a wrong token is told", func() bool { return strings.Contains(wrong.printed(), "is the token right") })
}

func TestExampleAnalytics(t *testing.T) {
	g := newGateway(t)
	read := func() string {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		c := exec.CommandContext(ctx, "python3", example(t, "python/analytics.py"), g.url, "2")
		c.Env = append(os.Environ(), "WABRIDGE_TOKEN="+token, "PYTHONDONTWRITEBYTECODE=1")
		out, err := c.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		return string(out)
	}
	if _, err := exec.LookPath("python3"); err != nil {
		t.Skip("SKIPPED: python3 is not installed; ./scripts/setup installs it")
	}
	if got, want := read(), "nothing was sent in the last 2 days\n"; got != want {
		t.Errorf("before: got %q, want %q", got, want)
	}
	for i := range 3 {
		g.json("POST", "/v23.0/"+phoneID+"/messages", fmt.Sprintf(`{"messaging_product":"whatsapp","to":"15550001777","text":{"body":"message %d"}}`, i))
	}
	g.ledger("15550001777", "message 2")
	day := regexp.MustCompile(`(?m)^\d{4}-\d\d-\d\d  sent +3  delivered +\d+  █{30}$`)
	eventually(t, "the day is counted", func() bool { return day.MatchString(read()) })
}
