package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/wabridge/wabridge"
)

// A metric is one of the three things that stats shows.
type metric struct {
	name, title, axis string
	field             string // of the API
	day, month        string // how the field calls them
	member            string // of its data points
}

var metrics = []metric{
	{"sent", "Messages sent", "Number of messages sent", "analytics", "DAY", "MONTH", "sent"},
	{"delivered", "Messages delivered", "Number of messages delivered", "analytics", "DAY", "MONTH", "delivered"},
	{"cost", "Cost of conversations", "Cost", "conversation_analytics", "DAILY", "MONTHLY", "cost"},
}

// A statsCommand is what was asked for.
type statsCommand struct {
	*client
	metric
	since, until    time.Time
	granularity     string // half_hour, day or month
	phone, png, svg string
	asJSON          bool
}

func newStats() *cobra.Command {
	c := group(&cobra.Command{
		Use: "stats", Short: "Count and draw messages sent, delivered, and what they cost",
		Long: `Stats asks a running gateway for its analytics and prints them as bars, or draws
them as a picture, with a line for each phone. Days and months are those of this
machine's time zone. Messages count where they were seen sent or delivered; docs/api.md
says more. The cost comes from the rate card in the gateway's configuration.`,
	})
	for _, m := range metrics {
		c.AddCommand(newStatsOf(m))
	}
	return c
}

func newStatsOf(m metric) *cobra.Command {
	s := statsCommand{metric: m}
	var since, until string
	c := &cobra.Command{
		Use: m.name, Short: map[string]string{
			"sent": "Messages sent", "delivered": "Messages delivered", "cost": "What the conversations cost",
		}[m.name],
		Example: "  wabridge stats " + m.name + " --since 7d\n  wabridge stats " + m.name + " --since 2026-01-01 --granularity month --png " + m.name + ".png",
		Args:    need(),
		RunE: func(c *cobra.Command, _ []string) (err error) {
			if err := s.readFlags(c, since, until, time.Now()); err != nil {
				return err
			}
			if s.client, err = newClient(c); err != nil {
				return err
			}
			if err := s.resolvePhone(c.Context(), &s.phone); err != nil {
				return err
			}
			chart, err := s.fetch(c.Context())
			if err != nil {
				return err
			}
			return s.show(c.OutOrStdout(), chart)
		},
	}
	addClientFlags(c)
	c.Flags().StringVar(&since, "since", "30d", "first day: a date like 2026-01-31, or so long ago: 30d, 12h, 6mo, 1y")
	c.Flags().StringVar(&until, "until", "", "last day, in the same forms (default: now)")
	c.Flags().StringVar(&s.granularity, "granularity", "day", "half_hour, day or month")
	c.Flags().StringVar(&s.phone, "phone", "", "only this phone: its phone_number_id or name")
	c.Flags().StringVar(&s.png, "png", "", "draw into this PNG file")
	c.Flags().StringVar(&s.svg, "svg", "", "draw into this SVG file")
	c.Flags().BoolVar(&s.asJSON, "json", false, "print JSON")
	return c
}

// readFlags reads the time and checks the rest.
func (s *statsCommand) readFlags(c *cobra.Command, since, until string, now time.Time) (err error) {
	s.granularity = strings.ToLower(s.granularity)
	if !slices.Contains([]string{"half_hour", "day", "month"}, s.granularity) {
		return usage(c, "--granularity: %q is none of half_hour, day, month", s.granularity)
	}
	if n := len(s.png) + len(s.svg); s.asJSON && n > 0 || s.png != "" && s.svg != "" {
		return usage(c, "give one of --png, --svg and --json only")
	}
	if s.since, err = readDay(since, now, false); err != nil {
		return usage(c, "--since: %v", err)
	}
	s.until = now
	if until != "" {
		if s.until, err = readDay(until, now, true); err != nil {
			return usage(c, "--until: %v", err)
		}
	}
	s.since = s.begin(s.since)
	if !s.until.After(s.since) {
		return usage(c, "--until: %s is not after --since, %s", s.until.Format(time.DateTime), s.since.Format(time.DateTime))
	}
	if oldest := now.AddDate(-1, 0, -1); s.since.Before(oldest) {
		return usage(c, "--since: the gateway tells of the last year only, from %s on", oldest.Format(time.DateOnly))
	}
	return nil
}

