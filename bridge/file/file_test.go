package file

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/iotest"
	"time"

	"go.uber.org/goleak"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/media"
	"github.com/wabridge/wabridge/queue"
	"github.com/wabridge/wabridge/queue/sqlite"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	phone = "100000000000001"
	other = "100000000000002"
)

// newLibrary makes one over a real database and directory.
func newLibrary(t *testing.T, c Config) *Library {
	t.Helper()
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "wabridge.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	files, err := media.Open(filepath.Join(t.TempDir(), "media"), media.Options{Reserve: -1})
	if err != nil {
		t.Fatal(err)
	}
	c.Files, c.Records = files, db
	l := New(c)
	t.Cleanup(func() {
		l.Close()
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

func picture(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewNRGBA(image.Rect(0, 0, 8, 8))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestAddAndFind(t *testing.T) {
	l := newLibrary(t, Config{})
	r, err := l.Add(t.Context(), Incoming{Phone: phone, Origin: queue.MediaUpload, Name: "a.png", Declared: "image/png", Body: bytes.NewReader(picture(t))})
	if err != nil {
		t.Fatal(err)
	}
	if r.ID == "" || r.MIME != "image/png" || r.Size != int64(len(picture(t))) || r.Name != "a.png" {
		t.Errorf("got %+v", r)
	}
	if d := r.Expires.Sub(r.Created); d != 30*24*time.Hour {
		t.Errorf("kept for %v, want 30 days", d)
	}
	for _, c := range []struct {
		name, phone, id, kind string
		want                  wabridge.Code
	}{
		{"as a picture", phone, r.ID, media.Image, 0},
		{"as a document", phone, r.ID, media.Document, 0},
		{"as it is", phone, r.ID, "", 0},
		{"as a film", phone, r.ID, media.Video, wabridge.CodeMediaUpload},
		{"of another phone", other, r.ID, media.Image, wabridge.CodeNotFound},
		{"unknown", phone, "123", media.Image, wabridge.CodeNotFound},
	} {
		if got, err := l.Find(t.Context(), c.phone, c.id, c.kind); wabridge.CodeOf(err) != c.want || err == nil && got.SHA256 != r.SHA256 {
			t.Errorf("%s: got %+v (%v), want code %d", c.name, got, err, c.want)
		}
	}
}

// TestAddRefused: nothing stays of a file that was refused.
func TestAddRefused(t *testing.T) {
	gone := errors.New("gone")
	for name, c := range map[string]struct {
		in   Incoming
		max  int64
		code wabridge.Code
	}{
		"not what it is said to be": {in: Incoming{Declared: "image/jpeg", Body: bytes.NewReader(picture(t))}, code: wabridge.CodeMediaUpload},
		"not what is asked":         {in: Incoming{Kind: media.Video, Declared: "image/png", Body: bytes.NewReader(picture(t))}, code: wabridge.CodeMediaUpload},
		"too large for its type":    {in: Incoming{Declared: "image/webp", Body: io.LimitReader(zeros{}, media.MaxAnimatedSticker+1)}, code: wabridge.CodeMediaUpload},
		"too large for the gateway": {in: Incoming{Body: strings.NewReader("123456")}, max: 5, code: wabridge.CodeMediaUpload},
		"broken off":                {in: Incoming{Body: iotest.ErrReader(gone)}, code: wabridge.CodeInternal},
	} {
		l := newLibrary(t, Config{MaxSize: c.max})
		c.in.Phone, c.in.Origin = phone, queue.MediaUpload
		if _, err := l.Add(t.Context(), c.in); wabridge.CodeOf(err) != c.code {
			t.Errorf("%s: got %v, want code %d", name, err, c.code)
		}
		if l.Files.Used() != 0 {
			t.Errorf("%s: %d bytes stay", name, l.Files.Used())
		}
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestPublic(t *testing.T) {
	for a, want := range map[string]bool{
		"93.184.216.34": true, "8.8.8.8": true, "2606:2800:220:1::1": true, "100.63.255.255": true, "100.128.0.1": true, "172.32.0.1": true,
		"127.0.0.1": false, "127.8.8.8": false, "10.1.2.3": false, "172.16.0.1": false, "192.168.1.1": false, "169.254.169.254": false,
		"100.64.0.1": false, "100.100.100.200": false, "0.0.0.0": false, "0.1.2.3": false, "255.255.255.255": false, "224.0.0.1": false,
		"192.0.0.192": false, "198.18.0.1": false, "203.0.113.7": false, "240.0.0.1": false, "168.63.129.16": false,
		"::1": false, "::": false, "fe80::1": false, "fe80::1%eth0": false, "fc00::1": false, "fd00:ec2::254": false, "fec0::1": false, "ff02::1": false,
		"::ffff:127.0.0.1": false, "::ffff:10.0.0.1": false, "::ffff:8.8.8.8": true, "::7f00:1": false, "64:ff9b::7f00:1": false,
		"64:ff9b::a9fe:a9fe": false, "64:ff9b::808:808": true, "2002:7f00:1::": false, "2002:808:808::": true, "2001::1": false, "2001:db8::1": false,
	} {
		if got := public(netip.MustParseAddr(a)); got != want {
			t.Errorf("%s: got %v, want %v", a, got, want)
		}
		address := netip.AddrPortFrom(netip.MustParseAddr(a), 80).String()
		if err := onlyPublic("tcp", address, nil); (err == nil) != want {
			t.Errorf("dialling %s: %v", address, err)
		}
	}
	if onlyPublic("tcp", "nonsense", nil) == nil {
		t.Error("an address that cannot be read may be dialled")
	}
}

// serve runs a server and counts its requests.
func serve(t *testing.T, h http.HandlerFunc) (address string, asked *atomic.Int64) {
	t.Helper()
	asked = new(atomic.Int64)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		h(w, r)
	}))
	t.Cleanup(s.Close)
	return s.URL, asked
}

func TestFetch(t *testing.T) {
	pic := picture(t)
	address, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/pic.png":
			w.Header().Set("Content-Type", "image/png")
			_, _ = w.Write(pic)
		case "/as-text", "/named":
			w.Header().Set("Content-Type", "text/plain")
			w.Header().Set("Content-Disposition", `attachment; filename="../../r\u00e9sum\u00e9.png"`)
			_, _ = w.Write(pic)
		case "/page.png":
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(w, "<html><body>not found</body></html>")
		case "/missing":
			http.NotFound(w, r)
		case "/declared-large":
			w.Header().Set("Content-Length", fmt.Sprint(media.MaxImage+1))
		case "/large":
			w.(http.Flusher).Flush()
			_, _ = io.CopyN(w, zeros{}, media.MaxImage+1)
		case "/short":
			w.Header().Set("Content-Length", "1000")
			_, _ = w.Write(pic[:20])
		case "/empty":
		case "/hangs":
			<-r.Context().Done()
		case "/file":
			http.Redirect(w, r, "file:///etc/passwd", http.StatusFound)
		case "/moved5":
			http.Redirect(w, r, "/moved4", http.StatusMovedPermanently)
		case "/moved4", "/moved3", "/moved2", "/moved1", "/moved6":
			n := int(r.URL.Path[6] - '0')
			http.Redirect(w, r, []string{"/pic.png", "/moved1", "/moved2", "/moved3", "/moved4", "/moved5"}[n-1], http.StatusTemporaryRedirect)
		}
	})
	for name, c := range map[string]struct {
		path, kind string
		code       wabridge.Code
		says       string
	}{
		"a picture":                  {path: "/pic.png", kind: media.Image},
		"a picture called text":      {path: "/as-text", kind: media.Image},
		"a page as document":         {path: "/page.png", kind: media.Document, code: 131053, says: "the name ends in .png, but the file is text/html"},
		"a page":                     {path: "/page.png", kind: media.Image, code: 131053, says: "not text/html"},
		"a picture as film":          {path: "/pic.png", kind: media.Video, code: 131053, says: "not image/png"},
		"a missing file":             {path: "/missing", kind: media.Image, code: 131053, says: "HTTP 404"},
		"said to be too large":       {path: "/declared-large", kind: media.Image, code: 131053, says: "at most"},
		"too large, length not said": {path: "/large", kind: media.Image, code: 131053, says: "larger than 5 MB"},
		"ends early":                 {path: "/short", kind: media.Image, code: 131053, says: "ended early"},
		"nothing":                    {path: "/empty", kind: media.Image, code: 131053, says: "empty"},
		"never answers":              {path: "/hangs", kind: media.Image, code: 131053, says: "in time"},
		"another scheme":             {path: "/file", kind: media.Image, code: 131053, says: "http or https"},
		"five redirects":             {path: "/moved5", kind: media.Image},
		"six redirects":              {path: "/moved6", kind: media.Image, code: 131053, says: "5 redirects"},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLibrary(t, Config{AllowPrivate: true})
			ctx := t.Context()
			if c.path == "/hangs" {
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, 300*time.Millisecond)
				defer cancel()
			}
			r, err := l.Fetch(ctx, phone, address+c.path, c.kind)
			if wabridge.CodeOf(err) != c.code || err != nil && !strings.Contains(err.Error(), c.says) {
				t.Fatalf("got %+v, %v; want code %d and %q", r, err, c.code, c.says)
			}
			if err != nil {
				if l.Files.Used() != 0 || strings.Contains(err.Error(), "127.0.0.1") {
					t.Errorf("%d bytes stay; error %v", l.Files.Used(), err)
				}
				return
			}
			if c.kind == media.Image && (r.MIME != "image/png" || r.Size != int64(len(pic)) || r.Origin != queue.MediaLink || r.Phone != phone) {
				t.Errorf("got %+v", r)
			}
		})
	}
}

