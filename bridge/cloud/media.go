package cloud

import (
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strconv"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/bridge/file"
	"github.com/wabridge/wabridge/media"
	"github.com/wabridge/wabridge/queue"
)

// Limits of an upload.
const (
	maxParts     = 32       // of a multipart form
	maxField     = 64 << 10 // bytes of a field that is no file
	maxDrained   = 16 << 20 // bytes read of a refused body, so that its sender hears why
	stallTime    = 30 * time.Second
	transferTime = 15 * time.Minute // of an upload or a download
)

// media lists the paths of files.
func (a *api) media(route func(string, handler)) {
	route("POST /{phone}/media", a.upload)
	route("DELETE /{id}", a.deleteMedia)
	route("GET "+file.AttachmentPath, a.download)
	route("POST /{app}/uploads", a.beginUpload)
	route("POST "+sessionPath+"{session}", a.continueUpload)
	route("GET "+sessionPath+"{session}", a.uploadState)
}

// noFiles is the answer of a gateway without a place for files.
func noFiles() error {
	return refuse(wabridge.CodeUnavailable, "this gateway has no place for files")
}

// A patientBody lets a body take its time as long as it comes.
type patientBody struct {
	io.Reader
	c    *http.ResponseController
	last time.Time // the end of all patience
}

// patient replaces the server's own deadlines for a request with a large body.
func patient(w http.ResponseWriter, r *http.Request) io.Reader {
	last := time.Now().Add(transferTime)
	c := http.NewResponseController(w)
	// Not every writer has deadlines (tests).
	_ = c.SetWriteDeadline(last.Add(stallTime))
	return &patientBody{Reader: r.Body, c: c, last: last}
}

func (b *patientBody) Read(p []byte) (int, error) {
	next := time.Now().Add(stallTime)
	if next.After(b.last) {
		next = b.last
	}
	_ = b.c.SetReadDeadline(next)
	return b.Reader.Read(p)
}

// upload is POST /{phone}/media: a multipart form whose fields stand in any
// order. The file is written as it comes and never held in memory.
func (a *api) upload(w http.ResponseWriter, r *http.Request) error {
	if _, err := a.authorize(r); err != nil {
		return err
	}
	phone, err := a.phone(r)
	if err != nil {
		return err
	}
	if a.Library == nil {
		return noFiles()
	}
	if r.ContentLength > a.Library.MaxSize+1<<20 {
		return tooLargeFile(a.Library.MaxSize)
	}
	body := patient(w, r)
	f := &form{a: a, r: r, in: file.Incoming{Phone: phone.ID, Origin: queue.MediaUpload}, fields: params{}}
	record, err := f.take(body)
	if err != nil {
		_, _ = io.CopyN(io.Discard, body, maxDrained) // or the sender sees a broken connection, and not the answer
		return mediaError(err)
	}
	answer := node{"id": record.ID}
	if name := wabridge.SentFileName(record.Name); name != f.named {
		answer["filename"] = name // it was cut or changed
	}
	writeJSON(w, http.StatusOK, answer)
	return nil
}

func tooLargeFile(limit int64) error {
	e := refuse(wabridge.CodeMediaUpload, "file: it is larger than %s, the most that is taken", media.Bytes(limit))
	e.status = http.StatusRequestEntityTooLarge
	return e
}

// A form is one upload while it is read.
type form struct {
	a      *api
	r      *http.Request
	in     file.Incoming
	fields params
	file   media.File
	named  string // how the caller calls the file
}

// take reads the form and stores its file. Nothing stays of a file whose form
// is wrong.
func (f *form) take(body io.Reader) (queue.MediaRecord, error) {
	kind, args, _ := mime.ParseMediaType(f.r.Header.Get("Content-Type"))
	if kind != "multipart/form-data" || args["boundary"] == "" {
		return queue.MediaRecord{}, required("file", "send a multipart form with the file in a part named file")
	}
	err := f.read(multipart.NewReader(body, args["boundary"]))
	if err == nil {
		err = f.complete()
	}
	if err != nil {
		return queue.MediaRecord{}, errors.Join(err, f.a.Library.Discard(f.file))
	}
	return f.a.Library.Record(f.r.Context(), f.in, f.file)
}

// read takes the parts in.
func (f *form) read(parts *multipart.Reader) error {
	for range maxParts {
		part, err := parts.NextPart()
		if err == io.EOF { //nolint:errorlint // NextPart promises the bare value
			return nil
		}
		if err == nil {
			err = f.part(part)
		}
		if err != nil {
			return err
		}
	}
	return refuse(wabridge.CodeParameter, "the multipart form has more than %d parts", maxParts)
}

// part takes one part in: the file, or a field. A file comes with a name or a
// type; without them it is a path that was sent in the place of a file.
func (f *form) part(p *multipart.Part) error {
	declared := p.Header.Get("Content-Type")
	if p.FormName() != "file" || p.FileName() == "" && declared == "" {
		value, err := io.ReadAll(io.LimitReader(p, maxField+1))
		switch {
		case err != nil:
			return err
		case len(value) > maxField:
			return refuse(wabridge.CodeParameter, "%s: the value is longer than %d bytes", brief(p.FormName()), maxField)
		case p.FormName() == "file":
			return nil // its absence is told at the end
		}
		return f.fields.add(p.FormName(), string(value))
	}
	if f.file.SHA256 != "" {
		return refuse(wabridge.CodeParameter, "file: the form holds more than one; upload them one at a time")
	}
	f.named = givenName(p)
	f.in.Declared, f.in.Name, f.in.Body = declared, file.CleanName(p.FileName()), p
	stored, err := f.a.Library.Store(f.r.Context(), f.in)
	f.file = stored
	return err
}

