package inbox

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const logcats = "../testdata/captures/logcat"

func TestCapturedEvents(t *testing.T) {
	for _, tt := range []struct {
		file, pkg, tag string // tag: the end of the slot
		posted         int    // lines of notification_enqueue
	}{
		{"all_threadtime_android11plus_enqueue_new_and_update_channel_shortcut.txt", "com.datalogic.systemupdate", "null", 2},
		{"bugreport_events_notification_cancel_android5.txt", "", "", 0},
		{"events_brief_format_android4_old_fields.txt", "com.kindroid.security", "null", 2},
		{"events_threadtime_miui_android8_mms_enqueue_cancel.txt", "com.android.mms", "null", 3},
		{"main_activitytaskmanager_start_lines_whatsapp_2026.txt", "", "", 0},
	} {
		t.Run(tt.file, func(t *testing.T) {
			data, err := os.ReadFile(filepath.Join(logcats, tt.file))
			if err != nil {
				t.Fatal(err)
			}
			posted := 0
			for line := range strings.Lines(string(data)) {
				ev, ok := parseEvent(line)
				if !ok || !ev.posted {
					continue
				}
				posted++
				if ev.pkg != tt.pkg || !strings.HasSuffix(ev.slot, "|"+tt.tag) {
					t.Errorf("%q is %+v", line, ev)
				}
			}
			if posted != tt.posted {
				t.Errorf("got %d postings, want %d", posted, tt.posted)
			}
		})
	}
}

func TestEventsOfWhatsApp(t *testing.T) {
	for _, tt := range []struct {
		name, line string
		want       event
		ok         bool
	}{
		{"first line of a child, epoch", "1774472586.531  1144  1144 I notification_enqueue: [10290,2213,com.whatsapp,1,8mMX+A5CVI8P=\n", event{true, "com.whatsapp", "1|8mMX+A5CVI8P="}, true},
		{"its second line", "1774472586.531  1144  1144 I notification_enqueue: ,0,Notification(channel=x shortcut=y),0]\n", event{}, false},
		{"carriage return", "1774472586.531  1144  1144 I notification_enqueue: [10290,2213,com.whatsapp,1,8mMX+A5CVI8P=\r\n", event{true, "com.whatsapp", "1|8mMX+A5CVI8P="}, true},
		{"a summary", "1774472586.531  1144  1144 I notification_enqueue: [10290,2213,com.whatsapp,1,NULL,0,Notification(channel=a,b),1,0]", event{true, "com.whatsapp", "1|null"}, true},
		{"a cancel", "1774472586.531  1144  1144 I notification_cancel: [10290,2213,com.whatsapp,1,NULL,0,0,64,8,NULL]", event{}, true},
		{"a form that is not known", "1.0 1 1 I notification_enqueue: [x]", event{posted: true}, true},
		{"another tag of the same ending", "1.0 1 1 I my_notification_enqueue: [1,2,com.whatsapp,1,t]", event{}, false},
		{"logcat's own line", "--------- beginning of events", event{}, false},
		{"nothing", "", event{}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got, ok := parseEvent(tt.line); got != tt.want || ok != tt.ok {
				t.Errorf("got %+v %v, want %+v %v", got, ok, tt.want, tt.ok)
			}
		})
	}
}

func FuzzParseEvent(f *testing.F) {
	f.Add("1774472586.531  1144  1144 I notification_enqueue: [10290,2213,com.whatsapp,1,8mMX+A5CVI8P=\n")
	f.Add("I/notification_enqueue(  500): [com.kindroid.security,1020,NULL,0,Notification(pri=0)]  ")
	f.Fuzz(func(t *testing.T, line string) {
		ev, ok := parseEvent(line)
		if !ok && ev != (event{}) {
			t.Errorf("%q: %+v without ok", line, ev)
		}
		if ev.pkg != "" && !strings.Contains(line, ev.pkg) {
			t.Errorf("%q: package %q from nowhere", line, ev.pkg)
		}
	})
}
