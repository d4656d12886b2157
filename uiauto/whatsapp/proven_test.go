package whatsapp

import (
	"strings"
	"testing"

	"github.com/wabridge/wabridge/uiauto"
)

func TestProven(t *testing.T) {
	const bob = "15550001002"
	goal := func(o TitleOwner, direct bool, names ...string) Goal {
		return Goal{Number: bob, Names: names, Owner: o, Direct: direct}
	}
	for name, tt := range map[string]struct {
		header Header
		goal   Goal
		want   bool
	}{
		"the contact's name":                      {Header{Title: "Bob"}, goal(TitleUnknown, false, "Bob"), true},
		"the name with other marks, unique":       {Header{Title: "\u200eBob"}, goal(TitleUnknown, false, "Bob"), true},
		"a group of that name":                    {Header{Title: "Bob", Group: true}, goal(TitleUnknown, true, "Bob"), false},
		"a group, by the link":                    {Header{Title: "Team", Group: true}, goal(TitleUnknown, true), false},
		"a name of two, by the link":              {Header{Title: "Mum"}, goal(TitleShared, true, "Mum"), false},
		"a name of two, told by the page":         {Header{Title: "Mum"}, goal(TitleTold, true), true},
		"somebody else's, by the link":            {Header{Title: "Ann"}, goal(TitleOther, true), false},
		"saved like another's number":             {Header{Title: "+1 555 888 7777", Number: "15558887777"}, goal(TitleWanted, true), true},
		"another number":                          {Header{Title: "+1 555 888 7777", Number: "15558887777"}, goal(TitleUnknown, true), false},
		"the number":                              {Header{Title: "+1 555-000-1002", Number: bob}, goal(TitleUnknown, false), true},
		"a name that nobody knows, by the link":   {Header{Title: "~ Bob"}, goal(TitleUnknown, true), true},
		"a name that nobody knows, without a way": {Header{Title: "~ Bob"}, goal(TitleUnknown, false), false},
	} {
		if proof, got := Proven(tt.header, tt.goal); got != tt.want {
			t.Errorf("%s: %v (%s), want %v", name, got, proof, tt.want)
		}
	}
}

func TestPageNumbers(t *testing.T) {
	page := func(texts ...string) []string {
		rows := ""
		for _, x := range texts {
			rows += el("text="+x, "at=[0,100][720,160]")
		}
		d, err := uiauto.Parse(strings.NewReader(`<hierarchy rotation="0">` + el(rows) + `</hierarchy>`))
		if err != nil {
			t.Fatal(err)
		}
		return PageNumbers(Screen{App: wa}, d, "+1 555 888 7777")
	}
	for name, tt := range map[string]struct {
		texts []string
		want  int
	}{
		"the title alone":     {[]string{"+1 555 888 7777"}, 0},
		"the number":          {[]string{"+1 555 888 7777", "+1 555-000-1002", "Hey there"}, 1},
		"an about of a digit": {[]string{"Mum", "+1 555-000-1002", "+1 555-000-1003"}, 2},
		"a number twice":      {[]string{"+1 555-000-1002", "+1 555-000-1002"}, 1},
	} {
		if got := page(tt.texts...); len(got) != tt.want {
			t.Errorf("%s: got %v, want %d", name, got, tt.want)
		}
	}
}
