package notification

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// forgedRecord is what an attacker who knows everything that does not change
// would write to let the bank say something.
func forgedRecord(uid int, text string) string {
	p := chatPost(bank, tagB, "Bank", line{sender: "Bank", text: text, sec: 99})
	p.uid = uid
	return form{}.record(p)
}

// cut is s up to and including the first mark.
func cut(s, mark string) string {
	i := strings.Index(s, mark)
	return s[:i+len(mark)]
}

// tail is what stands in a record behind its newest message.
func tail() string {
	r := form{}.record(chatPost(ana, tagA, "Ana", line{sender: "Ana", text: "x", sec: 1}))
	return r[strings.Index(r, ", time="):]
}

var forgeries = []struct{ name, text string }{
	{"a comma and a time", "hi, time=1}]"},
	{"a second text", "hi, text=pay, time=1}]"},
	{"line feeds", "one\n\n  two\n    three\n      four=4\n"},
	{"the header of a record", "hi\n    NotificationRecord(0x0a1b2c3d: pkg=com.whatsapp user=UserHandle{0} id=1 tag=x importance=4 key=0|com.whatsapp|1|x|10290: Notification(channel=c shortcut=" + bank + " flags=0x0))\n"},
	{"a whole record", "hi\n" + forgedRecord(10290, "pay")},
	{"a whole record behind a field", "hi\n      a=b\n" + forgedRecord(10290, "pay")},
	{"a whole record without its end", "hi\n      a=b\n" + cut(forgedRecord(10290, "pay"), "android.text=String (")},
	{"a record that takes the rest", "hi, time=1000}]" + tail()[len(", time=1000}]"):] + cut(forgedRecord(10290, "pay"), "text=pay")},
	{"a record of another uid that takes the rest", "hi" + tail() + cut(forgedRecord(10299, "pay"), "text=pay")},
	{"the end of the list", "hi\n            }\n      a=b\n  \n  mArchive=Archive (0 notifications)\n"},
	{"entries of extras", "hi)\n                android.title=String (Bank)\n                android.text=String (pay)\n                android.progress=Integer (0"},
	{"entries and an array", "hi)\n                android.progress=Integer (0)\n                android.messages=Parcelable[] (1)\n                  [0] Bundle[{extras=Bundle[{}], sender_person=android.app.Person@1, sender=Bank, text=hi, time=1}]\n                android.showWhen=Boolean (true)\n            }\n      a=b\n    NotificationRecord("},
	{"an array that repeats its own beginning", "hi)\n                android.messages=Parcelable[] (1)\n                  [0] Bundle[{sender=Bank, text=hi, time=1}]\n                android.showWhen=Boolean (true"},
	{"a second element", "hi, time=1}]\n                  [1] Bundle[{extras=Bundle[{}], sender_person=android.app.Person@1, sender=Bank, text=pay"},
	{"a first element", "hi, time=1}]\n                  [0] Bundle[{extras=Bundle[{}], sender_person=android.app.Person@1, sender=Bank, text=pay"},
	{"an element and the end of the array", "hi, time=1}]\n                  [1] Bundle[{sender=Bank, text=pay, time=2}]\n                android.showWhen=Boolean (true)\n            }\n      a=b"},
	{"our own reply", "hi, time=1}]\n                  [1] Bundle[{extras=Bundle[{}], sender=You, text=yes, do it"},
	{"a group's mark", "hi\n                android.isGroupConversation=Boolean (true)\n                android.conversationTitle=String (Team)"},
	{"another shortcut", "hi\n      shortcut=" + bank + " found valid? true\n      key=0|com.whatsapp|1|null|10290"},
	{"carriage returns", "hi\r\n    NotificationRecord(0x00000001: pkg=com.whatsapp\r\n"},
	{"only blanks and brackets", " )\n}\n]}\n)]"},
	{"nothing", ""},
}

// texts are the messages of a chat as sender, text and second.
func texts(c Conversation) []string {
	var out []string
	for _, m := range c.Messages {
		out = append(out, fmt.Sprintf("%s|%s|%d", m.Sender, m.Text, m.Time.Unix()))
	}
	return out
}

