package queuetest

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

func testMedia(t *testing.T, open Open) {
	each(t, open, map[string]func(*bench){
		"stored and read":                       mediaRoundTrip,
		"a taken id":                            mediaTaken,
		"expiry":                                mediaExpiry,
		"a link's newest file":                  mediaLink,
		"forgotten":                             mediaDelete,
		"an open message keeps its file":        mediaNeeded,
		"a message waits for its file":          mediaPending,
		"the file comes":                        mediaAttach,
		"the file does not come":                mediaMissing,
		"there never was a file":                mediaText,
		"an echo with a file":                   mediaEcho,
		"only one who waits gets a file":        mediaStale,
		"a file that cannot be stored":          mediaAtomic,
		"the id of a waiting message is kept":   mediaKeepsID,
		"waiting messages of one phone, oldest": mediaUnattached,
	})
}

const (
	hashA = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	hashB = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
)

// file is an upload that lives for an hour.
func (b *bench) file(hash string) queue.MediaRecord {
	return queue.MediaRecord{
		Media: wabridge.Media{MIME: "image/jpeg", SHA256: hash, Size: 7, Name: "é.jpg"},
		Phone: phone, Origin: queue.MediaUpload, Created: b.now, Expires: b.now.Add(time.Hour),
	}
}

func (b *bench) put(r queue.MediaRecord) queue.MediaRecord {
	b.Helper()
	out, err := b.PutMedia(b.ctx, r)
	if err != nil {
		b.Fatalf("put media: %v", err)
	}
	return out
}

func (b *bench) used(hash string, want bool) {
	b.Helper()
	if got, err := b.MediaUsed(b.ctx, hash); err != nil || got != want {
		b.Errorf("used: got %v (%v), want %v", got, err, want)
	}
}

func mediaRoundTrip(b *bench) {
	r := b.file(hashA)
	r.Voice, r.URL, r.Message, r.Origin = true, "https://example.org/a?b=ü", "wamid.x", queue.MediaLink
	put := b.put(r)
	if put.ID == "" || len(put.ID) > 32 || strings.Trim(put.ID, "0123456789") != "" || put.ID[0] == '0' {
		b.Errorf("id: got %q, want decimal digits", put.ID)
	}
	r.ID = put.ID
	if diff := cmp.Diff(r, put); diff != "" {
		b.Errorf("returned (-want +got):\n%s", diff)
	}
	got, err := b.Media(b.ctx, put.ID, b.now)
	if err != nil {
		b.Fatal(err)
	}
	if diff := cmp.Diff(r, got); diff != "" {
		b.Errorf("read (-want +got):\n%s", diff)
	}
	_, err = b.Media(b.ctx, "1", b.now)
	b.code(err, wabridge.CodeNotFound)
}

func mediaTaken(b *bench) {
	r := b.put(b.file(hashA))
	_, err := b.PutMedia(b.ctx, r)
	b.code(err, wabridge.CodeConflict)
}

func mediaExpiry(b *bench) {
	short, long, ever := b.put(b.file(hashA)), b.file(hashA), b.file(hashB)
	long.Expires, ever.Expires = b.now.Add(2*time.Hour), time.Time{}
	long, ever = b.put(long), b.put(ever)
	at := b.now.Add(time.Hour)
	_, err := b.Media(b.ctx, short.ID, at.Add(-time.Millisecond))
	b.code(err, 0)
	_, err = b.Media(b.ctx, short.ID, at)
	b.code(err, wabridge.CodeNotFound)
	for i, want := range []int{1, 0} {
		if n, err := b.ExpireMedia(b.ctx, at, 10); err != nil || n != want {
			b.Errorf("expire %d: got %d (%v), want %d", i, n, err, want)
		}
	}
	b.used(hashA, true)
	if n, err := b.ExpireMedia(b.ctx, b.now.Add(1000*time.Hour), 10); err != nil || n != 1 {
		b.Errorf("expire the rest: got %d (%v), want 1", n, err)
	}
	b.used(hashA, false)
	got, err := b.Media(b.ctx, ever.ID, b.now.Add(1000*time.Hour))
	if err != nil || !got.Expires.IsZero() {
		b.Errorf("one that never expires: got %v (%v)", got.Expires, err)
	}
	for range 3 {
		b.put(b.file(hashA))
	}
	if n, err := b.ExpireMedia(b.ctx, at, 2); err != nil || n != 2 {
		b.Errorf("limit: got %d (%v), want 2", n, err)
	}
}

