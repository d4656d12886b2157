package android

import (
	"cmp"
	"fmt"
	"io/fs"
	"mime"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wabridge/wabridge/phonesim/vfs"
)

// A MediaFile is a row of the media provider's table of files.
type MediaFile struct {
	ID       int
	Path     string // /storage/emulated/0/…, links resolved
	MIME     string
	Size     int64
	Modified time.Time
	Added    time.Time
	Class    MediaClass
}

// MediaClass is in which collection a file is listed; MediaStore.Files' media_type.
type MediaClass int

// The classes. A file below a folder with .nomedia is ClassNone.
const (
	ClassNone     MediaClass = 0
	ClassImage    MediaClass = 1
	ClassAudio    MediaClass = 2
	ClassVideo    MediaClass = 3
	ClassDocument MediaClass = 6
)

// collections are the provider's tables: the path after content://media/<volume>/.
var collections = map[string]MediaClass{"images/media": ClassImage, "audio/media": ClassAudio, "video/media": ClassVideo}

// A MediaStore is the media provider. It knows a file only once it was scanned:
// what adb pushes or the shell writes is not in it (facts/android.md 7). It is used with
// the system's lock held.
type MediaStore struct {
	sys   *System
	files []*MediaFile
	last  int
}

// volume is the name that the store gives in what it answers: both forms have
// been seen; which one a phone has is not known beforehand.
func (m *MediaStore) volume() string {
	if m.sys.Android >= 15 {
		return "external_primary"
	}
	return "external"
}

// Scan reads one file anew and gives its row; nil: there is no such file, and
// the store has forgotten it.
func (m *MediaStore) Scan(name string) *MediaFile {
	p := vfs.Clean(name)
	info, err := m.sys.Files.Stat(p)
	m.files = slices.DeleteFunc(m.files, func(f *MediaFile) bool { return f.Path == p && err != nil })
	if err != nil || info.IsDir() || !strings.HasPrefix(p, "/storage/emulated/0/") {
		return nil
	}
	f := m.find(p)
	if f == nil {
		m.last++
		f = &MediaFile{ID: firstMediaID + m.last, Path: p, Added: time.Now()}
		m.files = append(m.files, f)
	}
	f.MIME, f.Size, f.Modified = MIMEByName(p), info.Size(), info.ModTime()
	f.Class = classOf(f.MIME)
	if m.hidden(p) {
		f.Class = ClassNone
	}
	return f
}

const firstMediaID = 30

// ScanAll scans every file of the shared storage.
func (m *MediaStore) ScanAll() {
	dirs := []string{"/storage/emulated/0"}
	for len(dirs) > 0 {
		dir := dirs[0]
		dirs = dirs[1:]
		entries, err := m.sys.Files.ReadDir(dir)
		if err != nil {
			continue
		}
		for _, e := range entries {
			if name := dir + "/" + e.Name(); e.IsDir() {
				dirs = append(dirs, name)
			} else {
				m.Scan(name)
			}
		}
	}
}

func (m *MediaStore) find(p string) *MediaFile {
	for _, f := range m.files {
		if f.Path == p {
			return f
		}
	}
	return nil
}

// hidden reports whether a folder above the file holds .nomedia.
func (m *MediaStore) hidden(p string) bool {
	for dir := path.Dir(p); len(dir) > 1; dir = path.Dir(dir) {
		if _, err := m.sys.Files.Stat(dir + "/.nomedia"); err == nil {
			return true
		}
	}
	return false
}

// URI names a row in its own collection.
func (m *MediaStore) URI(f *MediaFile) string {
	collection := "file"
	for name, class := range collections {
		if class == f.Class {
			collection = name
		}
	}
	return fmt.Sprintf("content://media/%s/%s/%d", m.volume(), collection, f.ID)
}

// List gives the rows behind a URI: a collection or one row. Files that are
// gone are left out. ok is false for a URI that the provider does not have.
func (m *MediaStore) List(uri string) (files []*MediaFile, ok bool) {
	class, id, ok := parseMediaURI(uri)
	if !ok {
		return nil, false
	}
	for _, f := range m.files {
		if _, err := m.sys.Files.Stat(f.Path); err != nil {
			continue
		}
		if (class < 0 || class == f.Class) && (id == 0 || id == f.ID) {
			files = append(files, f)
		}
	}
	return files, true
}

