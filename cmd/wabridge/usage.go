package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// need takes exactly the arguments that the command's use line names, such as
// "NUMBER TEXT".
func need(names ...string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		switch {
		case len(args) == len(names)-1:
			return usage(c, "%s is missing", names[len(args)])
		case len(args) < len(names):
			return usage(c, "%s are missing", strings.Join(names[len(args):], " and "))
		case len(args) > len(names) && len(names) == 0:
			return usage(c, "%q is not expected here", args[0])
		case len(args) > len(names):
			return usage(c, "%q is one argument too many (put quotes around what has blanks)", args[len(names)])
		}
		return nil
	}
}

// atMost takes one argument or none.
func atMost(name string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) > 1 {
			return usage(c, "one %s at most, %d are given", name, len(args))
		}
		return nil
	}
}

// usage is an error in the way a command was called.
func usage(c *cobra.Command, format string, args ...any) error {
	return fmt.Errorf("%s; usage: %s (see `%s --help`)", fmt.Sprintf(format, args...), c.UseLine(), c.CommandPath())
}

// nearFlag suggests the flag that an unknown one is most like, "" if none is.
func nearFlag(c *cobra.Command, err error) string {
	unknown, ok := errors.AsType[*pflag.NotExistError](err)
	if !ok || unknown.GetSpecifiedShortnames() != "" {
		return ""
	}
	name := unknown.GetSpecifiedName()
	names := &cobra.Command{SuggestionsMinimumDistance: 2}
	c.Flags().VisitAll(func(f *pflag.Flag) {
		names.AddCommand(&cobra.Command{Use: f.Name, Run: func(*cobra.Command, []string) {}})
	})
	near := names.SuggestionsFor(name)
	if len(near) == 0 {
		return ""
	}
	return "; did you mean --" + near[0] + "?"
}

// group makes a command that only holds others; a wrong one is an error, not a
// help text with exit code 0.
func group(c *cobra.Command, subs ...*cobra.Command) *cobra.Command {
	c.AddCommand(subs...)
	c.RunE = func(c *cobra.Command, args []string) error {
		if len(args) == 0 {
			return c.Help()
		}
		return unknownCommand(c, args[0])
	}
	c.Args = cobra.ArbitraryArgs
	return c
}

// unknownCommand names what was asked for and what there is.
func unknownCommand(c *cobra.Command, name string) error {
	c.SuggestionsMinimumDistance = 2
	if near := c.SuggestionsFor(name); len(near) > 0 {
		return fmt.Errorf("there is no command %q; did you mean `%s %s`?", c.CommandPath()+" "+name, c.CommandPath(), near[0])
	}
	return fmt.Errorf("there is no command %q (see `%s --help`)", c.CommandPath()+" "+name, c.CommandPath())
}
