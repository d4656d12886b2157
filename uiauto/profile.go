package uiauto

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Profiles is what is known of apps and of Android's own screens. It comes from
// data files and does not change once it is loaded.
type Profiles struct {
	Words  *Words     // shared by all profiles
	Apps   []*Profile // built-in ones first, each in the order of file names
	System *Profile   // Android's own windows: lock screen, launcher, dialogs
}

// A Profile is what is known of one app in a range of its versions.
type Profile struct {
	Name     string
	File     string // where it comes from
	Packages []string
	// First and Last bound the versions; empty means no bound.
	First, Last string
	Link        string // deep link with {number} and {text}
	Popups      []Popup

	ids        map[string][]string // role -> id suffixes, or full ids
	activities map[string][]string // role -> last parts of class names
}

// A Popup is something that covers what we want to see, and what to do about
// it. The first one of the list that fits is taken.
type Popup struct {
	Name   string
	Source string
	Words  []string // words one of which some text of the window is; none: the ids decide alone
	IDs    []string // ids that are all there
	NoIDs  []string // ids none of which is there
	Act    string   // press, back or wait
	Press  []string // words of the buttons to press, the first that is there
}

// What to do about a popup.
const (
	ActPress = "press"
	ActBack  = "back"
	ActWait  = "wait"
)

// For is the last profile of a package, or nil.
func (p *Profiles) For(pkg string) *Profile {
	for _, a := range slices.Backward(p.Apps) {
		if slices.Contains(a.Packages, pkg) {
			return a
		}
	}
	return nil
}

// ForVersion leaves out the app profiles that are not for a version of the app;
// with an empty version nothing is left out.
func (p *Profiles) ForVersion(version string) *Profiles {
	q := &Profiles{Words: p.Words, System: p.System}
	for _, a := range p.Apps {
		if a.Holds(version) {
			q.Apps = append(q.Apps, a)
		}
	}
	return q
}

// Holds reports whether the profile is for a version, as "2.26.36.7".
func (p *Profile) Holds(version string) bool {
	return version == "" ||
		(p.First == "" || compareVersions(version, p.First) >= 0) &&
			(p.Last == "" || compareVersions(version, p.Last) <= 0)
}

// compareVersions compares dotted numbers; what b does not name is equal, so
// that 2.26.36 is within "up to 2.26".
func compareVersions(a, b string) int {
	as, bs := strings.Split(a, "."), strings.Split(b, ".")
	for i, y := range bs {
		x := "0"
		if i < len(as) {
			x = as[i]
		}
		m, _ := strconv.Atoi(x)
		n, _ := strconv.Atoi(y)
		if m != n {
			return m - n
		}
	}
	return 0
}

// IDs lists the ids of a role.
func (p *Profile) IDs(role string) []string { return p.ids[role] }

// Node is the first node in the window that has one of the role's ids, or nil.
func (p *Profile) Node(d *Dump, window *Node, role string) *Node {
	for _, id := range p.ids[role] {
		for n := range d.Find(Selector{ID: id, Within: window}) {
			return n
		}
	}
	return nil
}

// Is reports whether the node has one of the role's ids.
func (p *Profile) Is(n *Node, role string) bool {
	return n.ID != "" && slices.ContainsFunc(p.ids[role], func(id string) bool { return matchPart(id, n.ID, '/') })
}

// Inside is the first node with one of the role's ids, n itself or inside of
// it, or nil.
func (p *Profile) Inside(n *Node, role string) *Node {
	for x := range n.All() {
		if p.Is(x, role) {
			return x
		}
	}
	return nil
}

// Activity is the role of an activity, or "". Only the last part of the class
// name counts: the paths before it move between versions.
func (p *Profile) Activity(class string) string {
	last := class[strings.LastIndexAny(class, "./")+1:]
	for role, names := range p.activities {
		if slices.Contains(names, last) {
			return role
		}
	}
	return ""
}

// DeepLink is the link that opens the chat with a number (digits only), with a
// text in its composer unless it is empty.
func (p *Profile) DeepLink(number, text string) string {
	link := p.Link
	if text == "" {
		link, _, _ = strings.Cut(link, "?")
	}
	return strings.NewReplacer("{number}", number, "{text}", escape(text)).Replace(link)
}

// escape percent-encodes a text; a blank becomes %20, for "+" is a plus to
// Android's Uri.
func escape(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }
