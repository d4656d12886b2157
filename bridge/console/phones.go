package console

import (
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/audit"
	"github.com/wabridge/wabridge/bridge"
	"github.com/wabridge/wabridge/queue"
)

// phonesPage shows the phones: how they are, what is on their screens, and
// what a person can do about it.
func phonesPage() page {
	return page{Name: "phones", Routes: func(c *Console, r *router) {
		r.show("", c.listPhones)
		r.show("/{id}", c.showPhone)
		r.show("/{id}/health", c.phoneHealth)
		r.show("/{id}/doctor", c.examinePhone)
		r.show("/{id}/screen", c.phoneScreen)
		r.act(queue.ScopeAdmin, "/{id}/input", c.touchPhone)
		r.act(queue.ScopeAdmin, "/{id}/pause", c.holdPhone(true))
		r.act(queue.ScopeAdmin, "/{id}/resume", c.holdPhone(false))
	}}
}

// A phoneCard is a phone as the pages show it.
type phoneCard struct {
	wabridge.Phone
	Waiting int    // open messages
	Oldest  moment // when the oldest of them was accepted
	Since   moment // the state's
	// Warnings are the texts of what keeps messages back although the phone works.
	Warnings []string
}

// Title is what people call the phone.
func (p phoneCard) Title() string {
	switch {
	case p.Name != "":
		return p.Name
	case p.Number != "":
		return "+" + p.Number
	}
	return p.Serial
}

// Class is the colour of the state, see .state in parts.css.
func (p phoneCard) Class() string {
	switch {
	case p.Held:
		return "warn"
	case p.State == wabridge.PhoneReady:
		return "good"
	case p.State == wabridge.PhoneStarting:
		return "busy"
	case p.State == wabridge.PhoneOffline, p.State == wabridge.PhonePaused:
		return "warn"
	}
	return "bad"
}

// StateKey is the text of the state.
func (p phoneCard) StateKey() string {
	if p.Held {
		return "phones.state.held"
	}
	return "phones.state." + string(p.State)
}

// troubles are the codes that have words of their own on what to do.
var troubles = map[wabridge.Code]string{
	wabridge.CodeNotRegistered: "logged_out", wabridge.CodeLocked: "banned", wabridge.CodeLockedScreen: "locked",
	wabridge.CodeNoNewChats: "no_new_chats", wabridge.CodeNetwork: "network", wabridge.CodeOffline: "offline",
	wabridge.CodeScreen: "screen", wabridge.CodeAttention: "attention",
}

// Remedy is the text that says what to do, "" if there is nothing to be done.
func (p phoneCard) Remedy() string {
	if word := troubleWord(p.Phone); word != "" {
		return "phones.do." + word
	}
	return ""
}

// Own is the reason in the gateway's words, those of the API and the commands.
func (p phoneCard) Own() string {
	if p.Held {
		return ""
	}
	return phonePrefix.ReplaceAllString(p.Reason, "")
}

// warningsOf lists the texts of a phone's warnings; that of a restricted account is
// its remedy already.
func (c *Console) warningsOf(p wabridge.Phone) (keys []string) {
	if c.Operate.Hands == nil {
		return nil
	}
	for _, w := range c.Operate.Hands.Warnings(p) {
		if w.Kind != wabridge.WarnRestricted {
			keys = append(keys, "phones.warn."+w.Kind)
		}
	}
	return keys
}

func (c *Console) card(v *visit, p wabridge.Phone) (phoneCard, error) {
	depth, oldest, err := c.Store.Depth(v.Context(), p.ID)
	card := phoneCard{Phone: p, Since: v.moment(p.Changed), Oldest: v.moment(oldest)}
	for _, n := range depth {
		card.Waiting += n
	}
	card.Warnings = c.warningsOf(p)
	return card, err
}

func (c *Console) listPhones(v *visit) error {
	phones, err := c.Store.Phones(v.Context())
	if err != nil {
		return err
	}
	cards := make([]phoneCard, len(phones))
	for i, p := range troubleFirst(phones) {
		if cards[i], err = c.card(v, p); err != nil {
			return err
		}
	}
	if v.htmx() {
		return c.part(v, "phone-list", cards)
	}
	return c.show(v, cards)
}

func (c *Console) showPhone(v *visit) error {
	p, err := c.Store.Phone(v.Context(), v.PathValue("id"))
	if err != nil {
		return err
	}
	card, err := c.card(v, p)
	if err != nil {
		return err
	}
	if v.htmx() {
		return c.part(v, "phone-state", card)
	}
	return c.showAs(v, http.StatusOK, "phone", card)
}

