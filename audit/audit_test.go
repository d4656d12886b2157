package audit

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/wabridge/wabridge"
)

// memory is a Store that may refuse.
type memory struct {
	list []Entry
	err  error
}

func (m *memory) AddAudit(ctx context.Context, e Entry) error {
	if m.err != nil {
		return m.err
	}
	m.list = append(m.list, e)
	return ctx.Err()
}

func (m *memory) Audit(context.Context, Filter) ([]Entry, error) { return m.list, nil }

func TestRecordFillsInAndOutlivesItsCaller(t *testing.T) {
	store, out := &memory{}, &bytes.Buffer{}
	r := NewRecorder(store, slog.New(slog.NewTextHandler(out, nil)))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r.Record(ctx, Entry{Act: TokenCreate, Target: "ab12", Detail: strings.Repeat("é", 150)})
	if len(store.list) != 1 {
		t.Fatalf("got %d entries, want 1", len(store.list))
	}
	e := store.list[0]
	if e.At.IsZero() || e.Outcome != OK || e.Via != ViaAPI || len(e.Detail) > longest {
		t.Errorf("got %+v", e)
	}
	if !strings.Contains(out.String(), "act=token.create") {
		t.Errorf("the log lacks the act: %s", out)
	}
}

func TestAnActThatCannotBeStoredIsLogged(t *testing.T) {
	out := &bytes.Buffer{}
	r := NewRecorder(&memory{err: errors.New("disk full")}, slog.New(slog.NewTextHandler(out, nil)))
	r.Record(t.Context(), Entry{Act: PhonePause, Target: "105954558954427", Who: "ab12"})
	for _, want := range []string{"level=ERROR", "act=phone.pause", "target=105954558954427", "who=ab12", "disk full"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%s is not in %s", want, out)
		}
	}
}

func TestANilRecorderNotesNothing(t *testing.T) {
	var r *Recorder
	r.Record(t.Context(), Entry{Act: Login}) // does not panic
}

func TestHost(t *testing.T) {
	for in, want := range map[string]string{"192.0.2.1:99": "192.0.2.1", "[2001:db8::1]:80": "2001:db8::1", "@": "@", "": ""} {
		if got := Host(in); got != want {
			t.Errorf("Host(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestOutcomeOf(t *testing.T) {
	for want, err := range map[string]error{
		OK: nil, Forbidden: wabridge.Fail(wabridge.CodePermission, nil, ""), "not_found": wabridge.Fail(wabridge.CodeNotFound, nil, ""),
		"failed": errors.New("x"), "storage": wabridge.Fail(wabridge.CodeStorage, nil, ""),
	} {
		if got := OutcomeOf(err); got != want {
			t.Errorf("OutcomeOf(%v) = %q, want %q", err, got, want)
		}
	}
}
