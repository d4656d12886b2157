package main

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/content"
	"github.com/wabridge/wabridge/phonenumber"
	"github.com/wabridge/wabridge/uiauto"
)

// A campaignRequest is what POST /bridge/v1/campaigns takes; the destinations
// stand last, so that the gateway reads them as a stream.
type campaignRequest struct {
	Phone        string           `json:"phone_number_id,omitempty"`
	Name         string           `json:"name,omitempty"`
	Paused       bool             `json:"paused,omitempty"`
	Duplicates   bool             `json:"allow_duplicates,omitempty"`
	SendAt       string           `json:"send_at,omitempty"`
	Hours        *wabridge.Hours  `json:"allowed_hours,omitempty"`
	TTL          int64            `json:"ttl,omitempty"`
	Category     string           `json:"category,omitempty"`
	Message      json.RawMessage  `json:"message"`
	Destinations []campaignPerson `json:"destinations"`
}

type campaignPerson struct {
	To        string            `json:"to"`
	Variables map[string]string `json:"variables,omitempty"`
}

type campaignSendFlags struct {
	text, message, hours, zone, key string
	ttl                             time.Duration
	check, follow, quiet            bool
	request                         campaignRequest
}

func newCampaignSend() *cobra.Command {
	var f campaignSendFlags
	c := &cobra.Command{
		Use: "send FILE.csv", Short: "Send a message to everybody in a CSV file",
		Long: `Send reads people from a CSV file (commas, semicolons or tabs) whose first line
names its columns. One column is the number: number, phone, to or tel, else the
first. The others are variables: {name} in the text is the column name.
A variable that has no column stops it before anything is sent.

A large file takes a while: every two seconds a line on standard error says how
far it is; --quiet does without.

With --check nothing is sent: it says what would be. Whom the file names twice
gets the message once. FILE "-" is standard input.`,
		Example: `  wabridge campaigns send people.csv --text "Hi {name}, see you on {day}" --check
  wabridge campaigns send people.csv --text "Hi {name}" --hours 09:00-20:00 --follow
  wabridge campaigns send people.csv --message template.json --send-at 2026-12-01T09:00:00+01:00`,
		Args: need("FILE.csv"),
		RunE: func(c *cobra.Command, args []string) error {
			if err := f.read(c, args[0]); err != nil {
				return err
			}
			if f.check {
				return f.tell(c.OutOrStdout())
			}
			return f.send(c)
		},
	}
	addClientFlags(c)
	fl := c.Flags()
	fl.StringVar(&f.text, "text", "", "the text, with variables as {name}")
	fl.StringVar(&f.message, "message", "", `file with the Cloud API's message object, e.g. {"type":"template","template":{…}}`)
	fl.StringVar(&f.request.Phone, "phone", "", "phone to send from, by its phone_number_id or name (default: the only phone)")
	fl.StringVar(&f.request.Name, "name", "", "the campaign's name (default: the file's)")
	fl.StringVar(&f.hours, "hours", "", "times of day to send at, e.g. 09:00-12:00,14:00-20:00")
	fl.StringVar(&f.zone, "zone", "", "time zone of --hours, e.g. Europe/Berlin or +03:00 (default: that of each number)")
	fl.StringVar(&f.request.SendAt, "send-at", "", "not before, e.g. 2026-12-01T09:00:00+01:00")
	fl.DurationVar(&f.ttl, "ttl", 0, "how long a message is worth sending (default: 30 days)")
	fl.StringVar(&f.request.Category, "category", "", "service, utility, marketing or authentication")
	fl.BoolVar(&f.request.Paused, "paused", false, "send nothing before `wabridge campaigns resume`")
	fl.BoolVar(&f.request.Duplicates, "allow-duplicates", false, "whom the file names twice gets it twice")
	fl.StringVar(&f.key, "idempotency-key", "", "text that names this campaign: a repeat with the same key goes on, and doubles nothing (default: a new one)")
	fl.BoolVar(&f.check, "check", false, "send nothing, say what would be sent")
	fl.BoolVar(&f.quiet, "quiet", false, "do not tell how far the upload is")
	fl.BoolVar(&f.follow, "follow", false, "print the progress until all is done")
	return c
}

