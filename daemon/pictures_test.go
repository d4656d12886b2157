package daemon

import (
	"bytes"
	"image"
	"image/png"
	"testing"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/phonesim"
)

// TestPicturesGoToTheDatabase: what the driver cuts out of a header (its own
// test is in package phone) is what GET /bridge/v1/contacts leads to.
func TestPicturesGoToTheDatabase(t *testing.T) {
	r := newRig(t, phonesim.Config{})
	const to = "15550100001"
	chat := wabridge.UserJID(to)
	r.send("hello", to)
	p := pictures{r.d.db}
	if at, err := p.Taken(t.Context(), benchPhone, chat); err != nil || !at.IsZero() {
		t.Errorf("before: taken %v, %v", at, err)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 20, 20))); err != nil {
		t.Fatal(err)
	}
	if err := p.Put(t.Context(), benchPhone, chat, b.Bytes()); err != nil {
		t.Fatal(err)
	}
	at, err := p.Taken(t.Context(), benchPhone, chat)
	if err != nil || time.Since(at) > time.Hour {
		t.Errorf("after: taken %v, %v", at, err)
	}
	if got, _, err := r.d.db.Picture(t.Context(), benchPhone, chat); err != nil || !bytes.Equal(got, b.Bytes()) {
		t.Errorf("the picture read back has %d bytes, want %d; %v", len(got), b.Len(), err)
	}
}
