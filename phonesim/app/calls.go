package app

import (
	"fmt"
	"slices"
	"strings"

	"github.com/wabridge/wabridge/phonesim/android"
	"github.com/wabridge/wabridge/phonesim/notice"
	"github.com/wabridge/wabridge/phonesim/view"
)

// A Call is somebody's call to the account, or what became of it.
type Call struct {
	From  string `json:"from"` // digits
	Name  string `json:"name,omitempty"`
	Video bool   `json:"video,omitempty"`
	State string `json:"state"` // ringing, answered, missed, ended
	// HeadsUp has a ringing call only in a notification, as on a phone in use;
	// without it the call's screen covers everything.
	HeadsUp bool `json:"heads_up,omitempty"`
}

var callStates = []string{"ringing", "answered", "missed", "ended"}

const (
	// callID is the notification of a call that rings or goes on: 201 and its channel
	// were seen on a phone for calls that go on (report, WhatsApp 2.26.36).
	callID   = 201
	missedID = 4 // seen in a real dump
)

// Call rings, is answered on the phone, is missed or has ended.
func (a *App) Call(c Call) error {
	if c.From = digitsOf(c.From); c.From == "" {
		return fmt.Errorf("from: %q has no digits", c.From)
	}
	if !slices.Contains(callStates, c.State) {
		return fmt.Errorf("state: %q is not one of %s", c.State, strings.Join(callStates, ", "))
	}
	if c.Name != "" {
		a.AddContact(Contact{Name: c.Name, Number: c.From})
	}
	a.alive()
	chat := a.chat(c.From)
	a.sys.ShowCall(nil)
	a.sys.Notices.Cancel(a.plainKey(callID))
	silent := a.sys.Has(android.FaultNoNotifications)
	switch c.State {
	case "ringing":
		if !silent {
			a.sys.Notices.Post(a.callNotice(chat, c))
		}
		if !c.HeadsUp {
			a.sys.ShowCall(&callScreen{a: a, chat: chat, call: c})
		}
	case "answered":
		a.sys.Notices.Post(a.callNotice(chat, c))
	case "missed":
		if !silent {
			a.sys.Notices.Post(a.missedNotice(chat, c))
		}
	}
	return nil
}

func (a *App) plainKey(id int) string {
	n := notice.Notification{Package: a.cfg.Package, ID: id, UID: a.UID()}
	return n.Key()
}

// callNotice is the notification of a call in progress.
func (a *App) callNotice(c *Chat, call Call) notice.Notification {
	fw := a.files()
	n := a.base(c)
	n.ID, n.GroupKey, n.GroupAlert, n.Shortcut, n.Public = callID, "", 0, "", nil
	n.Importance, n.Flags, n.Category = 4, notice.Ongoing|notice.NoClear|notice.ForegroundService, "call"
	n.Channel, n.ChannelTag = "voip_notification_1", "Call notifications"
	n.When = now()
	n.Title, n.Text = c.title(), fw.incomingVoice
	n.Actions = []notice.Action{{Title: fw.decline, Starts: "startService"}, {Title: fw.answer, Starts: "startActivity"}}
	if call.Video {
		n.Text = fw.incomingVideo
	}
	if call.State == "answered" {
		n.Text, n.Actions = fw.ongoingVoice, n.Actions[:1]
	}
	n.Extras = a.callExtras(&n, call.State == "answered")
	return n
}

func (a *App) callExtras(n *notice.Notification, timer bool) []notice.Extra {
	return []notice.Extra{
		notice.Str("android.title", n.Title),
		notice.Typed("android.reduced.images", "Boolean", "true"),
		notice.Null("android.subText"),
		notice.Typed("android.showChronometer", "Boolean", fmt.Sprint(timer)),
		notice.Str("android.text", n.Text),
		notice.Typed("android.progress", "Integer", "0"),
		notice.Typed("android.progressMax", "Integer", "0"),
		notice.Typed("android.appInfo", "ApplicationInfo", "ApplicationInfo{"+android.Token(a.cfg.Package)+" "+a.cfg.Package+"}"),
		notice.Typed("android.showWhen", "Boolean", fmt.Sprint(timer)),
		notice.Null("android.largeIcon"),
		notice.Null("android.infoText"),
		notice.Typed("android.progressIndeterminate", "Boolean", "false"),
		notice.Null("android.remoteInputHistory"),
	}
}

// missedNotice has id, tag, category, channel, actions and the two extras of a
// record from a real dump (facts/android.md 3); the rest is as in others of the app.
func (a *App) missedNotice(c *Chat, call Call) notice.Notification {
	fw := a.files()
	n := a.base(c)
	n.ID, n.GroupKey, n.GroupAlert, n.Shortcut = missedID, "", 0, ""
	n.Importance, n.Flags, n.Category = 4, notice.AutoCancel, "missed_call"
	n.Channel, n.ChannelTag = "individual_chat_defaults_2", "Message notifications"
	n.When = now()
	n.Title, n.Text = c.title(), fw.missedVoice
	if call.Video {
		n.Text = fw.missedVideo
	}
	n.Public = &notice.Public{Title: a.Label(), Text: n.Text}
	n.Actions = []notice.Action{{Title: fw.callBack, Starts: "startActivity"}, {Title: fw.message, Starts: "startActivity"}}
	n.Extras = append(a.callExtras(&n, false),
		notice.Typed("video_call", "Boolean", fmt.Sprint(call.Video)), notice.Typed("isGroupCall", "Boolean", "false"))
	return n
}

// A callScreen is the call that rings over everything: layout voip_activity_v2 and
// answer_call_btns of 2.20.123; that decline_incoming_call_view is an id of today is reported.
type callScreen struct {
	a    *App
	chat *Chat
	call Call
}

// Title is the window's name.
func (s *callScreen) Title() string {
	return s.a.cfg.Package + "/com.whatsapp.voipcalling.VoipActivityV2"
}

// Draw makes the tree.
func (s *callScreen) Draw() *view.Node {
	a, fw := s.a, s.a.files()
	r := wholeScreen
	label := fw.incomingVoice
	if s.call.Video {
		label = fw.incomingVideo
	}
	end := func(state string) func() {
		return func() {
			c := s.call
			c.State = state
			_ = a.Call(c) // its sender was checked when it rang
		}
	}
	picture := a.n(image, "call_picture_grid", view.R(210, 420, 510, 720))
	hint(picture, "avatar", s.chat.title())
	picture.Picture = a.picture(s.chat)
	buttons := a.n(linear, "answer_call_btns", view.R(0, 1200, width, 1500))
	for i, b := range []struct {
		id, desc string
		act      func()
	}{
		{"decline_incoming_call", fw.decline, end("ended")}, {"accept_incoming_call", fw.answer, end("answered")}, {"reply_incoming_call", fw.reply, func() {}},
	} {
		at := view.R(240*i, 1220, 240*i+240, 1420)
		buttons.Add(a.n(linear, b.id+"_container", at, tap(with(desc(a.n(image, b.id+"_view", view.R(240*i+60, 1240, 240*i+180, 1360)), b.desc), click), b.act)))
	}
	return a.window(a.n(frame, "call_screen_root", r, a.n(relative, "call_screen", r, picture,
		a.n(linear, "call_details", view.R(0, 160, width, 400),
			a.t("name", s.chat.title(), view.R(60, 200, 660, 270)),
			a.t("call_status", label, view.R(60, 290, 660, 340))),
		buttons)))
}