func TestFetchWhatIsNoLink(t *testing.T) {
	l := newLibrary(t, Config{})
	for _, link := range []string{"", "x", "ftp://example.org/a", "file:///etc/passwd", "http://", "https:///a", "//example.org/a", "http://[::1", "http://a/" + strings.Repeat("x", 2100)} {
		if _, err := l.Fetch(t.Context(), phone, link, media.Image); wabridge.CodeOf(err) != wabridge.CodeParameter {
			t.Errorf("%.40q: got %v, want code 100", link, err)
		}
	}
}

// TestFetchPrivate: neither the link nor a redirect leads to a private address.
func TestFetchPrivate(t *testing.T) {
	inner, asked := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(picture(t)) })
	outer, _ := serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, inner, http.StatusFound) })
	port := outer[strings.LastIndexByte(outer, ':')+1:]
	redirecting := newLibrary(t, Config{})
	redirecting.links = newLinks(func(network, address string, c syscall.RawConn) error {
		if strings.HasSuffix(address, ":"+port) {
			return nil // as if it stood in the public
		}
		return onlyPublic(network, address, c)
	})
	innerPort := inner[strings.LastIndexByte(inner, ':')+1:]
	for name, c := range map[string]struct {
		l    *Library
		link string
	}{
		"by address":         {newLibrary(t, Config{}), inner},
		"by name":            {newLibrary(t, Config{}), "http://localhost:" + innerPort},
		"by mapped address":  {newLibrary(t, Config{}), "http://[::ffff:127.0.0.1]:" + innerPort},
		"by short address":   {newLibrary(t, Config{}), "http://127.1:" + innerPort},
		"by another writing": {newLibrary(t, Config{}), "http://0x7f000001:" + innerPort},
		"by redirect":        {redirecting, outer},
	} {
		_, err := c.l.Fetch(t.Context(), phone, c.link, media.Image)
		if wabridge.CodeOf(err) != wabridge.CodeMediaUpload || asked.Load() != 0 {
			t.Errorf("%s: got %v, %d requests reached the private server", name, err, asked.Load())
		}
	}
}

