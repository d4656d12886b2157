package inbox

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/displayname"
	"github.com/wabridge/wabridge/inbox/notification"
)

// What is known of how a phone tells of calls: a missed one has a notification
// of its own that stays (seen in a real dump); that one which rings has one on
// the channel of calls, which goes when it ends, is inferred. Not verified on a
// phone: when the app sets the times of either.
const (
	// ringTime bounds how long a call rings.
	ringTime = 3 * time.Minute
	// endTime is how long after its notification has gone a call has ended, if it
	// is not told to be missed until then.
	endTime = 5 * time.Second
	// callCheck is how often notifications are read while a call rings: its end
	// is no posting.
	callCheck = 2 * time.Second
	// atSlack is by how much the times of the two notifications of a call may be
	// in another order.
	atSlack = 30 * time.Second
)

// A ring is a call that rang and may still be told to be missed.
type ring struct {
	call  wabridge.Call
	print string
	key   string    // of its notification; "" if an earlier process saw it
	gone  time.Time // when that was not there any more; zero: it is
}

// calls are those of one phone. Only the reading loop uses it.
type calls struct {
	store  Store
	phone  string
	rings  []*ring
	loaded bool
	missed map[string]bool // prints of those whose notification stands there
}

// take stores what the posted notifications tell of calls; whose says who it
// is. All of a reading are given at once, for one that is gone tells too.
func (k *calls) take(ctx context.Context, posted []notification.Call, now time.Time,
	whose func(context.Context, notification.Call) wabridge.Call) error {
	if err := k.load(ctx, now); err != nil {
		return err
	}
	there, stay := map[string]bool{}, map[string]bool{}
	for _, p := range posted {
		c := whose(ctx, p)
		c.Phone, c.Video = k.phone, p.Video
		if c.At = p.At; c.At.IsZero() {
			c.At = now
		}
		print := printOf(p, now)
		if p.Kind == notification.Ringing {
			there[p.Key] = true
			if err := k.ringing(ctx, p, c, print); err != nil {
				return err
			}
			continue
		}
		stay[print] = true
		if err := k.wasMissed(ctx, c, print); err != nil {
			return err
		}
	}
	k.missed = stay
	return k.ended(ctx, there, now)
}

// load remembers what an earlier process left ringing.
func (k *calls) load(ctx context.Context, now time.Time) error {
	if k.loaded {
		return nil
	}
	open, err := k.store.RingingCalls(ctx, k.phone)
	if err != nil {
		return fmt.Errorf("list calls: %w", err)
	}
	for print, c := range open {
		k.rings = append(k.rings, &ring{call: c, print: print, gone: now})
	}
	k.loaded = true
	return nil
}

// printOf is what two readings of one call have in common.
func printOf(p notification.Call, now time.Time) string {
	at := p.At
	if at.IsZero() { // it is told apart by its minute at least
		at = now.Truncate(time.Minute)
	}
	return string(p.Kind) + "|" + p.ChatID + "|" + p.Number + "|" + p.Name + "|" + strconv.FormatInt(at.UnixMilli(), 10)
}

// ringing stores a call that can be answered now, once.
func (k *calls) ringing(ctx context.Context, p notification.Call, c wabridge.Call, print string) error {
	for _, r := range k.rings {
		on := r.key == p.Key && r.gone.IsZero() || r.key == "" && r.call.State == wabridge.CallRinging && c.At.Sub(r.call.At) < ringTime
		if r.print == print || on && sameCaller(r.call, c) {
			r.key, r.gone = p.Key, time.Time{}
			return nil
		}
	}
	c.State = wabridge.CallRinging
	stored, _, err := k.store.RecordCall(ctx, c, print)
	if err != nil {
		return fmt.Errorf("store a call: %w", err)
	}
	k.rings = append(k.rings, &ring{call: stored, print: print, key: p.Key})
	return nil
}

// wasMissed stores a missed call, once: as the end of one that rang, if there
// was one.
func (k *calls) wasMissed(ctx context.Context, c wabridge.Call, print string) error {
	if k.missed[print] {
		return nil
	}
	c.State = wabridge.CallMissed
	at := k.rang(c)
	if at >= 0 {
		c.ID = k.rings[at].call.ID
	}
	stored, _, err := k.store.RecordCall(ctx, c, print)
	if err != nil {
		return fmt.Errorf("store a missed call: %w", err)
	}
	if at >= 0 && stored.ID == c.ID { // else it is an earlier one's notification
		k.rings = append(k.rings[:at], k.rings[at+1:]...)
	}
	return nil
}

// rang finds the call that was missed among those that rang: the newest that
// fits; -1 if there is none.
func (k *calls) rang(c wabridge.Call) int {
	for i := len(k.rings) - 1; i >= 0; i-- {
		r := k.rings[i].call
		if d := c.At.Sub(r.At); sameCaller(r, c) && d > -atSlack && d < ringTime {
			return i
		}
	}
	return -1
}

func sameCaller(a, b wabridge.Call) bool {
	if a.Number != "" && b.Number != "" {
		return wabridge.SameNumber(a.Number, b.Number)
	}
	return a.Chat != "" && a.Chat == b.Chat || a.Name != "" && a.Name == b.Name
}

// ended stores the end of calls whose notification has gone. What ended is
// remembered for a while, because it may still be told to have been missed.
func (k *calls) ended(ctx context.Context, there map[string]bool, now time.Time) error {
	kept := k.rings[:0]
	for _, r := range k.rings {
		switch {
		case there[r.key]:
			r.gone = time.Time{}
		case r.gone.IsZero():
			r.gone = now
		}
		if !r.gone.IsZero() && now.Sub(r.gone) >= endTime && r.call.State == wabridge.CallRinging {
			r.call.State, r.call.At = wabridge.CallEnded, r.gone
			if _, _, err := k.store.RecordCall(ctx, r.call, r.print); err != nil {
				r.call.State = wabridge.CallRinging
				return fmt.Errorf("store the end of a call: %w", err)
			}
		}
		if r.gone.IsZero() || now.Sub(r.gone) < ringTime {
			kept = append(kept, r)
		}
	}
	k.rings = kept
	return nil
}

// ring reports whether a call rings, or its end is not stored yet.
func (k *calls) ring() bool {
	for _, r := range k.rings {
		if r.call.State == wabridge.CallRinging {
			return true
		}
	}
	return false
}

// caller says whose call a notification tells of.
func (r *Reader) caller(ctx context.Context, p notification.Call) wabridge.Call {
	c := wabridge.Call{Number: p.Number, Name: displayname.Plain(p.Name), Chat: p.ChatID}
	if c.Number == "" && !p.IsGroup {
		r.contacts.Refresh(ctx, false, p.Name)
		r.contacts.Confirm(ctx, p.Name)
		c.Number = r.numberOfTitle(ctx, p.ChatID, p.Name, p.Shown)
	}
	ref := wabridge.ChatRef{JID: p.ChatID, Number: c.Number, Name: p.Name, Group: p.IsGroup}
	ref.Shared = displayname.IsChosen(p.Name) || r.contacts.Shared(p.Name)
	if chat, err := r.cfg.Store.Chat(ctx, r.cfg.Phone.ID, ref); err == nil {
		c.Chat = chat.ID
		if c.Number == "" {
			c.Number = chat.Number
		}
	} else if c.Number != "" {
		c.Chat = wabridge.UserJID(c.Number)
	}
	return c
}
