package app

import (
	"slices"

	"github.com/wabridge/wabridge/phonesim/view"
)

// An aboutScreen is the page about a contact or a group, behind a tap on the
// chat's title. From memory: name, number and "about" of a contact, the members
// of a group; no capture is known, and the ids are made up. The number of a person
// who hides it is shown once a link looked the person up by it.
type aboutScreen struct {
	a    *App
	chat *Chat
}

func (s *chatScreen) about() {
	s.keyboard = false
	s.a.push(&aboutScreen{a: s.a, chat: s.chat})
}

func (s *aboutScreen) name() string {
	if s.chat.Group {
		return ".group.GroupChatInfoActivity"
	}
	return ".chatinfo.ContactInfoActivity"
}
func (s *aboutScreen) Title() string { return s.a.cfg.Package + "/com.whatsapp" + s.name() }
func (s *aboutScreen) back() bool    { return false }

func (s *aboutScreen) Draw() *view.Node {
	a, r := s.a, view.R(0, topBar, width, navBar)
	page := a.n(linear, "", r, a.t("contact_title", s.chat.title(), view.R(40, 300, 680, 360)))
	var lines []string
	switch {
	case s.chat.Group:
		lines = s.members()
	case s.chat.profile == "" || s.chat.lookedUp: // else the number is hidden
		lines = []string{FormatNumber(s.chat.ID), s.about()}
	default:
		lines = []string{s.about()}
	}
	y := 380
	for _, line := range lines {
		if line != "" {
			page.Add(a.t("contact_line", line, view.R(40, y, 680, y+60)))
			y += 80
		}
	}
	return a.window(a.n(scrollView, "", r, page))
}

// about is what the person wrote about themselves.
func (s *aboutScreen) about() string {
	for _, k := range s.a.cfg.Contacts {
		if k.Number == s.chat.ID {
			return k.About
		}
	}
	return ""
}

// members are those who wrote in the group, as it shows them.
func (s *aboutScreen) members() (names []string) {
	for _, m := range s.chat.Messages {
		if m.Sender != "" && !slices.Contains(names, m.Sender) {
			names = append(names, m.Sender)
		}
	}
	return names
}
