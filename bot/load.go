package bot

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// languageVar is the variable that holds the conversation's language.
const languageVar = "language"

// initialVariables stands beside the results in dialogResultsFromBotJson.
const initialVariables = "initialVariables"

// Load reads a scenario file (docs/bots.md) of MaxFile bytes at most. What is
// wrong with it is told all at once, as Problems.
func Load(from io.Reader) (*Scenario, error) {
	b, err := io.ReadAll(io.LimitReader(from, MaxFile+1))
	if err != nil {
		return nil, fmt.Errorf("read scenario: %w", err)
	}
	if len(b) > MaxFile {
		return nil, Problems{{Line: 1, What: fmt.Sprintf("the file has more than %d bytes; split it into several scenarios", MaxFile)}}
	}
	root, err := document(b)
	if err != nil {
		return nil, err
	}
	r := reader{}
	s := r.scenario(root)
	r.checkGraph(s)
	if len(r.problems) > 0 {
		return nil, r.problems.sorted()
	}
	return s, nil
}

var yamlLine = regexp.MustCompile(`^yaml: line ([0-9]+): `)

// document is the file's only YAML document.
func document(b []byte) (*yaml.Node, error) {
	var root, more yaml.Node
	dec := yaml.NewDecoder(bytes.NewReader(b))
	err := dec.Decode(&root)
	if errors.Is(err, io.EOF) || err == nil && len(root.Content) == 0 {
		return nil, Problems{{Line: 1, What: "the file is empty; it needs name and steps"}}
	}
	if err == nil {
		if err = dec.Decode(&more); errors.Is(err, io.EOF) {
			return root.Content[0], nil
		}
		if err == nil {
			return nil, Problems{{Line: max(more.Line, 1), What: "a second document begins; a file is one scenario"}}
		}
	}
	line, what := 1, err.Error()
	if m := yamlLine.FindStringSubmatch(what); m != nil {
		line, _ = strconv.Atoi(m[1])
		if what = what[len(m[0]):]; strings.HasPrefix(what, "did not find expected ") {
			line++ // yaml's parser counts from 0, its scanner from 1
		}
	}
	return nil, Problems{{Line: max(line, 1), What: "not YAML: " + strings.TrimPrefix(what, "yaml: ") + "; see to the indentation, and put texts with ': ', ' #', '{' or, between braces, ',' and '?' into quotes"}}
}

// A reader reads nodes, notes what is wrong, and goes on.
type reader struct {
	problems Problems
	s        *Scenario
	given    map[string]bool // variables that something gives a value
	uses     []use
}

// A use is a place where a variable is read.
type use struct {
	name, where string
	line        int
}

func (r *reader) wrong(line int, where, format string, args ...any) {
	r.problems = append(r.problems, Problem{Line: max(line, 1), Where: where, What: fmt.Sprintf(format, args...)})
}

// fields are the values of a mapping by their keys.
type fields map[string]*yaml.Node

// mapping reads a mapping of known keys.
func (r *reader) mapping(n *yaml.Node, where string, known ...string) fields {
	out := fields{}
	for _, kv := range r.pairs(n, where) {
		if !slices.Contains(known, kv.key) {
			r.wrong(kv.line, where, "%q is no key here; there are %s", clip(kv.key, 40), strings.Join(known, ", "))
			continue
		}
		out[kv.key] = kv.value
	}
	return out
}

type pair struct {
	key   string
	line  int
	value *yaml.Node
}

// pairs reads a mapping of any keys, in order, each once.
func (r *reader) pairs(n *yaml.Node, where string) []pair {
	if n.Kind != yaml.MappingNode {
		r.wrong(n.Line, where, "%s stands where keys with values are wanted", kind(n))
		return nil
	}
	var out []pair
	seen := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		if k.Kind != yaml.ScalarNode || k.Tag == "!!merge" {
			r.wrong(k.Line, where, "a key must be a word; merging and nested keys are not known")
			continue
		}
		if first, twice := seen[k.Value]; twice {
			r.wrong(k.Line, where, "%q stands here a second time, after line %d; keep one", clip(k.Value, 40), first)
			continue
		}
		seen[k.Value] = k.Line
		out = append(out, pair{k.Value, k.Line, v})
	}
	return out
}

