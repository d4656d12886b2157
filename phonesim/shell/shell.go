// Package shell is the phone's command line: it parses shell text as a shell
// does and runs the phone's commands against the simulated system. Nothing of
// the machine it runs on is read, written or started.
package shell

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/interp"
	"mvdan.cc/sh/v3/syntax"

	"github.com/wabridge/wabridge/phonesim/android"
	"github.com/wabridge/wabridge/phonesim/vfs"
	"github.com/wabridge/wabridge/phonesim/view"
)

// A Shell runs commands on one system.
type Shell struct {
	sys *android.System
	// Picture draws the screen as PNG, for screencap; nil: it cannot.
	Picture func(root *view.Node, w io.Writer) error
	// Ran is told of each simple command that has ended.
	Ran func(ctx context.Context, args []string, took time.Duration)
}

// New makes a shell.
func New(sys *android.System) *Shell { return &Shell{sys: sys} }

// A run is one command text in progress.
type run struct {
	sh    *Shell
	stdin io.Reader // of the whole text; nil is empty
	jobs  sync.WaitGroup
}

// A proc is one command of a text.
type proc struct {
	*run
	args     []string
	in       io.Reader
	out, err io.Writer
	dir      string
	env      expand.Environ
}

// Exec runs a command text and returns its exit code. Ending the context ends
// it, commands in the background included.
func (s *Shell) Exec(ctx context.Context, text string, stdin io.Reader, stdout, stderr io.Writer) int {
	ctx, cancel := context.WithCancel(ctx)
	r := &run{sh: s, stdin: stdin}
	out, errw := &locked{w: stdout}, &locked{w: stderr}
	defer r.jobs.Wait()
	defer cancel()
	return r.eval(ctx, text, nil, "/", out, errw)
}

// A locked writer is shared by commands that run at the same time.
type locked struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *locked) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(b)
}

func (r *run) eval(ctx context.Context, text string, params []string, dir string, stdout, stderr io.Writer) (code int) {
	file, err := syntax.NewParser(syntax.Variant(syntax.LangMirBSDKorn)).Parse(strings.NewReader(text), "")
	if err != nil {
		fmt.Fprintf(stderr, "/system/bin/sh: syntax error: %s\n", syntaxMessage(err))
		return 1
	}
	runner, err := interp.New(
		interp.Dir("/"), // else it asks the machine, whose folder may be gone
		interp.Env(expand.ListEnviron(environ...)),
		interp.Params(append([]string{"--"}, params...)...),
		interp.StdIO(nil, stdout, stderr),
		interp.CallHandler(r.call),
		interp.ExecHandlers(func(interp.ExecHandlerFunc) interp.ExecHandlerFunc { return r.exec }),
		interp.OpenHandler(r.open),
		interp.StatHandler(r.stat),
		interp.ReadDirHandler2(r.readDir),
		interp.AccessHandler(r.access),
	)
	if err != nil {
		fmt.Fprintf(stderr, "/system/bin/sh: %v\n", err)
		return 1
	}
	runner.Dir = dir
	err = runner.Run(ctx, file)
	if code, ok := errors.AsType[interp.ExitStatus](err); ok {
		return int(code)
	}
	if ctx.Err() != nil {
		return 128 + int(syscall.SIGHUP)
	}
	if err != nil {
		fmt.Fprintf(stderr, "/system/bin/sh: %v\n", err)
		return 1
	}
	return 0
}

func syntaxMessage(err error) string {
	if e, ok := errors.AsType[syntax.ParseError](err); ok {
		return e.Text
	}
	return err.Error()
}

// environ is a phone's environment for the shell user.
var environ = []string{
	"PATH=/product/bin:/apex/com.android.runtime/bin:/apex/com.android.art/bin:/system_ext/bin:/system/bin:/system/xbin:/odm/bin:/vendor/bin:/vendor/xbin",
	"HOME=/", "SHELL=/bin/sh", "USER=shell", "LOGNAME=shell", "HOSTNAME=" + android.Device, "TERM=dumb",
	"TMPDIR=/data/local/tmp", "EXTERNAL_STORAGE=/sdcard", "ANDROID_ROOT=/system", "ANDROID_DATA=/data",
	"UID=2000", "EUID=2000", "GID=2000",
}

