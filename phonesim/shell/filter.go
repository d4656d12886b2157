package shell

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// grep knows -E -F -i -v -q -c -o -n -m N -e PATTERN -h.
func grep(ctx context.Context, p *proc) int {
	g := grepOptions{extended: p.args[0] == "egrep", max: -1}
	names, ok := g.parse(p.args[1:])
	if !ok {
		p.errorf("grep: no REGEX")
		return 2
	}
	re, err := g.compile()
	if err != nil {
		p.errorf("grep: bad REGEX")
		return 2
	}
	found := 0
	code := p.lines(ctx, names, func(name, line string) bool {
		if re.MatchString(line) == g.invert {
			return true
		}
		found++
		prefix := ""
		if len(names) > 1 && !g.noName {
			prefix = name + ":"
		}
		switch {
		case g.quiet:
			return false
		case g.count:
		case g.only:
			for _, m := range re.FindAllString(line, -1) {
				p.printf("%s%s\n", prefix, m)
			}
		default:
			if _, err := fmt.Fprintf(p.out, "%s%s\n", prefix, line); err != nil {
				return false
			}
		}
		return g.max < 0 || found < g.max
	})
	if g.count {
		p.printf("%d\n", found)
	}
	if found > 0 {
		return 0
	}
	return max(code, 1)
}

type grepOptions struct {
	extended, fixed, fold, invert, quiet, count, only, noName, word, whole bool

	max      int
	patterns []string
}

func (g *grepOptions) parse(args []string) (names []string, ok bool) {
	for i := 0; i < len(args); i++ {
		a := args[i]
		if len(a) < 2 || a[0] != '-' {
			names = append(names, a)
			continue
		}
		if a == "--" {
			names = append(names, args[i+1:]...)
			break
		}
		for j := 1; j < len(a); j++ {
			takes := a[j] == 'e' || a[j] == 'm' || a[j] == 'A' || a[j] == 'B' || a[j] == 'C'
			if !takes {
				g.set(a[j])
				continue
			}
			v := a[j+1:]
			if v == "" && i+1 < len(args) {
				i++
				v = args[i]
			}
			if a[j] == 'e' {
				g.patterns = append(g.patterns, v)
			} else if n, err := strconv.Atoi(v); err == nil && a[j] == 'm' {
				g.max = n
			}
			break
		}
	}
	if len(g.patterns) == 0 {
		if len(names) == 0 {
			return nil, false
		}
		g.patterns, names = []string{names[0]}, names[1:]
	}
	return names, true
}

func (g *grepOptions) set(c byte) {
	for _, o := range []struct {
		c byte
		f *bool
	}{{'E', &g.extended}, {'F', &g.fixed}, {'i', &g.fold}, {'v', &g.invert}, {'q', &g.quiet}, {'c', &g.count},
		{'o', &g.only}, {'h', &g.noName}, {'w', &g.word}, {'x', &g.whole}} {
		if o.c == c {
			*o.f = true
		}
	}
}

func (g *grepOptions) compile() (*regexp.Regexp, error) {
	var parts []string
	for _, pat := range g.patterns {
		switch {
		case g.fixed:
			pat = regexp.QuoteMeta(pat)
		case !g.extended:
			pat = basic(pat)
		}
		if g.word {
			pat = `\b(?:` + pat + `)\b`
		}
		if g.whole {
			pat = `^(?:` + pat + `)$`
		}
		parts = append(parts, "(?:"+pat+")")
	}
	prefix := ""
	if g.fold {
		prefix = "(?i)"
	}
	return regexp.Compile(prefix + strings.Join(parts, "|"))
}

