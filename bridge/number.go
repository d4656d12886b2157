package bridge

import (
	"strconv"

	"github.com/nyaruka/phonenumbers"

	"github.com/wabridge/wabridge"
)

// HasCountry reports whether digits begin with an assigned country code.
func HasCountry(digits string) bool {
	for n := 1; n <= min(3, len(digits)); n++ {
		code, err := strconv.Atoi(digits[:n])
		if err == nil && code > 0 && digits[0] != '0' && phonenumbers.GetRegionCodeForCountryCode(code) != phonenumbers.UNKNOWN_REGION {
			return true
		}
	}
	return false
}

// Unusable says why nothing is taken for a phone, "" if it is: what its queue
// could only wait for in vain.
func Unusable(phone wabridge.Phone) string {
	switch {
	case phone.Maintenance:
		return "this phone's number is in maintenance"
	case phone.State == wabridge.PhoneAttention && phone.Code == wabridge.CodeNotRegistered:
		return "the phone is logged out of WhatsApp"
	case phone.State == wabridge.PhoneAttention && phone.Code == wabridge.CodeLocked:
		return "WhatsApp has banned this account"
	}
	return ""
}
