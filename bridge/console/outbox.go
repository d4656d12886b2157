package console

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

// outboxPage shows what is to be sent, what was, and what could not be.
func outboxPage() page {
	return page{Name: "outbox", Routes: func(c *Console, r *router) {
		r.show("", c.outbox)
		r.show("/rows", c.outboxRows)
		r.show("/campaigns", c.campaigns)
		r.show("/campaigns/rows", c.campaignRows)
		r.show("/campaigns/{id}", c.campaign)
		r.act(queue.ScopeSend, "/campaigns/{id}/{act}", c.moveCampaign)
		r.show("/evidence/{phone}/{name}", c.evidence)
		r.show("/{id}", c.message)
		r.act(queue.ScopeSend, "/{id}/cancel", c.cancel)
		r.act(queue.ScopeSend, "/{id}/retry", c.retry)
		r.act(queue.ScopeSend, "/{id}/priority", c.prioritize)
	}}
}

const outboxRowsMost = 50

// A shelf is one tab of the outbox: messages in some states.
type shelf struct {
	Name   string // text outbox.<name>
	states []wabridge.State
	oldest bool // first
	counts bool
}

var shelves = []shelf{
	{"waiting", []wabridge.State{wabridge.Queued}, true, true},
	{"doing", []wabridge.State{wabridge.Sending}, true, true},
	{"unconfirmed", []wabridge.State{wabridge.Unconfirmed}, true, true},
	{"failed", []wabridge.State{wabridge.Failed, wabridge.Expired}, false, true},
	{"sent", []wabridge.State{wabridge.Handed, wabridge.Sent, wabridge.Delivered, wabridge.Read}, false, false},
	{"canceled", []wabridge.State{wabridge.Canceled}, false, true},
}

// An outboxTab is a shelf in the page's row of tabs.
type outboxTab struct {
	Name, Href string
	Count      int
	Counted    bool
	Current    bool
}

// outboxData is what the page shows.
type outboxData struct {
	Tabs   []outboxTab
	Shelf  string
	Phone  string
	Phones []wabridge.Phone
	Rows   []letter
	Next   string
	Self   string // address of this part, for what is live
}

// A letter is one message of the outbox.
type letter struct {
	ID, Href         string
	To, Chat         string // whom, and the address of the talk
	Number           string // of whom, where To is a name
	Of               string // the phone's name
	Words            string
	State            wabridge.State
	Look             string // class of the state's dot
	Why              failure
	At, Due, Expires moment
	Tries, Priority  int
	Held             bool
	Campaign         string
	CanCancel        bool
	Retry            retryView
}

func (c *Console) outbox(v *visit) error {
	d, err := c.outboxOf(v)
	if err != nil {
		return err
	}
	return c.show(v, d)
}

// outboxRows is the part that is live, or the rows of a further page.
func (c *Console) outboxRows(v *visit) error {
	d, err := c.outboxOf(v)
	if err != nil {
		return err
	}
	if v.FormValue("at") != "" {
		return c.part(v, "outbox-more", d)
	}
	return c.part(v, "outbox-rows", d)
}

func (c *Console) outboxOf(v *visit) (outboxData, error) {
	d := outboxData{Shelf: or(v.FormValue("state"), shelves[0].Name), Phone: v.FormValue("phone")}
	i := slices.IndexFunc(shelves, func(s shelf) bool { return s.Name == d.Shelf })
	if i < 0 {
		return d, errNowhere
	}
	var err error
	if d.Phones, err = c.Store.Phones(v.Context()); err != nil {
		return d, err
	}
	if d.Tabs, err = c.tabs(v, d.Shelf, d.Phone); err != nil {
		return d, err
	}
	at, _ := strconv.ParseInt(v.FormValue("at"), 10, 64)
	found, err := c.onShelf(v, shelves[i], d.Phone, at)
	if err != nil {
		return d, err
	}
	names := phoneNames(d.Phones)
	stops := map[string]string{}
	for _, p := range d.Phones {
		stops[p.ID] = v.Lang.stopped(p)
	}
	if d.Rows, err = c.letters(v, found, names); err != nil {
		return d, err
	}
	for j := range d.Rows {
		if l := &d.Rows[j]; l.Why.Words == "" && l.State == wabridge.Queued {
			l.Why.Words = stops[found[j].Phone]
		}
	}
	q := url.Values{"state": {d.Shelf}, "phone": {d.Phone}}
	d.Self = Path + "/outbox/rows?" + q.Encode()
	if len(found) == outboxRowsMost {
		q.Set("at", strconv.FormatInt(found[len(found)-1].Seq, 10))
		d.Next = Path + "/outbox/rows?" + q.Encode()
	}
	return d, nil
}

