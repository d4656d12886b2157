package shell

import (
	"context"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"
	"time"
)

// A finder is what find was asked for: tests in order, all of which must hold.
type finder struct {
	p        *proc
	tests    []func(name string, i fs.FileInfo) bool
	min, max int
	format   string // of -printf; "" prints the path
	end      string
}

// find knows -name, -iname, -path, -type, -newer, -mmin, -mtime, -size, -maxdepth,
// -mindepth, !, -not, -print, -print0 and -printf with %p %f %s %T@ and %y.
func find(_ context.Context, p *proc) int {
	args := p.args[1:]
	var roots []string
	for len(args) > 0 && !strings.HasPrefix(args[0], "-") && args[0] != "!" {
		roots, args = append(roots, args[0]), args[1:]
	}
	if len(roots) == 0 {
		roots = []string{"."}
	}
	f := &finder{p: p, max: 100, end: "\n"}
	if bad := f.parse(args); bad != "" {
		return p.errorf("find: bad arg '%s'", bad)
	}
	code := 0
	for _, root := range roots {
		i, err := p.files().Stat(p.abs(root))
		if err != nil {
			code = p.fail(root, err)
			continue
		}
		f.walk(root, i, 0)
	}
	return code
}

// parse reads the expression; bad is what it does not know.
func (f *finder) parse(args []string) (bad string) {
	for not := false; len(args) > 0; {
		word := args[0]
		args = args[1:]
		switch word {
		case "!", "-not":
			not = !not
			continue
		case "-print", "-a":
			continue
		case "-print0":
			f.end = "\x00"
			continue
		}
		if len(args) == 0 {
			return word
		}
		value := args[0]
		args = args[1:]
		switch word {
		case "-maxdepth", "-mindepth":
			n, err := strconv.Atoi(value)
			if err != nil {
				return value
			}
			if word == "-maxdepth" {
				f.max = n
			} else {
				f.min = n
			}
			continue
		case "-printf":
			f.format, f.end = value, ""
			continue
		}
		test := f.test(word, value)
		if test == nil {
			return word
		}
		if yes := test; not {
			test = func(name string, i fs.FileInfo) bool { return !yes(name, i) }
		}
		not = false
		f.tests = append(f.tests, test)
	}
	return ""
}

func (f *finder) test(word, value string) func(string, fs.FileInfo) bool {
	glob := func(pattern, s string) bool {
		ok, err := path.Match(pattern, s)
		return ok && err == nil
	}
	switch word {
	case "-name":
		return func(name string, _ fs.FileInfo) bool { return glob(value, path.Base(name)) }
	case "-iname":
		return func(name string, _ fs.FileInfo) bool {
			return glob(strings.ToLower(value), strings.ToLower(path.Base(name)))
		}
	case "-path":
		return func(name string, _ fs.FileInfo) bool { return like(name, strings.ReplaceAll(value, "*", "%")) }
	case "-type":
		return func(_ string, i fs.FileInfo) bool { return i.IsDir() == (value == "d") }
	case "-newer":
		ref, err := f.p.files().Stat(f.p.abs(value))
		if err != nil {
			return nil
		}
		return func(_ string, i fs.FileInfo) bool { return i.ModTime().After(ref.ModTime()) }
	case "-mmin":
		return number(value, func(i fs.FileInfo) int64 { return int64(time.Since(i.ModTime()) / time.Minute) })
	case "-mtime":
		return number(value, func(i fs.FileInfo) int64 { return int64(time.Since(i.ModTime()) / (24 * time.Hour)) })
	case "-size":
		return number(strings.TrimSuffix(value, "c"), func(i fs.FileInfo) int64 {
			if strings.HasSuffix(value, "c") {
				return i.Size()
			}
			return (i.Size() + 511) / 512
		})
	}
	return nil
}

// number compares with N, +N (more) or -N (less).
func number(value string, of func(fs.FileInfo) int64) func(string, fs.FileInfo) bool {
	n, err := strconv.ParseInt(strings.TrimLeft(value, "+-"), 10, 64)
	if err != nil {
		return nil
	}
	return func(_ string, i fs.FileInfo) bool {
		switch v := of(i); value[0] {
		case '+':
			return v > n
		case '-':
			return v < n
		default:
			return v == n
		}
	}
}

func (f *finder) walk(name string, i fs.FileInfo, depth int) {
	hit := depth >= f.min
	for _, t := range f.tests {
		hit = hit && t(name, i)
	}
	if hit {
		f.print(name, i)
	}
	if !i.IsDir() || depth >= f.max {
		return
	}
	entries, err := f.p.files().ReadDir(f.p.abs(name))
	if err != nil {
		return
	}
	for _, e := range entries {
		if info, err := e.Info(); err == nil {
			f.walk(strings.TrimSuffix(name, "/")+"/"+e.Name(), info, depth+1)
		}
	}
}

func (f *finder) print(name string, i fs.FileInfo) {
	if f.format == "" {
		f.p.printf("%s%s", name, f.end)
		return
	}
	kind := "f"
	if i.IsDir() {
		kind = "d"
	}
	at := i.ModTime()
	f.p.printf("%s", strings.NewReplacer("%p", name, "%f", path.Base(name), "%s", fmt.Sprint(i.Size()),
		"%T@", fmt.Sprintf("%d.%09d", at.Unix(), at.Nanosecond()), "%y", kind, `\n`, "\n", `\t`, "\t", `\0`, "\x00", "%%", "%").Replace(f.format))
}
