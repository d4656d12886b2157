package app

import (
	"github.com/wabridge/wabridge/phonesim/android"
	"github.com/wabridge/wabridge/phonesim/view"
)

func (a *App) loggedOut() bool { return a.sys.Has(android.FaultLoggedOut) }

// blocked is the screen that takes the place of everything when the account or
// the build may not be used, or nil.
func (a *App) blocked() screen {
	w := a.words()
	switch {
	case a.loggedOut():
		return &noticeScreen{a: a, class: ".registration.app.EULA", title: w.eulaTitle, text: "", button: w.eulaButton}
	case a.sys.Has(android.FaultBanned):
		return &noticeScreen{a: a, class: ".userban.ui.BanAppealActivity", title: w.banTitle, text: w.banText, button: w.ok}
	case a.sys.Has(android.FaultUpdateForced):
		return &noticeScreen{a: a, class: ".HomeActivity", title: w.updateTitle, text: say(w.tooOldF, a.Label()), button: w.updateButton}
	}
	return nil
}

// A noticeScreen is a full screen with a title, a text and a button: EULA, ban,
// update. The ids of the first are from memory; no capture of any is known.
type noticeScreen struct {
	a                          *App
	class, title, text, button string
}

func (s *noticeScreen) name() string  { return s.class }
func (s *noticeScreen) Title() string { return s.a.cfg.Package + "/com.whatsapp" + s.class }
func (s *noticeScreen) back() bool    { return false }

func (s *noticeScreen) Draw() *view.Node {
	a := s.a
	titleID, textID, buttonID := "title", "message", "button"
	if s.class == ".registration.app.EULA" {
		titleID, textID, buttonID = "eula_title", "eula_view", "eula_accept"
	}
	r := view.R(0, topBar, width, navBar)
	body := a.n(linear, "", r, a.t(titleID, s.title, view.R(40, 300, 680, 360)))
	if s.text != "" {
		body.Add(a.t(textID, s.text, view.R(40, 400, 680, 700)))
	}
	body.Add(tap(with(textButton(a, buttonID, s.button, view.R(40, 1400, 680, 1496)), click), func() {}))
	return a.window(a.n(scrollView, "", r, body))
}

// A strangeScreen is one that no profile knows.
type strangeScreen struct{ a *App }

func (s *strangeScreen) name() string { return ".newfeature.SomethingNewActivity" }
func (s *strangeScreen) Title() string {
	return s.a.cfg.Package + "/com.whatsapp.newfeature.SomethingNewActivity"
}
func (s *strangeScreen) back() bool { return false }

func (s *strangeScreen) Draw() *view.Node {
	a := s.a
	r := view.R(0, topBar, width, navBar)
	return a.window(a.n(linear, "", r, a.t("something_title", "Qwx zyx", view.R(40, 300, 680, 360)),
		with(textButton(a, "something_button", "Zyx", view.R(40, 1400, 680, 1496)), click)))
}
