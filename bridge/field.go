package bridge

import (
	"slices"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

// AllFields in an endpoint's fields stands for every field there is.
const AllFields = "*"

// defaultFields are what an endpoint without fields gets: the one field that
// every receiver of WhatsApp messages knows. The others have to be asked for,
// because there are receivers that answer an unknown one with an error.
var defaultFields = []string{"messages"}

// fields are what an endpoint may subscribe to (contract, section 8.1). Those
// that this gateway has nothing to say about never come.
var fields = []string{
	"account_alerts", "account_review_update", "account_settings_update", "account_update", "automatic_events", "business_capability_update",
	"business_status_update", "calls", "flows", "group_lifecycle_update", "group_participants_update", "group_settings_update", "group_status_update",
	"history", "message_echoes", "message_template_components_update", "message_template_quality_update", "message_template_status_update",
	"messages", "messaging_handovers", "partner_solutions", "payment_configuration_update", "phone_number_name_update",
	"phone_number_quality_update", "security", "smb_app_state_sync", "smb_message_echoes", "template_category_update",
	"template_correct_category_detection", "tracking_events", "user_preferences",
}

// KnownField reports whether the Cloud API has a webhook field of that name.
func KnownField(name string) bool { return name == AllFields || slices.Contains(fields, name) }

// FieldsOf lists the fields that an endpoint gets.
func FieldsOf(e queue.Endpoint) []string {
	switch {
	case len(e.Fields) == 0:
		return slices.Clone(defaultFields)
	case slices.Contains(e.Fields, AllFields):
		return slices.Clone(fields)
	}
	return slices.Clone(e.Fields)
}

// Wants reports whether an endpoint gets a field.
func Wants(e queue.Endpoint, field string) bool {
	if len(e.Fields) == 0 {
		return slices.Contains(defaultFields, field)
	}
	return slices.Contains(e.Fields, field) || slices.Contains(e.Fields, AllFields)
}

// Covers reports whether an endpoint speaks of a phone. Its Phones may name
// phone ids and, for the scope waba, WABA ids; none means all.
func Covers(e queue.Endpoint, phone wabridge.Phone) bool {
	return len(e.Phones) == 0 || slices.Contains(e.Phones, phone.ID) || e.Scope == "waba" && slices.Contains(e.Phones, phone.WABA)
}
