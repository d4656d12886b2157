package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"
)

// exitCode is an error that ends the program with a code of its own and
// nothing more to say.
type exitCode int

func (e exitCode) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

// run is the program: it returns the exit code.
func run(ctx context.Context, args []string, in io.Reader, out, errOut io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(out)
	root.SetErr(errOut)
	err := root.ExecuteContext(ctx)
	if code, ok := errors.AsType[exitCode](err); ok {
		return int(code)
	}
	if err != nil {
		fmt.Fprintln(errOut, "wabridge:", err)
		return 1
	}
	return 0
}

func newRoot() *cobra.Command {
	root := group(&cobra.Command{
		Use:   "wabridge",
		Short: "A WhatsApp gateway on an Android phone of your own",
		Long: `wabridge makes an Android phone with WhatsApp a message gateway. It drives the
app over ADB as a person would, and speaks the Cloud API of Meta to the outside:
a client written for graph.facebook.com works by changing its base URL.

First steps:
  wabridge demo      a simulated phone and the gateway, to try it without a phone
  wabridge doctor    is your phone ready?
  wabridge serve     the gateway, for the phones that adb shows

Exit codes: 0 done; 1 an error, said on standard error, or something bad found
(doctor, db check, db verify, bot check) or a message that failed (send --wait); 2 a message still under
way when send --wait gave up waiting.`,
		Version:      buildVersion(),
		SilenceUsage: true, SilenceErrors: true,
	})
	root.SetVersionTemplate("wabridge {{.Version}}\n")
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return fmt.Errorf("%w%s (see `%s --help`)", err, nearFlag(c, err), c.CommandPath())
	})
	root.AddGroup(
		&cobra.Group{ID: "run", Title: "Run:"},
		&cobra.Group{ID: "use", Title: "Use a running gateway:"},
		&cobra.Group{ID: "phone", Title: "Phones and screens:"},
		&cobra.Group{ID: "bots", Title: "Bots:"},
		&cobra.Group{ID: "admin", Title: "Administration:"},
	)
	root.SetHelpCommandGroupID("admin")
	root.SetCompletionCommandGroupID("admin")
	add := func(group string, cmds ...*cobra.Command) {
		for _, c := range cmds {
			c.GroupID = group
			root.AddCommand(c)
		}
	}
	add("run", newServe(), newDemo(), newSimphone())
	add("use", newSend(), newInbox(), newEvents(), newPhones(), newContacts(), newSessions(), newStats(), newConsole())
	add("use", newCampaigns(), newOptOuts())
	add("phone", newDoctor(), newScreen(), newNotifications())
	add("bots", newBot())
	add("admin", newToken(), newWebhook(), newAudit(), newDB(), newSupport(), newVersion(), newMan())
	addCompletions(root)
	return root
}

func lookupEnv(name string) (string, bool) { return os.LookupEnv(name) }
