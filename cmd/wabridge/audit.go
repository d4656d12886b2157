package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os/user"
	"path/filepath"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/wabridge/wabridge/audit"
	"github.com/wabridge/wabridge/daemon"
	"github.com/wabridge/wabridge/queue/sqlite"
)

func newAudit() *cobra.Command {
	var f audit.Filter
	var act string
	var since time.Duration
	var asJSON bool
	c := &cobra.Command{
		Use: "audit", Short: "Show what admins did", Args: need(),
		Long: `Audit shows who made and revoked tokens, changed webhooks, paused phones, logged
in to the console …, when, from where and with which outcome, newest first. It
reads the database of the data directory, whether a gateway runs on it or not;
where --url or WABRIDGE_URL names a gateway it asks that one.`,
		Example: "  wabridge audit --since 24h\n  wabridge audit --act token. --json",
		RunE: func(c *cobra.Command, _ []string) (err error) {
			if f.Act = audit.Act(act); since > 0 {
				f.Since = time.Now().Add(-since)
			}
			cl, err := remote(c)
			if err != nil {
				return err
			}
			if cl != nil {
				list, err := cl.audit(c.Context(), f)
				switch {
				case err != nil:
					return err
				case asJSON:
					return printJSON(c.OutOrStdout(), list)
				}
				return printAudit(c.OutOrStdout(), list)
			}
			dir := dataDir(c)
			if err := existing(dir); err != nil {
				return err
			}
			db, err := sqlite.Open(c.Context(), filepath.Join(dir, daemon.DatabaseFile), sqlite.Options{ReadOnly: true})
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, db.Close()) }()
			list, err := db.Audit(c.Context(), f)
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(c.OutOrStdout(), list)
			}
			return printAudit(c.OutOrStdout(), list)
		},
	}
	addAdminFlags(c)
	c.Flags().StringVar(&act, "act", "", `one act, like token.create, or with a dot at the end all of an object, like "token."`)
	c.Flags().StringVar(&f.Who, "who", "", "id of a token, or a user's name for what was done on this machine")
	c.Flags().StringVar(&f.Target, "target", "", "id of what it was done to")
	c.Flags().DurationVar(&since, "since", 0, "the last so long only, like 24h")
	c.Flags().IntVar(&f.Limit, "limit", 50, "how many at most")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func printAudit(out io.Writer, list []audit.Entry) error {
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "WHEN\tWHO\tFROM\tVIA\tACT\tTARGET\tOUTCOME\tDETAIL")
	for _, e := range list {
		who := e.Who
		if e.Name != "" {
			who += " (" + e.Name + ")"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", e.At.Local().Format(time.DateTime), dash(who), dash(e.From), e.Via, e.Act, dash(e.Target), e.Outcome, e.Detail)
	}
	return w.Flush()
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// record notes an act that was done on the data directory, without the API.
func record(ctx context.Context, db audit.Store, act audit.Act, target, detail string, err error) {
	e := audit.Entry{Act: act, Target: target, Detail: detail, Outcome: audit.OutcomeOf(err), Via: audit.ViaCLI}
	if u, err := user.Current(); err == nil {
		e.Who = u.Username
	}
	if err != nil {
		e.Target = "" // what was given may be anything
	}
	audit.NewRecorder(db, slog.New(slog.DiscardHandler)).Record(ctx, e)
}
