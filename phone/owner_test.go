package phone

import (
	"testing"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/uiauto/whatsapp"
)

func TestJudgeTitle(t *testing.T) {
	const bob, ann = "15550001002", "15550001003"
	group := owner{chat: wabridge.Chat{ID: "9@g.us", JID: "9@g.us", Group: true}}
	lid := owner{chat: wabridge.Chat{ID: "77@lid", JID: "77@lid"}}
	toBob, toLID, toGroup := whatsapp.Goal{Number: bob}, whatsapp.Goal{JID: "77@lid"}, whatsapp.Goal{JID: "9@g.us"}
	for name, tt := range map[string]struct {
		title  string
		shared bool
		owners []owner
		goal   whatsapp.Goal
		want   whatsapp.TitleOwner
	}{
		"nobody has it":                       {"X", false, nil, toBob, whatsapp.TitleUnknown},
		"the wanted one alone":                {"Bob", false, []owner{{number: bob}}, toBob, whatsapp.TitleWanted},
		"somebody else":                       {"Ann", false, []owner{{number: ann}}, toBob, whatsapp.TitleOther},
		"two people":                          {"Mum", false, []owner{{number: bob}, {number: ann}}, toBob, whatsapp.TitleShared},
		"two people, one without a number":    {"Mum", true, []owner{{number: bob}}, toBob, whatsapp.TitleShared},
		"a group is called like him":          {"Bob", false, []owner{{number: bob}, group}, toBob, whatsapp.TitleShared},
		"a group's name":                      {"Team", false, []owner{group}, toBob, whatsapp.TitleOther},
		"a person is called like the group":   {"Team", false, []owner{{number: ann}}, toGroup, whatsapp.TitleShared},
		"the group alone":                     {"Team", false, []owner{group}, toGroup, whatsapp.TitleWanted},
		"a chosen name proves nobody":         {"~ Bob", false, []owner{{number: bob}}, toBob, whatsapp.TitleUnknown},
		"two chose one name":                  {"~ Bob", false, []owner{{number: ann}}, toBob, whatsapp.TitleShared},
		"a chat without a number":             {"Cem", false, []owner{lid}, toLID, whatsapp.TitleWanted},
		"a chat without a number, a namesake": {"Cem", false, []owner{lid, {number: ann}}, toLID, whatsapp.TitleShared},
	} {
		if got := judgeTitle(tt.title, tt.shared, tt.owners, tt.goal); got != tt.want {
			t.Errorf("%s: got %d, want %d", name, got, tt.want)
		}
	}
}

func TestTellsApart(t *testing.T) {
	in := func(texts ...string) (out []wabridge.Message) {
		for _, x := range texts {
			out = append(out, wabridge.Message{Direction: wabridge.In, Type: "text", Text: wabridge.Text(x)})
		}
		return out
	}
	shown := func(texts ...string) (out []whatsapp.Bubble) {
		for _, x := range texts {
			out = append(out, whatsapp.Bubble{Text: x, Dir: "in"})
		}
		return out
	}
	for name, tt := range map[string]struct {
		mine    []wabridge.Message
		others  [][]wabridge.Message
		bubbles []whatsapp.Bubble
		want    bool
	}{
		"all is known of it":              {in("a", "b", "c"), [][]wabridge.Message{in("x")}, shown("a", "b", "c"), true},
		"all is the other's":              {in("a"), [][]wabridge.Message{in("x", "y")}, shown("x", "y"), false},
		"both have the same":              {in("a"), [][]wabridge.Message{in("a")}, shown("a"), false},
		"the newest is not known":         {in("a", "b", "c"), [][]wabridge.Message{nil}, shown("a", "b", "c", "?"), false},
		"too little is known":             {in("c"), [][]wabridge.Message{nil}, shown("a", "b", "c"), false},
		"empty, and nothing was written":  {nil, [][]wabridge.Message{in("x")}, nil, true},
		"empty, and of the other too":     {nil, [][]wabridge.Message{nil}, nil, false},
		"empty, but something is known":   {in("a"), [][]wabridge.Message{in("x")}, nil, false},
		"outgoing is not incoming":        {in("a"), [][]wabridge.Message{nil}, []whatsapp.Bubble{{Text: "a", Out: true}}, false},
		"no others, but nothing is known": {nil, nil, shown("a"), false},
	} {
		if got := tellsApart(tt.mine, tt.others, tt.bubbles); got != tt.want {
			t.Errorf("%s: got %v, want %v", name, got, tt.want)
		}
	}
}
