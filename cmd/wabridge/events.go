package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/wabridge/wabridge"
)

// A reader long-polls the event log and hands over each event once.
type reader struct {
	*client
	after  int64
	follow bool // go on until the context ends, also over restarts of the gateway
	phone  string
	kinds  []string
	notes  io.Writer // for people: that the gateway is gone, and back
}

func newEvents() *cobra.Command {
	var r reader
	c := &cobra.Command{
		Use: "events", Short: "Print the event log, one JSON object a line",
		Long: `Events prints what happened: messages in, states of messages sent, phones. Each
event has a number that only grows; --after N goes on behind event N, so that a
program that was away misses nothing and sees nothing twice. With --follow it goes
on with new events, also when the gateway is restarted. docs/api.md describes the
members.`,
		Example: `  wabridge events --type message,status
  wabridge events --follow --after 1742`,
		Args: need(),
		RunE: func(c *cobra.Command, _ []string) (err error) {
			if r.client, err = newClient(c); err != nil {
				return err
			}
			if err := r.resolvePhone(c.Context(), &r.phone); err != nil {
				return err
			}
			r.notes = c.ErrOrStderr()
			out := json.NewEncoder(c.OutOrStdout())
			out.SetEscapeHTML(false)
			return r.each(c.Context(), func(e wabridge.Event) error { return out.Encode(e) })
		},
	}
	addClientFlags(c)
	c.Flags().Int64Var(&r.after, "after", 0, "number of the last event already seen")
	c.Flags().StringSliceVar(&r.kinds, "type", nil, "only these types: message, echo, status, phone, call, account, session, campaign, preference")
	c.Flags().StringVar(&r.phone, "phone", "", "only this phone: its phone_number_id or name")
	c.Flags().BoolVarP(&r.follow, "follow", "f", false, "go on with new events until interrupted")
	return c
}

func newInbox() *cobra.Command {
	var follow, asJSON bool
	var phone string
	var limit int
	c := &cobra.Command{
		Use: "inbox", Short: "Show the messages that came in",
		Long: `Inbox shows the newest messages that came in, oldest first, and with --follow
those that come in from now on.`,
		Args: need(),
		RunE: func(c *cobra.Command, _ []string) error {
			if limit < 0 || limit > 500 {
				return usage(c, "--limit: %d is not between 0 and 500", limit)
			}
			cl, err := newClient(c)
			if err != nil {
				return err
			}
			if err := cl.resolvePhone(c.Context(), &phone); err != nil {
				return err
			}
			after, shown, err := cl.recent(c.Context(), c.OutOrStdout(), phone, limit, asJSON)
			if err != nil || !follow {
				return err
			}
			r := reader{client: cl, after: after, follow: true, phone: phone, kinds: []string{string(wabridge.EventMessage)}, notes: c.ErrOrStderr()}
			return r.each(c.Context(), func(e wabridge.Event) error {
				if shown[e.Message] {
					return nil
				}
				_, err := printIncoming(c.OutOrStdout(), e.Data, asJSON)
				return err
			})
		},
	}
	addClientFlags(c)
	c.Flags().BoolVarP(&follow, "follow", "f", false, "go on with new messages until interrupted")
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object a line")
	c.Flags().StringVar(&phone, "phone", "", "only this phone: its phone_number_id or name")
	c.Flags().IntVarP(&limit, "limit", "n", 20, "how many past messages to show, 500 at most")
	return c
}

