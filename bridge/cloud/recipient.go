package cloud

import (
	"context"
	"errors"
	"regexp"
	"strings"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/bridge"
	"github.com/wabridge/wabridge/phonenumber"
)

// A recipient is where a message goes.
type recipient struct {
	input  string // as the caller wrote it
	number string // canonical digits; empty for a group
	group  string // "<id>@g.us"; empty for a person
}

func (to recipient) chat() string {
	if to.group != "" {
		return to.group
	}
	return wabridge.UserJID(to.number)
}

var groupID = regexp.MustCompile(`^[0-9]{8,20}(-[0-9]{8,12})?(@g\.us)?$`)

// groupOf reads a group's id, with or without its @g.us.
func groupOf(to string) (string, error) {
	if !groupID.MatchString(to) {
		return "", say(wabridge.CodeParameter, "(#100) Invalid parameter",
			"to: with recipient_type group it must be a group's id as webhooks and events give it, like 120363012345678901@g.us")
	}
	return strings.TrimSuffix(to, "@g.us") + "@g.us", nil
}

// readNumber reads a person's number for a message from the phone.
func (a *api) readNumber(ctx context.Context, phone wabridge.Phone, to string) (string, error) {
	digits, err := bridge.ReadRecipient(ctx, a.Store, phone, to)
	if bad, ok := errors.AsType[*phonenumber.Error](err); ok {
		return "", say(wabridge.CodeParameter, "(#100) Invalid parameter", "to: %s", bad.Remedy)
	}
	return digits, err
}
