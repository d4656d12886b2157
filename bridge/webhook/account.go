package webhook

import (
	"encoding/json"
	"fmt"

	"github.com/wabridge/wabridge"
)

// account renders an account event: its value stands in it as it is sent.
func account(ev wabridge.Event) (field string, value any, err error) {
	d, err := accountData(ev)
	return d.Field, d.Value, err
}

func accountData(ev wabridge.Event) (d wabridge.AccountData, err error) {
	if err := json.Unmarshal(ev.Data, &d); err != nil {
		return d, fmt.Errorf("account data: %w", err)
	}
	return d, nil
}

// An alert is the value of account_alerts (its shape is from memory of Meta's
// pages, not from the contract).
type alert struct {
	Entity string    `json:"entity_type"`
	ID     string    `json:"entity_id"`
	Info   alertInfo `json:"alert_info"`
}

type alertInfo struct {
	Severity    string `json:"alert_severity"` // CRITICAL, WARNING, INFORMATIONAL
	Status      string `json:"alert_status"`   // ACTIVE, NONE
	Type        string `json:"alert_type"`
	Description string `json:"alert_description"`
}

// A restriction is the value of account_update when WhatsApp has locked the
// account. Until when, the phone does not say.
type restriction struct {
	Event string            `json:"event"`
	Phone string            `json:"phone_number,omitempty"`
	Info  []restrictionInfo `json:"restriction_info"`
}

type restrictionInfo struct {
	Type string `json:"restriction_type"`
}

// phoneChange renders a phone's new state: account_update if WhatsApp has
// restricted the account, else account_alerts. A phone that starts is no news.
func phoneChange(ev wabridge.Event, phone wabridge.Phone) (field string, value any, err error) {
	var d wabridge.PhoneData
	if err := json.Unmarshal(ev.Data, &d); err != nil {
		return "", nil, fmt.Errorf("phone data: %w", err)
	}
	if d.State == wabridge.PhoneAttention && d.Code == wabridge.CodeLocked {
		return FieldAccountUpdate, restriction{"ACCOUNT_RESTRICTION", phone.Number, []restrictionInfo{{"RESTRICTED_BIZ_INITIATED_MESSAGING"}}}, nil
	}
	info, ok := alerts[d.State]
	if !ok || d.State == wabridge.PhoneReady && d.Previous == wabridge.PhoneStarting {
		return "", nil, nil
	}
	if d.State == wabridge.PhoneAttention && d.Code == wabridge.CodeNotRegistered {
		info.Type = "PHONE_NUMBER_LOGGED_OUT"
	}
	info.Description = firstOf(d.Reason, info.Description)
	return FieldAccountAlerts, alert{"PHONE_NUMBER", ev.Phone, info}, nil
}

// alerts are the phone's states in the words of account_alerts; the types are
// ours, for the Cloud API has no phones.
var alerts = map[wabridge.PhoneState]alertInfo{
	wabridge.PhoneReady:     {"INFORMATIONAL", "NONE", "PHONE_NUMBER_READY", "the phone can send again"},
	wabridge.PhoneOffline:   {"WARNING", "ACTIVE", "PHONE_NUMBER_OFFLINE", "the phone cannot be reached"},
	wabridge.PhonePaused:    {"INFORMATIONAL", "ACTIVE", "PHONE_NUMBER_PAUSED", "the phone is paused"},
	wabridge.PhoneAttention: {"CRITICAL", "ACTIVE", "PHONE_NUMBER_NEEDS_ATTENTION", "a person must act on the phone"},
}
