package daemon

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/phonesim"
	"github.com/wabridge/wabridge/queue"
)

// A live talk is a session over the API whose person is a simulated phone's.
type liveTalk struct {
	*rig
	number string
	id     string // of the session
	said   int    // what of the phone's ledger has been looked at
}

// own makes a request of our own interface.
func (r *rig) own(method, path string, body, into any) {
	r.t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		r.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(context.Background(), method, "http://"+r.d.Addr()+path, bytes.NewReader(raw))
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+r.d.Token())
	req.Close = true
	got, err := http.DefaultClient.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer got.Body.Close()
	answer, err := io.ReadAll(got.Body)
	if err != nil || got.StatusCode/100 != 2 {
		r.t.Fatalf("%s %s: %d %s, %v", method, path, got.StatusCode, answer, err)
	}
	if into != nil {
		if err := json.Unmarshal(answer, into); err != nil {
			r.t.Fatal(err)
		}
	}
}

// talk starts a session.
func (r *rig) talk(number string, request map[string]any) *liveTalk {
	r.t.Helper()
	request["to"] = "+" + number
	var started struct {
		Session wabridge.Session `json:"session"`
	}
	r.own(http.MethodPost, "/bridge/v1/sessions", request, &started)
	return &liveTalk{rig: r, number: number, id: started.Session.ID}
}

// hears waits until the person has got one message more and insists on what
// it begins with.
func (l *liveTalk) hears(want string) {
	l.t.Helper()
	var got []string
	l.until(l.number+" to hear "+want, func() bool {
		got = nil
		for _, m := range l.sim.Sent() {
			if m.To == l.number && !m.Human {
				got = append(got, m.Text)
			}
		}
		return len(got) > l.said
	})
	if len(got) <= l.said {
		l.t.FailNow()
	}
	if !strings.HasPrefix(got[l.said], want) {
		l.t.Fatalf("%s heard %q, want %q", l.number, got[l.said], want)
	}
	l.said++
	// An answer counts once the question has been seen to go.
	l.until("the question to be confirmed", func() bool {
		depth, _, err := l.d.db.Depth(context.Background(), benchPhone)
		return err == nil && len(depth) == 0
	})
}

// types has the person type an answer.
func (l *liveTalk) types(text, reply string) {
	l.t.Helper()
	l.incoming(text, l.number)
	if reply != "" {
		l.hears(reply)
	}
}

// ends waits for the end of the session and insists on its outcome and
// results.
func (l *liveTalk) ends(outcome string, results map[string]string) wabridge.Session {
	l.t.Helper()
	var s wabridge.Session
	l.until("the session to be over", func() bool {
		l.own(http.MethodGet, "/bridge/v1/sessions/"+l.id, nil, &s)
		return s.State == wabridge.SessionEnded || s.Operator
	})
	if s.Outcome != outcome || fmt.Sprint(s.Results) != fmt.Sprint(results) {
		l.t.Errorf("session: got %s %q %v, want %q %v", s.State, s.Outcome, s.Results, outcome, results)
	}
	return s
}

func withBots(c *Config) { c.Bots.Dir = "../examples/bots" }

