package shell

import (
	"context"
	"slices"
)

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
		"stat": stat, "df": df, "md5sum": md5sum, "sha256sum": sha256sum, "sha1sum": sha1sum,
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
