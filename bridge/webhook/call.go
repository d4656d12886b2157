package webhook

import (
	"encoding/json"
	"fmt"

	"github.com/wabridge/wabridge"
)

// A call is one entry of value.calls. There is no session: a call is answered
// on the phone, and what was spoken there this program does not know.
type call struct {
	ID        string `json:"id"`
	From      string `json:"from,omitempty"`
	FromUser  string `json:"from_user_id,omitempty"`
	To        string `json:"to"`
	Event     string `json:"event"` // connect, terminate
	Timestamp string `json:"timestamp"`
	Direction string `json:"direction"`
	Status    string `json:"status,omitempty"` // of a terminate: FAILED for a missed call
}

// addCall puts an incoming call into the value: connect while it rings;
// terminate with FAILED if it was missed; terminate without a status if it
// ended otherwise, for whether somebody answered it cannot be seen.
func addCall(val *value, ev wabridge.Event, phone wabridge.Phone) (field string, err error) {
	var c wabridge.Call
	if err := json.Unmarshal(ev.Data, &c); err != nil {
		return "", fmt.Errorf("call data: %w", err)
	}
	number := firstOf(c.Number, wabridge.NumberOf(c.Chat))
	who := firstOf(c.Chat, "call\x00"+c.Name)
	if number != "" {
		who = wabridge.UserJID(number)
	}
	val.Contacts = []contact{{Profile: profile{Name: firstOf(c.Name, number)}, WaID: number, UserID: UserID(who)}}
	out := call{ID: c.ID, From: number, To: phone.Number, Event: "terminate", Timestamp: seconds(c.At, ev.At), Direction: "USER_INITIATED"}
	if number == "" {
		out.FromUser = UserID(who)
	}
	switch c.State {
	case wabridge.CallRinging:
		out.Event = "connect"
	case wabridge.CallMissed:
		out.Status = "FAILED"
	}
	val.Calls = []call{out}
	return FieldCalls, nil
}
