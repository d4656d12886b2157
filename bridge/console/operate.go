package console

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/wabridge/wabridge/analytics"
	"github.com/wabridge/wabridge/audit"
	"github.com/wabridge/wabridge/bridge"
	"github.com/wabridge/wabridge/queue"
)

// Operate is what the pages for operators need of the rest of the program. All
// of it may be left out; then the pages say so.
type Operate struct {
	Hands    bridge.Hands    // the phones' screens and health
	Webhooks bridge.Webhooks // the deliverer
	// Destinations are all receivers of events; nil: only webhooks are shown.
	Destinations bridge.Destinations
	// AppSigned: webhooks without a secret of their own are signed, too.
	AppSigned bool
	// TestWebhook posts a signed sample to an endpoint.
	TestWebhook func(ctx context.Context, e queue.Endpoint) WebhookTest
	Rates       analytics.Card // what messages cost
	Currency    string         // of the rates
	Settings    []Setting      // in the order of the page
	Audit       *audit.Recorder
}

// A WebhookTest is what came of a sample. Error is "" if all went well.
type WebhookTest struct {
	Status  int // 0: no answer
	Took    time.Duration
	Error   string
	Excerpt string // the beginning of the answer
}

// A Setting is one value of the configuration with where it comes from. The
// value of a secret is not here.
type Setting struct {
	Key    string // "media.quota"
	Value  string // as it would be written
	Help   string
	Secret bool // Value is "" or says that there is one
	// From is one of "default", "file", "env", "flag" and "program" (which said
	// it itself, as the demo does); Place tells more:
	// "wabridge.yaml, line 3", "$WABRIDGE_LISTEN".
	From, Place string
}

// back leads from a form to a page, which shows the text done.<what>.
func back(v *visit, to, what string) error {
	if what != "" {
		to += "?done=" + url.QueryEscape(what)
	}
	http.Redirect(v.w, v.Request, to, http.StatusSeeOther)
	return nil
}

// Done is the key of the text that tells what a form came to, "" for none.
func (v *visit) Done() string {
	key := "done." + v.FormValue("done")
	if v.Method == http.MethodGet && v.Lang.Has(key) {
		return key
	}
	return ""
}

// note records an act of an admin, done or not.
func (c *Console) note(v *visit, act audit.Act, target, detail string, err error) {
	e := audit.Entry{Act: act, Target: target, Detail: detail, Who: v.Token.ID, Name: v.Token.Name, From: audit.Host(v.RemoteAddr), Via: audit.ViaConsole,
		Request: bridge.RequestID(v.Context())}
	if err != nil {
		e.Outcome = problemOf(err).key
	}
	c.Operate.Audit.Record(v.Context(), e)
	c.Log.Info("act of a person", "act", string(act), "target", target, "token", v.Token.ID, "done", err == nil)
}

// moment is a time as the visitor reads it, one that is not there if it is zero.
func (v *visit) moment(t time.Time) moment {
	if t.IsZero() {
		return moment{}
	}
	return v.at(t)
}
