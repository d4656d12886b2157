package cloud

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/bridge"
	"github.com/wabridge/wabridge/content"
	"github.com/wabridge/wabridge/queue"
)

// sent is the answer to an accepted message (contract, section 2). A 200 means
// accepted, not sent.
type sent struct {
	Product  string        `json:"messaging_product"`
	Contacts []sentContact `json:"contacts"`
	Messages []sentMessage `json:"messages"`
}

type sentContact struct {
	Input string `json:"input"`
	WaID  string `json:"wa_id"`
}

type sentMessage struct {
	ID     string `json:"id"`
	Group  string `json:"group_id,omitempty"`
	Status string `json:"message_status,omitempty"` // of a template
	// Filename is the name that the recipient of a document sees: it may be cut
	// or changed.
	Filename string `json:"filename,omitempty"`
}

var success = []byte(`{"success":true}`)

// send is POST (or PUT) /{phone}/messages: it accepts a message, or marks an
// incoming one read.
func (a *api) send(w http.ResponseWriter, r *http.Request) error {
	token, err := a.authorize(r)
	if err != nil {
		return err
	}
	phone, err := a.phone(r)
	if err != nil {
		return err
	}
	p, err := readParams(w, r)
	if err != nil {
		return err
	}
	if err := p.product(); err != nil {
		return err
	}
	if p.has("status") {
		return a.markRead(w, r, phone, p)
	}
	draft, c, err := a.draft(r, token, phone, p)
	if err != nil {
		return err
	}
	accepted, ok, err := a.Store.Repeated(r.Context(), draft)
	if err != nil {
		return err
	}
	if !ok {
		if accepted, err = a.accept(r.Context(), token, phone, p, draft, c); err != nil {
			return err
		}
	}
	return answerSent(w, accepted)
}

// accept holds a new message to what is so now, counts it, gets its file and
// commits it.
func (a *api) accept(ctx context.Context, token queue.Token, phone wabridge.Phone, p params, draft queue.Draft, c content.Content) (queue.Accepted, error) {
	carried, err := a.settle(ctx, phone, p, &draft.Message, c)
	if err != nil {
		return queue.Accepted{}, err
	}
	giveBack, err := a.take(token, &draft.Message)
	if err != nil {
		return queue.Accepted{}, err
	}
	if err := a.attach(ctx, &draft.Message, carried); err != nil {
		giveBack()
		return queue.Accepted{}, err
	}
	bridge.LogRenamed(ctx, a.Log, &draft.Message)
	accepted, err := a.Store.Enqueue(ctx, draft)
	if err != nil {
		giveBack()
		return queue.Accepted{}, err
	}
	if accepted[0].Repeated { // another request with this key was quicker
		giveBack()
	}
	return accepted[0], nil
}

// answerSent answers after the message is committed.
func answerSent(w http.ResponseWriter, accepted queue.Accepted) error {
	m := accepted.Message
	if accepted.Repeated {
		w.Header().Set("Idempotent-Replayed", "true")
	}
	waID := m.Number
	if m.Group != "" {
		waID = m.Group
	}
	answer := sentMessage{ID: m.ID, Group: m.Group}
	if m.Type == "template" {
		answer.Status = "accepted"
	}
	if bridge.IsDocument(&m) {
		answer.Filename = m.Media.Name
	}
	body, err := json.Marshal(sent{"whatsapp", []sentContact{{m.Input, waID}}, []sentMessage{answer}})
	if err != nil {
		return err
	}
	write(w, http.StatusOK, body)
	return nil
}

// product checks messaging_product.
func (p params) product() error {
	if !p.has("messaging_product") {
		return required("messaging_product", `set it to "whatsapp"`)
	}
	product, err := p.text("messaging_product")
	if err != nil {
		return err
	}
	if !strings.EqualFold(product, "whatsapp") {
		return say(wabridge.CodeParameter, `(#100) Param messaging_product must be one of {WHATSAPP} - got "`+brief(product)+`".`,
			`messaging_product: set it to "whatsapp"`)
	}
	return nil
}

