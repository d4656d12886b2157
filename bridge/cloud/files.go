package cloud

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/content"
	"github.com/wabridge/wabridge/media"
	"github.com/wabridge/wabridge/queue"
)

// A Linker fetches files that messages name by a link, with limits of time,
// size and place, and keeps them; it may answer from what it fetched lately.
type Linker interface {
	// Fetch gets a file for a message of a kind (image, video, audio, voice, document
	// or sticker). An error with CodeMediaUpload says in its detail, for the
	// caller of the API, why the file is of no use.
	Fetch(ctx context.Context, phone, url, kind string) (queue.MediaRecord, error)
}

// Files keeps the bytes of files that are made here; *media.Store does.
type Files interface {
	Put(ctx context.Context, r io.Reader, limit int64) (media.File, error)
}

const (
	vcardType = "text/x-vcard"
	// madeFor is how long a file of our own is kept: as long as a message may
	// wait, and a day.
	madeFor = 31 * 24 * time.Hour
)

// fetchTime bounds the fetching of a link: the caller waits for it.
var fetchTime = 20 * time.Second // changed by a test

// attach gets the file that a message carries, if it carries one.
func (a *api) attach(ctx context.Context, m *wabridge.Message, c content.Carried) error {
	var record queue.MediaRecord
	var err error
	switch {
	case c.VCard != nil:
		record, err = a.card(ctx, m.Phone, c)
	case c.Media == nil:
		return nil
	case c.Media.ID != "":
		record, err = a.uploaded(ctx, m.Phone, c.Media)
	default:
		record, err = a.linked(ctx, m.Phone, c.Media)
	}
	if err != nil {
		return err
	}
	file := record.Media
	if c.Media != nil {
		file.Voice = c.Media.Voice
		if c.Media.Filename != "" {
			file.Name = c.Media.Filename
		}
	}
	if c.Media != nil && c.Media.Kind == media.Document {
		if err := media.CheckName(file.Name, file.MIME); err != nil {
			return refuse(wabridge.CodeMediaUpload, "%s.filename: %s", c.Media.Field, detailOf(err))
		}
	}
	m.Media = &file
	return nil
}

// uploaded finds the file of an id and holds it to what the message takes.
func (a *api) uploaded(ctx context.Context, phone string, ref *content.MediaRef) (queue.MediaRecord, error) {
	record, err := a.Store.Media(ctx, ref.ID, time.Now())
	if wabridge.CodeOf(err) == wabridge.CodeNotFound || err == nil && (record.Phone != phone || record.SHA256 == "") {
		return record, content.UnknownMedia(ref)
	}
	if err != nil {
		return record, err
	}
	return record, useful(ref, record.Media)
}

// useful holds a file to the type and size that a kind of message takes. What
// is inside was looked at when it came.
func useful(ref *content.MediaRef, file wabridge.Media) error {
	kind := kindOf(ref)
	if ref.Kind != media.Document && media.KindOf(file.MIME) != ref.Kind || kind == media.Voice && !strings.HasPrefix(strings.ToLower(file.MIME), "audio/ogg") {
		return refuse(wabridge.CodeMediaUpload, "%s: the file is %s, which cannot be sent as %s; upload another one or send it as a document", ref.Field, brief(file.MIME), kind)
	}
	if limit := media.Limit(kind); file.Size > limit {
		return refuse(wabridge.CodeMediaUpload, "%s: the file has %s, as %s at most %s can be sent", ref.Field, media.Bytes(file.Size), kind, media.Bytes(limit))
	}
	return nil
}

// kindOf is the kind of file in package media's words.
func kindOf(ref *content.MediaRef) string {
	if ref.Voice {
		return media.Voice
	}
	return ref.Kind
}

// linked fetches the file of a link now, so that the caller learns at once
// what is wrong with it, and nothing is accepted that cannot be sent.
func (a *api) linked(ctx context.Context, phone string, ref *content.MediaRef) (queue.MediaRecord, error) {
	if a.Links == nil {
		return queue.MediaRecord{}, refuse(wabridge.CodeMediaUpload, "%s.link: this gateway fetches no links; upload the file and give its id", ref.Field)
	}
	bounded, cancel := context.WithTimeout(ctx, fetchTime)
	defer cancel()
	record, err := a.Links.Fetch(bounded, phone, ref.Link, kindOf(ref))
	switch {
	case err == nil:
		return record, nil
	case wabridge.CodeOf(err) == wabridge.CodeMediaUpload:
		return record, refuse(wabridge.CodeMediaUpload, "%s.link: %s", ref.Field, detailOf(err))
	case bounded.Err() != nil && ctx.Err() == nil:
		return record, refuse(wabridge.CodeMediaUpload, "%s.link: the file did not arrive within %v; upload it and give its id", ref.Field, fetchTime)
	}
	return record, err
}

// detailOf is the part of an error that is for the caller of the API.
func detailOf(err error) string {
	if e, ok := errors.AsType[*wabridge.Error](err); ok && e.Detail != "" {
		return e.Detail
	}
	return "the file could not be fetched"
}

// card keeps the vCard of a message of contacts.
func (a *api) card(ctx context.Context, phone string, c content.Carried) (queue.MediaRecord, error) {
	if a.Files == nil {
		return queue.MediaRecord{}, refuse(wabridge.CodeUnsupported, "type: this gateway keeps no files, so contacts cannot be sent")
	}
	file, err := a.Files.Put(ctx, bytes.NewReader(c.VCard), int64(len(c.VCard)))
	if err != nil {
		return queue.MediaRecord{}, err
	}
	now := time.Now()
	return a.Store.PutMedia(ctx, queue.MediaRecord{
		Media: wabridge.Media{MIME: vcardType, SHA256: file.SHA256, Size: file.Size, Name: c.VCardName},
		Phone: phone, Origin: queue.MediaMade, Created: now, Expires: now.Add(madeFor),
	})
}
