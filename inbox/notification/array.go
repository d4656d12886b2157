package notification

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// endAt reads the end of an element whose ", time=" stands at i: the keys of
// a bundle stand in the order of their hash codes, so only `type` may follow.
func (p *extrasParser) endAt(i int) (ending, bool) {
	rest := p.s[i+len(timeField) : min(len(p.s), i+200)]
	n := digits(rest)
	if n == 0 || n > 17 {
		return ending{}, false
	}
	e := ending{at: i, time: rest[:n]}
	typ := 0
	if strings.HasPrefix(rest[n:], ", type=") {
		typ = strings.IndexAny(rest[n:], "}\n")
	}
	if typ < 0 || !strings.HasPrefix(rest[n+typ:], "}]\n") {
		return ending{}, false
	}
	e.to = i + len(timeField) + n + typ + len("}]")
	return e, true
}

const timeField = ", time="

// maxElements bounds the promised length of an array; Android keeps 25.
const maxElements = 200

var arrayHead = regexp.MustCompile(`^Parcelable\[\] \((\d{1,4})\)\n`)

// An array is where android.messages stands.
type array struct{ head, first int } // of its entry, of its first element's line feed

// array finds android.messages behind `from` and its promised length. ok is
// false if there is none, or none with elements.
func (p *extrasParser) array(from int) (array, bool) {
	name := margins.entry + keyMessages + "="
	for at := from; ; at += len(name) {
		i := strings.Index(p.s[at:], name)
		if i < 0 {
			return array{}, false
		}
		at += i
		a, n, ok := p.arrayAt(at)
		if !ok {
			continue
		}
		p.rec.Count = n
		if n > 0 && strings.HasPrefix(p.s[a.first:], margins.element+"[0] ") {
			return a, true
		}
	}
}

// arrayAt reads the head of the array whose entry begins at `at`.
func (p *extrasParser) arrayAt(at int) (array, int, bool) {
	start := at + len(margins.entry+keyMessages+"=")
	m := arrayHead.FindStringSubmatch(p.s[start:min(len(p.s), start+40)])
	if m == nil {
		return array{}, 0, false
	}
	n, err := strconv.Atoi(m[1])
	if err != nil || n > maxElements {
		return array{}, 0, false
	}
	return array{head: at, first: start + len(m[0]) - 1}, n, true
}

// An ending is a possible end of the array's last element.
type ending struct {
	at, to int // of ", time=", of the line feed behind "]"
	time   string
}

// endings lists the possible ends of the whole array, the last first.
func (p *extrasParser) endings(from int) []ending {
	var out []ending
	for to := len(p.s); to > from && len(out) < maxEnds; {
		i := strings.LastIndex(p.s[from:to], timeField)
		if i < 0 {
			break
		}
		to = from + i
		if e, ok := p.endAt(to); ok && p.follows(e.to, keyMessages) {
			out = append(out, e)
		}
	}
	return out
}

// elements reads text and messages together: the longest reading of
// android.text that is also the last element's text. It returns false if
// there is no such reading though there should be one.
func (p *extrasParser) elements(texts []span, a array) bool {
	ends := p.endings(a.first)
	for _, t := range texts {
		text := p.s[t.from:t.to]
		behind, ok := p.array(t.to)
		if !ok {
			continue
		}
		for _, e := range ends {
			last := e.at - len(text)
			if last > behind.first && p.s[last:e.at] == text && strings.HasSuffix(p.s[:last], ", text=") {
				p.rec.Text = text
				p.split(behind, e, last)
				return true
			}
		}
	}
	return p.unconfirmed(texts, a, ends)
}

// unconfirmed reads a record whose newest message does not stand in the dump
// twice: a bundle that was not unparcelled, or another android.text.
func (p *extrasParser) unconfirmed(texts []span, a array, ends []ending) bool {
	p.rec.Text, _ = p.lonely(texts, 0)
	if len(texts) > 0 {
		a, _ = p.array(texts[len(texts)-1].to)
	}
	if len(ends) > 0 && a.first > 0 {
		p.split(a, ends[0], -1)
		return false
	}
	return len(texts) == 0 || strings.HasPrefix(p.s[a.first:], margins.element+"[0] Bundle[mParcelledData")
}

// split divides the array into its elements. last is where the newest text
// begins, -1 if that is not known.
func (p *extrasParser) split(a array, e ending, last int) {
	n := p.rec.Count
	p.rec.SelfName = p.selfName(a)
	p.rec.SelfPerson = p.selfPerson(e)
	first, final := p.chains(a, e, n, last)
	for i := range final {
		end := e
		if i+1 < len(final) {
			end = p.endBefore(final[i+1])
		}
		doubtful := first[i] != final[i] || i+1 < len(final) && first[i+1] != final[i+1]
		textAt := -1
		if i == n-1 {
			textAt = last
		}
		el, ok := p.element(final[i], end, textAt)
		if !ok {
			p.rec.Doubtful = true
			continue
		}
		if doubtful {
			p.rec.Doubtful = true
			if p.group(e) || el.Sender == "" || el.Sender == p.rec.SelfName {
				continue
			}
		}
		p.rec.Elements = append(p.rec.Elements, el)
	}
	p.rec.Doubtful = p.rec.Doubtful || len(final) < n
	p.rec.Group = p.group(e)
}

