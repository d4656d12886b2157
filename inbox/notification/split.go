package notification

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

const listTitle = "\n  Notification List:"

// sectionEnds are titles behind the list, in the order in which they are
// looked for. Their last occurrence is taken: texts of others stand only
// before them.
var sectionEnds = []string{"\n  mArchive=Archive (", "\n  Snoozed notifications:", "\n  Ranking Config:"}

// section cuts the Notification List out of a dump. Each returned line begins
// with its line feed.
func section(s string) (string, error) {
	at := strings.Index(s, listTitle)
	if at < 0 {
		if strings.Contains(s, "\nCurrent Notification Manager state:") {
			return "", nil
		}
		return "", ErrNotDump
	}
	s = s[at:]
	for _, title := range sectionEnds {
		if end := strings.LastIndex(s, title); end >= 0 {
			return s[:end+1], nil
		}
	}
	return s, nil
}

// A mark is a header of a record and where it stands.
type mark struct {
	at  int // of the line feed before it
	end int // of the line feed after it
	rec Record
}

func (m mark) identity() string { return m.rec.Identity() }

// Identity is the record's own number and key, unique in a dump; Headers has
// it.
func (r Record) Identity() string { return r.Hash + " " + r.Key }

var headerStart = regexp.MustCompile(`^NotificationRecord\((0x[0-9a-f]{1,16}): pkg=(\S+) user=UserHandle\{(-?\d+)\} id=(-?\d+) tag=`)

// keyEnd is what stands between a key and "Notification(" on different
// Androids: ": " since 11, a field without a separator on 9 and 10, and
// another one on MIUI.
var keyEnd = regexp.MustCompile(`(?:appImportanceLocked=\w+| bbbc=-?\d+)?: Notification\(`)

const maxHeader = 1 << 14

// parseHeader reads the header that begins at s[at] (after the margin); the
// line behind it must be its uid line.
func parseHeader(s string, at int) (mark, bool) {
	head := s[at:min(len(s), at+maxHeader)]
	start := headerStart.FindStringSubmatch(head)
	if start == nil {
		return mark{}, false
	}
	tag, rest, ok := strings.Cut(head[len(start[0]):], " importance=")
	if !ok {
		return mark{}, false
	}
	_, rest, ok = strings.Cut(rest, " key=")
	if !ok {
		return mark{}, false
	}
	loc := keyEnd.FindStringIndex(rest)
	if loc == nil {
		return mark{}, false
	}
	key, body := rest[:loc[0]], rest[loc[1]:]
	uidLine := strings.Index(body, margins.field+"uid=")
	if uidLine < 0 || strings.Count(tag+key, "\n") > 4 {
		return mark{}, false
	}
	uid, _, _ := strings.Cut(body[uidLine+len(margins.field)+len("uid="):], " ")
	if !strings.Contains(key+"|", "|"+uid+"|") || strings.Contains(body[:uidLine], "\n") {
		return mark{}, false
	}
	m := mark{at: at, end: at + len(head) - len(body) + uidLine}
	m.rec = Record{Hash: start[1], Package: start[2], Tag: tag, Key: key, Count: -1}
	m.rec.User, _ = strconv.Atoi(start[3])
	m.rec.ID, _ = strconv.Atoi(start[4])
	m.rec.UID, _ = strconv.Atoi(uid)
	own, _, _ := strings.Cut(body[:uidLine], " publicVersion=")
	fillHeader(&m.rec, own)
	return m, true
}

var (
	shortcutField = regexp.MustCompile(`(?:^| )shortcut=(\S+)`)
	flagsField    = regexp.MustCompile(`(?:^| )flags=(\S+?)\)*(?: |$)`)
	categoryField = regexp.MustCompile(`(?:^| )category=(\S+?)\)*(?: |$)`)
	channelField  = regexp.MustCompile(`^channel=(.*?) (?:shortcut|pri|contentView)=`)
)

// fillHeader reads the fields of Notification.toString.
func fillHeader(rec *Record, s string) {
	group := func(re *regexp.Regexp) string {
		if m := re.FindStringSubmatch(s); m != nil && m[1] != "null" {
			return m[1]
		}
		return ""
	}
	rec.Channel, rec.Shortcut = group(channelField), group(shortcutField)
	rec.Flags, rec.Category = group(flagsField), group(categoryField)
	rec.Summary = isSummary(rec.Flags)
}

// isSummary reads FLAG_GROUP_SUMMARY (0x200) out of either form.
func isSummary(flags string) bool {
	if n, err := strconv.ParseInt(flags, 0, 64); err == nil {
		return n&0x200 != 0
	}
	for name := range strings.SplitSeq(flags, "|") {
		if name == "GROUP_SUMMARY" {
			return true
		}
	}
	return false
}

var fieldLine = regexp.MustCompile(`^ {5,10}\S`)

// headers finds the records of a list; see the package doc for what protects.
func headers(list string, trusted map[string]bool) []mark {
	var marks []mark
	seen := map[string]int{}
	margin := margins.header + "NotificationRecord("
	for at := 0; ; {
		i := strings.Index(list[at:], margin)
		if i < 0 {
			break
		}
		at += i
		m, ok := parseHeader(list, at+len(margins.header))
		if ok && follows(list[:at]) {
			m.at = at
			marks = append(marks, m)
			seen[m.identity()]++
		}
		at += len(margin)
	}
	if trusted != nil {
		return slices.DeleteFunc(marks, func(m mark) bool { // the first occurrence is the record
			again := !trusted[m.identity()] || seen[m.identity()] == 0
			seen[m.identity()] = 0
			return again
		})
	}
	marks = slices.DeleteFunc(marks, func(m mark) bool { return seen[m.identity()] > 1 })
	uids := commonUIDs(marks)
	return slices.DeleteFunc(marks, func(m mark) bool { return uids[owner(m.rec)] != m.rec.UID })
}

// follows reports whether a record may begin behind s: after the title or
// after the last field of another record.
func follows(s string) bool {
	line := s[strings.LastIndexByte(s, '\n')+1:]
	return fieldLine.MatchString(line) || "\n"+line == listTitle
}

type app struct {
	name string
	user int
}

func owner(r Record) app { return app{r.Package, r.User} }

// commonUIDs tells, per app, the uid that most of its headers have; the first
// of equals.
func commonUIDs(marks []mark) map[app]int {
	count := map[app]map[int]int{}
	best := map[app]int{}
	for _, m := range marks {
		if count[owner(m.rec)] == nil {
			count[owner(m.rec)] = map[int]int{}
		}
		count[owner(m.rec)][m.rec.UID]++
	}
	for _, m := range marks {
		a := owner(m.rec)
		if _, ok := best[a]; !ok || count[a][m.rec.UID] > count[a][best[a]] {
			best[a] = m.rec.UID
		}
	}
	return best
}
