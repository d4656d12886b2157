package android

import (
	"slices"

	"github.com/wabridge/wabridge/phonesim/view"
)

// others are the apps besides the installed ones that take whatever is shared.
var others = []string{"Bluetooth", "Messages"}

// choose is the system's "which app?" for a share that names none: AOSP's
// ResolverActivity, from memory of its layout (resolver_list, button_once).
func (s *System) choose(i Intent) {
	title := "android/com.android.internal.app.ResolverActivity"
	if s.Android >= 14 {
		title = "com.android.intentresolver/com.android.intentresolver.ResolverActivity"
	}
	picked := -1
	d := &dialog{title: title, passing: true}
	d.back = func() { s.closeDialog(d) }
	var takers []App
	for _, a := range s.apps {
		if a.Resolve(i) != "" {
			takers = append(takers, a)
		}
	}
	d.draw = func() *view.Node { return s.drawChooser(d, takers, &picked, i) }
	s.dialogs = append(s.dialogs, d)
	s.Changed()
}

func (s *System) drawChooser(d *dialog, takers []App, picked *int, i Intent) *view.Node {
	w := s.chooserWords()
	names := make([]string, 0, len(takers)+len(others))
	for _, a := range takers {
		names = append(names, a.Label())
	}
	names = append(names, others...)
	r := view.R(0, 900, s.Display.Right, 1544)
	list := node("android.widget.ListView", "android:id/resolver_list", view.R(0, 1010, r.Right, 1400))
	for n, name := range names {
		y := 1010 + 120*n
		item := tappable(node(linear, "", view.R(0, y, r.Right, y+120),
			node(image, "android:id/icon", view.R(32, y+20, 112, y+100)),
			node(linear, "", view.R(140, y+20, r.Right, y+100), label(textView, "android:id/text1", name, view.R(140, y+35, r.Right-20, y+85)))), func() { *picked = n })
		if *picked == n {
			item.Flags |= view.Selected
		}
		list.Add(item)
	}
	bar := node(linear, "android:id/button_bar", view.R(0, 1400, r.Right, 1544))
	for n, b := range []struct{ id, text string }{{"android:id/button_once", w[1]}, {"android:id/button_always", w[2]}} {
		at := view.R(300+200*n, 1420, 490+200*n, 1520)
		button := tappable(label(button, b.id, b.text, at), func() {
			s.closeDialog(d)
			if *picked < len(takers) {
				s.start(takers[*picked], i)
			}
		})
		if *picked < 0 {
			button.Flags |= view.Disabled
		}
		bar.Add(button)
	}
	root := node(frame, "", r, node(frame, "android:id/content", r, node(group, "android:id/contentPanel", r,
		label(textView, "android:id/title", w[0], view.R(32, 930, r.Right-32, 990)), list, bar)))
	root.Package = "android"
	if s.Android >= 14 {
		root.Package = "com.android.intentresolver"
	}
	return root
}

// chooserWords are title, "just once" and "always"; from memory.
func (s *System) chooserWords() [3]string {
	switch s.Locale {
	case "pt":
		return [3]string{"Compartilhar", "Só uma vez", "Sempre"}
	case "es":
		return [3]string{"Compartir", "Solo una vez", "Siempre"}
	case "de":
		return [3]string{"Teilen", "Nur einmal", "Immer"}
	case "ru":
		return [3]string{"Поделиться", "Только сейчас", "Всегда"}
	}
	return [3]string{"Share", "Just once", "Always"}
}

// dropPassing takes away what does not outlive the next activity.
func (s *System) dropPassing() {
	s.dialogs = slices.DeleteFunc(s.dialogs, func(d *dialog) bool { return d.passing })
}
