package app

import (
	"cmp"

	"github.com/wabridge/wabridge/phonesim/view"
)

// An alert is an AlertDialog of the app: a window of its own, so that a dump
// holds nothing else. Its tree is that of the shared capture
// whatsapp_dialog_number_not_on_whatsapp_pt-br_720x1640.
type alert struct {
	a        *App
	activity string // whose dialog it is; .Conversation if empty
	title    string
	text     string
	buttons  []alertButton
	sticky   bool // neither back nor a tap outside closes it
}

type alertButton struct {
	text string
	act  func()
}

func (d *alert) name() string { return "" }
func (d *alert) Title() string {
	return d.a.cfg.Package + "/com.whatsapp" + cmp.Or(d.activity, ".Conversation")
}
func (d *alert) back() bool { return d.sticky }

// Cancel is a tap outside.
func (d *alert) Cancel() {
	if !d.sticky {
		d.a.closeDialog()
	}
}

func (a *App) closeDialog() {
	if n := len(a.over); n > 0 {
		a.over = a.over[:n-1]
	}
	a.shownAgain()
	a.sys.Changed()
}

// dialog shows a text with an OK button.
func (a *App) dialog(text string) {
	a.over = append(a.over, &alert{a: a, text: text, buttons: []alertButton{{a.words().ok, a.closeDialog}}})
}

// inviteDialog says that a number is not on WhatsApp.
func (a *App) inviteDialog(number string) screen {
	w := a.words()
	return &alert{a: a, text: say(w.notOnF, number), buttons: []alertButton{
		{w.invite, func() { a.closeDialog(); a.sys.Home() }}, {w.cancel, a.closeDialog}}}
}

// A saveDialog is WhatsApp Business' dialog for a number that is not on WhatsApp,
// as captured in 2026 in Portuguese; it names no number. It was seen after "new
// contact"; that a link leads to it is from memory.
type saveDialog struct{ a *App }

func (d *saveDialog) name() string  { return "" }
func (d *saveDialog) Title() string { return d.a.cfg.Package + "/com.whatsapp.Conversation" }
func (d *saveDialog) back() bool    { return false }

// Cancel is a tap outside.
func (d *saveDialog) Cancel() { d.a.closeDialog() }

func (d *saveDialog) Draw() *view.Node {
	a := d.a
	in := view.R(63, 474, 657, 1100)
	button := func(id, text string, top int) *view.Node {
		return tap(with(textButton(a, id, text, view.R(108, top, 612, top+90)), click), a.closeDialog)
	}
	body := a.n(frame, "custom", in,
		a.t("non_wa_invite_dialog_title", "Esse número não está no WhatsApp", view.R(108, 504, 612, 613)),
		a.t("non_wa_invite_dialog_message", "Você pode salvar esse contato no seu dispositivo e enviar um convite para o WhatsApp.", view.R(108, 628, 612, 740)),
		button("non_wa_invite_dialog_save_and_invite_button", "SALVAR E CONVIDAR", 770),
		button("non_wa_invite_dialog_save_only_button", "APENAS SALVAR", 875),
		button("non_wa_invite_dialog_ok_button", "OK", 980))
	return a.finish(a.n(frame, "", in, a.n(linearComp, "parentPanel", in, a.n(frame, "customPanel", in, body))))
}

// Draw makes the tree.
func (d *alert) Draw() *view.Node {
	a := d.a
	const left, right, top = 66, 654, 628
	_, h := measure(d.text, right-left)
	h += 18
	titleH := 0
	if d.title != "" {
		titleH = 90
	}
	textEnd := top + titleH + 36 + h
	bottom := textEnd + 28 + 96*len(d.buttons) + 28
	in := view.R(left, top, right, bottom)
	panel := a.n(linearComp, "parentPanel", in)
	if d.title != "" {
		r := view.R(left, top, right, top+titleH)
		panel.Add(a.n(linear, "topPanel", r, a.n(linear, "title_template", r, a.t("alertTitle", d.title, r))))
	}
	body := view.R(left, top+titleH, right, textEnd)
	panel.Add(a.n(frame, "contentPanel", body, a.n(scrollView, "scrollView", body, a.n(linear, "", body,
		a.n(plain, "textSpacerNoTitle", view.R(left, body.Top, right, body.Top+36)),
		with(a.t("android:id/message", d.text, view.R(left, body.Top+36, right, textEnd)), view.Focusable)))))
	panel.Add(d.buttonPanel(view.R(left, textEnd, right, bottom)))
	root := a.n(frame, "", view.R(18, top, 702, bottom), a.n(linear, "", in, a.n(frame, "", in,
		a.n(frame, "action_bar_root", in, a.n(frame, "android:id/content", in, panel)))))
	return a.finish(root)
}

