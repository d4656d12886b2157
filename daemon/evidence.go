package daemon

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// maxEvidence is how many screens are kept for a phone; the oldest go first.
const maxEvidence = 50

// evidence keeps what was on unknown screens, one folder per phone.
type evidence struct{ dir string }

// Keep writes the masked dump and the picture.
func (e evidence) Keep(phone string, at time.Time, why string, dump, picture []byte) error {
	dir := filepath.Join(e.dir, phone)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make evidence folder: %w", err)
	}
	base := filepath.Join(dir, at.UTC().Format("20060102T150405.000"))
	err := os.WriteFile(base+".xml", dump, 0o600)
	err = errors.Join(err, os.WriteFile(base+".txt", []byte(why+"\n"), 0o600))
	if len(picture) > 0 {
		err = errors.Join(err, os.WriteFile(base+".png", picture, 0o600))
	}
	return errors.Join(err, prune(dir, maxEvidence*3))
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