// read makes the request of flags and file.
func (f *campaignSendFlags) read(c *cobra.Command, path string) error {
	switch {
	case f.text == "" && f.message == "" || f.text != "" && f.message != "":
		return usage(c, "give either --text or --message")
	case f.ttl < 0 || f.ttl%time.Second != 0:
		return usage(c, "--ttl: %v is not a number of whole seconds", f.ttl)
	case f.zone != "" && f.hours == "":
		return usage(c, "--zone goes with --hours")
	}
	f.request.TTL = int64(f.ttl / time.Second)
	if f.request.Name == "" && path != "-" {
		f.request.Name = path[strings.LastIndexByte(path, '/')+1:]
	}
	var err error
	if f.request.Hours, err = hoursOf(f.hours, f.zone); err != nil {
		return usage(c, "--hours: %v", err)
	}
	f.request.Message, err = json.Marshal(map[string]any{"type": "text", "text": map[string]string{"body": f.text}})
	if f.message != "" {
		var raw []byte
		raw, err = os.ReadFile(f.message)
		f.request.Message = bytes.TrimPrefix(raw, []byte("\ufeff")) // a byte order mark, as some editors write it
	}
	if err != nil {
		return fmt.Errorf("message: %w", err)
	}
	pattern, err := content.ReadPattern(f.request.Message)
	if err != nil {
		return fmt.Errorf("--message: %s holds no JSON object", f.message)
	}
	in := c.InOrStdin()
	if path != "-" {
		file, err := os.Open(path)
		if err != nil {
			return fmt.Errorf("people: %w", err)
		}
		defer file.Close() // it was only read
		in = file
	}
	people, columns, err := readPeople(in)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	for _, name := range pattern.Variables() {
		if !slices.Contains(columns, name) {
			return fmt.Errorf("%s has no column %q, which the message names; its columns are: %s", path, name, strings.Join(columns, ", "))
		}
	}
	for i := range people {
		for name := range people[i].Variables {
			if !slices.Contains(pattern.Variables(), name) {
				delete(people[i].Variables, name) // nobody asks for it
			}
		}
	}
	f.request.Destinations = people
	return nil
}

// hoursOf reads "09:00-12:00,14:00-20:00".
func hoursOf(text, zone string) (*wabridge.Hours, error) {
	if text == "" {
		return nil, nil
	}
	h := &wabridge.Hours{Zone: zone}
	for part := range strings.SplitSeq(text, ",") {
		from, to, ok := strings.Cut(strings.TrimSpace(part), "-")
		if !ok {
			return nil, fmt.Errorf("%q is not a range as 09:00-20:00", part)
		}
		h.Ranges = append(h.Ranges, [2]string{from, to})
	}
	return h, nil
}

// numberColumns are the names of the column that holds the number.
var numberColumns = []string{"number", "phone", "to", "tel", "telephone", "mobile", "whatsapp"}

// readPeople reads a CSV file whose first line names its columns, in UTF-8, or in
// UTF-16 with a byte order mark.
func readPeople(in io.Reader) (people []campaignPerson, columns []string, err error) {
	b := bufio.NewReader(uiauto.Decode(in))
	first, _ := b.Peek(4096)
	r := csv.NewReader(b)
	r.Comma, r.TrimLeadingSpace, r.FieldsPerRecord = separator(string(first)), true, 0
	head, err := r.Read()
	if errors.Is(err, io.EOF) {
		return nil, nil, errors.New("it is empty; its first line names the columns, as in number,name")
	}
	if err != nil {
		return nil, nil, err
	}
	number := 0
	for i := range head {
		head[i] = strings.TrimSpace(head[i])
	}
	if i := slices.IndexFunc(head, func(s string) bool { return slices.Contains(numberColumns, strings.ToLower(s)) }); i >= 0 {
		number = i
	}
	if wabridge.Digits(head[number]) != "" && len(wabridge.Digits(head[number])) > 6 {
		return nil, nil, errors.New("its first line is a number; it must name the columns, as in number,name")
	}
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, nil, err
		}
		p := campaignPerson{To: strings.TrimSpace(row[number]), Variables: map[string]string{}}
		for i, value := range row {
			p.Variables[head[i]] = strings.TrimSpace(value)
		}
		people = append(people, p)
	}
	if len(people) == 0 {
		return nil, nil, errors.New("it has no line behind the one that names the columns")
	}
	return people, head, nil
}

