package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/daemon"
)

// A phoneRow is a phone as /bridge/v1/phones tells of it.
type phoneRow struct {
	wabridge.Phone
	Depth map[wabridge.State]int `json:"depth"` // open messages
}

// state is the phone's, or that a person paused it.
func (p phoneRow) state() wabridge.PhoneState {
	if p.Held {
		return wabridge.PhonePaused
	}
	return p.State
}

// waiting counts the messages that are still to be sent.
func (p phoneRow) waiting() int {
	return p.Depth[wabridge.Queued] + p.Depth[wabridge.Sending] + p.Depth[wabridge.Unconfirmed]
}

func (cl *client) phones(ctx context.Context) ([]phoneRow, error) {
	var answer struct {
		Phones []phoneRow `json:"phones"`
	}
	err := cl.do(ctx, "GET", "/bridge/v1/phones", nil, &answer)
	return answer.Phones, err
}

// phoneNamed gives the id of the phone that a person names: by its id, or by
// its name where no other phone has it. A token that may not list the phones
// can name one by its id alone.
func (cl *client) phoneNamed(ctx context.Context, name string) (string, error) {
	phones, err := cl.phones(ctx)
	if e, ok := errors.AsType[*apiError](err); ok && e.Status == http.StatusForbidden {
		if name == wabridge.Digits(name) {
			return name, nil
		}
		return "", errors.New("this token may not list the phones: name the phone by its phone_number_id")
	}
	if err != nil {
		return "", err
	}
	var ids []string
	for _, p := range phones {
		if p.ID == name {
			return name, nil
		}
		if strings.EqualFold(p.Name, name) {
			ids = append(ids, p.ID)
		}
	}
	switch len(ids) {
	case 0:
		return "", noPhone(name)
	case 1:
		return ids[0], nil
	}
	return "", fmt.Errorf("%d phones are named %q; choose one by its id: %s", len(ids), name, strings.Join(ids, ", "))
}

// resolvePhone makes an id of what --phone says; "" stays. One that the gateway
// does not have is refused: a filter by it would be silent for ever.
func (cl *client) resolvePhone(ctx context.Context, phone *string) error {
	if *phone == "" {
		return nil
	}
	id, err := cl.phoneNamed(ctx, *phone)
	if err == nil {
		*phone = id
	}
	return err
}

// phoneByName makes an id of a phone's name for a command that works without a
// gateway, where one can be asked; else the name stays.
func phoneByName(c *cobra.Command, cfg daemon.Config, name string) string {
	if name == "" || name == wabridge.Digits(name) || strings.Contains(name, ":") || cfg.Names(name) {
		return name
	}
	cl, err := newClient(c)
	if err != nil {
		return name
	}
	ctx, cancel := context.WithTimeout(c.Context(), 3*time.Second)
	defer cancel()
	if id, err := cl.phoneNamed(ctx, name); err == nil {
		return id
	}
	return name
}

func newPhones() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use: "phones", Short: "List the gateway's phones, pause and resume them",
		Long: `Phones lists the phones of a running gateway: what each is doing, how many
messages wait for it, and, where it does not send, why.

  starting         not reached yet
  ready            reachable and able to send
  offline          not reachable; it goes on by itself once it is
  paused           by you, or at a screen that no profile knows: phones resume
  needs_attention  a person must act on the phone; it goes on by itself then`,
		Args: cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownCommand(c, args[0])
			}
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
		Use: verb + " PHONE", Short: map[string]string{
			"pause":  "Stop sending from a phone; its messages wait, also over a restart",
			"resume": "Go on sending from a phone",
		}[verb],
		ValidArgsFunction: completePhoneArg,
		Args:              need("PHONE"), Example: "  wabridge phones " + verb + " 100000000000001\n  wabridge phones " + verb + " \"Store 3\"",
		RunE: func(c *cobra.Command, args []string) error {
			cl, err := newClient(c)
			if err != nil {
				return err
			}
			id, err := cl.phoneNamed(c.Context(), args[0])
			if err != nil {
				return err
			}
			var p phoneRow
			err = cl.do(c.Context(), "POST", "/bridge/v1/phones/"+url.PathEscape(id)+"/"+verb, struct{}{}, &p)
			if e, ok := errors.AsType[*apiError](err); ok && e.Status == http.StatusNotFound {
				return noPhone(args[0])
			}
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(c.OutOrStdout(), "%s is %s, %d messages wait\n", p.ID, p.state(), p.waiting())
			return err
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
	fmt.Fprintln(w, "PHONE_NUMBER_ID\tNAME\tNUMBER\tSERIAL\tAPP\tSTATE\tWAITING\tREASON")
	for _, p := range phones {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%d\t%s\n", p.ID, p.Name, p.Number, p.Serial, p.Package, p.state(), p.waiting(), p.Reason)
	}
	return w.Flush()
}

func printJSON(out io.Writer, v any) error {
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
