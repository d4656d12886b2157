package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/wabridge/wabridge"
)

// checkLedger: nothing went to whom nothing was accepted for, nothing went
// twice, in order per recipient, and the states say what happened: what is
// called sent is in the ledger, what failed or is unconfirmed is there at most
// once, nothing is left in the queue. A text has no reason to fail here.
func (s *storm) checkLedger(g *gateway) {
	went := map[string][]string{}
	for _, m := range s.sim.Sent() {
		went[m.To] = append(went[m.To], m.Text)
	}
	doubts := map[string]int{}
	s.mu.Lock()
	defer s.mu.Unlock()
	for to, accepted := range s.accepted {
		s.checkRecipient(g, to, accepted, went[to], doubts)
		delete(went, to)
	}
	for to, texts := range went {
		s.t.Errorf("%d messages went to %s, to whom nothing was accepted", len(texts), to)
	}
	s.t.Logf("ended without proof: %v", doubts)
}

func (s *storm) checkRecipient(g *gateway, to string, accepted []stormAccept, went []string, doubts map[string]int) {
	last := -1
	known := map[string]bool{}
	for _, a := range accepted {
		known[a.text] = true
		var m wabridge.Message
		if _, err := g.api("GET", "/bridge/v1/messages/"+a.id, nil, &m); err != nil {
			s.t.Errorf("message %s: %v", a.id, err)
			continue
		}
		times, at := 0, slices.Index(went, a.text)
		for _, text := range went {
			if text == a.text {
				times++
			}
		}
		proven := false
		switch m.State {
		case wabridge.Handed, wabridge.Sent, wabridge.Delivered, wabridge.Read:
			proven = true
		case wabridge.Failed, wabridge.Unconfirmed:
			doubts[fmt.Sprintf("%s %s %d", a.kind, m.State, m.Code)]++
			if a.kind == "text" {
				s.t.Errorf("%q to %s is %s (%d, %s), in the ledger %d times", a.text, to, m.State, m.Code, m.Reason, times)
			}
		default:
			s.t.Errorf("%q to %s is %s", a.text, to, m.State)
		}
		switch {
		case times > 1:
			s.t.Errorf("%q went to %s %d times; it is %s", a.text, to, times, m.State)
		case proven && times == 0:
			s.t.Errorf("%q to %s is %s and never went", a.text, to, m.State)
		case at >= 0 && at < last:
			s.t.Errorf("%q to %s went before what was accepted earlier", a.text, to)
		}
		last = max(last, at)
	}
	for _, text := range went {
		if !known[text] {
			s.t.Errorf("%q went to %s, for whom it was not accepted", text, to)
		}
	}
}

// checkIncoming: everything the simulated WhatsApp received is in the event log
// exactly once, in one chat for each person, under that person's number where
// one is told. Its order there is that of finding: what came in while its own
// chat was open, after the last look, is found later and keeps its own time.
func (s *storm) checkIncoming(g *gateway) {
	want, writers := map[string]int{}, map[string]string{}
	for _, m := range s.sim.Received() {
		want[writtenBy(m.From, m.Group, m.Text)]++
		writers[m.Text] = m.From
	}
	var got []wabridge.Message
	until(s.t, "all incoming messages", func() string {
		s.compareIncoming(got, want, writers)
		return tail(g.log.String(), 40)
	}, func() bool {
		got = s.log(g)
		return !slices.ContainsFunc(slices.Collect(maps.Values(s.countIncoming(got, want, writers, false))), func(n int) bool { return n > 0 })
	})
	s.compareIncoming(got, want, writers)
}

func writtenBy(from, group, text string) string {
	return strings.Join([]string{from, group, text}, "|")
}

// compareIncoming finds out whose each chat is by the texts that only one
// person has written.
func (s *storm) compareIncoming(got []wabridge.Message, want map[string]int, writers map[string]string) {
	for key, n := range s.countIncoming(got, want, writers, true) {
		switch {
		case n > 0:
			s.t.Errorf("%s is missing %d times", key, n)
		case n < 0:
			s.t.Errorf("%s is there %d times too often: %s", key, -n, rowsOf(got, key))
		}
	}
}

// countIncoming is how often each message is missing; below 0: it is there too
// often.
func (s *storm) countIncoming(got []wabridge.Message, want map[string]int, writers map[string]string, report bool) map[string]int {
	owner := map[string]string{}
	for _, m := range got {
		if from, ok := writers[caption(&m)]; ok && m.Text != "ok" && m.Group == "" {
			if known := owner[m.Chat]; known != "" && known != from && report {
				s.t.Errorf("chat %s holds messages of %s and of %s", m.Chat, known, from)
			}
			owner[m.Chat] = from
		}
	}
	left := maps.Clone(want)
	for _, m := range got {
		from := m.Number
		if from == "" {
			from = owner[m.Chat]
		}
		if m.Group != "" && m.Number == "" {
			from = writers[caption(&m)] // a member whose number no screen shows
		}
		if m.Group == "" && owner[m.Chat] != "" && from != owner[m.Chat] && report {
			s.t.Errorf("%q in the chat of %s is told as %s's", m.Text, owner[m.Chat], from)
		}
		for _, c := range stormContacts { // one of several of that name, of whom no text tells which
			if from == "" && c.Name == m.Name && left[writtenBy(c.Number, "", caption(&m))] > 0 {
				from = c.Number
			}
		}
		left[writtenBy(from, m.GroupName, caption(&m))]--
	}
	return left
}

// log reads the message events from the beginning.
func (s *storm) log(g *gateway) []wabridge.Message {
	var all []wabridge.Message
	for after := int64(0); ; {
		var page struct {
			Events []struct {
				Number int64            `json:"number"`
				Data   wabridge.Message `json:"data"`
			} `json:"events"`
			Last int64 `json:"last"`
		}
		if _, err := g.api("GET", fmt.Sprintf("/bridge/v1/events?type=message&limit=1000&after=%d", after), nil, &page); err != nil {
			return nil
		}
		for _, e := range page.Events {
			all = append(all, e.Data)
		}
		if page.Last <= after {
			return all
		}
		after = page.Last
	}
}

// rowsOf tells how the messages with a key's text were recorded.
func rowsOf(got []wabridge.Message, key string) string {
	var rows []string
	for _, m := range got {
		if strings.HasSuffix(key, "|"+caption(&m)) {
			rows = append(rows, fmt.Sprintf("[seq %d chat %s number %q name %q group %q source %s clock %q created %s]", m.Seq, m.Chat, m.Number, m.Name, m.GroupName, m.Source, m.Clock, m.Created.Format("15:04:05.000")))
		}
	}
	return strings.Join(rows, " ")
}

// caption is a message's text without the app's sign of a picture.
func caption(m *wabridge.Message) string { return strings.TrimPrefix(string(m.Text), "📷 ") }
