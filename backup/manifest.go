package backup

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Names in a data directory, and in a backup.
const (
	DatabaseName = "wabridge.db"
	MediaName    = "media"
	manifestName = "manifest.json"
)

// format is the newest form of a backup that this program knows.
const format = 1

// stampLayout names backups: in order of time, on every file system.
const stampLayout = "20060102T150405Z"

// A Manifest says what a backup holds.
type Manifest struct {
	Format   int       `json:"format"`
	Program  string    `json:"program"` // version of wabridge
	Made     time.Time `json:"made"`
	Schema   int       `json:"schema"`
	Database File      `json:"database"`
	Media    []File    `json:"media"` // each named by its hash
	// Damaged are the hashes of media files that were not what their names say
	// when the backup was made; they are not in it.
	Damaged []string `json:"damaged,omitempty"`
}

// A File is one file of a backup.
type File struct {
	SHA256 string `json:"sha256"` // lower-case hex
	Size   int64  `json:"size"`   // bytes
}

// Bytes is the size of all files together.
func (m *Manifest) Bytes() int64 {
	n := m.Database.Size
	for _, f := range m.Media {
		n += f.Size
	}
	return n
}

func mediaPath(root, hash string) string {
	return filepath.Join(root, MediaName, hash[:2], hash[2:4], hash)
}

// readManifest reads and checks a backup's manifest: it is input like any other.
func readManifest(dir string) (*Manifest, error) {
	b, err := os.ReadFile(filepath.Join(dir, manifestName))
	if err != nil {
		return nil, fmt.Errorf("read the backup's manifest: %w", err)
	}
	m, err := parseManifest(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(dir, manifestName), err)
	}
	return m, nil
}

func parseManifest(b []byte) (*Manifest, error) {
	var m Manifest
	if err := json.Unmarshal(b, &m); err != nil {
		return nil, fmt.Errorf("the manifest cannot be read: %w", err)
	}
	switch {
	case m.Format < 1:
		return nil, errors.New("this is no manifest of a backup of wabridge")
	case m.Format > format:
		return nil, fmt.Errorf("the backup has form %d, this program knows up to %d: it was made by a newer wabridge", m.Format, format)
	}
	for _, f := range append(slices.Clone(m.Media), m.Database) {
		if !isHash(f.SHA256) || f.Size < 0 {
			return nil, fmt.Errorf("the manifest holds a file that cannot be: %.80q, %d bytes", f.SHA256, f.Size)
		}
	}
	return &m, nil
}

func isHash(s string) bool {
	return len(s) == 64 && strings.Trim(s, "0123456789abcdef") == ""
}

// find finds the backup that from means: a folder of one, the newest of a
// directory of them, or a database file alone (then file is true).
func find(from string) (path string, file bool, err error) {
	fi, err := os.Stat(from)
	if err != nil {
		return "", false, err
	}
	if !fi.IsDir() {
		return from, true, nil
	}
	if _, err := os.Stat(filepath.Join(from, manifestName)); err == nil {
		return from, false, nil
	}
	all, err := list(from)
	if err != nil {
		return "", false, err
	}
	if len(all) == 0 {
		return "", false, fmt.Errorf("%s holds no finished backup", from)
	}
	return filepath.Join(from, all[len(all)-1]), false, nil
}

// list names the finished backups of a directory, oldest first.
func list(dir string) (names []string, err error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list backups: %w", err)
	}
	for _, e := range entries {
		name := strings.SplitN(e.Name(), "-", 2)[0]
		if _, err := time.Parse(stampLayout, name); err != nil || !e.IsDir() {
			continue
		}
		if _, err := os.Stat(filepath.Join(dir, e.Name(), manifestName)); err == nil {
			names = append(names, e.Name())
		}
	}
	slices.Sort(names)
	return names, nil
}
