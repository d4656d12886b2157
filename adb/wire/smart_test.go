package wire_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/wabridge/wabridge/adb/wire"
)

func TestSmartRequest(t *testing.T) {
	b, err := wire.AppendSmartRequest(nil, "host:version")
	if got, want := string(b), "000chost:version"; got != want || err != nil {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
	long := strings.Repeat("x", wire.MaxRequest)
	if b, err = wire.AppendSmartRequest(nil, long); string(b) != "ffff"+long || err != nil {
		t.Errorf("longest request: %v", err)
	}
	if _, err = wire.AppendSmartRequest(nil, long+"x"); !errors.Is(err, wire.ErrTooLong) {
		t.Errorf("over the longest: got %v, want ErrTooLong", err)
	}
	if _, err = wire.AppendSmartRequest(nil, ""); !errors.Is(err, wire.ErrSyntax) {
		t.Errorf("empty: got %v, want ErrSyntax", err)
	}
}

func TestReadSmartString(t *testing.T) {
	for name, tc := range map[string]struct {
		in, want string
		err      error
	}{
		"lower case": {"000chost:version", "host:version", nil},
		"upper case": {"000Chost:version", "host:version", nil},
		"empty":      {"0000", "", nil},
		"rest stays": {"0001ab", "a", nil},
		"not hex":    {"00zzab", "", wire.ErrSyntax},
		"signed":     {"+001a", "", wire.ErrSyntax},
		"underscore": {"0_01a", "", wire.ErrSyntax},
		"cut text":   {"0004abc", "", io.ErrUnexpectedEOF},
		"cut length": {"000", "", io.ErrUnexpectedEOF},
		"no text":    {"0004", "", io.ErrUnexpectedEOF},
		"nothing":    {"", "", io.EOF},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := wire.ReadSmartString(strings.NewReader(tc.in))
			if got != tc.want || !errors.Is(err, tc.err) {
				t.Errorf("got %q, %v, want %q, %v", got, err, tc.want, tc.err)
			}
		})
	}
}

func TestReadSmartStatus(t *testing.T) {
	if err := wire.ReadSmartStatus(strings.NewReader("OKAYrest")); err != nil {
		t.Errorf("OKAY: %v", err)
	}
	fail := string(wire.AppendSmartFail(nil, "device offline"))
	err := wire.ReadSmartStatus(strings.NewReader(fail))
	if e, ok := errors.AsType[*wire.ServerError](err); !ok || e.Message != "device offline" {
		t.Errorf("FAIL: got %v", err)
	}
	err = wire.ReadSmartStatus(strings.NewReader("SSH-2.0"))
	if e, ok := errors.AsType[*wire.StatusError](err); !ok || string(e.Got[:]) != "SSH-" || !errors.Is(err, wire.ErrSyntax) {
		t.Errorf("SSH: got %v", err)
	}
	if want := `status "SSH-" (53 53 48 2d) instead of OKAY or FAIL`; err.Error() != want {
		t.Errorf("SSH: got %q, want %q", err, want)
	}
	for _, cut := range []string{"OKA", "FAIL", "FAIL00", "FAIL0003ab"} {
		if err := wire.ReadSmartStatus(strings.NewReader(cut)); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%s: got %v, want ErrUnexpectedEOF", cut, err)
		}
	}
	if err := wire.ReadSmartStatus(strings.NewReader("")); !errors.Is(err, io.EOF) {
		t.Errorf("nothing: got %v, want EOF", err)
	}
	if got, want := string(wire.AppendSmartOkay(nil)), "OKAY"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := len(wire.AppendSmartFail(nil, strings.Repeat("x", 1<<17))); got != 8+wire.MaxRequest {
		t.Errorf("longest FAIL has %d bytes", got)
	}
}
