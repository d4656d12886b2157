package file

import "testing"

// FuzzSameName: a document's name is its own, and with a counter of the app.
func FuzzSameName(f *testing.F) {
	for _, c := range [][2]string{{"a.pdf", "a.pdf"}, {"a.pdf", "a (1).pdf"}, {"a/b.pdf", "a_b.pdf"}, {"", ""}, {".", "x."}, {"a.PDF", "A-12.pdf"}} {
		f.Add(c[0], c[1])
	}
	f.Fuzz(func(t *testing.T, name, file string) {
		sameName(name, file)
		if !sameName(name, name) {
			t.Errorf("%q is not its own name", name)
		}
	})
}