// group reads isGroupConversation, which stands behind the array.
func (p *extrasParser) group(e ending) bool {
	return strings.Contains(p.s[e.to:], margins.entry+keyGroup+"=Boolean (true)")
}

// selfName reads our own name, which stands before the array.
func (p *extrasParser) selfName(a array) string {
	i := strings.LastIndex(p.s[:a.head], margins.entry+keySelf+"=")
	if i < 0 {
		return ""
	}
	name := p.value(keySelf, i)
	return name
}

// selfPerson reads which Person stands for us: behind the array, where no text
// of others is.
func (p *extrasParser) selfPerson(e ending) string {
	if m := messagingUser.FindStringSubmatch(p.s[e.to:]); m != nil {
		return m[1]
	}
	return ""
}

var messagingUser = regexp.MustCompile(`\n {16}android\.messagingUser=Person \((android\.app\.Person@[0-9a-f]+)\)\n`)

// chains finds the beginnings of the elements: the earliest and the latest
// possible ones. They differ where a text imitates a beginning.
func (p *extrasParser) chains(a array, e ending, n, last int) (first, final []int) {
	limit := e.at
	if last >= 0 {
		limit = last
	}
	starts := make([][]int, n)
	for i := range n {
		starts[i] = p.starts(a.first, limit, i)
	}
	at := -1
	for i := range n {
		k := nextAbove(starts[i], at)
		if k < 0 {
			n = i
			break
		}
		at = k
		first = append(first, k)
	}
	at = limit + 1
	final = make([]int, n)
	for i := n - 1; i >= 0; i-- {
		final[i] = first[i]
		for _, k := range starts[i] {
			if k < at && k >= first[i] {
				final[i] = k
			}
		}
		at = final[i]
	}
	if last >= 0 && n > 0 && n == len(starts) {
		first = p.pin(first, final)
	}
	return first, final
}

// pin makes the last element certain: its text is known, so it begins at the
// latest possible place.
func (p *extrasParser) pin(first, final []int) []int {
	first[len(first)-1] = final[len(final)-1]
	return first
}

func nextAbove(list []int, at int) int {
	for _, k := range list {
		if k > at {
			return k
		}
	}
	return -1
}

// starts lists where element i may begin: [0] directly behind the head, the
// others behind the end of another element.
func (p *extrasParser) starts(from, to, i int) []int {
	if i == 0 {
		return []int{from}
	}
	var out []int
	head := margins.element + "[" + strconv.Itoa(i) + "] Bundle["
	for at := from; at < to; {
		k := strings.Index(p.s[at:to], head)
		if k < 0 {
			break
		}
		at += k
		if p.s[at-1] == ']' && len(out) < maxEnds {
			out = append(out, at)
		}
		at += len(head)
	}
	return out
}

// endBefore is the end of the element in front of the one that begins at i.
func (p *extrasParser) endBefore(i int) ending {
	if k := strings.LastIndex(p.s[:i], timeField); k >= 0 {
		if e, ok := p.endAt(k); ok && e.to == i {
			return e
		}
	}
	return ending{at: i, to: i}
}

var (
	elementHead   = regexp.MustCompile(`^\[\d+\] Bundle\[\{`)
	elementExtras = regexp.MustCompile(`^extras=Bundle\[[^\n]*?\], (?:sender|text)`)
	personField   = regexp.MustCompile(`^sender_person=([^\n,]*), `)
	ownURI        = regexp.MustCompile(`^uri=content://[^\s,]+, `)
	uriField      = regexp.MustCompile(`, uri=(content://[^\s,]+)$`)
)

// element reads the bundle between the line feed at `at` and its end.
// textAt is where its text begins, if that is known.
func (p *extrasParser) element(at int, end ending, textAt int) (Element, bool) {
	body := p.s[at+len(margins.element) : max(at+len(margins.element), end.at)]
	head := elementHead.FindString(body)
	ms, err := strconv.ParseInt(end.time, 10, 64)
	if head == "" || err != nil {
		return Element{}, false
	}
	el := Element{Time: time.UnixMilli(ms).UTC()}
	fields := body[len(head):]
	if m := elementExtras.FindStringIndex(fields); m != nil {
		fields = fields[strings.Index(fields, "], ")+len("], "):]
	}
	if m := personField.FindStringSubmatch(fields); m != nil {
		el.Person = m[1]
		fields = fields[len(m[0]):]
	}
	fields, mine := cutOwn(fields)
	if mine {
		el.Text = fields
		return el, true
	}
	sender, ok := strings.CutPrefix(fields, "sender=")
	if !ok {
		return Element{}, false
	}
	cut := strings.Index(sender, ", text=")
	if textAt >= 0 {
		cut = len(sender) - (end.at - textAt) - len(", text=")
	}
	if cut < 0 {
		return Element{}, false // no text at all
	}
	el.Sender, el.Text = sender[:cut], sender[cut+len(", text="):]
	if m := uriField.FindStringSubmatch(el.Sender); m != nil {
		el.URI = m[1]
		el.Sender = strings.TrimSuffix(el.Sender, m[0])
	}
	return el, true
}

// cutOwn recognises a message without a sender: our own.
func cutOwn(fields string) (string, bool) {
	fields = ownURI.ReplaceAllString(fields, "")
	if text, ok := strings.CutPrefix(fields, "text="); ok {
		return text, true
	}
	return fields, false
}
