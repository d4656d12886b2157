package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/wabridge/wabridge/daemon"
	"github.com/wabridge/wabridge/queue"
	"github.com/wabridge/wabridge/queue/sqlite"
)

func newToken() *cobra.Command {
	c := &cobra.Command{
		Use: "token", Short: "Create, list and revoke tokens",
		Long: `Tokens let callers in. Only their hashes are stored: a token is shown once, when
it is created. Scopes: send, read, admin (all). The commands change the database
of the data directory, also while a gateway runs on it.`,
	}
	c.PersistentFlags().String("data", daemon.Default().Data, "data directory of the gateway ($WABRIDGE_DATA)")
	c.AddCommand(newTokenCreate(), newTokenList(), newTokenRevoke())
	return c
}

// withTokens opens the database beside a running gateway.
func withTokens(c *cobra.Command, use func(queue.Tokens) error) (err error) {
	db, err := sqlite.Open(c.Context(), filepath.Join(setting(c, "data", "WABRIDGE_DATA"), daemon.DatabaseFile), sqlite.Options{Shared: true})
	if err != nil {
		return err
	}
	defer func() {
		if cerr := db.Close(); err == nil {
			err = cerr
		}
	}()
	return use(db)
}

func newTokenCreate() *cobra.Command {
	var scopes []string
	c := &cobra.Command{
		Use: "create NAME", Short: "Make a token and print it once", Args: cobra.ExactArgs(1),
		Example: "  wabridge token create crm --scope send,read",
		RunE: func(c *cobra.Command, args []string) error {
			for _, s := range scopes {
				if !slices.Contains([]string{queue.ScopeSend, queue.ScopeRead, queue.ScopeAdmin}, s) {
					return fmt.Errorf("--scope: %q is none of send, read, admin", s)
				}
			}
			return withTokens(c, func(db queue.Tokens) error {
				secret := queue.NewSecret()
				t, err := db.CreateToken(c.Context(), args[0], secret, scopes, time.Now())
				if err != nil {
					return err
				}
				fmt.Fprintf(c.ErrOrStderr(), "token %s %q for %v; it is not shown again:\n", t.ID, t.Name, t.Scopes)
				_, err = fmt.Fprintln(c.OutOrStdout(), secret)
				return err
			})
		},
	}
	c.Flags().StringSliceVar(&scopes, "scope", []string{queue.ScopeSend, queue.ScopeRead}, "send, read, admin")
	return c
}

func newTokenList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the tokens", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return withTokens(c, func(db queue.Tokens) error {
				list, err := db.Tokens(c.Context())
				if err != nil {
					return err
				}
				w := tabwriter.NewWriter(c.OutOrStdout(), 0, 4, 2, ' ', 0)
				fmt.Fprintln(w, "ID\tNAME\tSCOPES\tCREATED\tREVOKED")
				for _, t := range list {
					revoked := ""
					if !t.Revoked.IsZero() {
						revoked = t.Revoked.Local().Format("2006-01-02 15:04")
					}
					fmt.Fprintf(w, "%s\t%s\t%v\t%s\t%s\n", t.ID, t.Name, t.Scopes, t.Created.Local().Format("2006-01-02 15:04"), revoked)
				}
				return w.Flush()
			})
		},
	}
}

func newTokenRevoke() *cobra.Command {
	return &cobra.Command{
		Use: "revoke ID", Short: "Shut a token out", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return withTokens(c, func(db queue.Tokens) error {
				return db.RevokeToken(c.Context(), args[0], time.Now())
			})
		},
	}
}
