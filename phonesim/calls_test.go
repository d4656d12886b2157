package phonesim

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"strings"
	"testing"
)

func callFrom(t *testing.T, p *Phone, c Call) {
	t.Helper()
	if err := p.Call(c); err != nil {
		t.Fatal(err)
	}
}

func TestMissedCalls(t *testing.T) {
	for name, c := range map[string]struct {
		cfg  Config
		call Call
		want []string
	}{
		"voice": {Config{}, Call{From: "15550001002"}, []string{"android.title=String (+1 555-000-1002)", "android.text=String (Missed voice call)", "video_call=Boolean (false)"}},
		"video in Portuguese": {Config{Locale: "pt"}, Call{From: "15550001002", Name: "Ann", Video: true},
			[]string{"android.title=String (Ann)", "android.text=String (Chamada de vídeo perdida)", "video_call=Boolean (true)", `"Retornar chamada" -> `}},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPhone(t, c.cfg)
			c.call.State = "missed"
			callFrom(t, p, c.call)
			out := mustRun(t, p, "dumpsys notification --noredact")
			for _, w := range append(c.want, " id=4 tag=null importance=4 key=0|com.whatsapp|4|null|10290: Notification(channel=individual_chat_defaults_2 shortcut=null ",
				" category=missed_call ", "isGroupCall=Boolean (false)", "shortcut=null found valid? false") {
				if !strings.Contains(out, w) {
					t.Errorf("no %q in\n%s", w, out)
				}
			}
		})
	}
}

func TestRingingCallsCoverEverything(t *testing.T) {
	p := newPhone(t, Config{})
	mustRun(t, p, open("15550001002", "half"))
	arm(t, p, Fault{Kind: "screen_lock"})
	callFrom(t, p, Call{From: "15550001003", Name: "Bo", State: "ringing"})
	shows(t, p, "the call", `text="Bo" resource-id="com.whatsapp:id/name"`, "id/accept_incoming_call_view", `content-desc="Decline"`)
	if out := mustRun(t, p, "dumpsys notification --noredact"); !strings.Contains(out, " id=201 tag=null ") || !strings.Contains(out, "android.text=String (Incoming voice call)") ||
		!strings.Contains(out, "category=call") || !strings.Contains(out, "flags=0x62") {
		t.Errorf("%s", out)
	}
	tapOn(t, p, "com.whatsapp:id/decline_incoming_call_view")
	if x, out := dump(t, p), mustRun(t, p, "cmd notification list"); strings.Contains(x, "accept_incoming") || strings.Contains(out, "|201|") {
		t.Errorf("after Decline: %s\n%s", out, x)
	}
	p.ClearFaults()
	shows(t, p, "the screen below", `text="half" resource-id="com.whatsapp:id/entry"`)
}

func TestCallsThatOnlyNotify(t *testing.T) {
	p := newPhone(t, Config{})
	mustRun(t, p, open("15550001002", "half"))
	callFrom(t, p, Call{From: "15550001003", Video: true, State: "ringing", HeadsUp: true})
	shows(t, p, "the chat", `text="half"`)
	if out := mustRun(t, p, "dumpsys notification --noredact"); !strings.Contains(out, "android.text=String (Incoming video call)") {
		t.Errorf("%s", out)
	}
	callFrom(t, p, Call{From: "15550001003", State: "answered"})
	if out := mustRun(t, p, "dumpsys notification --noredact"); !strings.Contains(out, "android.text=String (Ongoing voice call)") || !strings.Contains(out, "android.showChronometer=Boolean (true)") {
		t.Errorf("%s", out)
	}
	callFrom(t, p, Call{From: "15550001003", State: "ended"})
	if out := mustRun(t, p, "cmd notification list"); strings.Contains(out, "whatsapp") {
		t.Errorf("%s", out)
	}
	for _, bad := range []Call{{From: "x", State: "ringing"}, {From: "1", State: "loud"}} {
		if p.Call(bad) == nil {
			t.Errorf("%+v was taken", bad)
		}
	}
}

func TestContactPicturesAreOnTheScreen(t *testing.T) {
	p := newPhone(t, Config{})
	red := image.NewRGBA(image.Rect(0, 0, 8, 8))
	for i := range red.Pix {
		red.Pix[i] = []byte{250, 0, 10, 255}[i%4]
	}
	var b bytes.Buffer
	if err := png.Encode(&b, red); err != nil {
		t.Fatal(err)
	}
	mustRun(t, p, open("15550001002", ""))
	middle := func() color.Color {
		shot, err := p.ScreenPNG()
		if err != nil {
			t.Fatal(err)
		}
		img, err := png.Decode(bytes.NewReader(shot))
		if err != nil {
			t.Fatal(err)
		}
		return img.At(142, 150) // of conversation_contact_photo, below its letter
	}
	before := middle()
	p.AddContact(Contact{Name: "Ann", Number: "15550001002", Picture: b.Bytes()})
	if got := middle(); got == before || got != (color.RGBA{250, 0, 10, 255}) {
		t.Errorf("got %v, before %v", got, before)
	}
	shows(t, p, "the chat", `text="Ann" resource-id="com.whatsapp:id/conversation_contact_name"`, "id/conversation_contact_photo")
	if err := (Contact{Number: "1", Picture: []byte("x")}).Check(); err == nil {
		t.Error("bytes that are no picture were taken")
	}
}
