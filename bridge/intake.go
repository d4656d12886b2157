package bridge

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
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
