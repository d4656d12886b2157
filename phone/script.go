package phone

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/adb"
	"github.com/wabridge/wabridge/uiauto"
)

// The texts that go to the phone's shell. They need nothing but what every
// Android since 7 has: sh, cat, rm, echo, dumpsys, am, input, uiautomator.

const (
	dir       = "/data/local/tmp/"
	markFile  = dir + "wabridge.mark"
	staleWord = "wabridge:stale"
	frontWord = "wabridge:front"
	openWord  = "wabridge:open"
)

// markScript leaves the session's mark, and prints it if it is there. Commands that carry another mark,
// delayed on a bad link and arriving late, do nothing.
func markScript(mark string) string {
	return "echo " + mark + " > " + markFile + "; cat " + markFile
}

// guarded runs act only while the mark is ours.
func guarded(mark, act string) string {
	return fmt.Sprintf(`if [ "$(cat %s)" = %s ]; then %s; else echo %s; fi`, markFile, mark, act, staleWord)
}

// openScript opens a chat if the phone is awake, unlocked and shows no window
// of the app; otherwise it prints what is in front and opens nothing. That way
// the check and the act are one service.
func openScript(mark, pkg, start string) string {
	return guarded(mark, `w=$(dumpsys power | grep -m1 mWakefulness=); `+
		`f=$(dumpsys window | grep -E 'mCurrentFocus=|mDreamingLockscreen=|mShowingDream='); `+
		`case "$w $f" in `+
		`*=Asleep*|*=Dozing*|*=Dreaming*|*mDreamingLockscreen=true*|*NotificationShade*|*StatusBar*|*Keyguard*|*" `+pkg+`/"*) `+
		`echo `+frontWord+`; echo "$w"; echo "$f";; `+
		`*) echo `+openWord+`; `+start+` 2>&1;; esac`)
}

// linkStart is the deep link of a number with a text, as the app's manifest
// has it (exported alias TextAndDirectChatDeepLink). -p keeps Android from
// asking which app to open it with.
func linkStart(p wabridge.Phone, number, text string) string {
	link := "https://wa.me/" + number
	if text != "" {
		link += "?text=" + escape(text)
	}
	return "am start" + user(p) + " -a android.intent.action.VIEW -d " + adb.Quote(link) + " -p " + p.Package
}

// jidStart opens a chat by its id with a text shared into it: the way for
// groups, and for texts whose link would be too long. Reports only, see the
// facts on Android, section 7: not verified on a phone by us.
func jidStart(p wabridge.Phone, jid, text string) string {
	return "am start" + user(p) + " -a android.intent.action.SEND -t text/plain --es jid " + adb.Quote(jid) +
		" --es android.intent.extra.TEXT " + adb.Quote(text) + " -p " + p.Package
}

// chatStart opens a chat by its id without a text.
func chatStart(p wabridge.Phone, jid string) string {
	return "am start" + user(p) + " -n " + p.Package + "/com.whatsapp.Conversation -a android.intent.action.SENDTO --es jid " + adb.Quote(jid)
}

// homeStart opens the app's chat list.
func homeStart(p wabridge.Phone) string {
	return "am start" + user(p) + " -a android.intent.action.MAIN -c android.intent.category.LAUNCHER -n " + p.Package + "/com.whatsapp.Main"
}

// user names the Android user where it is not the first; some phones refuse
// --user (facts on Android, section 2), so it is left out for user 0.
func user(p wabridge.Phone) string {
	if p.User == 0 {
		return ""
	}
	return " --user " + strconv.Itoa(p.User)
}

// escape is percent-encoding with %20 for blanks: a "+" would arrive as one.
func escape(text string) string {
	return strings.ReplaceAll(url.QueryEscape(text), "+", "%20")
}

// dumpScript prints a dump that is certainly younger than this command: its
// file has a name that was never used before.
func dumpScript(nonce string) string {
	f := dir + "wabridge-" + nonce + ".xml"
	return "uiautomator dump " + f + " 2>&1; cat " + f + " 2>/dev/null; rm -f " + f
}

func tapScript(mark string, r uiauto.Rect) string {
	x, y := r.Center()
	return guarded(mark, fmt.Sprintf("input tap %d %d", x, y))
}

func keyScript(keys ...string) string {
	return "input keyevent " + strings.Join(keys, " ")
}

// Key codes, see android.view.KeyEvent.
const (
	keyBack   = "KEYCODE_BACK"
	keyHome   = "KEYCODE_HOME"
	keyWake   = "KEYCODE_WAKEUP"
	keyEnd    = "KEYCODE_MOVE_END"
	keyDelete = "KEYCODE_DEL"
)

func swipeScript(x1, y1, x2, y2 int) string {
	return fmt.Sprintf("input swipe %d %d %d %d 300", x1, y1, x2, y2)
}
