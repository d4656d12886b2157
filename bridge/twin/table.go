package twin

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

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