func mediaLink(b *bench) {
	const url = "https://example.org/x.jpg"
	for i := range 3 {
		r := b.file(hashA)
		r.Origin, r.URL, r.Created, r.Name = queue.MediaLink, url, b.now.Add(time.Duration(i)*time.Minute), string(rune('a'+i))
		b.put(r)
	}
	got, err := b.MediaByURL(b.ctx, phone, url, b.now)
	if err != nil || got.Name != "c" {
		b.Errorf("got %q (%v), want the newest", got.Name, err)
	}
	for name, f := range map[string]func() error{
		"too old":       func() error { _, err := b.MediaByURL(b.ctx, phone, url, b.now.Add(2*time.Minute)); return err },
		"other phone":   func() error { _, err := b.MediaByURL(b.ctx, "2", url, b.now); return err },
		"other address": func() error { _, err := b.MediaByURL(b.ctx, phone, url+"?", b.now); return err },
		"no address":    func() error { b.put(b.file(hashA)); _, err := b.MediaByURL(b.ctx, phone, "", time.Time{}); return err },
	} {
		if got := wabridge.CodeOf(f()); got != wabridge.CodeNotFound {
			b.Errorf("%s: got code %d, want %d", name, got, wabridge.CodeNotFound)
		}
	}
}

func mediaDelete(b *bench) {
	r := b.put(b.file(hashA))
	b.used(hashA, true)
	b.code(b.DeleteMedia(b.ctx, r.ID), 0)
	b.used(hashA, false)
	_, err := b.Media(b.ctx, r.ID, b.now)
	b.code(err, wabridge.CodeNotFound)
	b.code(b.DeleteMedia(b.ctx, r.ID), wabridge.CodeNotFound)
}

func mediaNeeded(b *bench) {
	r := b.put(b.file(hashA))
	m := text(number(1), "see")
	m.Type, m.Media = "image", &r.Media
	b.accept(m)
	later := b.now.Add(time.Hour)
	if n, err := b.ExpireMedia(b.ctx, later, 10); err != nil || n != 0 {
		b.Errorf("expired: got %d (%v), want 0 while the message is open", n, err)
	}
	b.code(b.DeleteMedia(b.ctx, r.ID), 0)
	b.used(hashA, true)
	b.send(0, "see")
	b.used(hashA, false)
}

// pending stores a received picture that waits for its file.
func (b *bench) pending(n int, direction wabridge.Direction) wabridge.Message {
	b.Helper()
	m := said("📷 Photo")
	m.Type, m.Direction, m.Created = "image", direction, b.now
	m.Media = &wabridge.Media{MIME: "image/jpeg", Pending: true}
	return b.store(wabridge.ChatRef{JID: wabridge.UserJID(number(n))}, m)[0]
}

func mediaPending(b *bench) {
	changed := b.Changed()
	m := b.pending(1, wabridge.In)
	select {
	case <-changed:
	default:
		b.Error("nobody was told of the waiting message")
	}
	if n := len(b.events(queue.EventFilter{})); n != 0 {
		b.Errorf("events: got %d, want none before the file", n)
	}
	list, err := b.Unattached(b.ctx, phone, 10)
	if err != nil || len(list) != 1 || list[0].ID != m.ID || !list[0].Media.Pending {
		b.Errorf("unattached: got %+v (%v)", list, err)
	}
	if got := b.state(m.ID, wabridge.Received); got.Media == nil || !got.Media.Pending {
		b.Errorf("read: got media %+v", got.Media)
	}
}

// event is the message frozen in the only event, which must be of a kind.
func (b *bench) frozen(kind wabridge.EventKind) wabridge.Message {
	b.Helper()
	events := b.events(queue.EventFilter{})
	if len(events) != 1 || events[0].Kind != kind {
		b.Fatalf("events: got %+v, want one %s", events, kind)
	}
	var m wabridge.Message
	if err := json.Unmarshal(events[0].Data, &m); err != nil {
		b.Fatal(err)
	}
	return m
}