// TestCache: what a server says of keeping holds.
func TestCache(t *testing.T) {
	for name, c := range map[string]struct {
		header map[string]string
		asked  int64 // by two fetches
		loads  int64 // times the body was sent
	}{
		"nothing said":            {nil, 1, 1},
		"max-age":                 {map[string]string{"Cache-Control": "public, max-age=60"}, 1, 1},
		"max-age 0":               {map[string]string{"Cache-Control": "max-age=0"}, 2, 2},
		"max-age 0 with an ETag":  {map[string]string{"Cache-Control": "max-age=0", "ETag": `"1"`}, 2, 1},
		"no-cache with a date":    {map[string]string{"Cache-Control": "no-cache", "Last-Modified": "Mon, 02 Jan 2006 15:04:05 GMT"}, 2, 1},
		"no-store with an ETag":   {map[string]string{"Cache-Control": "no-store", "ETag": `"1"`}, 2, 2},
		"nonsense is not trusted": {map[string]string{"Cache-Control": "max-age=soon"}, 2, 2},
	} {
		t.Run(name, func(t *testing.T) {
			var loads atomic.Int64
			address, asked := serve(t, func(w http.ResponseWriter, r *http.Request) {
				for k, v := range c.header {
					w.Header().Set(k, v)
				}
				if r.Header.Get("If-None-Match") != "" || r.Header.Get("If-Modified-Since") != "" {
					w.WriteHeader(http.StatusNotModified)
					return
				}
				loads.Add(1)
				_, _ = w.Write(picture(t))
			})
			l := newLibrary(t, Config{AllowPrivate: true})
			var ids []string
			for range 2 {
				r, err := l.Fetch(t.Context(), phone, address, media.Image)
				if err != nil {
					t.Fatal(err)
				}
				ids = append(ids, r.ID)
			}
			if asked.Load() != c.asked || loads.Load() != c.loads {
				t.Errorf("asked %d, loaded %d; want %d, %d", asked.Load(), loads.Load(), c.asked, c.loads)
			}
			if same := ids[0] == ids[1]; same != (c.loads == 1) {
				t.Errorf("ids %v", ids)
			}
		})
	}
}

