package daemon

import (
	"net/http"

	"github.com/wabridge/wabridge/bridge"
	"github.com/wabridge/wabridge/bridge/console"
)

// serveConsole serves the console's pages beside what rest serves, unless the
// configuration turns it off.
func (d *Daemon) serveConsole(auth *bridge.Auth, rest http.Handler) http.Handler {
	if !d.cfg.Console {
		return rest
	}
	c := console.New(console.Config{
		Store: d.db, Auth: auth, Log: d.log.With("component", "console"), Version: d.build.Version, PublicURL: d.cfg.PublicURL,
	})
	d.parts.started("console", c.Shutdown)
	return c.Beside(rest)
}

// ConsoleURL is where the console is, "" where it is turned off. It is known
// after Start.
func (d *Daemon) ConsoleURL() string {
	switch {
	case !d.cfg.Console:
		return ""
	case d.cfg.PublicURL != "":
		return d.cfg.PublicURL
	}
	return d.URL()
}
