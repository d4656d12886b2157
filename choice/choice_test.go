package choice

import (
	"strings"
	"testing"

	"github.com/wabridge/wabridge"
)

func TestPick(t *testing.T) {
	choices := []wabridge.Choice{{Number: 1, Title: "Yes"}, {Number: 2, Title: "Ещё  раз"}, {Number: 3, Title: "2"}}
	for text, want := range map[string]string{
		"1": "Yes", "1.": "Yes", "1️⃣": "Yes", "YES": "Yes", "1. yes": "Yes", " ещё раз": "Ещё  раз", "ЕЩЕ РАЗ": "Ещё  раз", "2. ещё раз": "Ещё  раз",
		"2": "", "": "", "yes!": "", "4": "", // "2" is the number of one and the title of another
	} {
		got, ok := Pick(choices, text)
		if ok != (want != "") || got.Title != want {
			t.Errorf("%q: got %q, %t, want %q", text, got.Title, ok, want)
		}
	}
}

func TestNumber(t *testing.T) {
	for text, want := range map[string]int{"7": 7, "7)": 7, "١٢": 12, "🔟": 10, "\u200e2": 2, "07": 0, "7 x": 0, "": 0, "-7": 0, strings.Repeat("1", 40): 0} {
		if got := Number(text); got != want {
			t.Errorf("%q: got %d, want %d", text, got, want)
		}
	}
}

func FuzzPick(f *testing.F) {
	f.Add("Yes", "1")
	f.Add("ß", "SS")
	f.Fuzz(func(t *testing.T, title, text string) {
		choices := []wabridge.Choice{{Number: 1, Title: title}}
		if c, ok := Pick(choices, text); ok && c.Number != 1 {
			t.Errorf("got %+v", c)
		}
		if c, ok := Pick(choices, title); !ok && Fold(title) != "" {
			t.Errorf("the title %q is not the choice: %+v", title, c)
		}
	})
}