// givenName is the file name of a part as it came; FileName has no folders.
func givenName(p *multipart.Part) string {
	_, args, err := mime.ParseMediaType(p.Header.Get("Content-Disposition"))
	if err != nil || args["filename"] == "" {
		return p.FileName()
	}
	return args["filename"]
}

// complete checks the fields, once all of them are here.
func (f *form) complete() error {
	if err := f.fields.addForm(f.r.URL.RawQuery); err != nil {
		return err
	}
	if err := f.fields.product(); err != nil {
		return err
	}
	if f.file.SHA256 == "" {
		return required("file", "send the file in a part named file, with a file name")
	}
	if kind, err := f.fields.text("type"); err == nil && f.in.Declared == "" {
		f.in.Declared = kind
	}
	return nil
}

// mediaError is the Graph error of what went wrong with a file: what the
// sender can mend has the words for it.
func mediaError(err error) error {
	if _, ok := errors.AsType[*graphError](err); ok {
		return err
	}
	switch e, _ := errors.AsType[*wabridge.Error](err); {
	case e == nil: // the body's own: cut off, or no form
		return say(wabridge.CodeParameter, "(#100) Invalid parameter", "the request body ended early, took too long or is not what its Content-Type says; send it again")
	case e.Code == wabridge.CodeMediaUpload:
		return refuse(e.Code, "file: %s", e.Detail)
	case e.Code == wabridge.CodeStorage && e.Err == nil: // full, by our own count
		g := refuse(wabridge.CodeUnavailable, "file: %s", e.Detail)
		g.cause = err
		return g
	}
	return err
}

// mediaKind is the node type of a file, as error messages have it.
const mediaKind = "WhatsAppBusinessMedia"

// defaultMedia is what a file shows unasked: all of it.
const defaultMedia = "messaging_product,url,mime_type,sha256,file_size,id"

// file finds a file of the API by its id. phone_number_id, where given, must be
// the one that the file belongs to.
func (a *api) file(r *http.Request, id string) (queue.MediaRecord, error) {
	if a.Library == nil || !isDigits(id) {
		return queue.MediaRecord{}, noObject(r.Method, id)
	}
	record, err := a.Library.Records.Media(r.Context(), id, time.Now())
	owner := r.URL.Query().Get("phone_number_id")
	if wabridge.CodeOf(err) == wabridge.CodeNotFound || err == nil && (record.Phone == "" || owner != "" && owner != record.Phone) {
		return record, noObject(r.Method, id)
	}
	return record, err
}

// mediaNode is GET /{media-id}.
func (a *api) mediaNode(r *http.Request, m queue.MediaRecord) node {
	return node{
		"messaging_product": "whatsapp", "id": m.ID, "mime_type": m.MIME, "sha256": m.SHA256, "file_size": m.Size,
		"url": a.Signer.URL(a.base(r), m.ID, time.Now()),
	}
}

// deleteMedia is DELETE /{media-id}. A message that waits to be sent keeps the
// bytes.
func (a *api) deleteMedia(w http.ResponseWriter, r *http.Request) error {
	if _, err := a.authorize(r); err != nil {
		return err
	}
	id := r.PathValue("id")
	if _, err := a.file(r, id); err != nil {
		return err
	}
	if err := a.Library.Records.DeleteMedia(r.Context(), id); err != nil && wabridge.CodeOf(err) != wabridge.CodeNotFound {
		return err
	}
	write(w, http.StatusOK, success)
	return nil
}

// download is the address that GET /{media-id} tells.
func (a *api) download(w http.ResponseWriter, r *http.Request) error {
	if _, err := a.authorize(r); err != nil {
		return err
	}
	if a.Library == nil {
		return noFiles()
	}
	id, ok := a.Signer.Check(r.URL.Query(), time.Now())
	if !ok {
		return gone()
	}
	m, err := a.Library.Records.Media(r.Context(), id, time.Now())
	if wabridge.CodeOf(err) == wabridge.CodeNotFound {
		return gone()
	}
	if err != nil {
		return err
	}
	f, err := a.Library.Files.File(m.SHA256)
	if wabridge.CodeOf(err) == wabridge.CodeNotFound {
		return gone()
	}
	if err != nil {
		return err
	}
	defer f.Close()
	serveFile(w, r, m, f)
	return nil
}

// gone is the answer to an address that is no longer good, or never was.
func gone() error {
	e := say(wabridge.CodeParameter, "(#100) Invalid parameter", "url: this address is not or no longer good (it lasts %v); ask GET /{media-id} for a new one", file.URLTime)
	e.status = http.StatusNotFound
	return e
}

// serveFile sends the file, or the parts of it that were asked for. It is not
// ours: no browser is to show it as a page of this server.
func serveFile(w http.ResponseWriter, r *http.Request, m queue.MediaRecord, f io.ReadSeeker) {
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(transferTime))
	h := w.Header()
	h.Set("Content-Type", m.MIME)
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": downloadName(m)}))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "sandbox")
	h.Set("Cache-Control", "private, max-age="+strconv.Itoa(int(file.URLTime.Seconds())))
	h.Set("ETag", `"`+m.SHA256+`"`)
	http.ServeContent(w, r, "", m.Created, f)
}

func downloadName(m queue.MediaRecord) string {
	if m.Name != "" {
		return m.Name
	}
	return m.ID + media.Extension(m.MIME)
}
