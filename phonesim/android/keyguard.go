package android

import (
	"fmt"
	"strings"
	"time"

	"github.com/wabridge/wabridge/phonesim/view"
)

// lock is the keyguard.
type lock struct {
	set     bool // the phone locks whenever its display goes off
	on      bool
	pin     string // "": a swipe opens it
	bouncer bool   // the PIN pad is shown
	typed   string
}

const sysui = "com.android.systemui"

func sid(name string) string { return sysui + ":id/" + name }

// Awake reports whether the display is on.
func (s *System) Awake() bool { return s.awake }

// Locked reports whether the keyguard is up, and whether it asks a secret.
func (s *System) Locked() (locked, secure bool) { return s.lock.on, s.lock.on && s.Secure() }

// SetAwake switches the display.
func (s *System) SetAwake(on bool) {
	was := s.seenApp()
	s.awake = on
	if !on {
		s.lock.on, s.lock.bouncer, s.lock.typed, s.shade = s.lock.set, false, "", false
	}
	s.tellSeen(was)
	s.Changed()
}

// DismissKeyguard takes a swipe lock away or brings up the PIN pad.
func (s *System) DismissKeyguard() {
	if !s.lock.on || !s.awake {
		return
	}
	if s.lock.pin != "" {
		s.lock.bouncer = true
		s.Changed()
		return
	}
	s.unlock()
}

func (s *System) unlock() {
	was := s.seenApp()
	s.lock.on, s.lock.bouncer, s.lock.typed = false, false, ""
	s.tellSeen(was)
	s.Changed()
}

// digit is a key of the PIN pad; enter checks what was typed.
func (s *System) digit(d string) {
	if s.lock.bouncer {
		s.lock.typed += d
		s.Changed()
	}
}

func (s *System) enterPIN() {
	if !s.lock.bouncer {
		return
	}
	if s.lock.typed == s.lock.pin {
		s.unlock()
		return
	}
	s.lock.typed = ""
	s.Changed()
}

type keyguardWindow struct{ s *System }

func (w keyguardWindow) Title() string { return w.s.statusBarWindow() }

// Draw follows the shared captures keyguard_with_notification_icons (AOSP style)
// and, for the PIN pad, the id names of AOSP's KeyguardPINView from memory: the
// captured pad is a vendor's.
func (w keyguardWindow) Draw() *view.Node {
	s := w.s
	all := s.Display
	root := node(frame, "", all)
	root.Package = sysui
	root.Add(
		node(frame, sid("backdrop"), all, node(image, sid("backdrop_back"), all)),
		node(plain, sid("scrim_behind"), all),
		node(plain, sid("scrim_notifications"), all),
		node(plain, sid("light_reveal_scrim"), all),
		node(plain, sid("scrim_in_front"), all),
		w.panel(),
		node(linear, sid("keyguard_message_area_container"), view.R(0, 48, all.Right, all.Bottom)),
	)
	if s.lock.bouncer {
		root.Add(w.bouncer())
	}
	return root
}

func (w keyguardWindow) panel() *view.Node {
	all := w.s.Display
	now := time.Now()
	icons := node(frame, sid("left_aligned_notification_icon_container"), view.R(7, 302, 720, 371))
	for i, a := range w.s.Notices.Labels() {
		icons.Add(described(node(image, "", view.R(47+30*i, 312, 79+30*i, 360)), w.s.words().notificationOf(a)))
	}
	clock := node(relative, sid("keyguard_clock_container"), view.R(0, 95, 720, 371),
		node(frame, sid("lockscreen_clock_view"), view.R(7, 95, 360, 260),
			described(label(textView, sid("animatable_clock_view"), now.Format("15:04"), view.R(47, 95, 360, 260)), now.Format("15:04"))),
		node(linear, sid("keyguard_status_area"), view.R(7, 260, 720, 371),
			node(linear, sid("keyguard_slice_view"), view.R(7, 260, 720, 302),
				node(linear, sid("row"), view.R(53, 260, 720, 302),
					label(textView, "", now.Format("Mon, 2 Jan"), view.R(53, 260, 213, 302)))),
			icons))
	return node(frame, sid("notification_panel"), all,
		node(frame, sid("preview_container"), all),
		node(group, sid("notification_container_parent"), all,
			node(frame, sid("qs_frame"), all,
				node(frame, sid("quick_settings_container"), view.R(0, 0, 720, 289),
					flagged(node(scroll, sid("expanded_qs_scroll_view"), view.R(23, 0, 697, 289)), view.Focusable))),
			node("android.widget.GridLayout", sid("keyguard_status_view"), view.R(0, 95, 720, 371),
				node(linear, sid("status_view_container"), view.R(0, 95, 720, 371), clock))),
		node(frame, sid("keyguard_bottom_area"), all,
			node(linear, sid("keyguard_indication_area"), view.Rect{},
				label(textView, sid("keyguard_indication_text"), fmt.Sprintf("%d%%", BatteryLevel), view.Rect{}))),
		node(frame, sid("glance_frame"), view.Rect{}))
}

func (w keyguardWindow) bouncer() *view.Node {
	s, all := w.s, w.s.Display
	pad := node(linear, sid("keyguard_pin_view"), all,
		flagged(label("android.widget.EditText", sid("pinEntry"), strings.Repeat("•", len(s.lock.typed)), view.R(116, 702, 604, 762)),
			view.Clickable|view.Focusable|view.Focused|view.LongClickable|view.Password))
	for i, d := range []string{"1", "2", "3", "4", "5", "6", "7", "8", "9", "", "0"} {
		if d == "" {
			continue
		}
		x, y := 126+177*(i%3), 837+139*(i/3)
		r := view.R(x, y, x+113, y+113)
		pad.Add(tappable(described(node(group, sid("key"+d), r, label(textView, sid("digit_text"), d, r)), d), func() { s.digit(d) }))
	}
	enter := view.R(480, 1254, 593, 1367)
	pad.Add(tappable(described(node("android.widget.ImageButton", sid("key_enter"), enter), "Enter"), s.enterPIN))
	return node(frame, sid("keyguard_bouncer_container"), all,
		node(group, sid("keyguard_security_container"), all,
			node("android.widget.ViewFlipper", sid("view_flipper"), all, pad)))
}

func (w keyguardWindow) Type(text string) {
	for _, r := range text {
		w.s.digit(string(r))
	}
}

func (w keyguardWindow) Delete(bool) { w.s.lock.typed = "" }

func (w keyguardWindow) Enter() { w.s.enterPIN() }

// BatteryLevel is how full the battery is, in percent.
const BatteryLevel = 87
