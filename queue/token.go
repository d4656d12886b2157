package queue

import (
	"crypto/rand"
	"encoding/base64"
	"slices"
)

// NewSecret makes a token's secret: "wab_" and 43 base64url characters from
// 32 random bytes. It is shown once, to the person who asked for the token.
func NewSecret() string {
	var b [32]byte
	rand.Read(b[:]) // never fails since Go 1.24
	return "wab_" + base64.RawURLEncoding.EncodeToString(b[:])
}

// Allows reports whether the token has the scope, itself or as admin.
func (t Token) Allows(scope string) bool {
	return slices.Contains(t.Scopes, scope) || slices.Contains(t.Scopes, ScopeAdmin)
}
