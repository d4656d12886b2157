package devino

import (
	"context"
	"errors"
	"mime"
	"net/url"
	"strings"
	"sync"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/media"
)

// A link is the file of a message.
type link struct {
	url, name string
	kind      string // of package media; "" until the file is there
	caption   string
	template  bool // it is the header of a template, whose text is made already
}

// maxVideo is Devino's limit, less than the Cloud API's. Its 16 MB of pictures
// are more than WhatsApp's 5 MB, which hold (its own code 2303 says so).
const maxVideo = 5 << 20

// readFile reads contentUrl, contentName and contentType.
func (it *item) readFile() {
	name, named := it.bounded("contentName", maxContentName)
	if named && strings.TrimSpace(name) == "" {
		it.fail(keyTooShort, "contentName", "it is empty; give the file's name, or leave it out")
	}
	kind, typed := "", false
	if declared, _ := it.text("contentType"); declared != "" {
		if kind, typed = kindOf(declared); !typed {
			it.fail(keyInvalid, "contentType", "it is no MIME type, as image/jpeg")
		}
	}
	address := it.url("contentUrl")
	if address == "" {
		return
	}
	it.file = &link{url: address, name: name, kind: kind}
	if !typed {
		it.file.kind = kindOfName(name, address)
	}
}

// kindOf is the kind of message of a contentType (the table of Devino's page).
// audio/ogg is a voice note, with codecs=opus it is audio; a GIF, of which
// WhatsApp's servers would make a film for Devino, goes as a document.
func kindOf(contentType string) (kind string, ok bool) {
	base, args, err := mime.ParseMediaType(contentType)
	if top, sub, both := strings.Cut(base, "/"); err != nil || !both || top == "" || sub == "" {
		return "", false
	}
	switch base {
	case "audio/ogg":
		if args["codecs"] == "" {
			return media.Voice, true
		}
		return media.Audio, true
	case "audio/acc": // as Devino's page writes audio/aac
		return media.Audio, true
	}
	if kind = media.KindOf(base); kind == media.Sticker {
		kind = media.Document // Devino has no stickers
	}
	return kind, true
}

// kindOfName is the kind that a file's name, or else its address, says; "" if
// neither does.
func kindOfName(name, address string) string {
	if u, err := url.Parse(address); err == nil {
		address = u.Path
	}
	for _, s := range []string{name, address} {
		if t := media.TypeOfName(s); t != "" {
			kind, _ := kindOf(t)
			return kind
		}
	}
	return ""
}

// fetch gets the files of all messages that passed, some at one time. Devino
// tells of a useless file later (2303); here the caller learns it at once, and
// nothing is accepted that cannot be sent. An error is the gateway's own.
func (a *api) fetch(ctx context.Context, items []item) error {
	ctx, cancel := context.WithTimeout(ctx, fetchTime)
	defer cancel()
	turn := make(chan struct{}, maxFetches)
	var wg sync.WaitGroup
	errs := make([]error, len(items))
	for i := range items {
		if it := &items[i]; it.ok() && it.file != nil {
			turn <- struct{}{} // freed by the fetches before, which ctx bounds
			wg.Go(func() {
				defer func() { <-turn }()
				errs[i] = a.attach(ctx, it)
			})
		}
	}
	wg.Wait()
	return errors.Join(errs...)
}

// attach gets one file and makes the message of it.
func (a *api) attach(ctx context.Context, it *item) error {
	f := it.file
	if a.Links == nil {
		it.fail(keyInvalid, "contentUrl", "this gateway fetches no links")
		return nil
	}
	record, err := a.Links.Fetch(ctx, it.message.Phone, f.url, f.kind)
	switch code := wabridge.CodeOf(err); {
	case code == wabridge.CodeMediaUpload, code == wabridge.CodeParameter:
		it.fail(keyInvalid, "contentUrl", "%s", detail(err))
		return nil
	case err != nil:
		return err
	}
	it.attached(record.Media)
	return nil
}

// attached puts the file into its message, if it is not too large for its kind.
func (it *item) attached(got wabridge.Media) {
	f := it.file
	if f.kind == "" {
		f.kind, _ = kindOf(got.MIME)
	}
	if f.kind == media.Video && got.Size > maxVideo {
		it.fail(keyInvalid, "contentUrl", "the file has %s, and video takes at most %s (Devino: 2303)", media.Bytes(got.Size), media.Bytes(maxVideo))
		return
	}
	got.Voice = f.kind == media.Voice
	if f.name != "" {
		got.Name = f.name
	}
	if f.kind == media.Document {
		if err := media.CheckName(got.Name, got.MIME); err != nil {
			it.fail(keyInvalid, "contentName", "%s", detail(err))
			return
		}
	}
	it.message.Media = &got
	if !f.template {
		it.carryFile(got)
	}
}

// carryFile makes the object of a file's message.
func (it *item) carryFile(m wabridge.Media) {
	f := it.file
	object := map[string]any{"link": f.url}
	kind := f.kind
	switch kind {
	case media.Voice:
		kind, object["voice"] = media.Audio, true
	case media.Document:
		object["filename"] = m.Name
	}
	if f.caption != "" {
		if kind == media.Audio {
			it.fail(keyInvalid, "text", "audio has no caption; send the text as a message of its own")
			return
		}
		object["caption"] = f.caption
	}
	it.carry(kind, object)
}
