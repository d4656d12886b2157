package daemon

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/phone"
)

// picturesDir holds the contacts' pictures, one folder for each phone.
const picturesDir = "pictures"

// pictures keeps contacts' pictures as files, by phone and chat.
type pictures struct{ dir string }

// pictures is nil where none are to be taken.
func (d *Daemon) pictures() phone.Pictures {
	if !d.cfg.Pictures {
		return nil
	}
	return pictures{filepath.Join(d.cfg.Data, picturesDir)}
}

// path is where the picture of a chat lies. A chat's id is hashed: it is made by
// others.
func (p pictures) path(phoneID, chat string) string {
	sum := sha256.Sum256([]byte(chat))
	return filepath.Join(p.dir, filepath.Base(phoneID), hex.EncodeToString(sum[:16])+".png")
}

// Taken is when the picture was kept, zero if never.
func (p pictures) Taken(_ context.Context, phoneID, chat string) (time.Time, error) {
	info, err := os.Stat(p.path(phoneID, chat))
	if errors.Is(err, fs.ErrNotExist) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, wabridge.Fail(wabridge.CodeStorage, err, "look for a contact's picture")
	}
	return info.ModTime(), nil
}

// Put keeps a picture; a reader sees the old one or the new one.
func (p pictures) Put(_ context.Context, phoneID, chat string, png []byte) error {
	path := p.path(phoneID, chat)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return wabridge.Fail(wabridge.CodeStorage, err, "keep a contact's picture")
	}
	fresh := path + ".new"
	err := os.WriteFile(fresh, png, 0o600)
	if err == nil {
		err = os.Rename(fresh, path)
	}
	if err != nil {
		return wabridge.Fail(wabridge.CodeStorage, errors.Join(err, os.Remove(fresh)), "keep a contact's picture")
	}
	return nil
}

// Picture reads the picture of a chat and when it was kept; CodeNotFound.
func (p pictures) Picture(_ context.Context, phoneID, chat string) ([]byte, time.Time, error) {
	path := p.path(phoneID, chat)
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, time.Time{}, wabridge.Fail(wabridge.CodeNotFound, nil, "there is no picture of this contact")
	}
	if err != nil {
		return nil, time.Time{}, fmt.Errorf("look for a contact's picture: %w", err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, time.Time{}, fmt.Errorf("read a contact's picture: %w", err)
	}
	return b, info.ModTime(), nil
}

// markRead has a phone open the chat of an incoming message, when nothing else
// is to be done there.
func (d *Daemon) markRead(phoneID string, m wabridge.Message) {
	if d.cfg.ReadReceipts != ReceiptsOpen {
		return
	}
	d.mu.Lock()
	r := d.phones[phoneID]
	d.mu.Unlock()
	if r != nil {
		r.session.MarkRead(m)
	}
}