// basic turns a basic regular expression into Go's: there ( ) { } + ? | are
// themselves, and special with a backslash.
func basic(pat string) string {
	var b strings.Builder
	for i := 0; i < len(pat); i++ {
		c := pat[i]
		switch {
		case c == '\\' && i+1 < len(pat):
			i++
			if !strings.ContainsRune("(){}+?|", rune(pat[i])) {
				b.WriteByte('\\')
			}
			b.WriteByte(pat[i])
		case strings.ContainsRune("(){}+?|", rune(c)):
			b.WriteByte('\\')
			b.WriteByte(c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// sed knows s/a/b/[gIp], N,Mp, Nd, $p, /x/d and /x/p, with -n, -e, -E.
func sed(ctx context.Context, p *proc) int {
	var scripts, names []string
	quiet, extended := false, false
	args := p.args[1:]
	for i := 0; i < len(args); i++ {
		switch a := args[i]; {
		case a == "-n":
			quiet = true
		case a == "-E" || a == "-r":
			extended = true
		case a == "-e" && i+1 < len(args):
			i++
			scripts = append(scripts, args[i])
		case len(scripts) == 0:
			scripts = append(scripts, a)
		default:
			names = append(names, a)
		}
	}
	var edits []sedEdit
	for _, s := range scripts {
		for one := range strings.SplitSeq(s, "\n") {
			e, err := parseSed(strings.TrimSpace(one), extended)
			if err != nil {
				return p.errorf("sed: bad pattern '%s'@1", one)
			}
			edits = append(edits, e)
		}
	}
	n := 0
	return p.lines(ctx, names, func(_, line string) bool {
		n++
		print := !quiet
		for _, e := range edits {
			var drop, extra bool
			if line, drop, extra = e.apply(n, line); drop {
				return true
			}
			if extra {
				p.printf("%s\n", line)
			}
		}
		if print {
			p.printf("%s\n", line)
		}
		return true
	})
}

type sedEdit struct {
	from, to int            // line numbers; 0 is any
	match    *regexp.Regexp // address, or nil
	re       *regexp.Regexp // of s///
	with     string
	all, out bool
	verb     byte
}

func (e sedEdit) apply(n int, line string) (text string, drop, print bool) {
	if e.from > 0 && (n < e.from || n > cmp.Or(e.to, e.from)) || e.match != nil && !e.match.MatchString(line) {
		return line, false, false
	}
	switch e.verb {
	case 'd':
		return "", true, false
	case 'p':
		return line, false, true
	}
	loc := e.re.FindStringIndex(line)
	if loc == nil {
		return line, false, false
	}
	if e.all {
		return e.re.ReplaceAllString(line, e.with), false, e.out
	}
	head := line[:loc[1]]
	return e.re.ReplaceAllString(head, e.with) + line[loc[1]:], false, e.out
}

var sedAddress = regexp.MustCompile(`^(\d+)(?:,(\d+))?([dp])$`)

func parseSed(s string, extended bool) (sedEdit, error) {
	compile := func(pat string) (*regexp.Regexp, error) {
		if !extended {
			pat = basic(pat)
		}
		return regexp.Compile(pat)
	}
	if m := sedAddress.FindStringSubmatch(s); m != nil {
		from, _ := strconv.Atoi(m[1])
		to, _ := strconv.Atoi(m[2])
		return sedEdit{from: from, to: to, verb: m[3][0]}, nil
	}
	if strings.HasPrefix(s, "/") {
		pat, verb, ok := strings.Cut(s[1:], "/")
		if !ok || verb != "d" && verb != "p" {
			return sedEdit{}, fmt.Errorf("bad")
		}
		re, err := compile(pat)
		return sedEdit{match: re, verb: verb[0]}, err
	}
	if len(s) < 4 || s[0] != 's' {
		return sedEdit{}, fmt.Errorf("bad")
	}
	parts := strings.Split(s[2:], s[1:2])
	if len(parts) != 3 {
		return sedEdit{}, fmt.Errorf("bad")
	}
	re, err := compile(parts[0])
	if strings.Contains(parts[2], "I") && err == nil {
		re, err = regexp.Compile("(?i)" + re.String())
	}
	with := regexp.MustCompile(`\\(\d)`).ReplaceAllString(strings.ReplaceAll(parts[1], "$", "$$"), "$${$1}")
	return sedEdit{re: re, with: unescape(with), verb: 's', all: strings.Contains(parts[2], "g"), out: strings.Contains(parts[2], "p")}, err
}
