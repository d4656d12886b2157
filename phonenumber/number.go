// Package phonenumber reads phone numbers as people and programs write them. Every
// way in uses Parse: the Cloud API, Devino, TWIN, CRM pollers, campaigns,
// opt-outs, queries, the console and the command line. It knows nothing of
// messages and asks no network.
package phonenumber

import (
	"strings"
	"sync"
	"unicode"

	"github.com/nyaruka/phonenumbers"

	"github.com/wabridge/wabridge"
)

// Limits of a number with its country code, in digits (E.164).
const (
	MinDigits = 7
	MaxDigits = 15
)

// An Error says why something is not taken for a number.
type Error struct {
	Remedy string // what to write instead
}

// Error joins the words.
func (e *Error) Error() string { return "not a usable phone number: " + e.Remedy }

// Remedies of what cannot be read.
var (
	errCharacters = &Error{`only digits, "+", "-", "(", ")" and spaces may be in it`}
	errLength     = &Error{`with its country code a number has 7 to 15 digits`}
	errNoCountry  = &Error{`after "+" comes the country code, and no country has this one`}
	errZeros      = &Error{`"00" is not understood; write "+" and the country code instead`}
	errNothing    = &Error{`this is not a phone number; write "+", the country code and the number`}
	errAmbiguous  = &Error{`it is not clear whether it begins with a country code; write "+" and the country code before it`}
)

// Parse reads a phone number and returns the digits by which WhatsApp names
// its line (wabridge.CanonicalNumber). Digits, "+", "-", "(", ")" and spaces
// may be in the input. With "+" the country code comes first. Without it, a
// number that is valid with the country code first is taken so; otherwise one
// that is valid in the country of own, the sending phone's number in digits
// ("" if unknown), gets that country's code. Trunk prefixes are dropped where
// the numbering plan says so. met reports whether somebody with these digits
// has been met, and is asked only where two readings are equally likely; nil
// stands for nobody. An error is always an *Error.
//
// The rules are the Cloud API's. The numbering plans are libphonenumber's.
func Parse(input, own string, met func(digits string) bool) (string, error) {
	digits, plus, ok := strip(input)
	if !ok {
		return "", errCharacters
	}
	if plus {
		international, err := readInternational(digits)
		return wabridge.CanonicalNumber(international), err
	}
	if strings.HasPrefix(digits, "00") {
		return "", errZeros
	}
	if len(digits) > MaxDigits+1 { // one may be a trunk prefix
		return "", errLength
	}
	abroad, home := readAbroad(digits), reading{}
	if abroad.rank < valid {
		home = readHome(digits, Region(own))
	}
	switch {
	case abroad.rank+home.rank == nothing:
		return "", errNothing
	case abroad.rank == valid, home.rank == nothing, abroad.digits == home.digits:
		return wabridge.CanonicalNumber(abroad.digits), nil
	case abroad.rank == possible && met != nil && met(digits):
		return wabridge.CanonicalNumber(digits), nil
	case home.rank == valid, abroad.rank == nothing:
		return wabridge.CanonicalNumber(home.digits), nil
	}
	return "", errAmbiguous
}

// ParseOwn reads a phone's own number, country code first, behind "+", "00" or
// nothing. It stays in the form of its line that was written (wabridge.NumberForms).
func ParseOwn(input string) (string, error) {
	digits, plus, ok := strip(input)
	if !ok {
		return "", errCharacters
	}
	if !plus {
		digits = strings.TrimPrefix(digits, "00")
	}
	read, err := readInternational(digits)
	if wabridge.SameNumber(read, digits) {
		return digits, nil
	}
	return read, err
}

// strip takes the punctuation out, and the marks that cannot be seen and come
// along when a number is copied from a page or an address book.
func strip(s string) (digits string, plus, ok bool) {
	s = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Pd, r) || r == '(' || r == ')' {
			return -1
		}
		return r
	}, s)
	digits, plus = strings.CutPrefix(s, "+")
	return digits, plus, digits != "" && digits == wabridge.Digits(digits)
}

// readInternational reads digits that begin with a country code. They are
// taken as written, for numbering plans grow; only a trunk prefix after the
// country code, as in "+49 (0)170…", is dropped where the plan says so.
func readInternational(digits string) (string, error) {
	if len(digits) < MinDigits || len(digits) > MaxDigits+1 || digits[0] == '0' {
		return "", errLength
	}
	if n := readAbroad(digits); n.rank >= possible {
		return n.digits, nil
	}
	if len(digits) > MaxDigits {
		return "", errLength
	}
	if !hasCountry(digits) {
		return "", errNoCountry
	}
	return digits, nil
}

// hasCountry reports whether digits begin with an assigned country code.
func hasCountry(digits string) bool {
	code := 0
	for _, d := range digits[:3] {
		code = code*10 + int(d-'0')
		if phonenumbers.GetRegionCodeForCountryCode(code) != phonenumbers.UNKNOWN_REGION {
			return true
		}
	}
	return false
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

// readAbroad reads digits that begin with a country code. The numbering plans
// do not know the forms of a line that only WhatsApp still uses: they count as
// what they stand for.
func readAbroad(digits string) reading {
	r := read("+"+digits, "ZZ")
	if r.rank == valid {
		return r
	}
	for _, form := range wabridge.NumberForms(digits)[1:] {
		if n := read("+"+form, "ZZ"); n.rank == valid {
			return n
		}
	}
	return r
}

// readHome reads digits as a caller of the region dials them. Of a number that
// is not valid there a leading zero is another country's trunk prefix.
func readHome(digits, region string) reading {
	r := read(digits, region)
	if r.rank == possible && digits[0] == '0' && strings.HasSuffix(r.digits, digits) {
		return reading{}
	}
	return r
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
	case len(r.digits) < MinDigits || len(r.digits) > MaxDigits:
	case phonenumbers.IsValidNumber(n):
		r.rank = valid
	case phonenumbers.IsPossibleNumberWithReason(n) == phonenumbers.IS_POSSIBLE:
		r.rank = possible
	}
	return r
}

// regions remembers the region of each number that Region was asked for; it is
// asked for our own numbers only, and there are few.
var regions sync.Map

// Region is the country of a number of ours in digits ("US"), "" if it is
// unknown.
func Region(own string) string {
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
