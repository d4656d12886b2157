package daemon

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/wabridge/wabridge/bot"
	"github.com/wabridge/wabridge/media"
	"github.com/wabridge/wabridge/phone"
	"github.com/wabridge/wabridge/queue"
	"github.com/wabridge/wabridge/queue/sqlite"
)

// Machine checks what the gateway needs of this machine: the configuration's
// places, the data directory, the database, disk space, the port, and whether
// receivers of webhooks can be reached. It needs no phone.
func Machine(ctx context.Context, cfg Config, build Build, values []Value) []phone.Check {
	checks := []phone.Check{{Name: "version", Grade: phone.OK, Detail: "wabridge " + build.Version}, said(values)}
	checks = append(checks, checkData(cfg.Data))
	if free, ok := checkDisk(cfg); ok {
		checks = append(checks, free)
	}
	checks = append(checks, checkPort(ctx, cfg))
	if cfg.TLS.on() {
		checks = append(checks, checkTLS(cfg.TLS, time.Now()))
	}
	if cfg.Bots.Dir != "" {
		checks = append(checks, checkBots(cfg.Bots.Dir))
	}
	path := filepath.Join(cfg.Data, DatabaseFile)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return append(checks, phone.Check{Name: "database", Grade: phone.OK, Detail: "none yet: the first start makes it"})
	}
	check, list := checkDatabase(ctx, path)
	return append(append(checks, check), checkReceivers(ctx, list)...)
}

// said tells where the settings that are no defaults stand.
func said(values []Value) phone.Check {
	var from []string
	for _, v := range values {
		if v.Origin != "default" {
			from = append(from, v.Key+" ("+v.Origin+")")
		}
	}
	if len(from) == 0 {
		return phone.Check{Name: "configuration", Grade: phone.OK, Detail: "defaults alone"}
	}
	return phone.Check{Name: "configuration", Grade: phone.OK, Detail: strings.Join(from, ", ")}
}

// checkData looks at the data directory: who may read it, whether it can be
// written to.
func checkData(dir string) phone.Check {
	c := phone.Check{Name: "data directory", Grade: phone.OK, Detail: dir}
	fi, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		c.Detail += " is not there yet: the first start makes it"
		return c
	case err != nil:
		c.Grade, c.Detail, c.Remedy = phone.Bad, err.Error(), "run this as the gateway's user"
		return c
	case !fi.IsDir():
		c.Grade, c.Detail, c.Remedy = phone.Bad, dir+" is not a directory", "name another with --data"
		return c
	case fi.Mode().Perm()&0o077 != 0:
		c.Grade, c.Detail, c.Remedy = phone.Warn, dir+" can be entered by other users of this machine", "run: chmod 700 "+dir
	}
	for _, name := range []string{DatabaseFile, TokenFile} {
		if fi, err := os.Stat(filepath.Join(dir, name)); err == nil && fi.Mode().Perm()&0o077 != 0 {
			c.Grade, c.Detail = phone.Bad, filepath.Join(dir, name)+" can be read by other users of this machine"
			c.Remedy = "run: chmod 600 " + filepath.Join(dir, name)
		}
	}
	f, err := os.CreateTemp(dir, ".doctor-")
	if err != nil {
		c.Grade, c.Detail, c.Remedy = phone.Bad, "nothing can be written: "+err.Error(), "run this as the gateway's user, or give the directory to it"
		return c
	}
	if err := errors.Join(f.Close(), os.Remove(f.Name())); err != nil {
		c.Grade, c.Detail = phone.Bad, err.Error()
	}
	return c
}

// lowDisk is how much free space is worth a word.
const lowDisk = 1 << 30

func checkDisk(cfg Config) (c phone.Check, ok bool) {
	dir := cfg.Data
	if _, err := os.Stat(dir); err != nil {
		dir = filepath.Dir(dir)
	}
	free, err := media.FreeSpace(dir)
	if err != nil {
		return c, false
	}
	c = phone.Check{Name: "disk", Grade: phone.OK, Detail: media.Bytes(free) + " free"}
	switch {
	case free < int64(cfg.Media.Reserve):
		c.Grade, c.Remedy = phone.Bad, "make room: files are refused, and soon messages"
	case free < lowDisk:
		c.Grade, c.Remedy = phone.Warn, "make room, or set keep, so that old messages go"
	}
	return c, true
}

