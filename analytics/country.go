package analytics

import (
	"github.com/nyaruka/phonenumbers"
)

// Country is the country of a number (digits, country code first) as ISO
// 3166 has it: "US"; "" if it is unknown. A number that no plan knows counts
// as its country code's main country.
func Country(digits string) string {
	if digits == "" {
		return ""
	}
	n, err := phonenumbers.Parse("+"+digits, "ZZ")
	if err != nil {
		return ""
	}
	code := phonenumbers.GetRegionCodeForNumber(n)
	if code == "" {
		code = phonenumbers.GetRegionCodeForCountryCode(int(n.GetCountryCode()))
	}
	if len(code) != 2 || code == "ZZ" { // "001": a code of no country
		return ""
	}
	return code
}
