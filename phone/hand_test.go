package phone

import (
	"image"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/phonesim"
	"github.com/wabridge/wabridge/uiauto"
)

func same(p wabridge.Point) wabridge.Point { return p }

func TestTouchScripts(t *testing.T) {
	for name, c := range map[string]struct {
		touch wabridge.Touch
		want  []string
	}{
		"tap":                 {wabridge.Touch{Tap: &wabridge.Point{X: 3, Y: 4}}, []string{"input tap 3 4"}},
		"swipe":               {wabridge.Touch{Swipe: &wabridge.Swipe{From: wabridge.Point{X: 1, Y: 2}, To: wabridge.Point{X: 3, Y: 4}}}, []string{"input swipe 1 2 3 4 300"}},
		"key":                 {wabridge.Touch{Key: "BACK"}, []string{"input keyevent KEYCODE_BACK"}},
		"text":                {wabridge.Touch{Text: "a b"}, []string{"input text 'a%sb'"}},
		"quotes":              {wabridge.Touch{Text: `it's $HOME; "x" \`}, []string{`input text 'it'\''s%s$HOME;%s"x"%s\'`}},
		"a per cent sign":     {wabridge.Touch{Text: "100% sure"}, []string{"input text '100%%ssure'"}},
		"what means a blank":  {wabridge.Touch{Text: "100%sure"}, []string{"input text '100%'", "input text 'sure'"}},
		"blanks only":         {wabridge.Touch{Text: "  "}, []string{"input keyevent KEYCODE_SPACE KEYCODE_SPACE"}},
		"nothing more to say": {wabridge.Touch{Done: true}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, touchScripts(c.touch, same)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestPointsOfAPictureAndOfTheWindow(t *testing.T) {
	for name, c := range map[string]struct {
		picture image.Point
		size    string
		in      wabridge.Point
		want    wabridge.Point
	}{
		"the same":         {image.Pt(720, 1640), "Physical size: 720x1640\n", wabridge.Point{X: 10, Y: 20}, wabridge.Point{X: 10, Y: 20}},
		"an override":      {image.Pt(1080, 2400), "Physical size: 1080x2400\nOverride size: 540x1200\n", wabridge.Point{X: 100, Y: 200}, wabridge.Point{X: 50, Y: 100}},
		"on its side":      {image.Pt(2400, 1080), "Physical size: 1080x2400\n", wabridge.Point{X: 2000, Y: 200}, wabridge.Point{X: 2000, Y: 200}},
		"no size told":     {image.Pt(720, 1640), "wm: not found", wabridge.Point{X: 10, Y: 20}, wabridge.Point{X: 10, Y: 20}},
		"no picture taken": {image.Point{}, "Physical size: 720x1640\n", wabridge.Point{X: 10, Y: 20}, wabridge.Point{X: 10, Y: 20}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := scaled(c.picture, windowSize(c.size))(c.in); got != c.want {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

// What a person types lands in the composer, also what `input` reads in ways of
// its own, and a message that follows goes out whole.
func TestHandsOnTheScreen(t *testing.T) {
	r := newRig(t, phonesim.Config{})
	if _, err := r.send(message(1, bob, "first")); err != nil {
		t.Fatal(err)
	}
	var err error
	if r.dev.png, err = r.sim.ScreenPNG(); err != nil {
		t.Fatal(err)
	}
	shot, err := r.s.Picture(t.Context())
	if err != nil || len(shot) < 1000 {
		t.Fatalf("picture: %d bytes, %v", len(shot), err)
	}
	// The person opens the chat as we do, and leaves a draft in it.
	if _, err := r.s.openToRead(t.Context(), message(1, bob, "first")); err != nil {
		t.Fatal(err)
	}
	screen, err := r.s.look(t.Context())
	if err != nil || screen.Composer == nil {
		t.Fatalf("no composer: %v", err)
	}
	x, y := screen.Composer.Bounds.Center()
	const draft = "100%sure it's   $HOME"
	for _, touch := range []wabridge.Touch{{Tap: &wabridge.Point{X: x, Y: y}}, {Text: draft}} {
		if err := r.s.Touch(t.Context(), touch); err != nil {
			t.Fatal(err)
		}
	}
	screen, err = r.s.look(t.Context())
	if err != nil || screen.Composer == nil || screen.Composer.Text != draft {
		t.Fatalf("the composer holds %+v, %v; want %q", screen.Composer, err, draft)
	}
	if _, err := r.send(message(2, bob, "second")); err != nil {
		t.Fatal(err)
	}
	r.ledger(bob, "first", "second")
	if r.s.LastLook().IsZero() {
		t.Error("nothing was looked at")
	}
	if !r.s.gap() {
		t.Error("chats in which a person may have read something are not looked for")
	}
}

func TestHealth(t *testing.T) {
	r := newRig(t, phonesim.Config{})
	profiles, err := uiauto.LoadProfiles("")
	if err != nil {
		t.Fatal(err)
	}
	h, err := Health(t.Context(), r.dev, r.s.cfg.Phone, profiles)
	if err != nil {
		t.Fatal(err)
	}
	if h.Battery == nil || h.Charging == nil || h.ScreenOn == nil || h.Locked == nil || h.Temperature == nil {
		t.Fatalf("health: %+v", h)
	}
	if *h.Battery <= 0 || !*h.ScreenOn || *h.Locked || h.App == "" || !h.AppKnown || !h.Reachable {
		t.Errorf("health: %+v", h)
	}
	if err := r.sim.Fault(phonesim.Fault{Kind: "screen_lock"}); err != nil {
		t.Fatal(err)
	}
	if h, err = Health(t.Context(), r.dev, r.s.cfg.Phone, profiles); err != nil || h.Locked == nil || !*h.Locked {
		t.Errorf("a locked phone: %+v, %v", h, err)
	}
}

// FuzzReadHealth: any output is read, and tells only what it holds.
func FuzzReadHealth(f *testing.F) {
	whole := "Current Battery Service state:\n  USB powered: true\n  level: 87\n  temperature: 251\n" + cutWord +
		"\n  mWakefulness=Awake\n  mDreamingLockscreen=false\n" + cutWord + "\n    versionName=2.26.10.72\n"
	for i := range len(whole) + 1 {
		f.Add(whole[:i])
	}
	f.Fuzz(func(t *testing.T, text string) {
		h := readHealth(text)
		if (h.Battery == nil) != (h.Charging == nil) {
			t.Errorf("battery %v, charging %v", h.Battery, h.Charging)
		}
	})
}
