package daemon

import (
	"context"
	"fmt"
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

// sendFile accepts a file with a caption for each recipient, in this order.
func (r *rig) sendFile(kind, caption string, to ...string) {
	r.t.Helper()
	mime, content := "image/jpeg", "\xff\xd8\xff\xe0 a picture \xff\xd9"
	if kind == "document" {
		mime, content = "application/pdf", "%PDF-1.7 a file"
	}
	if kind == "audio" {
		mime, content = "audio/mpeg", "ID3\x04\x00\x00 a sound"
	}
	file, err := r.d.files.Put(context.Background(), strings.NewReader(content), 1<<20)
	if err != nil {
		r.t.Error(err)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, n := range to {
		text := ""
		if caption != "" {
			text = caption + " to " + n
		}
		got, err := r.d.db.Enqueue(context.Background(), queue.Draft{Message: wabridge.Message{
			Phone: benchPhone, Direction: wabridge.Out, Chat: wabridge.UserJID(n), Number: n, Input: n, Type: kind, Text: wabridge.Text(text),
			Media: &wabridge.Media{ID: "1", MIME: mime, SHA256: file.SHA256, Size: file.Size, Name: "offer.pdf"},
		}})
		if err != nil {
			r.t.Error(err)
			return
		}
		r.accepted[n] = append(r.accepted[n], got[0].Message.ID)
		r.texts[got[0].Message.ID] = text
	}
}

// Every fault that only files meet, in the whole program.
func TestFileFaults(t *testing.T) {
	covered := map[string]bool{"media_missing": true} // of incoming files
	for _, row := range []struct {
		fault phonesim.Fault
		kind  string // image with a caption if empty, else a document without
		fails wabridge.Code
	}{
		{fault: times("share_wrong_chat", 2)},
		{fault: times("share_picker", 2)},
		{fault: times("share_picker", 9), kind: "document"},
		{fault: times("caption_lost", 2)},
		{fault: times("no_read_grant", 2)},
		{fault: valued("no_read_grant", "dialog")},
		{fault: once("grant_denied")},
		{fault: valued("slow_preview", "200ms")},
		{fault: standing("document_dialog"), kind: "document"},
		{fault: standing("voice_draft"), kind: "audio"},
		{fault: valued("media_processing", "200ms")},
		{fault: times("upload_failed", 2)},
		{fault: times("upload_failed", 9), fails: wabridge.CodeMediaUpload},
		{fault: standing("where_text_lost")},
	} {
		covered[row.fault.Kind] = true
		t.Run(fmt.Sprintf("%s %d %s", row.fault.Kind, row.fault.Count, row.kind), func(t *testing.T) {
			r := newRig(t, phonesim.Config{Seed: 5})
			r.waitState(wabridge.PhoneReady)
			r.send("before", ann)
			r.incoming("before", eve)
			r.drain()
			r.fault(row.fault)
			if row.kind == "" {
				r.sendFile("image", "first", ann, ben)
			} else {
				r.sendFile(row.kind, "", ann, ben)
			}
			r.incoming("during", ann, eve)
			r.send("second", ann, ben)
			r.drain()
			r.sim.ClearFaults()
			r.sendFile("image", "after", ann)
			r.drain()
			r.waitState(wabridge.PhoneReady)
			failed := map[wabridge.Code]int{}
			for _, ids := range r.accepted {
				for _, id := range ids {
					if m := r.message(id); m.State == wabridge.Failed {
						failed[m.Code]++
						if m.Code == wabridge.CodeMediaUpload || m.Code == wabridge.CodeWrongChat {
							continue
						}
						t.Errorf("%q failed: %d %q", m.Text, m.Code, m.Reason)
					}
				}
			}
			if row.fails == 0 && len(failed) > 0 || row.fails != 0 && failed[row.fails] == 0 {
				t.Errorf("failed %v, want code %d", failed, row.fails)
			}
			if row.fault.Kind != "upload_failed" || row.fails == 0 { // those stand in the chat, unsent
				r.checkLedger()
			}
			r.checkIncoming()
			if echoes := r.recorded(wabridge.EventEcho); total(echoes) != 0 {
				t.Errorf("recorded as typed by a person: %q", echoes)
			}
		})
	}
	for _, kind := range fileFaults {
		if !covered[kind] {
			t.Errorf("fault %s has no row", kind)
		}
	}
}

// A shared sound may stand in its chat as a voice message that wants a second
// tap; each tap is counted.
func TestSoundThatBecomesADraftIsTappedAgain(t *testing.T) {
	for stuck, taps := range map[int]int{0: 2, 1: 3} {
		t.Run(fmt.Sprint("stuck ", stuck), func(t *testing.T) {
			r := newRig(t, phonesim.Config{})
			r.waitState(wabridge.PhoneReady)
			r.fault(standing("voice_draft"))
			if stuck > 0 {
				r.fault(times("send_stuck", stuck))
			}
			r.sendFile("audio", "", ann)
			r.drain()
			m := r.message(r.accepted[ann][0])
			if m.State.CloudStatus() == "" && m.State != wabridge.Handed || m.Taps != taps {
				t.Errorf("it is %s after %d taps, want sent after %d: %q", m.State, m.Taps, taps, m.Reason)
			}
			if n := len(r.sim.Sent()); n != 1 {
				t.Errorf("%d messages left, want 1", n)
			}
		})
	}
}
