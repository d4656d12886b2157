package cloud

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/wabridge/wabridge/bridge/file"
	"github.com/wabridge/wabridge/media"
	"github.com/wabridge/wabridge/queue"
)

const mediaPath = "/v23.0/" + phoneID + "/media"

// newMediaHarness is a harness with a place for files.
func newMediaHarness(t *testing.T, change ...func(*file.Config)) (*harness, *media.Store) {
	t.Helper()
	var files *media.Store
	h := newHarness(t, func(c *Config) {
		var err error
		files, err = media.Open(filepath.Join(t.TempDir(), "media"), media.Options{Reserve: -1})
		must(t, err)
		fc := file.Config{Files: files, Records: c.Store.(file.Records)}
		for _, f := range change {
			f(&fc)
		}
		c.Library = file.New(fc)
		t.Cleanup(c.Library.Close)
	})
	return h, files
}

func picture(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	must(t, png.Encode(&b, image.NewNRGBA(image.Rect(0, 0, 8, 8))))
	return b.Bytes()
}

// A formPart is a field of a form; with a file name or type it is a file.
type formPart struct{ name, value, filename, kind string }

func formOf(t testing.TB, fields ...formPart) (body, contentType string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, f := range fields {
		h := textproto.MIMEHeader{}
		d := fmt.Sprintf(`form-data; name="%s"`, f.name)
		if f.filename != "" {
			d += fmt.Sprintf(`; filename="%s"`, f.filename)
		}
		h.Set("Content-Disposition", d)
		if f.kind != "" {
			h.Set("Content-Type", f.kind)
		}
		p, err := w.CreatePart(h)
		must(t, err)
		_, err = io.WriteString(p, f.value)
		must(t, err)
	}
	must(t, w.Close())
	return b.String(), w.FormDataContentType()
}

func (h *harness) post(path string, fields ...formPart) reply {
	h.t.Helper()
	body, kind := formOf(h.t, fields...)
	return h.do("POST", path, body, "Content-Type", kind)
}

var product = formPart{name: "messaging_product", value: "whatsapp"}

func (h *harness) uploaded(pic []byte) string {
	h.t.Helper()
	got := h.post(mediaPath, product, formPart{"file", string(pic), "é.png", "image/png"})
	id, _ := got.json(h.t)["id"].(string)
	if got.status != 200 || id == "" || len(id) > 32 || !isDigits(id) {
		h.t.Fatalf("upload: %d %s", got.status, got.body)
	}
	return id
}