// tabs are the shelves with their counts, and the campaigns.
func (c *Console) tabs(v *visit, current, phone string) ([]outboxTab, error) {
	counts, err := c.Store.OutboxCounts(v.Context(), phone)
	if err != nil {
		return nil, err
	}
	var all []outboxTab
	for _, s := range shelves {
		one := outboxTab{Name: s.Name, Href: Path + "/outbox?" + url.Values{"state": {s.Name}, "phone": {phone}}.Encode(), Counted: s.counts, Current: s.Name == current}
		for _, state := range s.states {
			one.Count += counts[state]
		}
		all = append(all, one)
	}
	return append(all, outboxTab{Name: "campaigns", Href: Path + "/outbox/campaigns", Current: current == "campaigns"}), nil
}

// onShelf reads the messages of a shelf beyond a Seq.
func (c *Console) onShelf(v *visit, s shelf, phone string, at int64) ([]wabridge.Message, error) {
	if !s.counts { // what has left has no index of its own; it lies dense
		return c.Store.Messages(v.Context(), queue.MessageFilter{Phone: phone, Direction: wabridge.Out, States: s.states, Before: at, Limit: outboxRowsMost})
	}
	var all []wabridge.Message
	for _, state := range s.states {
		found, err := c.Store.OutboxPage(v.Context(), phone, state, s.oldest, at, outboxRowsMost)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	slices.SortFunc(all, func(a, b wabridge.Message) int {
		if s.oldest {
			return int(a.Seq - b.Seq)
		}
		return int(b.Seq - a.Seq)
	})
	return all[:min(len(all), outboxRowsMost)], nil
}

// letters shows messages of the outbox, with the names of their chats.
func (c *Console) letters(v *visit, messages []wabridge.Message, phones map[string]string) ([]letter, error) {
	called, err := c.namesOf(v.Context(), messages)
	if err != nil {
		return nil, err
	}
	all := make([]letter, len(messages))
	for i := range messages {
		l := v.letter(&messages[i], phones)
		if name := called[chatKey{messages[i].Phone, messages[i].Chat}]; name != "" && name != l.To {
			l.To, l.Number = name, l.To
		}
		all[i] = l
	}
	return all, nil
}

// letter shows a message of the outbox.
func (v *visit) letter(m *wabridge.Message, names map[string]string) letter {
	can := v.Can(queue.ScopeSend)
	to := or(shownNumber(m.Number), m.Input)
	if m.Group != "" {
		to = or(m.GroupName, m.Group)
	}
	l := letter{
		ID: m.ID, Href: Path + "/outbox/" + url.PathEscape(m.ID), To: or(to, m.Chat), Chat: talkPath(m.Phone, m.Chat), Of: names[m.Phone],
		Words: v.Lang.gist(m), State: m.State, Look: lookOf(m.State), Why: v.Lang.failure(m.Code, m.Reason),
		At: v.at(m.Created), Due: v.at(m.Due), Expires: v.at(m.Expires), Tries: m.Tries, Priority: m.Priority, Held: m.Held, Campaign: m.Campaign,
		CanCancel: can && m.State == wabridge.Queued, Retry: v.retryOf(m),
	}
	return l
}

// lookOf is the class of a state's dot.
func lookOf(s wabridge.State) string {
	switch s {
	case wabridge.Sent, wabridge.Delivered, wabridge.Read:
		return "good"
	case wabridge.Failed, wabridge.Expired:
		return "bad"
	case wabridge.Unconfirmed:
		return "warn"
	case wabridge.Sending, wabridge.Handed:
		return "busy"
	}
	return ""
}

// messageData is one message with its moves and what the phone showed.
type messageData struct {
	letter
	Full   string
	Steps  []moved
	Proofs []proof
	Type   string
}

// A moved is one move of a message.
type moved struct {
	State  wabridge.State
	Look   string
	At     moment
	Reason string
}

func (c *Console) message(v *visit) error {
	d, err := c.messageOf(v)
	if err != nil {
		return err
	}
	if v.htmx() {
		return c.part(v, "message", d)
	}
	return c.showAs(v, http.StatusOK, "message", d)
}

func (c *Console) messageOf(v *visit) (messageData, error) {
	m, err := c.Store.Message(v.Context(), v.PathValue("id"))
	if err != nil {
		return messageData{}, err
	}
	if m.Direction != wabridge.Out {
		return messageData{}, errNowhere
	}
	phones, err := c.Store.Phones(v.Context())
	if err != nil {
		return messageData{}, err
	}
	moves, err := c.Store.Statuses(v.Context(), m.ID)
	if err != nil {
		return messageData{}, err
	}
	letters, err := c.letters(v, []wabridge.Message{m}, phoneNames(phones))
	if err != nil {
		return messageData{}, err
	}
	d := messageData{letter: letters[0], Full: string(m.Text), Type: v.Lang.T("kind." + m.Type), Steps: v.moves(moves)}
	d.Proofs, err = c.proofs(v, &m, moves)
	return d, err
}

func (c *Console) cancel(v *visit) error {
	m, err := c.Store.Cancel(v.Context(), v.PathValue("id"), now())
	if err != nil {
		return err
	}
	c.Log.Info("message canceled in the console", "message", m.ID, "token", v.Token.ID)
	return c.acted(v, v.Lang.T("outbox.was_canceled"), m.ID)
}

// retry sends what an ended message said as a new one, once (queue.Resender).
// The form says with "doubt" that the person knows that it may have arrived.
func (c *Console) retry(v *visit) error {
	m, err := c.Store.Message(v.Context(), v.PathValue("id"))
	if err != nil {
		return err
	}
	if err := queue.CheckResend(&m, v.PostFormValue("doubt") == "known"); err != nil {
		return resendProblem(err)
	}
	phone, err := c.Store.Phone(v.Context(), m.Phone)
	if err != nil {
		return err
	}
	if _, err := c.recipient(v.Context(), phone, m.Chat); err != nil {
		return err
	}
	again, err := c.Store.Resend(v.Context(), m.ID, v.PostFormValue("doubt") == "known", now())
	if err != nil {
		return resendProblem(err)
	}
	c.Log.Info("message sent again from the console", "message", m.ID, "as", again.ID, "token", v.Token.ID)
	return c.acted(v, v.Lang.T("outbox.was_retried"), again.ID)
}

// resendProblem gives the refusals of queue.CheckResend words of their own.
func resendProblem(err error) error {
	switch wabridge.CodeOf(err) {
	case wabridge.CodeTooLate:
		return refuse("outbox.not_ended")
	case wabridge.CodeConflict:
		return refuse("outbox.retried_before")
	case wabridge.CodeOptedOut:
		return refuse("outbox.opted_out")
	case wabridge.CodeAmbiguous:
		return refuse("outbox.doubt")
	}
	return err
}

// A retryView is what the button "Send again" needs to know of a message.
type retryView struct {
	ID    string
	Can   bool   // it may be sent again
	Doubt bool   // and may have arrived: the person is asked first
	As    string // the message that was accepted in its place
}

// retryOf is the button of a message; it is not there for who may not send.
func (v *visit) retryOf(m *wabridge.Message) retryView {
	return retryView{ID: m.ID, As: m.Resent, Doubt: queue.MayHaveLeft(m),
		Can: v.Can(queue.ScopeSend) && queue.CheckResend(m, true) == nil}
}

func (c *Console) prioritize(v *visit) error {
	priority, err := strconv.Atoi(v.PostFormValue("priority"))
	if err != nil {
		return errNowhere
	}
	m, err := c.Store.Prioritize(v.Context(), v.PathValue("id"), priority)
	if err != nil {
		return err
	}
	c.Log.Info("priority changed in the console", "message", m.ID, "priority", m.Priority, "token", v.Token.ID)
	return c.acted(v, v.Lang.T("outbox.was_prioritized"), m.ID)
}

// acted says that an act was done; without htmx it leads to the message.
func (c *Console) acted(v *visit, words, id string) error {
	if !v.htmx() {
		http.Redirect(v.w, v.Request, Path+"/outbox/"+url.PathEscape(id), http.StatusSeeOther)
		return nil
	}
	c.toast(v, "good", words, "rows")
	v.w.WriteHeader(http.StatusNoContent)
	return nil
}

// percent is a part of a whole, in full percent; something is never nothing.
func percent(n, of int) int {
	if of <= 0 || n <= 0 {
		return 0
	}
	return max(1, n*100/of)
}