// readDay reads a date (its end, where it is the last day) or a time ago.
func readDay(s string, now time.Time, last bool) (time.Time, error) {
	if t, err := time.ParseInLocation(time.DateOnly, s, now.Location()); err == nil {
		if last {
			t = t.AddDate(0, 0, 1)
		}
		return t, nil
	}
	digits := strings.TrimRight(s, "abcdefghijklmnopqrstuvwxyz")
	n, err := strconv.Atoi(digits)
	if err == nil && n >= 0 && n <= 100_000 {
		switch s[len(digits):] {
		case "h":
			return now.Add(-time.Duration(n) * time.Hour), nil
		case "d":
			return now.AddDate(0, 0, -n), nil
		case "w":
			return now.AddDate(0, 0, -7*n), nil
		case "mo":
			return now.AddDate(0, -n, 0), nil
		case "y":
			return now.AddDate(-n, 0, 0), nil
		}
	}
	return now, fmt.Errorf("%q is neither a date like 2026-01-31 nor a time like 30d, 12h, 6mo or 1y", s)
}

// begin is where the half hour, day or month of t begins.
func (s *statsCommand) begin(t time.Time) time.Time {
	switch s.granularity {
	case "half_hour":
		return t.Truncate(30 * time.Minute)
	case "month":
		return time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, t.Location())
	}
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, t.Location())
}

func (s *statsCommand) next(t time.Time) time.Time {
	switch s.granularity {
	case "half_hour":
		return t.Add(30 * time.Minute)
	case "month":
		return t.AddDate(0, 1, 0)
	}
	return t.AddDate(0, 0, 1)
}

// A chart is what was counted: for each line a value per slot.
type chart struct {
	slots    []time.Time // where each begins
	lines    []chartLine
	currency string
}

type chartLine struct {
	name   string
	values []float64
}

// totals adds the lines up.
func (c *chart) totals() []float64 {
	all := make([]float64, len(c.slots))
	for _, l := range c.lines {
		for i, v := range l.values {
			all[i] += v
		}
	}
	return all
}

// fetch asks for each phone by itself, so that each becomes a line.
func (s *statsCommand) fetch(ctx context.Context) (*chart, error) {
	phones, err := s.phones(ctx)
	if err != nil {
		return nil, err
	}
	if s.phone != "" {
		phones = slices.DeleteFunc(phones, func(p phoneRow) bool { return p.ID != s.phone })
		if len(phones) == 0 {
			return nil, noPhone(s.phone)
		}
	}
	if len(phones) == 0 {
		return nil, errors.New("the gateway has no phones yet; `wabridge doctor` tells what is missing")
	}
	c := &chart{}
	for at := s.since; at.Before(s.until); at = s.next(at) {
		c.slots = append(c.slots, at)
	}
	for _, p := range phones {
		line := chartLine{phoneName(p.Phone), make([]float64, len(c.slots))}
		if err := s.ask(ctx, p.Phone, c, line.values); err != nil {
			return nil, err
		}
		c.lines = append(c.lines, line)
	}
	return c, nil
}

// phoneName names a phone for people.
func phoneName(p wabridge.Phone) string {
	switch {
	case p.Name != "" && p.Number != "":
		return p.Name + " (+" + p.Number + ")"
	case p.Number != "":
		return "+" + p.Number
	}
	return p.ID
}

// ask adds one phone's data points to the slots.
func (s *statsCommand) ask(ctx context.Context, p wabridge.Phone, c *chart, into []float64) error {
	number := p.Number
	if number == "" {
		number = p.ID
	}
	step := map[string]string{"half_hour": "HALF_HOUR", "day": s.day, "month": s.month}[s.granularity]
	fields := fmt.Sprintf("currency,%s.start(%d).end(%d).granularity(%s).phone_numbers([%s])", s.field, s.since.Unix(), s.until.Unix(), step, number)
	type points struct {
		Points []map[string]any `json:"data_points"`
	}
	var answer struct {
		Currency      string `json:"currency"`
		Messages      points `json:"analytics"`
		Conversations struct {
			Data []points `json:"data"`
		} `json:"conversation_analytics"`
	}
	if err := s.do(ctx, "GET", "/"+url.PathEscape(p.WABA)+"?fields="+url.QueryEscape(fields), nil, &answer); err != nil {
		return err
	}
	c.currency = answer.Currency
	all := answer.Messages.Points
	for _, more := range answer.Conversations.Data {
		all = append(all, more.Points...)
	}
	for _, point := range all {
		start, _ := point["start"].(float64)
		value, _ := point[s.member].(float64)
		if i := c.slotOf(time.Unix(int64(start), 0), s.granularity); i >= 0 {
			into[i] += value
		}
	}
	return nil
}

// slotOf finds the slot of a data point. The gateway's days have 24 hours, so
// that after a clock change they begin an hour beside ours.
func (c *chart) slotOf(start time.Time, granularity string) int {
	if granularity != "half_hour" {
		start = start.Add(2 * time.Hour)
	}
	i, exact := slices.BinarySearchFunc(c.slots, start, time.Time.Compare)
	if !exact {
		i--
	}
	return i
}
