package main

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/wabridge/wabridge/backup"
	"github.com/wabridge/wabridge/media"
)

// backupsDir is where backups go if nothing else is said, below the data
// directory.
const backupsDir = "backups"

func newDBBackup() *cobra.Command {
	var asJSON, quiet bool
	var keep int
	c := &cobra.Command{
		Use: "backup [DIR|FILE.db]", Short: "Back up the database and the files, also while a gateway runs", Args: atMost("directory or file"),
		Long: `Backup copies the database as it is at one moment, and the files of messages,
into a new folder of DIR (default: backups in the data directory). Files that
the backup before has there are not copied again. A path that ends in .db gets
the database alone. A gateway that runs goes on.

Not in it: the configuration file, the local token, evidence of failed messages.
It holds what people wrote: keep it as safe as the data directory.`,
		Example: `  wabridge db backup
  wabridge db backup /mnt/backups --keep 14
  wabridge db backup copy.db`,
		RunE: func(c *cobra.Command, args []string) error {
			data := dataDir(c)
			if err := existing(data); err != nil {
				return err
			}
			if keep < 0 {
				return usage(c, "--keep: %d is negative; 0 keeps all", keep)
			}
			to := filepath.Join(data, backupsDir)
			if len(args) == 1 {
				to = args[0]
			}
			o := backup.Options{Program: buildVersion(), Keep: keep}
			if !quiet && !asJSON {
				o.Progress = progress(c.ErrOrStderr())
			}
			run := backup.Make
			if strings.HasSuffix(to, ".db") {
				run = backup.Copy
			}
			made, err := run(c.Context(), data, to, o)
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(c.OutOrStdout(), made)
			}
			return printMade(c.OutOrStdout(), made)
		},
	}
	addDataFlag(c)
	c.Flags().IntVar(&keep, "keep", 0, "how many backups DIR keeps, with this one; the oldest go (0: all)")
	c.Flags().BoolVar(&quiet, "quiet", false, "do not tell how far it is")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func printMade(out io.Writer, made backup.Made) error {
	m := made.Manifest
	_, err := fmt.Fprintf(out, "%s: schema %d, %s; %d files, %d of them linked to the backup before\n",
		made.Path, m.Schema, media.Bytes(m.Bytes()), len(m.Media), made.Linked)
	for _, hash := range m.Damaged {
		if err == nil {
			_, err = fmt.Fprintf(out, "not in it, because it is damaged in the data directory: media file %s\n", hash)
		}
	}
	for _, name := range made.Removed {
		if err == nil {
			_, err = fmt.Fprintf(out, "removed the backup %s (--keep)\n", name)
		}
	}
	return err
}

// progress prints how far a step is, once a second at most, and at its end if
// it took so long.
func progress(out io.Writer) backup.Progress {
	last := time.Now()
	return func(step string, done, total int64) {
		if total == 0 || time.Since(last) < time.Second {
			return
		}
		last = time.Now()
		fmt.Fprintf(out, "%s: %d %% of %s\n", step, done*100/total, media.Bytes(total)) // nothing depends on it
	}
}

func newDBVerify() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use: "verify [FROM]", Short: "Check a backup", Args: atMost("backup"),
		Long: `Verify reads a whole backup: the hash of each file, the database file, and what
must always hold in it. FROM is a backup's folder, a directory of backups (the
newest is taken; default: backups in the data directory), or a database file.
Exit code 1 if something is wrong. Nothing is written.`,
		RunE: func(c *cobra.Command, args []string) error {
			from := filepath.Join(dataDir(c), backupsDir)
			if len(args) == 1 {
				from = args[0]
			}
			v, err := backup.Verify(c.Context(), from, progress(c.ErrOrStderr()))
			if err != nil {
				return err
			}
			if asJSON {
				err = printJSON(c.OutOrStdout(), v)
			} else {
				err = printVerified(c.OutOrStdout(), v)
			}
			if err == nil && !v.OK() {
				err = exitCode(1)
			}
			return err
		},
	}
	addDataFlag(c)
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func printVerified(out io.Writer, v backup.Verified) error {
	var b strings.Builder
	b.WriteString(v.Path + "\n")
	if v.Manifest != nil {
		fmt.Fprintf(&b, "made %s by wabridge %s, %d files\n", v.Manifest.Made.Format(time.RFC3339), v.Manifest.Program, len(v.Manifest.Media))
	}
	for _, w := range v.Wrong {
		b.WriteString("  not so: " + w + "\n")
	}
	r := v.Database
	if r.Schema > 0 {
		fmt.Fprintf(&b, "schema %d, %d messages, %d events\n", r.Schema, r.Messages, r.Events)
	}
	for _, f := range r.Findings {
		fmt.Fprintf(&b, "  not so: %s (%d times, as in %s)\n", f.Rule, f.Count, strings.Join(f.Examples, ", "))
	}
	if v.OK() {
		b.WriteString("all is well\n")
	} else {
		b.WriteString("this backup cannot be restored; try an older one\n")
	}
	_, err := io.WriteString(out, b.String())
	return err
}

func newDBRestore() *cobra.Command {
	var o backup.RestoreOptions
	var asJSON bool
	c := &cobra.Command{
		Use: "restore FROM", Short: "Put a backup in place of the data directory's database and files", Args: need("FROM"),
		Long: `Restore verifies a whole backup, copies it into the data directory beside what is
there, brings it to this program's schema, and only then lets it take its place.
No gateway may run on the directory. Where there is a database already, --force
puts it aside, into a folder replaced-… of the data directory.

What the gateway did after the backup was made, it does not know any more:
webhooks may be delivered a second time, and a message that waited in the backup
may have left since. So that nobody gets a message twice, such messages fail
(with a status and its webhook); --resend has them sent. docs/backup.md tells
the rest.`,
		Example: "  wabridge db restore /mnt/backups --data /var/lib/wabridge",
		RunE: func(c *cobra.Command, args []string) error {
			if !asJSON {
				o.Progress = progress(c.ErrOrStderr())
			}
			r, err := backup.Restore(c.Context(), args[0], dataDir(c), o)
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(c.OutOrStdout(), r)
			}
			return printRestored(c.OutOrStdout(), r, dataDir(c))
		},
	}
	addDataFlag(c)
	c.Flags().BoolVar(&o.Force, "force", false, "put aside the database and the files that are there")
	c.Flags().BoolVar(&o.Resend, "resend", false, "send what waited in the backup, though some of it may have left since")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func printRestored(out io.Writer, r backup.Restored, data string) error {
	text := fmt.Sprintf("restored %s into %s, with %d files\n", r.From, data, r.Files)
	if r.Aside != "" {
		text += "what was there lies in " + r.Aside + "; remove it when all is well\n"
	}
	if r.Failed > 0 {
		text += fmt.Sprintf("%d messages that waited in the backup have failed: they may have left since (code 131000; `wabridge db export` lists them)\n", r.Failed)
	}
	_, err := io.WriteString(out, text)
	return err
}
