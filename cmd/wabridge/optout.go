package main

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"net/url"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/wabridge/wabridge"
)

func newOptOuts() *cobra.Command {
	var phone string
	var asJSON bool
	c := &cobra.Command{
		Use: "optouts", Short: "Who wants no campaigns",
		Long: `Optouts lists the people who wrote STOP or another such word, or were put on the
list: they get no campaigns and no marketing, and everything else as before.`,
		Example: "  wabridge optouts\n  wabridge optouts add +15550001111\n  wabridge optouts export >stopped.csv",
		Args:    noSub,
		RunE: func(c *cobra.Command, _ []string) error {
			list, err := optOutsOf(c, phone)
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(c.OutOrStdout(), list)
			}
			return printOptOuts(c.OutOrStdout(), list)
		},
	}
	addClientFlags(c)
	c.Flags().StringVar(&phone, "phone", "", "only this phone: its phone_number_id or name")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	c.AddCommand(
		newOptOutChange("add", "Put somebody on the list", "Add ends the campaign and marketing messages that wait for this person, too.",
			func(ctx context.Context, cl *client, phone, number string, p *wabridge.Preference) error {
				return cl.do(ctx, "POST", "/bridge/v1/optouts", map[string]string{"phone_number_id": phone, "to": number}, p)
			}),
		newOptOutChange("remove", "Take somebody off the list", "Remove lets somebody have campaigns again who asked for it.",
			func(ctx context.Context, cl *client, phone, number string, p *wabridge.Preference) error {
				return cl.do(ctx, "DELETE", "/bridge/v1/optouts/"+url.PathEscape(number)+"?phone="+url.QueryEscape(phone), nil, p)
			}),
		newOptOutExport())
	return c
}

func optOutsOf(c *cobra.Command, phone string) ([]wabridge.Preference, error) {
	cl, err := newClient(c)
	if err != nil {
		return nil, err
	}
	if err := cl.resolvePhone(c.Context(), &phone); err != nil {
		return nil, err
	}
	all, q := []wabridge.Preference{}, url.Values{"limit": {"500"}, "phone": {phone}}
	for {
		var page struct {
			OptOuts []wabridge.Preference `json:"optouts"`
			Next    string                `json:"next"`
		}
		if err := cl.do(c.Context(), "GET", "/bridge/v1/optouts?"+q.Encode(), nil, &page); err != nil {
			return nil, err
		}
		all = append(all, page.OptOuts...)
		if page.Next == "" {
			return all, nil
		}
		q.Set("cursor", page.Next)
	}
}

// saidSo is how a wish became known.
func saidSo(p wabridge.Preference) string {
	if p.Message == "" {
		return "the list"
	}
	return "wrote " + p.Word
}

func printOptOuts(out io.Writer, list []wabridge.Preference) error {
	if len(list) == 0 {
		_, err := fmt.Fprintln(out, "nobody")
		return err
	}
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "NUMBER\tSINCE\tBECAUSE OF\tPHONE_NUMBER_ID")
	for _, p := range list {
		fmt.Fprintf(w, "+%s\t%s\t%s\t%s\n", p.Number, p.At.Local().Format("2006-01-02 15:04"), saidSo(p), p.Phone)
	}
	return w.Flush()
}

func newOptOutChange(verb, short, long string, change func(context.Context, *client, string, string, *wabridge.Preference) error) *cobra.Command {
	var phone string
	c := &cobra.Command{
		Use: verb + " NUMBER", Short: short, Long: long, Example: "  wabridge optouts " + verb + " +15550001111",
		Args: need("NUMBER"),
		RunE: func(c *cobra.Command, args []string) error {
			cl, err := newClient(c)
			if err != nil {
				return err
			}
			if phone, err = cl.onlyPhone(c.Context(), phone); err != nil {
				return err
			}
			var p wabridge.Preference
			if err := change(c.Context(), cl, phone, args[0], &p); err != nil {
				return err
			}
			_, err = fmt.Fprintf(c.OutOrStdout(), "+%s: %s\n", p.Number, p.Value)
			return err
		},
	}
	addClientFlags(c)
	c.Flags().StringVar(&phone, "phone", "", "phone_number_id or name (default: the only phone)")
	return c
}

func newOptOutExport() *cobra.Command {
	var phone string
	c := &cobra.Command{
		Use: "export", Short: "Print the list as CSV", Long: "Export prints all who want no campaigns as CSV: number, since, message_id, word, phone_number_id.",
		Example: "  wabridge optouts export >stopped.csv",
		Args:    need(),
		RunE: func(c *cobra.Command, _ []string) error {
			list, err := optOutsOf(c, phone)
			if err != nil {
				return err
			}
			w := csv.NewWriter(c.OutOrStdout())
			_ = w.Write([]string{"number", "since", "message_id", "word", "phone_number_id"}) // Error tells
			for _, p := range list {
				_ = w.Write([]string{"+" + p.Number, p.At.UTC().Format(time.RFC3339), p.Message, p.Word, p.Phone})
			}
			w.Flush()
			return w.Error()
		},
	}
	addClientFlags(c)
	c.Flags().StringVar(&phone, "phone", "", "only this phone: its phone_number_id or name")
	return c
}
