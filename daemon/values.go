package daemon

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/pflag"
)

// A Value is one setting as it holds, and where it was said.
type Value struct {
	Key    string `json:"setting"`
	Value  string `json:"value"`
	Origin string `json:"origin"` // "default", "wabridge.yaml, line 3", "$WABRIDGE_LISTEN", "--listen"
}

// Values lists every setting of Settings that is a default or was said
// somewhere, with its place, fit to be shown to strangers: what could be a
// secret, a name, a number or an address is only said to be set.
func Values(fl *pflag.FlagSet, env func(string) (string, bool)) ([]Value, error) {
	k, origin, err := join(nil, true, fl, env)
	if err != nil {
		return nil, err
	}
	var all []Value
	for _, s := range Settings {
		if k.Exists(s.Key) {
			all = append(all, Value{s.Key, displayed(s.Key, k.String(s.Key), k.Strings(s.Key)), cmp.Or(origin[s.Key].text, "default")})
		}
	}
	return all, nil
}

// plainKeys have values out of short lists of ours, and others that name nobody.
var plainKeys = []string{
	"log.level", "log.format", "limits.mode", "read_receipts", "timing", "waba_time_zone", "waba_currency", "pacing.hours", "pacing.time_zone",
	"webhook.fields", "keep",
}

// harmless are switches, counts, durations and sizes.
var harmless = regexp.MustCompile(`^(true|false|[0-9]{1,6}([.][0-9]+)?|([0-9]{1,4}([.][0-9]+)?(d|h|m|s|ms|us|ns)){1,3}|[0-9]{1,6} ?[KMGT]?B)$`)

// secretKeys are words in the keys of secrets.
var secretKeys = []string{"token", "secret", "pin", "password", "key"}

func displayed(key, value string, list []string) string {
	if value == "" && len(list) > 0 {
		value = strings.Join(list, ", ")
	}
	secret := slices.ContainsFunc(secretKeys, func(w string) bool { return strings.Contains(key, w) })
	switch {
	case value == "":
		return ""
	case !secret && (slices.Contains(plainKeys, key) || harmless.MatchString(value)):
		return value
	case key == "listen":
		host, port, _ := strings.Cut(value, ":")
		if loopback(host) {
			return value
		}
		return "(not loopback):" + port
	}
	return "(set)"
}