// list reads a sequence of 1 to limit items.
func (r *reader) list(n *yaml.Node, where string, limit int) []*yaml.Node {
	if n.Kind != yaml.SequenceNode {
		r.wrong(n.Line, where, "%s stands where a list is wanted; begin each item with \"- \"", kind(n))
		return nil
	}
	if len(n.Content) == 0 {
		r.wrong(n.Line, where, "the list is empty; give 1 to %d items, or leave the key out", limit)
	}
	if len(n.Content) > limit {
		r.wrong(n.Line, where, "there are %d items, %d are allowed", len(n.Content), limit)
		return n.Content[:limit]
	}
	return n.Content
}

// kind names a node for a person.
func kind(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.AliasNode:
		return "an alias (*name)"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case n.Kind == yaml.MappingNode:
		return "a mapping"
	case n.Tag == "!!null":
		return "nothing"
	}
	return "a single value"
}

// scalar reads a value of one line or more, as it is written.
func (r *reader) scalar(n *yaml.Node, where string, limit int) string {
	if n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
		r.wrong(n.Line, where, "%s stands where a text is wanted", kind(n))
		return ""
	}
	if c := len([]rune(n.Value)); c > limit {
		r.wrong(n.Line, where, "it has %d characters, %d are allowed; shorten it", c, limit)
		return ""
	}
	if n.Value != clean(n.Value) {
		r.wrong(n.Line, where, "it holds a control character, which WhatsApp cannot show; take it out")
	}
	return strings.TrimSpace(clean(n.Value))
}

