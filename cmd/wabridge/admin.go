package main

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/wabridge/wabridge/audit"
	"github.com/wabridge/wabridge/queue"
)

// addAdminFlags declares where the gateway is whose tokens or audit log are
// meant: a data directory of this machine, or a URL.
func addAdminFlags(c *cobra.Command) {
	c.Flags().String("url", "", "URL of a gateway to ask instead of the data directory ($WABRIDGE_URL)")
	c.Flags().String("token", "", "token with the scope admin, for --url ($WABRIDGE_TOKEN)")
	addDataFlag(c)
}

// remote is a client of the gateway that --url or WABRIDGE_URL names; nil if
// none does, or if --data names a directory of this machine.
func remote(c *cobra.Command) (*client, error) {
	if setting(c, "url", "WABRIDGE_URL") == "" || c.Flags().Changed("data") && !c.Flags().Changed("url") {
		return nil, nil
	}
	return newClient(c)
}

// createToken asks the gateway for a token.
func (cl *client) createToken(ctx context.Context, name string, scopes []string) (t queue.Token, secret string, err error) {
	var made struct {
		queue.Token
		Secret string `json:"token"`
	}
	err = cl.do(ctx, http.MethodPost, "/bridge/v1/tokens", map[string]any{"name": name, "scopes": scopes}, &made)
	return made.Token, made.Secret, err
}

// tokens lists the gateway's tokens.
func (cl *client) tokens(ctx context.Context) ([]queue.Token, error) {
	var list struct {
		Tokens []queue.Token `json:"tokens"`
	}
	err := cl.do(ctx, http.MethodGet, "/bridge/v1/tokens", nil, &list)
	return list.Tokens, err
}

// revokeToken shuts a token of the gateway out.
func (cl *client) revokeToken(ctx context.Context, id string) error {
	return cl.do(ctx, http.MethodDelete, "/bridge/v1/tokens/"+url.PathEscape(id), nil, nil)
}

// audit lists what admins of the gateway did.
func (cl *client) audit(ctx context.Context, f audit.Filter) ([]audit.Entry, error) {
	q := url.Values{"limit": {strconv.Itoa(f.Limit)}}
	for name, value := range map[string]string{"act": string(f.Act), "who": f.Who, "target": f.Target} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if !f.Since.IsZero() {
		q.Set("since", f.Since.UTC().Format(time.RFC3339))
	}
	var list struct {
		Audit []audit.Entry `json:"audit"`
	}
	err := cl.do(ctx, http.MethodGet, "/bridge/v1/audit?"+q.Encode(), nil, &list)
	return list.Audit, err
}
