package cloud

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

// Limits say how the Cloud API's limits are kept.
type Limits struct {
	// Official refuses what is above a limit, as Meta does; otherwise the
	// queue takes it and the phone's pacing stretches it. A token with the
	// scope limits:official or limits:absorb chooses for itself.
	Official bool
	// Messages counts them; nil makes one with the official numbers. Who
	// stores incoming messages must tell it (queue.Limits.Heard).
	Messages *queue.Limits
	// CallsPerHour bounds the calls that concern a business account, of one
	// token to one account; 0 is the official number: 200, or 5000 for an
	// account with a registered number.
	CallsPerHour int
}

// official tells how a caller's limits are kept.
func (a *api) official(t queue.Token) bool {
	switch {
	case slices.Contains(t.Scopes, queue.ScopeOfficial):
		return true
	case slices.Contains(t.Scopes, queue.ScopeAbsorb):
		return false
	}
	return a.Limits.Official
}

// take counts a message against the limits. giveBack is to be called if it is
// not accepted as a new one.
func (a *api) take(t queue.Token, m *wabridge.Message) (giveBack func(), err error) {
	if !a.official(t) {
		return func() {}, nil
	}
	again, err := a.Limits.Messages.Take(m.Phone, m.Chat, time.Now())
	if err != nil {
		e := refuse(wabridge.CodeOf(err), "%s", detailOf(err))
		e.retry = again
		return nil, e
	}
	return func() { a.Limits.Messages.GiveBack(m.Phone, m.Chat) }, nil
}

// maintained refuses a call on a number that is in maintenance.
func maintained(phone wabridge.Phone) error {
	if !phone.Maintenance {
		return nil
	}
	e := refuse(wabridge.CodeMaintenance, "this number is in maintenance; repeat the request when it is over")
	e.Transient, e.retry = true, time.Minute
	return e
}

// managed are the edges of a business account whose calls are counted
// (contract, section 1.10); the account itself ("") is, too.
var managed = []string{"", "phone_numbers", "message_templates", "subscribed_apps", "assigned_users"}

// limited holds the calls on a phone number or a business account to their
// limits, before anything else is done for them.
func (a *api) limited(pattern string, h handler) handler {
	_, path, _ := strings.Cut(pattern, " ")
	edge, ours := strings.CutPrefix(path, "/{id}")
	if !ours {
		return h
	}
	counted := slices.Contains(managed, strings.TrimPrefix(edge, "/"))
	return func(w http.ResponseWriter, r *http.Request) error {
		token, err := a.authorize(r)
		if err != nil {
			return err
		}
		phones, err := a.Store.Phones(r.Context())
		if err != nil {
			return err
		}
		id := r.PathValue("id")
		if i := slices.IndexFunc(phones, func(p wabridge.Phone) bool { return p.ID == id }); i >= 0 {
			if err := maintained(phones[i]); err != nil {
				return err
			}
		} else if mine := ofWABA(phones, id); counted && len(mine) > 0 {
			if err := a.count(w, token, id, mine); err != nil {
				return err
			}
		}
		return h(w, r)
	}
}

// usage is what the header X-Business-Use-Case-Usage tells of an account.
type usage struct {
	Type    string `json:"type"`
	Calls   int    `json:"call_count"` // percent of what is allowed
	CPU     int    `json:"total_cputime"`
	Time    int    `json:"total_time"`
	Minutes int    `json:"estimated_time_to_regain_access"`
}

// count counts a call, says so in the header, and refuses it above the limit.
func (a *api) count(w http.ResponseWriter, t queue.Token, waba string, phones []wabridge.Phone) error {
	limit := a.Limits.CallsPerHour
	if limit == 0 {
		limit = queue.CallsPerHour
		if slices.ContainsFunc(phones, active) {
			limit = queue.CallsPerHourActive
		}
	}
	strict := a.official(t)
	used, again := a.quota.Take(t.ID+"/"+waba, limit, strict, time.Now())
	u := usage{Type: "whatsapp", Calls: used * 100 / limit, Minutes: int((again + time.Minute - 1) / time.Minute)}
	raw, err := json.Marshal(map[string][]usage{waba: {u}})
	if err != nil {
		return err
	}
	w.Header()["X-Business-Use-Case-Usage"] = []string{string(raw)}
	if !strict || again == 0 {
		return nil
	}
	e := refuse(wabridge.CodeManagementLimit, "this token made %d calls concerning this business account within an hour, which is the limit; come again in %d minutes", used, u.Minutes)
	e.retry = again
	return e
}

// active tells whether a number is in use on WhatsApp, as far as is known.
func active(p wabridge.Phone) bool {
	return p.State != wabridge.PhoneStarting && p.Code != wabridge.CodeNotRegistered
}

// throughput is the level of a number's speed, in the Cloud API's words.
func (a *api) throughput() node {
	level := "STANDARD"
	if a.Limits.Messages.PerSecond() >= highThroughput {
		level = "HIGH"
	}
	return node{"level": level}
}

// highThroughput is the speed of the official upgrade, in messages a second.
const highThroughput = 1000
