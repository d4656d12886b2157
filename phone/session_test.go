package phone

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/adb"
	"github.com/wabridge/wabridge/phonesim"
	"github.com/wabridge/wabridge/uiauto"
	"github.com/wabridge/wabridge/uiauto/whatsapp"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// simDevice runs commands on a simulated phone, without a wire between.
type simDevice struct {
	sim *phonesim.Phone
	mu  sync.Mutex
	ran []string
	png []byte // what a screenshot is
}

func (d *simDevice) Run(ctx context.Context, command string) (adb.Output, error) {
	d.mu.Lock()
	d.ran = append(d.ran, command)
	d.mu.Unlock()
	var out, errOut bytes.Buffer
	code := d.sim.Exec(ctx, command, strings.NewReader(""), &out, &errOut)
	return adb.Output{Stdout: out.Bytes(), Stderr: errOut.Bytes(), ExitCode: code}, ctx.Err()
}

func (d *simDevice) Screenshot(context.Context) ([]byte, error) { return d.png, nil }

// Push writes a file as adb does: the phone's shell is its only door here.
func (d *simDevice) Push(ctx context.Context, src io.Reader, remote string, _ adb.PushOptions) error {
	var out, errOut bytes.Buffer
	code := d.sim.Exec(ctx, "mkdir -p "+adb.Quote(path.Dir(remote))+" && cat > "+adb.Quote(remote), src, &out, &errOut)
	d.mu.Lock()
	d.ran = append(d.ran, "push "+remote)
	d.mu.Unlock()
	if code != 0 {
		return &fs.PathError{Op: "push", Path: remote, Err: errors.New(errOut.String())}
	}
	return ctx.Err()
}

func (d *simDevice) Close() error { return nil }

func (d *simDevice) commands() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	out := d.ran
	d.ran = nil
	return out
}

type rig struct {
	t      *testing.T
	sim    *phonesim.Phone
	dev    *simDevice
	s      *Session
	looked []whatsapp.Screen
}

func newRig(t *testing.T, cfg phonesim.Config) *rig {
	t.Helper()
	profiles, err := uiauto.LoadProfiles("")
	if err != nil {
		t.Fatal(err)
	}
	cfg.Latency = phonesim.Instant
	r := &rig{t: t, sim: phonesim.New(cfg)}
	t.Cleanup(func() { r.sim.Close() })
	r.dev = &simDevice{sim: r.sim}
	pkg := cfg.App
	if pkg == "" {
		pkg = "com.whatsapp"
	}
	timing := Instant()
	timing.Quarantine = time.Millisecond
	timing.Looks = 4
	r.s = New(Config{
		Phone: wabridge.Phone{ID: "1", Package: pkg, Number: "15550001001"}, Profiles: profiles, Timing: timing,
		Open: func(context.Context) (Device, error) { return r.dev, nil },
		Looked: func(_ context.Context, _ wabridge.ChatRef, s whatsapp.Screen, _ LookAt) (Seen, error) {
			r.looked = append(r.looked, s)
			return Seen{Anchored: true}, nil
		},
	})
	return r
}

func message(n int, number, text string) *wabridge.Message {
	return &wabridge.Message{
		ID: fmt.Sprintf("wamid.%d", n), Phone: "1", Direction: wabridge.Out, Chat: wabridge.UserJID(number), Number: number,
		Type: "text", Text: wabridge.Text(text), State: wabridge.Sending,
	}
}

func (r *rig) send(m *wabridge.Message) (wabridge.State, error) {
	return r.s.Send(r.t.Context(), m, func(_ context.Context, note wabridge.Intent) error {
		m.Intent = &note
		return nil
	})
}

