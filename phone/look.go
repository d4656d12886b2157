package phone

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"strings"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/uiauto"
	"github.com/wabridge/wabridge/uiauto/whatsapp"
)

// dumpTries is how often a dump is asked for again: null roots, screens that
// never rest and crashes of the dumper come and go within seconds.
const dumpTries = 5

// look reads the screen once: one ADB service unless the dump fails, which it
// does in known ways (facts on Android, section 1).
func (s *Session) look(ctx context.Context) (whatsapp.Screen, error) {
	var last error
	for range dumpTries {
		screen, err := s.lookOnce(ctx)
		if err == nil || !retryableDump(err) {
			return screen, err
		}
		last = err
		s.log.Debug("dump again", "err", err)
		if err := pause(ctx, s.cfg.Timing.Again); err != nil {
			return whatsapp.Screen{}, err
		}
	}
	if err := s.writable(ctx); err != nil {
		return whatsapp.Screen{}, err
	}
	return whatsapp.Screen{}, wabridge.Fail(wabridge.CodeSlow, last, "the screen of phone %s could not be read in %d tries",
		s.cfg.Phone.ID, dumpTries)
}

// writable tells a full storage from the other reasons why there is no dump.
func (s *Session) writable(ctx context.Context) error {
	word := nonce()
	out, err := s.runHere(ctx, "echo "+word+" > "+dir+word+"; cat "+dir+word+"; rm -f "+dir+word)
	if err != nil {
		return err
	}
	if !strings.Contains(string(out.Stdout), word) || strings.Contains(string(out.Stdout), "No such file") {
		return s.full()
	}
	return nil
}

func (s *Session) lookOnce(ctx context.Context) (whatsapp.Screen, error) {
	if _, err := s.device(ctx); err != nil {
		return whatsapp.Screen{}, err
	}
	begin := time.Now()
	out, err := s.run(ctx, s.cfg.Timing.Dump, dumpScript(nonce()))
	if err != nil {
		return whatsapp.Screen{}, err
	}
	dump, err := uiauto.Parse(bytes.NewReader(out.Stdout))
	if err != nil {
		return whatsapp.Screen{}, err
	}
	s.dump, s.at = dump, time.Now()
	s.looks.Store(s.at.UnixMilli())
	if s.cfg.Observer != nil {
		s.cfg.Observer.Looked(s.cfg.Phone.ID, s.at)
	}
	screen := whatsapp.Recognise(dump, s.cfg.Profiles)
	s.step(StepLook, begin)
	if screen.Kind == whatsapp.Chat {
		s.leaves(screen) // whoever opened it, and whatever comes next
	}
	s.log.Debug("look", "screen", screen.Kind, "app", screen.App, "why", screen.Why)
	if screen.Kind == whatsapp.Unknown && !s.onPage {
		s.keep(ctx, dump, screen)
	}
	return screen, nil
}

func retryableDump(err error) bool {
	return errors.Is(err, uiauto.ErrNullRoot) || errors.Is(err, uiauto.ErrNotIdle) ||
		errors.Is(err, uiauto.ErrNoDump) || errors.Is(err, uiauto.ErrTruncated)
}

func nonce() string {
	var b [6]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}