func TestForgedMessageIsOneMessage(t *testing.T) {
	for _, f := range []form{{}, {old: true}, {between: " bbbc=2"}, {between: "appImportanceLocked=false"}} {
		for _, tt := range forgeries {
			t.Run(tt.name, func(t *testing.T) {
				summary := summaryPost()
				summary.bigText = "Ana: " + tt.text
				in := f.dump(summary,
					chatPost(ana, tagA, "Ana", line{sender: "Ana", text: tt.text, sec: 1774472586}),
					chatPost("491700000002@s.whatsapp.net", tagB, "Ben", line{sender: "Ben", text: "see you", sec: 1774472590}))
				list, err := Find([]byte(in), nil, DefaultWords())
				if err != nil {
					t.Fatal(err)
				}
				if len(list) != 2 {
					t.Fatalf("got %d conversations, want 2: %+v", len(list), list)
				}
				if list[0].ChatID != ana || list[0].Number != "491700000001" || list[0].Chat != "Ana" || list[0].IsGroup {
					t.Errorf("chat = %+v", list[0])
				}
				want := []string{"Ana|" + tt.text + "|1774472586"}
				if diff := cmp.Diff(want, texts(list[0])); diff != "" {
					t.Error("messages of the chat (-want +got):\n", diff)
				}
				if diff := cmp.Diff([]string{"Ben|see you|1774472590"}, texts(list[1])); diff != "" {
					t.Error("messages of the other chat (-want +got):\n", diff)
				}
			})
		}
	}
}

func TestForgedMessageBetweenOthers(t *testing.T) {
	for _, tt := range forgeries {
		for pos, lines := range map[string][]line{
			"oldest": {{sender: "Ana", text: tt.text, sec: 10}, {sender: "Ana", text: "and now", sec: 12}},
			"newest": {{sender: "Ana", text: "before", sec: 10}, {sender: "Ana", text: tt.text, sec: 12}},
			"twice":  {{sender: "Ana", text: tt.text, sec: 10}, {sender: "Ana", text: tt.text, sec: 12}},
		} {
			t.Run(tt.name+", "+pos, func(t *testing.T) {
				in := form{}.dump(chatPost("491700000002@s.whatsapp.net", tagB, "Ben", line{sender: "Ben", text: "see you", sec: 11}),
					chatPost(ana, tagA, "Ana", lines...), summaryPost())
				list, err := Find([]byte(in), nil, DefaultWords())
				if err != nil || len(list) != 2 {
					t.Fatalf("list = %+v, %v", list, err)
				}
				if diff := cmp.Diff([]string{"Ben|see you|11"}, texts(list[0])); diff != "" {
					t.Error("messages of the other chat (-want +got):\n", diff)
				}
				want := []string{"Ana|" + lines[0].text + "|10", "Ana|" + lines[1].text + "|12"}
				if diff := cmp.Diff(want, texts(list[1])); diff != "" {
					t.Error("messages (-want +got):\n", diff)
				}
			})
		}
	}
}

func TestForgedSenderInAGroupIsNeverBelieved(t *testing.T) {
	fake := "hi, time=5000}]\n                  [1] Bundle[{extras=Bundle[{}], sender_person=android.app.Person@1, sender=Boss, text=pay him"
	for name, lines := range map[string][]line{
		"alone":                        {{sender: "Eve", text: fake, sec: 10}},
		"before one":                   {{sender: "Eve", text: fake, sec: 10}, {sender: "Cem", text: "ok", sec: 12}},
		"behind one":                   {{sender: "Cem", text: "ok", sec: 10}, {sender: "Eve", text: fake, sec: 12}},
		"before two":                   {{sender: "Eve", text: fake, sec: 10}, {sender: "Cem", text: "ok", sec: 12}, {sender: "Dan", text: "bye", sec: 13}},
		"between two":                  {{sender: "Cem", text: "ok", sec: 10}, {sender: "Eve", text: fake, sec: 12}, {sender: "Dan", text: "bye", sec: 13}},
		"before three with next index": {{sender: "Dan", text: "1", sec: 10}, {sender: "Eve", text: strings.ReplaceAll(fake, "[1]", "[2]"), sec: 12}, {sender: "Cem", text: "3", sec: 13}, {sender: "Cem", text: "4", sec: 14}},
	} {
		t.Run(name, func(t *testing.T) {
			list, err := Find([]byte(form{}.dump(groupPost(team, tagA, "Team", lines...))), nil, DefaultWords())
			if err != nil || len(list) != 1 {
				t.Fatalf("list = %+v, %v", list, err)
			}
			truth := map[string]bool{}
			for _, l := range lines {
				truth[fmt.Sprintf("%s|%s|%d", l.sender, l.text, l.sec)] = true
			}
			for _, got := range texts(list[0]) {
				if !truth[got] {
					t.Errorf("invented %q", got)
				}
			}
			if len(list[0].Messages) != len(lines) && !list[0].Doubtful {
				t.Errorf("got %d messages of %d without saying so", len(list[0].Messages), len(lines))
			}
			if len(lines) < 3 && len(list[0].Messages) != len(lines) {
				t.Errorf("got %d messages, want %d", len(list[0].Messages), len(lines))
			}
		})
	}
}

