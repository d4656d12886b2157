package backup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/wabridge/wabridge/queue/sqlite"
)

// RestoreOptions of Restore.
type RestoreOptions struct {
	Force    bool // put aside what is there
	Resend   bool // send what waited in the backup, though it may have left since
	Progress Progress
}

// A Restored backup.
type Restored struct {
	From   string `json:"from"`
	Aside  string `json:"aside,omitempty"` // where the data that was there lies now
	Failed int    `json:"failed"`          // messages that waited in the backup, and may have left since
	Files  int    `json:"files"`
}

// Names of a restore in the data directory.
const (
	journalName = "restore.json" // while the files change places
	stagingName = "restoring"
	asideName   = "replaced-"
)

// A journal is written when the backup is in the data directory, whole, and
// before anything that is there is touched. Whoever finds it finishes.
type journal struct {
	Aside string `json:"aside"` // a name in the data directory
}

// Restore puts a backup (see Verify for what from may be) in place of the
// database and the files of the data directory. Before anything is touched the
// whole backup is verified, copied beside, migrated and checked. It refuses
// while a gateway runs on the directory, and where there is a database already
// unless forced, which puts it aside. If the program ends in the middle, either
// nothing has changed, or Finish completes it.
func Restore(ctx context.Context, from, data string, o RestoreOptions) (r Restored, err error) {
	if o.Progress == nil {
		o.Progress = func(string, int64, int64) {}
	}
	lock, err := sqlite.Lock(ctx, filepath.Join(data, DatabaseName))
	if err != nil {
		return Restored{}, err
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	if err := finish(data); err != nil {
		return Restored{}, err
	}
	if _, err := os.Stat(filepath.Join(data, DatabaseName)); err == nil && !o.Force {
		return Restored{}, fmt.Errorf("%s holds a database already; --force puts it aside", data)
	}
	v, err := Verify(ctx, from, o.Progress)
	if err == nil {
		err = v.sound()
	}
	if err != nil {
		return Restored{}, err
	}
	r = Restored{From: v.Path}
	staging := filepath.Join(data, stagingName)
	if err := stage(ctx, &v, staging, o, &r); err != nil {
		return Restored{}, errors.Join(fmt.Errorf("restore %s: %w", v.Path, err), os.RemoveAll(staging))
	}
	j := journal{Aside: asideName + time.Now().UTC().Format(stampLayout)}
	for n := 2; exists(filepath.Join(data, j.Aside)); n++ {
		j.Aside = fmt.Sprintf("%s%s-%d", asideName, time.Now().UTC().Format(stampLayout), n)
	}
	text, err := json.Marshal(j)
	if err != nil {
		return Restored{}, err
	}
	if err := writeFile(filepath.Join(data, journalName), text); err != nil {
		return Restored{}, fmt.Errorf("restore %s: %w", v.Path, err)
	}
	err = finish(data)
	if exists(filepath.Join(data, j.Aside)) {
		r.Aside = filepath.Join(data, j.Aside)
	}
	return r, err
}

// stage makes the data directory's new content beside it.
func stage(ctx context.Context, v *Verified, staging string, o RestoreOptions, r *Restored) (err error) {
	if err := os.RemoveAll(staging); err != nil { // of a restore that was killed
		return err
	}
	if err := os.MkdirAll(staging, 0o700); err != nil {
		return err
	}
	database := filepath.Join(staging, DatabaseName)
	source, want := v.Path, ""
	if v.Manifest != nil {
		source, want = filepath.Join(v.Path, DatabaseName), v.Manifest.Database.SHA256
	}
	if _, err := copyFile(ctx, source, database, want); err != nil {
		return fmt.Errorf("copy the database: %w", err)
	}
	if v.Manifest != nil { // else the files that are there stay
		if err := os.Mkdir(filepath.Join(staging, MediaName), 0o700); err != nil {
			return err
		}
		done, total := int64(0), v.Manifest.Bytes()-v.Manifest.Database.Size
		for _, f := range v.Manifest.Media {
			if _, err := copyFile(ctx, mediaPath(v.Path, f.SHA256), mediaPath(staging, f.SHA256), f.SHA256); err != nil {
				return fmt.Errorf("copy %s: %w", f.SHA256, err)
			}
			r.Files++
			done += f.Size
			o.Progress("files", done, total)
		}
	}
	if r.Failed, err = prepare(ctx, database, o.Resend); err != nil {
		return err
	}
	return syncDirs(staging)
}

// prepare migrates and checks the copied database, and says in it that it is a
// restored one.
func prepare(ctx context.Context, database string, resend bool) (failed int, err error) {
	db, err := sqlite.Open(ctx, database, sqlite.Options{})
	if err != nil {
		return 0, err
	}
	failed, err = db.Restored(ctx, time.Now(), resend)
	if err == nil {
		var report sqlite.Report
		if report, err = db.Check(ctx); err == nil && !report.OK() {
			err = fmt.Errorf("after its migration it is not so in the database: %s", report.Findings[0].Rule)
		}
	}
	if err := errors.Join(err, db.Close()); err != nil {
		return 0, err
	}
	left, err := filepath.Glob(filepath.Join(filepath.Dir(database), DatabaseName+"?*"))
	for _, name := range left { // the lock, and the copy before the migration
		err = errors.Join(err, os.Remove(name))
	}
	return failed, err
}

// Finish completes a restore that was interrupted while its files changed
// places; it does nothing otherwise. A gateway calls it before it opens the
// database.
func Finish(ctx context.Context, data string) (finished bool, err error) {
	if !exists(filepath.Join(data, journalName)) {
		return false, nil
	}
	lock, err := sqlite.Lock(ctx, filepath.Join(data, DatabaseName))
	if err != nil {
		return false, err
	}
	return true, errors.Join(finish(data), lock.Close())
}

// finish may be cut off anywhere and begun again: what still lies in the
// staging folder has not changed places.
func finish(data string) error {
	text, err := os.ReadFile(filepath.Join(data, journalName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	var j journal
	if err == nil {
		err = json.Unmarshal(text, &j)
	}
	if err == nil && (!strings.HasPrefix(j.Aside, asideName) || filepath.Base(j.Aside) != j.Aside) {
		err = errors.New("it names no folder to put things aside")
	}
	if err != nil {
		return fmt.Errorf("read %s of an interrupted restore: %w", journalName, err)
	}
	staging, aside := filepath.Join(data, stagingName), filepath.Join(data, j.Aside)
	if exists(filepath.Join(staging, DatabaseName)) {
		// The log belongs to the old database: it goes before it.
		for _, name := range []string{DatabaseName + "-wal", DatabaseName + "-shm"} {
			if err := move(data, aside, name); err != nil {
				return err
			}
		}
	}
	for _, name := range []string{MediaName, DatabaseName} {
		if !exists(filepath.Join(staging, name)) {
			continue
		}
		if err := errors.Join(move(data, aside, name), move(staging, data, name)); err != nil {
			return err
		}
	}
	if err := os.RemoveAll(staging); err != nil {
		return err
	}
	return errors.Join(os.Remove(filepath.Join(data, journalName)), syncDir(data))
}

// move moves a name between directories, durably; one that is not there stays so.
func move(from, to, name string) error {
	if !exists(filepath.Join(from, name)) {
		return nil
	}
	if err := os.MkdirAll(to, 0o700); err != nil {
		return err
	}
	if err := os.Rename(filepath.Join(from, name), filepath.Join(to, name)); err != nil {
		return err
	}
	moved()
	return errors.Join(syncDir(to), syncDir(from))
}

// moved is where tests end the program.
var moved = func() {}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
