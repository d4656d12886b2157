package android

import "github.com/wabridge/wabridge/phonesim/view"

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
