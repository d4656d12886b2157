package main

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"github.com/spf13/cobra"

	"github.com/wabridge/wabridge/bridge/webhook"
	"github.com/wabridge/wabridge/queue"
)

func newWebhook() *cobra.Command {
	c := &cobra.Command{
		Use: "webhook", Short: "Test, list, add and remove webhook receivers",
		Long: "Webhooks carry messages and statuses to a program of yours, in the Cloud API's form.\ndocs/webhooks.md tells a receiver all it needs.",
	}
	c.AddCommand(newWebhookTest(), newWebhookList(), newWebhookAdd(), newWebhookRemove())
	return c
}

func newWebhookTest() *cobra.Command {
	var secret, verify string
	c := &cobra.Command{
		Use: "test URL", Short: "Send a signed sample to a receiver and say what it answered", Args: cobra.ExactArgs(1),
		Long: "Test needs no running gateway. With --verify-token the handshake is tried first.",
		RunE: func(c *cobra.Command, args []string) error {
			ctx, cancel := context.WithTimeout(c.Context(), time.Minute)
			defer cancel()
			return webhookTest(ctx, c, args[0], secret, verify)
		},
	}
	c.Flags().StringVar(&secret, "secret", "", "app secret of X-Hub-Signature-256")
	c.Flags().StringVar(&verify, "verify-token", "", "try the handshake with this hub.verify_token first")
	return c
}

func newWebhookList() *cobra.Command {
	c := &cobra.Command{
		Use: "list", Short: "List the receivers, their backlog and last error", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			cl, err := newClient(c)
			if err != nil {
				return err
			}
			var page struct {
				Webhooks []map[string]any `json:"webhooks"`
			}
			if err := cl.do(c.Context(), "GET", "/bridge/v1/webhooks", nil, &page); err != nil {
				return err
			}
			return printJSON(c.OutOrStdout(), page.Webhooks)
		},
	}
	addClientFlags(c)
	return c
}

func newWebhookAdd() *cobra.Command {
	var secret, verify, scope string
	var phones, fields []string
	c := &cobra.Command{
		Use: "add URL", Short: "Add a receiver; the handshake is done first", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			cl, err := newClient(c)
			if err != nil {
				return err
			}
			var e queue.Endpoint
			err = cl.do(c.Context(), "POST", "/bridge/v1/webhooks", map[string]any{
				"url": args[0], "secret": secret, "verify_token": verify, "scope": scope, "phones": phones, "fields": fields,
			}, &e)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(c.OutOrStdout(), e.ID)
			return err
		},
	}
	addClientFlags(c)
	c.Flags().StringVar(&secret, "secret", "", "app secret of X-Hub-Signature-256 (needed)")
	c.Flags().StringVar(&verify, "verify-token", "", "hub.verify_token of the handshake; without it no handshake is done")
	c.Flags().StringVar(&scope, "scope", "app", "app, waba or phone: a narrower one takes the place of a wider")
	c.Flags().StringSliceVar(&phones, "phone", nil, "only these phone_number_ids")
	c.Flags().StringSliceVar(&fields, "field", nil, "only these fields: messages, smb_message_echoes")
	return c
}

func newWebhookRemove() *cobra.Command {
	c := &cobra.Command{
		Use: "remove ID", Short: "Remove a receiver; what it has not got yet is not sent any more", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			cl, err := newClient(c)
			if err != nil {
				return err
			}
			return cl.do(c.Context(), "DELETE", "/bridge/v1/webhooks/"+url.PathEscape(args[0]), nil, nil)
		},
	}
	addClientFlags(c)
	return c
}

func webhookTest(ctx context.Context, c *cobra.Command, target, secret, verify string) error {
	client := webhook.NewClient()
	if verify != "" {
		if err := webhook.Verify(ctx, client, target, verify); err != nil {
			return err
		}
		fmt.Fprintln(c.OutOrStdout(), "handshake: ok")
	}
	r := webhook.Test(ctx, client, target, secret)
	fmt.Fprintf(c.OutOrStdout(), "sample: %d bytes, signed: %t\nanswer: HTTP %d after %d ms\n", len(r.Sent), r.Signed, r.Status, r.Took.Milliseconds())
	if r.Excerpt != "" {
		fmt.Fprintf(c.OutOrStdout(), "it said: %s\n", r.Excerpt)
	}
	if !r.OK {
		return fmt.Errorf("the receiver did not take it: %s", r.Error)
	}
	return nil
}
