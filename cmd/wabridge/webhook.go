package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/spf13/cobra"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/bridge/webhook"
	"github.com/wabridge/wabridge/queue"
)

func newWebhook() *cobra.Command {
	return group(&cobra.Command{
		Use: "webhook", Aliases: []string{"webhooks"}, Short: "Test, list, add and remove webhook receivers, and replay dead letters",
		Long: `Webhooks carry messages and statuses to a program of yours, in the Cloud API's
form. docs/webhooks.md tells a receiver all it needs.`,
	}, newWebhookTest(), newWebhookList(), newWebhookAdd(), newWebhookRemove(), newDeadLetters(), newReplay())
}

func newWebhookTest() *cobra.Command {
	var secret, verify string
	c := &cobra.Command{
		Use: "test URL", Short: "Send a sample to a receiver and say what it answered", Args: need("URL"),
		Long: `Test needs no running gateway. It posts a sample, signed if --secret is given.
With --verify-token the handshake is tried first. Exit code 1 if the receiver does
not take it.`,
		Example: "  wabridge webhook test http://127.0.0.1:9000/webhook --secret choose-a-long-one",
		RunE: func(c *cobra.Command, args []string) error {
			ctx, cancel := context.WithTimeout(c.Context(), time.Minute)
			defer cancel()
			return webhookTest(ctx, c.OutOrStdout(), args[0], secret, verify)
		},
	}
	c.Flags().StringVar(&secret, "secret", "", "app secret of X-Hub-Signature-256; without it the sample is not signed")
	c.Flags().StringVar(&verify, "verify-token", "", "try the handshake with this hub.verify_token first")
	return c
}

func newWebhookAdd() *cobra.Command {
	var secret, verify, scope string
	var phones, fields []string
	c := &cobra.Command{
		Use: "add URL", Short: "Add a receiver and print its id", Args: need("URL"),
		Long: `Add makes a running gateway post everything from now on to URL. With
--verify-token the handshake is done first.`,
		Example: "  wabridge webhook add https://crm.example.org/whatsapp --secret choose-a-long-one",
		RunE: func(c *cobra.Command, args []string) error {
			cl, err := newClient(c)
			if err != nil {
				return err
			}
			for i, p := range phones {
				if p != wabridge.Digits(p) { // a name; an id may be that of a phone to come
					if phones[i], err = cl.phoneNamed(c.Context(), p); err != nil {
						return err
					}
				}
			}
			var e queue.Endpoint
			err = cl.do(c.Context(), "POST", "/bridge/v1/webhooks", map[string]any{
				"url": args[0], "secret": secret, "verify_token": verify, "scope": scope, "phones": phones, "fields": fields,
			}, &e)
			if err != nil {
				return err
			}
			if secret == "" {
				fmt.Fprintln(c.ErrOrStderr(), "without --secret the posts are not signed: the receiver cannot tell who sends them")
			}
			_, err = fmt.Fprintln(c.OutOrStdout(), e.ID)
			return err
		},
	}
	addClientFlags(c)
	c.Flags().StringVar(&secret, "secret", "", "app secret of X-Hub-Signature-256; without it posts are not signed")
	c.Flags().StringVar(&verify, "verify-token", "", "hub.verify_token of the handshake; without it no handshake is done")
	c.Flags().StringVar(&scope, "scope", "app", "app, waba or phone: a narrower one takes the place of a wider")
	c.Flags().StringSliceVar(&phones, "phone", nil, "only these phones, by phone_number_id or name")
	c.Flags().StringSliceVar(&fields, "field", nil, "only these fields: messages, calls, message_template_status_update …, * for all (default: messages)")
	return c
}

func newWebhookRemove() *cobra.Command {
	c := &cobra.Command{
		Use: "remove ID", Short: "Remove a receiver; what it has not got yet is not sent any more", Args: need("ID"),
		RunE: func(c *cobra.Command, args []string) error {
			cl, err := newClient(c)
			if err != nil {
				return err
			}
			err = cl.do(c.Context(), "DELETE", "/bridge/v1/webhooks/"+url.PathEscape(args[0]), nil, nil)
			if e, ok := errors.AsType[*apiError](err); ok && e.Status == http.StatusNotFound {
				return fmt.Errorf("there is no receiver %s; `wabridge webhook list` shows the ids", args[0])
			}
			return err
		},
	}
	addClientFlags(c)
	return c
}

func webhookTest(ctx context.Context, out io.Writer, target, secret, verify string) error {
	if u, err := url.Parse(target); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return fmt.Errorf("%q is not an http or https URL, e.g. https://crm.example.org/whatsapp", target)
	}
	client := webhook.NewClient()
	if verify != "" {
		if err := webhook.Verify(ctx, client, target, verify); err != nil {
			return err
		}
		fmt.Fprintln(out, "handshake: ok")
	}
	r := webhook.Test(ctx, client, target, secret)
	signed := "not signed"
	if r.Signed {
		signed = "signed"
	}
	fmt.Fprintf(out, "sample:    %d bytes, %s\n", len(r.Sent), signed)
	if r.Status == 0 {
		return fmt.Errorf("the receiver cannot be reached: %s", r.Error)
	}
	fmt.Fprintf(out, "answer:    HTTP %d after %d ms\n", r.Status, r.Took.Milliseconds())
	if r.Excerpt != "" {
		fmt.Fprintf(out, "it said:   %q\n", r.Excerpt)
	}
	if !r.OK {
		return fmt.Errorf("the receiver did not take it: %s", r.Error)
	}
	return nil
}
