package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/wabridge/wabridge"
)

type sendFlags struct {
	phone, key string
	wait       bool
	timeout    time.Duration
}

func newSend() *cobra.Command {
	var f sendFlags
	c := &cobra.Command{
		Use:   "send NUMBER TEXT",
		Short: "Send a text",
		Long: `Send hands a text to a running gateway and prints its id. With --wait it stays
until the message was sent (or failed), and prints each state as it comes: exit
code 0 sent, 1 failed, 2 still under way after --timeout. TEXT "-" reads the text
from standard input.`,
		Example: `  wabridge send +15550001111 "Your parcel is here" --wait
  wabridge send +15550001111 - <letter.txt`,
		Args: need("NUMBER", "TEXT"),
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
			return send(c, cl, f, args[0], text)
		},
	}
	addClientFlags(c)
	c.Flags().StringVar(&f.phone, "phone", "", "phone to send from, by its phone_number_id or name (default: the only phone)")
	c.Flags().BoolVar(&f.wait, "wait", false, "wait until it was sent or failed")
	c.Flags().DurationVar(&f.timeout, "timeout", 2*time.Minute, "how long --wait waits")
	c.Flags().StringVar(&f.key, "idempotency-key", "", "text that names this message: within 24 hours the same key never sends twice")
	return c
}

func send(c *cobra.Command, cl *client, f sendFlags, to, text string) error {
	ctx := c.Context()
	phone, err := cl.onlyPhone(ctx, f.phone)
	if err != nil {
		return err
	}
	id, err := cl.send(ctx, phone, to, text, f.key)
	if err != nil {
		return err
	}
	fmt.Fprintln(c.OutOrStdout(), id)
	if !f.wait {
		return nil
	}
	state, err := follow(ctx, c.OutOrStdout(), cl, id, f.timeout)
	if exit, ok := errors.AsType[exitCode](err); ok && exit == 2 {
		fmt.Fprintf(c.ErrOrStderr(), "wabridge: still %s after %v%s; it stays in the queue\n", state, f.timeout, cl.excuse(context.WithoutCancel(ctx), phone))
	}
	return err
}

// send makes the Cloud API's request and returns the message's id.
func (cl *client) send(ctx context.Context, phone, to, text, key string) (string, error) {
	var answer struct {
		Messages []struct {
			ID string `json:"id"`
		} `json:"messages"`
	}
	var headers [][2]string
	if key != "" {
		headers = append(headers, [2]string{"Idempotency-Key", key})
	}
	err := cl.do(ctx, "POST", "/v23.0/"+url.PathEscape(phone)+"/messages", map[string]any{
		"messaging_product": "whatsapp", "to": to, "type": "text", "text": map[string]string{"body": text},
	}, &answer, headers...)
	if e, ok := errors.AsType[*apiError](err); ok && e.Subcode == 33 {
		return "", noPhone(phone)
	}
	if err == nil && len(answer.Messages) != 1 {
		err = errors.New("the gateway answered without a message id")
	}
	if err != nil {
		return "", err
	}
	return answer.Messages[0].ID, nil
}

// follow prints the states of one message until it is sent or ended, or the
// wait is over: exit code 2. It returns the last state.
func follow(ctx context.Context, out io.Writer, cl *client, id string, wait time.Duration) (wabridge.State, error) {
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	seen := wabridge.State("")
	for {
		var m wabridge.Message
		err := cl.do(ctx, "GET", "/bridge/v1/messages/"+url.PathEscape(id), nil, &m)
		if err != nil && ctx.Err() == nil {
			return seen, err
		}
		if err == nil && m.State != seen {
			seen = m.State
			fmt.Fprintln(out, stateLine(m))
		}
		switch {
		case err != nil:
			return seen, exitCode(2)
		case seen == wabridge.Sent || seen == wabridge.Delivered || seen == wabridge.Read:
			return seen, nil
		case seen == wabridge.Failed || seen == wabridge.Expired || seen == wabridge.Canceled:
			return seen, exitCode(1)
		}
		select {
		case <-ctx.Done():
		case <-time.After(300 * time.Millisecond):
		}
	}
}

func stateLine(m wabridge.Message) string {
	if m.Reason == "" {
		return string(m.State)
	}
	return string(m.State) + ": " + m.Reason
}

// excuse tells why a phone does not send, "" if nothing is known.
func (cl *client) excuse(ctx context.Context, id string) string {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	phones, err := cl.phones(ctx)
	if err != nil {
		return ""
	}
	for _, p := range phones {
		if p.ID == id && (p.State != wabridge.PhoneReady || p.Held) {
			return fmt.Sprintf(", for the phone is %s (%s)", p.state(), p.Reason)
		}
	}
	return ""
}

// onlyPhone gives the id of the phone asked for, by its id or by a name that
// no other phone has, or that of the only phone.
func (cl *client) onlyPhone(ctx context.Context, id string) (string, error) {
	if id != "" {
		return cl.phoneNamed(ctx, id)
	}
	phones, err := cl.phones(ctx)
	if e, ok := errors.AsType[*apiError](err); ok && e.Status == http.StatusForbidden {
		return "", errors.New("this token may not list the phones: name the one to send from with --phone")
	}
	if err != nil {
		return "", err
	}
	switch len(phones) {
	case 0:
		return "", errors.New("the gateway has no phone yet; `wabridge doctor` tells what is missing")
	case 1:
		return phones[0].ID, nil
	}
	var ids []string
	for _, p := range phones {
		ids = append(ids, p.ID)
	}
	return "", fmt.Errorf("the gateway has %d phones; choose one with --phone: %s", len(phones), strings.Join(ids, ", "))
}

func noPhone(id string) error {
	return fmt.Errorf("the gateway has no phone %s; `wabridge phones` lists those it has", id)
}
