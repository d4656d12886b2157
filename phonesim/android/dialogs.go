package android

import (
	"fmt"
	"slices"

	"github.com/wabridge/wabridge/phonesim/view"
)

// A dialog is a window of the system over an app.
type dialog struct {
	title   string
	anr     bool
	passing bool // goes with Home and with the next activity
	draw    func() *view.Node
	back    func()
}

func (d *dialog) Title() string    { return d.title }
func (d *dialog) Draw() *view.Node { return d.draw() }

func (s *System) closeDialog(d *dialog) {
	s.dialogs = slices.DeleteFunc(s.dialogs, func(o *dialog) bool { return o == d })
	s.Changed()
}

func (s *System) dropANR() {
	s.dialogs = slices.DeleteFunc(s.dialogs, func(o *dialog) bool { return o.anr })
}

// showANR brings up "… isn't responding" for the app in front, or the first
// one. The tree is that of the shared capture anr_dialog_process_system_en.xml.
func (s *System) showANR() {
	if len(s.apps) == 0 {
		return
	}
	a := s.front
	if a == nil {
		a = s.apps[0]
	}
	d := &dialog{title: "Application Not Responding: " + a.Package(), anr: true, back: func() {}}
	d.draw = func() *view.Node {
		w := s.words()
		outer, in := view.R(28, 640, 692, 1000), view.R(46, 658, 674, 982)
		root := node(frame, "", outer, node(frame, "", in, node(frame, "android:id/content", in,
			node(linear, "android:id/parentPanel", in,
				node(linear, "android:id/topPanel", view.R(46, 658, 674, 740),
					node(linear, "android:id/title_template", view.R(46, 658, 674, 740),
						label(textView, "android:id/alertTitle", w.notResponding(a.Label()), view.R(88, 690, 632, 740)))),
				node(frame, "android:id/customPanel", view.R(46, 740, 674, 982),
					node(frame, "android:id/custom", view.R(46, 740, 674, 982),
						node(linear, "", view.R(46, 740, 674, 982),
							tappable(label(button, "android:id/aerr_close", w.closeApp, view.R(46, 762, 674, 862)), func() { s.closeDialog(d); s.Kill(a) }),
							tappable(label(button, "android:id/aerr_wait", w.wait, view.R(46, 862, 674, 962)), func() { s.closeDialog(d) }))))))))
		root.Package = "android"
		return root
	}
	s.dialogs = append(s.dialogs, d)
}

// showPermission asks for the contacts permission. The tree is that of the
// shared captures: permission_dialog_packageinstaller up to Android 10's
// predecessor names, permissioncontroller since.
func (s *System) showPermission() {
	pkg := "com.google.android.permissioncontroller"
	d := &dialog{title: pkg + "/com.android.permissioncontroller.permission.ui.GrantPermissionsActivity"}
	name := "WhatsApp"
	if len(s.apps) > 0 {
		name = s.apps[0].Label()
	}
	shut := func() { s.closeDialog(d) }
	d.back = func() {} // the back key does not answer it
	pid := func(n string) string { return "com.android.permissioncontroller:id/" + n }
	d.draw = func() *view.Node {
		w := s.words()
		r := view.R(18, 560, 702, 1200)
		root := node(frame, "", r, node(frame, "", r, node(frame, "android:id/content", r,
			flagged(node(scroll, "", r,
				flagged(node(linear, pid("grant_singleton"), r,
					flagged(node(linear, pid("grant_dialog"), r,
						node(linear, pid("content_container"), view.R(47, 590, 673, 850),
							node(linear, "", view.R(91, 634, 629, 806),
								node(image, pid("permission_icon"), view.R(330, 634, 390, 694)),
								label(textView, pid("permission_message"), w.allowContacts(name), view.R(91, 714, 629, 806)))),
						node(linear, "", view.R(47, 850, 673, 1170),
							tappable(label(button, pid("permission_allow_button"), w.allow, view.R(91, 856, 629, 958)), shut),
							tappable(label(button, pid("permission_deny_button"), w.deny, view.R(91, 970, 629, 1072)), shut))),
						view.Clickable)), view.Clickable)), view.Focusable))))
		root.Package = pkg
		return root
	}
	s.dialogs = append(s.dialogs, d)
}

// words are the system's own words. English and Portuguese of the launcher and
// keyguard are from the shared captures; the rest is from memory.
type words struct {
	home, closeApp, wait, allow, deny     string
	notRespondingF, allowContactsF, noteF string
}

func (s *System) words() words {
	switch s.Locale {
	case "pt":
		return words{"Início", "Fechar app", "Aguardar", "Permitir", "Não permitir", "%s não está respondendo", "Permitir que o app %s acesse seus contatos?", "Notificação do %s: "}
	case "es":
		return words{"Inicio", "Cerrar app", "Esperar", "Permitir", "No permitir", "%s no responde", "¿Permitir que %s acceda a tus contactos?", "Notificación de %s: "}
	case "de":
		return words{"Startbildschirm", "App schließen", "Warten", "Zulassen", "Nicht zulassen", "%s reagiert nicht", "Darf %s auf deine Kontakte zugreifen?", "%s-Benachrichtigung: "}
	case "ru":
		return words{"Главный экран", "Закрыть приложение", "Подождать", "Разрешить", "Не разрешать", "Приложение \"%s\" не отвечает", "Разрешить приложению %s доступ к контактам?", "Уведомление %s: "}
	}
	return words{"Home", "Close app", "Wait", "Allow", "Don’t allow", "%s isn't responding", "Allow %s to access your contacts?", "%s notification: "}
}

func (w words) notResponding(app string) string  { return fmt.Sprintf(w.notRespondingF, app) }
func (w words) allowContacts(app string) string  { return fmt.Sprintf(w.allowContactsF, app) }
func (w words) notificationOf(app string) string { return fmt.Sprintf(w.noteF, app) }
