package bridge

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

// A Composer makes messages of the Cloud API's message objects; bridge/cloud
// has one. What the caller can mend it refuses with a *Refusal.
type Composer interface {
	// Compose makes the message of an object (type and the object of that
	// name), without its recipient.
	Compose(ctx context.Context, phone wabridge.Phone, object map[string]json.RawMessage) (wabridge.Message, error)
	// Recipient reads a person's number: Chat, Number and Input of a message.
	Recipient(ctx context.Context, phone wabridge.Phone, to string) (wabridge.Message, error)
}

// A Refusal says what is wrong with a message or a number.
type Refusal struct {
	Code    wabridge.Code // of the Cloud API
	Message string
	Field   string // "text.body"
	Remedy  string
}

// Error joins the words.
func (r *Refusal) Error() string { return r.Message + ": " + r.Field + ": " + r.Remedy }

// answerTo makes a refusal the answer to a request, its field below another one.
func (r *Refusal) answerTo(parent string) *failure {
	return &failure{Status: http.StatusBadRequest, Code: "invalid_parameter", Message: r.Message, Field: join(parent, r.Field), Remedy: r.Remedy}
}

func join(parent, field string) string {
	if parent == "" || field == "" {
		return parent + field
	}
	return parent + "." + field
}

// campaignList is a page of campaigns, newest first.
type campaignList struct {
	Campaigns []wabridge.Campaign `json:"campaigns"`
	Next      string              `json:"next,omitempty"`
}

// campaignDetail is a campaign and when it will be done.
type campaignDetail struct {
	wabridge.Campaign
	// LeftSeconds is how long the phone takes for what may go now, at its
	// present pace; absent where nothing is left or nothing is known.
	LeftSeconds int64 `json:"estimated_seconds_left,omitempty"`
}

func (s *Server) listCampaigns(w http.ResponseWriter, r *http.Request) error {
	q := newQuery(r)
	limit := q.number("limit", 20, 1, 100)
	before := q.before("cursor")
	phone := q.text("phone")
	if err := q.err(); err != nil {
		return err
	}
	found, err := s.Store.Campaigns(r.Context(), phone, before, limit+1)
	if err != nil {
		return err
	}
	list := campaignList{Campaigns: append([]wabridge.Campaign{}, found[:min(len(found), limit)]...)}
	if len(found) > limit {
		list.Next = pageCursor(found[limit-1].Created.UnixMilli())
	}
	for i := range list.Campaigns {
		list.Campaigns[i].State = list.Campaigns[i].Progress()
	}
	writeJSON(w, http.StatusOK, list)
	return nil
}

// before reads a cursor that is a time.
func (q *query) before(name string) time.Time {
	if ms := q.page(name); ms != 0 {
		return time.UnixMilli(ms)
	}
	return time.Time{}
}

// paceOf is how many of a phone's newest messages tell its pace.
const paceOf = 50

func (s *Server) readCampaign(w http.ResponseWriter, r *http.Request) error {
	c, err := s.Store.Campaign(r.Context(), r.PathValue("id"))
	if err != nil {
		return campaignError(err)
	}
	detail := campaignDetail{Campaign: c}
	if c.State != wabridge.CampaignCanceled {
		typed, err := s.Store.Typed(r.Context(), c.Phone, paceOf)
		if err != nil {
			return err
		}
		if left, ok := queue.Estimate(c, typed); ok {
			detail.LeftSeconds = int64(left.Seconds()) + 1
		}
	}
	detail.State = c.Progress()
	writeJSON(w, http.StatusOK, detail)
	return nil
}

// campaignError adds what to do.
func campaignError(err error) error {
	switch wabridge.CodeOf(err) {
	case wabridge.CodeNotFound:
		return missing("the campaign")
	case wabridge.CodeConflict:
		f := codes[wabridge.CodeConflict]
		f.Message, f.Remedy, f.State = "the campaign was canceled", "make a new one for those who have not got it", string(wabridge.CampaignCanceled)
		return &f
	}
	return err
}

// listCampaignMessages is listMessages of one campaign.
func (s *Server) listCampaignMessages(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.Store.Campaign(r.Context(), r.PathValue("id")); err != nil {
		return campaignError(err)
	}
	f, err := s.filterOf(r)
	if err != nil {
		return err
	}
	f.Campaign = r.PathValue("id")
	return s.pageOfMessages(w, r, f)
}

func (s *Server) holdCampaign(paused bool) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		return s.turnCampaign(w, r, func(ctx context.Context, id string) (wabridge.Campaign, error) {
			return s.Store.HoldCampaign(ctx, id, paused, time.Now())
		})
	}
}

