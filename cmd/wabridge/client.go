package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/wabridge/wabridge/daemon"
)

// A client speaks to a running gateway.
type client struct {
	url, token string
	http       *http.Client
}

// addClientFlags declares how the gateway is found.
func addClientFlags(c *cobra.Command) {
	c.Flags().String("url", "", "URL of the gateway (default http://"+daemon.Default().Listen+") ($WABRIDGE_URL)")
	c.Flags().String("token", "", "token (default: the one in the data directory of a gateway on this machine) ($WABRIDGE_TOKEN)")
	c.Flags().String("data", daemon.Default().Data, "data directory of the gateway, for its local token ($WABRIDGE_DATA)")
}

// setting reads a flag, else its environment variable, else the flag's default.
func setting(c *cobra.Command, flag, env string) string {
	f := c.Flags().Lookup(flag)
	if !f.Changed {
		if v, ok := os.LookupEnv(env); ok {
			return v
		}
	}
	return f.Value.String()
}

func newClient(c *cobra.Command) (*client, error) {
	cl := &client{
		url:   strings.TrimSuffix(setting(c, "url", "WABRIDGE_URL"), "/"),
		token: setting(c, "token", "WABRIDGE_TOKEN"),
		http:  &http.Client{Timeout: 90 * time.Second},
	}
	data := setting(c, "data", "WABRIDGE_DATA")
	if cl.url == "" {
		cl.url = "http://" + daemon.Default().Listen
		if addr, err := os.ReadFile(filepath.Join(data, daemon.AddressFile)); err == nil {
			cl.url = "http://" + strings.TrimSpace(string(addr))
		}
	}
	if cl.token == "" {
		secret, err := os.ReadFile(filepath.Join(data, daemon.TokenFile))
		if err != nil {
			return nil, fmt.Errorf("no token: give --token or WABRIDGE_TOKEN, or --data DIR with the gateway's data directory (%w)", err)
		}
		cl.token = strings.TrimSpace(string(secret))
	}
	return cl, nil
}

// do makes one request; v, if not nil, receives the JSON answer.
func (cl *client) do(ctx context.Context, method, path string, body, v any) error {
	var send io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return fmt.Errorf("encode request: %w", err)
		}
		send = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, cl.url+path, send)
	if err != nil {
		return fmt.Errorf("request %s: %w", path, err)
	}
	req.Header.Set("Authorization", "Bearer "+cl.token)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := cl.http.Do(req)
	if err != nil {
		return cl.unreachable(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, 64<<20))
	if err != nil {
		return fmt.Errorf("read answer of %s: %w", path, err)
	}
	if resp.StatusCode/100 != 2 {
		return apiError(resp.StatusCode, answer)
	}
	if v == nil {
		return nil
	}
	if err := json.Unmarshal(answer, v); err != nil {
		return fmt.Errorf("%s answered something that is not JSON; is it a wabridge? %w", cl.url, err)
	}
	return nil
}

func (cl *client) unreachable(err error) error {
	if errors.Is(err, syscall.ECONNREFUSED) {
		return fmt.Errorf("no gateway answers at %s: start one with `wabridge serve`, or give --url", cl.url)
	}
	return fmt.Errorf("reach the gateway: %w", err)
}

// apiError reads either error form: Graph's and that of /bridge/v1.
func apiError(status int, body []byte) error {
	var e struct {
		Error struct {
			Message string `json:"message"`
			Remedy  string `json:"remedy"`
			Data    struct {
				Details string `json:"details"`
			} `json:"error_data"`
		} `json:"error"`
	}
	if json.Unmarshal(body, &e) != nil || e.Error.Message == "" {
		return fmt.Errorf("the gateway answered HTTP %d", status)
	}
	parts := []string{e.Error.Message}
	for _, p := range []string{e.Error.Data.Details, e.Error.Remedy} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	return errors.New(strings.Join(parts, "; "))
}
