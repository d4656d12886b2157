package main

import (
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/term"
)

// show prints or draws a chart as was asked for.
func (s *statsCommand) show(out io.Writer, c *chart) error {
	switch {
	case s.asJSON:
		return s.printJSON(out, c)
	case s.png != "":
		return s.drawPNG(out, c, s.png)
	case s.svg != "":
		return s.drawSVG(out, c, s.svg)
	}
	return s.printBars(out, c, widthOf(out))
}

type statsPoint struct {
	Start time.Time `json:"start"`
	End   time.Time `json:"end"`
	Value float64   `json:"value"`
}

type statsLine struct {
	Phone  string       `json:"phone"`
	Total  float64      `json:"total"`
	Points []statsPoint `json:"points"`
}

func (s *statsCommand) printJSON(out io.Writer, c *chart) error {
	answer := struct {
		Metric      string      `json:"metric"`
		Granularity string      `json:"granularity"`
		Currency    string      `json:"currency,omitempty"`
		Total       float64     `json:"total"`
		Lines       []statsLine `json:"lines"`
	}{Metric: s.name, Granularity: s.granularity}
	if s.name == "cost" {
		answer.Currency = c.currency
	}
	for _, l := range c.lines {
		line := statsLine{Phone: l.name, Points: []statsPoint{}}
		for i, v := range l.values {
			line.Points = append(line.Points, statsPoint{c.slots[i], s.next(c.slots[i]), v})
			line.Total = cents(line.Total + v)
		}
		answer.Lines = append(answer.Lines, line)
		answer.Total = cents(answer.Total + line.Total)
	}
	return printJSON(out, answer)
}

// cents drops what adding up fractions leaves behind: costs have six digits.
func cents(v float64) float64 { return math.Round(v*1e6) / 1e6 }

// heading says what is shown.
func (s *statsCommand) heading(c *chart) string {
	per := map[string]string{"half_hour": "per half hour", "day": "per day", "month": "per month"}[s.granularity]
	last := s.until.Add(-time.Second)
	text := fmt.Sprintf("%s %s, %s to %s", s.title, per, s.since.Format("2 Jan 2006"), last.Format("2 Jan 2006"))
	if s.name == "cost" && c.currency != "" {
		text += ", " + c.currency
	}
	return text
}

// label names a slot in the terminal.
func (s *statsCommand) label(t time.Time) string {
	return t.Format(map[string]string{"half_hour": "2006-01-02 15:04", "day": "Mon 2006-01-02", "month": "2006-01"}[s.granularity])
}

// amount writes a value: whole numbers with commas, costs with two digits.
func (s *statsCommand) amount(v float64) string {
	if s.name == "cost" {
		whole := strconv.FormatFloat(v, 'f', 2, 64)
		return grouped(whole[:len(whole)-3]) + whole[len(whole)-3:]
	}
	return grouped(strconv.FormatFloat(v, 'f', 0, 64))
}

func grouped(digits string) string {
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// printBars prints a bar for each slot. Half hours without anything are left
// out, as there are so many.
func (s *statsCommand) printBars(out io.Writer, c *chart, width int) error {
	totals := c.totals()
	var b strings.Builder
	b.WriteString(s.heading(c) + "\n\n")
	most, sum, wide := 0.0, 0.0, 0
	for _, v := range totals {
		most, sum, wide = max(most, v), sum+v, max(wide, len(s.amount(v)))
	}
	sum = cents(sum)
	wide = max(wide, len(s.amount(sum)))
	room := max(width-len(s.label(s.since))-wide-4, 10)
	for i, v := range totals {
		if v == 0 && s.granularity == "half_hour" {
			continue
		}
		line := fmt.Sprintf("%s  %*s  %s", s.label(c.slots[i]), wide, s.amount(v), bar(v, most, room))
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	fmt.Fprintf(&b, "%-*s  %*s\n", len(s.label(s.since)), "total", wide, s.amount(sum))
	_, err := io.WriteString(out, b.String())
	return err
}

// bar draws a value as a part of room, to an eighth of a column. What is not
// nothing is seen.
func bar(v, most float64, room int) string {
	if v <= 0 || most <= 0 {
		return ""
	}
	eighths := max(int(math.Round(v/most*float64(room)*8)), 1)
	text := strings.Repeat("█", eighths/8)
	if rest := eighths % 8; rest > 0 {
		text += string([]rune("▏▎▍▌▋▊▉")[rest-1])
	}
	return text
}

// widthOf is the width of a terminal, and 80 elsewhere.
func widthOf(out io.Writer) int {
	if f, ok := out.(*os.File); ok {
		if w, _, err := term.GetSize(int(f.Fd())); err == nil && w > 0 {
			return w
		}
	}
	if w, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && w > 0 {
		return w
	}
	return 80
}

// shorten cuts a name for a legend.
func shorten(name string, runes int) string {
	if utf8.RuneCountInString(name) <= runes {
		return name
	}
	return string([]rune(name)[:runes-1]) + "…"
}