func mediaAttach(b *bench) {
	m := b.pending(1, wabridge.In)
	r := b.file(hashB)
	got, err := b.Attach(b.ctx, m.ID, &r, 0, "")
	if err != nil {
		b.Fatal(err)
	}
	want := m
	want.Media = &wabridge.Media{ID: got.Media.ID, MIME: "image/jpeg", SHA256: hashB, Size: 7, Name: "é.jpg"}
	if diff := cmp.Diff(want, got); diff != "" || want.Media.ID == "" {
		b.Errorf("attached (-want +got):\n%s", diff)
	}
	for name, m := range map[string]wabridge.Message{"read": b.state(m.ID, wabridge.Received), "event": b.frozen(wabridge.EventMessage)} {
		if diff := cmp.Diff(want, m); diff != "" {
			b.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	r.ID, r.Origin, r.Message = got.Media.ID, queue.MediaReceived, m.ID
	record, err := b.Media(b.ctx, got.Media.ID, b.now)
	if err != nil {
		b.Fatal(err)
	}
	if diff := cmp.Diff(r, record); diff != "" {
		b.Errorf("record (-want +got):\n%s", diff)
	}
	if list, err := b.Unattached(b.ctx, phone, 10); err != nil || len(list) != 0 {
		b.Errorf("unattached: got %+v (%v), want none", list, err)
	}
}

func mediaMissing(b *bench) {
	m := b.pending(1, wabridge.In)
	got, err := b.Attach(b.ctx, m.ID, nil, wabridge.CodeMediaDownload, "it is not there")
	if err != nil || got.Code != wabridge.CodeMediaDownload || got.Reason != "it is not there" || got.Media == nil || got.Media.Pending || got.Media.SHA256 != "" {
		b.Fatalf("got %+v with media %+v (%v)", got, got.Media, err)
	}
	if diff := cmp.Diff(got, b.frozen(wabridge.EventMessage)); diff != "" {
		b.Errorf("event (-returned +event):\n%s", diff)
	}
	if diff := cmp.Diff(got, b.state(m.ID, wabridge.Received)); diff != "" {
		b.Errorf("read (-returned +read):\n%s", diff)
	}
}

func mediaText(b *bench) {
	m := b.pending(1, wabridge.In)
	got, err := b.Attach(b.ctx, m.ID, nil, wabridge.CodeNone, "")
	if err != nil || got.Type != "text" || got.Media != nil || string(got.Body) != `{"body":"📷 Photo"}` || got.Code != 0 {
		b.Fatalf("got %+v (%v), want a text", got, err)
	}
	if diff := cmp.Diff(got, b.frozen(wabridge.EventMessage)); diff != "" {
		b.Errorf("event (-returned +event):\n%s", diff)
	}
	if diff := cmp.Diff(got, b.state(m.ID, wabridge.Received)); diff != "" {
		b.Errorf("read (-returned +read):\n%s", diff)
	}
}

func mediaEcho(b *bench) {
	m := b.pending(1, wabridge.Echo)
	r := b.file(hashA)
	_, err := b.Attach(b.ctx, m.ID, &r, 0, "")
	b.code(err, 0)
	b.frozen(wabridge.EventEcho)
}

func mediaStale(b *bench) {
	r := b.file(hashA)
	waits := b.pending(1, wabridge.In)
	_, err := b.Attach(b.ctx, waits.ID, nil, wabridge.CodeMediaDownload, "late")
	b.code(err, 0)
	plain := b.store(wabridge.ChatRef{JID: wabridge.UserJID(number(1))}, said("hi"))[0]
	sent := b.accept(text(number(1), "x"))[0]
	for _, id := range []string{waits.ID, plain.ID, sent.ID} {
		_, err = b.Attach(b.ctx, id, &r, 0, "")
		b.code(err, wabridge.CodeStale)
	}
	_, err = b.Attach(b.ctx, "wamid.none", &r, 0, "")
	b.code(err, wabridge.CodeNotFound)
	b.used(hashA, false)
}

func mediaAtomic(b *bench) {
	m := b.pending(1, wabridge.In)
	taken := b.put(b.file(hashA))
	r := b.file(hashB)
	r.ID = taken.ID
	_, err := b.Attach(b.ctx, m.ID, &r, 0, "")
	b.code(err, wabridge.CodeConflict)
	if list, err := b.Unattached(b.ctx, phone, 10); err != nil || len(list) != 1 {
		b.Errorf("unattached: got %d (%v), want it to wait still", len(list), err)
	}
	if n := len(b.events(queue.EventFilter{})); n != 0 {
		b.Errorf("events: got %d, want none", n)
	}
}

func mediaKeepsID(b *bench) {
	m := said("🎤 Voice message")
	m.Type, m.Media = "audio", &wabridge.Media{ID: "12345678901234567", MIME: "audio/ogg; codecs=opus", Voice: true, Pending: true}
	m = b.store(wabridge.ChatRef{JID: wabridge.UserJID(number(1))}, m)[0]
	r := b.file(hashA)
	r.ID = "99"
	got, err := b.Attach(b.ctx, m.ID, &r, 0, "")
	if err != nil || got.Media.ID != "12345678901234567" {
		b.Errorf("got %+v (%v), want the message's own media id", got.Media, err)
	}
}

func mediaUnattached(b *bench) {
	first, second := b.pending(1, wabridge.In), b.pending(2, wabridge.In)
	b.pending(1, wabridge.In)
	list, err := b.Unattached(b.ctx, phone, 2)
	if err != nil || len(list) != 2 || list[0].ID != first.ID || list[1].ID != second.ID {
		b.Errorf("got %d (%v), want the two oldest", len(list), err)
	}
	if list, err := b.Unattached(b.ctx, "other", 2); err != nil || len(list) != 0 {
		b.Errorf("other phone: got %d (%v)", len(list), err)
	}
}
