package adbd_test

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/wabridge/wabridge/adb/adbd"
	"github.com/wabridge/wabridge/adb/wire"
)

// withDir is a phone whose files are in a new directory of this machine.
func withDir(t *testing.T, change func(cfg *adbd.Config)) (*phone, string) {
	t.Helper()
	root := t.TempDir()
	dir, err := adbd.OpenDir(root)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = dir.Close() })
	cfg := adbd.Config{FS: dir}
	if change != nil {
		change(&cfg)
	}
	return start(t, cfg), root
}

// ask sends bytes on a new sync: stream, then QUIT, and returns all answers.
func (h *host) ask(units ...[]byte) []byte {
	h.t.Helper()
	c := h.open("sync:")
	in := bytes.Join(units, nil)
	in = wire.AppendSyncHeader(in, wire.SyncQUIT, 0)
	h.send(c.packet(wire.WRTE, in))
	return c.readAll()
}

func request(t *testing.T, id wire.SyncID, path string) []byte {
	t.Helper()
	b, err := wire.AppendSyncRequest(nil, id, path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func content(data string, mtime int64) []byte {
	var b bytes.Buffer
	w := wire.NewSyncDataWriter(&b)
	_, _ = io.WriteString(w, data)
	_ = w.Done(mtime)
	return b.Bytes()
}

// saysFail wants a FAIL with this text and nothing behind it.
func saysFail(t *testing.T, answer []byte, want string) {
	t.Helper()
	r := bytes.NewReader(answer)
	err := wire.ReadSyncOkay(r)
	if e, ok := errors.AsType[*wire.SyncError](err); !ok || e.Message != want || r.Len() > 0 {
		t.Errorf("got %v and %d bytes more, want FAIL %q", err, r.Len(), want)
	}
}

func TestSyncStat(t *testing.T) {
	p, root := withDir(t, nil)
	at := time.Unix(1_700_000_000, 0)
	if err := errors.Join(
		os.WriteFile(filepath.Join(root, "file"), []byte("12345"), 0o640),
		os.Chtimes(filepath.Join(root, "file"), at, at),
		os.Symlink("file", filepath.Join(root, "link")),
		os.Symlink("/etc/passwd", filepath.Join(root, "out")),
	); err != nil {
		t.Fatal(err)
	}
	h := p.connect()
	for name, tc := range map[string]struct {
		id   wire.SyncID
		path string
		want wire.SyncStat
	}{
		"file":               {wire.SyncSTA2, "/file", wire.SyncStat{Mode: 0o100640, Size: 5, Mtime: at.Unix()}},
		"not clean":          {wire.SyncLST2, "//x/../file", wire.SyncStat{Mode: 0o100640, Size: 5, Mtime: at.Unix()}},
		"link followed":      {wire.SyncSTA2, "/link", wire.SyncStat{Mode: 0o100640, Size: 5, Mtime: at.Unix()}},
		"link itself":        {wire.SyncLST2, "/link", wire.SyncStat{Mode: 0o120777, Size: 4}},
		"missing":            {wire.SyncSTA2, "/no", wire.SyncStat{Error: 2}},
		"below a file":       {wire.SyncLST2, "/file/x", wire.SyncStat{Error: 20}},
		"link out of it":     {wire.SyncSTA2, "/out", wire.SyncStat{Error: 5}},
		"dots out of it":     {wire.SyncLST2, "/../../../file", wire.SyncStat{Mode: 0o100640, Size: 5, Mtime: at.Unix()}},
		"directory":          {wire.SyncLST2, "/", wire.SyncStat{Mode: 0o40755}},
		"directory, no path": {wire.SyncLST2, "", wire.SyncStat{Mode: 0o40755}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := wire.ReadStatV2(bytes.NewReader(h.ask(request(t, tc.id, tc.path))), tc.id)
			if err != nil {
				t.Fatal(err)
			}
			if got.Error != tc.want.Error || got.Mode != tc.want.Mode {
				t.Errorf("got error %d mode %o, want %d and %o", got.Error, got.Mode, tc.want.Error, tc.want.Mode)
			}
			if tc.want.Size > 0 && got.Size != tc.want.Size || tc.want.Mtime > 0 && got.Mtime != tc.want.Mtime {
				t.Errorf("got size %d mtime %d, want %d and %d", got.Size, got.Mtime, tc.want.Size, tc.want.Mtime)
			}
		})
	}
	answers := bytes.NewReader(h.ask(request(t, wire.SyncSTAT, "/file"), request(t, wire.SyncSTAT, "/no")))
	if st, err := wire.ReadStatV1(answers); err != nil || st.Size != 5 || st.Mode != 0o100640 || st.Mtime != at.Unix() {
		t.Errorf("STAT: got %v, %v", st, err)
	}
	if st, err := wire.ReadStatV1(answers); err != nil || st != (wire.SyncStat{}) {
		t.Errorf("STAT of nothing: got %v, %v, want zeros", st, err)
	}
}

func TestSyncList(t *testing.T) {
	p, root := withDir(t, nil)
	if err := errors.Join(os.Mkdir(filepath.Join(root, "d"), 0o755), os.WriteFile(filepath.Join(root, "d", "f"), nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	h := p.connect()
	for path, want := range map[string]string{"/d": ". .. f", "/d/": ". .. f", "/": ". .. d", "/no": "", "/d/f": ""} {
		for id, read := range map[wire.SyncID]func(io.Reader) (wire.SyncEntry, bool, error){
			wire.SyncLIST: wire.ReadEntryV1, wire.SyncLIS2: wire.ReadEntryV2,
		} {
			r := bytes.NewReader(h.ask(request(t, id, path)))
			var names []string
			for {
				e, more, err := read(r)
				if err != nil {
					t.Fatalf("%s %s: %v", id, path, err)
				}
				if !more {
					break
				}
				names = append(names, e.Name)
			}
			if got := strings.Join(names, " "); got != want || r.Len() > 0 {
				t.Errorf("%s %s: got %q and %d bytes more, want %q", id, path, got, r.Len(), want)
			}
		}
	}
}

func TestSyncSendAndReceive(t *testing.T) {
	p, root := withDir(t, nil)
	h := p.connect()
	data := strings.Repeat("0123456789", 20_000)
	send := append(request(t, wire.SyncSEND, wire.SendSpec("/new/dir/a,b", 0o100640)), content(data, 1_600_000_000)...)
	send2 := wire.AppendSendV2(request(t, wire.SyncSND2, "/new/second"), 0o100700, 0)
	send2 = append(send2, content("2", 1_600_000_001)...)
	answers := bytes.NewReader(h.ask(send, send2))
	if err := errors.Join(wire.ReadSyncOkay(answers), wire.ReadSyncOkay(answers)); err != nil || answers.Len() > 0 {
		t.Fatalf("got %v and %d bytes more", err, answers.Len())
	}
	info, err := os.Stat(filepath.Join(root, "new/dir/a,b"))
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm()&0o700 != 0o600 || info.ModTime().Unix() != 1_600_000_000 {
		t.Errorf("got mode %o, mtime %d", info.Mode(), info.ModTime().Unix())
	}
	for name, ask := range map[string][]byte{
		"RECV": request(t, wire.SyncRECV, "/new/dir/a,b"),
		"RCV2": wire.AppendReceiveV2(request(t, wire.SyncRCV2, "/new/dir/a,b"), 0),
	} {
		got, err := io.ReadAll(wire.NewSyncDataReader(bytes.NewReader(h.ask(ask))))
		if string(got) != data || err != nil {
			t.Errorf("%s: got %d bytes, %v", name, len(got), err)
		}
	}
	list, err := fs.Glob(os.DirFS(root), "*/*.tmp")
	if err != nil || len(list) > 0 {
		t.Errorf("left behind: %v, %v", list, err)
	}
}

func TestSyncFails(t *testing.T) {
	p, root := withDir(t, nil)
	if err := errors.Join(os.Mkdir(filepath.Join(root, "d"), 0o755), os.WriteFile(filepath.Join(root, "f"), nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	h := p.connect()
	sendTo := func(path string, mode uint32) []byte {
		return append(request(t, wire.SyncSEND, wire.SendSpec(path, mode)), content("content", 1)...)
	}
	for name, tc := range map[string]struct {
		ask  []byte
		want string
	}{
		"receive nothing":     {request(t, wire.SyncRECV, "/no"), "open failed: No such file or directory"},
		"receive below file":  {request(t, wire.SyncRECV, "/f/x"), "open failed: Not a directory"},
		"receive a directory": {request(t, wire.SyncRECV, "/d"), "read failed: Is a directory"},
		"send to a directory": {sendTo("/d", 0o644), "couldn't create file: Is a directory"},
		"send below a file":   {sendTo("/f/x/y", 0o644), "secure_mkdirs failed: Not a directory"},
		"send a link":         {sendTo("/l", 0o120777), "couldn't create file: Operation not permitted"},
		"send without a mode": {request(t, wire.SyncSEND, "/f"), "missing , in ID_SEND"},
		"compressed":          {wire.AppendSendV2(request(t, wire.SyncSND2, "/f"), 0o644, wire.SyncFlagBrotli), "unsupported flags 0x1"},
		"receive compressed":  {wire.AppendReceiveV2(request(t, wire.SyncRCV2, "/f"), wire.SyncFlagLZ4), "unsupported flags 0x2"},
		"unknown":             {request(t, 0x31323334, "/f"), "unknown command 31323334"},
		"path too long":       {[]byte("RECV\x01\x04\x00\x00"), "path too long"},
		"4 GiB of path":       {[]byte("STAT\xff\xff\xff\xff"), "path too long"},
	} {
		t.Run(name, func(t *testing.T) {
			saysFail(t, h.ask(tc.ask, request(t, wire.SyncSTAT, "/")), tc.want) // and the session is over
		})
	}
}

// TestSyncFeatures asks a device for what it did not announce.
func TestSyncFeatures(t *testing.T) {
	p, _ := withDir(t, func(cfg *adbd.Config) { cfg.Features = []string{} })
	h := p.connect()
	for id, word := range map[wire.SyncID]string{
		wire.SyncSTA2: "32415453", wire.SyncLST2: "3254534c", wire.SyncLIS2: "3253494c",
		wire.SyncSND2: "32444e53", wire.SyncRCV2: "32564352",
	} {
		saysFail(t, h.ask(request(t, id, "/")), "unknown command "+word)
	}
}

func TestSyncDryRun(t *testing.T) {
	p, root := withDir(t, nil)
	ask := wire.AppendSendV2(request(t, wire.SyncSND2, "/f"), 0o644, wire.SyncFlagDryRun)
	if err := wire.ReadSyncOkay(bytes.NewReader(p.connect().ask(ask, content("x", 1)))); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(root, "f")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want no file", err)
	}
}

// TestSyncBrokenSend ends in the middle of a file: the old one stays.
func TestSyncBrokenSend(t *testing.T) {
	for name, tc := range map[string]struct{ broken, want string }{
		"the host closes": {"DATA\x08\x00\x00\x00new", ""},
		"4 GiB of DATA":   {"DATA\xff\xff\xff\xffnew", "oversize data message"},
		"not DATA":        {"DATA\x03\x00\x00\x00newSTAT\x00\x00\x00\x00", "invalid data message"},
	} {
		t.Run(name, func(t *testing.T) {
			p, root := withDir(t, nil)
			file := filepath.Join(root, "f")
			if err := os.WriteFile(file, []byte("old"), 0o600); err != nil {
				t.Fatal(err)
			}
			h := p.connect()
			c := h.open("sync:")
			c.write(append(request(t, wire.SyncSEND, "/f,33188"), tc.broken...))
			if tc.want == "" {
				c.close()
				h.expect(wire.CLSE)
			} else {
				saysFail(t, c.readAll(), tc.want)
			}
			if err := p.Close(); err != nil { // and the service has ended
				t.Fatal(err)
			}
			if got, err := os.ReadFile(file); string(got) != "old" || err != nil {
				t.Errorf("got %q, %v, want the old content", got, err)
			}
			if list, err := os.ReadDir(root); len(list) != 1 || err != nil {
				t.Errorf("left behind: %v, %v", list, err)
			}
		})
	}
}

// fullFS is an FS on which the given step goes wrong.
type fullFS struct {
	write, commit error
	links         map[string]string
}

func (f *fullFS) Stat(string, bool) (wire.SyncStat, error) { return wire.SyncStat{}, fs.ErrNotExist }
func (f *fullFS) List(string) ([]wire.SyncEntry, error)    { return nil, fs.ErrNotExist }
func (f *fullFS) Open(string) (io.ReadCloser, error)       { return nil, fs.ErrNotExist }
func (f *fullFS) Create(path string, mode uint32) (adbd.File, error) {
	return &fullFile{fs: f, path: path}, nil
}

type fullFile struct {
	fs   *fullFS
	path string
	buf  bytes.Buffer
}

func (f *fullFile) Write(p []byte) (int, error) { f.buf.Write(p); return len(p), f.fs.write }
func (f *fullFile) Abort()                      {}
func (f *fullFile) Commit(int64) error {
	if f.fs.links != nil {
		f.fs.links[f.path] = f.buf.String()
	}
	return f.fs.commit
}

func TestSyncFullDisk(t *testing.T) {
	for name, tc := range map[string]struct {
		fs   *fullFS
		want string
	}{
		"while writing":  {&fullFS{write: syscall.ENOSPC}, "write failed: No space left on device"},
		"at the end":     {&fullFS{commit: syscall.EROFS}, "close failed: Read-only file system"},
		"in own words":   {&fullFS{commit: &wire.SyncError{Message: "my text"}}, "my text"},
		"another error":  {&fullFS{commit: errors.New("private")}, "close failed: Input/output error"},
		"by permissions": {&fullFS{write: fs.ErrPermission}, "write failed: Permission denied"},
	} {
		t.Run(name, func(t *testing.T) {
			h := start(t, adbd.Config{FS: tc.fs}).connect()
			large := content(strings.Repeat("x", 300_000), 1) // goes on after the FAIL
			saysFail(t, h.ask(request(t, wire.SyncSEND, "/f,33188"), large), tc.want)
		})
	}
}

func TestSyncSendsLinks(t *testing.T) {
	target := &fullFS{links: map[string]string{}}
	h := start(t, adbd.Config{FS: target}).connect()
	answer := h.ask(request(t, wire.SyncSEND, wire.SendSpec("/l", 0o120777)), content("/sdcard\x00", 1))
	if err := wire.ReadSyncOkay(bytes.NewReader(answer)); err != nil || target.links["/l"] != "/sdcard" {
		t.Errorf("got %q, %v", target.links["/l"], err)
	}
}
