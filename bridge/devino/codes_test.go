package devino

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/wabridge/wabridge"
)

func TestErrorCodes(t *testing.T) {
	for _, tt := range []struct {
		name  string
		state wabridge.State
		code  wabridge.Code
		want  int
	}{
		{"read", wabridge.Read, 0, 0},
		{"canceled by its owner", wabridge.Canceled, 0, 0},
		{"expired", wabridge.Expired, wabridge.CodeUndeliverable, 2010},
		{"not on WhatsApp", wabridge.Failed, wabridge.CodeUndeliverable, 2305},
		{"to the sender itself", wabridge.Failed, wabridge.CodeSelf, 2307},
		{"too fast to one recipient", wabridge.Failed, wabridge.CodePair, 2301},
		{"too fast", wabridge.Failed, wabridge.CodeThroughput, 2301},
		{"a wrong file", wabridge.Failed, wabridge.CodeMediaUpload, 2303},
		{"a number of parameters", wabridge.Failed, wabridge.CodeParamCount, 2308},
		{"no such template", wabridge.Failed, wabridge.CodeNoTemplate, 2309},
		{"a long parameter", wabridge.Failed, wabridge.CodeTextLong, 2311},
		{"outside a dialog", wabridge.Failed, reengage, 2312},
		{"it could not be found out", wabridge.Failed, wabridge.CodeInternal, 2313},
		{"a screen that nobody knows", wabridge.Failed, wabridge.CodeScreen, 2313},
		{"the account is banned", wabridge.Failed, wabridge.CodeLocked, 2313},
		{"no code", wabridge.Failed, 0, 2313},
	} {
		if got := errorCode(tt.state, tt.code); got != tt.want {
			t.Errorf("%s: got %d, want %d", tt.name, got, tt.want)
		}
	}
	for code, devino := range errorCodes {
		if devino < 2000 || devino > 2313 || code <= 0 {
			t.Errorf("%d: %d is none of Devino's codes, or ours is never told", code, devino)
		}
	}
}

// Every end of a message is told, and nothing else but what its owner can use.
func TestStatusWords(t *testing.T) {
	want := map[wabridge.State]string{
		wabridge.Sent: "SENT", wabridge.Delivered: "DELIVERED", wabridge.Read: "READ",
		wabridge.Failed: "UNDELIVERED", wabridge.Expired: "UNDELIVERED", wabridge.Canceled: "CANCELED",
	}
	for _, s := range wabridge.States {
		if got := statusWord(s); got != want[s] {
			t.Errorf("%s: got %q, want %q", s, got, want[s])
		}
	}
}

func TestNumbersAndBatches(t *testing.T) {
	at := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	if a, b := number(at, 1), number(at, 2); a == b || a < 1e18 || number(at.AddDate(80, 0, 0), 1<<40) < 1e18 {
		t.Errorf("numbers %d and %d", a, b)
	}
	b := newBatch(at)
	id := b.wamid(7)
	if len(id) != len(wabridge.NewID()) || batchOf(id) == "" || batchOf(id) != batchOf(b.wamid(8)) {
		t.Errorf("ids %q and %q of batch %x", id, b.wamid(8), b)
	}
	if got := born(batchOf(id)); !got.Equal(at) {
		t.Errorf("born %v, want %v", got, at)
	}
	for _, id := range []string{"", "wamid.", "wamid.x", "x" + id, id + "A", "wamid." + base64.RawURLEncoding.EncodeToString(make([]byte, 23))} {
		if got := batchOf(id); got != "" {
			t.Errorf("%q: got batch %q", id, got)
		}
	}
	if !born("zz").IsZero() || !born(strings.Repeat("0", 31)).IsZero() {
		t.Error("a batch of a wrong id was born")
	}
}
