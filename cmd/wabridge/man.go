package main

import (
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/spf13/cobra"
	manual "github.com/spf13/cobra/doc"
)

func newMan() *cobra.Command {
	return &cobra.Command{
		Use: "man DIR", Short: "Write the manual pages into a directory", Args: need("DIR"), Hidden: true,
		Long: `Man writes a manual page for each command into DIR, as packages have them. The
pages' date is that of $SOURCE_DATE_EPOCH (seconds since 1970), else today.`,
		RunE: func(c *cobra.Command, args []string) error {
			date := time.Now()
			if s, ok := lookupEnv("SOURCE_DATE_EPOCH"); ok {
				n, err := strconv.ParseInt(s, 10, 64)
				if err != nil {
					return fmt.Errorf("SOURCE_DATE_EPOCH: %w", err)
				}
				date = time.Unix(n, 0).UTC()
			}
			if err := os.MkdirAll(args[0], 0o755); err != nil {
				return err
			}
			root := c.Root()
			root.DisableAutoGenTag = true
			return manual.GenManTree(root, &manual.GenManHeader{
				Title: "WABRIDGE", Section: "1", Source: "wabridge " + buildVersion(), Manual: "wabridge", Date: &date,
			}, args[0])
		},
	}
}
