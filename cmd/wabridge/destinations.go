package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
)

// A destination is a receiver of events as /bridge/v1/destinations tells of it.
type destination struct {
	ID        string    `json:"id"`
	Kind      string    `json:"kind"`
	URL       string    `json:"url,omitempty"`
	Address   string    `json:"address,omitempty"`
	Scope     string    `json:"scope,omitempty"`
	Phones    []string  `json:"phones,omitempty"`
	Fields    []string  `json:"fields,omitempty"`
	HasSecret bool      `json:"has_secret"`
	Cursor    int64     `json:"cursor"`
	Health    string    `json:"health"`
	Pending   int64     `json:"pending"`
	AtMost    bool      `json:"pending_at_most,omitempty"`
	Backlog   int64     `json:"backlog"`
	Oldest    time.Time `json:"oldest_pending,omitzero"`
	Retrying  int       `json:"retrying,omitempty"`
	Dead      int       `json:"dead_letters,omitempty"`
	Failures  int       `json:"failures,omitempty"`
	Failing   time.Time `json:"failing_since,omitzero"`
	Next      time.Time `json:"next_try,omitzero"`
	LastError string    `json:"last_error,omitempty"`
	LastOK    time.Time `json:"last_ok,omitzero"`
	Dropped   int64     `json:"dropped,omitempty"`
	Disabled  bool      `json:"disabled,omitempty"`
}

func (d destination) state() string {
	switch {
	case d.Disabled:
		return "disabled"
	case d.Failures > 0:
		return fmt.Sprintf("failing since %s, next try %s", minute(d.Failing), minute(d.Next))
	case d.Retrying > 0:
		return fmt.Sprintf("ok, but refuses %d events", d.Retrying)
	}
	return "ok"
}

// pending is how many events wait, at least in words.
func (d destination) pending() string {
	if d.AtMost {
		return "<=" + strconv.FormatInt(d.Pending, 10)
	}
	return strconv.FormatInt(d.Pending, 10)
}

func newWebhookList() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use: "list", Short: "List everything that events are posted to: what waits, dead letters, the last error", Args: need(),
		Long: `List shows webhooks, the addresses that messages in Devino's and TWIN's form name
for their statuses (while something waits for them, or they were told something in
the last minutes), and what CRMs are posted. Addresses stand without what follows "?".`,
		RunE: func(c *cobra.Command, _ []string) error {
			cl, err := newClient(c)
			if err != nil {
				return err
			}
			list, err := readDestinations(c, cl)
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(c.OutOrStdout(), list)
			}
			return printDestinations(c.OutOrStdout(), list)
		},
	}
	addClientFlags(c)
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func readDestinations(c *cobra.Command, cl *client) ([]destination, error) {
	var page struct {
		Destinations []destination `json:"destinations"`
	}
	err := cl.do(c.Context(), "GET", "/bridge/v1/destinations", nil, &page)
	for i := range page.Destinations {
		page.Destinations[i].URL = page.Destinations[i].Address
	}
	return page.Destinations, err
}

func printDestinations(out io.Writer, list []destination) error {
	if len(list) == 0 {
		_, err := fmt.Fprintln(out, "no receivers; `wabridge webhook add URL` adds one")
		return err
	}
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tKIND\tURL\tSCOPE\tSIGNED\tWAITING\tDEAD\tSTATE\tLAST ERROR")
	for _, d := range list {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%t\t%s\t%d\t%s\t%s\n", d.ID, d.Kind, cmp.Or(d.Address, "-"), cmp.Or(d.Scope, "-"), d.HasSecret,
			d.pending(), d.Dead, d.state(), d.LastError)
	}
	return w.Flush()
}

// A deadLetter is an event that was set aside.
type deadLetter struct {
	Destination string    `json:"destination"`
	Event       int64     `json:"event"`
	Type        string    `json:"type,omitempty"`
	Phone       string    `json:"phone_number_id,omitempty"`
	Message     string    `json:"message_id,omitempty"`
	At          time.Time `json:"at,omitzero"`
	Tries       int       `json:"tries"`
	HTTPStatus  int       `json:"http_status,omitempty"`
	Error       string    `json:"error"`
	FirstFailed time.Time `json:"first_failed,omitzero"`
	SetAside    time.Time `json:"set_aside"`
}