// errNoHands is for a console without phones, which tests alone have.
var errNoHands = &problem{status: http.StatusServiceUnavailable, key: "phones.error.offline"}

// handProblem gives the errors of hands words of their own.
func handProblem(err error) error {
	switch wabridge.CodeOf(err) {
	case wabridge.CodeOffline:
		return &problem{http.StatusServiceUnavailable, "phones.error.offline", nil, err}
	case wabridge.CodeSlow:
		return &problem{http.StatusServiceUnavailable, "phones.error.busy", nil, err}
	case wabridge.CodeScreen:
		return &problem{http.StatusBadGateway, "phones.error.screen", nil, err}
	}
	return err
}

// healthView is a phone's health for its page.
type healthView struct {
	wabridge.Health
	LastLookAt, LastIncomingAt moment
}

// Charge is the text of whether the phone charges, "" if unknown.
func (h healthView) Charge() string {
	switch {
	case h.Charging == nil:
		return ""
	case *h.Charging:
		return "phones.charging"
	}
	return "phones.not_charging"
}

// Lock is the text of what the screen is, "" if unknown.
func (h healthView) Lock() string {
	switch {
	case h.Locked != nil && *h.Locked:
		return "phones.locked"
	case h.ScreenOn == nil:
		return ""
	case *h.ScreenOn:
		return "phones.on"
	}
	return "phones.off"
}

func (c *Console) phoneHealth(v *visit) error {
	if c.Operate.Hands == nil {
		return errNoHands
	}
	h, err := c.Operate.Hands.Health(v.Context(), v.PathValue("id"))
	if err != nil {
		return handProblem(err)
	}
	view := healthView{h, v.moment(h.LastLook), v.moment(h.LastIncoming)}
	return c.part(v, "phone-health", view)
}

func (c *Console) examinePhone(v *visit) error {
	if !v.Can(queue.ScopeAdmin) {
		return errScope
	}
	if c.Operate.Hands == nil {
		return errNoHands
	}
	checks, err := c.Operate.Hands.Doctor(v.Context(), v.PathValue("id"))
	if err != nil {
		return handProblem(err)
	}
	return c.part(v, "phone-doctor", checks)
}

// phoneScreen is the picture of the screen; the page asks for it anew only
// while somebody looks.
func (c *Console) phoneScreen(v *visit) error {
	if !v.Can(queue.ScopeAdmin) {
		return errScope
	}
	if c.Operate.Hands == nil {
		return errNoHands
	}
	png, at, err := c.Operate.Hands.Screen(v.Context(), v.PathValue("id"), 500*time.Millisecond)
	if err != nil {
		return handProblem(err)
	}
	bridge.WritePicture(v.w, v.Request, png, at)
	return nil
}

// touchPhone does on the phone what a person did on the picture. What was typed
// is not noted anywhere.
func (c *Console) touchPhone(v *visit) error {
	if c.Operate.Hands == nil {
		return errNoHands
	}
	var t wabridge.Touch
	d := json.NewDecoder(http.MaxBytesReader(v.w, v.Body, 16<<10))
	d.DisallowUnknownFields()
	if err := d.Decode(&t); err != nil {
		return &problem{http.StatusBadRequest, "phones.error.input", nil, errors.New("not a touch")}
	}
	if field, _ := t.Check(); field == "text" {
		return refuse("phones.error.text")
	} else if field != "" {
		return &problem{http.StatusBadRequest, "phones.error.input", nil, errors.New(field)}
	}
	id := v.PathValue("id")
	err := c.Operate.Hands.Touch(v.Context(), id, t)
	if !t.Done {
		c.note(v, audit.PhoneInput, id, t.Kind(), err)
	}
	if err != nil {
		return handProblem(err)
	}
	v.w.WriteHeader(http.StatusNoContent)
	return nil
}

// holdPhone pauses or resumes a phone.
func (c *Console) holdPhone(held bool) handler {
	return func(v *visit) error {
		id, act, done := v.PathValue("id"), audit.PhoneResume, "resumed"
		if held {
			act, done = audit.PhonePause, "paused"
		}
		err := c.Store.HoldPhone(v.Context(), id, held, now())
		c.note(v, act, id, "", err)
		if err != nil {
			return err
		}
		return back(v, Path+"/phones/"+id, done)
	}
}
