package whatsapp

import (
	"strings"

	"github.com/wabridge/wabridge"
)

// Outline draws a note and a window for a log, without a word of what they say:
// ">" went out, "<" came in, equal contents have the same letter, "?" stands for
// what is out of sight, "^" for the beginning of the chat, "~" for a bubble that
// is cut off.
func Outline(before []wabridge.BubblePrint, now []Bubble) string {
	letters := map[string]string{"": "?"}
	var note, window strings.Builder
	for _, p := range before {
		outlinePrint(&note, letters, p)
	}
	for _, b := range now {
		outlinePrint(&window, letters, Print(b))
		if b.Clipped {
			window.WriteByte('~')
		}
	}
	return "note" + note.String() + " now" + window.String()
}

func outlinePrint(w *strings.Builder, letters map[string]string, p wabridge.BubblePrint) {
	if letters[p.Hash] == "" {
		letters[p.Hash] = string(rune('A' + (len(letters)-1)%26))
	}
	w.WriteByte(' ')
	if p.First {
		w.WriteByte('^')
	}
	if p.Out {
		w.WriteString(">" + letters[p.Hash] + p.Time + p.Tick)
	} else {
		w.WriteString("<" + letters[p.Hash] + p.Time)
	}
}
