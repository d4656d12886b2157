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

	"github.com/wabridge/wabridge/queue"
)

// A contactRow is a contact as /bridge/v1/contacts tells of it.
type contactRow struct {
	queue.Contact
	Picture string    `json:"picture_url,omitempty"`
	Taken   time.Time `json:"picture_taken_at,omitzero"`
}

func newContacts() *cobra.Command {
	var phone, search string
	var groups, asJSON bool
	var limit int
	c := &cobra.Command{
		Use: "contacts", Short: "List whom the phones have written to or heard from",
		Long: `Contacts lists the people whom the phones of a running gateway have written to or
heard from, those with the newest messages first, by the names that the app shows.`,
		Example: "  wabridge contacts --search ana\n  wabridge contacts --groups --json",
		Args:    need(),
		RunE: func(c *cobra.Command, _ []string) error {
			if limit < 1 || limit > 10_000 {
				return usage(c, "--limit: %d is not between 1 and 10000", limit)
			}
			cl, err := newClient(c)
			if err != nil {
				return err
			}
			if err := cl.resolvePhone(c.Context(), &phone); err != nil {
				return err
			}
			q := url.Values{"groups": {strconv.FormatBool(groups)}}
			for name, value := range map[string]string{"phone": phone, "search": search} {
				if value != "" {
					q.Set(name, value)
				}
			}
			list, err := cl.contacts(c.Context(), q, limit)
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(c.OutOrStdout(), list)
			}
			return printContacts(c.OutOrStdout(), list)
		},
	}
	addClientFlags(c)
	c.Flags().StringVar(&phone, "phone", "", "only this phone: its phone_number_id or name")
	c.Flags().StringVar(&search, "search", "", "only those with this in their name, or in their number")
	c.Flags().BoolVar(&groups, "groups", false, "groups too")
	c.Flags().IntVarP(&limit, "limit", "n", 100, "how many, 10000 at most")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

// contacts reads page after page.
func (cl *client) contacts(ctx context.Context, q url.Values, limit int) ([]contactRow, error) {
	all := []contactRow{}
	for {
		q.Set("limit", strconv.Itoa(min(limit-len(all), 500)))
		var page struct {
			Contacts []contactRow `json:"contacts"`
			Next     string       `json:"next"`
		}
		if err := cl.do(ctx, "GET", "/bridge/v1/contacts?"+q.Encode(), nil, &page); err != nil {
			return nil, err
		}
		all = append(all, page.Contacts...)
		if page.Next == "" || len(all) >= limit {
			return all, nil
		}
		q.Set("cursor", page.Next)
	}
}

func printContacts(out io.Writer, list []contactRow) error {
	if len(list) == 0 {
		_, err := fmt.Fprintln(out, "no contacts")
		return err
	}
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "NAME\tNUMBER\tLAST MESSAGE\t\tPHONE_NUMBER_ID")
	for _, c := range list {
		number, when, what := "", "", ""
		if c.Number != "" {
			number = "+" + c.Number
		}
		if c.Last != nil {
			when, what = c.Last.Created.Local().Format("2006-01-02 15:04"), string(c.Last.Direction)+" "+c.Last.Type
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", c.Name, number, when, what, c.Phone)
	}
	return w.Flush()
}