// separator is what the first line uses most.
func separator(text string) rune {
	line, _, _ := strings.Cut(text, "\n")
	best := ','
	for _, c := range []rune{';', '\t'} {
		if strings.Count(line, string(c)) > strings.Count(line, string(best)) {
			best = c
		}
	}
	return best
}

// tell says what would be sent.
func (f *campaignSendFlags) tell(out io.Writer) error {
	people := f.request.Destinations
	seen, twice, short := map[string]bool{}, 0, 0
	for _, p := range people {
		digits, err := phonenumber.Parse(p.To, "", nil)
		if err != nil { // a local number: the gateway reads it by its phone's country
			digits = wabridge.Digits(p.To)
		}
		if len(digits) < phonenumber.MinDigits {
			short++
		} else if seen[digits] {
			twice++
		}
		seen[digits] = true
	}
	pattern, err := content.ReadPattern(f.request.Message)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%d people", len(people))
	if twice > 0 && !f.request.Duplicates {
		fmt.Fprintf(out, ", %d of them twice (they get it once)", twice)
	}
	if short > 0 {
		fmt.Fprintf(out, ", %d without a number", short)
	}
	raw, _ := pattern.Fill(people[0].Variables) // all variables have a column
	var m struct {
		Text struct{ Body string }
	}
	example := string(raw)
	if json.Unmarshal(raw, &m) == nil && m.Text.Body != "" {
		example = m.Text.Body
	}
	_, err = fmt.Fprintf(out, "\nthe first, to %s:\n%s\nnothing was sent (--check)\n", people[0].To, example)
	return err
}

// campaignTold is the gateway's answer.
type campaignTold struct {
	Campaign campaignRow `json:"campaign"`
	Errors   []struct {
		Index int    `json:"index"`
		To    string `json:"to"`
		Error struct {
			Message string `json:"message"`
			Remedy  string `json:"remedy"`
		} `json:"error"`
	} `json:"errors"`
	Duplicates []struct{} `json:"duplicates"`
}

// campaignTries is how often a campaign is handed in whose answer got lost; the
// key keeps it from being doubled.
const campaignTries = 3

func (f *campaignSendFlags) send(c *cobra.Command) error {
	cl, err := newClient(c)
	if err != nil {
		return err
	}
	if err := cl.resolvePhone(c.Context(), &f.request.Phone); err != nil {
		return err
	}
	if f.key == "" {
		f.key = wabridge.NewUUID()
	}
	if !f.quiet {
		cl.uploading = &upload{}
		defer cl.uploading.tell(c.ErrOrStderr(), len(f.request.Destinations))()
	}
	var told campaignTold
	for try := 1; ; try++ {
		err = cl.do(c.Context(), "POST", "/bridge/v1/campaigns", f.request, &told, [2]string{"Idempotency-Key", f.key})
		if !errors.Is(err, errUnreachable) || try == campaignTries || c.Context().Err() != nil {
			break
		}
		select {
		case <-time.After(time.Duration(try) * time.Second):
		case <-c.Context().Done():
		}
	}
	if errors.Is(err, errUnreachable) {
		return fmt.Errorf("%w; a part may have been accepted: repeat it with --idempotency-key %s, that doubles nothing", err, f.key)
	}
	if err != nil {
		return err
	}
	out := c.OutOrStdout()
	fmt.Fprintf(out, "%s\n%d accepted, %d duplicates, %d refused\n", told.Campaign.ID, told.Campaign.Accepted, told.Campaign.Duplicates, told.Campaign.Refused)
	const shown = 10
	for i, e := range told.Errors {
		if i == shown {
			fmt.Fprintf(out, "… and %d more\n", len(told.Errors)-shown)
			break
		}
		fmt.Fprintf(out, "line %d, %s: %s: %s\n", e.Index+2, e.To, e.Error.Message, e.Error.Remedy)
	}
	if !f.follow {
		return nil
	}
	return cl.followCampaign(c.Context(), out, told.Campaign.ID)
}
