package daemon

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"net/url"
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
	AddressFile  = "address" // URL of the running gateway
	// CertificateFile is the gateway's certificate, for the commands of this
	// machine: they trust it whatever name it was made for.
	CertificateFile = "certificate.pem"
	evidenceDir     = "evidence"
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

// A Local is a gateway of this machine, as its data directory tells.
type Local struct {
	URL string // http://127.0.0.1:8080
	// Certificate (DER) is what it shows with https, whatever name it was made
	// for; nil with http.
	Certificate []byte
}

// FindLocal tells where the gateway on the data directory is; fs.ErrNotExist if
// none has said so.
func FindLocal(data string) (l Local, err error) {
	b, err := os.ReadFile(filepath.Join(data, AddressFile))
	if err != nil {
		return l, err
	}
	if l.URL = strings.TrimSpace(string(b)); !strings.Contains(l.URL, "://") { // of an earlier version
		l.URL = "http://" + l.URL
	}
	if !strings.HasPrefix(l.URL, "https://") {
		return l, nil
	}
	text, err := os.ReadFile(filepath.Join(data, CertificateFile))
	if err != nil {
		return l, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return l, fmt.Errorf("%s holds no certificate", CertificateFile)
	}
	l.Certificate = block.Bytes
	return l, nil
}

// TLS is the configuration of a client that trusts this gateway's certificate
// and no other one; nil with http.
func (l Local) TLS() *tls.Config {
	if l.Certificate == nil {
		return nil
	}
	return &tls.Config{
		MinVersion:         tls.VersionTLS12,
		InsecureSkipVerify: true, //nolint:gosec // the very certificate is compared below, which says more than any name
		VerifyConnection: func(s tls.ConnectionState) error {
			if len(s.PeerCertificates) == 0 || !bytes.Equal(s.PeerCertificates[0].Raw, l.Certificate) {
				return errors.New("another certificate than the data directory's " + CertificateFile + " was shown: another program answers there, or the gateway has just read a new one; try again")
			}
			return nil
		},
	}
}

// Runs reports whether a gateway answers at the address that the data
// directory names. One that was killed leaves the address behind.
func Runs(ctx context.Context, data string) bool {
	l, err := FindLocal(data)
	if err != nil {
		return false
	}
	u, err := url.Parse(l.URL)
	if err != nil {
		return false
	}
	d := net.Dialer{Timeout: time.Second}
	conn, err := d.DialContext(ctx, "tcp", u.Host)
	if err != nil {
		return false
	}
	_ = conn.Close() // nothing was written
	return true
}
