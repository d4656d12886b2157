package shell

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

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
