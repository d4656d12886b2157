package daemon

import (
	"context"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/phone"
	"github.com/wabridge/wabridge/queue"
)

// pictures keeps contacts' pictures in the database, where GET
// /bridge/v1/contacts finds them.
type pictures struct{ store queue.Pictures }

// pictures is nil where none are to be taken.
func (d *Daemon) pictures() phone.Pictures {
	if !d.cfg.Pictures {
		return nil
	}
	return pictures{d.db}
}

// Taken is when the picture was kept, zero if never.
func (p pictures) Taken(ctx context.Context, phoneID, chat string) (time.Time, error) {
	_, at, err := p.store.Picture(ctx, phoneID, chat)
	if wabridge.CodeOf(err) == wabridge.CodeNotFound {
		return time.Time{}, nil
	}
	return at, err
}

// Put keeps a picture.
func (p pictures) Put(ctx context.Context, phoneID, chat string, png []byte) error {
	return p.store.PutPicture(ctx, phoneID, wabridge.ChatRef{JID: chat}, png, time.Now())
}

// markRead has a phone open the chat of an incoming message, when nothing else
// is to be done there.
func (d *Daemon) markRead(phoneID string, m wabridge.Message) {
	if d.cfg.ReadReceipts != ReceiptsOpen {
		return
	}
	d.mu.Lock()
	r := d.phones[phoneID]
	d.mu.Unlock()
	if r != nil {
		r.session.MarkRead(m)
	}
}
