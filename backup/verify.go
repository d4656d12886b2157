package backup

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/wabridge/wabridge/queue/sqlite"
)

// Verified is what Verify found.
type Verified struct {
	Path     string        `json:"path"`
	Manifest *Manifest     `json:"manifest,omitempty"` // nil: a database file alone, of which no hash is known
	Database sqlite.Report `json:"database"`
	// Wrong are files that are missing or not as the manifest says, and why.
	Wrong []string `json:"wrong,omitempty"`
}

// OK reports whether the backup is as it was made.
func (v *Verified) OK() bool { return len(v.Wrong) == 0 && v.Database.OK() }

// Verify reads a whole backup: the hash of every file, and what must hold in
// the database. From is a folder of one backup, a directory of them (the newest
// is taken), or a database file. It writes nothing. An error means that it
// could not be read.
func Verify(ctx context.Context, from string, p Progress) (Verified, error) {
	if p == nil {
		p = func(string, int64, int64) {}
	}
	path, file, err := find(from)
	if err != nil {
		return Verified{}, err
	}
	v := Verified{Path: path}
	database := path
	if !file {
		database = filepath.Join(path, DatabaseName)
		if err := v.files(ctx, p); err != nil {
			return v, err
		}
		if len(v.Wrong) > 0 && v.Wrong[0] == DatabaseName+": "+errDamaged.Error() {
			return v, nil // nothing that it says counts
		}
	}
	v.Database, err = sqlite.Examine(ctx, database)
	return v, err
}

// files compares all files with the manifest.
func (v *Verified) files(ctx context.Context, p Progress) (err error) {
	if v.Manifest, err = readManifest(v.Path); err != nil {
		return err
	}
	got, err := hashFile(ctx, filepath.Join(v.Path, DatabaseName))
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil || got != v.Manifest.Database {
		v.Wrong = append(v.Wrong, DatabaseName+": "+errDamaged.Error())
	}
	done, total := int64(0), v.Manifest.Bytes()-v.Manifest.Database.Size
	for _, f := range v.Manifest.Media {
		got, err := hashFile(ctx, mediaPath(v.Path, f.SHA256))
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			v.Wrong = append(v.Wrong, MediaName+"/"+f.SHA256+": it cannot be read")
		case got != f:
			v.Wrong = append(v.Wrong, MediaName+"/"+f.SHA256+": "+errDamaged.Error())
		}
		done += f.Size
		p("files", done, total)
	}
	return nil
}

// sound makes an error of what Verify found.
func (v *Verified) sound() error {
	if v.OK() {
		return nil
	}
	var errs []error
	for _, w := range v.Wrong {
		errs = append(errs, errors.New(w))
	}
	for _, f := range v.Database.Findings {
		errs = append(errs, fmt.Errorf("not so in its database: %s (%d times)", f.Rule, f.Count))
	}
	return fmt.Errorf("the backup %s is damaged: %w", v.Path, errors.Join(errs...))
}
