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
	case a.loggedOut() && a.sys.Value(android.FaultLoggedOut) == "age":
		return &noticeScreen{a: a, class: ".registration.app.RegisterPhone", title: "Quando você nasceu?", text: "Essa informação é necessária para usar o WhatsApp.", button: "AVANÇAR", ids: ageIDs}
	case a.loggedOut():
		return &noticeScreen{a: a, class: ".registration.app.EULA", title: w.eulaTitle, text: "", button: w.eulaButton, ids: eulaIDs}
	case a.sys.Has(android.FaultBanned):
		return &noticeScreen{a: a, class: ".userban.ui.BanAppealActivity", title: w.banTitle, text: w.banText, button: w.ok, ids: plainIDs}
	case a.sys.Has(android.FaultUpdateForced):
		return &noticeScreen{a: a, class: ".HomeActivity", title: w.updateTitle, text: say(w.tooOldF, a.Label()), button: w.updateButton, ids: updateIDs}
	}
	return nil
}

// noticeIDs are the ids of a full screen's parts.
type noticeIDs struct{ root, title, text, button string }

// Those of the age page and of the update are captured (2026); its words other
// than Portuguese are from memory. Those of the agreement are reported, and of the
// ban no capture is known.
var (
	ageIDs    = noticeIDs{"pancake_activity_container", "consent_dob_title", "consent_dob_description", "consent_dob_cta"}
	eulaIDs   = noticeIDs{"", "eula_title", "eula_view", "eula_accept"}
	updateIDs = noticeIDs{"software_too_old_root", "software_too_old_title", "software_too_old", "download"}
	plainIDs  = noticeIDs{"", "title", "message", "button"}
)

// A noticeScreen is a full screen with a title, a text and a button: EULA, age,
// ban, update.
type noticeScreen struct {
	a                          *App
	class, title, text, button string
	ids                        noticeIDs
}

func (s *noticeScreen) name() string  { return s.class }
func (s *noticeScreen) Title() string { return s.a.cfg.Package + "/com.whatsapp" + s.class }
func (s *noticeScreen) back() bool    { return false }

func (s *noticeScreen) Draw() *view.Node {
	a := s.a
	r := view.R(0, topBar, width, navBar)
	body := a.n(linear, "", r, a.t(s.ids.title, s.title, view.R(40, 300, 680, 360)))
	if s.text != "" {
		body.Add(a.t(s.ids.text, s.text, view.R(40, 400, 680, 700)))
	}
	body.Add(tap(with(textButton(a, s.ids.button, s.button, view.R(40, 1400, 680, 1496)), click), func() {}))
	return a.window(a.n(scrollView, s.ids.root, r, body))
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
