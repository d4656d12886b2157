package adb

import (
	"slices"
	"strings"
)

// Features is the set of feature names that a device announced, see
// facts of the protocol: shell_v2, cmd, stat_v2, ls_v2, sendrecv_v2 …
type Features []string

// ParseFeatures splits a comma-separated list as in a banner.
func ParseFeatures(list string) Features {
	var f Features
	for name := range strings.SplitSeq(list, ",") {
		if name = strings.TrimSpace(name); name != "" {
			f = append(f, name)
		}
	}
	return f
}

// Has reports whether the device announced name.
func (f Features) Has(name string) bool { return slices.Contains(f, name) }

// The features that change how this package speaks to a device.
const (
	featureShellV2    = "shell_v2"    // Android 7: exit codes, separate stderr
	featureStatV2     = "stat_v2"     // Android 8: 64-bit sizes, errno
	featureListV2     = "ls_v2"       // Android 11
	featureSendRecvV2 = "sendrecv_v2" // Android 11
)
