package webhook

import (
	"bytes"
	"encoding/json"
	"fmt"
	"unicode/utf16"
	"unicode/utf8"
)

// encode writes v as JSON in ASCII, without a line end.
func encode(v any) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("encode: %w", err)
	}
	return Escape(bytes.TrimSuffix(buf.Bytes(), []byte("\n"))), nil
}

// Escape rewrites JSON text so that it holds no byte above U+007E: every
// character above becomes a lower-case \uXXXX, those outside the basic plane
// a pair of surrogates, bytes that are not UTF-8 \ufffd. It is how the Cloud
// API writes its bodies, and there is a client that computes the signature
// over this form whatever it received (contract, section 8.1). The characters
// <, >, & and / stay as they are: together with that, the result is what
// JSON.stringify followed by the escaping gives, so that both kinds of
// verifiers agree.
func Escape(src []byte) []byte {
	const hex = "0123456789abcdef"
	unit := func(dst []byte, u uint16) []byte {
		return append(dst, '\\', 'u', hex[u>>12], hex[u>>8&15], hex[u>>4&15], hex[u&15])
	}
	dst := make([]byte, 0, len(src)+len(src)/8)
	for i := 0; i < len(src); {
		if src[i] <= 0x7e {
			dst = append(dst, src[i])
			i++
			continue
		}
		r, n := utf8.DecodeRune(src[i:])
		i += n
		if r >= 0x10000 {
			hi, lo := utf16.EncodeRune(r)
			dst = unit(unit(dst, uint16(hi)), uint16(lo))
			continue
		}
		dst = unit(dst, uint16(r))
	}
	return dst
}
