package phone

import (
	"context"
	"regexp"
	"strings"

	"github.com/wabridge/wabridge"
)

// Probe reports whether the phone can work now: reachable, the app there, and
// nothing on the screen that needs a person.
func (s *Session) Probe(ctx context.Context) error {
	if _, err := s.device(ctx); err != nil {
		return err
	}
	out, err := s.run(ctx, s.cfg.Timing.Command, "pm path "+s.cfg.Phone.Package)
	if err != nil {
		return err
	}
	if !strings.Contains(string(out.Stdout), "package:") {
		return wabridge.Fail(wabridge.CodeAttention, nil, "phone %s: %s is not installed; install it and log in", s.cfg.Phone.ID, s.cfg.Phone.Package)
	}
	if err := s.open(ctx, homeStart(s.cfg.Phone)); err != nil {
		return err
	}
	w := &walk{s: s}
	if _, err := w.list(ctx); err != nil {
		return err
	}
	if err := s.key(ctx, keyHome); err != nil {
		return err
	}
	s.dirty = false
	return nil
}

var versionName = regexp.MustCompile(`versionName=(\S+)`)

// AppVersion reads the version of the app on the phone, "" if it does not say.
func AppVersion(dumpsysPackage []byte) string {
	if m := versionName.FindSubmatch(dumpsysPackage); m != nil {
		return string(m[1])
	}
	return ""
}
