package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/wabridge/wabridge/daemon"
	"github.com/wabridge/wabridge/queue/sqlite"
)

func newDB() *cobra.Command {
	return group(&cobra.Command{
		Use: "db", Short: "Back up, restore, check and export the database",
		Long: "All but restore only read, also while a gateway uses the database.",
	}, newDBBackup(), newDBRestore(), newDBVerify(), newDBCheck(), newDBExport())
}

// readDB opens the database of the data directory to read it.
func readDB(c *cobra.Command, use func(context.Context, *sqlite.DB) error) (err error) {
	dir := dataDir(c)
	if err := existing(dir); err != nil {
		return err
	}
	db, err := sqlite.Open(c.Context(), filepath.Join(dir, daemon.DatabaseFile), sqlite.Options{ReadOnly: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return use(c.Context(), db)
}

func newDBCheck() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use: "check", Short: "Check the database file and what must always hold in it", Args: need(),
		Long: `Check reads the whole database: whether the file is sound, and whether messages,
chats and events agree with each other. Exit code 1 if something is wrong.`,
		RunE: func(c *cobra.Command, _ []string) error {
			return readDB(c, func(ctx context.Context, db *sqlite.DB) error {
				report, err := db.Check(ctx)
				if err != nil {
					return err
				}
				if asJSON {
					err = printJSON(c.OutOrStdout(), report)
				} else {
					err = printReport(c.OutOrStdout(), report)
				}
				if err == nil && !report.OK() {
					err = exitCode(1)
				}
				return err
			})
		},
	}
	addDataFlag(c)
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func printReport(out io.Writer, r sqlite.Report) error {
	var b strings.Builder
	fmt.Fprintf(&b, "schema %d, %d messages, %d events: ", r.Schema, r.Messages, r.Events)
	if r.OK() {
		b.WriteString("all is well\n")
	} else {
		fmt.Fprintf(&b, "%d rules do not hold\n", len(r.Findings))
	}
	for _, f := range r.Findings {
		fmt.Fprintf(&b, "  not so: %s (%d times, as in %s)\n", f.Rule, f.Count, strings.Join(f.Examples, ", "))
	}
	if !r.OK() {
		b.WriteString("keep a copy of the data directory before anything else; `wabridge db export` saves the messages\n")
	}
	_, err := io.WriteString(out, b.String())
	return err
}

func newDBExport() *cobra.Command {
	var format string
	c := &cobra.Command{
		Use: "export", Short: "Write all messages to standard output", Args: need(),
		Long: `Export writes every message with its times and states, oldest first. It holds what
people wrote: keep it as safe as the database.`,
		Example: "  wabridge db export --format csv >messages.csv",
		RunE: func(c *cobra.Command, _ []string) error {
			if format != sqlite.FormatJSONL && format != sqlite.FormatCSV {
				return usage(c, "--format: %q is neither %s nor %s", format, sqlite.FormatJSONL, sqlite.FormatCSV)
			}
			return readDB(c, func(ctx context.Context, db *sqlite.DB) error {
				return db.Export(ctx, c.OutOrStdout(), format)
			})
		},
	}
	addDataFlag(c)
	c.Flags().StringVar(&format, "format", sqlite.FormatJSONL, "jsonl (one JSON object a line) or csv")
	return c
}
