package console

import (
	"sort"
	"strconv"
	"strings"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

// search fills the list with people and texts that hold the words.
func (c *Console) search(v *visit, l *listData, names map[string]string) error {
	people, err := c.Store.FindPeople(v.Context(), l.Phone, l.Words, foundMost)
	if err != nil {
		return err
	}
	for _, one := range people {
		l.Rows = append(l.Rows, v.row(one, names))
	}
	texts, err := c.Store.FindTexts(v.Context(), l.Phone, l.Words, foundMost)
	if err != nil {
		return err
	}
	called, err := c.namesOf(v.Context(), texts)
	if err != nil {
		return err
	}
	for _, m := range texts {
		chat := wabridge.Chat{ID: m.Chat, Phone: m.Phone, Number: m.Number, Name: called[chatKey{m.Phone, m.Chat}], Group: m.Group != ""}
		if chat.Group {
			chat.Name = or(chat.Name, m.GroupName)
		}
		found := v.row(queue.Conversation{Chat: chat, Newest: m.Created, Last: m}, names)
		found.Href += "?at=" + strconv.FormatInt(m.Seq, 10)
		found.Last, found.Open = around(string(m.Text), l.Words, 80), false
		l.Texts = append(l.Texts, found)
	}
	return nil
}

// around cuts a text to about n characters around the words, so that they can
// be seen.
func around(text, words string, n int) string {
	text = strings.Join(strings.Fields(text), " ")
	runes, s := []rune(text), queue.NewSearch(words)
	if len(runes) <= n || !s.InText(text) {
		return brief(text, n)
	}
	// The words end where the text first holds them.
	end := sort.Search(len(runes), func(i int) bool { return s.InText(string(runes[:i+1])) })
	from := max(0, min(end-len([]rune(words))-n/3, len(runes)-n))
	cut := string(runes[from:min(len(runes), from+n)])
	if from > 0 {
		cut = "…" + cut
	}
	return cut + "…"
}

// brief is a text in one line of at most n characters.
func brief(text string, n int) string {
	text = strings.Join(strings.Fields(text), " ")
	if runes := []rune(text); len(runes) > n {
		return string(runes[:n]) + "…"
	}
	return text
}
