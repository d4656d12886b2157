package shell

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
)

// maxLine bounds one line of a filter.
const maxLine = 16 << 20

// lines calls f for each line of the operands, or of standard input; false ends.
func (p *proc) lines(ctx context.Context, names []string, f func(name, line string) bool) int {
	if len(names) == 0 {
		names = []string{"-"}
	}
	code := 0
	for _, name := range names {
		var in io.Reader = p.in
		if name != "-" {
			file, err := p.files().Open(p.abs(name), 0, 0)
			if err != nil {
				code = p.fail(name, err)
				continue
			}
			in = file
		}
		s := bufio.NewScanner(in)
		s.Buffer(make([]byte, 64<<10), maxLine)
		for ctx.Err() == nil && s.Scan() {
			if !f(name, s.Text()) {
				return code
			}
		}
	}
	return code
}

// echo is mksh's: it interprets backslashes unless -E is given.
func echo(_ context.Context, p *proc) int {
	args := p.args[1:]
	newline, raw := "\n", false
options:
	for len(args) > 0 {
		switch args[0] {
		case "-n":
			newline = ""
		case "-e":
		case "-E":
			raw = true
		default:
			break options
		}
		args = args[1:]
	}
	text := strings.Join(args, " ")
	if !raw {
		text = unescape(text)
	}
	if _, err := io.WriteString(p.out, text+newline); err != nil {
		return 1
	}
	return 0
}