// draft makes the row of a message of what the request says alone, so that a
// repeated request makes the same one, whatever else has changed.
func (a *api) draft(r *http.Request, token queue.Token, phone wabridge.Phone, p params) (d queue.Draft, c content.Content, err error) {
	to, err := a.recipient(r.Context(), phone, p)
	if err != nil {
		return d, c, err
	}
	kind, err := p.kind()
	if err != nil {
		return d, c, err
	}
	if c, err = content.Parse(kind, p[kind]); err != nil {
		return d, c, err
	}
	d.Message = wabridge.Message{
		Phone: phone.ID, Direction: wabridge.Out,
		Chat: to.chat(), Number: to.number, Group: to.group, Input: to.input,
		Type: kind, Body: c.Carry().Body, Expires: time.Now().Add(a.TTL),
	}
	if d.Message.Callback, err = p.callback(); err != nil {
		return d, c, err
	}
	if _, err := p.text("recipient_identity_key_hash"); err != nil {
		return d, c, err
	}
	if d.Key, err = idempotencyKey(r); err != nil {
		return d, c, err
	}
	d.Owner, d.Print = token.ID, fingerprint(&d.Message, p)
	return d, c, nil
}

// settle adds to a new message what is known now (templates, earlier messages),
// and says what stands against it.
func (a *api) settle(ctx context.Context, phone wabridge.Phone, p params, m *wabridge.Message, c content.Content) (content.Carried, error) {
	if err := able(phone); err != nil {
		return content.Carried{}, err
	}
	if err := a.barred(ctx, phone, m.Number); err != nil {
		return content.Carried{}, err
	}
	carried := c.Carry()
	var err error
	if c.Template != nil {
		if carried, err = a.render(ctx, phone, c.Template, m); err != nil {
			return carried, err
		}
	}
	m.Text, m.Choices = wabridge.Text(carried.Text), carried.Choices
	if m.Type == "reaction" {
		m.Context = carried.Target
		return carried, a.reactable(ctx, m)
	}
	m.Context, err = a.quoted(ctx, phone, m.Chat, p)
	return carried, err
}

// able says whether the phone's account can send at all. A phone that is
// offline or paused still takes messages: they wait.
func able(phone wabridge.Phone) error {
	if phone.State != wabridge.PhoneAttention {
		return nil
	}
	switch phone.Code {
	case wabridge.CodeNotRegistered:
		if phone.Reason == deregistered {
			return refuse(phone.Code, "%s", deregistered)
		}
		return refuse(phone.Code, "the phone is logged out of WhatsApp: register its number again on the phone, then send")
	case wabridge.CodeLocked:
		return refuse(phone.Code, "WhatsApp has banned this account: open the app on the phone to see why")
	}
	return nil
}

// recipient finds out who is meant.
func (a *api) recipient(ctx context.Context, phone wabridge.Phone, p params) (recipient, error) {
	kind, err := p.text("recipient_type")
	if err != nil {
		return recipient{}, err
	}
	input, err := p.text("to")
	if err != nil {
		return recipient{}, err
	}
	if strings.TrimSpace(input) == "" {
		if p.has("recipient") {
			return recipient{}, refuse(wabridge.CodeValue, "recipient: a business-scoped user id cannot be reached through a phone; give the phone number in to")
		}
		return recipient{}, required("to", "give the recipient's phone number with country code, or a group's id with recipient_type group")
	}
	to := recipient{input: input}
	switch strings.ToLower(kind) {
	case "group":
		to.group, err = groupOf(strings.TrimSpace(input))
		return to, err
	case "", "individual":
	default:
		return to, say(wabridge.CodeParameter, `(#100) Param recipient_type must be one of {INDIVIDUAL, GROUP} - got "`+brief(kind)+`".`,
			"recipient_type: set it to individual or group, or leave it out")
	}
	to.number, err = a.readNumber(ctx, phone, input)
	if err == nil && wabridge.SameNumber(to.number, phone.Number) {
		err = refuse(wabridge.CodeSelf, "to: this is the sending phone's own number; write to another one")
	}
	return to, err
}

// maxCallback bounds biz_opaque_callback_data, in characters.
const maxCallback = 512

