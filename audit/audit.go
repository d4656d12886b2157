// Package audit is the record of what admins did to the gateway: who, what,
// from where, when and with which outcome. It is append-only; the log of the
// program tells what the gateway did, this one what people did to it.
//
// It knows nothing of HTTP nor of SQL. An entry never holds a secret, a text,
// or a number that somebody wrote to: ids, names of tokens and addresses of
// callers only.
package audit

import (
	"context"
	"log/slog"
	"net"
	"strings"
	"time"

	"github.com/wabridge/wabridge"
)

// An Act is what was done, as "object.verb".
type Act string

// The acts. Their names are part of the documented API: some are added, none
// renamed.
const (
	TokenCreate      Act = "token.create"
	TokenRevoke      Act = "token.revoke"
	WebhookPut       Act = "webhook.put"    // added, changed, moved, enabled, disabled
	WebhookReplay    Act = "webhook.replay" // dead letters are delivered again
	WebhookDelete    Act = "webhook.delete"
	PhonePause       Act = "phone.pause"
	PhoneResume      Act = "phone.resume"
	PhoneMaintenance Act = "phone.maintenance"
	PhoneInput       Act = "phone.input"    // somebody tapped, swiped or typed through the gateway
	PhoneSettings    Act = "phone.settings" // its webhook or PIN, through the Cloud API
	PhoneRegister    Act = "phone.register"
	PhoneDeregister  Act = "phone.deregister"
	CampaignCancel   Act = "campaign.cancel"
	Login            Act = "console.login"
	GatewayStart     Act = "gateway.start"
	GatewayStop      Act = "gateway.stop"
	TLSReload        Act = "tls.reload"
)

// Outcomes. Any other one is the code of /bridge/v1 with which the gateway
// refused or failed ("not_found", "invalid_parameter", "storage" …) or, of the Cloud API, "graph"
// and its code.
const (
	OK        = "ok"
	Forbidden = "forbidden" // the token lacks the scope
)

// Ways by which an act reaches the gateway.
const (
	ViaAPI     = "api"
	ViaConsole = "console"
	ViaCLI     = "cli"     // on the data directory, without the API
	ViaGateway = "gateway" // its own: start, stop
)

// An Entry is one act.
type Entry struct {
	Number  int64     `json:"number"` // grows; set by the store
	At      time.Time `json:"at"`     // set by Record if zero
	Act     Act       `json:"act"`
	Target  string    `json:"target,omitempty"`     // id of what it was done to; not of what it was refused for
	Detail  string    `json:"detail,omitempty"`     // more in words, no secret
	Outcome string    `json:"outcome"`              // OK if empty
	Who     string    `json:"who,omitempty"`        // id of the token, or the system user's name for ViaCLI
	Name    string    `json:"name,omitempty"`       // of the token
	From    string    `json:"from,omitempty"`       // address of the caller, without port
	Via     string    `json:"via"`                  // ViaAPI if empty
	Request string    `json:"request_id,omitempty"` // of the HTTP request, as in the log
}

// A Filter chooses entries. Zero members choose all.
type Filter struct {
	Before       int64 // numbers below it; 0: from the newest on
	Limit        int   // at most; 0: 100
	Act          Act   // this one, or, with a dot at the end ("token."), all of an object
	Who          string
	Target       string
	Since, Until time.Time
}

// A Store keeps entries; queue/sqlite's DB is one.
type Store interface {
	// AddAudit appends an entry, synced to disk before it returns.
	AddAudit(ctx context.Context, e Entry) error
	// Audit lists entries, newest first.
	Audit(ctx context.Context, f Filter) ([]Entry, error)
}

// A Recorder notes acts. A nil one notes nothing.
type Recorder struct {
	store Store
	log   *slog.Logger
}

// NewRecorder makes a Recorder. What it notes is logged, too.
func NewRecorder(store Store, log *slog.Logger) *Recorder { return &Recorder{store, log} }

// storing bounds the writing of one entry.
const storing = 5 * time.Second

// Record notes an act after it was done or refused. The end of ctx does not
// keep it from being written, and an entry that cannot be written is logged
// whole, as an error: the act is not undone for it.
func (r *Recorder) Record(ctx context.Context, e Entry) {
	if r == nil {
		return
	}
	if e.At.IsZero() {
		e.At = time.Now()
	}
	if e.Outcome == "" {
		e.Outcome = OK
	}
	if e.Via == "" {
		e.Via = ViaAPI
	}
	e.Target, e.Detail, e.Name = short(e.Target), short(e.Detail), short(e.Name)
	bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), storing)
	defer cancel()
	attrs := []any{"act", string(e.Act), "target", e.Target, "detail", e.Detail, "outcome", e.Outcome, "who", e.Who, "from", e.From, "via", e.Via}
	if err := r.store.AddAudit(bounded, e); err != nil {
		r.log.ErrorContext(ctx, "act of an admin not recorded", append(attrs, "err", err)...)
		return
	}
	r.log.InfoContext(ctx, "act of an admin", attrs...)
}

// longest is how many bytes of a target, a detail or a name are kept.
const longest = 200

func short(s string) string {
	if len(s) > longest {
		s = s[:longest]
	}
	return strings.ToValidUTF8(s, "")
}

// Host is the address of a caller without its port, from
// http.Request.RemoteAddr.
func Host(remote string) string {
	if host, _, err := net.SplitHostPort(remote); err == nil {
		return host
	}
	return remote
}

// OutcomeOf is the outcome of an error of the lower layers.
func OutcomeOf(err error) string {
	switch wabridge.CodeOf(err) {
	case wabridge.CodeNone:
		return OK
	case wabridge.CodePermission:
		return Forbidden
	case wabridge.CodeNotFound:
		return "not_found"
	case wabridge.CodeConflict:
		return "conflict"
	case wabridge.CodeTooLate:
		return "too_late"
	case wabridge.CodeStorage:
		return "storage"
	}
	return "failed"
}
