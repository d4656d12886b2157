package bridge

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/content"
	"github.com/wabridge/wabridge/queue"
)

// Limits of a campaign that is handed in.
const (
	maxCampaignBody = 32 << 20
	maxDestinations = 100_000
	maxTold         = 10_000 // errors and duplicates in the answer
	maxCampaignName = 200    // characters
	maxPriority     = queue.Urgent - 1
	campaignTTL     = 30 * 24 * time.Hour
	// campaignPriority lets other messages of the phone go first.
	campaignPriority = -10
	intakeStep       = 500 // destinations in one commit
	intakeTime       = time.Minute
)

// campaignInput is a campaign without its destinations.
type campaignInput struct {
	Phone      string                     `json:"phone_number_id"`
	Name       string                     `json:"name"`
	Paused     bool                       `json:"paused"`
	Duplicates bool                       `json:"allow_duplicates"`
	SendAt     *moment                    `json:"send_at"`
	Hours      *wabridge.Hours            `json:"allowed_hours"`
	TTL        *int64                     `json:"ttl"`
	Priority   *int                       `json:"priority"`
	Category   string                     `json:"category"`
	Message    map[string]json.RawMessage `json:"message"`
}

// members are where each member goes.
func (in *campaignInput) members() map[string]any {
	return map[string]any{
		"phone_number_id": &in.Phone, "name": &in.Name, "paused": &in.Paused, "allow_duplicates": &in.Duplicates,
		"send_at": &in.SendAt, "allowed_hours": &in.Hours, "ttl": &in.TTL, "priority": &in.Priority, "category": &in.Category,
		"message": &in.Message,
	}
}

// A moment is a time as RFC 3339 or Unix seconds.
type moment struct{ time.Time }

// UnmarshalJSON reads either form.
func (m *moment) UnmarshalJSON(raw []byte) error {
	s := strings.Trim(string(raw), `"`)
	if n, err := strconv.ParseInt(s, 10, 64); err == nil && n >= 0 && n < 1<<40 {
		m.Time = time.Unix(n, 0).UTC()
		return nil
	}
	t, err := time.Parse(time.RFC3339, s)
	m.Time = t
	return err
}

// A destination is one person of a campaign.
type destination struct {
	To        string    `json:"to"`
	Variables variables `json:"variables,omitempty"`
	Callback  string    `json:"biz_opaque_callback_data,omitempty"`
}

// variables are strings or numbers by name.
type variables map[string]string

// UnmarshalJSON writes numbers down as they are.
func (v *variables) UnmarshalJSON(raw []byte) error {
	var given map[string]json.RawMessage
	if err := json.Unmarshal(raw, &given); err != nil {
		return err
	}
	*v = variables{}
	for name, value := range given {
		var s string
		var n json.Number
		switch {
		case json.Unmarshal(value, &s) == nil:
		case json.Unmarshal(value, &n) == nil:
			s = n.String()
		default:
			return fmt.Errorf("a variable is neither a string nor a number")
		}
		(*v)[name] = s
	}
	return nil
}

// campaignAnswer is what came of handing a campaign in.
type campaignAnswer struct {
	Campaign   wabridge.Campaign  `json:"campaign"`
	Errors     []destinationError `json:"errors"`
	Duplicates []duplicate        `json:"duplicates"`
	// Truncated: the lists hold their first 10,000 only; the campaign counts all.
	Truncated bool `json:"truncated,omitempty"`
}

type destinationError struct {
	Index int              `json:"index"`
	To    string           `json:"to,omitempty"`
	Error destinationFault `json:"error"`
}

type destinationFault struct {
	Code    int    `json:"code"` // of the Cloud API
	Message string `json:"message"`
	Field   string `json:"field,omitempty"`
	Remedy  string `json:"remedy,omitempty"`
}

type duplicate struct {
	Index   int    `json:"index"`
	To      string `json:"to"`
	Message string `json:"message_id"` // the one that the person gets
}