func (p params) callback() (string, error) {
	s, err := p.text("biz_opaque_callback_data")
	if err != nil {
		return "", err
	}
	if runes(s) > maxCallback {
		return "", say(wabridge.CodeParameter, "(#100) Param biz_opaque_callback_data must be at most 512 characters long.",
			"biz_opaque_callback_data: it has %d characters; send an id and keep the rest on your side", runes(s))
	}
	return s, nil
}

// quoted finds the message that is to be quoted. An unknown one is not an
// error: the message goes out unquoted (contract, section 2.1).
func (a *api) quoted(ctx context.Context, phone wabridge.Phone, chat string, p params) (string, error) {
	c, err := p.object("context")
	if err != nil || c == nil {
		return "", err
	}
	id, err := c.text("message_id")
	if err != nil || id == "" {
		return "", err
	}
	m, err := a.known(ctx, phone.ID, chat, id)
	if err != nil || m == nil {
		return "", err
	}
	return id, nil
}

// known finds a message of a chat; nil if the chat has none with this id.
func (a *api) known(ctx context.Context, phone, chat, id string) (*wabridge.Message, error) {
	m, err := a.Store.Message(ctx, id)
	switch {
	case wabridge.CodeOf(err) == wabridge.CodeNotFound:
		return nil, nil
	case err != nil:
		return nil, err
	case m.Phone != phone || m.Chat != chat && !wabridge.SameNumber(wabridge.NumberOf(m.Chat), wabridge.NumberOf(chat)):
		return nil, nil
	}
	return &m, nil
}

// idempotencyKey reads the header Idempotency-Key, an addition of ours.
func idempotencyKey(r *http.Request) (string, error) {
	key := r.Header.Get("Idempotency-Key")
	if len(key) > 255 {
		return "", say(wabridge.CodeParameter, "(#100) Invalid parameter", "Idempotency-Key: it is longer than 255 bytes; use a UUID")
	}
	return key, nil
}

// fingerprint tells two requests with one key apart: all that the caller can
// set, in the form in which it was understood.
func fingerprint(m *wabridge.Message, p params) string {
	h := sha256.New()
	quoted := string(p["context"])
	for _, part := range []string{m.Phone, m.Chat, m.Input, m.Type, string(m.Body), m.Callback, quoted} {
		h.Write(strconv.AppendInt(nil, int64(len(part)), 10))
		h.Write([]byte{':'})
		h.Write([]byte(part))
	}
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

// markRead is the form of the call with status: read. The phone shows a chat's
// messages as read once the chat is opened, which Config.Read may see to.
func (a *api) markRead(w http.ResponseWriter, r *http.Request, phone wabridge.Phone, p params) error {
	status, err := p.text("status")
	if err != nil {
		return err
	}
	if !strings.EqualFold(status, "read") {
		return say(wabridge.CodeParameter, `(#100) Param status must be one of {READ} - got "`+brief(status)+`".`, "status: set it to read")
	}
	id, err := p.text("message_id")
	if err != nil {
		return err
	}
	if id == "" {
		return required("message_id", "give the id of the incoming message that was read")
	}
	if err := p.typing(); err != nil {
		return err
	}
	m, err := a.Store.Message(r.Context(), id)
	if err != nil && wabridge.CodeOf(err) != wabridge.CodeNotFound {
		return err
	}
	if err != nil || m.Phone != phone.ID || m.Direction != wabridge.In {
		return refuse(wabridge.CodeValue, "message_id: this phone has received no message with this id")
	}
	if a.Read != nil {
		a.Read(phone.ID, m)
	}
	write(w, http.StatusOK, success)
	return nil
}

// typing checks a typing indicator.
func (p params) typing() error {
	t, err := p.object("typing_indicator")
	if err != nil || t == nil {
		return err
	}
	kind, err := t.text("type")
	if err != nil {
		return err
	}
	if !strings.EqualFold(kind, "text") {
		return say(wabridge.CodeParameter, `(#100) Param typing_indicator['type'] must be one of {TEXT} - got "`+brief(kind)+`".`,
			"typing_indicator.type: set it to text")
	}
	return nil
}
