package console

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/bridge/file"
	"github.com/wabridge/wabridge/content"
	"github.com/wabridge/wabridge/media"
	"github.com/wabridge/wabridge/queue"
)

const (
	uploadTime = 10 * time.Minute
	maxMemory  = 1 << 20 // of a form with files; the rest lies on the disk
	maxKey     = 64
)

// send accepts a reply: a text, a file with a caption, or a template. It
// answers with the newest bubbles.
func (c *Console) send(v *visit) error {
	rc := http.NewResponseController(v.w)
	_ = rc.SetReadDeadline(time.Now().Add(uploadTime)) // tests' writers have none
	_ = rc.SetWriteDeadline(time.Now().Add(uploadTime))
	if err := v.ParseMultipartForm(maxMemory); err != nil && !errors.Is(err, http.ErrNotMultipart) {
		return err
	}
	if v.MultipartForm != nil {
		defer v.MultipartForm.RemoveAll() // what it cannot remove, the system's own cleaning does
	}
	phone, err := c.Store.Phone(v.Context(), v.PathValue("phone"))
	if err != nil {
		return err
	}
	m, err := c.recipient(v.Context(), phone, v.PathValue("chat"))
	if err != nil {
		return err
	}
	if err := c.compose(v, phone, &m); err != nil {
		return wording(err)
	}
	d := queue.Draft{Message: m}
	if key := v.PostFormValue("key"); key != "" && len(key) <= maxKey { // a form that is sent twice is one message
		d.Key, d.Owner, d.Print = "console-"+key, v.Token.ID, "console"
	}
	accepted, err := c.Store.Enqueue(v.Context(), d)
	if err != nil {
		return err
	}
	if err := c.Store.Seen(v.Context(), phone.ID, accepted[0].Message.Chat, accepted[0].Message.Seq); err != nil {
		return err
	}
	v.w.Header().Set("HX-Trigger", "sent, list")
	if !v.htmx() {
		http.Redirect(v.w, v.Request, talkPath(phone.ID, m.Chat), http.StatusSeeOther)
		return nil
	}
	return c.bubbles(v)
}

// recipient begins a message to a chat, if it can be sent at all.
func (c *Console) recipient(ctx context.Context, phone wabridge.Phone, chat string) (wabridge.Message, error) {
	m := wabridge.Message{Phone: phone.ID, Direction: wabridge.Out, Chat: chat, Expires: now().Add(queue.ResendTTL), Source: wabridge.SourceConsole}
	known, err := c.chatOrStranger(ctx, phone, chat)
	if err != nil {
		return m, err
	}
	m.Chat, m.Number = known.ID, known.Number
	if known.Group {
		m.Group, m.GroupName, m.Number = known.ID, known.Name, ""
	}
	m.Input = or(m.Number, m.Chat)
	switch {
	case m.Number == "" && m.Group == "":
		return m, refuse("send.no_number")
	case phone.Number != "" && wabridge.SameNumber(m.Number, phone.Number):
		return m, refuse("send.self")
	case phone.State == wabridge.PhoneAttention && phone.Code == wabridge.CodeNotRegistered:
		return m, refuse("send.logged_out")
	case phone.State == wabridge.PhoneAttention && phone.Code == wabridge.CodeLocked:
		return m, refuse("send.banned")
	}
	blocked, err := queue.Blocked(ctx, c.Store, phone.ID, m.Number, now())
	if err == nil && blocked {
		err = refuse("send.blocked")
	}
	return m, err
}

// compose makes the message of what the form holds.
func (c *Console) compose(v *visit, phone wabridge.Phone, m *wabridge.Message) error {
	text := strings.ReplaceAll(v.PostFormValue("text"), "\r\n", "\n")
	if quoted := v.PostFormValue("context"); quoted != "" {
		if q, err := c.Store.Message(v.Context(), quoted); err == nil && q.Chat == m.Chat && q.Phone == m.Phone {
			m.Context = q.ID
		}
	}
	if name := v.PostFormValue("template"); name != "" {
		return c.composeTemplate(v, phone, m, name)
	}
	if f, header, err := v.FormFile("file"); err == nil {
		defer f.Close() // it was read only
		if header.Size == 0 {
			return refuse("send.empty_file", brief(header.Filename, 80))
		}
		return c.composeFile(v.Context(), m, f, header, text)
	} else if err != nil && !errors.Is(err, http.ErrMissingFile) && !errors.Is(err, http.ErrNotMultipart) {
		return err
	}
	if strings.TrimSpace(text) == "" {
		return refuse("send.empty")
	}
	return carry(m, "text", map[string]string{"body": text})
}

// composeFile stores a file and makes it the message, with a caption where its
// kind has one.
func (c *Console) composeFile(ctx context.Context, m *wabridge.Message, f multipart.File, header *multipart.FileHeader, caption string) error {
	if c.Library == nil {
		return refuse("send.no_files")
	}
	r, err := c.Library.Add(ctx, file.Incoming{Phone: m.Phone, Origin: queue.MediaUpload, Name: header.Filename,
		Declared: header.Header.Get("Content-Type"), Body: io.Reader(f)})
	if err != nil {
		return err
	}
	kind := media.KindOf(r.MIME)
	if kind == media.Sticker || kind == media.Voice {
		kind = media.Document
	}
	object := map[string]any{"id": r.ID}
	if caption = strings.TrimSpace(caption); caption != "" {
		if kind == media.Audio {
			return refuse("send.audio_caption")
		}
		object["caption"] = caption
	}
	if kind == media.Document {
		object["filename"] = or(r.Name, "file"+media.Extension(r.MIME))
	}
	m.Media = &r.Media
	return carry(m, kind, object)
}

// carry makes the message's text of the Cloud API's object of its type.
func carry(m *wabridge.Message, kind string, object any) error {
	raw, err := json.Marshal(object)
	if err != nil {
		return err
	}
	parsed, err := content.Parse(kind, raw)
	if err != nil {
		return err
	}
	carried := parsed.Carry()
	m.Type, m.Body, m.Text = kind, carried.Body, wabridge.Text(carried.Text)
	return nil
}

// wording makes a problem of what the layers below say about a message.
func wording(err error) error {
	if e, ok := errors.AsType[*content.Error](err); ok {
		return refuse("send.wrong", e.Details())
	}
	if e, ok := errors.AsType[*wabridge.Error](err); ok && (e.Code == wabridge.CodeMediaUpload || e.Code == wabridge.CodeParameter) {
		return refuse("send.wrong", e.Detail)
	}
	return err
}