func (s *Server) cancelCampaign(w http.ResponseWriter, r *http.Request) error {
	return s.turnCampaign(w, r, func(ctx context.Context, id string) (wabridge.Campaign, error) {
		return s.Store.CancelCampaign(ctx, id, time.Now())
	})
}

// turnTime bounds a change of a campaign, which goes on if the client leaves.
const turnTime = 50 * time.Second

func (s *Server) turnCampaign(w http.ResponseWriter, r *http.Request, turn func(context.Context, string) (wabridge.Campaign, error)) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), turnTime)
	defer cancel()
	c, err := turn(ctx, r.PathValue("id"))
	if err != nil {
		return campaignError(err)
	}
	s.Log.Info("campaign changed", "campaign", c.ID, "state", c.State)
	c.State = c.Progress()
	writeJSON(w, http.StatusOK, c)
	return nil
}

// optOutList is a page of people's wishes, newest first.
type optOutList struct {
	OptOuts []wabridge.Preference `json:"optouts"`
	Next    string                `json:"next,omitempty"`
}

func (s *Server) listOptOuts(w http.ResponseWriter, r *http.Request) error {
	q := newQuery(r)
	limit := q.number("limit", 100, 1, 999)
	before := q.before("cursor")
	value := q.text("value")
	switch value {
	case "":
		value = wabridge.PreferenceStop
	case "all":
		value = ""
	case wabridge.PreferenceStop, wabridge.PreferenceResume:
	default:
		q.fail(bad("value", "use stop, resume or all", "value is not known"))
	}
	if err := q.err(); err != nil {
		return err
	}
	found, err := s.Store.Preferences(r.Context(), q.text("phone"), value, before, limit+1)
	if err != nil {
		return err
	}
	list := optOutList{OptOuts: append([]wabridge.Preference{}, found[:min(len(found), limit)]...)}
	if len(found) > limit {
		list.Next = pageCursor(found[limit-1].At.UnixMilli())
	}
	writeJSON(w, http.StatusOK, list)
	return nil
}

// optOutInput is a person who wants no campaigns.
type optOutInput struct {
	Phone string `json:"phone_number_id"`
	To    string `json:"to"`
}

func (s *Server) addOptOut(w http.ResponseWriter, r *http.Request) error {
	var in optOutInput
	if err := decode(w, r, &in); err != nil {
		return err
	}
	return s.prefer(w, r, in, wabridge.PreferenceStop)
}

// removeOptOut lets somebody have campaigns again.
func (s *Server) removeOptOut(w http.ResponseWriter, r *http.Request) error {
	q := newQuery(r)
	in := optOutInput{Phone: q.text("phone"), To: r.PathValue("number")}
	if err := q.err(); err != nil {
		return err
	}
	return s.prefer(w, r, in, wabridge.PreferenceResume)
}

func (s *Server) prefer(w http.ResponseWriter, r *http.Request, in optOutInput, value string) error {
	field := "phone_number_id"
	if value == wabridge.PreferenceResume {
		field = "phone"
	}
	phone, err := s.phoneOf(r.Context(), field, in.Phone)
	if err != nil {
		return err
	}
	if in.To == "" {
		return bad("to", "give the person's number with its country code", "to is missing")
	}
	if s.Composer == nil {
		return nothingHere
	}
	person, err := s.Composer.Recipient(r.Context(), phone, in.To)
	if refused, ok := errors.AsType[*Refusal](err); ok && refused.Code == wabridge.CodeParameter {
		return refused.answerTo("")
	} else if err != nil && !ok {
		return err
	}
	p, err := s.Store.PutPreference(r.Context(), wabridge.Preference{Phone: phone.ID, Number: person.Number, Value: value, At: time.Now()})
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, p)
	return nil
}

// phoneOf finds the phone that a parameter names; where there is only one it
// may be left out.
func (s *Server) phoneOf(ctx context.Context, field, id string) (wabridge.Phone, error) {
	if id != "" {
		p, err := s.Store.Phone(ctx, id)
		switch {
		case wabridge.CodeOf(err) == wabridge.CodeNotFound && s.Searching.On():
			err = searching()
		case wabridge.CodeOf(err) == wabridge.CodeNotFound:
			err = bad(field, "use one of GET /bridge/v1/phones", "%s is no phone of this gateway", field)
		}
		return p, err
	}
	all, err := s.Store.Phones(ctx)
	switch {
	case err != nil || len(all) == 1:
	case len(all) == 0 && s.Searching.On():
		err = searching()
	default:
		err = bad(field, "say which phone; GET /bridge/v1/phones lists them", "%s is missing", field)
	}
	if err != nil {
		return wabridge.Phone{}, err
	}
	return all[0], nil
}
