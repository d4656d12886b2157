package bridge

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/bot"
	"github.com/wabridge/wabridge/queue"
	"github.com/wabridge/wabridge/session"
)

// A newSession is the body of POST /bridge/v1/sessions.
type newSession struct {
	Phone     string                     `json:"phone_number_id"`
	To        string                     `json:"to"`
	Bot       string                     `json:"bot"`
	Variables map[string]string          `json:"variables"`
	Name      string                     `json:"name"`
	Chatbot   string                     `json:"chatbot_id"`
	Client    string                     `json:"client_id"`
	TTL       *int64                     `json:"ttl"` // seconds
	Text      *string                    `json:"text"`
	Message   map[string]json.RawMessage `json:"message"`
	Callback  string                     `json:"biz_opaque_callback_data"`
}

// startedSession is the answer to it.
type startedSession struct {
	Session wabridge.Session `json:"session"`
	Message wabridge.Message `json:"message"`
}

// startSession sends a message that begins a talk.
func (s *Server) startSession(w http.ResponseWriter, r *http.Request) error {
	token, err := s.admit(r, queue.ScopeSend)
	if err != nil {
		return err
	}
	var in newSession
	if err := decode(w, r, &in); err != nil {
		return err
	}
	phone, err := s.phoneOf(r.Context(), "phone_number_id", in.Phone)
	if err != nil {
		return err
	}
	if why := Unusable(phone); why != "" {
		return &failure{Status: http.StatusConflict, Code: "conflict", Field: "phone_number_id", Message: why, Remedy: "see GET /bridge/v1/phones/" + phone.ID}
	}
	if s.Composer == nil {
		return nothingHere
	}
	m, err := s.firstMessage(r.Context(), in, phone)
	if err != nil {
		return err
	}
	opening, err := s.openingOf(in)
	if err != nil {
		return err
	}
	d, ok, err := session.Open(opening, m, time.Now())
	if err != nil {
		return err
	}
	if !ok {
		return bad("text", "give text, or a message", "there is nothing to say: the scenario says nothing before the first answer")
	}
	if d.Key = r.Header.Get("Idempotency-Key"); len(d.Key) > 255 {
		return bad("Idempotency-Key", "use a UUID", "the header is longer than 255 bytes")
	}
	d.Owner, d.Print = token.ID, in.print(phone.ID)
	return s.answerStarted(w, r, d)
}

// print tells two requests with one key apart.
func (in newSession) print(phone string) string {
	in.Phone = phone
	b, _ := json.Marshal(in) // it was JSON
	sum := sha256.Sum256(append([]byte("session:"), b...))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

func (s *Server) answerStarted(w http.ResponseWriter, r *http.Request, d queue.Draft) error {
	accepted, err := s.Store.Enqueue(r.Context(), d)
	if err != nil {
		return err
	}
	m := accepted[0].Message
	started, err := s.Store.Session(r.Context(), m.Session)
	if err != nil {
		return err
	}
	status := http.StatusCreated
	if accepted[0].Repeated {
		status = http.StatusOK
		w.Header().Set("Idempotent-Replayed", "true")
	}
	writeJSON(w, status, startedSession{started, m})
	return nil
}

// firstMessage is who is written to, and the caller's own words if there are
// any (its Type is empty if not).
func (s *Server) firstMessage(ctx context.Context, in newSession, phone wabridge.Phone) (m wabridge.Message, err error) {
	if strings.TrimSpace(in.To) == "" {
		return m, bad("to", "give the person's number with its country code", "to is missing")
	}
	if utf8.RuneCountInString(in.Callback) > maxCallback {
		return m, bad("biz_opaque_callback_data", "shorten it to 512 characters", "biz_opaque_callback_data is too long")
	}
	person, err := s.Composer.Recipient(ctx, phone, in.To)
	if err != nil {
		return m, refused("", err)
	}
	switch object := in.Message; {
	case in.Text != nil && object != nil:
		return m, bad("message", "give either of them", "text and message are both there")
	case in.Text != nil:
		raw, _ := json.Marshal(map[string]string{"body": *in.Text}) // a string always can be
		m, err = s.Composer.Compose(ctx, phone, map[string]json.RawMessage{"type": json.RawMessage(`"text"`), "text": raw})
		if _, ok := errors.AsType[*Refusal](err); ok {
			err = bad("text", "give 1 to 4096 characters", "text cannot be sent as it is")
		}
	case object != nil:
		m, err = s.Composer.Compose(ctx, phone, object)
		err = refused("message", err)
	case in.Bot == "":
		err = bad("text", "give text, a message, or a bot that begins", "there is nothing to say")
	default:
		m = wabridge.Message{Phone: phone.ID, Expires: time.Now().Add(wordsExpire)}
	}
	m.Chat, m.Number, m.Input, m.Callback = person.Chat, person.Number, person.Input, in.Callback
	return m, err
}

// wordsExpire is how long a scenario's first words may wait, as long as other
// messages may.
const wordsExpire = 30 * 24 * time.Hour

// refused makes what the caller can mend the answer, its field below another
// one.
func refused(parent string, err error) error {
	if r, ok := errors.AsType[*Refusal](err); ok {
		return r.answerTo(parent)
	}
	return err
}

// openingOf is what the request says of the session.
func (s *Server) openingOf(in newSession) (session.Opening, error) {
	o := session.Opening{Variables: in.Variables, Name: in.Name, Chatbot: in.Chatbot, Client: in.Client, Usual: s.SessionTTL}
	for _, f := range []struct{ name, value string }{{"name", in.Name}, {"chatbot_id", in.Chatbot}, {"client_id", in.Client}} {
		if utf8.RuneCountInString(f.value) > session.MaxName {
			return o, bad(f.name, "shorten it", "%s has more than %d characters", f.name, session.MaxName)
		}
	}
	if in.TTL != nil {
		o.TTL = wabridge.Seconds(*in.TTL)
		if low, high := int64(session.MinTTL/time.Second), int64(session.MaxTTL/time.Second); *in.TTL < low || *in.TTL > high {
			return o, bad("ttl", "give seconds in that range, or leave it out", "ttl must be between %d and %d", low, high)
		}
	}
	if len(in.Variables) > bot.MaxVars {
		return o, bad("variables", "leave some out", "there are %d variables, %d are allowed", len(in.Variables), bot.MaxVars)
	}
	if in.Bot == "" {
		return o, checkTexts("variables", in.Variables)
	}
	scenario, err := s.Scenarios.Find(in.Bot)
	if err != nil {
		return o, bad("bot", err.Error(), "there is no such scenario")
	}
	for name := range in.Variables {
		if err := scenario.Takes(name); err != nil {
			return o, bad("variables."+name, "correct the name, or leave it out", "%v", err)
		}
	}
	o.Bot = scenario
	return o, checkTexts("variables", in.Variables)
}

// checkTexts holds variables or results to their limits.
func checkTexts(field string, texts map[string]string) error {
	for _, k := range slices.Sorted(maps.Keys(texts)) {
		switch {
		case k == "" || utf8.RuneCountInString(k) > session.MaxKey || strings.ContainsFunc(k, unicode.IsControl) || k == "initialVariables":
			return bad(field, "use a name of 1 to 64 characters, other than initialVariables", "%s has a name that cannot be used", field)
		case utf8.RuneCountInString(texts[k]) > session.MaxValue:
			return bad(field+"."+k, "shorten it", "%s has more than %d characters", k, session.MaxValue)
		}
	}
	return nil
}