// An intake is a campaign that is being handed in.
type intake struct {
	s     *Server
	w     *http.ResponseController
	token queue.Token
	key   string // the caller's, "" for none

	in      campaignInput
	phone   wabridge.Phone
	print   []byte // of all but the destinations
	pattern content.Pattern
	ready   wabridge.Message // the message, if it has no variables
	now     time.Time

	campaign wabridge.Campaign
	repeated bool
	next     int // index of the next destination
	refused  int
	drafts   []queue.Draft
	places   []place
	answer   campaignAnswer
	work     sync.WaitGroup // the commit that is under way, at most one
	err      error          // its outcome
	cut      bool           // not all duplicates could be told
}

// A place is where a draft stood.
type place struct {
	index int
	to    string
}

// postCampaign reads a campaign as a stream and puts it into the queue, 500
// destinations at a time, each time with one durable commit. With an
// Idempotency-Key a repeat goes on where an earlier call broke off; without
// one, what such a call left in the queue is canceled.
func (s *Server) postCampaign(w http.ResponseWriter, r *http.Request) error {
	token, err := s.admit(r, queue.ScopeSend)
	if err != nil {
		return err
	}
	i := &intake{s: s, w: http.NewResponseController(w), token: token, key: r.Header.Get("Idempotency-Key"), now: time.Now()}
	i.answer.Errors, i.answer.Duplicates = []destinationError{}, []duplicate{}
	if len(i.key) > 255 {
		return bad("Idempotency-Key", "use a UUID", "the Idempotency-Key is longer than 255 bytes")
	}
	err = i.read(r.Context(), http.MaxBytesReader(w, r.Body, maxCampaignBody))
	if last := i.wait(); err == nil {
		err = last
	}
	if err != nil {
		return i.brokenOff(r.Context(), err)
	}
	status := http.StatusCreated
	if i.repeated {
		status = http.StatusOK
		w.Header().Set("Idempotent-Replayed", "true")
	}
	s.Log.Info("campaign accepted", "campaign", i.campaign.ID, "accepted", i.answer.Campaign.Accepted, "refused", i.refused,
		"duplicates", i.answer.Campaign.Duplicates, "took", time.Since(i.now))
	writeJSON(w, status, i.answer)
	return nil
}

// read goes through the body.
func (i *intake) read(ctx context.Context, body io.Reader) error {
	i.prolong()
	d := json.NewDecoder(body)
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return bodyError(err)
	}
	members := i.in.members()
	var early []json.RawMessage
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return bodyError(err)
		}
		name, _ := t.(string)
		into, known := members[name]
		switch {
		case i.campaign.ID != "":
			return bad(name, "write destinations as the last member, or before message", "%s stands behind the destinations", name)
		case name == "destinations" && i.in.Message != nil:
			err = i.stream(ctx, d)
		case name == "destinations":
			err = bodyErrorOf(d.Decode(&early), name)
		case known:
			err = bodyErrorOf(d.Decode(into), name)
		default:
			err = bad(name, "see docs/campaigns.md for the members", "%s is not a member of a campaign", name)
		}
		if err != nil {
			return err
		}
	}
	if _, err := d.Token(); err != nil {
		return bodyError(err)
	}
	if i.campaign.ID == "" {
		if err := i.begin(ctx); err != nil {
			return err
		}
		for _, raw := range early {
			if err := i.take(ctx, raw); err != nil {
				return err
			}
		}
	}
	return i.end(ctx)
}

// stream reads the destinations one by one.
func (i *intake) stream(ctx context.Context, d *json.Decoder) error {
	if t, err := d.Token(); err != nil || t != json.Delim('[') {
		return bodyErrorOf(cmpErr(err), "destinations")
	}
	if err := i.begin(ctx); err != nil {
		return err
	}
	for d.More() {
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return bodyErrorOf(err, "destinations")
		}
		if err := i.take(ctx, raw); err != nil {
			return err
		}
	}
	_, err := d.Token()
	return bodyErrorOf(err, "destinations")
}

