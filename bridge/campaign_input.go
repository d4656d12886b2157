package bridge

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
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
