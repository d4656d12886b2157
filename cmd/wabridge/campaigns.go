package main

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/wabridge/wabridge"
)

// A campaignRow is a campaign as /bridge/v1/campaigns tells of it.
type campaignRow struct {
	wabridge.Campaign
	LeftSeconds int64 `json:"estimated_seconds_left,omitempty"`
}

func newCampaigns() *cobra.Command {
	var phone string
	var limit int
	var asJSON bool
	c := &cobra.Command{
		Use: "campaigns", Short: "Send one message to many, and see how far it is",
		Long: `Campaigns lists the campaigns of a running gateway, newest first: how many
messages each has, how many are done, failed, wait, or are held because their
time has not come or the campaign is paused.`,
		Example: `  wabridge campaigns
  wabridge campaigns send people.csv --text "Hi {name}, see you on {day}" --check
  wabridge campaigns show 0b6f… --follow`,
		Args: noSub,
		RunE: func(c *cobra.Command, _ []string) error {
			if limit < 1 || limit > 100 {
				return usage(c, "--limit: %d is not between 1 and 100", limit)
			}
			cl, err := newClient(c)
			if err != nil {
				return err
			}
			if err := cl.resolvePhone(c.Context(), &phone); err != nil {
				return err
			}
			var page struct {
				Campaigns []campaignRow `json:"campaigns"`
			}
			q := url.Values{"limit": {strconv.Itoa(limit)}, "phone": {phone}}
			if err := cl.do(c.Context(), "GET", "/bridge/v1/campaigns?"+q.Encode(), nil, &page); err != nil {
				return err
			}
			if asJSON {
				return printJSON(c.OutOrStdout(), page.Campaigns)
			}
			return printCampaigns(c.OutOrStdout(), page.Campaigns)
		},
	}
	addClientFlags(c)
	c.Flags().StringVar(&phone, "phone", "", "only this phone: its phone_number_id or name")
	c.Flags().IntVarP(&limit, "limit", "n", 20, "how many, 100 at most")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	c.AddCommand(newCampaignShow(), newCampaignSend(),
		newCampaignTurn("pause", "POST", "/pause", "Send nothing more of it until resume",
			"Pause holds the messages that wait. What the phone is typing is finished; other\nmessages to the same people pass."),
		newCampaignTurn("resume", "POST", "/resume", "Go on with a paused campaign", "Resume puts the messages of a paused campaign back into line."),
		newCampaignTurn("cancel", "DELETE", "", "Cancel what has not gone yet", "Cancel ends the messages that wait, for good. What has gone stays gone."))
	return c
}

// noSub lets a command that does something have subcommands: an argument is a
// wrong one of those.
func noSub(c *cobra.Command, args []string) error {
	if len(args) > 0 {
		return unknownCommand(c, args[0])
	}
	return nil
}

// done counts the messages that need nothing more, and those of them that did
// not arrive.
func done(c wabridge.Campaign) (all, failed int) {
	for state, n := range c.Counts {
		switch {
		case state == wabridge.Failed || state == wabridge.Expired || state == wabridge.Canceled:
			all, failed = all+n, failed+n
		case !state.Open():
			all += n
		}
	}
	return all, failed
}

func printCampaigns(out io.Writer, list []campaignRow) error {
	if len(list) == 0 {
		_, err := fmt.Fprintln(out, "no campaigns")
		return err
	}
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tNAME\tSTATE\tMESSAGES\tDONE\tNOT SENT\tHELD\tCREATED")
	for _, c := range list {
		all, failed := done(c.Campaign)
		fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%d\t%d\t%d\t%s\n", c.ID, c.Name, c.State, c.Accepted, all-failed, failed, c.Held, c.Created.Local().Format("2006-01-02 15:04"))
	}
	return w.Flush()
}