// checkPort sees whether the address is free, or our gateway's.
func checkPort(ctx context.Context, cfg Config) phone.Check {
	c := phone.Check{Name: "port", Grade: phone.OK, Detail: cfg.Listen + " is free"}
	if Runs(ctx, cfg.Data) {
		c.Detail = "a gateway runs on this data directory"
		return c
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", cfg.Listen)
	if err != nil {
		c.Grade, c.Detail, c.Remedy = phone.Bad, err.Error(), "choose another address with listen, or stop what uses it"
		return c
	}
	if err := l.Close(); err != nil {
		c.Grade, c.Detail = phone.Warn, err.Error()
	}
	return c
}

// expiresSoon is how long before a certificate's end that is worth a word.
const expiresSoon = 14 * 24 * time.Hour

// checkTLS reads the certificate and its key as the gateway does.
func checkTLS(files TLSConfig, now time.Time) phone.Check {
	c := phone.Check{Name: "tls", Grade: phone.OK}
	pair, err := tls.LoadX509KeyPair(files.Cert, files.Key)
	if err == nil && pair.Leaf == nil {
		pair.Leaf, err = x509.ParseCertificate(pair.Certificate[0])
	}
	if err != nil {
		c.Grade, c.Detail, c.Remedy = phone.Bad, err.Error(), "see that tls.cert and tls.key belong together and can be read by the gateway's user"
		return c
	}
	end := pair.Leaf.NotAfter
	c.Detail = "the certificate holds until " + end.UTC().Format(time.DateOnly)
	switch {
	case now.After(end) || now.Before(pair.Leaf.NotBefore):
		c.Grade, c.Remedy = phone.Bad, "renew it: clients refuse it; the gateway reads the new one by itself"
	case end.Sub(now) < expiresSoon:
		c.Grade, c.Remedy = phone.Warn, "renew it; the gateway reads the new one by itself"
	}
	return c
}

// checkBots reads the scenarios as the gateway does.
func checkBots(dir string) phone.Check {
	if _, err := bot.OpenLibrary(dir); err != nil {
		return phone.Check{Name: "bots", Grade: phone.Bad, Detail: err.Error(), Remedy: "`wabridge bot check` names the line"}
	}
	return phone.Check{Name: "bots", Grade: phone.OK, Detail: "the scenarios in " + dir + " are sound"}
}

// quickCheck is the size up to which the whole database is read.
const quickCheck = 256 << 20

func checkDatabase(ctx context.Context, path string) (phone.Check, []queue.Endpoint) {
	c := phone.Check{Name: "database", Grade: phone.OK}
	db, err := sqlite.Open(ctx, path, sqlite.Options{ReadOnly: true})
	if err != nil {
		c.Grade, c.Detail, c.Remedy = phone.Bad, err.Error(), "`wabridge db check`; docs/backup.md tells how to go back to a backup"
		return c, nil
	}
	defer db.Close()
	list, err := db.Endpoints(ctx)
	if err != nil {
		c.Grade, c.Detail = phone.Bad, err.Error()
		return c, nil
	}
	if fi, err := os.Stat(path); err == nil && fi.Size() > quickCheck {
		c.Detail = media.Bytes(fi.Size()) + ", not read through; `wabridge db check` does"
		return c, list
	}
	r, err := db.Check(ctx)
	c.Detail = fmt.Sprintf("schema %d, %d messages, %d events", r.Schema, r.Messages, r.Events)
	switch {
	case err != nil:
		c.Grade, c.Detail, c.Remedy = phone.Bad, err.Error(), "keep a copy of the data directory; docs/backup.md tells how to go back to a backup"
	case !r.OK():
		c.Grade, c.Detail = phone.Bad, c.Detail+"; not so: "+r.Findings[0].Rule
		c.Remedy = "`wabridge db check` says more; keep a copy of the data directory"
	}
	return c, list
}

// checkReceivers connects to each receiver of webhooks, and sends nothing.
func checkReceivers(ctx context.Context, list []queue.Endpoint) []phone.Check {
	var checks []phone.Check
	for _, e := range list {
		if e.Disabled {
			continue
		}
		c := phone.Check{Name: "webhook", Grade: phone.OK}
		u, err := url.Parse(e.URL)
		if err == nil {
			c.Detail = e.ID + ": " + u.Hostname() + " can be reached"
			err = reachURL(ctx, u)
		}
		switch {
		case err != nil:
			c.Grade, c.Detail, c.Remedy = phone.Bad, e.ID+": "+err.Error(), "events wait for 7 days; `wabridge webhook list` shows how many"
		case e.Failures > 0:
			c.Grade, c.Detail = phone.Warn, fmt.Sprintf("%s; but the last %d deliveries failed: %s", c.Detail, e.Failures, e.LastError)
			c.Remedy = "`wabridge webhook test " + e.ID + "` sends a sample"
		}
		checks = append(checks, c)
	}
	return checks
}

func reachURL(ctx context.Context, u *url.URL) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	addr := net.JoinHostPort(u.Hostname(), port)
	var conn net.Conn
	var err error
	if u.Scheme == "https" {
		conn, err = (&tls.Dialer{}).DialContext(ctx, "tcp", addr)
	} else {
		conn, err = (&net.Dialer{}).DialContext(ctx, "tcp", addr)
	}
	if err != nil {
		return err
	}
	return conn.Close()
}
