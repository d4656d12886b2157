package bridge

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/content"
	"github.com/wabridge/wabridge/queue"
)

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
