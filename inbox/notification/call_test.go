package notification

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// callRecord is a record as `dumpsys notification` prints it; its fields are
// those of a real dump of a missed call (id, tag, category, channel, extras),
// for a call that rings those of AOSP.
func callRecord(category, channel string, body []string, extras ...string) string {
	var b strings.Builder
	b.WriteString("Current Notification Manager state:\n  Notification List:\n")
	fmt.Fprintf(&b, "    NotificationRecord(0x0a1b2c3d: pkg=com.whatsapp user=UserHandle{0} id=4 tag=null importance=4 key=0|com.whatsapp|4|null|10290: Notification(channel=%s shortcut=null contentView=null flags=AUTO_CANCEL color=0xff21c063%s vis=PRIVATE))\n", channel, category)
	b.WriteString("      uid=10290 userId=0\n      notification=\n")
	for _, l := range body {
		b.WriteString("            " + l + "\n")
	}
	b.WriteString("            extras={\n")
	for _, l := range extras {
		b.WriteString("                " + l + "\n")
	}
	b.WriteString("            }\n      mAdjustments=[]\n  \n  mArchive=Archive (0 notifications)\n")
	return b.String()
}

func TestCallOf(t *testing.T) {
	str := func(key, v string) string { return key + "=String (" + v + ")" }
	title := func(v string) string { return str("android.title", v) }
	text := func(v string) string { return str("android.text", v) }
	when := []string{"fullscreenIntent=null", "when=1774472586000"}
	full := []string{"fullscreenIntent=PendingIntent{a5cecf8: PendingIntentRecord{edb8c37 com.whatsapp startActivity}}", "when=1774472586000"}
	const missedCategory, callCategory = " category=missed_call", " category=call"
	at := time.UnixMilli(1774472586000).UTC()
	for name, tt := range map[string]struct {
		record string
		want   Call // without Key and At
	}{
		"missed": {callRecord(missedCategory, "individual_chat_defaults_2", when, title("Ana"), "video_call=Boolean (false)", text("Missed voice call")),
			Call{Kind: MissedCall, Name: "Ana"}},
		"missed video call of a number": {callRecord(missedCategory, "individual_chat_defaults_2", when, title("+49 170 1234567"), "video_call=Boolean (true)", text("x")),
			Call{Kind: MissedCall, Name: "+49 170 1234567", Shown: "491701234567", Video: true}},
		"missed in a language whose words are not known": {callRecord(missedCategory, "individual_chat_defaults_2", when, title("Ana"), text("zmeškaný hovor")),
			Call{Kind: MissedCall, Name: "Ana"}},
		"several missed": {callRecord(missedCategory, "individual_chat_defaults_2", when, title("2 missed video calls"), text("Ana")),
			Call{Kind: MissedCall, Name: "Ana", Video: true}},
		"several missed, of nobody named": {callRecord(missedCategory, "individual_chat_defaults_2", when, title("2 missed voice calls"), text("2 missed voice calls")),
			Call{Kind: MissedCall}},
		"rings, by its type": {callRecord(callCategory, "voip_notification_12", when, title("Ana"), "android.callType=Integer (1)", "android.callIsVideo=Boolean (true)", text("x")),
			Call{Kind: Ringing, Name: "Ana", Video: true}},
		"rings, by the whole screen": {callRecord(callCategory, "voip_notification_12", full, title("Ana"), text("x")),
			Call{Kind: Ringing, Name: "Ana"}},
		"rings, by words":              {callRecord(callCategory, "voip_notification_12", when, title("Ana"), text("Appel vocal entrant")), Call{Kind: Ringing, Name: "Ana"}},
		"rings, by the channel":        {callRecord("", "voip_notification_12", full, title("Ana"), text("x")), Call{Kind: Ringing, Name: "Ana"}},
		"goes on, by its type":         {callRecord(callCategory, "voip_notification_12", full, title("Ana"), "android.callType=Integer (2)", text("x")), Call{}},
		"goes on or is made from here": {callRecord(callCategory, "voip_notification_12", when, title("Ana"), text("Ongoing voice call")), Call{}},
		"a backup":                     {callRecord("", "chat_history_backup@1", when, title("x"), text("Backup in progress")), Call{}},
	} {
		t.Run(name, func(t *testing.T) {
			records, err := ParseDump([]byte(tt.record))
			if err != nil || len(records) != 1 {
				t.Fatalf("%d records, %v", len(records), err)
			}
			got, ok := CallOf(records[0], DefaultWords())
			if tt.want.Kind != "" {
				tt.want.Key, tt.want.At = "0|com.whatsapp|4|null|10290", at
			}
			if diff := cmp.Diff(tt.want, got); diff != "" || ok != (tt.want.Kind != "") {
				t.Errorf("ok %t (-want +got):\n%s", ok, diff)
			}
			if list := Conversations(records, nil, DefaultWords()); len(list) != 0 {
				t.Errorf("a chat was found: %+v", list)
			}
		})
	}
}

// TestNobodyInventsACall has a message hold the lines of a call.
func TestNobodyInventsACall(t *testing.T) {
	text := "hi)\n            fullscreenIntent=PendingIntent{x}\n                android.callType=Integer (1)\n                video_call=Boolean (true"
	records, err := ParseDump([]byte(form{}.dump(chatPost(ana, tagA, "Ana", line{sender: "Ana", text: text, sec: 10}))))
	if err != nil {
		t.Fatal(err)
	}
	for _, rec := range records {
		if c, ok := CallOf(rec, DefaultWords()); ok {
			t.Errorf("call = %+v", c)
		}
	}
}
