package notification

import (
	"strings"
	"sync"

	"github.com/wabridge/wabridge/displayname"
	"github.com/wabridge/wabridge/uiauto"
	"github.com/wabridge/wabridge/uiauto/whatsapp"
)

// Words are the app's own texts in all known languages, those of the app
// profiles. They only ever narrow what a record is; no message is found by a
// word.
type Words struct{ *uiauto.Words }

// DefaultWords are those of the built-in profiles.
func DefaultWords() Words { return Words{builtin()} }

var builtin = sync.OnceValue(func() *uiauto.Words {
	p, err := uiauto.LoadProfiles("")
	if err != nil {
		panic("notification: built-in profiles: " + err.Error())
	}
	return p.Words
})

// service and missedCall are the words of records that are no messages.
var (
	service    = []string{"notice_maybe_new", "notice_checking", "notice_web_active", "notice_backup", "notice_voice_from"}
	missedCall = []string{
		"missed_voice_call", "missed_video_call", "missed_group_call", "missed_call_other",
		"count_missed_voice", "count_missed_video",
	}
)

func (w Words) oneOf(s string, keys []string) bool { return w.Which(s, keys...) != "" }

// MediaKind guesses what a text stands for (whatsapp.MessageKind); "" is plain
// text. Somebody may have typed the same, so it is a guess.
func (w Words) MediaKind(text string) string { return whatsapp.ReadParaphrase(text, w.Words).Kind }

// groupName removes " (2 messages)" from the end of a group's title. The app
// writes it from the second message on; count is its own count, 0 where it
// gives none.
func (w Words) groupName(title string, count int) string {
	name := displayname.Clean(title)
	open := strings.LastIndex(name, " (")
	inner, ok := strings.CutSuffix(name[max(open, 0):], ")")
	if count == 1 || open < 0 || !ok || !w.Is("count_messages", inner[2:]) {
		return name
	}
	return name[:open]
}
