package inbox

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/inbox/notification"
	"github.com/wabridge/wabridge/phonenumber"
)

// The queries of the contacts provider. The name stands last, so that nothing
// in it can be taken for another column. No --where: text literals lose their
// quotes on the way to the phone.
const (
	phonesQuery = "content query --uri content://com.android.contacts/data/phones --projection data4:data1:display_name"
	rawQuery    = "content query --uri content://com.android.contacts/raw_contacts --projection account_type:sync1:display_name"
)

// maxRows bounds how many rows of the provider are read.
const maxRows = 100_000

var rowStart = regexp.MustCompile(`(?m)^Row: (\d+) `)

// parseRows reads the output of `content query` with a projection of the given
// columns: "Row: 0 data4=+49…, data1=…, display_name=Ana". A value may hold
// line feeds, and commas in the last column; a row begins at "Row: N " with the
// next number only. NULL gives "". "No result found." gives no rows.
func parseRows(out string, columns ...string) [][]string {
	out = strings.ReplaceAll(out, "\r\n", "\n")
	var starts [][2]int // of a row's beginning and of its fields
	for _, m := range rowStart.FindAllStringSubmatchIndex(out, -1) {
		if n, err := strconv.Atoi(out[m[2]:m[3]]); err == nil && n == len(starts) && n < maxRows {
			starts = append(starts, [2]int{m[0], m[1]})
		}
	}
	var rows [][]string
	for i, s := range starts {
		end := len(out)
		if i+1 < len(starts) {
			end = starts[i+1][0]
		}
		if row, ok := parseRow(strings.TrimSuffix(out[s[1]:end], "\n"), columns); ok {
			rows = append(rows, row)
		}
	}
	return rows
}

func parseRow(s string, columns []string) ([]string, bool) {
	row := make([]string, len(columns))
	for i, c := range columns {
		v, ok := strings.CutPrefix(s, c+"=")
		if !ok {
			return nil, false
		}
		if i+1 < len(columns) {
			v, s, ok = strings.Cut(v, ", "+columns[i+1]+"=")
			if !ok {
				return nil, false
			}
			s = columns[i+1] + "=" + s
		}
		if v != "NULL" {
			row[i] = v
		}
	}
	return row, true
}

// Contacts is what the phone's address book says of names and numbers. Its
// zero value is empty; it may be used by many goroutines.
//
// Absence proves nothing: WhatsApp's mirror of the contacts was seen empty for
// hours, and is missing where the app may not read contacts.
type Contacts struct {
	mu      sync.RWMutex
	numbers map[string][]string // by name
	names   map[string][]string // by number
}

// A Runner runs a command on the phone.
type Runner interface {
	Output(ctx context.Context, command string) (string, error)
}

// Load reads the address book of an Android user and WhatsApp's own mirror of
// it. What was known stays if both fail.
func (c *Contacts) Load(ctx context.Context, r Runner, user int) error {
	as := ""
	if user != 0 {
		as = " --user " + strconv.Itoa(user)
	}
	phones, err1 := r.Output(ctx, phonesQuery+as)
	raw, err2 := r.Output(ctx, rawQuery+as)
	if err1 != nil && err2 != nil {
		return fmt.Errorf("read contacts: %w", err1)
	}
	c.set(phones, raw)
	return nil
}

// set replaces what is known by the output of the two queries.
func (c *Contacts) set(phones, raw string) {
	numbers, names := map[string][]string{}, map[string][]string{}
	add := func(name, number string) {
		if name = notification.Name(name); name == "" || number == "" {
			return
		}
		if !slices.ContainsFunc(numbers[name], func(n string) bool { return wabridge.SameNumber(n, number) }) {
			numbers[name] = append(numbers[name], number)
		}
		if !slices.Contains(names[number], name) {
			names[number] = append(names[number], name)
		}
	}
	for _, row := range parseRows(raw, "account_type", "sync1", "display_name") {
		if strings.HasPrefix(row[0], "com.whatsapp") {
			add(row[2], wabridge.NumberOf(row[1]))
		}
	}
	for _, row := range parseRows(phones, "data4", "data1", "display_name") {
		number := row[0]
		if number == "" {
			number = row[1]
		}
		add(row[2], international(number))
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.numbers, c.names = numbers, names
}

// international gives the digits of a number in international form; numbers
// in a local form say nothing without a country.
func international(s string) string {
	s = strings.TrimSpace(s)
	if !strings.HasPrefix(s, "+") {
		return ""
	}
	n, err := phonenumber.Parse(s, "", nil)
	if err != nil {
		return ""
	}
	return n
}

// Numbers lists the numbers of everybody with this name; two forms of one
// line count once.
func (c *Contacts) Numbers(name string) []string {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return slices.Clone(c.numbers[notification.Name(name)])
}

// Number is the number of a name that only one line has, else "".
func (c *Contacts) Number(name string) string {
	if n := c.Numbers(name); len(n) == 1 {
		return n[0]
	}
	return ""
}

// Names lists the names under which this number, in either form, is saved and
// that no other number has: the titles its chat may show.
func (c *Contacts) Names(number string) []string {
	c.mu.RLock()
	defer c.mu.RUnlock()
	var out []string
	for n, names := range c.names {
		if !wabridge.SameNumber(n, number) {
			continue
		}
		for _, name := range names {
			if len(c.numbers[name]) == 1 && !slices.Contains(out, name) {
				out = append(out, name)
			}
		}
	}
	slices.Sort(out)
	return out
}