var escapes = strings.NewReplacer(`\n`, "\n", `\t`, "\t", `\r`, "\r", `\\`, `\`, `\a`, "\a", `\b`, "\b", `\f`, "\f", `\v`, "\v", `\e`, "\x1b", `\0`, "\x00")

func unescape(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	if before, _, cut := strings.Cut(s, `\c`); cut {
		s = before
	}
	return escapes.Replace(s)
}

// count reads "-n 5", "-n5" and "-5".
func count(args []string, def int) (n int, plus bool, rest []string) {
	n = def
	for i := 0; i < len(args); i++ {
		a := args[i]
		switch {
		case (a == "-n" || a == "-c") && i+1 < len(args):
			i++
			a = "-" + strings.TrimPrefix(args[i], "-")
			fallthrough
		case len(a) > 1 && a[0] == '-':
			v := strings.TrimLeft(a, "-nc")
			plus = strings.HasPrefix(v, "+")
			if x, err := strconv.Atoi(v); err == nil {
				n = x
			}
		default:
			rest = append(rest, a)
		}
	}
	return n, plus, rest
}

func head(ctx context.Context, p *proc) int {
	n, _, names := count(p.args[1:], 10)
	if slices.ContainsFunc(p.args, func(a string) bool { return strings.HasPrefix(a, "-c") }) {
		if _, err := io.CopyN(p.out, p.in, int64(n)); err != nil && !errors.Is(err, io.EOF) {
			return 1
		}
		return 0
	}
	if n <= 0 {
		return 0
	}
	return p.lines(ctx, names, func(_, line string) bool {
		p.printf("%s\n", line)
		n--
		return n > 0
	})
}

func tail(ctx context.Context, p *proc) int {
	n, plus, names := count(p.args[1:], 10)
	var kept []string
	i := 0
	code := p.lines(ctx, names, func(_, line string) bool {
		if i++; plus {
			if i >= n {
				kept = append(kept, line)
			}
			return true
		}
		if kept = append(kept, line); len(kept) > n {
			kept = kept[1:]
		}
		return true
	})
	for _, l := range kept {
		p.printf("%s\n", l)
	}
	return code
}

func wc(_ context.Context, p *proc) int {
	set, names := flags(p.args[1:])
	in := p.in
	label := ""
	if len(names) > 0 {
		f, err := p.files().Open(p.abs(names[0]), 0, 0)
		if err != nil {
			return p.fail(names[0], err)
		}
		in, label = f, " "+names[0]
	}
	b, err := readAll(in)
	if err != nil {
		return 1
	}
	lines, words, size := bytes.Count(b, []byte("\n")), len(bytes.Fields(b)), len(b)
	switch set {
	case "l":
		p.printf("%d%s\n", lines, label)
	case "w":
		p.printf("%d%s\n", words, label)
	case "c":
		p.printf("%d%s\n", size, label)
	default:
		p.printf("%7d %7d %7d%s\n", lines, words, size, label)
	}
	return 0
}

func sortLines(ctx context.Context, p *proc) int {
	set, names := flags(p.args[1:])
	var all []string
	code := p.lines(ctx, names, func(_, l string) bool { all = append(all, l); return true })
	slices.SortFunc(all, func(a, b string) int {
		if strings.Contains(set, "n") {
			x, _ := strconv.ParseFloat(strings.TrimSpace(a), 64)
			y, _ := strconv.ParseFloat(strings.TrimSpace(b), 64)
			return cmp.Or(cmp.Compare(x, y), strings.Compare(a, b))
		}
		return strings.Compare(a, b)
	})
	if strings.Contains(set, "r") {
		slices.Reverse(all)
	}
	if strings.Contains(set, "u") {
		all = slices.Compact(all)
	}
	for _, l := range all {
		p.printf("%s\n", l)
	}
	return code
}

func uniq(ctx context.Context, p *proc) int {
	first, last := true, ""
	return p.lines(ctx, nil, func(_, l string) bool {
		if first || l != last {
			p.printf("%s\n", l)
		}
		first, last = false, l
		return true
	})
}

func tr(_ context.Context, p *proc) int {
	set, names := flags(p.args[1:])
	b, err := readAll(p.in)
	if err != nil || len(names) == 0 {
		return 1
	}
	from := []rune(unescape(names[0]))
	var to []rune
	if len(names) > 1 {
		to = []rune(unescape(names[1]))
	}
	out := strings.Map(func(r rune) rune {
		i := slices.Index(from, r)
		switch {
		case i < 0:
			return r
		case strings.Contains(set, "d") || len(to) == 0:
			return -1
		}
		return to[min(i, len(to)-1)]
	}, string(b))
	p.printf("%s", out)
	return 0
}

// cut knows -dX -fN, with or without a blank after the letter.
func cut(ctx context.Context, p *proc) int {
	sep, field := "\t", 1
	args := p.args[1:]
	for i := 0; i < len(args); i++ {
		a := args[i]
		if len(a) == 2 && i+1 < len(args) {
			i++
			a += args[i]
		}
		switch {
		case strings.HasPrefix(a, "-d"):
			sep = a[2:]
		case strings.HasPrefix(a, "-f"):
			field, _ = strconv.Atoi(a[2:])
		}
	}
	return p.lines(ctx, nil, func(_, l string) bool {
		f := strings.Split(l, sep)
		if field < 1 || len(f) < field {
			p.printf("\n")
			return true
		}
		p.printf("%s\n", f[field-1])
		return true
	})
}

func tee(_ context.Context, p *proc) int {
	set, names := flags(p.args[1:])
	b, err := readAll(p.in)
	if err != nil {
		return 1
	}
	code := 0
	for _, name := range names {
		data := b
		if strings.Contains(set, "a") {
			if old, err := p.files().ReadFile(p.abs(name)); err == nil {
				data = append(old, b...)
			}
		}
		if err := p.files().WriteFile(p.abs(name), data, 0o644); err != nil {
			code = p.fail(name, err)
		}
	}
	p.printf("%s", b)
	return code
}

func base64Command(_ context.Context, p *proc) int {
	set, names := flags(p.args[1:])
	in := p.in
	if len(names) > 0 {
		f, err := p.files().Open(p.abs(names[0]), 0, 0)
		if err != nil {
			return p.fail(names[0], err)
		}
		in = f
	}
	b, err := readAll(in)
	if err != nil {
		return 1
	}
	if strings.Contains(set, "d") {
		out, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(string(b)), ""))
		if err != nil {
			return 1
		}
		p.printf("%s", out)
		return 0
	}
	enc := base64.StdEncoding.EncodeToString(b)
	for len(enc) > 76 && !strings.Contains(set, "w") {
		p.printf("%s\n", enc[:76])
		enc = enc[76:]
	}
	p.printf("%s\n", enc)
	return 0
}

func xargs(ctx context.Context, p *proc) int {
	b, err := readAll(p.in)
	if err != nil {
		return 1
	}
	args := p.args[1:]
	if len(args) == 0 {
		args = []string{"echo"}
	}
	return p.sub(ctx, append(slices.Clone(args), strings.Fields(string(b))...))
}
