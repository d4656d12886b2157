package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/daemon"
	"github.com/wabridge/wabridge/queue"
	"github.com/wabridge/wabridge/queue/sqlite"
)

// completeTime bounds what a completion waits for the gateway.
const completeTime = 2 * time.Second

// values are what flags take, by command and flag; "" is any command.
var values = map[string]map[string][]string{
	"": {
		"locale": {"en", "pt", "es", "de", "ru"},
		"scope":  queue.Scopes, "granularity": {"half_hour", "day", "month"},
		"type": {string(wabridge.EventMessage), string(wabridge.EventEcho), string(wabridge.EventStatus), string(wabridge.EventPhone), string(wabridge.EventCall),
			string(wabridge.EventAccount), string(wabridge.EventSession), string(wabridge.EventCampaign), string(wabridge.EventPreference)},
		"category": {"service", "utility", "marketing", "authentication"},
		"format":   {sqlite.FormatJSONL, "csv"},
		"timing":   {daemon.TimingPhone, daemon.TimingInstant},
	},
	"wabridge webhook add":   {"scope": {"app", "waba", "phone"}, "field": {"messages", "calls", "message_template_status_update", "*"}},
	"wabridge sessions list": {"state": {"waiting", "open", "ended"}},
}

// addCompletions makes the shell complete the values of flags, of a command and
// all below it.
func addCompletions(c *cobra.Command) {
	for _, sub := range c.Commands() {
		addCompletions(sub)
	}
	own := values[c.CommandPath()]
	for _, all := range []map[string][]string{own, values[""]} {
		for flag, list := range all {
			if c.Flags().Lookup(flag) != nil {
				_ = c.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(list, cobra.ShellCompDirectiveNoFileComp)) // the first one stays
			}
		}
	}
	if c.Flags().Lookup("phone") != nil {
		_ = c.RegisterFlagCompletionFunc("phone", completePhones)
	}
}

// completePhones gives the ids of the phones of the running gateway, and their
// names; nothing where none answers.
func completePhones(c *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
	cl, err := newClient(c)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	ctx, cancel := context.WithTimeout(context.Background(), completeTime)
	defer cancel()
	phones, err := cl.phones(ctx)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	list := make([]string, 0, 2*len(phones))
	for _, p := range phones {
		list = append(list, cobra.CompletionWithDesc(p.ID, p.Name))
		if p.Name != "" {
			list = append(list, cobra.CompletionWithDesc(p.Name, p.ID))
		}
	}
	return list, cobra.ShellCompDirectiveNoFileComp
}

// completePhoneArg completes a command's only argument, a phone.
func completePhoneArg(c *cobra.Command, args []string, start string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return completePhones(c, args, start)
}
