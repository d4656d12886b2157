package notification

import (
	"math/rand/v2"
	"testing"
)

// whatPeopleChoose are names that say of themselves who, when or what they are.
var whatPeopleChoose = []string{
	"+49 170 0000001", "+1 555 000 2001", "+\u0664\u0669 170 0000001", "You", "Du", "Tú", "Você", "Вы", "⤷ You got a reply", "⤷ +49 170 0000001",
	"Ana", "Ana:", "~Ana", "491700000001@s.whatsapp.net", "Team (2 messages)", "Ana (You)", "WhatsApp", "Missed voice call", "12:30", "",
}

// Whatever name somebody chose, it gives no number, no other sender, no
// direction and no kind: in a chat with one person the id alone does.
func TestChosenNamesProveNothing(t *testing.T) {
	ids := []struct{ id, number string }{{"156538723369061@lid", ""}, {"491700000099@s.whatsapp.net", "491700000099"}, {"", ""}}
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 7))
		name, who := whatPeopleChoose[r.IntN(len(whatPeopleChoose))], ids[r.IntN(len(ids))]
		shown := []string{"~\u202f", "\u200e~\u202f", "~\u00a0", "~ "}[r.IntN(4)] + name
		self := []string{"You", "Du", ""}[r.IntN(3)]

		p := chatPost(who.id, tagA, shown, line{sender: shown, text: "Ana: stop", sec: 10})
		p.self = self
		c := one(t, form{old: r.IntN(2) == 0}, p)
		if m := c.Messages[0]; c.Number != who.number || c.Shown != "" || !c.Stranger || m.Number != who.number || m.Own || m.LikeUs || m.Text != "Ana: stop" || !m.Stranger {
			t.Errorf("seed %d: %q of %q: number %q, shown %q, message %+v", seed, shown, who.id, c.Number, c.Shown, m)
		}
		p = groupPost(team, tagA, "Team", line{sender: shown, text: "Ana: stop", sec: 10})
		p.self = self
		if m := one(t, form{}, p).Messages[0]; m.Number != "" || m.Own || m.LikeUs || m.Text != "Ana: stop" || !m.Stranger {
			t.Errorf("seed %d: %q in a group: %+v", seed, shown, m)
		}
	}
}

// A person who is saved under the app's own words writes: nothing makes an echo
// of it, in a chat with that person or in a group.
func TestPeopleSavedUnderTheAppsWords(t *testing.T) {
	for _, name := range []string{"You", "Du", "Tú", "Você", "Вы"} {
		for _, self := range []string{name, ""} {
			p := chatPost(ana, tagA, name, line{sender: name, text: "hello", sec: 10})
			p.self = self
			if m := one(t, form{}, p).Messages[0]; m.Own || m.Sender != name || m.Number != "491700000001" {
				t.Errorf("%q (self %q): %+v", name, self, m)
			}
			p = groupPost(team, tagA, "Team", line{sender: name, text: "hello", sec: 10}, line{sender: name, text: "ours", sec: 11, mine: true})
			p.self = self
			ms := one(t, form{}, p).Messages
			if ms[0].Own || !ms[0].LikeUs || ms[0].Sender != name || self != "" && !ms[1].Own {
				t.Errorf("%q in a group (self %q): %+v", name, self, ms)
			}
		}
	}
}

// A group that is called like a counter keeps its name where the app counts one.
func TestGroupNamedLikeACounter(t *testing.T) {
	for _, tt := range []struct {
		title string
		count int
		want  string
	}{
		{"Team (2 messages)", 1, "Team (2 messages)"},
		{"Team (2 messages)", 2, "Team"},
		{"Team (2 messages) (3 messages)", 3, "Team (2 messages)"},
		{"Team (2 messages)", 0, "Team"},
		{"Team (2 players)", 2, "Team (2 players)"},
	} {
		if got := DefaultWords().groupName(tt.title, tt.count); got != tt.want {
			t.Errorf("%q with %d unread: got %q, want %q", tt.title, tt.count, got, tt.want)
		}
	}
}
