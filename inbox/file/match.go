package file

import (
	"encoding/json"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wabridge/wabridge"
)

// A want is a message that waits for its file.
type want struct {
	id, chat string
	kind     string
	since    time.Time // by the phone's clock: the file is not older
	name     string    // a document's name, "" if not known
	seconds  int       // how long a voice note is, 0 if not known
	ghost    bool      // it waits no longer, but a late file may be its own
	// here: the phone has the file, its notification shows it.
	here bool
	// told: the phone tells of the files of this kind when it has them, so a
	// message that it does not tell of has none.
	told bool
}

// before is how much older than its message a file may be: for the second that
// file systems cut off, and for what the clocks of the phone and of the app's
// server differ.
const before = 2 * time.Second

// newWant makes one of a message; ahead is by how much the phone's clock is ahead
// of ours. A clock that is behind makes files look older than they are; which of
// the two is right is not known, so it widens what is possible and never
// narrows it.
func newWant(m wabridge.Message, ahead time.Duration) want {
	at := m.Created
	if m.Source == "screen" { // only its minute is known
		at = at.Truncate(time.Minute)
	}
	w := want{id: m.ID, chat: m.Chat, kind: kindOf(m), since: at.Add(min(ahead, 0) - before), name: m.Media.Name}
	if m.Group != "" {
		w.chat += "\x00" + m.Name // one person's files are not another's
	}
	if shown := shownLength.FindStringSubmatch(string(m.Text)); shown != nil && w.kind == voice {
		minutes, _ := strconv.Atoi(shown[1]) // digits always can
		seconds, _ := strconv.Atoi(shown[2])
		w.seconds = 60*minutes + seconds
	}
	return w
}

// shownLength is the length behind the app's word for a voice note.
var shownLength = regexp.MustCompile(`\((\d{1,3}):(\d\d)\)$`)

// takes reports whether a file can be this message's. The app may round a
// length up or down.
func (w want) takes(f Entry) bool {
	if w.seconds > 0 && f.Seconds > 0 && max(w.seconds-f.Seconds, f.Seconds-w.seconds) > 1 {
		return false
	}
	return !f.Time.Before(w.since) && (w.name == "" || sameName(w.name, path.Base(f.Path)))
}

// copyMark is what the app puts behind a name that is taken: "a (1).pdf".
var copyMark = regexp.MustCompile(`[ _-]?\(\d+\)$|[ _-]\d+$`)

// sameName reports whether a document may lie under a name: its own, or its own
// with a counter. Signs that file systems do not take may have been replaced.
func sameName(name, file string) bool {
	if name == file {
		return true
	}
	plain := func(s string) string {
		return strings.Map(func(r rune) rune {
			if strings.ContainsRune(`\/:*?"<>|_`, r) {
				return '_'
			}
			return r
		}, strings.ToLower(s))
	}
	ext, want := path.Ext(file), path.Ext(name)
	a, b := strings.TrimSuffix(plain(file), plain(ext)), strings.TrimSuffix(plain(name), plain(want))
	return plain(ext) == plain(want) && (a == b || copyMark.ReplaceAllString(a, "") == b)
}

// A pair is a message and the file that is its own.
type pair struct {
	want int // in wants
	file int // in files
	// sole: nobody else could claim the file.
	sole bool
}

// match pairs messages and files of one kind where nothing else is possible.
// It is a pure function. files are those that no message has yet, all of them;
// all messages that wait are among wants, oldest first.
//
// A file that is known to be there (here) and has only one candidate is that
// candidate, whoever else waits; but not where fewer files came than are said to
// be there: the app keeps one that two people sent only once. Where the phone does not tell, a message and a
// file belong together if neither can be anybody else's. As many messages of
// one chat as there are candidates for them get theirs in order, if no other
// chat can claim any: a mistake among them stays in their chat.
//
// What this cannot see are files of chats that told us of no message (muted
// ones): there, a message whose own file never comes may be given another's.
// That is why a message of a kind that the phone tells of is given none until
// it does.
func match(wants []want, files []Entry) []pair {
	var out []pair
	taken, done := map[int]bool{}, map[int]bool{}
	for {
		found := step(wants, files, done, taken)
		if len(found) == 0 {
			return out
		}
		for _, p := range found {
			taken[p.file], done[p.want] = true, true
		}
		out = append(out, found...)
	}
}

