package phone

import (
	"bytes"
	"context"
	"time"

	"github.com/wabridge/wabridge/uiauto"
	"github.com/wabridge/wabridge/uiauto/whatsapp"
)

// Evidence keeps what was on a screen that nobody knows, private text masked.
type Evidence interface {
	Keep(phone string, at time.Time, why string, dump, picture []byte) error
}

// keepLast saves the newest look.
func (s *Session) keepLast(ctx context.Context, screen whatsapp.Screen) {
	if s.dump != nil {
		s.keep(ctx, s.dump, screen)
	}
}

// keep saves the dump with its private text masked, and a picture.
func (s *Session) keep(ctx context.Context, dump *uiauto.Dump, screen whatsapp.Screen) {
	if s.cfg.Evidence == nil || s.dev == nil {
		return
	}
	var masked bytes.Buffer
	if err := dump.Mask(&masked, s.cfg.Profiles.Words); err != nil {
		s.log.Warn("evidence not masked, and so not kept", "err", err)
		return
	}
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Timing.Command)
	defer cancel()
	picture, err := s.dev.Screenshot(ctx)
	if err != nil {
		s.log.Debug("no picture", "err", err)
	}
	if err := s.cfg.Evidence.Keep(s.cfg.Phone.ID, time.Now(), screen.Why, masked.Bytes(), picture); err != nil {
		s.log.Warn("evidence not kept", "err", err)
	}
}
