package cloud

import (
	"regexp"
	"strings"
	"sync"
	"unicode"

	"github.com/nyaruka/phonenumbers"

	"github.com/wabridge/wabridge"
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

// numberOf reads a phone number as the Cloud API does (contract, section 2):
// "+", "-", "(", ")" and spaces may be in it, and without "+" the country code
// of the business's own number is put before it if it is needed. A number
// without "+" that is valid as it stands, country code first, is taken so:
// that is how wa_id is written. known tells whether somebody with these digits
// has been met; it is asked only where two readings are equally likely.
func numberOf(to, own string, known func(digits string) bool) (string, error) {
	digits, plus, ok := stripNumber(to)
	if !ok {
		return "", badNumber(`only digits, "+", "-", "(", ")" and spaces may be in it`)
	}
	if plus {
		return international(digits)
	}
	if strings.HasPrefix(digits, "00") {
		return "", badNumber(`"00" is not understood; write "+" and the country code instead`)
	}
	abroad, home := readAbroad(digits), reading{}
	if abroad.rank < valid {
		home = read(digits, region(own))
	}
	switch {
	case abroad.rank+home.rank == nothing:
		return "", badNumber(`this is not a phone number; write "+", the country code and the number`)
	case abroad.rank == valid, home.rank == nothing, abroad.digits == home.digits:
		return canonical(abroad.digits), nil
	case abroad.rank == possible && known(digits):
		return canonical(digits), nil
	case home.rank == valid, abroad.rank == nothing:
		return canonical(home.digits), nil
	}
	return "", badNumber(`it is not clear whether it begins with a country code; write "+" and the country code before it`)
}

// readAbroad reads digits that begin with a country code. The numbering plans
// do not know the older forms of Brazilian and Mexican numbers, which WhatsApp
// still uses: they count as what they stand for.
func readAbroad(digits string) reading {
	r := read("+"+digits, "ZZ")
	if r.rank == valid {
		return r
	}
	newer := ""
	switch {
	case strings.HasPrefix(digits, "521") && len(digits) == 13:
		newer = "52" + digits[3:]
	case strings.HasPrefix(digits, "55") && len(digits) == 12 && digits[4] >= '6':
		newer = digits[:4] + "9" + digits[4:]
	}
	if newer != "" {
		if n := read("+"+newer, "ZZ"); n.rank == valid {
			return n
		}
	}
	return r
}

func badNumber(remedy string) error {
	return say(wabridge.CodeParameter, "(#100) Invalid parameter", "to: %s", remedy)
}

// stripNumber takes the punctuation out.
func stripNumber(to string) (digits string, plus, ok bool) {
	to = strings.TrimSpace(to)
	to, plus = strings.CutPrefix(to, "+")
	digits = strings.Map(func(r rune) rune {
		if r == '-' || r == '(' || r == ')' || unicode.IsSpace(r) {
			return -1
		}
		return r
	}, to)
	return digits, plus, isDigits(digits)
}

// international reads digits that begin with a country code. They are taken as
// written, for numbering plans grow; only a trunk zero after the country code,
// as in "+49 (0)170…", is dropped where the plan says so.
func international(digits string) (string, error) {
	if len(digits) < 7 || len(digits) > 15 || digits[0] == '0' {
		return "", badNumber(`after "+" come the country code and the number, 7 to 15 digits in all`)
	}
	if digits[dialLen(digits)] == '0' {
		if n := readAbroad(digits); n.rank == valid {
			return canonical(n.digits), nil
		}
	}
	return canonical(digits), nil
}

// dialLen is the length of the country code that the digits begin with, 1 to 3.
func dialLen(digits string) int {
	code := 0
	for n := range 3 {
		code = code*10 + int(digits[n]-'0')
		if phonenumbers.GetRegionCodeForCountryCode(code) != phonenumbers.UNKNOWN_REGION {
			return n + 1
		}
	}
	return 3
}

// Ranks of a reading.
const (
	nothing  = iota // not a number
	possible        // of a length that the plan has
	valid           // within an assigned range
)

// A reading is a number as one numbering plan understands it.
type reading struct {
	digits string
	rank   int
}

func read(s, region string) reading {
	if region == "" {
		return reading{}
	}
	n, err := phonenumbers.Parse(s, region)
	if err != nil {
		return reading{}
	}
	r := reading{digits: strings.TrimPrefix(phonenumbers.Format(n, phonenumbers.E164), "+")}
	switch {
	case len(r.digits) < 7 || len(r.digits) > 15:
	case phonenumbers.IsValidNumber(n):
		r.rank = valid
	case phonenumbers.IsPossibleNumberWithReason(n) == phonenumbers.IS_POSSIBLE:
		r.rank = possible
	}
	return r
}

// regions remembers the region of each of our own numbers: there are few.
var regions sync.Map

// region is the country of a number of ours ("US"), "" if it is unknown.
func region(own string) string {
	if own == "" {
		return ""
	}
	if r, ok := regions.Load(own); ok {
		return r.(string)
	}
	code := ""
	if n, err := phonenumbers.Parse("+"+own, "ZZ"); err == nil {
		if code = phonenumbers.GetRegionCodeForNumber(n); code == "" {
			code = phonenumbers.GetRegionCodeForCountryCode(int(n.GetCountryCode()))
		}
	}
	regions.Store(own, code)
	return code
}

// canonical is the form of a number that is used as wa_id and as chat, so that
// both forms of one Brazilian or Mexican line make one chat. Mexico: 521 and
// ten digits. Brazil: mobiles keep the ninth digit in the area codes 11 to 28
// and have none elsewhere. (From public reports on wa_id; not verified on a phone:
// newer accounts may differ, and wabridge.SameNumber takes either form.)
func canonical(digits string) string {
	switch {
	case strings.HasPrefix(digits, "52") && len(digits) == 12:
		return "521" + digits[2:]
	case strings.HasPrefix(digits, "55") && len(digits) == 13 && digits[4] == '9' && digits[5] >= '6' && digits[2] >= '3':
		return digits[:4] + digits[5:]
	case strings.HasPrefix(digits, "55") && len(digits) == 12 && digits[4] >= '6' && digits[2] < '3':
		return digits[:4] + "9" + digits[4:]
	}
	return digits
}
