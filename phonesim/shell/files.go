package shell

import (
	"context"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/wabridge/wabridge/phonesim/vfs"
)

// readLimit bounds what a command reads into memory.
const readLimit = 256 << 20

func readAll(r io.Reader) ([]byte, error) { return io.ReadAll(io.LimitReader(r, readLimit)) }

// flags splits leading options ("-rf") from operands; "--" ends them.
func flags(args []string) (set string, rest []string) {
	for i, a := range args {
		if a == "--" {
			return set, append(rest, args[i+1:]...)
		}
		if len(a) > 1 && a[0] == '-' {
			set += strings.TrimLeft(a, "-")
			continue
		}
		rest = append(rest, a)
	}
	return set, rest
}

// fail prints "tool: name: message".
func (p *proc) fail(name string, err error) int {
	return p.errorf("%s: %s: %s", p.args[0], name, vfs.Message(err))
}

func cat(ctx context.Context, p *proc) int {
	_, names := flags(p.args[1:])
	if len(names) == 0 {
		names = []string{"-"}
	}
	code := 0
	for _, name := range names {
		if name == "-" {
			if err := copyTo(ctx, p.out, p.in); err != nil {
				code = 1
			}
			continue
		}
		f, err := p.files().Open(p.abs(name), 0, 0)
		if err != nil {
			code = p.fail(name, err)
			continue
		}
		if err := copyTo(ctx, p.out, f); err != nil {
			code = p.fail(name, err)
		}
	}
	return code
}

