package android

import (
	"github.com/wabridge/wabridge/phonesim/view"
)

// Short names for the trees below.
const (
	frame    = "android.widget.FrameLayout"
	linear   = "android.widget.LinearLayout"
	relative = "android.widget.RelativeLayout"
	group    = "android.view.ViewGroup"
	plain    = "android.view.View"
	textView = "android.widget.TextView"
	image    = "android.widget.ImageView"
	button   = "android.widget.Button"
	scroll   = "android.widget.ScrollView"
)

func node(class, id string, r view.Rect, children ...*view.Node) *view.Node {
	return (&view.Node{Class: class, ID: id, Bounds: r}).Add(children...)
}

func label(class, id, text string, r view.Rect) *view.Node {
	return &view.Node{Class: class, ID: id, Text: text, Bounds: r}
}

func described(n *view.Node, desc string) *view.Node { n.Desc = desc; return n }

func flagged(n *view.Node, f view.Flag) *view.Node { n.Flags |= f; return n }

func tappable(n *view.Node, f func()) *view.Node {
	n.Flags |= view.Clickable | view.Focusable
	n.Tap = f
	return n
}

func gone() *view.Node { return &view.Node{Class: plain, Flags: view.Gone} }

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

type shadeWindow struct{ s *System }

func (w shadeWindow) Title() string { return w.s.statusBarWindow() }

// Draw follows the shared capture quick_settings_shade_en_emulator.xml in its
// outer nodes, with a list of notifications as in keyguard_with_notification_cards_pt.xml.
func (w shadeWindow) Draw() *view.Node {
	s, d := w.s, w.s.Display
	stack := node(scroll, sid("notification_stack_scroller"), view.R(0, 300, d.Right, d.Bottom))
	y := 348
	for _, c := range s.Notices.Cards() {
		r := view.R(6, y, d.Right-6, y+158)
		row := node(frame, "", r, gone(),
			node(plain, sid("backgroundDimmed"), r),
			node(frame, sid("expanded"), r,
				node(frame, sid("status_bar_latest_event_content"), r,
					node(group, "android:id/notification_header", view.R(r.Left, y, r.Right, y+75),
						node(image, "android:id/icon", view.R(30, y+24, 57, y+51)),
						label(textView, "android:id/app_name_text", c.App, view.R(67, y+25, 300, y+50))),
					node(linear, "android:id/notification_main_column", view.R(30, y+69, r.Right-24, y+128),
						node(linear, "android:id/line1", view.R(30, y+69, r.Right-24, y+98),
							label(textView, "android:id/title", c.Title, view.R(30, y+69, r.Right-24, y+98))),
						label(textView, "android:id/text", c.Text, view.R(30, y+99, r.Right-24, y+128))))))
		stack.Add(flagged(row, view.Clickable|view.Focusable))
		y += 160
	}
	root := node(frame, "", d,
		flagged(node(plain, sid("scrim_behind"), d), view.Clickable|view.Focusable),
		flagged(node(plain, sid("scrim_notifications"), d), view.Focusable),
		node(plain, sid("light_reveal_scrim"), d),
		flagged(node(plain, sid("scrim_in_front"), d), view.Focusable),
		node(frame, sid("notification_panel"), d,
			node(plain, sid("keyguard_long_press"), d),
			node(group, sid("notification_container_parent"), d,
				node(frame, "", d),
				node(frame, sid("qs_frame"), d,
					node(frame, sid("quick_settings_container"), view.R(0, 0, d.Right, 300),
						flagged(node(scroll, sid("expanded_qs_scroll_view"), view.R(42, 0, d.Right-42, 300)), view.Focusable))),
				stack)))
	root.Package = sysui
	return root
}
