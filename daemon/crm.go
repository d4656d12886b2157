package daemon

import (
	"context"
	"fmt"
	"slices"

	"github.com/wabridge/wabridge/bridge"
	"github.com/wabridge/wabridge/bridge/crm"
)

// validateCRM checks the pollers of the CRM's queues.
func (c Config) validateCRM(bad report) {
	names := map[string]int{}
	for i, p := range c.CRM {
		at := fmt.Sprintf("crm[%d]", i)
		p.Validate(func(field, format string, args ...any) { bad(at+"."+field, format, args...) })
		if j, ok := names[p.Name]; ok && p.Name != "" {
			bad(at+".name", "%q is the name of crm[%d] already", p.Name, j)
		}
		names[p.Name] = i
	}
}

// keepsRaw reports whether a CRM gets notifications as they are.
func (c Config) keepsRaw() bool {
	return slices.ContainsFunc(c.CRM, func(p crm.Config) bool { return p.RawNotification })
}

// startCRM starts a poller for each CRM. They share one client.
func (d *Daemon) startCRM(run context.Context) error {
	if len(d.cfg.CRM) == 0 {
		return nil
	}
	client := crm.NewClient()
	d.parts.started("connections to CRMs", func(context.Context) error {
		client.CloseIdleConnections()
		return nil
	})
	for _, c := range d.cfg.CRM {
		p := crm.New(c, crm.Parts{Store: d.db, Client: client, Log: d.log.With("component", "crm"), Library: d.library, Files: d.files, Searching: d.searching})
		if err := p.Start(run); err != nil {
			return err
		}
		d.mu.Lock()
		d.pollers = append(d.pollers, p)
		d.mu.Unlock()
		d.parts.started("poller "+c.Name, func(ctx context.Context) error { return withGrace(ctx, p.Stop) })
	}
	return nil
}

// pollerStates are shown in /bridge/v1/status.
func (d *Daemon) pollerStates(ctx context.Context) ([]bridge.Poller, error) {
	d.mu.Lock()
	pollers := slices.Clone(d.pollers)
	d.mu.Unlock()
	var list []bridge.Poller
	for _, p := range pollers {
		s, err := p.Status(ctx)
		if err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	return list, nil
}