// recent prints the newest incoming messages, oldest first, and tells the
// event number from which to go on. What comes in between the two requests is
// printed here and again among the events: shown has the ids.
func (cl *client) recent(ctx context.Context, out io.Writer, phone string, limit int, asJSON bool) (after int64, shown map[string]bool, err error) {
	var last struct {
		Last int64 `json:"last"`
	}
	if err := cl.do(ctx, "GET", "/bridge/v1/events?wait=0", nil, &last); err != nil {
		return 0, nil, err
	}
	var page struct {
		Messages []json.RawMessage `json:"messages"`
	}
	q := url.Values{"direction": {"in"}, "limit": {strconv.Itoa(limit)}}
	if phone != "" {
		q.Set("phone", phone)
	}
	if limit > 0 {
		if err := cl.do(ctx, "GET", "/bridge/v1/messages?"+q.Encode(), nil, &page); err != nil {
			return 0, nil, err
		}
	}
	shown = map[string]bool{}
	for _, m := range slices.Backward(page.Messages) {
		id, err := printIncoming(out, m, asJSON)
		if err != nil {
			return 0, nil, err
		}
		shown[id] = true
	}
	return last.Last, shown, nil
}

// printIncoming prints one message and returns its id.
func printIncoming(out io.Writer, data json.RawMessage, asJSON bool) (string, error) {
	var m wabridge.Message
	if err := json.Unmarshal(data, &m); err != nil {
		return "", fmt.Errorf("decode message: %w", err)
	}
	if asJSON {
		_, err := fmt.Fprintf(out, "%s\n", data)
		return m.ID, err
	}
	_, err := fmt.Fprintf(out, "%s  %s: %s\n", m.Created.Local().Format("2006-01-02 15:04:05"), sender(m), string(m.Text))
	return m.ID, err
}

// sender names who wrote: the name, and the number unless that is the name.
func sender(m wabridge.Message) string {
	who := m.Name
	switch {
	case m.Number != "" && (who == "" || wabridge.Digits(who) == m.Number):
		who = "+" + m.Number
	case m.Number != "":
		who += " (+" + m.Number + ")"
	}
	if m.GroupName != "" {
		who += " in " + m.GroupName
	}
	return who
}

// retryEvery is how often a follower looks for a gateway that went away.
const retryEvery = 2 * time.Second

// each hands over events until there are no more or, following, until the
// context ends.
func (r *reader) each(ctx context.Context, do func(wabridge.Event) error) error {
	gone, reached := false, false
	for {
		page, err := r.page(ctx, r.follow && !gone) // one that was gone is asked at once whether it is back
		switch {
		case err != nil && ctx.Err() != nil:
			return nil //nolint:nilerr // interrupted, as was to be
		case err != nil && r.follow && reached && temporary(err):
			if !gone {
				fmt.Fprintf(r.notes, "wabridge: %v; trying again\n", err)
			}
			gone = true
			select {
			case <-ctx.Done():
			case <-time.After(retryEvery):
			}
			continue
		case err != nil:
			return err
		case gone:
			fmt.Fprintln(r.notes, "wabridge: the gateway is back")
		}
		gone, reached = false, true
		if page.Missed.To > 0 {
			fmt.Fprintf(r.notes, "wabridge: the events %d to %d are no longer kept\n", page.Missed.From, page.Missed.To)
		}
		for _, e := range page.Events {
			if err := do(e); err != nil {
				return err
			}
		}
		if page.Last <= r.after && !r.follow {
			return nil
		}
		r.after = max(r.after, page.Last)
	}
}

// temporary reports whether the same request may work in a while.
func temporary(err error) bool {
	e, ok := errors.AsType[*apiError](err)
	return errors.Is(err, errUnreachable) || ok && e.Status >= 500
}

type eventPage struct {
	Events []wabridge.Event `json:"events"`
	Last   int64            `json:"last"`
	Missed struct {         // numbers that are no longer kept
		From int64 `json:"from"`
		To   int64 `json:"to"`
	} `json:"missed"`
}

func (r *reader) page(ctx context.Context, wait bool) (p eventPage, err error) {
	q := url.Values{"after": {strconv.FormatInt(r.after, 10)}, "wait": {"0"}, "limit": {"1000"}}
	if wait {
		q.Set("wait", "25")
	}
	if r.phone != "" {
		q.Set("phone", r.phone)
	}
	for _, k := range r.kinds {
		q.Add("type", k)
	}
	return p, r.do(ctx, "GET", "/bridge/v1/events?"+q.Encode(), nil, &p)
}