var errWrongType = errors.New("it has another type")

func cmpErr(err error) error {
	if err == nil {
		return errWrongType
	}
	return err
}

// bodyError is the answer to a body that cannot be read.
func bodyError(err error) error { return bodyErrorOf(cmpErr(err), "") }

func bodyErrorOf(err error, field string) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return &failure{Status: http.StatusRequestEntityTooLarge, Code: "too_large",
			Message: "the body is larger than 32 MiB", Remedy: "make several campaigns of it"}
	}
	if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return bad(join(field, e.Field), "see docs/campaigns.md for the types", "the member has the wrong type")
	}
	if field != "" {
		return bad(field, "see docs/campaigns.md for its form", "%s cannot be read", field)
	}
	return bad("", "send one JSON object as in docs/campaigns.md", "the body cannot be read as such an object")
}

// prolong lets the connection live on: large bodies take their time.
func (i *intake) prolong() {
	// not every writer has deadlines (tests)
	_ = i.w.SetReadDeadline(time.Now().Add(intakeTime))
	_ = i.w.SetWriteDeadline(time.Now().Add(intakeTime))
}

// begin checks all but the destinations and makes the campaign.
func (i *intake) begin(ctx context.Context) (err error) {
	if i.s.Composer == nil {
		return nothingHere
	}
	if err := i.in.check(); err != nil {
		return err
	}
	if i.phone, err = i.s.phoneOf(ctx, "phone_number_id", i.in.Phone); err != nil {
		return err
	}
	if err := i.compose(ctx); err != nil {
		return err
	}
	head, err := json.Marshal(i.in)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(head)
	i.print = sum[:]
	id := wabridge.NewUUID()
	if i.key != "" {
		id = campaignID(i.token.ID, i.key)
	}
	c := queue.NewCampaign{ID: id, Phone: i.phone.ID, Name: i.in.Name, Owner: i.token.ID, AllowDuplicates: i.in.Duplicates, Paused: i.in.Paused, Created: i.now}
	i.campaign, err = i.s.Store.PutCampaign(ctx, c)
	if i.key != "" && wabridge.CodeOf(err) == wabridge.CodeConflict {
		i.repeated = true
		i.campaign, err = i.s.Store.Campaign(ctx, id)
	}
	return err
}

// campaignID is the id of a key's campaign, a UUID made of a hash (RFC 9562,
// version 8).
func campaignID(owner, key string) string {
	b := sha256.Sum256([]byte("campaign\n" + owner + "\n" + key))
	b[6], b[8] = b[6]&0x0f|0x80, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:16])
}

// categories are those of messages; "" is service.
var categories = []string{"", "service", "utility", "marketing", "authentication"}

func (in *campaignInput) check() error {
	in.Name = strings.TrimSpace(in.Name)
	switch {
	case in.Message == nil:
		return bad("message", `give it as in {"type":"text","text":{"body":"Hi {name}"}}`, "message is missing")
	case len([]rune(in.Name)) > maxCampaignName:
		return bad("name", "choose a shorter one", "name has more than %d characters", maxCampaignName)
	case in.TTL != nil && (*in.TTL < 1 || *in.TTL > int64(campaignTTL.Seconds())):
		return bad("ttl", "give seconds from send_at on, or leave it out for 30 days", "ttl must be between 1 and %d", int64(campaignTTL.Seconds()))
	case in.Priority != nil && (*in.Priority > maxPriority || *in.Priority < -maxPriority):
		return bad("priority", "leave it out for -10, behind all single messages", "priority must be between %d and %d", -maxPriority, maxPriority)
	case !slices.Contains(categories, in.Category):
		return bad("category", "use service, utility, marketing or authentication", "category is not known")
	}
	if err := queue.CheckHours(in.Hours); err != nil {
		return bad("allowed_hours", `write them as in {"ranges":[["09:00","21:00"]],"time_zone":"Europe/Berlin"}`, "%s", err.Error())
	}
	if in.Category == "service" {
		in.Category = ""
	}
	return nil
}