// ours are commands that the interpreter has built in but that behave otherwise
// on a phone, or would look at the machine.
var ours = map[string]bool{
	"kill": true, "echo": true, "type": true, "command": true, "hash": true, "ulimit": true, "umask": true,
	"source": true, ".": true, "mapfile": true, "readarray": true, "shopt": true, "dirs": true, "pushd": true, "popd": true,
}

const ourPrefix = "\x00"

// call takes those commands out of the interpreter's hands.
func (r *run) call(_ context.Context, args []string) ([]string, error) {
	if ours[args[0]] {
		return append([]string{ourPrefix + args[0]}, args[1:]...), nil
	}
	return args, nil
}

func (r *run) exec(ctx context.Context, args []string) error {
	r.jobs.Add(1)
	defer r.jobs.Done()
	start := time.Now()
	hc := interp.HandlerCtx(ctx)
	name := strings.TrimPrefix(args[0], ourPrefix)
	name = strings.TrimPrefix(name, "/system/bin/")
	p := &proc{run: r, args: append([]string{name}, args[1:]...), in: hc.Stdin, out: hc.Stdout, err: hc.Stderr, dir: hc.Dir, env: hc.Env}
	if p.in == nil {
		p.in = r.stdin
	}
	if p.in == nil {
		p.in = strings.NewReader("")
	}
	code := p.dispatch(ctx)
	if r.sh.Ran != nil {
		r.sh.Ran(ctx, p.args, time.Since(start))
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if code != 0 {
		return interp.ExitStatus(uint8(code))
	}
	return nil
}

// dispatch runs a phone's command.
func (p *proc) dispatch(ctx context.Context) int {
	f := commands[p.args[0]]
	if f == nil {
		return p.notFound(p.args[0])
	}
	return f(ctx, p)
}

func (p *proc) notFound(name string) int {
	if p.sh.sys.Android <= 10 {
		fmt.Fprintf(p.err, "/system/bin/sh: %s: not found\n", name)
	} else {
		fmt.Fprintf(p.err, "/system/bin/sh: %s: inaccessible or not found\n", name)
	}
	return 127
}

// printf writes to the command's standard output.
func (p *proc) printf(format string, args ...any) { fmt.Fprintf(p.out, format, args...) }

// errorf writes to its standard error and returns the code 1.
func (p *proc) errorf(format string, args ...any) int {
	fmt.Fprintf(p.err, format+"\n", args...)
	return 1
}

// abs is a path of the command's folder.
func (p *proc) abs(name string) string { return absolute(p.dir, name) }

func absolute(dir, name string) string {
	if path.IsAbs(name) {
		return path.Clean(name)
	}
	return path.Join(dir, name)
}

func (r *run) files() *vfs.FS { return r.sh.sys.Files }

// open serves redirections. The interpreter prints a path error as it is, so
// its parts make the shell's own message.
func (r *run) open(ctx context.Context, name string, flag int, perm os.FileMode) (io.ReadWriteCloser, error) {
	hc := interp.HandlerCtx(ctx)
	switch p := absolute(hc.Dir, name); p {
	case "/dev/null":
		return null{}, nil
	case "/dev/tty", "/dev/stdout", "/proc/self/fd/1":
		return stream{hc.Stdout}, nil
	case "/dev/stderr", "/proc/self/fd/2":
		return stream{hc.Stderr}, nil
	default:
		f, err := r.files().Open(p, flag, perm)
		if err != nil {
			verb := "open"
			if flag&os.O_CREATE != 0 {
				verb = "create"
			}
			return nil, &fs.PathError{Op: "/system/bin/sh: can't " + verb, Path: name, Err: errors.New(vfs.Message(err))}
		}
		return f, nil
	}
}

type null struct{}

func (null) Read([]byte) (int, error)    { return 0, io.EOF }
func (null) Write(b []byte) (int, error) { return len(b), nil }
func (null) Close() error                { return nil }

type stream struct{ io.Writer }

func (stream) Read([]byte) (int, error) { return 0, io.EOF }
func (stream) Close() error             { return nil }

func (r *run) stat(ctx context.Context, name string, _ bool) (fs.FileInfo, error) {
	return r.files().Stat(absolute(interp.HandlerCtx(ctx).Dir, name))
}

func (r *run) readDir(ctx context.Context, name string) ([]fs.DirEntry, error) {
	return r.files().ReadDir(absolute(interp.HandlerCtx(ctx).Dir, name))
}

func (r *run) access(ctx context.Context, name string, mode interp.AccessMode) error {
	info, err := r.files().Stat(absolute(interp.HandlerCtx(ctx).Dir, name))
	if err != nil {
		return err
	}
	if mode == interp.AccessExec && !info.IsDir() && info.Mode()&0o111 == 0 {
		return &fs.PathError{Op: "access", Path: name, Err: syscall.EACCES}
	}
	return nil
}

// A command runs to its end and returns its exit code. It stops when the
// context ends.
type command func(ctx context.Context, p *proc) int

// commands are all the phone has; set in init because sh runs others.
var commands map[string]command

func init() {
	commands = map[string]command{
		"am": am, "cmd": cmdCommand, "input": input, "uiautomator": uiautomator, "dumpsys": dumpsys,
		"wm": wm, "getprop": getprop, "setprop": setprop, "settings": settings, "svc": svc, "pm": pm, "logcat": logcat,
		"content": content, "screencap": screencap, "monkey": monkey, "ime": ime,
		"cat": cat, "ls": ls, "rm": rm, "mkdir": mkdir, "rmdir": rmdir, "mv": mv, "cp": cp, "touch": touch, "chmod": chmod,
		"stat": stat, "find": find, "df": df, "md5sum": md5sum, "sha256sum": sha256sum, "sha1sum": sha1sum,
		"echo": echo, "sleep": sleep, "head": head, "tail": tail, "wc": wc, "grep": grep, "egrep": grep, "sed": sed,
		"sort": sortLines, "uniq": uniq, "tr": tr, "cut": cut, "tee": tee, "base64": base64Command, "xargs": xargs,
		"date": date, "id": id, "whoami": whoami, "ps": ps, "pidof": pidof, "pgrep": pidof, "uptime": uptime, "uname": uname,
		"kill": kill, "killall": kill, "pkill": kill, "sh": sh, "which": which, "command": commandBuiltin, "type": which, "toybox": toybox,
		"sync": ok, "umask": ok, "ulimit": ok, "hash": ok, "setsid": wrapped, "nohup": wrapped, "env": wrapped, "time": wrapped, "log": ok,
		"dirname": dirname, "basename": basename, "seq": seq, "timeout": timeout, "nproc": nproc, "su": su,
	}
}

func ok(context.Context, *proc) int { return 0 }

// su is missing on phones that are not rooted.
func su(_ context.Context, p *proc) int { return p.notFound("su") }

// sub runs another command in p's place.
func (p *proc) sub(ctx context.Context, args []string) int {
	q := *p
	q.args = args
	return q.dispatch(ctx)
}

func wrapped(ctx context.Context, p *proc) int {
	if len(p.args) < 2 {
		return 0
	}
	return p.sub(ctx, p.args[1:])
}

func toybox(ctx context.Context, p *proc) int { return wrapped(ctx, p) }

func sh(ctx context.Context, p *proc) int {
	switch {
	case len(p.args) >= 3 && p.args[1] == "-c":
		return p.eval(ctx, p.args[2], slices.Clone(p.args[min(4, len(p.args)):]), p.dir, p.out, p.err)
	case len(p.args) >= 2:
		b, err := p.files().ReadFile(p.abs(p.args[1]))
		if err != nil {
			p.errorf("/system/bin/sh: can't open script file '%s': No such file or directory", p.args[1])
			return 127
		}
		return p.eval(ctx, string(b), p.args[2:], p.dir, p.out, p.err)
	}
	text, err := readAll(p.in)
	if err != nil {
		return 1
	}
	return p.eval(ctx, string(text), nil, p.dir, p.out, p.err)
}

func which(_ context.Context, p *proc) int {
	code := 0
	for _, name := range p.args[1:] {
		if commands[name] == nil || name == "su" {
			code = 1
			continue
		}
		p.printf("/system/bin/%s\n", name)
	}
	return code
}

func commandBuiltin(ctx context.Context, p *proc) int {
	if len(p.args) > 1 && (p.args[1] == "-v" || p.args[1] == "-V") {
		return which(ctx, &proc{run: p.run, args: p.args[1:], out: p.out, err: p.err})
	}
	return wrapped(ctx, p)
}
