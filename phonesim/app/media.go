package app

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	pixels "image" // image is a class of views here
	_ "image/jpeg"
	_ "image/png"
	"io/fs"
	"path"
	"strings"
	"time"

	"github.com/wabridge/wabridge/phonesim/android"
)

// SentMedia is the file of a line of the ledger: what truly left.
type SentMedia struct {
	Type     string `json:"type"` // image, video, audio, document, contacts
	MIME     string `json:"mime"`
	SHA256   string `json:"sha256"` // of the shared bytes, hex
	Size     int64  `json:"size"`
	Filename string `json:"filename"`
	Caption  string `json:"caption,omitempty"`
}

// A file is what a bubble carries besides its text.
type file struct {
	kind    string // as Message.Kind
	mime    string
	name    string // as it is shown and saved
	data    []byte
	path    string // where it lies on the phone, "" while it does not
	seconds int    // of audio and video
	phase   phase
	thumb   pixels.Image // of pictures and stickers, nil if it cannot be read
	// of a location
	latitude, longitude float64
	place, address      string
	// of contacts
	people []string
}

// A phase is what a file waits for.
type phase int

// The phases.
const (
	ready     phase = iota
	remote          // at the server: the bubble has a download button
	moving          // downloading or uploading: a spinner
	preparing       // processed before the upload: a spinner
	broken          // the upload failed: Retry
)

func newFile(kind, mimeType, name string, data []byte) *file {
	f := &file{kind: kind, mime: mimeType, name: name, data: data}
	if kind == "image" || kind == "sticker" {
		f.thumb = decode(data)
	}
	if kind == "contact" {
		f.people = vcardNames(data)
	}
	return f
}

// maxPixels bounds what a thumbnail is read from.
const maxPixels = 40 << 20

func decode(data []byte) pixels.Image {
	c, _, err := pixels.DecodeConfig(bytes.NewReader(data))
	if err != nil || c.Width*c.Height > maxPixels {
		return nil
	}
	img, _, err := pixels.Decode(bytes.NewReader(data))
	if err != nil {
		return nil
	}
	return img
}

// forwardable reports whether a forward button stands beside the bubble.
func (m *Message) forwardable() bool {
	return m.Kind == "image" || m.Kind == "video" || m.Kind == "document"
}

// overPicture reports whether the bubble's time stands on its picture, as it does
// where there is no caption (captured).
func (m *Message) overPicture() bool {
	return (m.Kind == "image" || m.Kind == "video" || m.Kind == "sticker") && m.Text == ""
}

// vcardNames are the FN lines of a vCard.
func vcardNames(data []byte) []string {
	var out []string
	for line := range strings.Lines(string(data)) {
		name, value, ok := strings.Cut(strings.TrimSpace(line), ":")
		name, _, _ = strings.Cut(name, ";")
		if ok && strings.EqualFold(name, "FN") {
			out = append(out, value)
		}
	}
	return out
}

// sent is the ledger's account of a file.
func (f *file) sent(caption string) *SentMedia {
	kind := f.kind
	if kind == "contact" {
		kind = "contacts"
	}
	return &SentMedia{Type: kind, MIME: f.mime, SHA256: hash(f.data), Size: int64(len(f.data)), Filename: f.name, Caption: caption}
}

