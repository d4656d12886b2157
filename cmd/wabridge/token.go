package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/wabridge/wabridge/audit"
	"github.com/wabridge/wabridge/daemon"
	"github.com/wabridge/wabridge/queue"
	"github.com/wabridge/wabridge/queue/sqlite"
)

func newToken() *cobra.Command {
	return group(&cobra.Command{
		Use: "token", Short: "Create, list and revoke tokens",
		Long: `Tokens let callers in. Only their hashes are stored: a token is shown once, when
it is created. Scopes: send, read, admin (all); beside them limits:official or
limits:absorb, how limits are kept for it. The commands change the database of
the data directory, also while a gateway runs on it: when they end, it knows.
Where --url or WABRIDGE_URL names a gateway they ask that one, with an admin's
token. The last token with the scope admin cannot be revoked; whoever lost it
makes another one on the gateway's machine: token create NAME --scope admin.`,
	}, newTokenCreate(), newTokenList(), newTokenRevoke())
}

// dataDir is the data directory asked for.
func dataDir(c *cobra.Command) string { return setting(c, "data", "WABRIDGE_DATA") }

// existing refuses a data directory without a database, rather than making a
// new one in a place where no gateway will look.
func existing(dir string) error {
	_, err := os.Stat(filepath.Join(dir, daemon.DatabaseFile))
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("no gateway has run on the data directory %s; name its directory with --data", dir)
	}
	return err
}

// withTokens opens the database, beside a running gateway if there is one.
func withTokens(ctx context.Context, dir string, use func(*sqlite.DB) error) (err error) {
	db, err := sqlite.Open(ctx, filepath.Join(dir, daemon.DatabaseFile), sqlite.Options{Shared: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return use(db)
}

// settle waits until a running gateway has taken notice: it looks for changed
// tokens once a second.
func settle(ctx context.Context, dir string) {
	if !daemon.Runs(ctx, dir) {
		return
	}
	select {
	case <-ctx.Done():
	case <-time.After(1100 * time.Millisecond):
	}
}

func newTokenCreate() *cobra.Command {
	var scopes []string
	c := &cobra.Command{
		Use: "create NAME", Short: "Make a token and print it once", Args: need("NAME"),
		Long:    "Create prints the token on standard output and nothing else there.",
		Example: "  wabridge token create crm --scope send,read",
		RunE: func(c *cobra.Command, args []string) error {
			name := strings.TrimSpace(args[0])
			if name == "" {
				return usage(c, "the NAME is empty")
			}
			for _, s := range scopes {
				if !slices.Contains(queue.Scopes, s) {
					return usage(c, "--scope: %q is none of %s", s, strings.Join(queue.Scopes, ", "))
				}
			}
			cl, err := remote(c)
			if err != nil {
				return err
			}
			if cl != nil {
				t, secret, err := cl.createToken(c.Context(), name, scopes)
				return shown(c, t, secret, cl.url, err)
			}
			dir := dataDir(c)
			if existing(dir) != nil {
				fmt.Fprintf(c.ErrOrStderr(), "no gateway has run on %s yet; the database is made now\n", dir)
			}
			return withTokens(c.Context(), dir, func(db *sqlite.DB) error {
				secret := queue.NewSecret()
				t, err := db.CreateToken(c.Context(), name, secret, scopes, time.Now())
				if err != nil {
					return err
				}
				record(c.Context(), db, audit.TokenCreate, t.ID, "scopes "+strings.Join(scopes, ","), nil)
				settle(c.Context(), dir)
				return shown(c, t, secret, dir, nil)
			})
		},
	}
	addAdminFlags(c)
	c.Flags().StringSliceVar(&scopes, "scope", []string{queue.ScopeSend, queue.ScopeRead}, strings.Join(queue.Scopes, ", "))
	return c
}

// shown prints a token that was made.
func shown(c *cobra.Command, t queue.Token, secret, where string, err error) error {
	if err != nil {
		return err
	}
	fmt.Fprintf(c.ErrOrStderr(), "token %s %q (%s) for the gateway on %s; it is not shown again:\n", t.ID, t.Name, strings.Join(t.Scopes, ", "), where)
	_, err = fmt.Fprintln(c.OutOrStdout(), secret)
	return err
}

func newTokenList() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use: "list", Short: "List the tokens", Args: need(),
		RunE: func(c *cobra.Command, _ []string) error {
			cl, err := remote(c)
			if err != nil {
				return err
			}
			if cl != nil {
				list, err := cl.tokens(c.Context())
				return printTokens(c, list, asJSON, err)
			}
			if err := existing(dataDir(c)); err != nil {
				return err
			}
			return withTokens(c.Context(), dataDir(c), func(db *sqlite.DB) error {
				list, err := db.Tokens(c.Context())
				return printTokens(c, list, asJSON, err)
			})
		},
	}
	addAdminFlags(c)
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func printTokens(c *cobra.Command, list []queue.Token, asJSON bool, err error) error {
	if err != nil {
		return err
	}
	if asJSON {
		return printJSON(c.OutOrStdout(), list)
	}
	w := tabwriter.NewWriter(c.OutOrStdout(), 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tNAME\tSCOPES\tCREATED\tREVOKED")
	for _, t := range list {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", t.ID, t.Name, strings.Join(t.Scopes, ","), minute(t.Created), minute(t.Revoked))
	}
	return w.Flush()
}

// minute shows a time for people, "-" for none.
func minute(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.Local().Format("2006-01-02 15:04")
}

func newTokenRevoke() *cobra.Command {
	c := &cobra.Command{
		Use: "revoke ID", Short: "Shut a token out", Args: need("ID"),
		RunE: func(c *cobra.Command, args []string) error {
			cl, err := remote(c)
			if err == nil && cl != nil {
				if err = cl.revokeToken(c.Context(), args[0]); err == nil {
					_, err = fmt.Fprintf(c.OutOrStdout(), "token %s is revoked\n", args[0])
				}
			}
			if err != nil || cl != nil {
				return err
			}
			if err := existing(dataDir(c)); err != nil {
				return err
			}
			return withTokens(c.Context(), dataDir(c), func(db *sqlite.DB) error {
				err := db.RevokeToken(c.Context(), args[0], time.Now())
				record(c.Context(), db, audit.TokenRevoke, args[0], "", err)
				if err != nil {
					return fmt.Errorf("%w (`wabridge token list` shows the ids)", err)
				}
				settle(c.Context(), dataDir(c))
				_, err = fmt.Fprintf(c.OutOrStdout(), "token %s is revoked\n", args[0])
				return err
			})
		},
	}
	addAdminFlags(c)
	return c
}