var namePattern = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,63}$`)

// name reads the name of a step, a variable or a result.
func (r *reader) name(n *yaml.Node, where string) string {
	s := r.scalar(n, where, 200)
	if s != "" || n.Kind == yaml.ScalarNode {
		r.named(s, n.Line, where)
	}
	return s
}

func (r *reader) named(s string, line int, where string) bool {
	ok := namePattern.MatchString(s)
	if !ok {
		r.wrong(line, where, "%q is no name; use a letter, then letters, digits and _, %d at most", clip(s, 40), maxName)
	}
	return ok
}

// words reads a text or a list of texts.
func (r *reader) words(n *yaml.Node, where string) []string {
	nodes := []*yaml.Node{n}
	if n.Kind != yaml.ScalarNode {
		nodes = r.list(n, where, maxWords)
	}
	var out []string
	for _, n := range nodes {
		if s := r.scalar(n, where, maxWord); s != "" {
			out = append(out, s)
		} else if n.Kind == yaml.ScalarNode && n.Tag != "!!null" {
			r.wrong(n.Line, where, "it is empty; write a word or take it away")
		}
	}
	return out
}

func (r *reader) truth(n *yaml.Node, where string) bool {
	var b bool
	if n.Kind != yaml.ScalarNode || n.Decode(&b) != nil {
		r.wrong(n.Line, where, "write true or false")
	}
	return b
}

func (r *reader) float(n *yaml.Node, where string) *float64 {
	var f float64
	if n.Kind != yaml.ScalarNode || n.Tag == "!!null" || n.Decode(&f) != nil || f != f || f > 1e15 || f < -1e15 {
		r.wrong(n.Line, where, "write a number between -1e15 and 1e15")
		return nil
	}
	return &f
}

// duration reads how long an ask waits.
func (r *reader) duration(n *yaml.Node, where string) time.Duration {
	d, err := ParseTime(r.scalar(n, where, 20))
	if err != nil {
		r.wrong(n.Line, where, "%v", err)
		return presetTimeout
	}
	return d
}

// ParseTime reads a time as scenarios write it: 30s, 15m, 24h or 7d, from a
// second to MaxTimeout.
func ParseTime(s string) (time.Duration, error) {
	d, err := time.ParseDuration(s)
	if days, ok := strings.CutSuffix(s, "d"); ok {
		var count int
		count, err = strconv.Atoi(days)
		d = time.Duration(min(max(count, 0), 1000)) * 24 * time.Hour
	}
	if err != nil || d < time.Second || d > MaxTimeout {
		return 0, fmt.Errorf("%q is no time; write one between 1s and 30d, such as 30m, 24h or 7d", clip(s, 40))
	}
	return d, nil
}

// maxProgram is how large a regexp may be inside; it bounds the memory of a file
// and the time of an answer.
const maxProgram = 1000

// pattern reads a regexp; it must fit the whole answer, without regard to case.
func (r *reader) pattern(n *yaml.Node, where string) *regexp.Regexp {
	s := r.scalar(n, where, maxPattern)
	if s == "" {
		return nil
	}
	parsed, err := syntax.Parse(s, syntax.Perl)
	if err != nil {
		r.wrong(n.Line, where, "%s; the syntax is that of https://golang.org/s/re2syntax", strings.TrimPrefix(err.Error(), "error parsing regexp: "))
		return nil
	}
	program, err := syntax.Compile(parsed.Simplify())
	if err != nil || len(program.Inst) > maxProgram {
		r.wrong(n.Line, where, "the regexp is too large; write smaller repeats, or fewer")
		return nil
	}
	p, err := regexp.Compile(`(?is)\A(?:` + s + `)\z`)
	if err != nil { // what parses alone parses in brackets, but for its size
		r.wrong(n.Line, where, "the regexp is too large; write smaller repeats, or fewer")
		return nil
	}
	for _, name := range p.SubexpNames() {
		if name != "" && r.named(name, n.Line, where) {
			r.give(name, n.Line, where)
		}
	}
	return p
}

// give notes that a variable gets a value.
func (r *reader) give(name string, line int, where string) {
	if name == languageVar && len(r.s.Languages) == 0 {
		r.wrong(line, where, "language is a variable only of a scenario with languages; add languages, or take another name")
	}
	if r.given[name] {
		return
	}
	r.given[name] = true
	if len(r.given) == MaxVars+1 {
		r.wrong(line, where, "there are more than %d variables; use fewer", MaxVars)
	}
}

// text reads what is said: one text, or one for each language. limit holds for
// what is not variable; with variables there must be something besides them,
// because they may be empty.
func (r *reader) text(n *yaml.Node, where string, limit int) *text {
	t := &text{line: n.Line, parts: map[string][]part{}}
	if len(r.s.Languages) > 0 {
		t.first = r.s.Languages[0]
	}
	if n.Kind != yaml.MappingNode {
		r.piece(t, "", n, where, limit)
		return t
	}
	if len(r.s.Languages) == 0 {
		r.wrong(n.Line, where, "a mapping stands where a text is wanted; put a text with {{a variable}} in front into quotes, or name the languages at the top of the file")
		return t
	}
	texts := r.mapping(n, where, r.s.Languages...)
	for _, l := range r.s.Languages {
		if texts[l] == nil {
			r.wrong(n.Line, where, "the text in the language %s is missing; add %s:", l, l)
			continue
		}
		r.piece(t, l, texts[l], where+"."+l, limit)
	}
	return t
}

// piece reads a text of one language.
func (r *reader) piece(t *text, language string, n *yaml.Node, where string, limit int) {
	s := r.scalar(n, where, limit)
	if s == "" {
		if n.Kind == yaml.ScalarNode && n.Tag != "!!null" && len([]rune(n.Value)) <= limit {
			r.wrong(n.Line, where, "the text is empty; write something")
		}
		return
	}
	parts, ok := split(s)
	if !ok {
		r.wrong(n.Line, where, "its double braces do not make a variable; write {{name}}")
	}
	t.parts[language] = parts
	bare := true
	for _, p := range parts {
		bare = bare && strings.TrimSpace(p.literal) == ""
		if p.name != "" {
			r.uses = append(r.uses, use{p.name, where, n.Line})
		}
	}
	if bare {
		r.wrong(n.Line, where, "it has nothing but variables, which may be empty; add words")
	}
}

// fixed reads a text without variables: what stands on a button.
func (r *reader) fixed(n *yaml.Node, where string) *text {
	before := len(r.uses)
	t := r.text(n, where, 200)
	if len(r.uses) > before {
		r.wrong(n.Line, where, "no variables can stand here; put them into the text above")
		r.uses = r.uses[:before]
	}
	return t
}

// value reads what a variable or a result is set to; it may be empty.
func (r *reader) value(n *yaml.Node, where string) *text {
	s := r.scalar(n, where, MaxValue)
	parts, ok := split(s)
	if !ok {
		r.wrong(n.Line, where, "its double braces do not make a variable; write {{name}}")
	}
	for _, p := range parts {
		if p.name != "" {
			r.uses = append(r.uses, use{p.name, where, n.Line})
		}
	}
	return &text{line: n.Line, parts: map[string][]part{"": parts}}
}