func hash(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// kindOf is the kind of bubble a shared file becomes.
func kindOf(mimeType string) string {
	kind, rest, _ := strings.Cut(mimeType, "/")
	switch {
	case kind == "image" || kind == "video" || kind == "audio":
		return kind
	case strings.Contains(rest, "vcard"):
		return "contact"
	}
	return "document"
}

// root is the folder of the app's files: below Android/media since Android 11,
// before it directly in the shared storage.
func (a *App) mediaRoot() string {
	top := "WhatsApp"
	if strings.HasSuffix(a.cfg.Package, ".w4b") {
		top = "WhatsApp Business"
	}
	if a.sys.Android <= 10 {
		return "/storage/emulated/0/" + top + "/Media"
	}
	return "/storage/emulated/0/Android/media/" + a.cfg.Package + "/" + top + "/Media"
}

// folders are the parts of a file's folder, and the beginning of its name; a
// document keeps its own.
var folders = map[string]struct{ folder, prefix string }{
	"image": {"Images", "IMG"}, "video": {"Video", "VID"}, "audio": {"Audio", "AUD"}, "voice": {"Voice Notes", "PTT"},
	"sticker": {"Stickers", "STK"}, "document": {"Documents", "DOC"},
}

// store writes a file where the app keeps those of its kind and has the media
// provider scan it. Nothing is kept of locations and contacts.
func (a *App) store(f *file, at time.Time, sent bool) error {
	where, ok := folders[f.kind]
	if !ok {
		return nil
	}
	top := "WhatsApp"
	if strings.HasSuffix(a.cfg.Package, ".w4b") {
		top = "WhatsApp Business"
	}
	dir := a.mediaRoot() + "/" + top + " " + where.folder
	hide := f.kind == "voice" || f.kind == "sticker" // from memory: a .nomedia lies there
	if hide {
		a.noMedia(dir)
	}
	if f.kind == "voice" {
		year, week := at.ISOWeek()
		dir += fmt.Sprintf("/%d%02d", year, week)
	}
	if sent {
		dir += "/Sent"
		a.noMedia(dir)
	}
	if err := a.sys.Files.Mkdir(dir, true); err != nil {
		return err
	}
	name := a.freeName(dir, where.prefix, f, at)
	if err := a.sys.Files.WriteFile(name, f.data, 0o660); err != nil {
		return err
	}
	f.path = name
	a.sys.Media.Scan(name)
	return nil
}

// noMedia makes a folder whose files galleries do not show.
func (a *App) noMedia(dir string) {
	if a.sys.Files.Mkdir(dir, true) == nil {
		_ = a.sys.Files.WriteFile(dir+"/.nomedia", nil, 0o660) // full: the folder stays visible
	}
}

// freeName is IMG-20260131-WA0000.jpg with the first number that is free; a
// document has its own name, with (1), (2) … where that is taken.
func (a *App) freeName(dir, prefix string, f *file, at time.Time) string {
	free := func(name string) bool {
		_, err := a.sys.Files.Stat(path.Join(dir, name))
		return err != nil
	}
	ext := cmp.Or(path.Ext(f.name), android.ExtensionOf(f.mime), ".bin")
	if f.kind != "document" {
		if f.kind != "audio" {
			ext = cmp.Or(android.ExtensionOf(f.mime), ext)
		}
		for n := 0; ; n++ {
			if name := fmt.Sprintf("%s-%s-WA%04d%s", prefix, at.Format("20060102"), n, ext); free(name) {
				return path.Join(dir, name)
			}
		}
	}
	base := strings.TrimSuffix(f.name, path.Ext(f.name))
	name := base + ext
	for n := 1; !free(name); n++ {
		name = fmt.Sprintf("%s (%d)%s", base, n, ext)
	}
	return path.Join(dir, name)
}

// sharedFile reads what an intent shares.
func (a *App) sharedFile(i android.Intent) (*file, error) {
	uri := i.Extras[android.ExtraStream]
	m, data, err := a.sys.Media.Open(uri)
	if err != nil {
		return nil, err
	}
	allowed := i.MayRead(uri)
	if strings.HasPrefix(uri, "file:") { // no grant covers it; scoped storage since Android 11
		allowed = a.sys.Android <= 10
	}
	if !allowed {
		return nil, fmt.Errorf("read %s: %w", uri, fs.ErrPermission)
	}
	mimeType := i.Type
	if mimeType == "" || strings.Contains(mimeType, "*") || mimeType == "text/plain" {
		mimeType = m.MIME
	}
	return newFile(kindOf(mimeType), mimeType, path.Base(m.Path), data), nil
}
