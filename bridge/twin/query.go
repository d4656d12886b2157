package twin

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/wabridge/wabridge"
)

// Limits of a list.
const (
	presetLimit = 10 // TWIN's
	maxLimit    = 10_000
	maxOffset   = 100_000_000
	maxIDs      = 1000
	maxFields   = 100
)

// Formats of a list.
const (
	formatJSON     = "JSON"
	formatCSV      = "CSV"
	formatCSVExcel = "CSV_EXCEL"
)

// A query is what the parameters of a list say: TWIN's grammar of all its
// lists, see docs/twin.md.
type query struct {
	values map[string][]string // lists, taken apart

	from, to     time.Time
	fields       []string
	limit        int
	offset       int
	newest       bool
	byName       bool
	withoutCount bool
	withoutItems bool
	format       string
	filename     string
}

// parseQuery reads a query string. sorts are the names by which the list can be
// sorted; what is not known is ignored, as other systems' clients send much.
func parseQuery(raw string, sorts ...string) (*query, error) {
	given, err := url.ParseQuery(raw)
	if err != nil || !utf8.ValidString(raw) {
		return nil, refuse("the query cannot be read: write special characters as %%XX, in UTF-8")
	}
	q := &query{values: map[string][]string{}, limit: presetLimit, format: formatJSON}
	for name, list := range given {
		if i := strings.IndexByte(name, '['); i > 0 { // PHP's id[]=…&id[]=… and id[0]=…
			name = name[:i]
		}
		for _, s := range list {
			for part := range strings.SplitSeq(s, ",") {
				if part = strings.TrimSpace(part); part != "" {
					q.values[name] = append(q.values[name], part)
				}
			}
		}
	}
	for _, read := range []func() error{q.readTimes, q.readPage, func() error { return q.readSort(sorts) }, q.readFlags, q.readFormat} {
		if err := read(); err != nil {
			return nil, err
		}
	}
	if q.fields = q.values["fields"]; len(q.fields) > maxFields {
		return nil, refuse("fields: there are %d, at most %d are taken", len(q.fields), maxFields)
	}
	return q, nil
}

// one is a parameter that is no list.
func (q *query) one(name string) string {
	if list := q.values[name]; len(list) > 0 {
		return list[0]
	}
	return ""
}

func (q *query) readTimes() error {
	for name, into := range map[string]*time.Time{"from": &q.from, "to": &q.to} {
		s := q.one(name)
		if s == "" {
			continue
		}
		at, ok := instant(s)
		if !ok {
			return refuse("%s: it is no time as in 2023-11-22T12:00:00+00:00", name)
		}
		*into = at
	}
	return nil
}

func (q *query) readPage() error {
	page := 0
	for _, p := range []struct {
		name string
		into *int
		min  int
		max  int
	}{{"limit", &q.limit, 1, maxLimit}, {"offset", &q.offset, 0, maxOffset}, {"page", &page, 0, maxOffset}, {"pages", &page, 0, maxOffset}} {
		s := q.one(p.name)
		if s == "" {
			continue
		}
		n, err := strconv.Atoi(s)
		if err != nil || n < p.min || n > p.max {
			return refuse("%s: it is no whole number from %d to %d", p.name, p.min, p.max)
		}
		*p.into = n
	}
	if q.offset += page * q.limit; q.offset > maxOffset {
		return refuse("page: it is too far")
	}
	return nil
}

func (q *query) readSort(sorts []string) error {
	list := q.values["sort"]
	if len(list) == 0 {
		return nil
	}
	if len(list) > 1 {
		return refuse("sort: give one of %s; there is no second order", strings.Join(sorts, ", "))
	}
	name, down := strings.CutPrefix(list[0], "-")
	name = strings.TrimSpace(strings.TrimPrefix(name, "+"))
	if !slices.Contains(sorts, name) {
		return refuse("sort: give one of %s, with a - before it for the other way round", strings.Join(sorts, ", "))
	}
	q.newest, q.byName = down, name == "name"
	return nil
}

func (q *query) readFlags() error {
	for name, into := range map[string]*bool{"withoutCount": &q.withoutCount, "withoutItems": &q.withoutItems} {
		switch strings.ToLower(q.one(name)) {
		case "true", "1":
			*into = true
		case "", "false", "0":
		default:
			return refuse("%s: it is neither true nor false", name)
		}
	}
	return nil
}

func (q *query) readFormat() error {
	if s := q.one("format"); s != "" {
		q.format = strings.ToUpper(s)
	}
	if !slices.Contains([]string{formatJSON, formatCSV, formatCSVExcel}, q.format) {
		return refuse("format: it is none of JSON, CSV, CSV_EXCEL")
	}
	if z := q.one("zip"); z != "" && z != "false" && z != "0" {
		return refuse("zip: answers are not packed here; send Accept-Encoding to a proxy in front, or leave it out")
	}
	if q.filename = q.one("filename"); len(q.filename) > 200 || strings.ContainsFunc(q.filename, func(r rune) bool { return r < ' ' || r == '"' || r == '/' || r == '\\' || r > '~' }) {
		return refuse(`filename: it holds other characters than a file's name may (ASCII, no quotes, no slashes)`)
	}
	return nil
}

