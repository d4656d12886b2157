package shell

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wabridge/wabridge/phonesim/android"
)

// A logcatArgs is logcat's command line.
type logcatArgs struct {
	buffers map[string]bool
	format  string
	dump    bool // -d, -t
	clear   bool
	tail    int // last lines only; -1 is all
	since   time.Time
	specs   map[string]byte // tag: least priority
	silent  bool            // -s or *:S
	rest    byte            // least priority of the other tags
	match   *regexp.Regexp
	pid     int
	max     int
}

// logcat knows -b -v -d -t -T -c -s -e -m --pid and filter specifications. It
// follows the log until its context ends.
func logcat(ctx context.Context, p *proc) int {
	a, err := parseLogcat(p.args[1:])
	if err != nil {
		return p.errorf("%v", err)
	}
	log := p.sh.sys.Logcat
	if a.clear {
		log.Drop(func(name string) bool { return a.buffers[name] })
		return 0
	}
	entries, pos, more := log.Since(0)
	entries = a.pick(a.last(entries))
	begun := map[string]bool{}
	for n := 0; ; {
		for _, e := range entries {
			if !begun[e.Buffer] {
				begun[e.Buffer] = true
				p.printf("--------- beginning of %s\n", e.Buffer)
			}
			for _, l := range e.Lines() {
				if _, err := fmt.Fprintf(p.out, "%s%s\n", prefix(a.format, e), l); err != nil {
					return 1
				}
			}
			if n++; a.max > 0 && n >= a.max {
				return 0
			}
		}
		if a.dump {
			return 0
		}
		select {
		case <-ctx.Done():
			return 130
		case <-more:
		}
		entries, pos, more = log.Since(pos)
		entries = a.pick(entries)
	}
}

// last is the tail of the chosen buffers. logd counts it before logcat filters
// tags, so that -T 1 may show nothing of a tag's last line.
func (a *logcatArgs) last(entries []android.Entry) []android.Entry {
	if a.tail < 0 {
		return entries
	}
	entries = slices.DeleteFunc(entries, func(e android.Entry) bool { return !a.buffers[e.Buffer] })
	return entries[max(0, len(entries)-a.tail):]
}

func (a *logcatArgs) pick(entries []android.Entry) []android.Entry {
	var out []android.Entry
	for _, e := range entries {
		if a.wants(e) {
			out = append(out, e)
		}
	}
	return out
}

const priorities = "VDIWEFS"

func (a *logcatArgs) wants(e android.Entry) bool {
	if !a.buffers[e.Buffer] || e.At.Before(a.since) || a.pid != 0 && e.PID != a.pid {
		return false
	}
	least, ok := a.specs[e.Tag]
	if !ok {
		if a.silent {
			return false
		}
		least = a.rest
	}
	if strings.IndexByte(priorities, e.Priority) < strings.IndexByte(priorities, least) {
		return false
	}
	return a.match == nil || a.match.MatchString(e.Text)
}

// prefix is what stands before each line in a format.
func prefix(format string, e android.Entry) string {
	switch format {
	case "epoch":
		return fmt.Sprintf("%23.3f %5d %5d %c %-8s: ", float64(e.At.UnixMilli())/1000, e.PID, e.TID, e.Priority, e.Tag)
	case "brief":
		return fmt.Sprintf("%c/%-8s(%5d): ", e.Priority, e.Tag, e.PID)
	case "raw":
		return ""
	case "tag":
		return fmt.Sprintf("%c/%-8s: ", e.Priority, e.Tag)
	case "time":
		return fmt.Sprintf("%s %c/%-8s(%5d): ", e.At.Format("01-02 15:04:05.000"), e.Priority, e.Tag, e.PID)
	case "year":
		return fmt.Sprintf("%s %5d %5d %c %-8s: ", e.At.Format("2006-01-02 15:04:05.000"), e.PID, e.TID, e.Priority, e.Tag)
	}
	return fmt.Sprintf("%s %5d %5d %c %-8s: ", e.At.Format("01-02 15:04:05.000"), e.PID, e.TID, e.Priority, e.Tag)
}

