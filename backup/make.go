package backup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/wabridge/wabridge/queue/sqlite"
)

// Progress is told how far a long step is: bytes of a step named "database" or
// "files". It is called often.
type Progress func(step string, done, total int64)

// Options of Make.
type Options struct {
	Program  string // version, for the manifest
	Keep     int    // how many backups the directory keeps, with this one; 0: all
	Progress Progress
}

// A Made is a finished backup.
type Made struct {
	Path     string    `json:"path"`
	Manifest *Manifest `json:"manifest"`
	Linked   int       `json:"linked"`            // files that an earlier backup had
	Removed  []string  `json:"removed,omitempty"` // older backups, by Options.Keep
}

// unfinished begins the name of a backup in the making.
const unfinished = ".unfinished-"

// Make backs up the data directory into a new folder of the directory to,
// beside a gateway that may run. The database is copied first, so that every
// file that it names was there before the files are copied; one whose time
// ended since is not missed. An error, or an end of the program, leaves no
// folder that looks finished.
func Make(ctx context.Context, data, to string, o Options) (made Made, err error) {
	if o.Progress == nil {
		o.Progress = func(string, int64, int64) {}
	}
	if err := os.MkdirAll(to, 0o700); err != nil {
		return Made{}, fmt.Errorf("make the directory of backups: %w", err)
	}
	lock, err := sqlite.Lock(ctx, filepath.Join(to, ".backup"))
	if err != nil {
		return Made{}, fmt.Errorf("another backup into %s is under way: %w", to, err)
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	earlier, err := tidyUp(to)
	if err != nil {
		return Made{}, err
	}
	b := &making{data: data, o: o, m: Manifest{Format: format, Program: o.Program, Made: time.Now().UTC().Truncate(time.Second), Media: []File{}}}
	if len(earlier) > 0 {
		b.earlier = filepath.Join(to, earlier[len(earlier)-1])
	}
	name := freeName(to, b.m.Made)
	b.dir = filepath.Join(to, unfinished+name)
	made = Made{Path: filepath.Join(to, name), Manifest: &b.m}
	if err := b.run(ctx, made.Path); err != nil {
		return Made{}, errors.Join(fmt.Errorf("back up %s: %w", data, err), os.RemoveAll(b.dir))
	}
	made.Linked = b.linked
	made.Removed, err = prune(to, append(earlier, name), o.Keep)
	return made, err
}

// Copy backs up the database alone into one new file.
func Copy(ctx context.Context, data, file string, o Options) (Made, error) {
	tell := func(int64, int64) {}
	if o.Progress != nil {
		tell = func(done, total int64) { o.Progress("database", done, total) }
	}
	m := Manifest{Format: format, Program: o.Program, Made: time.Now().UTC().Truncate(time.Second), Media: []File{}}
	var err error
	if m.Schema, err = sqlite.Backup(ctx, filepath.Join(data, DatabaseName), file, tell); err != nil {
		return Made{}, err
	}
	m.Database, err = hashFile(ctx, file)
	return Made{Path: file, Manifest: &m}, err
}

// A making is one backup in work.
type making struct {
	data, dir, earlier string
	o                  Options
	m                  Manifest
	linked             int
}

func (b *making) run(ctx context.Context, final string) error {
	if err := os.Mkdir(b.dir, 0o700); err != nil {
		return err
	}
	file := filepath.Join(b.dir, DatabaseName)
	var err error
	b.m.Schema, err = sqlite.Backup(ctx, filepath.Join(b.data, DatabaseName), file, func(done, total int64) { b.o.Progress("database", done, total) })
	if err != nil {
		return err
	}
	if b.m.Database, err = hashFile(ctx, file); err != nil {
		return err
	}
	if err := b.media(ctx); err != nil {
		return err
	}
	text, err := json.MarshalIndent(&b.m, "", " ")
	if err != nil {
		return err
	}
	if err := writeFile(filepath.Join(b.dir, manifestName), append(text, '\n')); err != nil {
		return err
	}
	if err := syncDirs(b.dir); err != nil {
		return err
	}
	return errors.Join(os.Rename(b.dir, final), syncDir(filepath.Dir(final)))
}

// media copies the files that are there now.
func (b *making) media(ctx context.Context) error {
	var all []File
	var total, done int64
	err := walkMedia(b.data, func(hash string, size int64) error {
		all, total = append(all, File{hash, size}), total+size
		return ctx.Err()
	})
	if err != nil {
		return err
	}
	for _, f := range all {
		if err := b.one(ctx, f); err != nil {
			return err
		}
		done += f.Size
		b.o.Progress("files", done, total)
	}
	return nil
}

// one takes one file from the earlier backup, or from the data directory.
func (b *making) one(ctx context.Context, f File) error {
	to := mediaPath(b.dir, f.SHA256)
	if b.link(f, to) {
		b.linked++
		b.m.Media = append(b.m.Media, f)
		return nil
	}
	_, err := copyFile(ctx, mediaPath(b.data, f.SHA256), to, f.SHA256)
	switch {
	case errors.Is(err, fs.ErrNotExist): // swept meanwhile: its time was over
		return nil
	case errors.Is(err, errDamaged):
		b.m.Damaged = append(b.m.Damaged, f.SHA256)
		return nil
	case err != nil:
		return err
	}
	b.m.Media = append(b.m.Media, f)
	return nil
}

// link reports whether the earlier backup has the file and it could be linked.
func (b *making) link(f File, to string) bool {
	if b.earlier == "" {
		return false
	}
	from := mediaPath(b.earlier, f.SHA256)
	fi, err := os.Lstat(from)
	if err != nil || fi.Size() != f.Size || !fi.Mode().IsRegular() {
		return false
	}
	return os.MkdirAll(filepath.Dir(to), 0o700) == nil && os.Link(from, to) == nil
}

// freeName is a name that no backup of the directory has.
func freeName(dir string, at time.Time) string {
	stamp := at.Format(stampLayout)
	name := stamp
	for n := 2; ; n++ {
		if _, err := os.Lstat(filepath.Join(dir, name)); errors.Is(err, fs.ErrNotExist) {
			return name
		}
		name = stamp + "-" + strconv.Itoa(n)
	}
}

// tidyUp removes what ended in the middle, and lists the finished backups.
func tidyUp(dir string) ([]string, error) {
	left, err := filepath.Glob(filepath.Join(dir, unfinished+"*"))
	for _, path := range left {
		err = errors.Join(err, os.RemoveAll(path))
	}
	if err != nil {
		return nil, fmt.Errorf("remove an unfinished backup: %w", err)
	}
	return list(dir)
}

// prune removes the oldest backups beyond keep.
func prune(dir string, names []string, keep int) (removed []string, err error) {
	for keep > 0 && len(names) > keep {
		// Renamed first: what is half removed must not look finished.
		gone := filepath.Join(dir, unfinished+names[0])
		if err := errors.Join(os.Rename(filepath.Join(dir, names[0]), gone), os.RemoveAll(gone)); err != nil {
			return removed, fmt.Errorf("remove an old backup: %w", err)
		}
		removed, names = append(removed, names[0]), names[1:]
	}
	return removed, nil
}
