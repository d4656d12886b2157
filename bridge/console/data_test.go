package console

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/bridge/file"
	"github.com/wabridge/wabridge/media"
	"github.com/wabridge/wabridge/queue"
)

var (
	ana   = wabridge.ChatRef{Number: "15550000001", Name: "Ana Souza"}
	bob   = wabridge.ChatRef{Number: "15550000002", Name: "Bob Miller"}
	team  = wabridge.ChatRef{JID: "120363000000000001@g.us", Name: "Delivery team", Group: true}
	anaID = wabridge.UserJID(ana.Number)
)

// withFiles gives a desk a place for files.
func withFiles(t testing.TB) func(*Config) {
	return func(c *Config) {
		files, err := media.Open(filepath.Join(t.TempDir(), "media"), media.Options{Reserve: -1})
		must(t, err)
		c.Files, c.Library = files, file.New(file.Config{Files: files, Records: c.Store})
	}
}

// hears records a message of somebody, as the phone would.
func (d *desk) hears(ref wabridge.ChatRef, m wabridge.Message) wabridge.Message {
	d.t.Helper()
	if m.Created.IsZero() {
		m.Created = time.Now()
	}
	if m.Type == "" {
		m.Type = "text"
	}
	got, err := d.db.Reconcile(context.Background(), phoneID, ref, 0, func(wabridge.Chat, []wabridge.Message) queue.Changes {
		return queue.Changes{New: []wabridge.Message{m}}
	})
	must(d.t, err)
	return got[0]
}

// says is hears for a text.
func (d *desk) says(ref wabridge.ChatRef, words string) wabridge.Message {
	return d.hears(ref, wabridge.Message{Text: wabridge.Text(words)})
}

// writes accepts a message of ours.
func (d *desk) writes(ref wabridge.ChatRef, words string) wabridge.Message {
	d.t.Helper()
	m := wabridge.Message{Phone: phoneID, Direction: wabridge.Out, Type: "text", Text: wabridge.Text(words),
		Body: []byte(fmt.Sprintf(`{"body":%q}`, words)), Number: ref.Number, Chat: ref.JID, Input: ref.Number}
	if ref.Group {
		m.Group = ref.JID
	} else {
		m.Chat = wabridge.UserJID(ref.Number)
	}
	got, err := d.db.Enqueue(context.Background(), queue.Draft{Message: m})
	must(d.t, err)
	return got[0].Message
}

// moves makes moves of a message.
func (d *desk) moves(m wabridge.Message, moves ...wabridge.Move) {
	d.t.Helper()
	for _, move := range moves {
		_, err := d.db.Apply(context.Background(), m.ID, 0, move)
		must(d.t, err)
	}
}

// claims takes the next message into work.
func (d *desk) claims() wabridge.Message {
	d.t.Helper()
	m, _, err := d.db.Claim(context.Background(), phoneID, time.Now(), time.Minute, queue.Pacing{}.Gate)
	must(d.t, err)
	if m == nil {
		d.t.Fatal("nothing to claim")
	}
	return *m
}

// drawing is a PNG of some size, to be sent.
func drawing(t testing.TB, w, h int) []byte {
	t.Helper()
	picture := image.NewRGBA(image.Rect(0, 0, w, h))
	for x := range w {
		for y := range h {
			picture.Set(x, y, color.RGBA{uint8(60 + x*120/w), uint8(140 + y*60/h), 130, 255})
		}
	}
	var b bytes.Buffer
	must(t, png.Encode(&b, picture))
	return b.Bytes()
}

// stores keeps bytes as the file of a message.
func (d *desk) stores(name, mime string, raw []byte) *wabridge.Media {
	d.t.Helper()
	r, err := d.Library.Add(context.Background(), file.Incoming{Phone: phoneID, Origin: queue.MediaReceived, Name: name, Declared: mime, Body: bytes.NewReader(raw)})
	must(d.t, err)
	return &r.Media
}

// day fills a desk with what a day brings: each kind of message and state.
func (d *desk) day() {
	d.t.Helper()
	now := time.Now()
	yesterday := now.Add(-26 * time.Hour)
	d.hears(team, wabridge.Message{Text: "The van is at the depot", Name: "Jonas", Number: "4915550001", Created: yesterday})
	d.says(wabridge.ChatRef{Number: "4917012345678", Name: "Кафе «Берёзка»"}, "Добрый день! Есть ли у вас доставка в субботу?")
	d.says(wabridge.ChatRef{Number: "5511987654321"}, "Boa tarde, qual é o horário de funcionamento amanhã?")
	first := d.hears(ana, wabridge.Message{Text: "Hi! Is my order on its way?", Created: yesterday})
	sent := d.writes(ana, "Good morning Ana, it left this morning. You can follow it here: https://track.example/8812.")
	d.claims()
	d.moves(sent, wabridge.WasSent(yesterday), wabridge.WasDelivered(yesterday), wabridge.WasRead(yesterday))
	d.hears(ana, wabridge.Message{Type: "reaction", Text: "👍", Context: sent.ID})
	d.hears(ana, wabridge.Message{Type: "image", Text: "This one?", Media: d.stores("parcel.png", "image/png", drawing(d.t, 480, 300))})
	d.hears(ana, wabridge.Message{Type: "document", Media: d.stores("invoice 8812.pdf", "application/pdf", []byte("%PDF-1.4\n%%EOF\n"))})
	d.hears(ana, wabridge.Message{Type: "location", Text: "Home", Body: []byte(`{"latitude":52.52,"longitude":13.405,"name":"Home","address":"Torstraße 1, Berlin"}`)})
	d.hears(ana, wabridge.Message{Text: "It says Friday. Could it come on Saturday instead? I am not at home before six in the evening on weekdays, and my neighbours are away.", Context: first.ID})
	handed := d.writes(ana, "Let me see what I can do.")
	d.claims()
	d.moves(handed, wabridge.HandedOver(now))
	gone := d.writes(bob, "Your table is ready.")
	d.claims()
	d.moves(gone, wabridge.HasFailed(now, wabridge.CodeUndeliverable, "the number is not on WhatsApp"))
	d.says(bob, "Thanks!")
	d.writes(ana, "Saturday between 10 and 12 works. Shall I book it?")
}

func long(words string, n int) string { return strings.Repeat(words+" ", n) }
