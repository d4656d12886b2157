package file

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/adb"
)

// An Entry is a file or folder of the phone.
type Entry struct {
	Path string
	Size int64
	Time time.Time // when it was written, by the phone's clock, exact to the second
	Dir  bool
	// Seconds is how long a voice note is, 0 as long as that is not known.
	Seconds int
}

// A Device is what is needed of a phone.
type Device interface {
	// List lists a folder; one that is not there is empty.
	List(ctx context.Context, dir string) ([]Entry, error)
	// Pull copies a file.
	Pull(ctx context.Context, path string, to io.Writer) error
}

// Over makes a Device of ADB's.
func Over(d *adb.Device) Device { return device{d} }

type device struct{ d *adb.Device }

func (d device) List(ctx context.Context, dir string) ([]Entry, error) {
	list, err := d.d.List(ctx, dir)
	if _, refused := errors.AsType[*adb.FileError](err); refused {
		return nil, nil // there is no such folder, or it is not ours to see
	}
	if err != nil {
		return nil, err
	}
	out := make([]Entry, 0, len(list))
	for _, f := range list {
		if f.Err() == nil {
			out = append(out, Entry{Path: path.Join(dir, f.Name()), Size: f.Size(), Time: f.ModTime(), Dir: f.IsDir()})
		}
	}
	return out, nil
}

func (d device) Pull(ctx context.Context, name string, to io.Writer) error {
	_, err := d.d.Pull(ctx, name, to, nil)
	return err
}

// Kinds of files, as the app sorts them into folders.
const (
	image    = "image"
	video    = "video"
	audio    = "audio"
	voice    = "voice"
	document = "document"
	sticker  = "sticker"
)

// folders are those of each kind, behind "WhatsApp " or "WhatsApp Business ".
// Private is where the app keeps what galleries must not show. (Names from
// listings of real phones, as many projects have them; not verified on a phone
// of ours.)
var folders = map[string][]string{
	image:    {"Images", "Images/Private"},
	video:    {"Video", "Video/Private", "Animated Gifs", "Animated Gifs/Private"},
	audio:    {"Audio", "Audio/Private"},
	voice:    {"Voice Notes"},
	document: {"Documents", "Documents/Private"},
	sticker:  {"Stickers"},
}

// weeks is how many of the newest folders of voice notes are looked into: they
// are one a week ("202605").
const weeks = 2

// kindOf is the kind of file that a message waits for.
func kindOf(m wabridge.Message) string {
	if m.Type == audio && m.Media != nil && m.Media.Voice {
		return voice
	}
	return m.Type
}

// places are the folders of a kind: since Android 11 below Android/media, before
// that in the storage itself.
func places(pkg string, user int, kind string) []string {
	top := "WhatsApp"
	if strings.HasSuffix(pkg, ".w4b") {
		top = "WhatsApp Business"
	}
	storage := "/sdcard"
	if user != 0 {
		storage = fmt.Sprintf("/storage/emulated/%d", user)
	}
	var out []string
	for _, root := range []string{path.Join(storage, "Android/media", pkg, top, "Media"), path.Join(storage, top, "Media")} {
		for _, f := range folders[kind] {
			out = append(out, path.Join(root, top+" "+f))
		}
	}
	return out
}

// A reader of the storage of one phone.
type storage struct {
	dev  Device
	pkg  string
	user int
}

// list lists the files of a kind.
func (s storage) list(ctx context.Context, kind string) ([]Entry, error) {
	var out []Entry
	for _, dir := range places(s.pkg, s.user, kind) {
		entries, err := s.dev.List(ctx, dir)
		if err != nil {
			return nil, fmt.Errorf("list the phone's %s files: %w", kind, err)
		}
		if kind == voice {
			if entries, err = s.weekly(ctx, entries); err != nil {
				return nil, err
			}
		}
		for _, e := range entries {
			if !e.Dir && !strings.HasPrefix(path.Base(e.Path), ".") && e.Size > 0 {
				out = append(out, e)
			}
		}
	}
	return out, nil
}

// weekly adds the files of the newest weeks.
func (s storage) weekly(ctx context.Context, entries []Entry) ([]Entry, error) {
	var dirs []string
	for _, e := range entries {
		if e.Dir && path.Base(e.Path) != "Sent" {
			dirs = append(dirs, e.Path)
		}
	}
	slices.Sort(dirs)
	for _, dir := range dirs[max(0, len(dirs)-weeks):] {
		more, err := s.dev.List(ctx, dir)
		if err != nil {
			return nil, fmt.Errorf("list the phone's voice notes: %w", err)
		}
		entries = append(entries, more...)
	}
	return entries, nil
}
