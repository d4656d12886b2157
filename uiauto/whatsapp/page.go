package whatsapp

import (
	"slices"

	"github.com/wabridge/wabridge/displayname"
	"github.com/wabridge/wabridge/uiauto"
)

// PageNumbers lists the different numbers, digits, that stand on the page about
// a chat as texts of their own, as that of a contact shows the contact's. The
// page's own title is left out: a name may read like a number. People can write a
// number there (their "about"), and a group's page has those of members, so
// several prove nothing.
func PageNumbers(s Screen, d *uiauto.Dump, title string) (numbers []string) {
	if d == nil {
		return nil
	}
	titled := false
	for _, w := range d.Windows() {
		if w.Package != s.App {
			continue
		}
		for n := range w.All() {
			if !titled && displayname.Same(n.Text, title) {
				titled = true
				continue
			}
			if d := displayname.Number(n.Text); d != "" && !slices.Contains(numbers, d) {
				numbers = append(numbers, d)
			}
		}
	}
	return numbers
}
