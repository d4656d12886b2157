package phonesim

import (
	"bytes"
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func newPhone(t *testing.T, cfg Config) *Phone {
	t.Helper()
	p := New(cfg)
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return p
}

// run runs a command text and returns its output with standard error behind it.
func run(t *testing.T, p *Phone, command string) (out string, code int) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	code = p.Exec(ctx, command, nil, &stdout, &stderr)
	return stdout.String() + stderr.String(), code
}

func mustRun(t *testing.T, p *Phone, command string) string {
	t.Helper()
	out, code := run(t, p, command)
	if code != 0 {
		t.Fatalf("%s: exit %d, output %q", command, code, out)
	}
	return out
}

func open(number, text string) string {
	return "am start -a android.intent.action.VIEW -d 'https://wa.me/" + number + "?text=" + url.QueryEscape(text) + "' -p com.whatsapp"
}

func tapOn(t *testing.T, p *Phone, id string) {
	t.Helper()
	x, y := boundsOf(t, dump(t, p), id)
	mustRun(t, p, "input tap "+x+" "+y)
}

func TestATextGoesOutThroughTheScreen(t *testing.T) {
	p := newPhone(t, Config{})
	out := mustRun(t, p, open("15550001002", "Hi *there*, \"you\" & $HOME; 😀\nnext"))
	if !strings.HasPrefix(out, "Starting: Intent { act=android.intent.action.VIEW dat=https://wa.me/... pkg=com.whatsapp }") {
		t.Errorf("am start said %q", out)
	}
	x := dump(t, p)
	for _, want := range []string{`text="+1 555-000-1002" resource-id="com.whatsapp:id/conversation_contact_name"`,
		`text="Hi *there*, &quot;you&quot; &amp; $HOME; &#128512;&#10;next" resource-id="com.whatsapp:id/entry"`, `com.whatsapp:id/send"`} {
		if !strings.Contains(x, want) {
			t.Errorf("the dump lacks %s:\n%s", want, x)
		}
	}
	tapOn(t, p, "com.whatsapp:id/send")
	if err := p.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	x = dump(t, p)
	for _, want := range []string{`text="Hi there, &quot;you&quot; &amp; $HOME; &#128512;&#10;next" resource-id="com.whatsapp:id/message_text"`,
		`content-desc="Read"`, `com.whatsapp:id/voice_note_btn"`, `text="Message" resource-id="com.whatsapp:id/entry"`} {
		if !strings.Contains(x, want) {
			t.Errorf("after sending, the dump lacks %s:\n%s", want, x)
		}
	}
	sent := p.Sent()
	if len(sent) != 1 || sent[0].Text != "Hi *there*, \"you\" & $HOME; 😀\nnext" || sent[0].To != "15550001002" || sent[0].State != "read" || sent[0].Order != 1 {
		t.Errorf("ledger: %+v", sent)
	}
}
