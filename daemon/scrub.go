package daemon

import (
	"regexp"
	"sort"
	"strings"
)

// A scrubber takes out of a text what may tell of people: numbers, addresses,
// tokens, and the words that it was told. Message ids stay: they are random.
type scrubber struct{ known *strings.Replacer }

// newScrubber knows names and secrets; those of fewer than three characters
// would be found everywhere and are left out.
func newScrubber(words []string) *scrubber {
	// The longest first: a name may begin with another one.
	sort.Slice(words, func(i, j int) bool { return len(words[i]) > len(words[j]) })
	var pairs []string
	for _, w := range words {
		if w = strings.TrimSpace(w); len([]rune(w)) >= 3 {
			pairs = append(pairs, w, "(known)")
		}
	}
	return &scrubber{strings.NewReplacer(pairs...)}
}

// private are the shapes of what may tell of people, and of what looks like it
// and does not: the first that matches at a place wins.
var private = regexp.MustCompile(strings.Join([]string{
	`(?P<keep>wamid\.[A-Za-z0-9_-]+|wacid\.[A-Za-z0-9_-]+|\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}[.\d]*(Z|[+-]\d{2}:\d{2})?|\b127\.0\.0\.1:\d+|0x[0-9a-f]+)`,
	`(?P<url>[a-z]+://[^\s"'<>]+)`,
	`(?P<host>\blookup [^\s:"]+)`, // Go's resolver names what it could not find
	`(?P<address>\b\d{1,3}(\.\d{1,3}){3}(:\d+)?\b)`,
	`(?P<mail>[^\s"'<>=]+@[^\s"'<>]+)`,
	`(?P<number>\+\d[\d ().-]{5,}\d|\d{7,})`,
	`(?P<token>[A-Za-z0-9_-]{24,})`,
}, "|"))

// text scrubs a text.
func (s *scrubber) text(text string) string {
	names := private.SubexpNames()
	return private.ReplaceAllStringFunc(s.known.Replace(text), func(found string) string {
		m := private.FindStringSubmatch(found)
		for i, name := range names {
			if m == nil || name == "" || m[i] == "" {
				continue
			}
			if name == "keep" {
				return found
			}
			return "(" + name + ")"
		}
		return "(private)"
	})
}

// quoted are the values of labels in metrics.
var quoted = regexp.MustCompile(`"[^"]*"`)

// metrics scrubs labels alone: values are numbers, and must stay.
func (s *scrubber) metrics(text string) string {
	return quoted.ReplaceAllStringFunc(text, func(label string) string { return s.text(label) })
}
