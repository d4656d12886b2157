package shell

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/wabridge/wabridge/phonesim/android"
	"github.com/wabridge/wabridge/phonesim/app"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func newShell(tb testing.TB, version int) *Shell {
	tb.Helper()
	sys := android.New(android.Config{Latency: android.Instant(), Locale: "en", Android: version})
	tb.Cleanup(sys.Close)
	sys.Do(func() { app.New(sys, app.Config{Package: "com.whatsapp", Number: "15550001001"}) })
	return New(sys)
}

func TestShellText(t *testing.T) {
	for name, c := range map[string]struct {
		text, stdin string
		out, errs   string
		code        int
	}{
		"nothing":                    {text: ""},
		"quoting":                    {text: `a=b; echo "$a" '$a' \$a`, out: "b $a $a\n"},
		"echo interprets like mksh":  {text: `echo 'a\nb\c x'`, out: "a\nb\n"},
		"echo -n":                    {text: `echo -n a`, out: "a"},
		"and, or, not":               {text: "true && echo a; false || echo b; ! false && echo c", out: "a\nb\nc\n"},
		"the last code":              {text: "false; echo $?; true; echo $?; xyz 2>/dev/null; echo $?", out: "1\n0\n127\n"},
		"exit":                       {text: "exit 7", code: 7},
		"unknown":                    {text: "xyz", errs: "/system/bin/sh: xyz: inaccessible or not found\n", code: 127},
		"root is not to be had":      {text: "su -c id", errs: "/system/bin/sh: su: inaccessible or not found\n", code: 127},
		"substitution":               {text: `echo "<$(echo a; echo b)>"`, out: "<a\nb>\n"},
		"pipes":                      {text: "seq 5 | grep -v 3 | tail -n 2 | head -1", out: "4\n"},
		"redirections":               {text: "echo a > /sdcard/x; echo b >> /sdcard/x; cat < /sdcard/x; cat /storage/emulated/0/x | wc -l", out: "a\nb\n2\n"},
		"errors to output":           {text: "cat /sdcard/none 2>&1", out: "cat: /sdcard/none: No such file or directory\n", code: 1},
		"a folder that is not there": {text: "echo a > /nowhere/x", errs: "/system/bin/sh: can't create /nowhere/x: No such file or directory\n", code: 1},
		"a place not to be written":  {text: "echo a > /system/x", errs: "/system/bin/sh: can't create /system/x: Permission denied\n", code: 1},
		"the machine is not visible": {text: "ls /etc /root /home; cat /etc/passwd", errs: "ls: /etc: No such file or directory\nls: /root: No such file or directory\nls: /home: No such file or directory\ncat: /etc/passwd: No such file or directory\n", code: 1},
		"if, case, for, while":       {text: "for i in a b; do if [ $i = a ]; then echo A; else echo $i; fi; done; case x in y) ;; x) echo X;; esac", out: "A\nb\nX\n"},
		"test on files":              {text: "[ -d /sdcard ] && echo d; [ -f /sdcard/no ] || echo no; [ -e /etc/passwd ] || echo none", out: "d\nno\nnone\n"},
		"fence":                      {text: `echo -n x1 > /data/local/tmp/wabridge.fence; [ "$(cat /data/local/tmp/wabridge.fence)" = 'x1' ] && echo go`, out: "go\n"},
		"stdin":                      {text: "cat | tr a-z x; cat", stdin: "q", out: "q"},
		"cut, sed, sort":             {text: `printf 'b=2\na=1\n' | sed 's/=/:/' | sort | cut -d: -f2`, out: "1\n2\n"},
		"sed with groups":            {text: `echo key=val | sed -E 's/(.*)=(.*)/\2 \1/'`, out: "val key\n"},
		"basic regular expressions":  {text: `printf 'a|b\nab\n' | grep 'a|b'; echo ab | grep -c 'a\|z'`, out: "a|b\n1\n"},
		"grep -o -E":                 {text: "echo mCurrentFocus=Window{1 u0 x/y} | grep -oE '[a-z]+/[a-z]+'", out: "x/y\n"},
		"checksum":                   {text: "echo -n abc > /sdcard/s; sha256sum /sdcard/s", out: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  /sdcard/s\n"},
		"move, copy, remove":         {text: "cd /sdcard; echo 1 > a; cp a b; mv b c; rm a; ls a c; rm -rf c; rm c", out: "c\n", errs: "ls: a: No such file or directory\nrm: c: No such file or directory\n", code: 1},
		"find":                       {text: "cd /sdcard; mkdir -p x/y; echo 1 > x/a.jpg; echo 22 > x/y/b.JPG; find x -type f; find x -iname '*.jpg' -printf '%s %f\\n'; find x -maxdepth 1 ! -type d -mmin -5; find x/none", out: "x/a.jpg\nx/y/b.JPG\n2 a.jpg\n3 b.JPG\nx/a.jpg\n", errs: "find: x/none: No such file or directory\n", code: 1},
		"settings":                   {text: "settings put system x 5; settings get system x; settings get system y", out: "5\nnull\n"},
		"properties":                 {text: "getprop ro.build.version.sdk; getprop no.such; getprop | grep -c sdk", out: "33\n\n1\n"},
		"window size":                {text: "wm size; wm density", out: "Physical size: 720x1640\nPhysical density: 320\n"},
		"packages":                   {text: "pm list packages com.whatsapp; pm path com.whatsapp.w4b; echo $?; cmd package list packages -3", out: "package:com.whatsapp\n1\npackage:com.whatsapp\n"},
		"sh -c":                      {text: `sh -c 'echo $1' zero one; sh -c 'exit 4'`, out: "one\n", code: 4},
		"unknown service":            {text: "dumpsys nope", errs: "Can't find service: nope\n"},
		"an unclosed quote":          {text: "echo 'a", code: 1},
		"no process substitution":    {text: "cat <(echo a)", code: 1},
		"background":                 {text: "sleep 0 & wait; echo done", out: "done\n"},
		"ps and pidof":               {text: "pidof com.whatsapp; pidof nobody; ps -A | grep -c com.whatsapp", out: "4242\n1\n"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newShell(t, 13)
			var out, errs bytes.Buffer
			code := s.Exec(t.Context(), c.text, strings.NewReader(c.stdin), &out, &errs)
			if out.String() != c.out || code != c.code || c.errs != "" && errs.String() != c.errs {
				t.Errorf("got %d, %q, %q; want %d, %q, %q", code, out.String(), errs.String(), c.code, c.out, c.errs)
			}
		})
	}
}

