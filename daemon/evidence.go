package daemon

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/wabridge/wabridge/bridge/console"
)

// maxEvidence is how many screens are kept for a phone; the oldest go first.
const maxEvidence = 50

// evidenceTime names the files of a screen by when it was kept.
const evidenceTime = "20060102T150405.000"

// evidence keeps what was on unknown screens, one folder per phone.
type evidence struct{ dir string }

// Keep writes the masked dump and the picture.
func (e evidence) Keep(phone string, at time.Time, why string, dump, picture []byte) error {
	dir := filepath.Join(e.dir, phone)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make evidence folder: %w", err)
	}
	base := filepath.Join(dir, at.UTC().Format(evidenceTime))
	err := os.WriteFile(base+".xml", dump, 0o600)
	err = errors.Join(err, os.WriteFile(base+".txt", []byte(why+"\n"), 0o600))
	if len(picture) > 0 {
		err = errors.Join(err, os.WriteFile(base+".png", picture, 0o600))
	}
	return errors.Join(err, prune(dir, maxEvidence*3))
}

// evidenceName is what Open opens: no way out of the folder.
var evidenceName = regexp.MustCompile(`^[0-9]{8}T[0-9]{6}\.[0-9]{3}\.(png|xml)$`)

// Of implements console.Evidence.
func (e evidence) Of(phone string, from, to time.Time) ([]console.Proof, error) {
	if !decimal.MatchString(phone) {
		return nil, nil
	}
	dir := filepath.Join(e.dir, phone)
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list evidence: %w", err)
	}
	var all []console.Proof
	for _, one := range entries { // sorted by name, and so by time
		name, dump := strings.CutSuffix(one.Name(), ".xml")
		at, err := time.Parse(evidenceTime, name)
		if !dump || err != nil || at.Before(from) || at.After(to) {
			continue
		}
		why, err := os.ReadFile(filepath.Join(dir, name+".txt"))
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, fmt.Errorf("read evidence: %w", err)
		}
		_, err = os.Stat(filepath.Join(dir, name+".png"))
		all = append(all, console.Proof{Name: name, At: at, Why: strings.TrimSpace(string(why)), Picture: err == nil})
	}
	return all, nil
}

// Open implements console.Evidence.
func (e evidence) Open(phone, name string) (*os.File, error) {
	if !decimal.MatchString(phone) || !evidenceName.MatchString(name) {
		return nil, os.ErrNotExist
	}
	return os.Open(filepath.Join(e.dir, phone, name))
}

// Drop removes the files that were kept before a moment, and tells how many.
func (e evidence) Drop(before time.Time) (n int, err error) {
	err = filepath.WalkDir(e.dir, func(path string, f fs.DirEntry, err error) error {
		if err != nil || f.IsDir() {
			return err
		}
		at, wrong := time.Parse(evidenceTime, strings.TrimSuffix(f.Name(), filepath.Ext(f.Name())))
		if wrong != nil || !at.Before(before) {
			return nil
		}
		if err := os.Remove(path); err != nil {
			return err
		}
		n++
		return nil
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) { // nothing was ever kept, or it is being pruned
		return n, fmt.Errorf("remove old evidence: %w", err)
	}
	return n, nil
}

func prune(dir string, keep int) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("list evidence: %w", err)
	}
	names := make([]string, 0, len(entries))
	for _, e := range entries {
		names = append(names, e.Name())
	}
	slices.Sort(names)
	for len(names) > keep {
		if err := os.Remove(filepath.Join(dir, names[0])); err != nil {
			return fmt.Errorf("remove old evidence: %w", err)
		}
		names = names[1:]
	}
	return nil
}
