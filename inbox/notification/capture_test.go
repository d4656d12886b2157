package notification

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/wabridge/wabridge/uiauto/whatsapp"
)

const captures = "../../testdata/captures/notification"

func capture(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(captures, name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestCapturesParseWhole(t *testing.T) {
	for _, tt := range []struct {
		file    string
		records int
	}{
		{"dumpsys_redacted_whatsapp_business_group_samsung_android13_pt-br.txt", 6},
		{"dumpsys_noredact_gmail_multiline_extras_android16_mojibake.txt", 13},
		{"dumpsys_redacted_miui_bbbc_suffix_with_bom.txt", 20},
	} {
		t.Run(tt.file, func(t *testing.T) {
			data := capture(t, tt.file)
			for name, in := range map[string][]byte{
				"as it is":                 data,
				"with carriage returns":    []byte(strings.ReplaceAll(string(data), "\n", "\r\n")),
				"behind adb's own lines":   append([]byte("* daemon not running; starting now at tcp:5037\n* daemon started successfully\n"), data...),
				"behind a byte order mark": append([]byte("\xef\xbb\xbf"), data...),
			} {
				records, err := ParseDump(in)
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				if got := len(records); got != tt.records {
					t.Errorf("%s: got %d records, want %d", name, got, tt.records)
				}
				for _, r := range records {
					if r.Package == "" || r.UID == 0 || r.Key == "" || strings.Count(r.Key, "|") < 4 {
						t.Errorf("%s: incomplete record %+v", name, r)
					}
				}
			}
		})
	}
}

func TestCaptureOfAGroup(t *testing.T) {
	data := capture(t, "dumpsys_redacted_whatsapp_business_group_samsung_android13_pt-br.txt")
	records, err := ParseDump(data)
	if err != nil {
		t.Fatal(err)
	}
	summary, child := records[0], records[1]
	if !summary.Summary || summary.Tag != "null" || summary.Package != "com.whatsapp.w4b" {
		t.Errorf("summary = %+v", summary)
	}
	if child.Summary || child.Shortcut != "120363000000000001@g.us" || child.Channel != "group_chat_defaults_2" || !child.Group {
		t.Errorf("child = %+v", child)
	}
	if want := "0|com.whatsapp.w4b|1|Tm90IGEgcmVhbCB0YWcgb2YgYW55IGdyb3VwIGF0IGE=\n|10290"; child.Key != want {
		t.Errorf("key = %q, want %q", child.Key, want)
	}
	if !child.Redacted || child.Count != 3 || len(child.Elements) != 0 {
		t.Errorf("redacted = %v, count = %d, elements = %d", child.Redacted, child.Count, len(child.Elements))
	}
	if want := time.UnixMilli(1774472586000); !child.When.Equal(want) {
		t.Errorf("when = %v, want %v", child.When, want)
	}
	list := Conversations(records, nil, DefaultWords())
	var said strings.Builder
	if err := Describe(&said, list); err != nil || !strings.Contains(said.String(), "redacted") || !strings.Contains(said.String(), "--noredact") {
		t.Errorf("described as %q, %v", said.String(), err)
	}
	if len(list) != 1 || !list[0].Redacted || list[0].Kind != Hidden || list[0].ChatID != "120363000000000001@g.us" || !list[0].IsGroup {
		t.Errorf("conversations = %+v", list)
	}
}

func TestCaptureOfManyLinesText(t *testing.T) {
	records, err := ParseDump(capture(t, "dumpsys_noredact_gmail_multiline_extras_android16_mojibake.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range records {
		if r.Key == "0|com.google.android.gm|427643547|gig:-820826552:CLASSIC_INBOX_ALL_MAIL|10221" {
			if r.Text != "Gamepop" || r.Flags != "SHOW_LIGHTS|AUTO_CANCEL" || r.When.UnixMilli() != 1768102501255 || r.Summary {
				t.Errorf("record = %+v", r)
			}
			return
		}
	}
	t.Error("the record is missing")
}

func TestCaptureOfBundleLines(t *testing.T) {
	raw := strings.TrimSpace(string(capture(t, "message_bundle_lines_whatsapp_noredact_en.txt")))
	p := chatPost(ana, tagA, "Alpha", line{sender: "Alpha", text: "x", sec: 1})
	lines := strings.Split(raw, "\n")
	array := "android.messages=Parcelable[] (4)"
	for i, l := range lines {
		array += "\n                  [" + string(rune('0'+i)) + "] " + l
	}
	in := form{}.dump(p)
	at := strings.Index(in, "android.messages=")
	end := at + strings.Index(in[at:], "}]\n") + 2
	in = in[:at] + array + in[end:]
	in = strings.Replace(in, "android.text=String (x)", "android.text=String (Beta: third one)", 1)
	list, err := Find([]byte(in), nil, DefaultWords())
	if err != nil || len(list) != 1 {
		t.Fatalf("list = %+v, %v", list, err)
	}
	want := []Message{
		{Sender: "Alpha", Number: "491700000001", Text: "first message", Time: time.UnixMilli(1786872931000).UTC()},
		{Sender: "Alpha", Number: "491700000001", Text: "📷 Photo", Time: time.UnixMilli(1786872940000).UTC(), Media: "image", URI: "content://com.whatsapp.provider.media/item/abc-123"},
		{Sender: "Alpha", Number: "491700000001", Text: "second, with a comma", Time: time.UnixMilli(1786872936000).UTC()},
		{Sender: "Alpha", Number: "491700000001", Text: "third one", Time: time.UnixMilli(1786873661000).UTC()},
	}
	for i, m := range list[0].Messages {
		m.Paraphrase = whatsapp.Paraphrase{} // see package whatsapp
		if i >= len(want) || m != want[i] {
			t.Errorf("message %d = %+v, want %+v", i, m, want[min(i, 3)])
		}
	}
	if len(list[0].Messages) != 4 {
		t.Errorf("got %d messages, want 4", len(list[0].Messages))
	}
}

func TestOrderOfExtrasInCaptures(t *testing.T) {
	for _, file := range []string{
		"dumpsys_redacted_whatsapp_business_group_samsung_android13_pt-br.txt",
		"dumpsys_noredact_gmail_multiline_extras_android16_mojibake.txt",
		"dumpsys_redacted_miui_bbbc_suffix_with_bom.txt",
	} {
		last, entries := int32(-1<<31), 0
		for l := range strings.SplitSeq(string(capture(t, file)), "\n") {
			if l == "            extras={" {
				last = -1 << 31
			}
			rest, ok := strings.CutPrefix("\n"+l, margins.entry)
			name := strings.TrimSuffix(entryName.FindString(rest), "=")
			if !ok || name == "" {
				continue
			}
			if h := hash(name); h <= last {
				t.Errorf("%s: %s stands behind a greater hash", file, name)
			} else {
				last, entries = h, entries+1
			}
		}
		if entries < 100 {
			t.Errorf("%s: only %d entries", file, entries)
		}
	}
}