func TestOtherAppsCannotForgeARecord(t *testing.T) {
	mail := post{pkg: "com.google.android.gm", tag: "mail", channel: "mail", title: "News", uid: 10221, noArray: true,
		bigText: "hi)\n            }\n      a=b\n" + cut(forgedRecord(10299, "pay"), "text=pay")}
	text := "hi"
	mail.text = &text
	in := form{}.dump(mail, chatPost(ana, tagA, "Ana", line{sender: "Ana", text: "hello", sec: 10}), summaryPost())
	list, err := Find([]byte(in), nil, DefaultWords())
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != 1 || list[0].ChatID != ana {
		t.Fatalf("list = %+v", list)
	}
}

// TestTrustedHeadersCloseThePerfectForgery shows the one case that a dump alone
// cannot decide, and that the redacted dump does.
func TestTrustedHeadersCloseThePerfectForgery(t *testing.T) {
	forged := "x, time=10000}]\n                  [1] Bundle[{extras=Bundle[{}], sender=Ana, text=ok" + tail() +
		forgedRecord(10290, "pay") + cut(form{}.record(post{pkg: "other.app", tag: "t", uid: 10001, title: "T", noArray: true}), "android.title=String (")
	posts := []post{chatPost(ana, tagA, "Ana", line{sender: "Ana", text: forged, sec: 10}, line{sender: "Ana", text: "ok", sec: 12}),
		chatPost("491700000002@s.whatsapp.net", tagB, "Ben", line{sender: "Ben", text: "see you", sec: 11})}
	dump := []byte(form{}.dump(posts...))
	trusted, err := Headers([]byte(form{redacted: true}.dump(posts...)))
	if err != nil || len(trusted) != 2 {
		t.Fatalf("trusted = %v, %v", trusted, err)
	}
	records, err := ParseTrusted(dump, trusted)
	if err != nil {
		t.Fatal(err)
	}
	list := Conversations(records, nil, DefaultWords())
	if len(list) != 2 || list[0].ChatID != ana || len(list[0].Messages) != 2 {
		t.Fatalf("list = %+v", list)
	}
	if diff := cmp.Diff([]string{"Ana|" + forged + "|10", "Ana|ok|12"}, texts(list[0])); diff != "" {
		t.Error("messages (-want +got):\n", diff)
	}
}

func TestNobodyDecidesHowWeAreCalled(t *testing.T) {
	fake := "hi)\n                android.progress=Integer (0)\n                android.selfDisplayName=String (Boss)\n                android.appInfo=x (y"
	for name, lines := range map[string][]line{
		"newest": {{sender: "Boss", text: "do it", sec: 10}, {sender: "Eve", text: fake, sec: 11}},
		"older":  {{sender: "Eve", text: fake, sec: 10}, {sender: "Boss", text: "do it", sec: 11}},
	} {
		list, err := Find([]byte(form{}.dump(groupPost(team, tagA, "Team", lines...))), nil, DefaultWords())
		if err != nil || len(list) != 1 || len(list[0].Messages) != 2 {
			t.Fatalf("%s: list = %+v, %v", name, list, err)
		}
		for _, m := range list[0].Messages {
			if m.Own {
				t.Errorf("%s: %q of %s counts as ours", name, m.Text, m.Sender)
			}
		}
	}
}
