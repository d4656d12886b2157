package daemon

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/phone"
	"github.com/wabridge/wabridge/queue"
)

// Limits of what people ask of a phone.
const (
	handWait     = 30 * time.Second // for the lane to be at leisure, and for the act itself
	pictureKept  = time.Minute      // how old a picture may be that is shown while the phone is busy
	healthKept   = 10 * time.Second
	healthTime   = 8 * time.Second // for the phone to answer
	ticksCounted = 1000
	ticksOf      = 24 * time.Hour
)

// hands are the phones' screens and their health, for people. What costs the
// phone something is asked once for all who want to know at the same time.
type hands struct {
	d     *Daemon
	mu    sync.Mutex
	views map[string]*view
}

// A view is what people last saw of a phone. Who holds turn may write it.
type view struct {
	turn    chan struct{} // room for one
	png     []byte
	at      time.Time
	health  wabridge.Health
	touched time.Time // guarded by hands.mu
}

func newHands(d *Daemon) *hands { return &hands{d: d, views: map[string]*view{}} }

// take waits for the turn at a phone's view; release ends it.
func (h *hands) take(ctx context.Context, id string) (v *view, release func(), err error) {
	h.mu.Lock()
	v = h.views[id]
	if v == nil {
		v = &view{turn: make(chan struct{}, 1)}
		h.views[id] = v
	}
	h.mu.Unlock()
	select {
	case v.turn <- struct{}{}:
		return v, func() { <-v.turn }, nil
	case <-ctx.Done():
		return nil, nil, wabridge.Fail(wabridge.CodeSlow, context.Cause(ctx), "phone %s is busy", id)
	}
}

// runner finds what runs for a phone.
func (h *hands) runner(ctx context.Context, id string) (*runner, wabridge.Phone, error) {
	p, err := h.d.db.Phone(ctx, id)
	if err != nil {
		return nil, p, err
	}
	h.d.mu.Lock()
	r := h.d.phones[id]
	h.d.mu.Unlock()
	if r == nil {
		return nil, p, wabridge.Fail(wabridge.CodeOffline, nil, "phone %s is not connected since the program was started", id)
	}
	return r, p, nil
}

// Screen implements bridge.Hands.
func (h *hands) Screen(ctx context.Context, id string, maxAge time.Duration) ([]byte, time.Time, error) {
	r, _, err := h.runner(ctx, id)
	if err != nil {
		return nil, time.Time{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, handWait)
	defer cancel()
	v, release, err := h.take(ctx, id)
	if err != nil {
		return nil, time.Time{}, err
	}
	defer release()
	h.mu.Lock()
	touched := v.touched
	h.mu.Unlock()
	if v.at.After(touched) && time.Since(v.at) < maxAge {
		return v.png, v.at, nil
	}
	var png []byte
	err = r.lane.Do(ctx, 0, func(ctx context.Context) (err error) {
		png, err = r.session.Picture(ctx)
		return err
	})
	switch {
	case err == nil:
		v.png, v.at = png, time.Now().UTC()
	case wabridge.CodeOf(err) != wabridge.CodeSlow || time.Since(v.at) > pictureKept:
		return nil, time.Time{}, err
	}
	return v.png, v.at, nil
}

// Touch implements bridge.Hands.
func (h *hands) Touch(ctx context.Context, id string, t wabridge.Touch) error {
	r, _, err := h.runner(ctx, id)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, handWait)
	defer cancel()
	hold := queue.HandHold
	if t.Done {
		hold = queue.HandRelease
	}
	err = r.lane.Do(ctx, hold, func(ctx context.Context) error {
		if t.Done {
			return nil
		}
		return r.session.Touch(ctx, t)
	})
	h.mu.Lock()
	defer h.mu.Unlock()
	if v := h.views[id]; v != nil {
		v.touched = time.Now()
	}
	return err
}

