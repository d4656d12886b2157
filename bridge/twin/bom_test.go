package twin

import "testing"

func TestBodyWithByteOrderMark(t *testing.T) {
	h := newHarness(t)
	if got := h.post("\ufeff" + message("", `{"phone":"79030000001"}`)); len(got) != 1 || got[0].Error != nil {
		t.Errorf("%+v", got)
	}
}
