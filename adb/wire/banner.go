package wire

import (
	"strings"
)

// States that a banner may open with.
const (
	BannerDevice = "device"
	BannerHost   = "host"
)

// A Banner is the payload of CNXN, by which each side introduces itself.
type Banner struct {
	State    string // device, recovery, sideload, rescue, bootloader, host
	Serial   string // in practice always empty
	Product  string // ro.product.name
	Model    string // ro.product.model
	Device   string // ro.product.device
	Features []string
}

// The property names of a device's banner.
const (
	propProduct  = "ro.product.name"
	propModel    = "ro.product.model"
	propDevice   = "ro.product.device"
	propFeatures = "features"
)

// ParseBanner reads a banner in any of the forms that were seen: with and
// without properties, a trailing semicolon or NULs, unknown properties. What
// it cannot read it leaves out; there is no wrong banner.
func ParseBanner(data []byte) Banner {
	text := strings.TrimRight(string(data), "\x00")
	state, rest, _ := strings.Cut(text, ":")
	serial, props, _ := strings.Cut(rest, ":")
	b := Banner{State: state, Serial: serial}
	for pair := range strings.SplitSeq(props, ";") {
		key, value, ok := strings.Cut(pair, "=")
		if !ok {
			continue
		}
		switch key {
		case propProduct:
			b.Product = value
		case propModel:
			b.Model = value
		case propDevice:
			b.Device = value
		case propFeatures:
			b.Features = splitFeatures(value)
		}
	}
	return b
}

func splitFeatures(list string) []string {
	var features []string
	for name := range strings.SplitSeq(list, ",") {
		if name = strings.TrimSpace(name); name != "" {
			features = append(features, name)
		}
	}
	return features
}

// String formats the banner as adbd and adb send it. Characters in values that
// adb's own parser trips over (= : ; ,) become underscores.
func (b Banner) String() string {
	var props []string
	add := func(key, value string) {
		if value != "" {
			props = append(props, key+"="+value)
		}
	}
	add(propProduct, bannerValue(b.Product))
	add(propModel, bannerValue(b.Model))
	add(propDevice, bannerValue(b.Device))
	features := make([]string, len(b.Features))
	for i, f := range b.Features {
		features[i] = bannerValue(f)
	}
	add(propFeatures, strings.Join(features, ","))
	return bannerValue(b.State) + ":" + bannerValue(b.Serial) + ":" + strings.Join(props, ";")
}

func bannerValue(s string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("=:;,\x00", r) {
			return '_'
		}
		return r
	}, s)
}
