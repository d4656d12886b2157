package notice

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Config is what the manager needs of the phone.
type Config struct {
	Android int
	Boot    time.Time
	// Log writes one entry of the events log.
	Log func(tag, text string)
}

// A Manager holds the active notifications. Its caller keeps two calls apart.
type Manager struct {
	cfg    Config
	active []*Notification // newest update first, summaries where they fall
}

// NewManager makes an empty one.
func NewManager(cfg Config) *Manager { return &Manager{cfg: cfg} }

// Post shows a notification or updates the one with its key.
func (m *Manager) Post(n Notification) {
	now := time.Now()
	n.posted, n.updated = now, now
	status := 0
	if i := m.index(n.Key()); i >= 0 {
		n.posted, status = m.active[i].posted, 1
		m.active = slices.Delete(m.active, i, i+1)
	}
	m.active = slices.Insert(m.active, 0, &n)
	m.enqueued(&n, status)
}

// enqueued logs EventLogTags notification_enqueue; a null tag is NULL here.
func (m *Manager) enqueued(n *Notification, status int) {
	tag := n.Tag
	if tag == "" {
		tag = "NULL"
	}
	text := fmt.Sprintf("[%d,%d,%s,%d,%s,0,%s,%d", n.UID, n.PID, n.Package, n.ID, tag, n.toString(m.cfg.Android), status)
	if m.cfg.Android >= 15 {
		text += ",0" // app_provided; facts/android.md 4
	}
	m.cfg.Log("notification_enqueue", text+"]")
}

// Repost posts all again as they are: each is an update.
func (m *Manager) Repost() {
	for _, n := range slices.Backward(slices.Clone(m.active)) {
		m.Post(*n)
	}
}

func (m *Manager) index(key string) int {
	return slices.IndexFunc(m.active, func(n *Notification) bool { return n.Key() == key })
}

// The reasons of a removal (NotificationListenerService.REASON_*).
const (
	ReasonPackageChanged = 5
	ReasonAppCancel      = 8
)

// Cancel is an app taking back its notification.
func (m *Manager) Cancel(key string) { m.remove(key, ReasonAppCancel) }

func (m *Manager) remove(key string, reason int) {
	i := m.index(key)
	if i < 0 {
		return
	}
	n := m.active[i]
	m.active = slices.Delete(m.active, i, i+1)
	tag := n.Tag
	if tag == "" {
		tag = "NULL"
	}
	now := time.Now()
	m.cfg.Log("notification_cancel", fmt.Sprintf("[%d,%d,%s,%d,%s,0,0,64,%d,NULL]", n.UID, n.PID, n.Package, n.ID, tag, reason))
	m.cfg.Log("notification_canceled", fmt.Sprintf("[%s,%d,%d,%d,0,-1,-1,NULL]", key, reason,
		now.Sub(n.posted).Milliseconds(), now.Sub(n.updated).Milliseconds()))
}

// CancelPackage removes all of a package.
func (m *Manager) CancelPackage(pkg string, reason int) {
	for _, n := range slices.Clone(m.active) {
		if n.Package == pkg {
			m.remove(n.Key(), reason)
		}
	}
}

// Keys are the active keys as `cmd notification list` prints them.
func (m *Manager) Keys() []string {
	var out []string
	for _, n := range m.active {
		out = append(out, n.Key())
	}
	return out
}

// Labels are the apps with notifications, one each.
func (m *Manager) Labels() []string {
	var out []string
	for _, n := range m.active {
		if !slices.Contains(out, n.App) {
			out = append(out, n.App)
		}
	}
	return out
}

// A Card is a notification in the shade.
type Card struct{ App, Title, Text string }

// Cards are what the shade shows: children, no summaries.
func (m *Manager) Cards() []Card {
	var out []Card
	for _, n := range m.active {
		if n.Flags&GroupSummary == 0 {
			out = append(out, Card{n.App, n.Title, n.Text})
		}
	}
	return out
}

// Find returns the record of a key as `cmd notification get` prints it.
func (m *Manager) Find(key string) (text string, ok bool) {
	i := m.index(key)
	if i < 0 {
		return "", false
	}
	var b strings.Builder
	m.record(&b, m.active[i], "", false)
	return b.String(), true
}
