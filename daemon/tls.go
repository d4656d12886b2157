package daemon

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/pem"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wabridge/wabridge/audit"
)

// TLSConfig is the certificate of the HTTP interfaces; without one they speak
// plain HTTP.
type TLSConfig struct {
	Cert string `koanf:"cert"` // PEM file: the certificate, then those that lead to its root
	Key  string `koanf:"key"`  // PEM file of its private key
}

func (c TLSConfig) on() bool { return c.Cert != "" }

func (c TLSConfig) validate(bad report) {
	switch {
	case c.Cert == "" && c.Key == "":
	case c.Cert == "":
		bad("tls.cert", "is empty, but tls.key is set; give both or none")
	case c.Key == "":
		bad("tls.key", "is empty, but tls.cert is set; give both or none")
	}
}

// A keyPair is the certificate that is shown to new connections. It is read
// again when its files change; those that are open go on as they are.
type keyPair struct {
	cfg  TLSConfig
	pin  string // file for the commands of this machine, which trust what stands in it
	log  *slog.Logger
	acts *audit.Recorder

	mu      sync.Mutex // one reading at a time
	seen    []byte     // both files, as they were read last
	current atomic.Pointer[tls.Certificate]
}

// read takes the files if they have changed. A pair that cannot be used leaves
// the one before in place.
func (p *keyPair) read(ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	cert, err := os.ReadFile(p.cfg.Cert)
	if err != nil {
		return fmt.Errorf("tls.cert: %w", err)
	}
	key, err := os.ReadFile(p.cfg.Key)
	if err != nil {
		return fmt.Errorf("tls.key: %w", err)
	}
	both := bytes.Join([][]byte{cert, key}, []byte{0})
	if bytes.Equal(both, p.seen) {
		return nil
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return fmt.Errorf("tls.cert and tls.key: %w", err)
	}
	leaf := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: pair.Certificate[0]})
	if err := writePrivate(p.pin, string(leaf)); err != nil {
		return err
	}
	again := p.current.Swap(&pair) != nil
	p.seen = both
	if again {
		p.log.Info("certificate read anew", "not_after", pair.Leaf.NotAfter.UTC())
		p.acts.Record(ctx, audit.Entry{Act: audit.TLSReload, Detail: "not after " + pair.Leaf.NotAfter.UTC().Format(time.DateOnly), Via: audit.ViaGateway})
	}
	return nil
}

// config is what the server needs. TLS 1.2 is the oldest that is spoken.
func (p *keyPair) config() *tls.Config {
	return &tls.Config{
		MinVersion:     tls.VersionTLS12,
		NextProtos:     []string{"h2", "http/1.1"},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return p.current.Load(), nil },
	}
}

// readAgain is how often the files are looked at without being asked.
const readAgain = 10 * time.Second

// watch reads the files every so often, and when poked, until ctx ends. Of
// several failures in a row it logs the first; a poked one always.
func (p *keyPair) watch(ctx context.Context, every time.Duration, poke <-chan struct{}) {
	said := ""
	for {
		asked := false
		select {
		case <-ctx.Done():
			return
		case <-time.After(every):
		case <-poke:
			asked = true
		}
		err := p.read(ctx)
		switch {
		case err == nil:
			said = ""
		case asked || err.Error() != said:
			p.log.Error("new certificate not used, the one before stays", "err", err)
			said = err.Error()
		}
	}
}

// openTLS reads the certificate and keeps it fresh; nil without one.
func (d *Daemon) openTLS(ctx context.Context) (*tls.Config, error) {
	if !d.cfg.TLS.on() {
		return nil, nil
	}
	p := &keyPair{cfg: d.cfg.TLS, pin: filepath.Join(d.cfg.Data, CertificateFile), log: d.log.With("component", "tls"), acts: d.audit}
	if err := p.read(ctx); err != nil {
		return nil, err
	}
	watching, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var wg sync.WaitGroup
	wg.Go(func() { p.watch(watching, readAgain, d.reload) })
	d.parts.started("certificate", func(context.Context) error {
		cancel()
		wg.Wait()
		return removeFile(p.pin)
	})
	return p.config(), nil
}

// Reload reads the certificate again (SIGHUP). It does not wait.
func (d *Daemon) Reload() {
	select {
	case d.reload <- struct{}{}:
	default: // one is waiting already
	}
}
