package wire_test

import (
	"bytes"
	"errors"
	"io"
	"math"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/wabridge/wabridge/adb/wire"
)

func TestSyncRequest(t *testing.T) {
	b, err := wire.AppendSyncRequest(nil, wire.SyncLST2, "/sdcard/a b")
	if got, want := string(b), "LST2\x0b\x00\x00\x00/sdcard/a b"; got != want || err != nil {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
	id, path, err := wire.ReadSyncRequest(bytes.NewReader(b))
	if id != wire.SyncLST2 || path != "/sdcard/a b" || err != nil {
		t.Errorf("got %s %q, %v", id, path, err)
	}
	if _, err := wire.AppendSyncRequest(nil, wire.SyncRECV, strings.Repeat("x", 1025)); !errors.Is(err, wire.ErrTooLong) {
		t.Errorf("long path: got %v, want ErrTooLong", err)
	}
	if _, err := wire.AppendSyncRequest(nil, wire.SyncRECV, "/a\x00b"); !errors.Is(err, wire.ErrSyntax) {
		t.Errorf("NUL in path: got %v, want ErrSyntax", err)
	}
	if _, _, err := wire.ReadSyncRequest(strings.NewReader("RECV\x01\x04\x00\x00")); !errors.Is(err, wire.ErrTooLong) {
		t.Errorf("reading a long path: got %v, want ErrTooLong", err)
	}
	if _, _, err := wire.ReadSyncRequest(strings.NewReader("RECV\xff\xff\xff\xff")); !errors.Is(err, wire.ErrTooLong) {
		t.Errorf("reading a path of 4 GiB: got %v, want ErrTooLong", err)
	}
}

func TestSyncIDString(t *testing.T) {
	for id, want := range map[wire.SyncID]string{
		wire.SyncSTAT: "STAT", wire.SyncSTA2: "STA2", wire.SyncLST2: "LST2", wire.SyncLIST: "LIST", wire.SyncLIS2: "LIS2",
		wire.SyncDENT: "DENT", wire.SyncDNT2: "DNT2", wire.SyncSEND: "SEND", wire.SyncSND2: "SND2", wire.SyncRECV: "RECV",
		wire.SyncRCV2: "RCV2", wire.SyncDATA: "DATA", wire.SyncDONE: "DONE", wire.SyncOKAY: "OKAY", wire.SyncFAIL: "FAIL",
		wire.SyncQUIT: "QUIT", 7: "00000007",
	} {
		if got := id.String(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestSendSpec(t *testing.T) {
	for name, tc := range map[string]struct {
		in, path string
		mode     uint32
		err      error
	}{
		"plain":          {"/a/b,33188", "/a/b", 0o100644, nil},
		"comma in name":  {"/a,b,33188", "/a,b", 0o100644, nil},
		"no mode":        {"/a", "", 0, wire.ErrSyntax},
		"empty mode":     {"/a,", "", 0, wire.ErrSyntax},
		"mode no number": {"/a,rw", "", 0, wire.ErrSyntax},
		"mode too large": {"/a,4294967296", "", 0, wire.ErrSyntax},
	} {
		t.Run(name, func(t *testing.T) {
			path, mode, err := wire.ParseSendSpec(tc.in)
			if path != tc.path || mode != tc.mode || !errors.Is(err, tc.err) {
				t.Errorf("got %q, %o, %v", path, mode, err)
			}
		})
	}
	if got, want := wire.SendSpec("/a,b", 0o100644), "/a,b,33188"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestSecondHalves(t *testing.T) {
	mode, flags, err := wire.ReadSendV2(bytes.NewReader(wire.AppendSendV2(nil, 0o100600, wire.SyncFlagDryRun)))
	if mode != 0o100600 || flags != wire.SyncFlagDryRun || err != nil {
		t.Errorf("SND2: got %o, %x, %v", mode, flags, err)
	}
	flags, err = wire.ReadReceiveV2(bytes.NewReader(wire.AppendReceiveV2(nil, wire.SyncFlagBrotli)))
	if flags != wire.SyncFlagBrotli || err != nil {
		t.Errorf("RCV2: got %x, %v", flags, err)
	}
	if _, _, err := wire.ReadSendV2(strings.NewReader("DATA00000000")); !errors.Is(err, wire.ErrSyntax) {
		t.Errorf("SND2: got %v, want ErrSyntax", err)
	}
	if _, err := wire.ReadReceiveV2(strings.NewReader("DATA0000")); !errors.Is(err, wire.ErrSyntax) {
		t.Errorf("RCV2: got %v, want ErrSyntax", err)
	}
}

func TestReadSyncOkay(t *testing.T) {
	if err := wire.ReadSyncOkay(bytes.NewReader(wire.AppendSyncHeader(nil, wire.SyncOKAY, 0))); err != nil {
		t.Error(err)
	}
	err := wire.ReadSyncOkay(bytes.NewReader(wire.AppendSyncFail(nil, "path too long")))
	if e, ok := errors.AsType[*wire.SyncError](err); !ok || e.Message != "path too long" {
		t.Errorf("FAIL: got %v", err)
	}
	for in, want := range map[string]error{
		"DONE\x00\x00\x00\x00":             wire.ErrSyntax,
		"FAIL\xff\xff\xff\xff":             wire.ErrTooLong,
		"FAIL\x02\x00\x00\x00a":            io.ErrUnexpectedEOF,
		"":                                 io.EOF,
		"OKAY":                             io.ErrUnexpectedEOF,
		"\x00\x00\x00\x00\x00\x00\x00\x00": wire.ErrSyntax,
	} {
		if err := wire.ReadSyncOkay(strings.NewReader(in)); !errors.Is(err, want) {
			t.Errorf("%q: got %v, want %v", in, err, want)
		}
	}
}

var fullStat = wire.SyncStat{
	Error: 13, Dev: 1 << 40, Ino: 1 << 41, Mode: 0o100644, Nlink: 2, UID: 2000, GID: 1015,
	Size: 5 << 30, Atime: -1, Mtime: 1 << 33, Ctime: 1_700_000_000,
}

func TestStat(t *testing.T) {
	b := wire.AppendStatV2(nil, wire.SyncLST2, &fullStat)
	if len(b) != 72 {
		t.Errorf("LST2 has %d bytes, want 72", len(b))
	}
	got, err := wire.ReadStatV2(bytes.NewReader(b), wire.SyncLST2)
	if diff := cmp.Diff(fullStat, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
	if _, err := wire.ReadStatV2(bytes.NewReader(b), wire.SyncSTA2); !errors.Is(err, wire.ErrSyntax) {
		t.Errorf("LST2 for STA2: got %v, want ErrSyntax", err)
	}
	b = wire.AppendStatV1(nil, &fullStat)
	if len(b) != 16 {
		t.Errorf("STAT has %d bytes, want 16", len(b))
	}
	got, err = wire.ReadStatV1(bytes.NewReader(b))
	if diff := cmp.Diff(wire.SyncStat{Mode: 0o100644, Size: 1 << 30}, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
	fail := wire.AppendSyncFail(nil, "no")
	if _, err := wire.ReadStatV1(bytes.NewReader(fail)); err == nil || err.Error() != "sync: no" {
		t.Errorf("STAT: got %v", err)
	}
	if _, err := wire.ReadStatV2(bytes.NewReader(fail), wire.SyncSTA2); err == nil || err.Error() != "sync: no" {
		t.Errorf("STA2: got %v", err)
	}
}

// readEntry is ReadEntryV1 or ReadEntryV2.
type readEntry func(io.Reader) (wire.SyncEntry, bool, error)

func readEntries(r io.Reader, read readEntry) (entries []wire.SyncEntry, err error) {
	for {
		e, more, err := read(r)
		if err != nil || !more {
			return entries, err
		}
		entries = append(entries, e)
	}
}

func TestEntries(t *testing.T) {
	small := wire.SyncStat{Mode: 0o40755, Size: 4096, Mtime: 1_700_000_000}
	entries := []wire.SyncEntry{{".", small}, {"..", small}, {"na me\n,", small}, {strings.Repeat("ä", 127), small}}
	for name, tc := range map[string]struct {
		add  func([]byte, *wire.SyncEntry) []byte
		done func([]byte) []byte
		read readEntry
		size int
	}{
		"LIST": {wire.AppendEntryV1, wire.AppendEntriesDoneV1, wire.ReadEntryV1, 20},
		"LIS2": {wire.AppendEntryV2, wire.AppendEntriesDoneV2, wire.ReadEntryV2, 76},
	} {
		t.Run(name, func(t *testing.T) {
			var b []byte
			for i := range entries {
				b = tc.add(b, &entries[i])
			}
			before := len(b)
			if b = tc.done(b); len(b) != before+tc.size {
				t.Errorf("DONE has %d bytes, want %d", len(b)-before, tc.size)
			}
			r := bytes.NewReader(append(b, "next"...))
			got, err := readEntries(r, tc.read)
			if diff := cmp.Diff(entries, got); diff != "" || err != nil {
				t.Error(diff, err)
			}
			if r.Len() != 4 {
				t.Errorf("%d bytes left behind DONE, want 4", r.Len())
			}
			for _, bad := range []string{"../../etc", "/", "", "a\x00b", strings.Repeat("x", 2000)} {
				if e, _, err := tc.read(bytes.NewReader(tc.add(nil, &wire.SyncEntry{Name: bad}))); err == nil {
					t.Errorf("name %.20q was taken: %v", bad, e)
				}
			}
			if _, _, err := tc.read(bytes.NewReader(wire.AppendSyncFail(nil, "no"))); err == nil || err.Error() != "sync: no" {
				t.Errorf("FAIL: got %v", err)
			}
		})
	}
}

func TestSyncData(t *testing.T) {
	content := bytes.Repeat([]byte("0123456789"), 20_000)
	var b bytes.Buffer
	w := wire.NewSyncDataWriter(&b)
	if n, err := w.Write(content); n != len(content) || err != nil {
		t.Fatalf("got %d, %v", n, err)
	}
	if err := w.Done(1_700_000_000); err != nil {
		t.Fatal(err)
	}
	if got, want := string(b.Bytes()[:8]), "DATA\x00\x00\x01\x00"; got != want {
		t.Errorf("first unit: got %q, want %q", got, want)
	}
	b.WriteString("next")
	r := bytes.NewReader(b.Bytes())
	d := wire.NewSyncDataReader(iotest.HalfReader(r))
	got, err := io.ReadAll(d)
	if err != nil || !bytes.Equal(got, content) || d.Mtime() != 1_700_000_000 {
		t.Errorf("got %d bytes, mtime %d, %v", len(got), d.Mtime(), err)
	}
	if r.Len() != 4 {
		t.Errorf("%d bytes left behind DONE, want 4", r.Len())
	}
	if n, err := d.Read(make([]byte, 1)); n != 0 || !errors.Is(err, io.EOF) {
		t.Errorf("after the end: got %d, %v", n, err)
	}
}

func TestSyncDoneClampsTimes(t *testing.T) {
	for mtime, want := range map[int64]string{
		-1: "DONE\x00\x00\x00\x00", 1: "DONE\x01\x00\x00\x00", math.MaxInt64: "DONE\xff\xff\xff\xff",
	} {
		var b bytes.Buffer
		if err := wire.NewSyncDataWriter(&b).Done(mtime); err != nil || b.String() != want {
			t.Errorf("%d: got %q, %v", mtime, b.String(), err)
		}
	}
}

func TestSyncDataRefuses(t *testing.T) {
	for name, tc := range map[string]struct {
		in   string
		want error
	}{
		"4 GiB":          {"DATA\xff\xff\xff\xffabc", wire.ErrTooLong},
		"another unit":   {"QUIT\x00\x00\x00\x00", wire.ErrSyntax},
		"no DONE":        {"DATA\x01\x00\x00\x00a", io.ErrUnexpectedEOF},
		"cut in DATA":    {"DATA\x02\x00\x00\x00a", io.ErrUnexpectedEOF},
		"nothing at all": {"", io.ErrUnexpectedEOF},
	} {
		t.Run(name, func(t *testing.T) {
			for _, r := range []io.Reader{strings.NewReader(tc.in), iotest.DataErrReader(strings.NewReader(tc.in))} {
				if _, err := io.ReadAll(wire.NewSyncDataReader(r)); !errors.Is(err, tc.want) {
					t.Errorf("got %v, want %v", err, tc.want)
				}
			}
		})
	}
	_, err := io.ReadAll(wire.NewSyncDataReader(bytes.NewReader(wire.AppendSyncFail(nil, "open failed"))))
	if e, ok := errors.AsType[*wire.SyncError](err); !ok || e.Message != "open failed" {
		t.Errorf("FAIL: got %v", err)
	}
}