// step finds what can be paired now.
func step(wants []want, files []Entry, done, taken map[int]bool) []pair {
	able := candidates(wants, files, done, taken)
	for i, w := range wants {
		if !w.here || done[i] || len(able[i]) != 1 {
			continue
		}
		group := claimants(wants, able, done, i)
		if told(wants, group) <= len(union(able, group)) {
			return []pair{{i, able[i][0], len(group) == 1}}
		}
	}
	for i := range wants {
		if done[i] || len(able[i]) == 0 {
			continue
		}
		group := claimants(wants, able, done, i)
		if p, ok := inOrder(wants, files, able, group); ok {
			return p
		}
	}
	return nil
}

// candidates lists, for each message, the files that can be its own.
func candidates(wants []want, files []Entry, done, taken map[int]bool) [][]int {
	able := make([][]int, len(wants))
	for i, w := range wants {
		for j, f := range files {
			if !done[i] && !taken[j] && w.takes(f) {
				able[i] = append(able[i], j)
			}
		}
	}
	return able
}

// claimants are the messages that share candidates with message i, with i.
func claimants(wants []want, able [][]int, done map[int]bool, i int) []int {
	group, seen := []int{i}, map[int]bool{i: true}
	for k := 0; k < len(group); k++ {
		for j := range wants {
			if !seen[j] && !done[j] && slices.ContainsFunc(able[j], func(f int) bool { return slices.Contains(able[group[k]], f) }) {
				seen[j] = true
				group = append(group, j)
			}
		}
	}
	slices.Sort(group)
	return group
}

// union lists the files that a group can claim.
func union(able [][]int, group []int) (all []int) {
	for _, i := range group {
		for _, f := range able[i] {
			if !slices.Contains(all, f) {
				all = append(all, f)
			}
		}
	}
	return all
}

// told counts those of a group whose files the phone has.
func told(wants []want, group []int) (n int) {
	for _, i := range group {
		if wants[i].here {
			n++
		}
	}
	return n
}

// inOrder pairs a group of one chat, one to one, the files in the order of their
// times and names.
func inOrder(wants []want, files []Entry, able [][]int, group []int) ([]pair, bool) {
	for _, i := range group {
		if wants[i].chat != wants[group[0]].chat || wants[i].told && !wants[i].here {
			return nil, false
		}
	}
	all := union(able, group)
	if len(all) != len(group) {
		return nil, false
	}
	slices.SortFunc(all, func(a, b int) int { return compare(files[a], files[b]) })
	out := make([]pair, len(group))
	for k, i := range group {
		if !slices.Contains(able[i], all[k]) {
			return nil, false
		}
		out[k] = pair{i, all[k], len(group) == 1}
	}
	return out, true
}

// numbered is the date and the counter in "IMG-20260131-WA0007.jpg".
var numbered = regexp.MustCompile(`^[A-Z]{3}-(\d{8}-WA\d{4,})\.`)

// compare orders files: by the app's own counter where both have one, else by
// time and name.
func compare(a, b Entry) int {
	x, y := numbered.FindStringSubmatch(path.Base(a.Path)), numbered.FindStringSubmatch(path.Base(b.Path))
	if x != nil && y != nil {
		return strings.Compare(x[1], y[1])
	}
	if c := a.Time.Compare(b.Time); c != 0 {
		return c
	}
	return strings.Compare(a.Path, b.Path)
}

// typed reports whether a message may be a text that somebody typed to look
// like a file's: its words are neither the app's own nor a document's name. What
// was seen as a bubble was not typed.
func typed(m wabridge.Message) bool {
	var body struct {
		Caption string `json:"caption"`
	}
	return m.Source != "screen" && json.Unmarshal(m.Body, &body) == nil && body.Caption != ""
}
