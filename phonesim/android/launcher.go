package android

import "github.com/wabridge/wabridge/phonesim/view"

const (
	launcher          = "com.android.launcher3"
	launcherComponent = launcher + "/" + launcher + ".uioverrides.QuickstepLauncher"
)

func lid(name string) string { return launcher + ":id/" + name }

type launcherWindow struct{ s *System }

func (w launcherWindow) Title() string { return launcherComponent }

// Draw follows the shared capture launcher3_home_pt-br.xml.
func (w launcherWindow) Draw() *view.Node {
	s := w.s
	d := s.Display
	page := node(group, "", view.R(12, 81, d.Right-12, d.Bottom-128))
	for i, name := range []string{"Clock", "Photos", "Play Store"} {
		page.Add(icon(name, view.R(12+174*i, 589, 186+174*i, 843), nil))
	}
	for i, a := range s.apps {
		page.Add(icon(a.Label(), view.R(12+174*i, 1097, 186+174*i, 1351), func() {
			s.StartActivity(Intent{Action: ActionMain, Categories: []string{CategoryLauncher}, Package: a.Package()})
		}))
	}
	hot := node(group, "", view.R(12, d.Bottom-81, d.Right-12, d.Bottom))
	for i, name := range []string{"Phone", "Messages", "Chrome", "Camera"} {
		hot.Add(icon(name, view.R(12+174*i, d.Bottom-81, 186+174*i, d.Bottom), nil))
	}
	root := node(frame, "", d, node(linear, "", d, node(frame, "android:id/content", d,
		node(frame, lid("launcher"), d, node(frame, lid("drag_layer"), d,
			node(plain, lid("scrim_view"), d),
			flagged(node(scroll, lid("workspace"), d,
				node(group, "", view.R(0, 66, d.Right, d.Bottom-113), page)), view.Scrollable),
			described(node(plain, "", view.R(0, 48, d.Right, d.Bottom)), s.words().home),
			node(plain, lid("page_indicator"), view.R(0, d.Bottom-128, d.Right, d.Bottom-93)),
			node(group, lid("hotseat"), view.R(0, d.Bottom-93, d.Right, d.Bottom), hot))))))
	root.Package = launcher
	return root
}

func icon(name string, r view.Rect, tap func()) *view.Node {
	n := label(textView, "", name, r)
	n.Desc = name
	n.Flags = view.Clickable | view.Focusable | view.LongClickable
	n.Tap = tap
	return n
}
