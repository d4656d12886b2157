package adb

import "strings"

// Quote makes one shell word of s, whatever it holds.
func Quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
