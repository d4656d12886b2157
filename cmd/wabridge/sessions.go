package main

import (
	"fmt"
	"io"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/wabridge/wabridge"
)

func newSessions() *cobra.Command {
	return group(&cobra.Command{
		Use: "sessions", Short: "See the talks with chats, and what came of them",
		Long: `A session is a talk with a chat: a message began it, what is said while it is open
belongs to it, and a bot may lead it (docs/bots.md).`,
	}, newSessionsList(), newSessionsShow())
}

func newSessionsList() *cobra.Command {
	var state, bot, phone string
	var answered, asJSON bool
	var limit int
	c := &cobra.Command{
		Use: "list", Short: "List sessions, the newest first",
		Example: "  wabridge sessions list --state open --bot nps",
		Args:    need(),
		RunE: func(c *cobra.Command, _ []string) error {
			if limit < 1 || limit > 1000 {
				return usage(c, "--limit: %d is not between 1 and 1000", limit)
			}
			cl, err := newClient(c)
			if err != nil {
				return err
			}
			if err := cl.resolvePhone(c.Context(), &phone); err != nil {
				return err
			}
			q := url.Values{"limit": {strconv.Itoa(limit)}, "has_received": {strconv.FormatBool(answered)}}
			for name, value := range map[string]string{"state": state, "bot": bot, "phone": phone} {
				if value != "" {
					q.Set(name, value)
				}
			}
			var page struct {
				Sessions []wabridge.Session `json:"sessions"`
				Total    int                `json:"total"`
			}
			if err := cl.do(c.Context(), "GET", "/bridge/v1/sessions?"+q.Encode(), nil, &page); err != nil {
				return err
			}
			if asJSON {
				return printJSON(c.OutOrStdout(), page.Sessions)
			}
			return printSessions(c.OutOrStdout(), page.Sessions, page.Total)
		},
	}
	addClientFlags(c)
	c.Flags().StringVar(&state, "state", "", "only these: waiting, open, ended; several with commas")
	c.Flags().StringVar(&bot, "bot", "", "only those of this scenario")
	c.Flags().StringVar(&phone, "phone", "", "only this phone: its phone_number_id or name")
	c.Flags().BoolVar(&answered, "answered", false, "only those in which somebody answered")
	c.Flags().IntVarP(&limit, "limit", "n", 50, "how many, 1000 at most")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func printSessions(out io.Writer, list []wabridge.Session, total int) error {
	if len(list) == 0 {
		_, err := fmt.Fprintln(out, "no sessions")
		return err
	}
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tCREATED\tNUMBER\tBOT\tSTATE\tSENT\tRECEIVED\tRESULTS")
	for _, s := range list {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%d\t%d\t%s\n", s.ID, s.Created.Local().Format("2006-01-02 15:04"), plus(s.Number), s.Bot, standing(s),
			s.Sent, s.Received, pairs(s.Results))
	}
	if err := w.Flush(); err != nil || total <= len(list) {
		return err
	}
	_, err := fmt.Fprintf(out, "%d of %d; --limit shows more\n", len(list), total)
	return err
}

// standing is a session's state, and why it ended.
func standing(s wabridge.Session) string {
	switch {
	case s.State == wabridge.SessionEnded:
		return "ended: " + s.Outcome
	case s.Operator:
		return string(s.State) + ", a person answers"
	}
	return string(s.State)
}

func plus(number string) string {
	if number == "" {
		return ""
	}
	return "+" + number
}

// pairs is "a=1 b=2", in order.
func pairs(m map[string]string) string {
	var all []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		all = append(all, k+"="+strconv.Quote(m[k]))
	}
	return strings.Join(all, " ")
}

func newSessionsShow() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use: "show ID", Short: "Show one session with what was said",
		Args: need("ID"),
		RunE: func(c *cobra.Command, args []string) error {
			cl, err := newClient(c)
			if err != nil {
				return err
			}
			var one struct {
				wabridge.Session
				Messages []wabridge.Message `json:"messages"`
			}
			if err := cl.do(c.Context(), "GET", "/bridge/v1/sessions/"+url.PathEscape(args[0]), nil, &one); err != nil {
				return err
			}
			if asJSON {
				return printJSON(c.OutOrStdout(), one)
			}
			out := c.OutOrStdout()
			fmt.Fprintf(out, "%s with %s, %s\n", one.ID, plus(one.Number), standing(one.Session))
			if len(one.Results) > 0 {
				fmt.Fprintf(out, "results: %s\n", pairs(one.Results))
			}
			for _, m := range one.Messages {
				who := map[wabridge.Direction]string{wabridge.In: "<", wabridge.Out: ">", wabridge.Echo: "> (by hand)"}[m.Direction]
				text := string(m.Text)
				if text == "" {
					text = "(" + m.Type + ")"
				}
				if _, err := fmt.Fprintf(out, "%s %s %s\n", m.Created.Local().Format("01-02 15:04:05"), who, strings.ReplaceAll(text, "\n", "\n                 ")); err != nil {
					return err
				}
			}
			return nil
		},
	}
	addClientFlags(c)
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func newBotList() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use: "list", Short: "List the scenarios that a running gateway has",
		Args: need(),
		RunE: func(c *cobra.Command, _ []string) error {
			cl, err := newClient(c)
			if err != nil {
				return err
			}
			var list struct {
				Bots []struct {
					Name      string   `json:"name"`
					Steps     int      `json:"steps"`
					Languages []string `json:"languages,omitempty"`
					Variables []string `json:"variables,omitempty"`
					Results   []string `json:"results,omitempty"`
				} `json:"bots"`
			}
			if err := cl.do(c.Context(), "GET", "/bridge/v1/bots", nil, &list); err != nil {
				return err
			}
			if asJSON {
				return printJSON(c.OutOrStdout(), list.Bots)
			}
			if len(list.Bots) == 0 {
				_, err := fmt.Fprintln(c.OutOrStdout(), "no scenarios; set bots.dir to a directory with scenario files")
				return err
			}
			for _, b := range list.Bots {
				if _, err := fmt.Fprintf(c.OutOrStdout(), "%s: steps %d%s%s%s\n", b.Name, b.Steps, named("languages", b.Languages), named("variables", b.Variables), named("results", b.Results)); err != nil {
					return err
				}
			}
			return nil
		},
	}
	addClientFlags(c)
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}
