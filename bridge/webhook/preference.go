package webhook

import (
	"encoding/json"
	"fmt"

	"github.com/wabridge/wabridge"
)

// FieldPreferences says that somebody wants no campaigns, or wants them again.
const FieldPreferences = "user_preferences"

// A preference is one entry of value.user_preferences (contract: webhook
// samples). Its timestamp is a number, unlike all others.
type preference struct {
	WaID      string `json:"wa_id"`
	Detail    string `json:"detail"`
	Category  string `json:"category"`
	Value     string `json:"value"` // stop, resume
	Timestamp int64  `json:"timestamp"`
}

// addPreference puts somebody's wish into the value.
func addPreference(val *value, ev wabridge.Event) (field string, err error) {
	var p wabridge.Preference
	if err := json.Unmarshal(ev.Data, &p); err != nil {
		return "", fmt.Errorf("preference data: %w", err)
	}
	number := firstOf(p.Number, wabridge.NumberOf(p.Chat))
	who := p.Chat
	if number != "" {
		who = wabridge.UserJID(number)
	}
	val.Contacts = []contact{{Profile: profile{Name: number}, WaID: number, UserID: UserID(who)}}
	val.Preferences = []preference{{WaID: number, Detail: "User requested to " + p.Value + " marketing messages", Category: "marketing_messages",
		Value: p.Value, Timestamp: p.At.Unix()}}
	return FieldPreferences, nil
}
