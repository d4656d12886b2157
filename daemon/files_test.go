package daemon

import (
	"strings"
	"testing"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/phonesim"
	"github.com/wabridge/wabridge/queue"
)

// The whole program sends files, an answer that quotes, and a reaction, and
// takes none of them for something that a person typed on the phone.
func TestFilesQuotesAndReactionsGoOut(t *testing.T) {
	const bob = "15550001777"
	r := newRig(t, phonesim.Config{})
	r.waitState(wabridge.PhoneReady)
	r.incoming("send me that", bob)
	var asked wabridge.Message
	r.until("Bob's message", func() bool {
		ms, err := r.d.db.Messages(t.Context(), queue.MessageFilter{Phone: benchPhone, Direction: wabridge.In, Limit: 10})
		if err != nil || len(ms) == 0 {
			return false
		}
		asked = ms[0]
		return true
	})
	if t.Failed() {
		return
	}
	picture, err := r.d.files.Put(t.Context(), strings.NewReader("\xff\xd8\xff\xe0 a picture \xff\xd9"), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	file, err := r.d.files.Put(t.Context(), strings.NewReader("%PDF-1.7 a file"), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	base := wabridge.Message{Phone: benchPhone, Direction: wabridge.Out, Chat: wabridge.UserJID(bob), Number: bob, Input: bob}
	add := func(kind, text, context string, media *wabridge.Media) queue.Draft {
		m := base
		m.Type, m.Text, m.Context, m.Media = kind, wabridge.Text(text), context, media
		return queue.Draft{Message: m}
	}
	got, err := r.d.db.Enqueue(t.Context(),
		add("image", "look at this", "", &wabridge.Media{ID: "1", MIME: "image/jpeg", SHA256: picture.SHA256, Size: picture.Size}),
		add("document", "", "", &wabridge.Media{ID: "2", MIME: "application/pdf", SHA256: file.SHA256, Size: file.Size, Name: "offer.pdf"}),
		add("text", "that is all", asked.ID, nil),
		add("reaction", "👍", asked.ID, nil),
		add("image", "no such file", "", &wabridge.Media{ID: "3", MIME: "image/jpeg", SHA256: strings.Repeat("0", 64), Size: 5}),
	)
	if err != nil {
		t.Fatal(err)
	}
	state := func(i int) wabridge.Message { return r.message(got[i].Message.ID) }
	r.until("everything to be sent", func() bool {
		for i := range 4 {
			if state(i).State.CloudStatus() == "" {
				return false
			}
		}
		return state(4).State == wabridge.Failed
	})
	if m := state(4); m.Code != wabridge.CodeMediaUpload {
		t.Errorf("without its file: %s %d %q", m.State, m.Code, m.Reason)
	}
	r.until("the ticks of the file", func() bool { return state(1).State == wabridge.Read })
	var ledger []string
	for _, s := range r.sim.Sent() {
		if s.To != bob {
			t.Errorf("%q went to %s", s.Text, s.To)
		}
		ledger = append(ledger, s.Kind+":"+s.Text+">"+s.Quote)
	}
	want := "image:look at this>|document:>|:that is all>" + string(asked.Text) + "|reaction:👍>" + string(asked.Text)
	if l := strings.Join(ledger, "|"); l != want {
		t.Errorf("ledger %s\nwant   %s", l, want)
	}
	r.calm(patience())
	if echoes := r.recorded(wabridge.EventEcho); total(echoes) != 0 {
		t.Errorf("recorded as typed by a person: %q", echoes)
	}
}
