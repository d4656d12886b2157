package app

import (
	"fmt"
	"path"
	"strings"
)

// fileSize is a size as a bubble shows it: "3,3 MB" and "162 kB" in Portuguese
// (captured); the app divides by 1,000.
func fileSize(n int, locale string) string {
	var s string
	switch {
	case n >= 1_000_000_000:
		s = fmt.Sprintf("%.1f GB", float64(n)/1e9)
	case n >= 1_000_000:
		s = fmt.Sprintf("%.1f MB", float64(n)/1e6)
	case n >= 1_000:
		return fmt.Sprintf("%d kB", n/1000)
	default:
		return fmt.Sprintf("%d B", n)
	}
	if locale != "en" {
		s = strings.Replace(s, ".", ",", 1)
	}
	return s
}

// fileType is "JPG" for a .jpg (captured).
func fileType(name string) string { return strings.ToUpper(strings.TrimPrefix(path.Ext(name), ".")) }

// clock is a duration as a bubble shows it: "0:05".
func clock(seconds int) string { return fmt.Sprintf("%d:%02d", seconds/60, seconds%60) }