func (d *alert) buttonPanel(r view.Rect) *view.Node {
	a := d.a
	col := a.n(linear, "", r)
	ids := []string{"android:id/button1", "android:id/button2", "android:id/button3"}
	for i, b := range d.buttons {
		y := r.Top + 28 + 96*i
		col.Add(tap(with(desc(textButton(a, ids[i], b.text, view.R(r.Left+125, y, r.Right-48, y+96)), b.text), click), b.act))
	}
	return with(a.n(scrollView, "buttonPanel", r, col), view.Focusable)
}

// A searchingDialog is the spinner while a number is looked up. Only its text is
// reported ("the only text on the screen"); the tree is from memory.
type searchingDialog struct{ a *App }

func (d *searchingDialog) name() string { return "" }
func (d *searchingDialog) Title() string {
	return d.a.cfg.Package + "/com.whatsapp.TextAndDirectChatDeepLink"
}
func (d *searchingDialog) back() bool { d.a.cancelOpening(); return false }

func (d *searchingDialog) Draw() *view.Node {
	a := d.a
	in := view.R(66, 700, 654, 880)
	root := a.n(frame, "", view.R(18, 700, 702, 880), a.n(linear, "", in, a.n(frame, "", in,
		a.n(frame, "action_bar_root", in, a.n(frame, "android:id/content", in,
			a.n(linearComp, "parentPanel", in, a.n(frame, "contentPanel", in, a.n(linear, "body", in,
				a.n("android.widget.ProgressBar", "android:id/progress", view.R(90, 750, 170, 830)),
				a.t("android:id/message", a.words().searching, view.R(200, 765, 630, 815))))))))))
	return a.finish(root)
}

// popup lays something over a chat.
func (a *App) popup(c *Chat, name string) {
	w := a.words()
	switch name {
	case "disappearing_card":
		c.Card = true
	case "rating":
		a.over = append(a.over, &alert{a: a, title: w.rateTitle, text: "★★★★★", buttons: []alertButton{{w.ok, a.closeDialog}, {w.notNow, a.closeDialog}}})
	default:
		a.over = append(a.over, &alert{a: a, title: "Qwx", text: "Lorem ipsum dolor sit amet", buttons: []alertButton{{"Zyx", a.closeDialog}}})
	}
}

// nag is the "Update WhatsApp" dialog over home.
func (a *App) nag() {
	w := a.words()
	a.home()
	a.over = []screen{&alert{a: a, title: w.updateTitle, text: say(w.outOfDateF, a.Label()), buttons: []alertButton{
		{w.updateButton, func() { a.closeDialog(); a.sys.Home() }}, {w.notNow, a.closeDialog}}}}
}

// A popupMenu is the overflow menu: a window of its own, as in the shared capture
// whatsapp_overflow_menu_popup_only_en_720.
type popupMenu struct{ a *App }

func (m *popupMenu) name() string  { return "" }
func (m *popupMenu) Title() string { return "PopupWindow:5a1c2d3" }
func (m *popupMenu) back() bool    { return false }

// Cancel is a tap outside.
func (m *popupMenu) Cancel() { m.a.closeDialog() }

func (a *App) menu() { a.over = append(a.over, &popupMenu{a}) }

func (m *popupMenu) Draw() *view.Node {
	a := m.a
	items := []string{"New group", "Linked devices", "Settings"}
	r := view.R(308, 153, 712, 177+96*len(items)+24)
	list := with(a.n(listView, "", view.R(308, 177, 712, 177+96*len(items))), view.Focusable)
	for i, name := range items {
		y := 177 + 96*i
		row := view.R(308, y, 712, y+96)
		in := view.R(340, y+26, 680, y+69)
		list.Add(tap(with(a.n(linear, "", row, a.n(linear, "content", row, a.n(relative, "", in, a.t("title", name, in)))), view.Clickable), a.closeDialog))
	}
	return a.finish(a.n(frame, "", r, a.n(frame, "", r, list)))
}