func TestTheContextEndsACommand(t *testing.T) {
	for _, text := range []string{"sleep 3600", "sleep 3600 | cat", "cat", "logcat -b events", "while true; do sleep 0; done", "logcat | grep x", "sleep 3600 & sleep 3600", "timeout 3600 sleep 3600", "uiautomator dump; sleep 100"} {
		t.Run(text, func(t *testing.T) {
			s := newShell(t, 13)
			ctx, cancel := context.WithCancel(t.Context())
			stdin, end := stuck()
			defer end()
			time.AfterFunc(20*time.Millisecond, func() { cancel(); end() })
			var out bytes.Buffer
			start := time.Now()
			code := s.Exec(ctx, text, stdin, &out, &out)
			if code == 0 || time.Since(start) > time.Minute {
				t.Errorf("code %d after %v", code, time.Since(start))
			}
		})
	}
}

// stuck is a reader that gives nothing until end is called, as the input of a
// command does whose host says nothing: adbd ends it with the stream.
func stuck() (r io.Reader, end func()) {
	pr, pw := io.Pipe()
	return pr, func() { _ = pw.Close() }
}

func FuzzExec(f *testing.F) {
	for _, s := range []string{"am start -a android.intent.action.VIEW -d 'https://wa.me/1555?text=%F0%9F%98%80' -p com.whatsapp", "input tap 1 2", "input text %s",
		"logcat -d -b events -T 1 -s a:I *:S", "content query --uri content://com.android.contacts/data --where _id=1", "sed -n 's/a/b/gp' | grep -E '(' | cut -d",
		"head -n; tail -n +; seq 1 2 3; date +%s%N; stat -c", "uiautomator dump --compressed /dev/tty", "cmd notification get ''", "settings put", "$(", "[ -O /sdcard ]",
		"am start -n com.whatsapp/.Conversation --es jid @lid; am start -W -S -f x -p", "test -G /sdcard", "chmod 999 x; base64 -d", "umask; trap 'echo' EXIT; kill -9 1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s := newShell(t, 15)
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		var out bytes.Buffer
		s.Exec(ctx, text, strings.NewReader("a\nb\n"), &bounded{b: &out}, &bounded{b: &out})
	})
}

// bounded takes a megabyte and then fails, as a host that has gone does.
type bounded struct{ b *bytes.Buffer }

func (w *bounded) Write(b []byte) (int, error) {
	if w.b.Len() > 1<<20 {
		return 0, context.Canceled
	}
	return w.b.Write(b)
}

func FuzzWhereAndFind(f *testing.F) {
	for _, s := range []string{"_data='/a'", "_id>3 AND title LIKE '%x_'", `a="b"`, "_data=/storage/x", "'", "x LIKE '", "-name", "-mmin\x00+1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if match, bad := parseWhere(s); (match == nil) == (bad == "") {
			t.Errorf("%q: a test %t, a complaint %q", s, match != nil, bad)
		} else if match != nil {
			match(mediaRow(&android.MediaFile{Path: "/storage/emulated/0/a.jpg"}))
		}
		(&finder{p: &proc{}}).parse(strings.FieldsFunc(strings.ReplaceAll(s, "-newer", ""), func(r rune) bool { return r == 0 }))
	})
}
