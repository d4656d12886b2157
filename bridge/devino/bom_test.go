package devino

import "testing"

func TestBodyWithByteOrderMark(t *testing.T) {
	h := newHarness(t)
	if code, got := h.post("\ufeff" + `{"from":"15550001001","to":"79030000001","text":"x"}`); code != 200 || got[0].Code != "OK" {
		t.Errorf("%d %+v", code, got)
	}
}