// ids reads a list of ids.
func (q *query) ids(name string) ([]string, error) {
	list := q.values[name]
	if len(list) > maxIDs {
		return nil, refuse("%s: there are %d, at most %d are taken", name, len(list), maxIDs)
	}
	for _, id := range list {
		if !plainID(id) {
			return nil, refuse("%s: it is no id of at most %d letters, digits and signs", name, maxID)
		}
	}
	return list, nil
}

// states reads a list of statuses.
func (q *query) states() (out []wabridge.State, err error) {
	for _, word := range q.values["status"] {
		states := statesOf(strings.ToUpper(word))
		if states == nil {
			var all []string
			for _, w := range words {
				all = append(all, w.word)
			}
			return nil, refuse("status: it is none of %s", strings.Join(all, ", "))
		}
		out = append(out, states...)
	}
	return out, nil
}

// forms of a time, the most usual first. Without a zone it is UTC.
var forms = []string{
	"2006-01-02T15:04:05Z07:00", "2006-01-02T15:04:05.999999999Z07:00", "2006-01-02T15:04:05Z0700",
	"2006-01-02T15:04Z07:00", "2006-01-02T15:04:05", "2006-01-02T15:04",
	"2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05", "2006-01-02",
}

// instant reads a time. A "+" that was not escaped arrives as a blank.
func instant(s string) (time.Time, bool) {
	s = strings.TrimSpace(s)
	if i := strings.LastIndexByte(s, ' '); i > len("2006-01-02") {
		s = s[:i] + "+" + s[i+1:]
	}
	for _, form := range forms {
		if at, err := time.Parse(form, s); err == nil && at.Year() > 1970 && at.Year() < 3000 {
			return at.UTC(), true
		}
	}
	return time.Time{}, false
}

// stamp writes a time; nil for none.
func stamp(at time.Time) any {
	if at.IsZero() {
		return nil
	}
	return at.UTC().Format("2006-01-02T15:04:05-07:00")
}

// A cell is one member of a row; an answer keeps their order.
type cell struct {
	name  string
	value any
}

type row []cell

// get finds a member.
func (r row) get(name string) (value any, ok bool) {
	i := slices.IndexFunc(r, func(c cell) bool { return c.name == name })
	if i < 0 {
		return nil, false
	}
	return r[i].value, true
}

// only keeps the members that were asked for, in the order in which they were;
// all if none were.
func (r row) only(fields []string) row {
	if len(fields) == 0 {
		return r
	}
	out := make(row, 0, len(fields))
	for _, name := range fields {
		value, ok := r.get(name)
		if _, twice := out.get(name); ok && !twice {
			out = append(out, cell{name, value})
		}
	}
	return out
}

// MarshalJSON writes an object whose members stand in order.
func (r row) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, c := range r {
		if i > 0 {
			b.WriteByte(',')
		}
		name, err := json.Marshal(c.name)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(c.value)
		if err != nil {
			return nil, fmt.Errorf("write %s: %w", c.name, err)
		}
		b.Write(name)
		b.WriteByte(':')
		b.Write(value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// answer writes a list in the form that was asked for.
func (q *query) answer(w http.ResponseWriter, count int, rows []row, columns []string) error {
	if q.format != formatJSON {
		return q.table(w, rows, columns)
	}
	var out row
	if !q.withoutCount {
		out = append(out, cell{"count", count})
	}
	if !q.withoutItems {
		if rows == nil {
			rows = []row{}
		}
		out = append(out, cell{"items", rows})
	}
	if out == nil {
		out = row{}
	}
	write(w, http.StatusOK, out)
	return nil
}

// table writes CSV. For Excel: with a byte order mark, semicolons, and nothing
// that it would take for a formula.
func (q *query) table(w http.ResponseWriter, rows []row, columns []string) error {
	if len(q.fields) > 0 {
		columns = q.fields
	}
	var b bytes.Buffer
	out := csv.NewWriter(&b)
	if q.format == formatCSVExcel {
		b.WriteString("\ufeff")
		out.Comma = ';'
	}
	line := slices.Clone(columns)
	if err := out.Write(line); err != nil {
		return err
	}
	for _, r := range rows {
		for i, name := range columns {
			value, _ := r.get(name)
			line[i] = plain(value)
			if q.format == formatCSVExcel && line[i] != "" && strings.ContainsRune("=+-@\t\r", rune(line[i][0])) {
				line[i] = "'" + line[i]
			}
		}
		if err := out.Write(line); err != nil {
			return err
		}
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return err
	}
	name := q.filename
	if name == "" {
		name = "statistics"
	}
	h := w.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="`+name+`.csv"`)
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(b.Bytes()) // the caller may be gone; nothing to do about it
	return nil
}

// plain writes a value as text: what is no text or number as JSON.
func plain(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		return v
	}
	raw, err := json.Marshal(value)
	if err != nil { // a bug: our values are plain
		return ""
	}
	return string(raw)
}
