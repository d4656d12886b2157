package daemon

import (
	"context"
	"time"

	"github.com/wabridge/wabridge/audit"
)

// AuditConfig says how long the record of what admins did is kept.
type AuditConfig struct {
	Keep time.Duration `koanf:"keep"`
}

// recordRun begins the record of what admins do, with this start; the stop
// ends it.
func (d *Daemon) recordRun(ctx context.Context) {
	d.audit = audit.NewRecorder(d.db, d.log.With("component", "audit"))
	own := audit.Entry{Act: audit.GatewayStart, Detail: "version " + d.build.Version, Via: audit.ViaGateway}
	d.audit.Record(ctx, own)
	d.parts.started("audit", func(ctx context.Context) error {
		own.Act = audit.GatewayStop
		d.audit.Record(ctx, own)
		return nil
	})
}
