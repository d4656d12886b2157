package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/wabridge/wabridge"
)

func newEvents() *cobra.Command {
	var after int64
	var kinds []string
	var phone string
	var follow bool
	c := &cobra.Command{
		Use: "events", Short: "Print the event log, one JSON object a line",
		Long: `Events prints what happened: messages in, states of messages sent, phones. Each
event has a number that only grows; --after N goes on behind event N, so that a
program that was away misses nothing and sees nothing twice.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			cl, err := newClient(c)
			if err != nil {
				return err
			}
			out := json.NewEncoder(c.OutOrStdout())
			out.SetEscapeHTML(false)
			return cl.events(c.Context(), after, follow, phone, kinds, func(e wabridge.Event) error { return out.Encode(e) })
		},
	}
	addClientFlags(c)
	c.Flags().Int64Var(&after, "after", 0, "number of the last event already seen")
	c.Flags().StringSliceVar(&kinds, "type", nil, "only these types: message, echo, status, phone")
	c.Flags().StringVar(&phone, "phone", "", "only this phone_number_id")
	c.Flags().BoolVarP(&follow, "follow", "f", false, "go on with new events until interrupted")
	return c
}

func newInbox() *cobra.Command {
	var follow, asJSON bool
	var phone string
	var limit int
	c := &cobra.Command{
		Use: "inbox", Short: "Show the messages that came in",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			cl, err := newClient(c)
			if err != nil {
				return err
			}
			after, err := cl.recent(c.Context(), c.OutOrStdout(), phone, limit, asJSON)
			if err != nil || !follow {
				return err
			}
			return cl.events(c.Context(), after, true, phone, []string{"message"}, func(e wabridge.Event) error {
				return printIncoming(c.OutOrStdout(), e.Data, asJSON)
			})
		},
	}
	addClientFlags(c)
	c.Flags().BoolVarP(&follow, "follow", "f", false, "go on with new messages until interrupted")
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object a line")
	c.Flags().StringVar(&phone, "phone", "", "only this phone_number_id")
	c.Flags().IntVarP(&limit, "limit", "n", 20, "how many past messages to show")
	return c
}

// recent prints the newest incoming messages, oldest first, and tells the
// event number from which to go on.
func (cl *client) recent(ctx context.Context, out io.Writer, phone string, limit int, asJSON bool) (int64, error) {
	var last struct {
		Last int64 `json:"last"`
	}
	if err := cl.do(ctx, "GET", "/bridge/v1/events?wait=0", nil, &last); err != nil {
		return 0, err
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
			return 0, err
		}
	}
	for i := len(page.Messages) - 1; i >= 0; i-- {
		if err := printIncoming(out, page.Messages[i], asJSON); err != nil {
			return 0, err
		}
	}
	return last.Last, nil
}

func printIncoming(out io.Writer, data json.RawMessage, asJSON bool) error {
	if asJSON {
		_, err := fmt.Fprintf(out, "%s\n", data)
		return err
	}
	var m wabridge.Message
	if err := json.Unmarshal(data, &m); err != nil {
		return fmt.Errorf("decode message: %w", err)
	}
	who := m.Name
	if m.Number != "" {
		who += " +" + m.Number
	}
	if m.GroupName != "" {
		who += " in " + m.GroupName
	}
	_, err := fmt.Fprintf(out, "%s  %s: %s\n", m.Created.Local().Format("2006-01-02 15:04:05"), who, string(m.Text))
	return err
}

// events long-polls the log and hands over each event once.
func (cl *client) events(ctx context.Context, after int64, follow bool, phone string, kinds []string, each func(wabridge.Event) error) error {
	for {
		q := url.Values{"after": {strconv.FormatInt(after, 10)}, "wait": {"0"}}
		if follow {
			q.Set("wait", "25")
		}
		if phone != "" {
			q.Set("phone", phone)
		}
		for _, k := range kinds {
			q.Add("type", k)
		}
		var page struct {
			Events []wabridge.Event `json:"events"`
			Last   int64            `json:"last"`
		}
		if err := cl.do(ctx, "GET", "/bridge/v1/events?"+q.Encode(), nil, &page); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		for _, e := range page.Events {
			if err := each(e); err != nil {
				return err
			}
		}
		if page.Last <= after && !follow {
			return nil
		}
		after = max(after, page.Last)
	}
}
