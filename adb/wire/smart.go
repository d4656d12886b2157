package wire

import (
	"errors"
	"fmt"
	"io"
	"strconv"
)

// MaxRequest is the longest smart-socket request or string: its length has four
// hex digits.
const MaxRequest = 0xffff

// A ServerError is the text of a FAIL answer of an adb server.
type ServerError struct {
	Message string
}

func (e *ServerError) Error() string { return "adb server: " + e.Message }

// A StatusError is four bytes where OKAY or FAIL should be: something else
// than an adb server answers there ("SSH-", "HTTP").
type StatusError struct {
	Got [4]byte
}

func (e *StatusError) Error() string {
	return fmt.Sprintf("status %q (% x) instead of OKAY or FAIL", e.Got[:], e.Got[:])
}

// Unwrap makes it an ErrSyntax.
func (e *StatusError) Unwrap() error { return ErrSyntax }

// AppendSmartRequest appends a request for an adb server: four hex digits of
// length and the text of 1 to MaxRequest bytes. Do not send anything behind it
// before its OKAY was read: the server takes all it received for one request.
func AppendSmartRequest(dst []byte, request string) ([]byte, error) {
	if request == "" {
		return dst, syntax("empty request")
	}
	return AppendSmartString(dst, request)
}

// AppendSmartString appends a string of 0 to MaxRequest bytes in the form of
// a server's answers.
func AppendSmartString(dst []byte, s string) ([]byte, error) {
	if len(s) > MaxRequest {
		return dst, tooLong("request", uint64(len(s)), MaxRequest)
	}
	return fmt.Appendf(dst, "%04x%s", len(s), s), nil
}

// ReadSmartString reads four hex digits and as many bytes as they say. It
// serves for both requests and answers.
func ReadSmartString(r io.Reader) (string, error) {
	var h [4]byte
	if _, err := io.ReadFull(r, h[:]); err != nil {
		return "", err
	}
	n, err := strconv.ParseUint(string(h[:]), 16, 16)
	if err != nil {
		return "", syntax("length %q (% x)", h[:], h[:])
	}
	b := make([]byte, n)
	if err := readRest(r, b); err != nil {
		return "", err
	}
	return string(b), nil
}

// ReadSmartStatus reads a server's verdict: nil for OKAY, *ServerError for
// FAIL with its text, *StatusError for anything else. An input that ends
// within the four bytes is io.ErrUnexpectedEOF, before them io.EOF.
func ReadSmartStatus(r io.Reader) error {
	var got [4]byte
	if _, err := io.ReadFull(r, got[:]); err != nil {
		return err
	}
	switch string(got[:]) {
	case "OKAY":
		return nil
	case "FAIL":
		text, err := ReadSmartString(r)
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return fmt.Errorf("text of FAIL: %w", err)
		}
		return &ServerError{Message: text}
	}
	return &StatusError{Got: got}
}

// AppendSmartOkay appends OKAY.
func AppendSmartOkay(dst []byte) []byte { return append(dst, "OKAY"...) }

// AppendSmartFail appends FAIL and its text, cut to MaxRequest bytes.
func AppendSmartFail(dst []byte, text string) []byte {
	text = text[:min(len(text), MaxRequest)]
	return fmt.Appendf(dst, "FAIL%04x%s", len(text), text)
}
