package bridge

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/phonenumber"
	"github.com/wabridge/wabridge/queue"
)

// messageList is a page of messages; Next asks for the following one.
type messageList struct {
	Messages []wabridge.Message `json:"messages"`
	Next     string             `json:"next,omitempty"`
}

// messageDetail is a message with the moves it has made.
type messageDetail struct {
	wabridge.Message
	Statuses []wabridge.Event `json:"statuses"`
}

func (s *Server) listMessages(w http.ResponseWriter, r *http.Request) error {
	f, err := s.filterOf(r)
	if err != nil {
		return err
	}
	return s.pageOfMessages(w, r, f)
}

func (s *Server) pageOfMessages(w http.ResponseWriter, r *http.Request, f queue.MessageFilter) error {
	limit := f.Limit
	f.Limit++ // one more tells whether there is a next page
	found, err := s.Store.Messages(r.Context(), f)
	if err != nil {
		return err
	}
	list := messageList{Messages: found}
	if found == nil {
		list.Messages = []wabridge.Message{}
	}
	if len(found) > limit {
		list.Messages = found[:limit]
		list.Next = pageCursor(found[limit-1].Seq)
	}
	writeJSON(w, http.StatusOK, list)
	return nil
}

// filterOf reads the parameters of a list of messages.
func (s *Server) filterOf(r *http.Request) (queue.MessageFilter, error) {
	q := newQuery(r)
	f := queue.MessageFilter{
		Phone:    q.text("phone"),
		Chat:     q.text("chat"),
		Campaign: q.text("campaign"),
		Since:    q.time("since"),
		Until:    q.time("until"),
		Limit:    q.number("limit", 100, 1, 999),
	}
	switch d := wabridge.Direction(q.text("direction")); d {
	case "", wabridge.In, wabridge.Out, wabridge.Echo:
		f.Direction = d
	default:
		q.fail(bad("direction", "use in, out or echo", "direction is not known"))
	}
	for _, name := range q.list("state") {
		if !slices.Contains(wabridge.States, wabridge.State(name)) {
			q.fail(bad("state", "use one of the states of docs/api.md", "state is not known"))
			break
		}
		f.States = append(f.States, wabridge.State(name))
	}
	switch q.text("order") {
	case "", "newest":
		f.Before = q.page("cursor")
	case "oldest":
		f.Oldest, f.After = true, q.page("cursor")
	default:
		q.fail(bad("order", "use newest or oldest", "order is not known"))
	}
	if err := q.err(); err != nil || q.text("number") == "" {
		return f, err
	}
	var err error
	f.Number, err = s.numberOf(r.Context(), f.Phone, q.text("number"))
	return f, err
}

// numberOf reads the number that a list is asked for, as the phone (all of
// them if "") reads a recipient's.
func (s *Server) numberOf(ctx context.Context, phone, input string) (string, error) {
	phones, err := s.Store.Phones(ctx)
	if err != nil {
		return "", err
	}
	phones = slices.DeleteFunc(phones, func(p wabridge.Phone) bool { return phone != "" && p.ID != phone })
	if len(phones) == 0 {
		phones = []wabridge.Phone{{}}
	}
	found := ""
	for _, p := range phones {
		digits, err := ReadRecipient(ctx, s.Store, p, input)
		if wrong, ok := errors.AsType[*phonenumber.Error](err); ok {
			return "", bad("number", wrong.Remedy, "number is not a phone number")
		}
		if err != nil {
			return "", err
		}
		if found != "" && found != digits {
			return "", bad("number", `write "+" and the country code, or name the phone`, "number is another person's for each phone")
		}
		found = digits
	}
	return found, nil
}

func (s *Server) readMessage(w http.ResponseWriter, r *http.Request) error {
	m, err := s.Store.Message(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	statuses, err := s.Store.Statuses(r.Context(), m.ID)
	if err != nil {
		return err
	}
	if statuses == nil {
		statuses = []wabridge.Event{}
	}
	writeJSON(w, http.StatusOK, messageDetail{m, statuses})
	return nil
}

// cancelMessage takes back what is still queued. If it is too late the error
// says where the message is.
func (s *Server) cancelMessage(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	m, err := s.Store.Cancel(r.Context(), id, time.Now())
	if wabridge.CodeOf(err) == wabridge.CodeTooLate {
		f := codes[wabridge.CodeTooLate]
		if m, err := s.Store.Message(r.Context(), id); err == nil {
			f.State = string(m.State)
			f.Message = "the message is no longer queued: it is " + string(m.State)
		}
		return &f
	}
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, m)
	return nil
}
