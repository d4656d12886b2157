package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/wabridge/wabridge/inbox/notification"
)

func newNotifications() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "notifications [FILE]",
		Short: "Print the messages found in a notification dump",
		Long: `Notifications reads the output of "dumpsys notification --noredact" from FILE
("-": standard input), or asks a phone for it, and prints the messages found, private text included.`,
		Example: "  wabridge notifications dump.txt --json\n  wabridge notifications --phone R58M123ABC",
		Args:    atMost("FILE"),
		RunE: func(c *cobra.Command, args []string) error {
			cfg, err := loadForPhone(c, args)
			if err != nil {
				return err
			}
			raw, err := fileOrPhone(c, args, cfg, "dumpsys notification --noredact")
			if err != nil {
				return err
			}
			return printNotifications(c.OutOrStdout(), raw, asJSON)
		},
	}
	addPhoneFlags(c)
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func printNotifications(out io.Writer, raw []byte, asJSON bool) error {
	found, err := notification.Find(raw, []string{"com.whatsapp", "com.whatsapp.w4b"}, notification.DefaultWords())
	if err != nil {
		return fmt.Errorf("%w: give the output of `adb shell dumpsys notification --noredact`", err)
	}
	if !asJSON {
		return notification.Describe(out, found)
	}
	if found == nil {
		found = []notification.Conversation{}
	}
	return printJSON(out, found)
}