// TestScenariosInLiveChats plays the shipped scenarios on the simulated phone:
// an appointment that is refused, a score, and a contact form with a call.
func TestScenariosInLiveChats(t *testing.T) {
	const ann, bob, eve = "16505550001", "16505550002", "16505550003"
	r := newRig(t, phonesim.Config{Contacts: []phonesim.Contact{{Number: ann, Name: "Ann"}, {Number: bob, Name: "Bob"}, {Number: eve, Name: "Eve"}}}, withBots)
	r.waitState(wabridge.PhoneReady)

	visit := r.talk(ann, map[string]any{"bot": "appointment", "name": "visit 7",
		"variables": map[string]string{"name": "Ann", "date": "12 May", "time": "10:30", "language": "en"}})
	visit.hears("Hello, Ann!")
	visit.hears("You have an appointment on 12 May at 10:30")
	visit.types("hm?", "Sorry, I did not understand that.")
	visit.types("2", "What a pity.")
	visit.types("I am ill", "Thank you, the appointment is cancelled.")
	s := visit.ends("refused", map[string]string{"confirmation": "Отказ", "reason": "I am ill"})
	if s.Received != 3 || s.Sent != 5 || s.Name != "visit 7" {
		t.Errorf("session: got %+v", s)
	}

	score := r.talk(bob, map[string]any{"bot": "nps", "text": "Bob, 0 to 10: would you recommend us?"})
	score.hears("Bob, 0 to 10")
	score.types("9", "Thank you! What do you like best?")
	score.types("the coffee", "Thank you for your time!")
	score.ends("done", map[string]string{"nps": "9", "group": "promoter", "comment": "the coffee"})

	form := r.talk(eve, map[string]any{"bot": "callback"})
	form.hears("Здравствуйте! Чем помочь?")
	form.types("Сколько стоит слон?", "На это лучше ответит сотрудник.")
	form.types("1", "На какой номер?")
	form.types("+7 999 123-45-67", "В какое время вам позвонить?")
	form.types("после обеда", "Спасибо, мы перезвоним: +7 999 123-45-67.")
	s = form.ends("", map[string]string{"question": "Сколько стоит слон?", "callback_phone": "+7 999 123-45-67", "callback_time": "после обеда"})
	if !s.Operator || s.State != wabridge.SessionOpen {
		t.Errorf("a form that asks for a call: got %+v", s)
	}
	r.own(http.MethodPost, "/bridge/v1/sessions/"+form.id+"/end", map[string]string{"outcome": "called"}, nil)
	form.ends("called", s.Results)
	r.resultsInEvents(map[string]string{visit.id + " confirmation": "Отказ", score.id + " nps": "9", form.id + " callback_time": "после обеда"})
	if report, err := r.d.db.Check(context.Background()); err != nil || !report.OK() {
		t.Errorf("database: %+v, %v", report, err)
	}
}

// resultsInEvents insists that events tell of results, "session key": value.
func (r *rig) resultsInEvents(want map[string]string) {
	r.t.Helper()
	events, _, err := r.d.db.Events(context.Background(), 0, 100_000, queue.EventFilter{Kinds: []wabridge.EventKind{wabridge.EventSession}})
	if err != nil {
		r.t.Fatal(err)
	}
	got := map[string]string{}
	for _, e := range events {
		var d wabridge.SessionData
		if err := json.Unmarshal(e.Data, &d); err != nil {
			r.t.Fatal(err)
		}
		if d.Change == wabridge.ChangeResult {
			got[d.ID+" "+d.Key] = d.Value
		}
	}
	for key, value := range want {
		if got[key] != value {
			r.t.Errorf("the event of %s: got %q, want %q", key, got[key], value)
		}
	}
}

// TestATalkGoesOnAfterARestart: an answer that comes while the program is off
// is read from the phone and goes on where the conversation stood.
func TestATalkGoesOnAfterARestart(t *testing.T) {
	const ann = "16505550001"
	r := newRig(t, phonesim.Config{Contacts: []phonesim.Contact{{Number: ann, Name: "Ann"}}}, withBots)
	r.waitState(wabridge.PhoneReady)
	talk := r.talk(ann, map[string]any{"bot": "nps"})
	talk.hears("Hello there!")
	r.stop()
	r.incoming("3", ann)
	r.start()
	talk.hears("We are sorry. Shall somebody call you about it?")
	talk.types("no", "Thank you for your time!")
	talk.ends("done", map[string]string{"nps": "3", "group": "detractor", "comment": ""})
}

// TestHandOverAndBack: while a person has the chat the bot is silent; given back,
// it asks again.
func TestHandOverAndBack(t *testing.T) {
	const ann = "16505550001"
	r := newRig(t, phonesim.Config{Contacts: []phonesim.Contact{{Number: ann, Name: "Ann"}}}, withBots)
	r.waitState(wabridge.PhoneReady)
	talk := r.talk(ann, map[string]any{"bot": "nps"})
	talk.hears("Hello there!")
	r.own(http.MethodPost, "/bridge/v1/sessions/"+talk.id+"/hand-over", map[string]string{"reason": "vip"}, nil)
	talk.types("7", "")
	r.heardFrom(ann, 1)
	r.own(http.MethodPost, "/bridge/v1/sessions/"+talk.id+"/take-back", map[string]string{}, nil)
	talk.hears("Hello there!")
	talk.types("7", "Thank you. What could we do better?")
	talk.types("nothing", "Thank you for your time!")
	talk.ends("done", map[string]string{"nps": "7", "group": "passive", "comment": "nothing"})
}
