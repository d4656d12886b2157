package devino

import (
	"strings"
	"testing"
)

// TestChangedContentNameIsTold: the description of an accepted message names
// the file as its recipient sees it, if that is not the contentName.
func TestChangedContentNameIsTold(t *testing.T) {
	h := newHarness(t)
	for name, want := range map[string]string{
		"a.pdf": "", "10:30.pdf": "10_30.pdf", strings.Repeat("ж", 96) + ".pdf": strings.Repeat("ж", 58) + ".pdf",
	} {
		status, got := h.post(`{"messages":[{"from":"x","to":"15550002222","contentUrl":"http://files.test/a.pdf","contentType":"application/pdf","contentName":"` + name + `"}]}`)
		if status != 200 || got[0].Code != taken || (got[0].Description != "") != (want != "") || !strings.Contains(got[0].Description, want) {
			t.Errorf("%s: %d %+v, want %q", name, status, got, want)
		}
	}
}
