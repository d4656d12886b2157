package analytics

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var now = time.Date(2026, 5, 20, 10, 17, 0, 0, time.UTC)

func TestValues(t *testing.T) {
	for _, tt := range []struct {
		name, arg string
		want      []string
	}{
		{"JSON", `["A","B"]`, []string{"A", "B"}},
		{"blanks", "[ \"A\" ,\n\t\"B\" ]", []string{"A", "B"}},
		{"single quotes", `['A', 'B']`, []string{"A", "B"}},
		{"no quotes", `[A,B]`, []string{"A", "B"}},
		{"bare", `A`, []string{"A"}},
		{"bare list", `A, B`, []string{"A", "B"}},
		{"empty list", `[]`, []string{}},
		{"nothing", ``, []string{}},
		{"empty places", `[,"",A,,]`, []string{"A"}},
		{"a comma within quotes", `["A,B",C]`, []string{"A,B", "C"}},
		{"numbers", `[0,2,100]`, []string{"0", "2", "100"}},
		{"a quote that does not end", `["A,B]`, []string{"A", "B"}},
		{"a bracket that does not end", `[A`, []string{"A"}},
		{"a shell's line break", "[A,\\\n B]", []string{"A", "B"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, values(tt.arg)); diff != "" {
				t.Errorf("values(%q) (-want +got):\n%s", tt.arg, diff)
			}
		})
	}
}

func args(pairs ...string) []Arg {
	var list []Arg
	for i := 0; i+1 < len(pairs); i += 2 {
		list = append(list, Arg{pairs[i], pairs[i+1]})
	}
	return list
}

func TestParse(t *testing.T) {
	r, err := Parse(Conversations, args("START", "1778716800", "end", "'1778976000'", "granularity", "daily", "phone_numbers", "[+1 650 555 0111,16505550111]",
		"dimensions", "[country,'PHONE']", "metric_types", "[]", "conversation_directions", "user_initiated"), true, nil, now)
	if err != nil {
		t.Fatal(err)
	}
	want := Request{Kind: Conversations, Granularity: "DAILY", Phones: []string{"16505550111"}, Dimensions: []string{"COUNTRY", "PHONE"}, Directions: []string{"USER_INITIATED"}, Buckets: r.Buckets}
	if diff := cmp.Diff(want, r); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if r.Buckets.Len() != 3 || !r.By("PHONE") || r.By("TIER") || !r.Metric("COST") {
		t.Errorf("got %+v", r)
	}
}

func TestParseMistakes(t *testing.T) {
	good := func(kind Kind) map[string]string {
		g := map[string]string{"start": "1778716800", "end": "1778976000", "granularity": "DAILY"}
		switch kind {
		case Messages:
			g["granularity"] = "DAY"
		case Templates:
			g["template_ids"] = "[1]"
		case TemplateGroups:
			g["template_group_ids"] = "[1]"
		case Groups:
			g["group_ids"] = "[120363@g.us]"
		}
		return g
	}
	for _, kind := range Kinds {
		if _, err := Parse(kind, toArgs(good(kind)), true, nil, now); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
		for name, list := range specs[kind].lists {
			if list.allowed == nil {
				continue
			}
			given := good(kind)
			given[name] = "[" + strings.ToLower(strings.Join(list.allowed, ", ")) + "]"
			if _, err := Parse(kind, toArgs(given), true, nil, now); err != nil {
				t.Errorf("%s: all values of %s: %v", kind, name, err)
			}
			given[name] = "[NOTHING_SUCH]"
			wantError(t, kind, given, name, false)
		}
		for name := range good(kind) {
			given := good(kind)
			delete(given, name)
			wantError(t, kind, given, name, true)
			given[name] = "[x]"
			wantError(t, kind, given, name, false)
			given[name] = "[1,2,3,4,5,6,7,8,9,10,11]"
			wantError(t, kind, given, name, false)
		}
		given := good(kind)
		given["no_such"] = "1"
		wantError(t, kind, given, "no_such", false)
		if _, err := Parse(kind, toArgs(given), false, nil, now); err != nil {
			t.Errorf("%s: an edge's other parameter: %v", kind, err)
		}
	}
}

func toArgs(m map[string]string) (list []Arg) {
	for name, value := range m {
		list = append(list, Arg{name, value})
	}
	return list
}

func wantError(t *testing.T, kind Kind, given map[string]string, param string, missing bool) {
	t.Helper()
	_, err := Parse(kind, toArgs(given), true, nil, now)
	e, ok := errors.AsType[*Error](err)
	if !ok || e.Param != param || e.Missing != missing || e.Want == "" || !strings.Contains(err.Error(), param) {
		t.Errorf("%s with %v: got %v, want a mistake of %s", kind, given, err, param)
	}
}

func TestLookback(t *testing.T) {
	for _, tt := range []struct {
		name       string
		kind       Kind
		start, end time.Time
		step       string
		want       int // points
	}{
		{"all of it before", Messages, now.AddDate(-4, 0, 0), now.AddDate(-4, 0, 3), "DAY", 0},
		{"ten years by month", Messages, time.Date(2016, 1, 1, 0, 0, 0, 0, time.UTC), now, "MONTH", 13},
		{"ten years by day", Messages, now.AddDate(-10, 0, 0), now, "DAY", 367},
		{"for ever by half hour", Messages, time.Unix(0, 0), time.Unix(latest, 0), "HALF_HOUR", (366+32)*48 + 1},
		{"one day", Messages, now.Add(-24 * time.Hour), now, "DAY", 2}, // 10:00 to 10:00, and the rest
		{"to come", Messages, now.Add(50 * 24 * time.Hour), now.Add(60 * 24 * time.Hour), "DAY", 0},
		{"a year of a template", Templates, now.AddDate(-1, 0, 0), now, "DAILY", 91},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, err := Parse(tt.kind, args("start", fmt.Sprint(tt.start.Unix()), "end", fmt.Sprint(tt.end.Unix()), "granularity", tt.step, "template_ids", "[1]"), false, nil, now)
			if err != nil || r.Buckets.Len() != tt.want {
				t.Errorf("got %d points (%v), want %d", r.Buckets.Len(), err, tt.want)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add("conversation_analytics", "1778716800", "[\"1778976000\"]", "DAILY", "['A', \"B\"]")
	f.Add("template_analytics", "2026-01-31", "2026-02-01", "daily", "[1,2]")
	f.Fuzz(func(t *testing.T, kind, start, end, step, list string) {
		all := args("start", start, "end", end, "granularity", step)
		for name := range specs[Kind(kind)].lists {
			all = append(all, Arg{name, list})
		}
		for _, k := range []Kind{Kind(kind), Messages} {
			r, err := Parse(k, all, false, time.UTC, now)
			if err != nil {
				if _, ok := errors.AsType[*Error](err); !ok {
					t.Fatalf("%v has another type", err)
				}
				continue
			}
			for i := range r.Buckets.Len() {
				if !r.Buckets.Bounds[i].Before(r.Buckets.Bounds[i+1]) {
					t.Fatalf("bounds are not in order: %v", r.Buckets.Bounds)
				}
			}
			if r.Buckets.Len() > 400*48 {
				t.Fatalf("%d points", r.Buckets.Len())
			}
		}
	})
}

func TestEveryPrefixOfAListIsRead(t *testing.T) {
	const whole = `["16505550111", '4917012345678' , 447700900123]`
	for i := range whole {
		for _, v := range values(whole[:i]) {
			if strings.ContainsAny(v, `"'[], `) || v == "" {
				t.Errorf("values(%q) has %q", whole[:i], v)
			}
		}
	}
}
