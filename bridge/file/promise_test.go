package file

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"crypto/tls"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/media"
	"github.com/wabridge/wabridge/queue"
)

// contents are files by the ending that their bytes deserve.
func contents(t testing.TB) map[string][]byte {
	return map[string][]byte{
		".pdf": []byte("%PDF-1.4\n1 0 obj <<>> endobj\ntrailer <<>>\n%%EOF\n"),
		".png": picture(t),
		".csv": []byte("number,name\n15550001111,Ann\n15550002222,Bob\n"),
		".zip": append([]byte("PK\x03\x04\x14\x00\x00\x00\x00\x00"), make([]byte, 60)...),
		".mp3": append([]byte("ID3\x03\x00"), make([]byte, 200)...),
	}
}

var page = []byte("<!DOCTYPE html><html><body>Please log in</body></html>")

func encode(t *testing.T, name string, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	var w io.WriteCloser
	switch name {
	case "gzip", "x-gzip":
		w = gzip.NewWriter(&out)
	case "deflate":
		w = zlib.NewWriter(&out)
	default:
		return b
	}
	_, err := w.Write(b)
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestFetchedBytesAreWhatTheirNamePromises draws files, endings and encodings:
// what is stored is the file itself, under a name that fits it, or nothing.
func TestFetchedBytesAreWhatTheirNamePromises(t *testing.T) {
	var body []byte
	var header http.Header
	address, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		for name, values := range header {
			w.Header()[name] = values
		}
		_, _ = w.Write(body)
	})
	files := contents(t)
	files[".html"] = page
	endings := []string{".pdf", ".png", ".csv", ".zip", ".mp3", ".html"}
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 2))
	l := newLibrary(t, Config{AllowPrivate: true})
	for i := range 400 {
		before := l.Files.Used()
		is, said := endings[r.IntN(len(endings))], endings[r.IntN(len(endings))]
		if r.IntN(3) > 0 {
			said = is
		}
		readable, content := true, files[is]
		body, header = content, http.Header{"Content-Type": {[]string{"application/octet-stream", "application/force-download", ""}[r.IntN(3)]}}
		var layers []string
		for range r.IntN(3) {
			name := []string{"gzip", "x-gzip", "deflate", "identity", "br", "zstd"}[r.IntN(6)]
			readable = readable && name != "br" && name != "zstd"
			layers, body = append(layers, name), encode(t, name, body)
		}
		if len(layers) > 0 {
			header["Content-Encoding"] = []string{strings.Join(layers, ", ")}
		}
		record, err := l.Fetch(t.Context(), phone, fmt.Sprint(address, "/", i, said), media.Document)
		if ok := readable && is == said; ok != (err == nil) {
			t.Fatalf("seed %d: a %s named %s, encodings %v: %v", seed, is, said, layers, err)
		}
		if err == nil && record.Size != int64(len(content)) {
			t.Fatalf("seed %d: %d bytes of %s are stored, want %d", seed, record.Size, is, len(content))
		}
		if err != nil && (wabridge.CodeOf(err) != wabridge.CodeMediaUpload || l.Files.Used() != before) {
			t.Fatalf("seed %d: %v, %d bytes stay", seed, err, l.Files.Used()-before)
		}
	}
}

func TestFetchOddAnswers(t *testing.T) {
	files := contents(t)
	gz := encode(t, "gzip", files[".csv"])
	for name, c := range map[string]struct {
		path, encoding, kind string
		body                 []byte
		says                 string // "" if it is taken
		size                 int
	}{
		"a gzip file of its own":            {"/a.csv.gz", "gzip", "document", gz, "", len(gz)},
		"said to be gzip, but plain":        {"/a.csv", "gzip", "document", files[".csv"], "its bytes are not in that form", 0},
		"said to be deflate, but plain":     {"/a.csv", "deflate", "document", files[".csv"], "its bytes are not in that form", 0},
		"gzip that ends early":              {"/a.csv", "gzip", "document", gz[:len(gz)-9], "ended early", 0},
		"gzip of nothing":                   {"/a.csv", "gzip", "document", nil, "empty", 0},
		"gzip inside":                       {"/a.csv", "gzip", "document", encode(t, "gzip", nil), "empty", 0},
		"brotli":                            {"/a.pdf", "br", "document", files[".pdf"], "Content-Encoding", 0},
		"four layers":                       {"/a.pdf", "gzip,gzip,gzip,gzip", "document", files[".pdf"], "4 times", 0},
		"a page that says it is a PDF":      {"/a.pdf", "", "document", page, "the file is text/html", 0},
		"a redirect of a.pdf to a login":    {"/moved/a.pdf", "", "document", page, "the name ends in .pdf", 0},
		"a page whose name promises little": {"/a.aspx", "", "document", page, "", len(page)},
	} {
		address, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if strings.HasPrefix(r.URL.Path, "/moved") {
				http.Redirect(w, r, "/login", http.StatusFound)
				return
			}
			w.Header().Set("Content-Type", "application/pdf")
			if !strings.HasSuffix(r.URL.Path, ".pdf") {
				w.Header().Set("Content-Type", "text/html; charset=utf-8")
			}
			if c.encoding != "" {
				w.Header().Set("Content-Encoding", c.encoding)
			}
			_, _ = w.Write(c.body)
		})
		l := newLibrary(t, Config{AllowPrivate: true})
		r, err := l.Fetch(t.Context(), phone, address+c.path, c.kind)
		if (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) || err == nil && int(r.Size) != c.size {
			t.Errorf("%s: got %d bytes, %v; want %d, %q", name, r.Size, err, c.size, c.says)
		}
	}
}

