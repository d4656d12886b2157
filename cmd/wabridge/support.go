package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/wabridge/wabridge/daemon"
)

func newSupport() *cobra.Command {
	return group(&cobra.Command{Use: "support", Short: "Collect what a bug report needs"}, newSupportBundle())
}

func newSupportBundle() *cobra.Command {
	var logFile string
	var noPhones bool
	c := &cobra.Command{
		Use: "bundle [FILE.tar.gz]", Short: "Write a file to attach to a bug report", Args: atMost("file"),
		Long: `Bundle writes one file that a stranger may see: versions, settings without
secrets, what doctor finds, the database's check and counts, how the newest
messages moved, masked screens, and of a gateway that runs its metrics and what
it is doing. No texts, names, phone numbers, addresses, tokens or secrets; it
prints what the file contains. Look into it before you send it.

The log is taken from the file that --log names, else from the journal of the
service wabridge where there is one.`,
		RunE: func(c *cobra.Command, args []string) error {
			cfg, err := daemon.Load(c.Flags(), lookupEnv)
			if err != nil {
				return err
			}
			now := time.Now()
			name := "wabridge-support-" + now.UTC().Format("20060102T150405Z") + ".tar.gz"
			if len(args) == 1 {
				name = args[0]
			}
			if !strings.HasSuffix(name, ".tar.gz") && !strings.HasSuffix(name, ".tgz") {
				return usage(c, "%s: the bundle is a gzipped tar archive; name it .tar.gz or .tgz", name)
			}
			o := daemon.SupportOptions{Build: daemon.Build{Version: buildVersion()}, Now: now}
			if o.Values, err = daemon.Values(c.Flags(), lookupEnv); err != nil {
				return err
			}
			if o.Log, err = newestLog(c.Context(), logFile); err != nil {
				return err
			}
			return writeBundle(c, cfg, o, name, !noPhones)
		},
	}
	daemon.AddFlags(c.Flags(), "data", "profiles", "discover", "adb-server", "adb-start-server", "adb-key", "timing")
	c.Flags().StringVar(&logFile, "log", "", "file with the gateway's log")
	c.Flags().BoolVar(&noPhones, "no-phones", false, "do not ask the phones")
	return c
}

func writeBundle(c *cobra.Command, cfg daemon.Config, o daemon.SupportOptions, name string, phones bool) (err error) {
	ctx, cancel := context.WithTimeout(c.Context(), 3*time.Minute)
	defer cancel()
	if phones {
		o.Doctor = daemon.Doctor(ctx, cfg, "", false)
	}
	o.Doctor.Gateway = daemon.Machine(ctx, cfg, o.Build, o.Values)
	if daemon.Runs(ctx, cfg.Data) {
		o.Live = fetcher(cfg.Data)
	}
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	files, err := daemon.Support(ctx, cfg, o, f)
	if err := errors.Join(err, f.Close()); err != nil {
		return errors.Join(err, os.Remove(name))
	}
	out := c.OutOrStdout()
	fmt.Fprintf(out, "%s holds:\n", name)
	for _, file := range files {
		fmt.Fprintf(out, "  %-36s %8d bytes  %s\n", file.Name, file.Size, file.What)
	}
	_, err = fmt.Fprintln(out, "no texts, names, phone numbers, addresses, tokens or secrets were put in; look into it before you attach it to a report")
	return err
}

// fetcher asks the gateway that runs on a data directory, as its local user.
func fetcher(data string) func(context.Context, string) ([]byte, error) {
	return func(ctx context.Context, path string) ([]byte, error) {
		local, err := daemon.FindLocal(data)
		if err != nil {
			return nil, err
		}
		token, err := os.ReadFile(filepath.Join(data, daemon.TokenFile))
		if err != nil {
			return nil, err
		}
		ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, local.URL+path, nil)
		if err != nil {
			return nil, err
		}
		req.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
		client := &http.Client{Transport: &http.Transport{TLSClientConfig: local.TLS(), DisableKeepAlives: true}}
		resp, err := client.Do(req)
		if err != nil {
			return nil, err
		}
		body, err := io.ReadAll(io.LimitReader(resp.Body, 16<<20))
		if err := errors.Join(err, resp.Body.Close()); err != nil {
			return nil, err
		}
		if resp.StatusCode >= 500 && path != "/readyz" || resp.StatusCode == http.StatusNotFound {
			return nil, fmt.Errorf("the gateway answers %s", resp.Status)
		}
		return body, nil
	}
}

// newestLog reads the file, else asks the journal; nothing where there is none.
func newestLog(ctx context.Context, file string) ([]byte, error) {
	if file != "" {
		return os.ReadFile(file)
	}
	if _, err := exec.LookPath("journalctl"); err != nil {
		return nil, nil //nolint:nilerr // a machine without systemd
	}
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, "journalctl", "--unit", "wabridge", "--lines", "3000", "--output", "cat", "--no-pager", "--quiet").Output()
	if err != nil || len(bytes.TrimSpace(out)) == 0 {
		return nil, nil //nolint:nilerr // no journal, or not ours to read
	}
	return out, nil
}