// ledger checks what truly left: texts in order, all to number.
func (r *rig) ledger(number string, want ...string) {
	r.t.Helper()
	sent := r.sim.Sent()
	var got []string
	for _, m := range sent {
		got = append(got, m.Text)
		if m.To != number {
			r.t.Errorf("%q went to %s, want %s", m.Text, m.To, number)
		}
	}
	if fmt.Sprintf("%q", got) != fmt.Sprintf("%q", want) {
		r.t.Errorf("ledger %q, want %q", got, want)
	}
}

const bob = "15550002222"

func TestSendOnTheHappyPath(t *testing.T) {
	r := newRig(t, phonesim.Config{})
	if err := r.s.Probe(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.dev.commands()
	state, err := r.send(message(1, bob, "Hello 👋 it's me"))
	if err != nil {
		t.Fatal(err)
	}
	if state != wabridge.Handed && state.CloudStatus() == "" {
		t.Errorf("state %q, want one of a bubble", state)
	}
	r.ledger(bob, "Hello 👋 it's me")
	cmds := r.dev.commands()
	dumps := 0
	for _, c := range cmds {
		if strings.Contains(c, "uiautomator dump") {
			dumps++
		}
	}
	if len(cmds) > 5 || dumps > 2 {
		t.Errorf("%d services and %d dumps, want at most 5 and 2:\n%s", len(cmds), dumps, strings.Join(cmds, "\n"))
	}
	if _, err := r.send(message(2, bob, "Hello 👋 it's me")); err != nil {
		t.Fatal(err)
	}
	r.ledger(bob, "Hello 👋 it's me", "Hello 👋 it's me")
}

func TestEveryCharacterArrives(t *testing.T) {
	long := strings.Repeat("лорем ipsum 👍🏽 ", 300)
	texts := map[string]string{
		"shell metacharacters": "a'b\"c`d`$(id);|&&<>\\*?[]{}~!#%^=+ $HOME %s %d %20",
		"line breaks":          "one\ntwo\n\nfour",
		"emoji":                "👩‍👩‍👧‍👦 🇧🇷 ❤️‍🔥",
		"right to left":        "שלום עולם مرحبا بالعالم",
		"formatting marks":     "*bold* _italic_ ~struck~ `code` > quote",
		"only an emoji":        "👍",
		"looks like a number":  "+1 555 000 2222",
		"markup":               "<node text=\"x\"/> &amp; &#10; ]]>",
		"4096 characters":      string([]rune(long)[:4096]),
		"long with breaks":     strings.Repeat("zeile\n", 600),
	}
	for name, text := range texts {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, phonesim.Config{})
			if _, err := r.send(message(1, bob, text)); err != nil {
				t.Fatal(err)
			}
			sent := r.sim.Sent()
			if len(sent) != 1 || strings.TrimSpace(sent[0].Text) != strings.TrimSpace(text) {
				t.Errorf("ledger %d messages, first %.80q, want %.80q", len(sent), sent[0].Text, text)
			}
		})
	}
}

func TestLanguagesAppsAndVersions(t *testing.T) {
	for _, locale := range []string{"en", "pt", "es", "de", "ru"} {
		for _, app := range []string{"com.whatsapp", "com.whatsapp.w4b"} {
			for _, android := range []int{10, 13, 15} {
				t.Run(fmt.Sprintf("%s %s %d", locale, app, android), func(t *testing.T) {
					r := newRig(t, phonesim.Config{Locale: locale, App: app, Android: android})
					if _, err := r.send(message(1, bob, "Hallo")); err != nil {
						t.Fatal(err)
					}
					r.ledger(bob, "Hallo")
					_, err := r.send(message(2, "15550003000", "Hallo"))
					if wabridge.CodeOf(err) != wabridge.CodeUndeliverable {
						t.Errorf("a number that is not on WhatsApp: %v, want code %d", err, wabridge.CodeUndeliverable)
					}
					if _, err := r.send(message(3, bob, "noch eins")); err != nil {
						t.Errorf("after the dialog: %v", err)
					}
					r.ledger(bob, "Hallo", "noch eins")
				})
			}
		}
	}
}
