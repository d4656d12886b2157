package webhook

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

// marksFresh is how long a reading of the marks is good enough.
const marksFresh = time.Second

// marks remember, for a moment, who is not to be told of what: accounts that
// the app is not subscribed to, and whether any phone has blocked anybody.
type marks struct {
	store Store

	mu     sync.Mutex
	read   time.Time
	gone   map[string]bool // WABA ids
	blocks bool
}

// current are the marks, read anew when they are old.
func (m *marks) current(ctx context.Context) (gone map[string]bool, blocks bool, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if since := time.Since(m.read); !m.read.IsZero() && since >= 0 && since < marksFresh {
		return m.gone, m.blocks, nil
	}
	list, err := m.store.Objects(ctx, queue.ObjectUnsubscribed, "", "", 1000)
	if err != nil {
		return nil, false, err
	}
	n, err := m.store.CountObjects(ctx, queue.ObjectBlocked, "")
	if err != nil {
		return nil, false, err
	}
	m.gone = make(map[string]bool, len(list))
	for _, o := range list {
		m.gone[o.Owner] = true
	}
	m.blocks, m.read = n > 0, time.Now()
	return m.gone, m.blocks, nil
}

// forget makes the next event read the marks anew.
func (m *marks) forget() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.read = time.Time{}
}

// admit ends the way of events of accounts that nobody is subscribed to, and
// of what came in from somebody who was blocked at that time. Both stay in the
// log.
func (m *marks) admit(ctx context.Context, d *Delivery) error {
	gone, blocks, err := m.current(ctx)
	if err != nil {
		return err
	}
	if gone[d.Phone.WABA] {
		return errSkip
	}
	if !blocks {
		return nil
	}
	number, err := caller(d.Event)
	if err != nil {
		return fmt.Errorf("%w: %w", errUnreadable, err)
	}
	blocked, err := queue.Blocked(ctx, m.store, d.Event.Phone, number, d.Event.At)
	if err != nil {
		return err
	}
	if blocked {
		return errSkip
	}
	return nil
}

// caller is the number of the person that a message or call came from; "" for
// any other event, and in groups, where WhatsApp shows blocked people's
// messages, too.
func caller(ev wabridge.Event) (string, error) {
	if ev.Kind != wabridge.EventMessage && ev.Kind != wabridge.EventCall {
		return "", nil
	}
	var who struct {
		Chat   string `json:"chat_id"`
		Number string `json:"number"`
		Group  string `json:"group_id"`
	}
	if err := json.Unmarshal(ev.Data, &who); err != nil || who.Group != "" {
		return "", err
	}
	return firstOf(who.Number, wabridge.NumberOf(who.Chat)), nil
}
