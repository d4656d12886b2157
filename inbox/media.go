package inbox

import (
	"encoding/json"
	"path"
	"regexp"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/uiauto/whatsapp"
)

// setKind makes m what the sighting stands for. A file of the other person's is
// waited for; what has no file in the phone's storage and no object that a phone
// shows gets its type and no body, so that nobody takes the app's description for
// a text. The text stays as it was shown: that is what later sightings are
// compared with.
func (s Sighting) setKind(m *wabridge.Message) {
	names := whatsapp.NamesOf(s.Media)
	if names.Kind == whatsapp.TextMessage {
		return
	}
	m.Type, m.Body = names.Type, nil
	if s.ReactsTo != "" {
		m.Text, m.Context = wabridge.Text(s.Emoji), s.ReactsTo
		m.Body, _ = json.Marshal(map[string]string{"message_id": s.ReactsTo, "emoji": s.Emoji, "shown": s.Text}) // strings always encode
		return
	}
	if names.MIME == "" || s.Own {
		return
	}
	caption, name := behindSign(s.Text, s.Media)
	body := map[string]string{}
	if caption != "" {
		body["caption"] = caption
	}
	m.Body, _ = json.Marshal(body) // strings always encode
	m.Media = &wabridge.Media{MIME: names.MIME, Voice: names.Voice, Name: name, Pending: true}
}

// fileName is what a document's name looks like.
var fileName = regexp.MustCompile(`^[^/\n]{1,250}\.[\pL\pN]{1,8}$`)

// behindSign tells what stands behind the picture of a kind: the app's own word
// for the kind (then nothing), the name of a document, or a caption.
func behindSign(text string, kind whatsapp.MessageKind) (caption, name string) {
	rest := whatsapp.ReadParaphrase(text, words().Words).Rest
	if kind == whatsapp.DocumentMessage && fileName.MatchString(rest) {
		return "", path.Base(rest)
	}
	return rest, ""
}

// arrived lists the waiting messages among all whose pictures the phone has by
// now: their notification shows them. Of sightings that cannot be told apart
// all must say so.
func arrived(seen []Sighting, all []wabridge.Message) []string {
	type key struct {
		text string
		at   int64
	}
	here := map[key]bool{}
	for _, s := range seen {
		k := key{s.Text, s.Time.UnixMilli()}
		before, met := here[k]
		here[k] = s.Arrived && (before || !met)
	}
	var ids []string
	for _, m := range all {
		if m.Media != nil && m.Media.Pending && here[key{string(m.Text), m.Created.UnixMilli()}] {
			ids = append(ids, m.ID)
		}
	}
	return ids
}

// tellArrived hands on what arrived.
func (r *Reader) tellArrived(seen []Sighting, known, stored []wabridge.Message) {
	if r.cfg.OnFile == nil {
		return
	}
	for _, list := range [][]wabridge.Message{known, stored} {
		for _, id := range arrived(seen, list) {
			r.cfg.OnFile(id)
		}
	}
}

// Ahead is by how much the phone's clock is ahead of ours, as far as is known.
func (r *Reader) Ahead() time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.ahead
}