func newDeadLetters() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use: "dead-letters [ID]", Short: "List the events that were set aside, of one receiver or of all", Args: cobra.MaximumNArgs(1),
		Long: `An event becomes a dead letter when its receiver refuses it again and again while it
takes others, or after 7 days without success. Repair the receiver, then replay them.`,
		Example: "  wabridge webhook dead-letters\n  wabridge webhook replay 4268a5663827052c",
		RunE: func(c *cobra.Command, args []string) error {
			cl, err := newClient(c)
			if err != nil {
				return err
			}
			ids := args
			if len(ids) == 0 {
				all, err := readDestinations(c, cl)
				if err != nil {
					return err
				}
				for _, d := range all {
					if d.Dead > 0 && d.Kind != "crm" {
						ids = append(ids, d.ID)
					}
				}
			}
			list := []deadLetter{}
			for _, id := range ids {
				some, err := readDeadLetters(c, cl, id)
				if err != nil {
					return err
				}
				list = append(list, some...)
			}
			if asJSON {
				return printJSON(c.OutOrStdout(), list)
			}
			return printDeadLetters(c.OutOrStdout(), list)
		},
	}
	addClientFlags(c)
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

// readDeadLetters reads all pages of a destination's dead letters.
func readDeadLetters(c *cobra.Command, cl *client, id string) (list []deadLetter, err error) {
	for cursor := ""; ; {
		var page struct {
			DeadLetters []deadLetter `json:"dead_letters"`
			Next        string       `json:"next"`
		}
		path := "/bridge/v1/destinations/" + url.PathEscape(id) + "/dead-letters?limit=1000&cursor=" + url.QueryEscape(cursor)
		if err := cl.do(c.Context(), "GET", path, nil, &page); err != nil {
			return nil, noSuchDestination(err, id)
		}
		for _, v := range page.DeadLetters {
			v.Destination = id
			list = append(list, v)
		}
		if cursor = page.Next; cursor == "" {
			return list, nil
		}
	}
}

func printDeadLetters(out io.Writer, list []deadLetter) error {
	if len(list) == 0 {
		_, err := fmt.Fprintln(out, "no dead letters")
		return err
	}
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "RECEIVER\tEVENT\tTYPE\tMESSAGE\tSET ASIDE\tTRIES\tERROR")
	for _, v := range list {
		fmt.Fprintf(w, "%s\t%d\t%s\t%s\t%s\t%d\t%s\n", v.Destination, v.Event, cmp.Or(v.Type, "-"), cmp.Or(v.Message, "-"), minute(v.SetAside), v.Tries, v.Error)
	}
	return w.Flush()
}

func newReplay() *cobra.Command {
	return withClientFlags(&cobra.Command{
		Use: "replay ID [EVENT]...", Short: "Deliver dead letters of a receiver again: those of the given events, or all", Args: cobra.MinimumNArgs(1),
		Example: "  wabridge webhook replay 4268a5663827052c\n  wabridge webhook replay 4268a5663827052c 1742 1743",
		RunE: func(c *cobra.Command, args []string) error {
			cl, err := newClient(c)
			if err != nil {
				return err
			}
			events := []int64{}
			for _, a := range args[1:] {
				n, err := strconv.ParseInt(a, 10, 64)
				if err != nil || n < 1 {
					return fmt.Errorf("%q is not the number of an event; `wabridge webhook dead-letters` shows them", a)
				}
				events = append(events, n)
			}
			var answer struct {
				Replayed int `json:"replayed"`
			}
			path := "/bridge/v1/destinations/" + url.PathEscape(args[0]) + "/replay"
			if err := cl.do(c.Context(), "POST", path, map[string]any{"events": events}, &answer); err != nil {
				return noSuchDestination(err, args[0])
			}
			_, err = fmt.Fprintf(c.OutOrStdout(), "%d dead letters are delivered again\n", answer.Replayed)
			return err
		},
	})
}

// noSuchDestination says what to do about an unknown id.
func noSuchDestination(err error, id string) error {
	if e, ok := errors.AsType[*apiError](err); ok && e.Status == http.StatusNotFound {
		return fmt.Errorf("there is no receiver %s; `wabridge webhook list` shows the ids", id)
	}
	return err
}

func withClientFlags(c *cobra.Command) *cobra.Command {
	addClientFlags(c)
	return c
}
