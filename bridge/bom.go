package bridge

import (
	"bufio"
	"io"
	"net/http"
	"strings"
)

// WithoutBOM takes the UTF-8 byte order mark off a request's body, which some
// programs (of Windows, mostly) put before JSON. Bodies that are files keep
// all their bytes.
func WithoutBOM(r *http.Request) *http.Request {
	kind := r.Header.Get("Content-Type")
	if r.Body == nil || r.Body == http.NoBody || strings.HasPrefix(kind, "multipart/") || r.Header.Get("file_offset") != "" {
		return r
	}
	r2 := *r // a handler does not change its request
	r2.Body = &bomReader{Closer: r.Body, from: bufio.NewReaderSize(r.Body, 16)}
	return &r2
}

// A bomReader looks for the mark at its first Read.
type bomReader struct {
	io.Closer
	from   *bufio.Reader
	looked bool
}

// Read reads what follows the mark.
func (b *bomReader) Read(p []byte) (int, error) {
	if !b.looked {
		b.looked = true
		if mark, err := b.from.Peek(3); err == nil && string(mark) == "\ufeff" {
			_, _ = b.from.Discard(3) // they were read
		}
	}
	return b.from.Read(p)
}
