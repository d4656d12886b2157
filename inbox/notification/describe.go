package notification

import (
	"fmt"
	"io"
	"strings"

	"github.com/wabridge/wabridge/uiauto"
)

// Find parses a dump and gives the conversations of an app's packages, in the
// dump's order: records with messages, and those whose text the phone hides.
func Find(data []byte, packages []string, words Words) ([]Conversation, error) {
	records, err := ParseDump(data)
	if err != nil {
		return nil, err
	}
	return Conversations(records, packages, words), nil
}

// Conversations keeps the chats of the given packages (none: both of
// WhatsApp's); summaries, service notifications and missed calls go.
func Conversations(records []Record, packages []string, words Words) []Conversation {
	if len(packages) == 0 {
		packages = []string{"com.whatsapp", "com.whatsapp.w4b"}
	}
	list := []Conversation{}
	for _, rec := range records {
		for _, p := range packages {
			if rec.Package != p {
				continue
			}
			if c := Messages(rec, words); c.Kind == Chat || c.Kind == Hidden {
				if c.Messages == nil {
					c.Messages = []Message{}
				}
				list = append(list, c)
			}
		}
	}
	return list
}

// Describe writes conversations for a person to read.
func Describe(w io.Writer, list []Conversation) error {
	var b strings.Builder
	for _, c := range list {
		describe(&b, c)
	}
	if len(list) == 0 {
		b.WriteString("no chat has a notification\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func describe(b *strings.Builder, c Conversation) {
	what := "chat"
	if c.IsGroup {
		what = "group"
	}
	fmt.Fprintf(b, "%s %q", what, c.Chat)
	if c.ChatID != "" {
		fmt.Fprintf(b, " (%s)", c.ChatID)
	} else if c.Number != "" {
		fmt.Fprintf(b, " (+%s)", c.Number)
	}
	fmt.Fprintf(b, " in %s\n", c.Package)
	switch {
	case c.Redacted:
		b.WriteString("  the texts are redacted: make the dump with `adb shell dumpsys notification --noredact`\n")
	case c.Kind == Hidden:
		b.WriteString("  the phone shows no text: allow content on the lock screen\n")
	}
	for _, m := range c.Messages {
		who := m.Sender
		if m.Own {
			who = "(own) " + who
		}
		text := strings.ReplaceAll(uiauto.Clean(m.Text), "\n", "\n      ")
		fmt.Fprintf(b, "  %s  %s: %s\n", m.Time.Format("2006-01-02 15:04:05Z"), who, text)
	}
	if c.Doubtful {
		b.WriteString("  some messages could not be told apart: open the chat\n")
	}
}
