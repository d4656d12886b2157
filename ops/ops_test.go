// Package ops_test holds the board and the alert rules to what the gateway
// really exposes.
package ops_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/bridge/delivery"
	"github.com/wabridge/wabridge/bridge/metrics"
	"github.com/wabridge/wabridge/queue"
)

// one is a database with one of each.
type one struct{}

func (one) Depths(context.Context) ([]queue.Depth, error) {
	return []queue.Depth{{Phone: "1", State: wabridge.Queued, Count: 1, Oldest: time.Now()}}, nil
}

func (one) Waiting(context.Context, time.Time) (map[string]time.Time, error) { return nil, nil }
func (one) Phones(context.Context) ([]wabridge.Phone, error) {
	return []wabridge.Phone{{ID: "1", State: wabridge.PhoneReady}}, nil
}
func (one) LastEvent(context.Context) (int64, error) { return 1, nil }

// scrape is all that a gateway exposes in which everything has happened once.
func scrape(t *testing.T) string {
	t.Helper()
	m := metrics.New("test", &metrics.State{Store: one{}, Log: slog.New(slog.DiscardHandler),
		Links:   func() map[string]metrics.Link { return map[string]metrics.Link{"1": {Up: true, RoundTrip: 1}} },
		Readers: func() int { return 1 }, Sizes: func() (a, b, c int64) { return 1, 1, 1 }, Media: func() (a, b int64) { return 1, 1 },
		Ready: func(context.Context) error { return nil },
		Destinations: func(context.Context) ([]delivery.Status, error) {
			return []delivery.Status{{Destination: queue.Destination{ID: "e", Kind: "webhook"}}}, nil
		},
		Polls: func(context.Context) []metrics.PollState { return []metrics.PollState{{Name: "p", LastOK: time.Now()}} }})
	now := time.Now()
	m.Phone("1")
	msg := &wabridge.Message{Phone: "1", Direction: wabridge.In, Source: "screen", State: wabridge.Delivered, Created: now, SentAt: now, Delivered: now}
	m.Accepted(msg)
	m.Moved(msg, wabridge.Sending)
	m.Received(msg)
	m.Committed(1, 1)
	m.Step("1", "tap", 1)
	m.Looked("1", now)
	m.Posted("e", 200, 1)
	m.Request("GET /x", 200, 1)
	m.WrongToken()
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", http.NoBody))
	return w.Body.String()
}

var name = regexp.MustCompile(`\b(?:wabridge|go|process)_[a-z0-9_]+\b`)

// names finds the metrics that a text speaks of.
func names(t *testing.T, file string) []string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	found := name.FindAllString(strings.ReplaceAll(string(b), "go_version", ""), -1)
	slices.Sort(found)
	return slices.Compact(found)
}

func TestEveryMetricOfBoardRulesAndDocsExists(t *testing.T) {
	exposed := scrape(t)
	known := map[string]bool{}
	for line := range strings.SplitSeq(exposed, "\n") {
		if n, _, ok := strings.Cut(strings.TrimPrefix(line, "# TYPE "), " "); ok && strings.HasPrefix(line, "# TYPE ") {
			known[n] = true
		} else if i := strings.IndexAny(line, "{ "); i > 0 && line[0] != '#' {
			known[line[:i]] = true
		}
	}
	for _, file := range []string{"grafana/wabridge.json", "prometheus/wabridge-rules.yml", "prometheus/wabridge-rules-test.yml", "../docs/operations.md"} {
		list := names(t, file)
		if len(list) < 5 {
			t.Errorf("%s speaks of %q only", file, list)
		}
		for _, n := range list {
			if !known[n] {
				t.Errorf("%s speaks of %s, which is not exposed", file, n)
			}
		}
	}
	documented := names(t, "../docs/operations.md")
	for n := range known {
		if strings.HasPrefix(n, "wabridge_") && !slices.Contains(documented, n) && !suffixed.MatchString(n) {
			t.Errorf("docs/operations.md does not tell of %s", n)
		}
	}
}

var suffixed = regexp.MustCompile(`_(bucket|sum|count)$`)

func TestTheBoardIsWhole(t *testing.T) {
	b, err := os.ReadFile("grafana/wabridge.json")
	if err != nil {
		t.Fatal(err)
	}
	var board struct {
		Title  string
		Panels []struct {
			ID      int
			Type    string
			Title   string
			GridPos struct{ X, W int }
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(b, &board); err != nil {
		t.Fatal(err)
	}
	seen := map[int]bool{}
	for _, p := range board.Panels {
		if seen[p.ID] || p.Title == "" || p.GridPos.X+p.GridPos.W > 24 || p.Type != "row" && len(p.Targets) == 0 {
			t.Errorf("panel %+v", p)
		}
		seen[p.ID] = true
		for _, target := range p.Targets {
			promtoolExpr(t, p.Title, target.Expr)
		}
	}
	if len(board.Panels) < 20 {
		t.Errorf("%d panels", len(board.Panels))
	}
}

var exprs strings.Builder

// promtoolExpr collects the board's expressions as rules, for promtool.
func promtoolExpr(t *testing.T, title, expr string) {
	t.Helper()
	expr = strings.NewReplacer("$__rate_interval", "5m", "$instance", ".*", "$phone", ".*").Replace(expr)
	b, err := json.Marshal(expr)
	if err != nil {
		t.Fatal(err)
	}
	q, _ := json.Marshal(title)
	exprs.WriteString("  - {record: \"board:x\", expr: " + string(b) + ", labels: {panel: " + string(q) + "}}\n")
}

// TestPromtool has Prometheus's own tool check and test the rules, and parse
// what the board asks.
func TestPromtool(t *testing.T) {
	tool, err := exec.LookPath("promtool")
	if err != nil {
		t.Skip("promtool is not installed; scripts/setup installs it")
	}
	board := t.TempDir() + "/board.yml"
	exprs.Reset()
	t.Run("board", TestTheBoardIsWhole)
	if err := os.WriteFile(board, []byte("groups:\n- name: board\n  rules:\n"+exprs.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"check", "rules", "wabridge-rules.yml"},
		{"test", "rules", "wabridge-rules-test.yml", "wabridge-rules-days-test.yml"},
		{"check", "rules", "--lint=none", board},
	} {
		cmd := exec.CommandContext(t.Context(), tool, args...)
		cmd.Dir = "prometheus"
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
	if out, err := lint(t, tool); err != nil {
		t.Errorf("promtool check metrics: %v\n%s", err, out)
	}
}

// lint has promtool judge the names and helps of the metrics.
func lint(t *testing.T, tool string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), tool, "check", "metrics")
	var ours strings.Builder
	for line := range strings.Lines(scrape(t)) {
		if strings.Contains(line, "wabridge_") {
			ours.WriteString(line)
		}
	}
	cmd.Stdin = strings.NewReader(ours.String())
	out, err := cmd.CombinedOutput()
	return string(out), err
}
