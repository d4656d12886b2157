package phone

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/png"
	"sync"
	"testing"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/phonesim"
	"github.com/wabridge/wabridge/queue"
	"github.com/wabridge/wabridge/uiauto"
)

// album keeps pictures in memory.
type album struct {
	mu  sync.Mutex
	png map[string][]byte
}

func (a *album) Taken(_ context.Context, _, chat string) (time.Time, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.png[chat] == nil {
		return time.Time{}, nil
	}
	return time.Now(), nil
}

func (a *album) Put(_ context.Context, _, chat string, b []byte) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.png[chat] = b
	return nil
}

// oneChat is a store with one chat and its newest message.
type oneChat struct {
	memStore
	newest wabridge.Message
}

func (s oneChat) Chats(context.Context, string, int) ([]wabridge.Chat, error) {
	return []wabridge.Chat{{ID: wabridge.UserJID(bob), Number: bob, Phone: "1"}}, nil
}

func (s oneChat) ChatsNamed(context.Context, string, string, int) ([]wabridge.Chat, error) {
	return nil, nil
}

func (s oneChat) Messages(context.Context, queue.MessageFilter) ([]wabridge.Message, error) {
	return []wabridge.Message{s.newest}, nil
}

func TestPicturesOfContacts(t *testing.T) {
	for name, c := range map[string]struct {
		newest wabridge.Direction
		want   bool
	}{"the newest is ours": {wabridge.Out, true}, "something came in, which must stay unread": {wabridge.In, false}} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, phonesim.Config{})
			r.dev.png = pictureOf(720, 1640)
			a := &album{png: map[string][]byte{}}
			r.s.cfg.Pictures, r.s.cfg.Timing.Picture = a, time.Nanosecond
			r.s.cfg.Store = oneChat{newest: wabridge.Message{Direction: c.newest, State: wabridge.Sent}}
			if err := r.s.picture(t.Context(), time.Now()); err != nil {
				t.Fatal(err)
			}
			b := a.png[wabridge.UserJID(bob)]
			if (b != nil) != c.want {
				t.Fatalf("%d bytes kept, want some: %v", len(b), c.want)
			}
			if !c.want {
				return
			}
			img, err := png.Decode(bytes.NewReader(b))
			if err != nil || img.Bounds().Dx() != 82 || img.Bounds().Dy() != 80 {
				t.Errorf("picture %v, %v, want 82 by 80", img.Bounds(), err)
			}
			r.dev.commands()
			if err := r.s.picture(t.Context(), time.Now()); err != nil || len(r.dev.commands()) != 0 {
				t.Errorf("taken again at once (%v)", err)
			}
		})
	}
}

func pictureOf(w, h int) []byte {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	img.Set(1, 1, color.White)
	var b bytes.Buffer
	_ = png.Encode(&b, img) // into memory
	return b.Bytes()
}

func TestCrop(t *testing.T) {
	window := uiauto.Rect{Right: 720, Bottom: 1640}
	whole := pictureOf(360, 820) // half of the window's size
	for name, c := range map[string]struct {
		capture []byte
		at      uiauto.Rect
		want    image.Point
	}{
		"scaled":            {whole, uiauto.Rect{Left: 100, Top: 80, Right: 180, Bottom: 160}, image.Pt(40, 40)},
		"over the edge":     {whole, uiauto.Rect{Left: 640, Top: 1500, Right: 800, Bottom: 1700}, image.Pt(40, 70)},
		"outside":           {whole, uiauto.Rect{Left: 900, Top: 80, Right: 980, Bottom: 160}, image.Point{}},
		"too small":         {whole, uiauto.Rect{Left: 10, Top: 10, Right: 20, Bottom: 20}, image.Point{}},
		"not a picture":     {[]byte("not a picture"), uiauto.Rect{Right: 80, Bottom: 80}, image.Point{}},
		"a cut picture":     {whole[:len(whole)/2], uiauto.Rect{Right: 80, Bottom: 80}, image.Point{}},
		"nothing of a node": {whole, uiauto.Rect{}, image.Point{}},
	} {
		t.Run(name, func(t *testing.T) {
			b, err := crop(c.capture, c.at, window)
			if (err == nil) != (c.want != image.Point{}) {
				t.Fatalf("error %v", err)
			}
			if err != nil {
				return
			}
			img, err := png.Decode(bytes.NewReader(b))
			if err != nil || img.Bounds().Size() != c.want {
				t.Errorf("got %v, %v, want %v", img.Bounds(), err, c.want)
			}
		})
	}
	for i := 0; i < len(whole); i += 31 {
		_, _ = crop(whole[:i], uiauto.Rect{Left: 100, Top: 80, Right: 180, Bottom: 160}, window) // no panic
	}
}

func TestMarkedAsRead(t *testing.T) {
	r := newRig(t, phonesim.Config{})
	m := r.heard("a", "hello")
	now := time.Now()
	r.s.MarkRead(m)
	r.s.MarkRead(m)
	if _, err := r.s.Idle(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(r.looked) == 0 || r.looked[0].Chat == nil || r.looked[0].Chat.Number != bob {
		t.Fatalf("the chat was not opened: %+v", r.looked)
	}
	r.looked = nil
	r.s.MarkRead(m)
	if _, ok := r.s.nextToRead(now.Add(readEvery / 2)); ok {
		t.Error("it is opened twice within a minute")
	}
	if _, ok := r.s.nextToRead(now.Add(2 * readEvery)); !ok {
		t.Error("it is not opened again later")
	}
}
