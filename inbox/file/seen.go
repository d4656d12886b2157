package file

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"sync"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/adb"
	"github.com/wabridge/wabridge/media"
)

// A seen is a file that was listed.
type seen struct {
	Entry
	key     string
	first   time.Time // when it was first listed as it is
	last    time.Time
	claimed bool        // a message has it
	pulled  *media.File // it is here already
	at      time.Time   // of pulled
}

func (s *seen) name() string { return path.Base(s.Path) }

// key names a file as it is now: another one that takes its name later is
// another file. It is kept with the record of an attached file, so that none is
// attached twice, over restarts too.
func key(e Entry) string { return fmt.Sprintf("phone:%s#%d,%d", e.Path, e.Time.Unix(), e.Size) }

// pulledTime is how long a file that nobody has yet is sure to be in the store:
// a sweep spares it for an hour.
const pulledTime = 30 * time.Minute

// claimTime is how far back attached files are looked for.
const claimTime = 30 * 24 * time.Hour

// maxMeasured bounds how many voice notes are pulled to see how long they are.
const maxMeasured = 16

// list lists the files of a kind that one of the wants may own and that no
// message has.
func (w *Worker) list(ctx context.Context, dev Device, kind string, wants []want) ([]Entry, error) {
	bounded, cancel := context.WithTimeout(ctx, listTime)
	defer cancel()
	all, err := storage{dev, w.cfg.Phone.Package, w.cfg.Phone.User}.list(bounded, kind)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	var out []Entry
	for _, e := range all {
		if !wanted(wants, e) {
			continue
		}
		s, err := w.see(ctx, e, now)
		if err != nil {
			return nil, err
		}
		if s.claimed {
			continue
		}
		if kind == voice && s.Seconds == 0 && len(out) < maxMeasured && w.settled(kind, s) {
			if err := w.measure(ctx, dev, s); err != nil {
				return nil, err
			}
		}
		if wanted(wants, s.Entry) {
			out = append(out, s.Entry)
		}
	}
	return out, nil
}

func wanted(wants []want, e Entry) bool {
	for _, w := range wants {
		if w.takes(e) {
			return true
		}
	}
	return false
}

// see notes that a file was listed.
func (w *Worker) see(ctx context.Context, e Entry, now time.Time) (*seen, error) {
	k := key(e)
	if s, ok := w.files[k]; ok {
		s.last = now
		return s, nil
	}
	_, err := w.cfg.Store.MediaByURL(ctx, w.cfg.Phone.ID, k, now.Add(-claimTime))
	if err != nil && wabridge.CodeOf(err) != wabridge.CodeNotFound {
		return nil, err
	}
	s := &seen{Entry: e, key: k, first: now, last: now, claimed: err == nil}
	w.files[k] = s
	return s, nil
}

// forgetFiles drops files that nobody has asked about for a while. What was
// attached the database knows.
func (w *Worker) forgetFiles() {
	for k, s := range w.files {
		if time.Since(s.last) > ghostTime {
			if s.pulled != nil && !s.claimed {
				_ = w.cfg.Files.Discard(*s.pulled) // the sweep finds what this could not
			}
			delete(w.files, k)
		}
	}
}

// settled reports whether a file is complete, as far as can be seen: it has not
// changed for a while. A picture is looked at for longer, as long as the phone
// has not told of any: it may yet.
func (w *Worker) settled(kind string, s *seen) bool {
	d := w.pace.settle
	if kind == image && !w.told[image] {
		d = w.pace.untold
	}
	return s.last.Sub(s.first) >= d
}

// measure pulls a voice note to see how long it is.
func (w *Worker) measure(ctx context.Context, dev Device, s *seen) error {
	f, err := w.fetch(ctx, dev, s)
	if err == nil {
		s.Seconds = int((f.Info.Length + time.Second/2) / time.Second)
		return nil
	}
	_, refused := errors.AsType[*adb.FileError](err)
	if code := wabridge.CodeOf(err); refused || code == wabridge.CodeMediaUpload || code == wabridge.CodeStorage {
		return nil // told when it is to be attached
	}
	return err
}

// fetch pulls a file into the store, once.
func (w *Worker) fetch(ctx context.Context, dev Device, s *seen) (media.File, error) {
	if s.pulled != nil && time.Since(s.at) < pulledTime {
		return *s.pulled, nil
	}
	if s.Size > w.cfg.MaxSize {
		return media.File{}, wabridge.Fail(wabridge.CodeMediaUpload, nil, "the file is larger than %s", media.Bytes(w.cfg.MaxSize))
	}
	ctx, cancel := context.WithTimeout(ctx, pullTime)
	defer cancel()
	r, in := io.Pipe()
	var wg sync.WaitGroup
	wg.Go(func() { in.CloseWithError(dev.Pull(ctx, s.Path, in)) }) // nil is io.EOF
	f, err := w.cfg.Files.Put(ctx, r, w.cfg.MaxSize)
	_ = r.CloseWithError(context.Canceled) // ends the pull where Put ended early
	wg.Wait()
	if err != nil {
		return f, err
	}
	s.pulled, s.at = &f, time.Now()
	return f, nil
}

// mimeOf is the type of a received file: what its bytes say, or its name where
// they say little.
func mimeOf(kind, name string, i media.Info) string {
	switch kind {
	case voice:
		if i.Codec == "opus" {
			return "audio/ogg; codecs=opus"
		}
	case document:
		byName := media.TypeOfName(name)
		if _, err := media.Type(byName, i); byName != "" && err == nil {
			return byName
		}
	}
	return i.MIME
}
