package inbox

import (
	"encoding/json"
	"path"
	"regexp"
	"strings"
	"time"

	"github.com/wabridge/wabridge"
)

// A fileKind is what the Cloud API calls a kind of file, and what it most
// likely is as long as nobody has seen it.
type fileKind struct {
	typ, mime string
	voice     bool
}

// fileKinds are the kinds of media that lie in the phone's storage, by the
// names of package notification. What is seen once does not, and the rest has
// no file.
var fileKinds = map[string]fileKind{
	"image": {"image", "image/jpeg", false}, "video": {"video", "video/mp4", false}, "gif": {"video", "video/mp4", false},
	"voice": {"audio", "audio/ogg; codecs=opus", true}, "audio": {"audio", "audio/mpeg", false},
	"document": {"document", "application/octet-stream", false}, "sticker": {"sticker", "image/webp", false},
}

// expect makes m a message that waits for its file, if the sighting stands for
// one of the other person's. Its text stays as it was shown: that is what later
// sightings are compared with.
func (s Sighting) expect(m *wabridge.Message) {
	kind, ok := fileKinds[s.Media]
	if !ok || s.Own || s.Gone {
		return
	}
	caption, name := behindSign(s.Text, s.Media)
	body := map[string]string{}
	if caption != "" {
		body["caption"] = caption
	}
	m.Type = kind.typ
	m.Body, _ = json.Marshal(body) // strings always encode
	m.Media = &wabridge.Media{MIME: kind.mime, Voice: kind.voice, Name: name, Pending: true}
}

// length is how long a voice message or a film is, as it is shown behind the
// word: "Voice message (0:05)".
var length = regexp.MustCompile(` \(\d{1,3}:\d\d\)$`)

// fileName is what a document's name looks like.
var fileName = regexp.MustCompile(`^[^/\n]{1,250}\.[\pL\pN]{1,8}$`)

// behindSign tells what stands behind the picture of a kind: the app's own word
// for the kind (then nothing), the name of a document, or a caption.
func behindSign(text, kind string) (caption, name string) {
	_, rest, _ := strings.Cut(text, " ")
	rest = strings.TrimSpace(rest)
	if text == placeholder(kind, "") || words().Which(length.ReplaceAllString(rest, ""), mediaWordKeys[kind]...) != "" {
		return "", ""
	}
	if kind == "document" && fileName.MatchString(rest) {
		return "", path.Base(rest)
	}
	return rest, ""
}

// mediaWordKeys are the app's words for the kinds, in all languages.
var mediaWordKeys = map[string][]string{
	"image": {"media_photo"}, "video": {"media_video"}, "gif": {"media_gif"}, "voice": {"media_voice"},
	"audio": {"media_audio"}, "document": {"media_document"}, "sticker": {"media_sticker"},
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
