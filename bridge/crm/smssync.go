package crm

import (
	"crypto/subtle"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// smssync is the preset smssync: Ushahidi's SMSsync (ushahidi/SMSSync,
// website-src/content/developers/index.md, and ProcessMessageResult.java for
// what the app itself does).
type smssync struct{ cfg Config }

// Codes of a message_result. The page's sample has 0 for done, -1 for not
// known, and others for Android's reasons; any failure here is 1.
const (
	smsDone    = 0
	smsFailed  = 1
	smsUnknown = -1
)

type smsResult struct {
	UUID             string `json:"uuid"`
	SentCode         int    `json:"sent_result_code"`
	SentMessage      string `json:"sent_result_message"`
	DeliveredCode    int    `json:"delivered_result_code"`
	DeliveredMessage string `json:"delivered_result_message"`
}

// task is the address of a task. The app sends its secret with task=result
// and in the form of an incoming message; here it goes with each.
func (w smssync) task(name string) string {
	if w.cfg.Secret == "" {
		return withQuery(w.cfg.URL, "task", name)
	}
	return withQuery(w.cfg.URL, "task", name, "secret", w.cfg.Secret)
}

func (w smssync) fetch() call {
	return call{kind: fetching, method: http.MethodGet, url: w.task("send")}
}

// items reads the tasks of an answer. The secret of a task, where the
// configuration has one, must be that.
func (w smssync) items(k kind, body []byte) ([]item, error) {
	if k == reporting {
		return nil, nil // message_uuids: what the server has taken off its queue
	}
	var got struct {
		Payload *struct {
			Success  json.RawMessage   `json:"success"`
			Task     string            `json:"task"`
			Secret   string            `json:"secret"`
			Messages []json.RawMessage `json:"messages"`
		} `json:"payload"`
	}
	if err := json.Unmarshal(body, &got); err != nil || got.Payload == nil {
		if k == fetching && len(strings.TrimSpace(string(body))) == 0 {
			return nil, nil // a server that has nothing may say nothing
		}
		return nil, notProtocol(body, err)
	}
	pay := got.Payload
	if k == posting {
		if s, _ := scalar(pay.Success); string(pay.Success) != "true" && s != "true" {
			return nil, errNotTaken
		}
	}
	if pay.Task != "send" || len(pay.Messages) == 0 {
		return nil, nil
	}
	if w.cfg.Secret != "" && k == fetching && subtle.ConstantTimeCompare([]byte(pay.Secret), []byte(w.cfg.Secret)) == 0 {
		return nil, errWrongSecret
	}
	return renamed(pay.Messages, map[string]string{"uuid": "id", "to": "to", "message": "text"}), nil
}

func (w smssync) results(list []result) ([]call, error) {
	var queued []string
	var done []smsResult
	for _, r := range list {
		s := smsResult{UUID: r.ID, DeliveredCode: smsUnknown}
		switch r.Status {
		case wordAccepted:
			queued = append(queued, r.ID)
			continue
		case wordRejected:
			queued = append(queued, r.ID) // it is taken off the server's queue by that alone
			s.SentCode, s.SentMessage = smsFailed, r.Error.Details
		case wordFailed:
			s.SentCode, s.SentMessage = smsFailed, r.Error.Details
		case wordSent:
			s.SentCode, s.SentMessage = smsDone, "sent"
		default:
			s.SentCode, s.SentMessage, s.DeliveredCode, s.DeliveredMessage = smsDone, "sent", smsDone, r.Status
		}
		done = append(done, s)
	}
	var calls []call
	add := func(task string, v any) error {
		body, err := json.Marshal(v)
		calls = append(calls, call{kind: reporting, method: http.MethodPost, url: w.task(task), body: body, contentType: jsonType})
		return err
	}
	if len(queued) > 0 {
		if err := add("sent", map[string]any{"queued_messages": queued}); err != nil {
			return nil, err
		}
	}
	if len(done) > 0 {
		if err := add("result", map[string]any{"message_result": done}); err != nil {
			return nil, err
		}
	}
	return calls, nil
}

func (w smssync) incoming(list []incoming) (call, error) {
	in := list[0] // most says: one at a time
	from := in.From
	if in.number {
		from = "+" + from
	}
	form := url.Values{
		"from": {from}, "message": {in.Text}, "message_id": {in.ID}, "sent_to": {in.To},
		"secret": {w.cfg.Secret}, "device_id": {in.Phone}, "sent_timestamp": {strconv.FormatInt(in.Timestamp*1000, 10)},
	}
	return call{kind: posting, method: http.MethodPost, url: w.cfg.URL, body: []byte(form.Encode()), contentType: "application/x-www-form-urlencoded"}, nil
}

func (w smssync) most() (int, int)  { return 50, 1 }
func (w smssync) tells(string) bool { return true }
func (w smssync) takes(in incoming) bool {
	return in.Group == "" && !in.Incidental
}

func (w smssync) field(name string) string {
	switch name {
	case "id":
		return "uuid"
	case "text":
		return "message"
	}
	return name
}