// raw makes a request whose answer need not be JSON.
func (h *harness) raw(method, target string, headers ...string) *httptest.ResponseRecorder {
	h.t.Helper()
	r := httptest.NewRequest(method, target, nil)
	r.Header.Set("Authorization", "Bearer "+reader)
	for i := 0; i+1 < len(headers); i += 2 {
		if headers[i+1] == "" {
			r.Header.Del(headers[i])
			continue
		}
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// TestUploadToDownload goes the whole way of a file.
func TestUploadToDownload(t *testing.T) {
	h, files := newMediaHarness(t)
	pic := picture(t)
	id := h.uploaded(pic)
	sum := sha256.Sum256(pic)
	for _, path := range []string{"/v23.0/" + id, "/" + id + "/?phone_number_id=" + phoneID} {
		got := h.do("GET", path, "").json(t)
		if got["messaging_product"] != "whatsapp" || got["mime_type"] != "image/png" || got["sha256"] != hex.EncodeToString(sum[:]) ||
			got["file_size"] != float64(len(pic)) || got["id"] != id {
			t.Errorf("%s: got %v", path, got)
		}
	}
	address, _ := h.do("GET", "/"+id, "").json(t)["url"].(string)
	if !strings.HasPrefix(address, "http://example.com/") {
		t.Fatalf("url: got %q, want an absolute one", address)
	}
	w := h.raw("GET", address, "User-Agent", "something else")
	if w.Code != 200 || !bytes.Equal(w.Body.Bytes(), pic) || w.Header().Get("Content-Type") != "image/png" || w.Header().Get("Content-Length") != fmt.Sprint(len(pic)) {
		t.Errorf("download: %d, %d bytes, %v", w.Code, w.Body.Len(), w.Header())
	}
	w = h.raw("GET", address, "Range", "bytes=1-3")
	if w.Code != http.StatusPartialContent || w.Body.String() != "PNG" || w.Header().Get("Content-Range") != fmt.Sprintf("bytes 1-3/%d", len(pic)) {
		t.Errorf("range: %d %q %v", w.Code, w.Body, w.Header())
	}
	if w = h.raw("HEAD", address); w.Code != 200 || w.Header().Get("Content-Length") != fmt.Sprint(len(pic)) || w.Body.Len() != 0 {
		t.Errorf("head: %d %v", w.Code, w.Header())
	}
	if w = h.raw("GET", address, "Authorization", ""); w.Code != 401 {
		t.Errorf("without a token: %d", w.Code)
	}
	for _, path := range []string{"/" + id + "?phone_number_id=" + secondID, "/12345678901234567"} {
		got := h.do("GET", path, "")
		if e := got.graph(t); got.status != 400 || e.Code != 100 || e.Subcode != 33 {
			t.Errorf("%s: %d %+v", path, got.status, e)
		}
		if got := h.do("DELETE", path, ""); got.status != 400 || got.graph(t).Subcode != 33 {
			t.Errorf("delete %s: %d", path, got.status)
		}
	}
	if got := h.do("DELETE", "/"+id+"?phone_number_id="+phoneID, ""); got.status != 200 || string(got.body) != `{"success":true}` {
		t.Errorf("delete: %d %s", got.status, got.body)
	}
	if got := h.do("GET", "/"+id, ""); got.graph(t).Subcode != 33 {
		t.Errorf("after delete: %d %s", got.status, got.body)
	}
	if got := h.do("GET", address, ""); got.status != 404 {
		t.Errorf("address after delete: %d", got.status)
	}
	if files.Used() == 0 {
		t.Error("the bytes went with the record; the sweep takes them")
	}
}

func TestDownloadAddresses(t *testing.T) {
	h, _ := newMediaHarness(t)
	id, other := h.uploaded(picture(t)), h.uploaded([]byte("\x89PNG not at all" + string(picture(t)))[15:])
	good, _ := h.do("GET", "/"+id, "").json(t)["url"].(string)
	u, err := url.Parse(good)
	must(t, err)
	with := func(k, v string) string {
		q := u.Query()
		q.Set(k, v)
		return u.Path + "?" + q.Encode()
	}
	for name, target := range map[string]string{
		"another file":    with("mid", other),
		"a longer life":   with("ext", fmt.Sprint(time.Now().Add(time.Hour).Unix())),
		"no time":         with("ext", "soon"),
		"another hash":    with("hash", "x"),
		"nothing":         u.Path,
		"of another time": strings.TrimPrefix(file.NewSigner().URL("", id, time.Now()), "http://example.com"),
	} {
		if got := h.do("GET", target, ""); got.status != 404 || got.graph(t).Code != 100 {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
	if w := h.raw("GET", u.Path+"?"+u.RawQuery); w.Code != 200 {
		t.Errorf("without the last slash: %d", w.Code)
	}
}

func TestAddressExpires(t *testing.T) {
	s, start := file.NewSigner(), time.Now()
	u, err := url.Parse(s.URL("https://x", "7", start))
	must(t, err)
	for after, want := range map[time.Duration]bool{0: true, file.URLTime - time.Second: true, file.URLTime + time.Second: false} {
		if id, ok := s.Check(u.Query(), start.Add(after)); ok != want || id != "7" {
			t.Errorf("after %v: %q, %v; want %v", after, id, ok, want)
		}
	}
}

func TestUpload(t *testing.T) {
	pic := string(picture(t))
	pngFile := formPart{"file", pic, "a.png", "image/png"}
	for name, c := range map[string]struct {
		query  string
		fields []formPart
		mime   string // "" if it is refused
		status int
		code   int
		says   string
	}{
		"file last":                {fields: []formPart{product, {name: "type", value: "image/png"}, pngFile}, mime: "image/png"},
		"file first":               {fields: []formPart{pngFile, product}, mime: "image/png"},
		"product in the query":     {query: "?messaging_product=whatsapp", fields: []formPart{pngFile}, mime: "image/png"},
		"type image":               {fields: []formPart{product, pngFile, {name: "type", value: "image"}}, mime: "image/png"},
		"type in the field alone":  {fields: []formPart{{"file", "a,b", "a.csv", ""}, product, {name: "type", value: "text/csv"}}, mime: "text/csv"},
		"the part's type wins":     {fields: []formPart{product, {name: "type", value: "image/jpeg"}, pngFile}, mime: "image/png"},
		"no type at all":           {fields: []formPart{product, {"file", pic, "a", ""}}, mime: "image/png"},
		"octet-stream":             {fields: []formPart{product, {"file", pic, "a", "application/octet-stream"}}, mime: "image/png"},
		"a type but no name":       {fields: []formPart{product, {"file", pic, "", "image/png"}}, mime: "image/png"},
		"other parts":              {fields: []formPart{product, {"x", "y", "x.bin", "image/png"}, pngFile}, mime: "image/png"},
		"no product":               {fields: []formPart{pngFile}, status: 400, code: 100, says: "messaging_product"},
		"another product":          {fields: []formPart{pngFile, {name: "messaging_product", value: "x"}}, status: 400, code: 100, says: "WHATSAPP"},
		"no file":                  {fields: []formPart{product}, status: 400, code: 100, says: "(#100) The parameter file is required."},
		"a path in its place":      {fields: []formPart{product, {name: "file", value: "/tmp/a.png"}}, status: 400, code: 100, says: "file is required"},
		"an empty file":            {fields: []formPart{product, {"file", "", "a.png", "image/png"}}, status: 400, code: 131053, says: "empty"},
		"two files":                {fields: []formPart{product, pngFile, pngFile}, status: 400, code: 100, says: "more than one"},
		"not what it is called":    {fields: []formPart{product, {"file", pic, "a.jpg", "image/jpeg"}}, status: 400, code: 131053, says: "bytes are image/png"},
		"too large a picture":      {fields: []formPart{product, {"file", pic + strings.Repeat("x", media.MaxImage), "a.png", "image/png"}}, status: 400, code: 131053, says: "5 MB"},
		"too large by later type":  {fields: []formPart{{"file", "RIFF\x00\x00\x00\x00WEBPVP8 " + strings.Repeat("x", media.MaxAnimatedSticker), "a.webp", ""}, product}, status: 400, code: 131053, says: "500 KB"},
		"a field that is too long": {fields: []formPart{product, {name: "x", value: strings.Repeat("x", maxField+1)}}, status: 400, code: 100, says: "longer than"},
		"too many parts":           {fields: append(make([]formPart, maxParts), product, pngFile), status: 400, code: 100, says: "more than 32 parts"},
	} {
		t.Run(name, func(t *testing.T) {
			h, files := newMediaHarness(t)
			got := h.post(mediaPath+c.query, c.fields...)
			if c.mime == "" {
				e := got.graph(t)
				if got.status != c.status || e.Code != c.code || !strings.Contains(e.Message+e.Data.Details, c.says) {
					t.Errorf("got %d %s, want %d, code %d and %q", got.status, got.body, c.status, c.code, c.says)
				}
				if files.Used() != 0 {
					t.Errorf("%d bytes stay of a refused upload", files.Used())
				}
				return
			}
			id, _ := got.json(t)["id"].(string)
			if m := h.do("GET", "/"+id, "").json(t); got.status != 200 || m["mime_type"] != c.mime {
				t.Errorf("got %d %s, then %v; want type %s", got.status, got.body, m, c.mime)
			}
		})
	}
}

func TestUploadRefused(t *testing.T) {
	body, kind := formOf(t, product, formPart{"file", string(picture(t)), "a.png", "image/png"})
	h, files := newMediaHarness(t)
	for name, c := range map[string]struct {
		path, body string
		headers    []string
		status     int
		code       int
	}{
		"no token":         {mediaPath, body, []string{"Content-Type", kind, "Authorization", ""}, 401, 104},
		"reading token":    {mediaPath, body, []string{"Content-Type", kind, "Authorization", "Bearer " + reader}, 403, 10},
		"unknown phone":    {"/v23.0/999/media", body, []string{"Content-Type", kind}, 400, 100},
		"JSON":             {mediaPath, `{"messaging_product":"whatsapp"}`, nil, 400, 100},
		"no boundary":      {mediaPath, body, []string{"Content-Type", "multipart/form-data"}, 400, 100},
		"another boundary": {mediaPath, body, []string{"Content-Type", "multipart/form-data; boundary=other"}, 400, 100},
		"empty":            {mediaPath, "", []string{"Content-Type", kind}, 400, 100},
	} {
		got := h.do("POST", c.path, c.body, c.headers...)
		if got.status != c.status || got.graph(t).Code != c.code {
			t.Errorf("%s: got %d %s, want %d, code %d", name, got.status, got.body, c.status, c.code)
		}
	}
	for i := range len(body) - 1 {
		if i > 300 && i < len(body)-100 {
			continue
		}
		if got := h.do("POST", mediaPath, body[:i], "Content-Type", kind); got.status == 500 || got.status == 200 && i < len(body)-4 {
			t.Fatalf("the first %d bytes: %d %s", i, got.status, got.body)
		}
	}
	_ = files
}

func TestUploadThatBreaksOff(t *testing.T) {
	body, kind := formOf(t, product, formPart{"file", string(picture(t)), "a.png", "image/png"})
	h, files := newMediaHarness(t)
	r := httptest.NewRequest("POST", mediaPath, io.MultiReader(strings.NewReader(body[:len(body)-150]), iotest.ErrReader(io.ErrUnexpectedEOF)))
	r.Header.Set("Authorization", "Bearer "+sender)
	r.Header.Set("Content-Type", kind)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != 400 || files.Used() != 0 {
		t.Errorf("got %d %s, %d bytes stay", w.Code, w.Body, files.Used())
	}
}

func TestUploadWhenFull(t *testing.T) {
	h, _ := newMediaHarness(t, func(c *file.Config) {
		var err error
		c.Files, err = media.Open(filepath.Join(t.TempDir(), "small"), media.Options{Reserve: -1, Quota: 10})
		must(t, err)
	})
	got := h.post(mediaPath, product, formPart{"file", string(picture(t)), "a.png", "image/png"})
	if e := got.graph(t); got.status != 500 || e.Code != 131016 || !strings.Contains(e.Data.Details, "quota is 10 bytes") {
		t.Errorf("got %d %s", got.status, got.body)
	}
}

// FuzzUpload feeds any body to the reading of a form: it ends with a file or
// with a Graph error, and nothing stays of what was refused.
func FuzzUpload(f *testing.F) {
	body, kind := formOf(f, product, formPart{"file", string(picture(f)), "a.png", "image/png"}, formPart{name: "type", value: "image/png"})
	f.Add([]byte(body), kind)
	f.Add([]byte("--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nhello\r\n--x--"), "multipart/form-data; boundary=x")
	f.Add([]byte("--x--"), "multipart/form-data; boundary=x")
	f.Add([]byte("{}"), "application/json")
	files, err := media.Open(f.TempDir(), media.Options{Reserve: -1})
	must(f, err)
	a := &api{Config: Config{Library: file.New(file.Config{Files: files, Records: discard{}})}}
	f.Fuzz(func(t *testing.T, body []byte, kind string) {
		r := httptest.NewRequest("POST", mediaPath, nil)
		r.Header.Set("Content-Type", kind)
		m, err := (&form{a: a, r: r, fields: params{}}).take(bytes.NewReader(body))
		if err != nil {
			if e := graphErrorOf(mediaError(err)); e.Code != 100 && e.Code != 131053 {
				t.Errorf("%q: %v", body, err)
			}
		} else {
			must(t, files.Remove(m.SHA256))
		}
		if files.Used() != 0 {
			t.Fatalf("%q: %d bytes stay", body, files.Used())
		}
	})
}

// FuzzResumableUpload sends a file in two pieces, at any offsets: it ends with
// a handle or a Graph error, and nothing stays of what was refused.
func FuzzResumableUpload(f *testing.F) {
	f.Add("5", "text/plain", "a.txt", "0", []byte("he"), "2", []byte("llo"))
	f.Add("5", "application/pdf", "../a.pdf", "", []byte("hello"), "5", []byte(""))
	f.Add("-1", "", "", "x", []byte(""), "99999999999999999999", []byte("x"))
	files, err := media.Open(f.TempDir(), media.Options{Reserve: -1})
	must(f, err)
	a := &api{Config: Config{Library: file.New(file.Config{Files: files, Records: discard{}})}}
	f.Fuzz(func(t *testing.T, length, kind, name, offset1 string, piece1 []byte, offset2 string, piece2 []byte) {
		known := func(err error) {
			if e := graphErrorOf(mediaError(err)); e.Code != 100 && e.Code != 131053 {
				t.Errorf("%v", err)
			}
		}
		quoted := func(s string) json.RawMessage { b, _ := json.Marshal(s); return b } // of a string
		s, err := params{"file_length": quoted(length), "file_type": quoted(kind), "file_name": quoted(name)}.session(1 << 20)
		if err != nil {
			known(err)
			return
		}
		s.part, err = files.Begin()
		must(t, err)
		for _, p := range []struct {
			offset string
			bytes  []byte
		}{{offset1, piece1}, {offset2, piece2}} {
			r := httptest.NewRequest("POST", "/upload:x", nil)
			r.Header.Set("file_offset", p.offset)
			if err := s.take(r, bytes.NewReader(p.bytes)); err != nil {
				known(err)
			}
		}
		if s.part.Size() > s.length {
			t.Errorf("%d bytes of %d", s.part.Size(), s.length)
		}
		if s.part.Size() < s.length {
			must(t, s.part.Discard())
		} else if err := a.endUpload(t.Context(), "x", s); err != nil {
			known(err)
		} else {
			sum := sha256.Sum256(append(append([]byte{}, piece1...), piece2...)[:s.length])
			must(t, files.Remove(hex.EncodeToString(sum[:])))
		}
		if files.Used() != 0 {
			t.Fatalf("%d bytes stay", files.Used())
		}
	})
}

// discard forgets records.
type discard struct{ file.Records }

func (discard) PutMedia(_ context.Context, r queue.MediaRecord) (queue.MediaRecord, error) {
	return r, nil
}
