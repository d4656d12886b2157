package main

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/wabridge/wabridge"
)

func newSend() *cobra.Command {
	var wait time.Duration
	var phone, key string
	c := &cobra.Command{
		Use:   "send NUMBER TEXT",
		Short: "Send a text",
		Long: `Send hands a text to a running gateway and prints its id. With --wait it stays
until the message was sent (or failed), and prints each state as it comes.
TEXT "-" reads the text from standard input.`,
		Example: `  wabridge send 15550001111 "Your parcel is here" --wait 2m`,
		Args:    cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			cl, err := newClient(c)
			if err != nil {
				return err
			}
			text := args[1]
			if text == "-" {
				b, err := io.ReadAll(io.LimitReader(c.InOrStdin(), 64<<10))
				if err != nil {
					return fmt.Errorf("read text: %w", err)
				}
				text = strings.TrimSuffix(string(b), "\n")
			}
			return sendText(c, cl, phone, args[0], text, wait)
		},
	}
	addClientFlags(c)
	c.Flags().StringVar(&phone, "phone", "", "phone_number_id to send from (default: the only phone)")
	c.Flags().DurationVar(&wait, "wait", 0, "wait so long for it to be sent; exit code 1 if it fails, 2 if it is still under way")
	c.Flags().Lookup("wait").NoOptDefVal = "2m"
	c.Flags().StringVar(&key, "idempotency-key", "", "the same key never sends twice")
	return c
}

func sendText(c *cobra.Command, cl *client, phone, to, text string, wait time.Duration) error {
	ctx := c.Context()
	phone, err := cl.onlyPhone(ctx, phone)
	if err != nil {
		return err
	}
	var last struct {
		Last int64 `json:"last"`
	}
	if wait > 0 {
		if err := cl.do(ctx, "GET", "/bridge/v1/events?wait=0", nil, &last); err != nil {
			return err
		}
	}
	var answer struct {
		Messages []struct {
			ID string `json:"id"`
		} `json:"messages"`
	}
	err = cl.do(ctx, "POST", "/v23.0/"+phone+"/messages", map[string]any{
		"messaging_product": "whatsapp", "to": to, "type": "text", "text": map[string]string{"body": text},
	}, &answer)
	if err != nil {
		return err
	}
	if len(answer.Messages) != 1 {
		return fmt.Errorf("the gateway answered without a message id")
	}
	id := answer.Messages[0].ID
	fmt.Fprintln(c.OutOrStdout(), id)
	if wait == 0 {
		return nil
	}
	return follow(ctx, c.OutOrStdout(), cl, id, wait)
}

// follow prints the states of one message until it is sent or ended.
func follow(ctx context.Context, out io.Writer, cl *client, id string, wait time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	seen := wabridge.State("")
	for {
		var m wabridge.Message
		if err := cl.do(ctx, "GET", "/bridge/v1/messages/"+url.PathEscape(id), nil, &m); err != nil {
			if ctx.Err() != nil {
				return exitCode(2)
			}
			return err
		}
		if m.State != seen {
			seen = m.State
			fmt.Fprintln(out, strings.TrimSpace(string(m.State)+" "+m.Reason))
		}
		switch m.State {
		case wabridge.Sent, wabridge.Delivered, wabridge.Read:
			return nil
		case wabridge.Failed, wabridge.Expired, wabridge.Canceled:
			return exitCode(1)
		}
		select {
		case <-ctx.Done():
			return exitCode(2)
		case <-time.After(300 * time.Millisecond):
		}
	}
}

// onlyPhone gives the id asked for, or that of the only phone.
func (cl *client) onlyPhone(ctx context.Context, id string) (string, error) {
	if id != "" {
		return id, nil
	}
	phones, err := cl.phones(ctx)
	if err != nil {
		return "", err
	}
	switch len(phones) {
	case 0:
		return "", fmt.Errorf("the gateway has no phone yet; `wabridge doctor` tells what is missing")
	case 1:
		return phones[0].ID, nil
	}
	var ids []string
	for _, p := range phones {
		ids = append(ids, p.ID)
	}
	return "", fmt.Errorf("the gateway has %d phones; choose one with --phone: %s", len(phones), strings.Join(ids, ", "))
}
