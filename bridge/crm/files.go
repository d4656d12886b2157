package crm

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/content"
	"github.com/wabridge/wabridge/media"
	"github.com/wabridge/wabridge/queue"
)

const (
	fetchTime  = 30 * time.Second // for the files of one answer
	maxFetches = 4                // at one time
)

// files gets the files of new messages, some at one time.
func (p *Poller) files(ctx context.Context, list []*candidate) error {
	ctx, cancel := context.WithTimeout(ctx, fetchTime)
	defer cancel()
	turn := make(chan struct{}, maxFetches)
	errs := make([]error, len(list))
	var wg sync.WaitGroup
	for i, c := range list {
		carried := c.body.Carry()
		if c.file == nil {
			c.file = carried.Media
		}
		if c.known || c.bad != nil || c.file == nil && carried.VCard == nil {
			continue
		}
		turn <- struct{}{} // freed by the fetches before, which ctx bounds
		wg.Go(func() {
			defer func() { <-turn }()
			errs[i] = p.attach(ctx, c, carried)
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// attach gets one file. What is wrong with it is the item's; an error is ours.
func (p *Poller) attach(ctx context.Context, c *candidate, carried content.Carried) error {
	var record queue.MediaRecord
	var err error
	ref := c.file
	switch {
	case p.links == nil || ref == nil && p.made == nil:
		c.bad = wrong(wabridge.CodeUnsupported, "%s: this gateway takes no files", p.wire.field("type"))
		return nil
	case ref == nil:
		record, err = p.card(ctx, c.message.Phone, carried)
	case ref.ID != "":
		record, err = p.links.Find(ctx, c.message.Phone, ref.ID, kindOf(ref))
	default:
		record, err = p.links.Fetch(ctx, c.message.Phone, ref.Link, kindOf(ref))
	}
	switch code := wabridge.CodeOf(err); {
	case err == nil:
	case code == wabridge.CodeStorage:
		return err
	case code == wabridge.CodeNotFound:
		c.bad = mistakeOf(content.UnknownMedia(ref))
		return nil
	default:
		field := "contacts"
		if ref != nil {
			field = ref.Field
		}
		c.bad = wrong(wabridge.CodeMediaUpload, "%s: %s", field, detail(err))
		return nil
	}
	file := record.Media
	if ref != nil {
		file.Voice = ref.Voice
		if ref.Filename != "" {
			file.Name = ref.Filename
		}
	}
	if ref != nil && ref.Kind == media.Document {
		if err := media.CheckName(file.Name, file.MIME); err != nil {
			c.bad = wrong(wabridge.CodeMediaUpload, "%s.filename: %s", ref.Field, detail(err))
			return nil
		}
	}
	c.message.Media = &file
	return nil
}

// vcards are kept for as long as the longest message waits, and a day.
const vcardKept = defaultTTL + 24*time.Hour

// card stores contacts as the file that a phone sends them as.
func (p *Poller) card(ctx context.Context, phone string, c content.Carried) (queue.MediaRecord, error) {
	file, err := p.made.Put(ctx, bytes.NewReader(c.VCard), int64(len(c.VCard)))
	if err != nil {
		return queue.MediaRecord{}, err
	}
	now := time.Now()
	return p.store.PutMedia(ctx, queue.MediaRecord{
		Media: wabridge.Media{MIME: "text/x-vcard", SHA256: file.SHA256, Size: file.Size, Name: c.VCardName},
		Phone: phone, Origin: queue.MediaMade, Created: now, Expires: now.Add(vcardKept),
	})
}

// kindOf is the kind of file that a reference is for.
func kindOf(ref *content.MediaRef) string {
	if ref.Voice {
		return media.Voice
	}
	return ref.Kind
}
