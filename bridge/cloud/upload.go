package cloud

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/bridge/file"
	"github.com/wabridge/wabridge/media"
	"github.com/wabridge/wabridge/queue"
)

// The resumable upload of the Graph API: a session is begun for an app, its
// bytes come in one or more pieces, and the last one is answered with a handle
// (contract, section 3). A session ends with the process that began it, or a
// day later; the handle is good for as long as any upload.
const (
	sessionPrefix = "upload:"
	sessionPath   = "/upload/session/" // what the path /upload:… is served as
	sessionTime   = 24 * time.Hour
	maxSessions   = 256
)

// A session is one resumable upload.
type session struct {
	mu     sync.Mutex // held while a piece comes in
	part   *media.Partial
	in     file.Incoming
	length int64
	begun  time.Time
	handle string // set at the end
}

// sessions are the resumable uploads under way.
type sessions struct {
	mu   sync.Mutex
	list map[string]*session
}

// add remembers a session under a new id. Old ones go first; too many that are
// young are refused.
func (s *sessions) add(n *session) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.list == nil {
		s.list = map[string]*session{}
	}
	for id, old := range s.list {
		if n.begun.Sub(old.begun) > sessionTime && old.mu.TryLock() {
			_ = old.part.Discard() // the sweep finds what this could not
			old.mu.Unlock()
			delete(s.list, id)
		}
	}
	if len(s.list) >= maxSessions {
		return "", refuse(wabridge.CodeUnavailable, "%d resumable uploads are open; end some of them", maxSessions)
	}
	var b [24]byte
	rand.Read(b[:]) // never fails since Go 1.24
	id := base64.RawURLEncoding.EncodeToString(b[:])
	s.list[id] = n
	return id, nil
}

func (s *sessions) get(id string) *session {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.list[id]
}

func (s *sessions) forget(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.list, id)
}

// beginUpload is POST /{app}/uploads.
func (a *api) beginUpload(w http.ResponseWriter, r *http.Request) error {
	if _, err := a.authorize(r); err != nil {
		return err
	}
	if a.Library == nil {
		return noFiles()
	}
	p, err := readParams(w, r)
	if err != nil {
		return err
	}
	n, err := p.session(a.Library.MaxSize)
	if err != nil {
		return err
	}
	if n.part, err = a.Library.Files.Begin(); err != nil {
		return err
	}
	id, err := a.uploads.add(n)
	if err != nil {
		_ = n.part.Discard()
		return err
	}
	writeJSON(w, http.StatusOK, node{"id": sessionPrefix + id})
	return nil
}

// session reads what a session is begun with.
func (p params) session(limit int64) (*session, error) {
	size, err := p.text("file_length")
	if err != nil {
		return nil, err
	}
	length, err := strconv.ParseInt(size, 10, 64)
	if err != nil || length <= 0 {
		return nil, required("file_length", "give the file's size in bytes")
	}
	kind, err := p.text("file_type")
	if err != nil {
		return nil, err
	}
	if kind == "" {
		return nil, required("file_type", "give the file's type, for example image/jpeg")
	}
	limit = min(limit, media.Limit(media.KindOf(kind)))
	if length > limit {
		return nil, refuse(wabridge.CodeMediaUpload, "file_length: %s takes at most %s", brief(kind), media.Bytes(limit))
	}
	name, err := p.text("file_name")
	if err != nil {
		return nil, err
	}
	return &session{
		in:     file.Incoming{Origin: queue.MediaUpload, Declared: kind, Name: file.CleanName(name)},
		length: length, begun: time.Now(),
	}, nil
}

// session finds the session of a request.
func (a *api) session(r *http.Request) (*session, error) {
	id := r.PathValue("session")
	if s := a.uploads.get(id); s != nil {
		return s, nil
	}
	return nil, noObject(r.Method, sessionPrefix+id)
}

// uploadState is GET /upload:…: how much of the file is here.
func (a *api) uploadState(w http.ResponseWriter, r *http.Request) error {
	if _, err := a.authorize(r); err != nil {
		return err
	}
	s, err := a.session(r)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	writeJSON(w, http.StatusOK, node{"id": sessionPrefix + r.PathValue("session"), "file_offset": s.offset()})
	return nil
}

func (s *session) offset() int64 {
	if s.handle != "" {
		return s.length
	}
	return s.part.Size()
}

// continueUpload is POST /upload:…: the bytes from file_offset on.
func (a *api) continueUpload(w http.ResponseWriter, r *http.Request) error {
	if _, err := a.authorize(r); err != nil {
		return err
	}
	s, err := a.session(r)
	if err != nil {
		return err
	}
	if !s.mu.TryLock() {
		return refuse(wabridge.CodeParameter, "another piece of this upload is coming in; wait for its end")
	}
	defer s.mu.Unlock()
	if err := s.take(r, patient(w, r)); err != nil {
		return mediaError(err)
	}
	if s.handle == "" && s.part.Size() < s.length {
		writeJSON(w, http.StatusOK, node{"id": sessionPrefix + r.PathValue("session"), "file_offset": s.offset()})
		return nil
	}
	if err := a.endUpload(r.Context(), r.PathValue("session"), s); err != nil {
		return mediaError(err)
	}
	writeJSON(w, http.StatusOK, node{"h": s.handle})
	return nil
}

// take adds a piece that begins where the last one ended.
func (s *session) take(r *http.Request, body io.Reader) error {
	offset := r.Header.Get("file_offset")
	if offset == "" {
		offset = r.URL.Query().Get("file_offset")
	}
	at, err := strconv.ParseInt(strings.TrimSpace(offset), 10, 64)
	if err != nil && offset != "" || at != s.offset() && s.handle == "" {
		return say(wabridge.CodeParameter, "(#100) Invalid parameter", "file_offset: %d bytes are here; go on from there", s.offset())
	}
	if s.handle != "" {
		return nil // said again: the answer was lost
	}
	return s.part.Append(r.Context(), body, s.length)
}

// endUpload makes a file of the pieces, and its handle. Of a file that is
// refused the session is forgotten.
func (a *api) endUpload(ctx context.Context, id string, s *session) error {
	if s.handle != "" {
		return nil
	}
	f, err := s.part.Keep(ctx)
	if err != nil {
		return err
	}
	record, err := a.Library.Record(ctx, s.in, f)
	if err != nil {
		a.uploads.forget(id)
		return err
	}
	enc := base64.StdEncoding
	s.handle = "4:" + enc.EncodeToString([]byte(record.Name)) + ":" + enc.EncodeToString([]byte(record.MIME)) + ":" + record.ID
	return nil
}

// byHandle finds the file of a handle that a resumable upload ended with;
// wabridge.CodeNotFound if there is none.
func (a *api) byHandle(ctx context.Context, handle string) (queue.MediaRecord, error) {
	parts := strings.Split(handle, ":")
	if a.Library == nil || len(parts) != 4 || parts[0] != "4" || !isDigits(parts[3]) {
		return queue.MediaRecord{}, wabridge.Fail(wabridge.CodeNotFound, nil, "this is no handle of an upload")
	}
	return a.Library.Records.Media(ctx, parts[3], time.Now())
}
