package file

import (
	"bufio"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/wabridge/wabridge"
)

// maxEncodings bounds the layers of one answer.
const maxEncodings = 3

// errEncoding is the error of a body that is not in the form that its
// Content-Encoding names.
var errEncoding = errors.New("a Content-Encoding that the bytes do not have")

// decoded is the body of an answer without its Content-Encoding: some servers
// compress what nobody asked them to compress. CodeMediaUpload for an encoding
// that is not known here.
func decoded(resp *http.Response, in Incoming) (io.Reader, error) {
	var layers []string
	for name := range strings.SplitSeq(strings.Join(resp.Header.Values("Content-Encoding"), ","), ",") {
		if name = strings.ToLower(strings.TrimSpace(name)); name != "" && name != "identity" {
			layers = append(layers, strings.TrimPrefix(name, "x-"))
		}
	}
	if isGzipFile(in) && len(layers) > 0 && layers[0] == "gzip" {
		layers = layers[1:] // it is the file's own: a.tar.gz
	}
	if len(layers) > maxEncodings {
		return nil, wabridge.Fail(wabridge.CodeMediaUpload, nil, "the server of the link encoded the file %d times", len(layers))
	}
	slices.Reverse(layers) // the last one was applied last
	var body io.Reader = resp.Body
	for _, name := range layers {
		open := decoders[name]
		if open == nil {
			return nil, wabridge.Fail(wabridge.CodeMediaUpload, nil, "the server of the link sent the file compressed, though that was not asked for, and in a form that is not read here (Content-Encoding); let it send the file as it is")
		}
		body = &decoder{from: body, open: open}
	}
	return body, nil
}

// isGzipFile reports whether the file that is meant is a gzip file itself, for
// which some servers declare an encoding as well.
func isGzipFile(in Incoming) bool {
	declared := strings.ToLower(in.Declared)
	for _, name := range []string{in.Name, in.Promise} {
		name = strings.ToLower(name)
		if strings.HasSuffix(name, ".gz") || strings.HasSuffix(name, ".tgz") {
			return true
		}
	}
	return strings.HasPrefix(declared, "application/gzip") || strings.HasPrefix(declared, "application/x-gzip")
}

// decoders are those of the standard library. "deflate" is zlib's form (RFC
// 9110, 8.4.1.2).
var decoders = map[string]func(io.Reader) (io.Reader, error){
	"gzip":    func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) },
	"deflate": func(r io.Reader) (io.Reader, error) { return zlib.NewReader(r) },
}

// A decoder undoes one encoding, from the first Read on.
type decoder struct {
	from io.Reader
	open func(io.Reader) (io.Reader, error)
	to   io.Reader
}

// Read reads what is decoded. An error of the encoding is errEncoding.
func (d *decoder) Read(p []byte) (int, error) {
	if d.to == nil {
		from := bufio.NewReader(d.from)
		if _, err := from.Peek(1); err != nil {
			return 0, err // empty: the store says so
		}
		to, err := d.open(from)
		if err != nil {
			return 0, encodingError(err)
		}
		d.to = to
	}
	n, err := d.to.Read(p)
	return n, encodingError(err)
}

// encodingError leaves errors of reading as they are.
func encodingError(err error) error {
	if errors.Is(err, gzip.ErrHeader) || errors.Is(err, gzip.ErrChecksum) || errors.Is(err, zlib.ErrHeader) || errors.Is(err, zlib.ErrChecksum) || isCorrupt(err) {
		return errEncoding
	}
	return err
}

// isCorrupt reports whether the compressed bytes themselves are broken.
func isCorrupt(err error) bool {
	_, ok := errors.AsType[flate.CorruptInputError](err)
	return ok
}
