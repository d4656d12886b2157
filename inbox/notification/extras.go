package notification

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Names of the extras that are read.
const (
	keyTitle     = "android.title"
	keyTitleConv = "android.conversationTitle"
	keyTemplate  = "android.template"
	keyText      = "android.text"
	keySelf      = "android.selfDisplayName"
	keyMessages  = "android.messages"
	keyGroup     = "android.isGroupConversation"
	keyCallType  = "android.callType" // AOSP Notification.CallStyle, from memory
)

// keysVideo mark video calls: WhatsApp's own (seen in a real dump) and Android's
// (AOSP, from memory).
var keysVideo = []string{"video_call", "android.callIsVideo"}

// parseRecord reads one record; seg begins with the line feed before its
// header. whole is false if the record contradicts itself at its end, as it
// does when a text was taken for the next record's header.
func parseRecord(m mark, seg string) (rec Record, whole bool) {
	rec = m.rec
	body := seg[m.end-m.at:]
	if i := strings.Index(body, margins.field+"notification="); i >= 0 {
		body = body[i:]
	}
	extras := strings.Index(body, margins.body+"extras={")
	if extras < 0 {
		return rec, true
	}
	rec.When = time.UnixMilli(field(body[:extras], "when")).UTC()
	if rec.When.UnixMilli() == 0 {
		rec.When = time.Time{}
	}
	rec.Number = int(min(field(body[:extras], "number"), 1<<20))
	fillCall(&rec, body, extras)
	p := &extrasParser{s: body[extras:], rec: &rec}
	return rec, p.parse()
}

// fillCall reads what tells one kind of call from another. It stands in records
// of calls alone, where nobody has written a text.
func fillCall(rec *Record, body string, extras int) {
	if _, v, ok := strings.Cut(body[:extras], margins.body+"fullscreenIntent="); ok {
		rec.FullScreen = !strings.HasPrefix(v, "null")
	}
	if _, v, ok := strings.Cut(body[extras:], margins.entry+keyCallType+"=Integer ("); ok && len(v) > 0 && v[0] >= '0' && v[0] <= '9' {
		rec.CallType = int(v[0] - '0')
	}
	for _, key := range keysVideo {
		rec.Video = rec.Video || strings.Contains(body[extras:], margins.entry+key+"=Boolean (true)")
	}
}

// field reads a number of the notification: the first of `when=A/B` is the
// app's time. 0 is absent.
func field(s string, name string) int64 {
	_, v, ok := strings.Cut(s, margins.body+name+"=")
	if !ok {
		return 0
	}
	n, err := strconv.ParseInt(v[:digits(v)], 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

func digits(s string) int {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return i
		}
	}
	return len(s)
}

type extrasParser struct {
	s   string
	rec *Record
}

func (p *extrasParser) parse() (whole bool) {
	texts, at := p.texts()
	p.rec.Title = p.before(keyTitle, at)
	p.rec.TitleConv = p.before(keyTitleConv, at)
	p.rec.Template = p.before(keyTemplate, at)
	if messages, ok := p.array(at); ok {
		return p.elements(texts, messages)
	}
	p.rec.Text, at = p.lonely(texts, at)
	p.rec.SelfName = p.value(keySelf, at)
	p.rec.Group = strings.Contains(p.s, margins.entry+keyGroup+"=Boolean (true)")
	return true
}

// before reads a value that stands in front of the text, which begins at `at`
// (0: there is none); what looks like it behind that is text.
func (p *extrasParser) before(key string, at int) string {
	start, ok := p.open(key, 0)
	if !ok || at > 0 && start > at {
		return ""
	}
	v := p.value(key, 0)
	return v
}

var valueStart = regexp.MustCompile(`^[\w.\[\]]+ \(`)

