package android

import (
	"net/url"
	"strings"
)

// Broadcast carries out what a broadcast has here: a scan of a file. Androids
// since 15 (reported of 17) take the broadcast and scan nothing.
func (s *System) Broadcast(i Intent) {
	if i.Action != ActionScanFile || s.Android >= 15 {
		return
	}
	p, ok := strings.CutPrefix(i.Data, "file://")
	if plain, err := url.PathUnescape(p); ok && err == nil {
		s.Media.Scan(plain)
	}
}