// Health implements bridge.Hands.
func (h *hands) Health(ctx context.Context, id string) (wabridge.Health, error) {
	p, err := h.d.db.Phone(ctx, id)
	if err != nil {
		return wabridge.Health{}, err
	}
	bounded, cancel := context.WithTimeout(ctx, 2*healthTime)
	defer cancel()
	v, release, err := h.take(bounded, "health of "+id)
	if err != nil {
		return wabridge.Health{}, err
	}
	defer release()
	if time.Since(v.health.At) > healthKept {
		v.health = h.ask(bounded, p)
	}
	out := v.health
	return out, h.remember(ctx, &out)
}

// ask asks a phone how it is, beside whatever its lane is doing.
func (h *hands) ask(ctx context.Context, p wabridge.Phone) wabridge.Health {
	none := wabridge.Health{Phone: p.ID, At: time.Now().UTC()}
	r, _, err := h.runner(ctx, p.ID)
	if err != nil {
		none.Link = err.Error()
		return none
	}
	ctx, cancel := context.WithTimeout(ctx, healthTime)
	defer cancel()
	out := none
	dev, err := reach(ctx, r.link)
	if err == nil {
		out, err = phone.Health(ctx, dev.Device, p, h.d.profiles)
	}
	if err != nil {
		out = none
		out.Link = err.Error()
	}
	link := r.link.Status()
	out.At, out.LinkSince, out.RoundTrip, out.LastLook = time.Now().UTC(), link.Since.UTC(), link.RoundTrip.Milliseconds(), r.session.LastLook()
	return out
}

// remember adds what the database knows.
func (h *hands) remember(ctx context.Context, out *wabridge.Health) error {
	var err error
	out.TicksPending, err = h.d.db.CountAwaiting(ctx, out.Phone, time.Now().Add(-ticksOf), ticksCounted)
	if err != nil {
		return fmt.Errorf("count ticks of %s: %w", out.Phone, err)
	}
	out.LastIncoming, err = h.d.db.LastIncoming(ctx, out.Phone)
	return err
}

// Doctor implements bridge.Hands: the checks of `wabridge doctor` on the
// connection that is there, the account's state from what the driver last saw.
func (h *hands) Doctor(ctx context.Context, id string) ([]wabridge.Check, error) {
	r, p, err := h.runner(ctx, id)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	dev, err := reach(ctx, r.link)
	if err != nil {
		return []wabridge.Check{{Name: "reachable", Grade: phone.Bad, Detail: err.Error(), Remedy: "see docs/phone-setup.md, sections 1 and 3"}}, nil
	}
	took, err := dev.Ping(ctx)
	if err != nil {
		return []wabridge.Check{{Name: "reachable", Grade: phone.Bad, Detail: err.Error(), Remedy: "see docs/phone-setup.md, sections 1 and 3"}}, nil
	}
	checks := []wabridge.Check{{Name: "reachable", Grade: phone.OK, Detail: fmt.Sprintf("a command answered after %d ms", took.Milliseconds())}}
	checks = append(checks, phone.Doctor(ctx, dev.Device, p, h.d.profiles)...)
	return append(checks, loggedIn(p)), nil
}

// loggedIn judges by the phone's state whether the app can be used.
func loggedIn(p wabridge.Phone) wabridge.Check {
	c := wabridge.Check{Name: "logged in", Grade: phone.OK, Detail: "the chat list is there"}
	switch {
	case p.Held:
		c.Grade, c.Detail, c.Remedy = phone.Warn, "not looked at: the phone was paused by a person", "resume it"
	case p.State == wabridge.PhoneAttention || p.State == wabridge.PhonePaused:
		c.Grade, c.Detail = phone.Bad, strings.TrimPrefix(p.Reason, "phone "+p.ID+": ")
		c.Remedy = "look at the phone's screen, do what it asks for, then resume"
	case p.Code == wabridge.CodeNoNewChats:
		w := phone.AccountWarnings(p)[0]
		c.Grade, c.Detail, c.Remedy = phone.Warn, w.Detail, w.Remedy
	case p.State != wabridge.PhoneReady:
		c.Grade, c.Detail, c.Remedy = phone.Warn, "not looked at yet: the phone is "+string(p.State), "try again in a moment"
	}
	return c
}
