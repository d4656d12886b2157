package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/wabridge/wabridge"
)

// A phoneRow is a phone as /bridge/v1/phones tells of it.
type phoneRow struct {
	wabridge.Phone
	Depth map[wabridge.State]int `json:"depth"`
}

func (cl *client) phones(ctx context.Context) ([]phoneRow, error) {
	var answer struct {
		Phones []phoneRow `json:"phones"`
	}
	err := cl.do(ctx, "GET", "/bridge/v1/phones", nil, &answer)
	return answer.Phones, err
}

func newPhones() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use: "phones", Short: "List the gateway's phones, pause and resume them",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			cl, err := newClient(c)
			if err != nil {
				return err
			}
			phones, err := cl.phones(c.Context())
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(c.OutOrStdout(), phones)
			}
			return printPhones(c.OutOrStdout(), phones)
		},
	}
	addClientFlags(c)
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	for _, verb := range []string{"pause", "resume"} {
		c.AddCommand(newPhoneVerb(verb))
	}
	return c
}

func newPhoneVerb(verb string) *cobra.Command {
	c := &cobra.Command{
		Use: verb + " PHONE_NUMBER_ID", Short: map[string]string{
			"pause":  "Stop sending from a phone; its messages wait",
			"resume": "Go on sending from a phone",
		}[verb],
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			cl, err := newClient(c)
			if err != nil {
				return err
			}
			return cl.do(c.Context(), "POST", "/bridge/v1/phones/"+args[0]+"/"+verb, struct{}{}, nil)
		},
	}
	addClientFlags(c)
	return c
}

func printPhones(out io.Writer, phones []phoneRow) error {
	if len(phones) == 0 {
		_, err := fmt.Fprintln(out, "no phones yet; `wabridge doctor` tells what is missing")
		return err
	}
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "PHONE_NUMBER_ID\tNUMBER\tSERIAL\tAPP\tSTATE\tQUEUED\tREASON")
	for _, p := range phones {
		state := string(p.State)
		if p.Held {
			state = "paused"
		}
		waiting := p.Depth[wabridge.Queued] + p.Depth[wabridge.Sending] + p.Depth[wabridge.Unconfirmed]
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%d\t%s\n", p.ID, p.Number, p.Serial, p.Package, state, waiting, p.Reason)
	}
	return w.Flush()
}

func printJSON(out io.Writer, v any) error {
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