// copyTo copies until the end or until the context is done.
func copyTo(ctx context.Context, w io.Writer, r io.Reader) error {
	buf := make([]byte, 64<<10)
	for ctx.Err() == nil {
		n, err := r.Read(buf)
		if n > 0 {
			if _, err := w.Write(buf[:n]); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return ctx.Err()
}

func ls(_ context.Context, p *proc) int {
	set, names := flags(p.args[1:])
	if len(names) == 0 {
		names = []string{p.dir}
	}
	code := 0
	for _, name := range names {
		info, err := p.files().Stat(p.abs(name))
		if err != nil {
			code = p.fail(name, err)
			continue
		}
		if !info.IsDir() || strings.Contains(set, "d") {
			p.lsLine(name, info, strings.Contains(set, "l"))
			continue
		}
		entries, err := p.files().ReadDir(p.abs(name))
		if err != nil {
			code = p.fail(name, err)
			continue
		}
		if len(names) > 1 {
			p.printf("%s:\n", name)
		}
		if strings.Contains(set, "l") {
			p.printf("total %d\n", 4*len(entries))
		}
		for _, e := range entries {
			if info, err := e.Info(); err == nil {
				p.lsLine(e.Name(), info, strings.Contains(set, "l"))
			}
		}
	}
	return code
}

func (p *proc) lsLine(name string, i fs.FileInfo, long bool) {
	if !long {
		p.printf("%s\n", name)
		return
	}
	mode := i.Mode().String()
	p.printf("%s 1 shell shell %9d %s %s\n", mode, i.Size(), i.ModTime().UTC().Format("2006-01-02 15:04"), name)
}

func rm(_ context.Context, p *proc) int {
	set, names := flags(p.args[1:])
	code := 0
	for _, name := range names {
		info, err := p.files().Stat(p.abs(name))
		if err != nil {
			if !strings.Contains(set, "f") {
				code = p.fail(name, err)
			}
			continue
		}
		recursive := strings.ContainsAny(set, "rR")
		if info.IsDir() && !recursive {
			code = p.errorf("rm: %s: is directory", name)
			continue
		}
		if err := p.files().Remove(p.abs(name), recursive); err != nil {
			code = p.fail(name, err)
		}
	}
	return code
}

func mkdir(_ context.Context, p *proc) int {
	set, names := flags(p.args[1:])
	code := 0
	for _, name := range names {
		if err := p.files().Mkdir(p.abs(name), strings.Contains(set, "p")); err != nil {
			code = p.errorf("mkdir: '%s': %s", name, vfs.Message(err))
		}
	}
	return code
}

func rmdir(_ context.Context, p *proc) int {
	_, names := flags(p.args[1:])
	code := 0
	for _, name := range names {
		if err := p.files().Remove(p.abs(name), false); err != nil {
			code = p.fail(name, err)
		}
	}
	return code
}

func mv(_ context.Context, p *proc) int {
	_, names := flags(p.args[1:])
	if len(names) < 2 {
		return p.errorf("mv: Needs 2 arguments")
	}
	to := names[len(names)-1]
	for _, from := range names[:len(names)-1] {
		if err := p.files().Rename(p.abs(from), p.abs(to)); err != nil {
			return p.errorf("mv: bad '%s': %s", from, vfs.Message(err))
		}
	}
	return 0
}

func cp(_ context.Context, p *proc) int {
	_, names := flags(p.args[1:])
	if len(names) < 2 {
		return p.errorf("cp: Needs 2 arguments")
	}
	to := p.abs(names[len(names)-1])
	if info, err := p.files().Stat(to); err == nil && info.IsDir() {
		to = path.Join(to, path.Base(names[0]))
	}
	b, err := p.files().ReadFile(p.abs(names[0]))
	if err != nil {
		return p.errorf("cp: bad '%s': %s", names[0], vfs.Message(err))
	}
	if err := p.files().WriteFile(to, b, 0o644); err != nil {
		return p.errorf("cp: %s: %s", to, vfs.Message(err))
	}
	return 0
}

func touch(_ context.Context, p *proc) int {
	_, names := flags(p.args[1:])
	code := 0
	for _, name := range names {
		at := p.abs(name)
		if _, err := p.files().Stat(at); err != nil {
			if err := p.files().WriteFile(at, nil, 0o644); err != nil {
				code = p.errorf("touch: '%s': %s", name, vfs.Message(err))
			}
			continue
		}
		_ = p.files().Touch(at, 0, time.Now())
	}
	return code
}

func chmod(_ context.Context, p *proc) int {
	_, names := flags(p.args[1:])
	if len(names) < 2 {
		return p.errorf("chmod: Needs 2 arguments")
	}
	mode, err := strconv.ParseUint(names[0], 8, 32)
	if err != nil {
		mode = 0o644
	}
	code := 0
	for _, name := range names[1:] {
		if err := p.files().Touch(p.abs(name), fs.FileMode(mode), time.Time{}); err != nil {
			code = p.errorf("chmod: '%s' to '%s': %s", name, names[0], vfs.Message(err))
		}
	}
	return code
}

// stat knows -c with %s (size), %Y (seconds), %n (name), %a (mode) and %F (kind).
func stat(_ context.Context, p *proc) int {
	format := ""
	args := p.args[1:]
	if len(args) >= 2 && args[0] == "-c" {
		format, args = args[1], args[2:]
	}
	code := 0
	for _, name := range args {
		i, err := p.files().Stat(p.abs(name))
		if err != nil {
			code = p.errorf("stat: '%s': %s", name, vfs.Message(err))
			continue
		}
		kind := "regular file"
		if i.IsDir() {
			kind = "directory"
		}
		if format != "" {
			p.printf("%s\n", strings.NewReplacer("%s", fmt.Sprint(i.Size()), "%Y", fmt.Sprint(i.ModTime().Unix()), "%n", name,
				"%a", fmt.Sprintf("%o", i.Mode().Perm()), "%F", kind).Replace(format))
			continue
		}
		p.printf("  File: %s\n  Size: %d\t Blocks: 8\t IO Blocks: 512\t%s\nModify: %s\n", name, i.Size(), kind,
			i.ModTime().UTC().Format("2006-01-02 15:04:05.000000000 -0700"))
	}
	return code
}

func df(_ context.Context, p *proc) int {
	free := 52428800
	if p.sh.storageFull() {
		free = 0
	}
	p.printf("Filesystem       1K-blocks     Used Available Use%% Mounted on\n/dev/block/dm-40 104857600 %8d %9d %3d%% /data\n",
		104857600-free, free, (104857600-free)*100/104857600)
	return 0
}

func sum(newHash func() hash.Hash) command {
	return func(ctx context.Context, p *proc) int {
		_, names := flags(p.args[1:])
		if len(names) == 0 {
			names = []string{"-"}
		}
		code := 0
		for _, name := range names {
			var in io.Reader = p.in
			if name != "-" {
				f, err := p.files().Open(p.abs(name), 0, 0)
				if err != nil {
					code = p.fail(name, err)
					continue
				}
				in = f
			}
			h := newHash()
			if err := copyTo(ctx, h, in); err != nil {
				code = p.fail(name, err)
				continue
			}
			p.printf("%x  %s\n", h.Sum(nil), name)
		}
		return code
	}
}

var (
	md5sum    = sum(md5.New)
	sha1sum   = sum(sha1.New)
	sha256sum = sum(sha256.New)
)
