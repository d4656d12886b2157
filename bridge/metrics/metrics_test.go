package metrics

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/wabridge/wabridge"
)

func text(t *testing.T, m *Metrics) string {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", http.NoBody))
	if w.Code != http.StatusOK {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	return w.Body.String()
}

func TestMovesAreCountedAndTimed(t *testing.T) {
	m := New("1.2.3", nil)
	begin := time.Date(2026, 1, 31, 8, 0, 0, 0, time.UTC)
	msg := wabridge.Message{ID: "wamid.secret", Phone: "1", Number: "4915112345678", Text: "secret", Created: begin, Tries: 1}
	m.Accepted(&msg)
	msg.State = wabridge.Sending
	m.Moved(&msg, wabridge.Queued)
	msg.State, msg.SentAt = wabridge.Sent, begin.Add(7*time.Second)
	m.Moved(&msg, wabridge.Sending)
	msg.State, msg.ReadAt = wabridge.Read, begin.Add(time.Minute) // delivered was not seen
	m.Moved(&msg, wabridge.Sent)
	late := wabridge.Message{Phone: "1", Created: begin, Due: begin.Add(time.Hour), Tries: 1, State: wabridge.Sent, SentAt: begin.Add(time.Hour + 5*time.Second)}
	m.Moved(&late, wabridge.Sending)
	failed := wabridge.Message{Phone: "1", State: wabridge.Failed, Code: wabridge.CodeUndeliverable}
	m.Moved(&failed, wabridge.Sending)
	got := text(t, m)
	for _, want := range []string{
		`wabridge_messages_accepted_total{phone="1"} 1`,
		`wabridge_messages_moved_total{code="0",phone="1",state="sent"} 2`,
		`wabridge_messages_moved_total{code="131026",phone="1",state="failed"} 1`,
		`wabridge_message_sent_seconds_sum{phone="1"} 12`,
		`wabridge_message_sent_seconds_count{phone="1"} 2`,
		`wabridge_message_delivered_seconds_sum{phone="1"} 60`,
		`wabridge_build_info{go_version=`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is missing", want)
		}
	}
	for _, private := range []string{"secret", "4915112345678"} {
		if strings.Contains(got, private) {
			t.Errorf("the metrics hold %q", private)
		}
	}
}

func TestTheNewestTimeStays(t *testing.T) {
	m := New("", nil)
	m.Looked("1", time.Unix(200, 0))
	m.Looked("1", time.Unix(100, 0))
	if got := text(t, m); !strings.Contains(got, `wabridge_phone_last_look_timestamp_seconds{phone="1"} 200`) {
		t.Error("an older look has overwritten a newer one")
	}
}

func TestResultsOfPosts(t *testing.T) {
	m := New("", nil)
	for _, status := range []int{200, 204, 302, 404, 503, 0, 999} {
		m.Posted("e", status, time.Second)
	}
	got := text(t, m)
	for result, n := range map[string]string{"2xx": "2", "3xx": "1", "4xx": "1", "5xx": "1", "error": "2"} {
		if want := `wabridge_webhook_posts_total{endpoint="e",result="` + result + `"} ` + n; !strings.Contains(got, want) {
			t.Errorf("%s is missing", want)
		}
	}
}
