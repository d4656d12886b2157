package adb

import (
	"context"
	"errors"
	"iter"
	"time"
)

// TrackDevices yields the device list at once and then at every change, until
// the loop is left, ctx ends or the server goes; then it yields the error and
// ends. Equal lists in a row, which servers do send, come once.
//
// A server of version 29 says nothing when a TCP device goes offline (it does
// when it comes back): the list alone is no health check, see Link.
func (s *Server) TrackDevices(ctx context.Context) iter.Seq2[[]DeviceInfo, error] {
	return func(yield func([]DeviceInfo, error) bool) {
		c, err := s.request(ctx, "track-devices", "", "host:track-devices-l")
		if errors.Is(err, ErrUnsupported) {
			c, err = s.request(ctx, "track-devices", "", "host:track-devices")
		}
		if err != nil {
			yield(nil, err)
			return
		}
		defer c.Close()
		_ = c.SetDeadline(time.Time{}) // from here the server speaks when it likes
		for last, first := "", true; ; first = false {
			text, err := c.text()
			if err != nil {
				yield(nil, err)
				return
			}
			if !first && text == last {
				continue
			}
			last = text
			if !yield(parseDevices(text), nil) {
				return
			}
		}
	}
}