// Open reads the file behind a URI of one row, or behind file://….
func (m *MediaStore) Open(uri string) (*MediaFile, []byte, error) {
	if p, ok := strings.CutPrefix(uri, "file://"); ok {
		b, err := m.sys.Files.ReadFile(p)
		if err != nil {
			return nil, nil, err
		}
		return &MediaFile{Path: vfs.Clean(p), MIME: MIMEByName(p), Size: int64(len(b))}, b, nil
	}
	files, ok := m.List(uri)
	if _, id, _ := parseMediaURI(uri); !ok || id == 0 || len(files) != 1 {
		return nil, nil, fmt.Errorf("open %s: %w", uri, fs.ErrNotExist)
	}
	b, err := m.sys.Files.ReadFile(files[0].Path)
	return files[0], b, err
}

// Documents are the scanned files that a document picker offers, by name: all that
// stand in no .nomedia folder and are no sound.
func (m *MediaStore) Documents() []*MediaFile {
	files, _ := m.List("content://media/external/file")
	files = slices.DeleteFunc(files, func(f *MediaFile) bool { return f.Class == ClassAudio || m.hidden(f.Path) })
	slices.SortFunc(files, func(a, b *MediaFile) int { return strings.Compare(path.Base(a.Path), path.Base(b.Path)) })
	return files
}

// parseMediaURI reads content://media/<volume>/<collection>[/<id>]; class -1
// is the table of all files.
func parseMediaURI(uri string) (class MediaClass, id int, ok bool) {
	rest, ok := strings.CutPrefix(strings.TrimSuffix(uri, "/"), "content://media/")
	if !ok {
		return 0, 0, false
	}
	volume, rest, _ := strings.Cut(rest, "/")
	if !slices.Contains([]string{"external", "external_primary"}, volume) {
		return 0, 0, false
	}
	for name, c := range collections {
		if after, ok := strings.CutPrefix(rest, name); ok {
			id, ok := rowID(after)
			return c, id, ok
		}
	}
	if after, ok := strings.CutPrefix(rest, "file"); ok {
		id, ok := rowID(after)
		return -1, id, ok
	}
	return 0, 0, false
}

func rowID(after string) (int, bool) {
	if after == "" {
		return 0, true
	}
	id, err := strconv.Atoi(strings.TrimPrefix(after, "/"))
	return id, err == nil && id > 0 && after[0] == '/'
}

func classOf(mimeType string) MediaClass {
	kind, _, _ := strings.Cut(mimeType, "/")
	switch kind {
	case "image":
		return ClassImage
	case "audio":
		return ClassAudio
	case "video":
		return ClassVideo
	}
	if strings.HasPrefix(mimeType, "text/") || strings.Contains(mimeType, "pdf") || strings.Contains(mimeType, "document") || strings.Contains(mimeType, "sheet") {
		return ClassDocument
	}
	return ClassNone
}

// types are the endings that matter here, as Android's MimeTypeMap has them;
// Go's table differs from machine to machine.
var types = map[string]string{
	".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".webp": "image/webp", ".gif": "image/gif", ".heic": "image/heic",
	".mp4": "video/mp4", ".3gp": "video/3gpp", ".mkv": "video/x-matroska", ".webm": "video/webm", ".mov": "video/quicktime",
	".mp3": "audio/mpeg", ".ogg": "audio/ogg", ".opus": "audio/ogg", ".oga": "audio/ogg", ".m4a": "audio/mp4", ".aac": "audio/aac", ".amr": "audio/amr", ".wav": "audio/x-wav",
	".pdf": "application/pdf", ".txt": "text/plain", ".csv": "text/csv", ".vcf": "text/x-vcard", ".zip": "application/zip", ".html": "text/html", ".json": "application/json",
	".doc": "application/msword", ".xls": "application/vnd.ms-excel", ".ppt": "application/vnd.ms-powerpoint",
	".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
	".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}

// MIMEByName is the type that a file's ending stands for.
func MIMEByName(name string) string {
	return cmp.Or(types[strings.ToLower(path.Ext(name))], "application/octet-stream")
}

// ExtensionOf is the usual ending of a type, "" if there is none known.
func ExtensionOf(mimeType string) string {
	base, _, err := mime.ParseMediaType(mimeType)
	if err != nil {
		base = mimeType
	}
	if base == "audio/ogg" {
		return ".opus"
	}
	var found []string
	for ext, t := range types {
		if t == base {
			found = append(found, ext)
		}
	}
	if base == "image/jpeg" || len(found) == 0 {
		return map[bool]string{true: ".jpg"}[base == "image/jpeg"]
	}
	slices.Sort(found)
	return found[0]
}
