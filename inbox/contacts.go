package inbox

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/displayname"
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

// Contacts is what the phone's address book says of names and numbers. Names
// are compared by displayname.Key. Its zero value is empty; it may be used by
// many goroutines.
//
// Absence proves nothing: WhatsApp's mirror of the contacts was seen empty for
// hours, and is missing where the app may not read contacts.
type Contacts struct {
	mu   sync.RWMutex
	book addressBook

	reading sync.Mutex                      // one reading at a time
	load    func(ctx context.Context) error // over the present link; nil: there is none
	looked  map[string]time.Time            // by key: when it was looked for in vain
	spent   []time.Time                     // the newest readings by Refresh
}

// An addressBook is one reading of the phone's contacts.
type addressBook struct {
	numbers map[string][]string // by key of a name
	names   map[string][]string // by number
	local   map[string][]string // by key: digits of numbers in local form
	read    bool
	at      time.Time // when its reading began
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
	began := time.Now()
	phones, err1 := r.Output(ctx, phonesQuery+as)
	raw, err2 := r.Output(ctx, rawQuery+as)
	if err1 != nil && err2 != nil {
		return fmt.Errorf("read contacts: %w", err1)
	}
	c.set(phones, raw, began)
	return nil
}

// set replaces what is known by the output of the two queries, which began at a
// time.
func (c *Contacts) set(phones, raw string, began time.Time) {
	b := addressBook{numbers: map[string][]string{}, names: map[string][]string{}, local: map[string][]string{}, read: true, at: began}
	for _, row := range parseRows(raw, "account_type", "sync1", "display_name") {
		if strings.HasPrefix(row[0], "com.whatsapp") {
			b.add(row[2], wabridge.NumberOf(row[1]))
		}
	}
	for _, row := range parseRows(phones, "data4", "data1", "display_name") {
		number := row[0]
		if number == "" {
			number = row[1]
		}
		if n := international(number); n != "" {
			b.add(row[2], n)
		} else if d := strings.TrimLeft(wabridge.Digits(number), "0"); d != "" {
			key := displayname.Key(row[2])
			b.local[key] = append(b.local[key], d)
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.book = b
}

func (b addressBook) add(name, number string) {
	key := displayname.Key(name)
	if key == "" || number == "" {
		return
	}
	if !slices.ContainsFunc(b.numbers[key], func(n string) bool { return wabridge.SameNumber(n, number) }) {
		b.numbers[key] = append(b.numbers[key], number)
	}
	if name = displayname.Clean(name); !slices.Contains(b.names[number], name) {
		b.names[number] = append(b.names[number], name)
	}
}

// shared reports whether several lines have the name. A number in local form
// that is not the end of a known one is another line.
func (b addressBook) shared(key string) bool {
	known := b.numbers[key]
	for _, d := range b.local[key] {
		if len(known) > 0 && !slices.ContainsFunc(known, func(n string) bool { return strings.HasSuffix(n, d) }) {
			return true
		}
	}
	return len(known) > 1
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
	return slices.Clone(c.book.numbers[displayname.Key(name)])
}

// Shared reports whether several people are saved under the name, as far as is
// known: such a name says nothing of who it is.
func (c *Contacts) Shared(name string) bool {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.book.shared(displayname.Key(name))
}

// Number is the number of a name that only one line has, else "".
func (c *Contacts) Number(name string) string {
	c.mu.RLock()
	defer c.mu.RUnlock()
	key := displayname.Key(name)
	if known := c.book.numbers[key]; len(known) == 1 && !c.book.shared(key) {
		return known[0]
	}
	return ""
}

// Names lists the names under which this number, in either form, is saved and
// that no other number has: the titles its chat may show.
func (c *Contacts) Names(number string) []string {
	c.mu.RLock()
	defer c.mu.RUnlock()
	var out []string
	for n, names := range c.book.names {
		if !wabridge.SameNumber(n, number) {
			continue
		}
		for _, name := range names {
			if !c.book.shared(displayname.Key(name)) && !slices.Contains(out, name) {
				out = append(out, name)
			}
		}
	}
	slices.Sort(out)
	return out
}

// Saved reports whether the number, in either form, is in the address book.
// The app then shows a name in its place.
func (c *Contacts) Saved(number string) bool {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if len(c.book.names[number]) > 0 {
		return true
	}
	for n := range c.book.names {
		if wabridge.SameNumber(n, number) {
			return true
		}
	}
	return false
}

// Read reports whether the address book was read at all.
func (c *Contacts) Read() bool {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.book.read
}

// The limits of Refresh.
const (
	unknownFor     = 30 * time.Second // a name that was looked for in vain is not looked for again
	refreshes      = 60               // readings in refreshesTime
	refreshesTime  = time.Minute
	unknownEntries = 10_000
)

// Refresh reads the address book again if it has none of these names: people
// are saved while the program runs. It does so at most 60 times a minute, and
// for the same name every 30 s. again asks for a name that it has, but for
// other people than expected. A failure leaves what was known.
func (c *Contacts) Refresh(ctx context.Context, again bool, names ...string) {
	c.reading.Lock()
	defer c.reading.Unlock()
	now := time.Now()
	var wanted []string
	for _, name := range names {
		key := displayname.Key(name)
		if key == "" || displayname.IsChosen(displayname.Clean(name)) || !again && len(c.Numbers(name)) > 0 {
			continue
		}
		if at, ok := c.looked[key]; !ok || now.Sub(at) >= unknownFor {
			wanted = append(wanted, key)
		}
	}
	c.spent = slices.DeleteFunc(c.spent, func(at time.Time) bool { return now.Sub(at) >= refreshesTime })
	if len(wanted) == 0 || c.load == nil || len(c.spent) >= refreshes {
		return
	}
	c.spent = append(c.spent, now)
	if c.load(ctx) != nil {
		return
	}
	if c.looked == nil || len(c.looked) > unknownEntries {
		c.looked = map[string]time.Time{}
	}
	for _, key := range wanted {
		c.looked[key] = now
	}
}

// confirmedFor is how long a reading of the address book vouches that a name is
// one person's only.
const confirmedFor = time.Second

// Confirm reads the address book again if it gives one of these names a number
// and was not read in the last second: another person may have been saved under the
// same name since, and only a name that one person has says who wrote. A failure
// leaves what was known.
func (c *Contacts) Confirm(ctx context.Context, names ...string) {
	c.reading.Lock()
	defer c.reading.Unlock()
	decides := slices.ContainsFunc(names, func(name string) bool { return c.Number(name) != "" })
	if !decides || c.load == nil || time.Since(c.readAt()) < confirmedFor {
		return
	}
	_ = c.load(ctx) // it is logged; what was known stays
}

// readAt is when the newest reading began.
func (c *Contacts) readAt() time.Time {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.book.at
}

// Reread reads the address book again: a title that was one's alone may have
// become another's too, just now. It takes the phone less than a second.
func (c *Contacts) Reread(ctx context.Context) {
	c.reading.Lock()
	defer c.reading.Unlock()
	if c.load != nil {
		_ = c.load(ctx) // it is logged; what was known stays
	}
}

// loadWith sets how the address book is read; nil: it cannot be, now.
func (c *Contacts) loadWith(load func(ctx context.Context) error) {
	c.reading.Lock()
	defer c.reading.Unlock()
	c.load = load
}
