package main

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/spf13/cobra"
)

func newConsole() *cobra.Command {
	c := &cobra.Command{
		Use: "console", Short: "Print a link that opens the console",
		Long: `Console prints a link to the running gateway's console, its pages for people.
The link signs in with your token, once, and within five minutes: open it in a
browser on this machine.`,
		Args: need(),
		RunE: func(c *cobra.Command, _ []string) error {
			cl, err := newClient(c)
			if err != nil {
				return err
			}
			var link struct {
				Path string `json:"path"`
			}
			err = cl.do(c.Context(), "POST", "/console/link", nil, &link)
			if e, ok := errors.AsType[*apiError](err); ok && (e.Status == http.StatusNotFound || e.Status == http.StatusBadRequest) {
				return errors.New("this gateway serves no console: its configuration says console: false")
			}
			if err != nil {
				return err
			}
			fmt.Fprintln(c.OutOrStdout(), cl.url+link.Path)
			return nil
		},
	}
	addClientFlags(c)
	return c
}