func parseLogcat(args []string) (*logcatArgs, error) {
	a := &logcatArgs{buffers: map[string]bool{}, format: "threadtime", tail: -1, specs: map[string]byte{}, rest: 'V'}
	for i := 0; i < len(args); i++ {
		opt, value := args[i], ""
		takes := false
		for _, o := range []string{"-b", "-v", "-t", "-T", "-e", "-m", "--pid", "--buffer", "--format", "--regex", "--max-count"} {
			switch {
			case opt == o && i+1 < len(args):
				i++
				value, takes = args[i], true
			case strings.HasPrefix(opt, o+"="):
				opt, value, takes = o, opt[len(o)+1:], true
			case len(o) == 2 && len(opt) > 2 && strings.HasPrefix(opt, o) && !strings.HasPrefix(opt, "--"):
				opt, value, takes = o, opt[2:], true
			}
			if takes {
				break
			}
		}
		if err := a.option(opt, value); err != nil {
			return nil, err
		}
	}
	if len(a.buffers) == 0 {
		a.buffer("default")
	}
	return a, nil
}

func (a *logcatArgs) option(opt, value string) error {
	switch opt {
	case "-b", "--buffer":
		for b := range strings.SplitSeq(value, ",") {
			a.buffer(b)
		}
	case "-v", "--format":
		if f := strings.Split(value, ",")[0]; f != "descriptive" && f != "color" && f != "usec" && f != "UTC" {
			a.format = f
		}
	case "-t":
		a.dump = true
		return a.from(value)
	case "-T":
		return a.from(value)
	case "-d":
		a.dump = true
	case "-c", "--clear":
		a.clear = true
	case "-s":
		a.silent = true
	case "-e", "--regex":
		re, err := regexp.Compile(value)
		if err != nil {
			return fmt.Errorf("logcat: invalid regex '%s'", value)
		}
		a.match = re
	case "-m", "--max-count":
		a.max, _ = strconv.Atoi(value)
	case "--pid":
		a.pid, _ = strconv.Atoi(value)
	default:
		if strings.HasPrefix(opt, "-") {
			return nil // -D, -B …: no effect here
		}
		a.spec(opt)
	}
	return nil
}

func (a *logcatArgs) buffer(name string) {
	switch name {
	case "all":
		for _, b := range []string{"main", "system", "crash", "events", "radio"} {
			a.buffers[b] = true
		}
	case "default":
		for _, b := range []string{"main", "system", "crash"} {
			a.buffers[b] = true
		}
	default:
		a.buffers[name] = true
	}
}

// spec is "tag:I", "tag" or "*:S".
func (a *logcatArgs) spec(s string) {
	tag, level, _ := strings.Cut(s, ":")
	p := byte('V')
	if level != "" && level[0] != '*' {
		p = strings.ToUpper(level)[0]
	}
	if tag != "*" {
		a.specs[tag] = p
		return
	}
	a.rest, a.silent = p, a.silent || p == 'S'
}

// from is a count of lines or a time.
func (a *logcatArgs) from(v string) error {
	if n, err := strconv.Atoi(v); err == nil {
		a.tail = n
		return nil
	}
	if f, err := strconv.ParseFloat(v, 64); err == nil {
		a.since = time.UnixMilli(int64(f * 1000))
		return nil
	}
	for _, layout := range []string{"2006-01-02 15:04:05.000", "01-02 15:04:05.000"} {
		if t, err := time.ParseInLocation(layout, v, time.Local); err == nil {
			if t.Year() == 0 {
				t = t.AddDate(time.Now().Year(), 0, 0)
			}
			a.since = t
			return nil
		}
	}
	return fmt.Errorf("logcat: -T \"%s\" not in time format", v)
}