func TestCacheIsPerPhoneAndSurvives(t *testing.T) {
	address, asked := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(picture(t)) })
	l := newLibrary(t, Config{AllowPrivate: true})
	for _, p := range []string{phone, other} {
		if _, err := l.Fetch(t.Context(), p, address, media.Image); err != nil {
			t.Fatal(err)
		}
	}
	if asked.Load() != 2 {
		t.Errorf("asked %d times, want once for each phone", asked.Load())
	}
	again := New(l.Config) // as after a restart
	defer again.Close()
	if _, err := again.Fetch(t.Context(), phone, address, media.Image); err != nil || asked.Load() != 2 {
		t.Errorf("after a restart: %v, asked %d times", err, asked.Load())
	}
	r, err := again.Fetch(t.Context(), phone, address, media.Image)
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Records.DeleteMedia(t.Context(), r.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := again.Fetch(t.Context(), phone, address, media.Image); err != nil || asked.Load() != 3 {
		t.Errorf("after its file was deleted: %v, asked %d times", err, asked.Load())
	}
	if _, err := again.Fetch(t.Context(), phone, address, media.Video); wabridge.CodeOf(err) != wabridge.CodeMediaUpload {
		t.Errorf("a cached picture as film: %v", err)
	}
}

func TestManyMessagesOneFetch(t *testing.T) {
	address, asked := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(picture(t)) })
	l := newLibrary(t, Config{AllowPrivate: true})
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			if _, err := l.Fetch(t.Context(), phone, address, media.Image); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if asked.Load() != 1 {
		t.Errorf("asked %d times, want once", asked.Load())
	}
}

func TestCacheIsBounded(t *testing.T) {
	var c cache
	for i := range 2 * maxCached {
		c.put(cacheKey{phone, fmt.Sprint(i)}, cached{record: queue.MediaRecord{Media: wabridge.Media{ID: "1"}}})
	}
	if len(c.list) != maxCached {
		t.Errorf("remembers %d links, want %d", len(c.list), maxCached)
	}
}

func TestCleanName(t *testing.T) {
	for in, want := range map[string]string{
		"a.pdf": "a.pdf", "../../etc/passwd": "passwd", `C:\x\y.doc`: "y.doc", "..": "", ".": "", "": "", "/": "", "é😀.jpg": "é😀.jpg",
		"a\nb\x00.txt": "ab.txt", "\u202egpj.exe": "gpj.exe", " x ": "x", "bad\xff.txt": "bad.txt",
		strings.Repeat("é", 200) + ".pdf": strings.Repeat("é", 118) + ".pdf", strings.Repeat("x", 300): strings.Repeat("x", 240),
	} {
		if got := CleanName(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}