// open finds the start of an entry's value at or behind from: the index of
// its first character, or ok=false for absent, null and redacted values.
func (p *extrasParser) open(key string, from int) (int, bool) {
	name := margins.entry + key + "="
	i := strings.Index(p.s[from:], name)
	if i < 0 {
		return 0, false
	}
	at := from + i + len(name)
	rest := p.s[at:min(len(p.s), at+80)]
	if loc := valueStart.FindString(rest); loc != "" {
		return at + len(loc), true
	}
	if line, _, _ := strings.Cut(rest, "\n"); strings.Contains(line, " [length=") {
		p.rec.Redacted = true
	}
	return 0, false
}

// value reads a value that its owner ends at the first possible place.
func (p *extrasParser) value(key string, from int) string {
	at, ok := p.open(key, from)
	if !ok {
		return ""
	}
	ends := p.ends(at, key, 1)
	if len(ends) == 0 {
		return ""
	}
	return p.s[at:ends[0]]
}

// maxEnds bounds how many readings of one value are tried.
const maxEnds = 400

// ends lists where a value that starts at `at` may end: before ")", followed
// by an entry that may stand behind key, or by the end of the extras.
func (p *extrasParser) ends(at int, key string, limit int) []int {
	var ends []int
	for i := at; len(ends) < limit; {
		j := strings.Index(p.s[i:], ")\n")
		if j < 0 {
			break
		}
		i += j + 1
		if p.follows(i, key) {
			ends = append(ends, i-1)
		}
	}
	return ends
}

var entryName = regexp.MustCompile(`^[A-Za-z][\w.]{0,120}=`)

// follows reports whether at i stands an entry that Android prints behind
// key, or the closing brace.
func (p *extrasParser) follows(i int, key string) bool {
	rest, ok := strings.CutPrefix(p.s[i:], margins.entry)
	if !ok {
		return strings.HasPrefix(p.s[i:], margins.body+"}\n")
	}
	name := entryName.FindString(rest[:min(len(rest), 128)])
	return name != "" && hash(strings.TrimSuffix(name, "=")) > hash(key)
}

// hash is Java's String.hashCode of ASCII text: the order of a Bundle.
func hash(s string) int32 {
	var h int32
	for i := range len(s) {
		h = 31*h + int32(s[i])
	}
	return h
}

// A span is a reading of android.text.
type span struct{ from, to int }

// texts lists the readings of android.text, longest first, and where the
// search for what stands behind it may begin.
func (p *extrasParser) texts() (spans []span, after int) {
	at, ok := p.open(keyText, 0)
	if !ok {
		return nil, 0
	}
	ends := p.ends(at, keyText, maxEnds)
	for i := len(ends) - 1; i >= 0; i-- {
		spans = append(spans, span{at, ends[i]})
	}
	return spans, at
}

// lonely chooses the reading of android.text where no array confirms one: the
// shortest behind which all entries stand in order, else the longest.
func (p *extrasParser) lonely(texts []span, after int) (string, int) {
	for i := len(texts) - 1; i >= 0; i-- {
		if p.ordered(texts[i].to + 1) {
			return p.s[texts[i].from:texts[i].to], texts[i].to
		}
	}
	if len(texts) > 0 {
		return p.s[texts[0].from:texts[0].to], texts[0].to
	}
	return "", after
}

// ordered reports whether all entries from i to the closing brace ascend.
func (p *extrasParser) ordered(i int) bool {
	s := p.s[i:]
	if end := strings.Index(s, margins.body+"}\n"); end >= 0 {
		s = s[:end]
	}
	last, first := int32(0), true
	for line := range strings.SplitSeq(s, "\n") {
		rest, ok := strings.CutPrefix("\n"+line, margins.entry)
		if !ok {
			continue
		}
		name := entryName.FindString(rest[:min(len(rest), 128)])
		if name == "" {
			continue
		}
		h := hash(strings.TrimSuffix(name, "="))
		if !first && h <= last {
			return false
		}
		last, first = h, false
	}
	return true
}
