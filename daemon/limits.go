package daemon

import (
	"context"
	"slices"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/bridge/cloud"
	"github.com/wabridge/wabridge/queue"
	"github.com/wabridge/wabridge/queue/sqlite"
)

// LimitsConfig says how the Cloud API's limits are kept; see docs.
type LimitsConfig struct {
	Mode         string `koanf:"mode"`       // LimitsAbsorb or LimitsOfficial
	Throughput   int    `koanf:"throughput"` // messages a second of each number, in and out
	CallsPerHour int    `koanf:"calls_per_hour"`
}

// The values of LimitsConfig.Mode.
const (
	LimitsAbsorb   = "absorb"
	LimitsOfficial = "official"
)

func (c LimitsConfig) validate(bad report) {
	if c.Mode != LimitsAbsorb && c.Mode != LimitsOfficial {
		bad("limits.mode", "%q is neither absorb nor official", c.Mode)
	}
	if c.Throughput < 1 || c.Throughput > 100_000 {
		bad("limits.throughput", "%d is not a number of messages a second from 1 to 100000", c.Throughput)
	}
	if c.CallsPerHour < 0 {
		bad("limits.calls_per_hour", "is negative; 0 means the official numbers")
	}
}

// cloud is what the Cloud API is told of limits.
func (c LimitsConfig) cloud(messages *queue.Limits) cloud.Limits {
	return cloud.Limits{Official: c.Mode == LimitsOfficial, Messages: messages, CallsPerHour: c.CallsPerHour}
}

// hearing is the database that tells the limits of what comes in.
type hearing struct {
	*sqlite.DB
	limits *queue.Limits
	keep   time.Duration // 0: for ever
}

// dropped reports whether what happened then is older than is kept: the phone
// may show a notification of it still, after it was dropped.
func (h hearing) dropped(at time.Time) bool {
	return h.keep > 0 && !at.IsZero() && time.Since(at) >= h.keep
}

// RecordCall implements queue.Calls.
func (h hearing) RecordCall(ctx context.Context, c wabridge.Call, print string) (wabridge.Call, bool, error) {
	if h.dropped(c.At) {
		return c, true, nil
	}
	return h.DB.RecordCall(ctx, c, print)
}

// young leaves out what a notification tells of that is older than is kept.
func (h hearing) young(ch queue.Changes) queue.Changes {
	gone := map[string]bool{}
	ch.New = slices.DeleteFunc(ch.New, func(m wabridge.Message) bool {
		old := m.Source == fromNotification && h.dropped(m.Created)
		if old && m.ID != "" {
			gone[m.ID] = true
		}
		return old
	})
	ch.Objects = slices.DeleteFunc(ch.Objects, func(o queue.Object) bool { return o.Kind == queue.ObjectNotification && gone[o.ID] })
	return ch
}

// fromNotification is the Source of a message that a notification told of.
const fromNotification = "notification"

// Reconcile counts the messages that came in anew.
func (h hearing) Reconcile(ctx context.Context, phone string, ref wabridge.ChatRef, limit int,
	decide func(wabridge.Chat, []wabridge.Message) queue.Changes) ([]wabridge.Message, error) {
	out, err := h.DB.Reconcile(ctx, phone, ref, limit, func(c wabridge.Chat, known []wabridge.Message) queue.Changes {
		return h.young(decide(c, known))
	})
	n := 0
	for _, m := range out {
		if m.Direction == wabridge.In {
			n++
		}
	}
	h.limits.Heard(phone, n, time.Now())
	return out, err
}