// compose makes the message at once, if it is the same for all.
func (i *intake) compose(ctx context.Context) error {
	raw, err := json.Marshal(i.in.Message)
	if err != nil {
		return err
	}
	if i.pattern, err = content.ReadPattern(raw); err != nil || len(i.pattern.Variables()) > 0 {
		return err
	}
	i.ready, err = i.s.Composer.Compose(ctx, i.phone, i.in.Message)
	if refused, ok := errors.AsType[*Refusal](err); ok {
		return refused.answerTo("message")
	}
	return err
}

// take deals with one destination.
func (i *intake) take(ctx context.Context, raw json.RawMessage) error {
	index := i.next
	if i.next++; i.next > maxDestinations {
		return bad("destinations", "make several campaigns of it", "there are more than %d destinations", maxDestinations)
	}
	var to destination
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	err := error(&Refusal{Code: wabridge.CodeParameter, Message: Title(wabridge.CodeParameter), Remedy: "write it as in docs/campaigns.md"})
	if d.Decode(&to) == nil {
		err = i.draft(ctx, index, to)
	}
	if refused, ok := errors.AsType[*Refusal](err); ok {
		i.refuse(index, to.To, refused)
		return nil
	}
	if err != nil || len(i.drafts) < intakeStep {
		return err
	}
	return i.commit(ctx)
}

// maxCallback bounds biz_opaque_callback_data, in characters, as the Cloud API
// does.
const maxCallback = 512

func (i *intake) draft(ctx context.Context, index int, to destination) error {
	if to.To == "" {
		return &Refusal{Code: wabridge.CodeParameter, Message: Title(wabridge.CodeParameter), Field: "to", Remedy: "give the person's number with its country code"}
	}
	if len([]rune(to.Callback)) > maxCallback {
		return &Refusal{Code: wabridge.CodeParameter, Message: Title(wabridge.CodeParameter), Field: "biz_opaque_callback_data", Remedy: "send at most 512 characters"}
	}
	person, err := i.s.Composer.Recipient(ctx, i.phone, to.To)
	if err != nil {
		return err
	}
	m, err := i.message(ctx, to.Variables)
	if err != nil {
		return err
	}
	m.Chat, m.Number, m.Input, m.Callback = person.Chat, person.Number, person.Input, to.Callback
	i.schedule(&m)
	d := queue.Draft{Message: m}
	if i.key != "" {
		d.Owner, d.Key, d.Print = i.token.ID, i.campaign.ID+"/"+strconv.Itoa(index), i.printOf(to)
	}
	i.drafts, i.places = append(i.drafts, d), append(i.places, place{index, to.To})
	return nil
}