// TestFetchNamesWhatFailed: each error of the way to a server has words of its
// own, and none of the address.
func TestFetchNamesWhatFailed(t *testing.T) {
	selfSigned := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(selfSigned.Close)
	oldTLS := httptest.NewUnstartedServer(http.NotFoundHandler())
	oldTLS.TLS = &tls.Config{MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10} //nolint:gosec // what is refused
	oldTLS.StartTLS()
	t.Cleanup(oldTLS.Close)
	plain, _ := serve(t, http.NotFound)
	hangUp := listen(t, func(c net.Conn) { _ = c.Close() })
	closed := listen(t, func(net.Conn) {})
	_, port, _ := net.SplitHostPort(closed.Addr().String())
	_ = closed.Close()
	for name, c := range map[string]struct{ link, says string }{
		"self-signed":       {selfSigned.URL, "self-signed"},
		"old TLS":           {oldTLS.URL, "TLS version"},
		"http as https":     {strings.Replace(plain, "http:", "https:", 1), "does not speak HTTPS"},
		"refused":           {"http://127.0.0.1:" + port, "refused the connection"},
		"no such host":      {"http://no-such-host.invalid/a", "host of the link"},
		"closed unanswered": {"http://" + hangUp.Addr().String(), "closed the connection"},
	} {
		l := newLibrary(t, Config{AllowPrivate: true})
		_, err := l.Fetch(t.Context(), phone, c.link, media.Document)
		if wabridge.CodeOf(err) != wabridge.CodeMediaUpload || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "127.0.0.1") || strings.Contains(err.Error(), "invalid/") {
			t.Errorf("%s: got %v, want %q", name, err, c.says)
		}
	}
}

// listen accepts connections until the test ends.
func listen(t *testing.T, serve func(net.Conn)) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			serve(c)
		}
	}()
	t.Cleanup(func() { _ = l.Close(); <-done })
	return l
}

func TestUploadedBytesAreWhatTheirNamePromises(t *testing.T) {
	files := contents(t)
	for name, c := range map[string]struct {
		file, declared string
		body           []byte
		says           string
	}{
		"a PDF":                       {"a.pdf", "application/pdf", files[".pdf"], ""},
		"a PDF, declared bytes":       {"a.pdf", "application/octet-stream", files[".pdf"], ""},
		"a PDF behind a line":         {"a.pdf", "application/pdf", append([]byte("x\n"), files[".pdf"]...), ""},
		"a page declared a PDF":       {"a.pdf", "application/pdf", page, "its bytes are text/html"},
		"a page named .docx":          {"a.docx", "", page, "the file is text/html"},
		"a zip named .docx":           {"a.docx", "", files[".zip"], ""},
		"a text named .doc":           {"a.doc", "application/msword", files[".csv"], ""},
		"a page named .xls":           {"a.xls", "application/vnd.ms-excel", page, "its bytes are text/html"},
		"gzip named .csv":             {"a.csv", "text/csv", encode(t, "gzip", files[".csv"]), "its bytes are application/gzip"},
		"a text named .csv":           {"a.CSV", "", files[".csv"], ""},
		"a page named .html":          {"a.html", "text/html", page, ""},
		"an ending nobody knows":      {"a.xyz", "application/x-xyz", page, ""},
		"a picture named .pdf":        {"a.pdf", "", files[".png"], ""}, // nobody sees a picture's name
		"a PDF named as a .zip":       {"a.zip", "", files[".pdf"], "the name ends in .zip"},
		"text with a byte order mark": {"a.txt", "text/plain", []byte("\ufeffhello"), ""},
	} {
		l := newLibrary(t, Config{})
		_, err := l.Add(t.Context(), Incoming{Phone: phone, Origin: queue.MediaUpload, Name: c.file, Declared: c.declared, Body: bytes.NewReader(c.body)})
		if (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: got %v, want %q", name, err, c.says)
		}
	}
}
