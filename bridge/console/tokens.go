package console

import (
	"cmp"
	"slices"
	"strings"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/audit"
	"github.com/wabridge/wabridge/queue"
)

// tokensPage lists who may use the gateway, makes tokens and revokes them.
func tokensPage() page {
	return page{Name: "tokens", Rest: true, Scope: queue.ScopeAdmin, Routes: func(c *Console, r *router) {
		r.show("", c.listTokens)
		r.act(queue.ScopeAdmin, "", c.createToken)
		r.act(queue.ScopeAdmin, "/{id}/revoke", c.revokeToken)
	}}
}

// tokensView is what the page shows. Secret is set once, in the answer to its
// making.
type tokensView struct {
	Live, Over []tokenView
	Secret     string
	Name       string // of the token that was made, or what was given
	Wrong      string // key of what is wrong with the form
	Scopes     []string
}

type tokenView struct {
	queue.Token
	CreatedAt, UsedAt, RevokedAt moment
	Own                          bool // the visitor's
	Last                         bool // the only live one with the scope admin, which stays
}

func (c *Console) tokensView(v *visit) (tokensView, error) {
	all, err := c.Store.Tokens(v.Context())
	if err != nil {
		return tokensView{}, err
	}
	view := tokensView{Scopes: queue.Scopes}
	admins := 0
	for _, t := range all {
		if t.Revoked.IsZero() && t.Allows(queue.ScopeAdmin) {
			admins++
		}
	}
	slices.SortFunc(all, func(a, b queue.Token) int { return cmp.Or(b.Created.Compare(a.Created), cmp.Compare(a.ID, b.ID)) })
	for _, t := range all {
		one := tokenView{Token: t, CreatedAt: v.moment(t.Created), UsedAt: v.moment(t.Used), RevokedAt: v.moment(t.Revoked), Own: t.ID == v.Token.ID,
			Last: admins == 1 && t.Allows(queue.ScopeAdmin)}
		if t.Revoked.IsZero() {
			view.Live = append(view.Live, one)
		} else {
			view.Over = append(view.Over, one)
		}
	}
	return view, nil
}

func (c *Console) listTokens(v *visit) error {
	view, err := c.tokensView(v)
	if err != nil {
		return err
	}
	return c.show(v, view)
}

// createToken makes a token and shows its secret, in this one answer.
func (c *Console) createToken(v *visit) error {
	if err := v.ParseForm(); err != nil {
		return err
	}
	name, scopes := strings.TrimSpace(v.PostFormValue("name")), v.PostForm["scope"]
	wrong := ""
	switch {
	case name == "" || len(name) > 100:
		wrong = "tokens.error.name"
	case !slices.ContainsFunc(scopes, func(s string) bool { return !strings.HasPrefix(s, "limits:") }):
		wrong = "tokens.error.scopes"
	case slices.ContainsFunc(scopes, func(s string) bool { return !slices.Contains(queue.Scopes, s) }):
		return refuse("tokens.error.scopes")
	}
	secret := ""
	if wrong == "" {
		secret = queue.NewSecret()
		t, err := c.Store.CreateToken(v.Context(), name, secret, scopes, now())
		c.note(v, audit.TokenCreate, t.ID, strings.Join(scopes, " "), err)
		if err != nil {
			return err
		}
	}
	view, err := c.tokensView(v)
	if err != nil {
		return err
	}
	view.Secret, view.Name, view.Wrong = secret, name, wrong
	return c.show(v, view)
}

func (c *Console) revokeToken(v *visit) error {
	id := v.PathValue("id")
	err := c.Store.RevokeToken(v.Context(), id, now())
	c.note(v, audit.TokenRevoke, id, "", err)
	if wabridge.CodeOf(err) == wabridge.CodeConflict {
		return refuse("tokens.error.last")
	}
	if err != nil {
		return err
	}
	return back(v, Path+"/tokens", "revoked")
}