// message is what one person gets.
func (i *intake) message(ctx context.Context, values variables) (wabridge.Message, error) {
	if len(i.pattern.Variables()) == 0 {
		return i.ready, nil
	}
	raw, missing := i.pattern.Fill(values)
	if len(missing) > 0 {
		return wabridge.Message{}, &Refusal{Code: wabridge.CodeParamCount, Message: Title(wabridge.CodeParamCount), Field: "variables." + missing[0],
			Remedy: "give a value for each variable of the message: " + strings.Join(i.pattern.Variables(), ", ")}
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal(raw, &object); err != nil {
		return wabridge.Message{}, err
	}
	m, err := i.s.Composer.Compose(ctx, i.phone, object)
	if refused, ok := errors.AsType[*Refusal](err); ok {
		below := *refused
		below.Field = join("message", below.Field)
		return m, &below
	}
	return m, err
}

// schedule adds what the campaign says of all its messages.
func (i *intake) schedule(m *wabridge.Message) {
	m.Campaign, m.Hours, m.Priority = i.campaign.ID, i.in.Hours, campaignPriority
	if i.in.Priority != nil {
		m.Priority = *i.in.Priority
	}
	if i.in.Category != "" {
		m.Category = i.in.Category
	}
	start := i.now
	if i.in.SendAt != nil && i.in.SendAt.After(i.now) {
		start = i.in.SendAt.Time
		m.Due = start
		m.Expires = m.Expires.Add(start.Sub(i.now))
	}
	if i.in.TTL != nil {
		if until := start.Add(time.Duration(*i.in.TTL) * time.Second); m.Expires.IsZero() || until.Before(m.Expires) {
			m.Expires = until
		}
	}
}

// printOf tells two requests with one key apart.
func (i *intake) printOf(to destination) string {
	h := sha256.New()
	h.Write(i.print)
	_ = json.NewEncoder(h).Encode(to) // strings always can be
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

func (i *intake) refuse(index int, to string, r *Refusal) {
	i.refused++
	if len(i.answer.Errors) >= maxTold {
		i.answer.Truncated = true
		return
	}
	i.answer.Errors = append(i.answer.Errors, destinationError{index, to,
		destinationFault{int(r.Code.Cloud()), r.Message, join("destinations["+strconv.Itoa(index)+"]", r.Field), r.Remedy}})
}

// commit puts what was gathered into the queue, durably, while the next
// destinations are read. It waits for the commit before, whose error it
// returns; wait is for the last one.
func (i *intake) commit(ctx context.Context) error {
	if err := i.wait(); err != nil || len(i.drafts) == 0 {
		return err
	}
	i.prolong()
	drafts, places := i.drafts, i.places
	i.drafts, i.places = make([]queue.Draft, 0, intakeStep), make([]place, 0, intakeStep)
	i.work.Go(func() {
		var accepted []queue.Accepted
		accepted, i.err = i.s.Store.Enqueue(ctx, drafts...)
		i.note(accepted, places)
	})
	return nil
}

func (i *intake) wait() error {
	i.work.Wait()
	return i.err
}

// note tells of the duplicates among what was accepted.
func (i *intake) note(accepted []queue.Accepted, places []place) {
	for n, a := range accepted {
		switch {
		case !a.Duplicate:
		case len(i.answer.Duplicates) >= maxTold:
			i.cut = true
		default:
			i.answer.Duplicates = append(i.answer.Duplicates, duplicate{places[n].index, places[n].to, a.Message.ID})
		}
	}
}

// end commits the rest and says that all was handed in, once.
func (i *intake) end(ctx context.Context) error {
	if i.next == 0 {
		return bad("destinations", `give them as in [{"to":"+15551234567"}]`, "there are no destinations")
	}
	err := i.commit(ctx)
	if err == nil {
		err = i.wait()
	}
	if err != nil {
		return err
	}
	i.answer.Truncated = i.answer.Truncated || i.cut
	if !i.campaign.Loaded.IsZero() {
		i.answer.Campaign, err = i.s.Store.Campaign(ctx, i.campaign.ID)
		return err
	}
	i.answer.Campaign, err = i.s.Store.LoadedCampaign(ctx, i.campaign.ID, i.refused, time.Now())
	return err
}

// brokenOff sees to a campaign of which only a part was accepted.
func (i *intake) brokenOff(ctx context.Context, err error) error {
	if i.campaign.ID == "" {
		return err
	}
	f := *failureOf(err)
	f.Campaign = i.campaign.ID
	if i.key != "" {
		if wabridge.CodeOf(err) == wabridge.CodeConflict {
			f.Message = "the Idempotency-Key was used for another campaign, or this one was canceled"
			f.Remedy = "use a new key for a new campaign"
		}
		return &f
	}
	bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), turnTime)
	defer cancel()
	if _, cerr := i.s.Store.CancelCampaign(bounded, i.campaign.ID, time.Now()); cerr != nil {
		return errors.Join(err, fmt.Errorf("cancel campaign %s, which was not read to its end: %w", i.campaign.ID, cerr))
	}
	f.Message += "; what the queue had taken of the campaign was canceled"
	return &f
}
