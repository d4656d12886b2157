package console

import (
	"maps"
	"slices"
	"strconv"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

// botsPage lists the sessions: what bots and people talk about with whom, and
// what came of it.
func botsPage() page {
	return page{Name: "bots", Rest: true, Routes: func(c *Console, r *router) {
		r.show("", c.listSessions)
	}}
}

// sessionsPage is how many sessions a page has.
const sessionsPage = 50

// sessionTabs are the states that can be chosen; "" is all.
var sessionTabs = []string{string(wabridge.SessionOpen), string(wabridge.SessionWaiting), string(wabridge.SessionEnded), ""}

// A botTab is a state with how many sessions are in it.
type botTab struct {
	State   string
	Count   int
	Current bool
}

type botsView struct {
	Tabs       []botTab
	State      string
	Sessions   []botSession
	Next, Back int // offsets of other pages; -1: none
}

// A botSession is a session as the page shows it.
type botSession struct {
	wabridge.Session
	Who       string
	Number    string // of who, where Who is a name
	Path      string // of the conversation
	StartedAt moment
	LastAt    moment
	Found     []result
}

type result struct{ Key, Value string }

// Class is the colour of its state.
func (s botSession) Class() string {
	switch {
	case s.State == wabridge.SessionEnded:
		return ""
	case s.State == wabridge.SessionWaiting:
		return "busy"
	case s.Operator:
		return "warn"
	}
	return "good"
}

// StateKey is the text of who answers, or why nobody does.
func (s botSession) StateKey() string {
	switch {
	case s.State != wabridge.SessionOpen:
		return "bots.state." + string(s.State)
	case s.Operator:
		return "bots.state.person"
	case s.Bot == "":
		return "bots.state.plain"
	}
	return "bots.state.bot"
}

// OutcomeKey is the text of an outcome that the program gives itself, else "".
func (s botSession) OutcomeKey() string {
	switch s.Outcome {
	case wabridge.EndedTime, wabridge.EndedReplaced, wabridge.EndedUnsent, wabridge.EndedInDoubt, wabridge.EndedByCaller, wabridge.EndedHanded:
		return "bots.outcome." + s.Outcome
	}
	return ""
}

func (c *Console) listSessions(v *visit) error {
	state := v.FormValue("state")
	if !v.URL.Query().Has("state") || !slices.Contains(sessionTabs, state) {
		state = string(wabridge.SessionOpen)
	}
	offset, _ := strconv.Atoi(v.FormValue("offset")) // 0 for what is no number
	offset = max(0, min(offset, 1_000_000))
	view := botsView{State: state, Next: -1, Back: -1}
	for _, tab := range sessionTabs {
		n, err := c.Store.CountSessions(v.Context(), sessionsIn(tab))
		if err != nil {
			return err
		}
		view.Tabs = append(view.Tabs, botTab{tab, n, tab == state})
	}
	f := sessionsIn(state)
	f.Offset, f.Limit = offset, sessionsPage+1
	all, err := c.Store.Sessions(v.Context(), f)
	if err != nil {
		return err
	}
	if len(all) > sessionsPage {
		all, view.Next = all[:sessionsPage], offset+sessionsPage
	}
	if offset > 0 {
		view.Back = max(0, offset-sessionsPage)
	}
	keys := make([]chatKey, len(all))
	for i, s := range all {
		keys[i] = chatKey{s.Phone, s.Chat}
	}
	called, err := c.chatNames(v.Context(), keys)
	if err != nil {
		return err
	}
	for i, s := range all {
		one := viewSession(v, s)
		if name := called[keys[i]]; name != "" && name != one.Who {
			one.Who, one.Number = name, one.Who
		}
		view.Sessions = append(view.Sessions, one)
	}
	return c.show(v, view)
}

func sessionsIn(state string) queue.SessionFilter {
	if state == "" {
		return queue.SessionFilter{}
	}
	return queue.SessionFilter{States: []wabridge.SessionState{wabridge.SessionState(state)}}
}

func viewSession(v *visit, s wabridge.Session) botSession {
	one := botSession{Session: s, Who: s.Chat, Path: talkPath(s.Phone, s.Chat), StartedAt: v.moment(s.Created), LastAt: v.moment(s.Last)}
	if s.Number != "" {
		one.Who = "+" + s.Number
	}
	for _, key := range slices.Sorted(maps.Keys(s.Results)) {
		one.Found = append(one.Found, result{key, s.Results[key]})
	}
	return one
}
