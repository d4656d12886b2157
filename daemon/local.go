package daemon

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/wabridge/wabridge/backup"
	"github.com/wabridge/wabridge/queue"
)

// What lies in the data directory.
const (
	DatabaseFile = backup.DatabaseName
	TokenFile    = "token"   // the secret of this machine's user, mode 0600
	AddressFile  = "address" // host:port of the running gateway
	evidenceDir  = "evidence"
)

// localToken makes sure that the user of this machine can use the gateway: the
// secret given, else the one of an earlier start, else a new one, written so
// that only this user can read it.
func localToken(ctx context.Context, db queue.Tokens, dir, given string) (string, error) {
	path := filepath.Join(dir, TokenFile)
	secret := given
	if secret == "" {
		if b, err := os.ReadFile(path); err == nil {
			secret = strings.TrimSpace(string(b))
		}
	}
	if secret == "" {
		secret = queue.NewSecret()
	}
	if _, err := db.Authenticate(ctx, secret); err == nil {
		return secret, writePrivate(path, secret)
	}
	if _, err := db.CreateToken(ctx, "local", secret, []string{queue.ScopeAdmin}, time.Now()); err != nil {
		return "", fmt.Errorf("make the local token: %w", err)
	}
	return secret, writePrivate(path, secret)
}

func writePrivate(path, text string) error {
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return fmt.Errorf("write %s: %w", filepath.Base(path), err)
	}
	return nil
}

// Runs reports whether a gateway answers at the address that the data
// directory names. One that was killed leaves the address behind.
func Runs(ctx context.Context, data string) bool {
	addr, err := os.ReadFile(filepath.Join(data, AddressFile))
	if err != nil {
		return false
	}
	d := net.Dialer{Timeout: time.Second}
	conn, err := d.DialContext(ctx, "tcp", strings.TrimSpace(string(addr)))
	if err != nil {
		return false
	}
	_ = conn.Close() // nothing was written
	return true
}