func newCampaignShow() *cobra.Command {
	var follow, asJSON bool
	c := &cobra.Command{
		Use: "show ID", Short: "Show how far a campaign is",
		Long: `Show prints a campaign's counts and, from the pace of its phone, how long the
rest takes. With --follow it prints a line whenever something has changed, until
nothing is left to do.`,
		Example: "  wabridge campaigns show 0b6fd9a2-7a33-4d3c-9f0e-3d5a1f6f9b11 --follow",
		Args:    need("ID"),
		RunE: func(c *cobra.Command, args []string) error {
			cl, err := newClient(c)
			if err != nil {
				return err
			}
			if follow {
				return cl.followCampaign(c.Context(), c.OutOrStdout(), args[0])
			}
			row, err := cl.campaign(c.Context(), args[0])
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(c.OutOrStdout(), row)
			}
			return printCampaign(c.OutOrStdout(), row)
		},
	}
	addClientFlags(c)
	c.Flags().BoolVar(&follow, "follow", false, "go on until nothing is left")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func (cl *client) campaign(ctx context.Context, id string) (row campaignRow, err error) {
	return row, cl.do(ctx, "GET", "/bridge/v1/campaigns/"+url.PathEscape(id), nil, &row)
}

func printCampaign(out io.Writer, c campaignRow) error {
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	line := func(name string, value any) { fmt.Fprintf(w, "%s:\t%v\n", name, value) }
	line("id", c.ID)
	if c.Name != "" {
		line("name", c.Name)
	}
	line("phone", c.Phone)
	line("state", c.State)
	line("messages", c.Accepted)
	for _, s := range wabridge.States {
		if n := c.Counts[s]; n > 0 {
			line("  "+string(s), n)
		}
	}
	if c.Held > 0 {
		line("held", fmt.Sprintf("%d of the queued ones (paused, or not their time)", c.Held))
	}
	line("opted out", c.OptedOut)
	line("duplicates", c.Duplicates)
	line("refused", c.Refused)
	if !c.First.IsZero() {
		line("first, last", c.First.Local().Format("2006-01-02 15:04:05")+", "+c.Last.Local().Format("2006-01-02 15:04:05"))
	}
	if c.LeftSeconds > 0 {
		line("left", "about "+(time.Duration(c.LeftSeconds)*time.Second).String())
	}
	return w.Flush()
}

// campaignPoll is the pause between two looks of --follow.
const campaignPoll = time.Second

// followCampaign prints each change until nothing is open.
func (cl *client) followCampaign(ctx context.Context, out io.Writer, id string) error {
	for last := ""; ; {
		c, err := cl.campaign(ctx, id)
		if err != nil {
			return err
		}
		line := progressOf(c)
		if line != last {
			last = line
			if _, err := fmt.Fprintln(out, time.Now().Format("15:04:05"), line); err != nil {
				return err
			}
		}
		if all, _ := done(c.Campaign); all == c.Accepted && c.State != wabridge.CampaignLoading {
			return nil
		}
		select {
		case <-time.After(campaignPoll):
		case <-ctx.Done():
			return nil
		}
	}
}

// progressOf is a campaign in one line.
func progressOf(c campaignRow) string {
	all, failed := done(c.Campaign)
	line := fmt.Sprintf("%s: %d of %d done", c.State, all, c.Accepted)
	if failed > 0 {
		line += fmt.Sprintf(", %d of them not sent", failed)
	}
	if c.Held > 0 {
		line += fmt.Sprintf(", %d held", c.Held)
	}
	if c.LeftSeconds > 0 {
		line += ", about " + (time.Duration(c.LeftSeconds) * time.Second).String() + " left"
	}
	return line
}

func newCampaignTurn(verb, method, path, short, long string) *cobra.Command {
	c := &cobra.Command{
		Use: verb + " ID", Short: short, Long: long,
		Example: "  wabridge campaigns " + verb + " 0b6fd9a2-7a33-4d3c-9f0e-3d5a1f6f9b11",
		Args:    need("ID"),
		RunE: func(c *cobra.Command, args []string) error {
			cl, err := newClient(c)
			if err != nil {
				return err
			}
			var row campaignRow
			if err := cl.do(c.Context(), method, "/bridge/v1/campaigns/"+url.PathEscape(args[0])+path, nil, &row); err != nil {
				return err
			}
			_, err = fmt.Fprintln(c.OutOrStdout(), progressOf(row))
			return err
		},
	}
	addClientFlags(c)
	return c
}
