// Package file takes files in for the interfaces: what a caller uploads and
// what a message links to. It joins the bytes (package media) with their
// records (queue.MediaStore), and fetches links in a way that a link cannot
// turn against the gateway's own network.
//
// It knows nothing of the forms in which an interface speaks of files.
package file

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/media"
	"github.com/wabridge/wabridge/queue"
)

// Records keeps what the database knows of files; queue.MediaStore has it.
type Records interface {
	PutMedia(ctx context.Context, r queue.MediaRecord) (queue.MediaRecord, error)
	Media(ctx context.Context, id string, now time.Time) (queue.MediaRecord, error)
	MediaByURL(ctx context.Context, phone, url string, since time.Time) (queue.MediaRecord, error)
	DeleteMedia(ctx context.Context, id string) error
}

// Config of a Library. Files and Records are required.
type Config struct {
	Files   *media.Store
	Records Records
	// Keep is how long an upload and a fetched link are kept; 0: 30 days, the
	// Cloud API's own.
	Keep time.Duration
	// MaxSize is the largest file of any kind, in bytes; 0: the Cloud API's
	// limits alone.
	MaxSize int64
	// AllowPrivate lets links lead to private addresses.
	AllowPrivate bool
}

const defaultKeep = 30 * 24 * time.Hour

// A Library takes files in and finds them again. It is safe for use by many
// goroutines.
type Library struct {
	Config
	links *links
}

// New makes a Library; Close ends its idle connections.
func New(c Config) *Library {
	if c.Keep <= 0 {
		c.Keep = defaultKeep
	}
	if c.MaxSize <= 0 {
		c.MaxSize = media.MaxDocument
	}
	allow := onlyPublic
	if c.AllowPrivate {
		allow = nil
	}
	return &Library{Config: c, links: newLinks(allow)}
}

// Close ends the idle connections of fetched links.
func (l *Library) Close() { l.links.client.CloseIdleConnections() }

// An Incoming file is one that a caller sends or names.
type Incoming struct {
	Phone    string
	Origin   string // queue.MediaUpload …
	URL      string // of a link that may be used again
	Name     string
	Promise  string // another name that the file goes by: the end of its link
	Declared string // type as declared with it, "" for none
	// Kind of message that it is for; "" if that is not known yet: then it is
	// the one that its type is made for, any other file a document.
	Kind string
	Body io.Reader
}

// Add stores a file and its record. CodeMediaUpload with what is wrong with
// the file, CodeStorage if it cannot be stored, and the error of Body as it
// is. Nothing is left of a file that was refused.
func (l *Library) Add(ctx context.Context, in Incoming) (queue.MediaRecord, error) {
	f, err := l.Store(ctx, in)
	if err != nil {
		return queue.MediaRecord{}, err
	}
	return l.Record(ctx, in, f)
}

// Store is the first half of Add: the bytes alone, for a caller who learns the
// rest after them. Record or Discard must follow.
func (l *Library) Store(ctx context.Context, in Incoming) (media.File, error) {
	return l.Files.Put(ctx, in.Body, l.limit(in))
}

// Discard takes Store back.
func (l *Library) Discard(f media.File) error { return l.Files.Discard(f) }

// Record is the second half of Add.
func (l *Library) Record(ctx context.Context, in Incoming, f media.File) (queue.MediaRecord, error) {
	mime, err := judge(in, f)
	if err == nil {
		err = checkNames(in, mime)
	}
	if err == nil {
		now := time.Now()
		var r queue.MediaRecord
		r, err = l.Records.PutMedia(ctx, queue.MediaRecord{
			Media: wabridge.Media{MIME: mime, SHA256: f.SHA256, Size: f.Size, Name: in.Name, Voice: in.Kind == media.Voice},
			Phone: in.Phone, Origin: in.Origin, URL: in.URL, Created: now, Expires: now.Add(l.Keep),
		})
		if err == nil {
			return r, nil
		}
	}
	return queue.MediaRecord{}, errors.Join(err, l.Discard(f))
}

// limit is how many bytes may come.
func (l *Library) limit(in Incoming) int64 {
	kind := in.Kind
	if kind == "" {
		kind = media.KindOf(in.Declared)
	}
	return min(media.Limit(kind), l.MaxSize)
}

// judge says what type a file is, and whether it may be. Servers of links
// often declare a general or a wrong type: where the bytes fit, they count.
func judge(in Incoming, f media.File) (string, error) {
	mime, err := media.Type(in.Declared, f.Info)
	kind := in.Kind
	if kind == "" {
		kind = media.KindOf(mime)
	}
	if err == nil {
		err = media.Check(kind, mime, f.Size, f.Info)
	}
	if err != nil && in.Origin == queue.MediaLink && media.Check(kind, f.Info.MIME, f.Size, f.Info) == nil {
		return f.Info.MIME, nil
	}
	return mime, err
}

// checkNames holds the names of a document to its type; nobody sees those of
// other kinds. What came in is kept as it came.
func checkNames(in Incoming, mime string) error {
	if in.Origin == queue.MediaReceived || in.Kind != media.Document && (in.Kind != "" || media.KindOf(mime) != media.Document) {
		return nil
	}
	return errors.Join(media.CheckName(in.Name, mime), media.CheckName(in.Promise, mime))
}

// Find finds a phone's file by its id, and holds it to what a kind of message
// takes ("" for no kind). CodeNotFound if the phone has none of this id,
// CodeMediaUpload with what does not fit.
func (l *Library) Find(ctx context.Context, phone, id, kind string) (queue.MediaRecord, error) {
	r, err := l.Records.Media(ctx, id, time.Now())
	if err == nil && r.Phone != phone {
		err = wabridge.Fail(wabridge.CodeNotFound, nil, "the file belongs to another phone number")
	}
	if err != nil {
		return queue.MediaRecord{}, err
	}
	info, err := l.Files.Inspect(r.SHA256)
	if err == nil && kind != "" {
		err = media.Check(kind, r.MIME, r.Size, info)
	}
	if err != nil {
		return queue.MediaRecord{}, err
	}
	r.Voice = r.Voice || kind == media.Voice
	return r, nil
}
