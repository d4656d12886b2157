package phone

import (
	"os"
	"slices"
	"testing"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/phonesim"
)

// TestWarnings: what is switched off on the phone is found, end to end, and only
// as long as it is so.
func TestWarnings(t *testing.T) {
	for _, tt := range []struct {
		fault phonesim.Fault
		want  string
	}{
		{phonesim.Fault{Kind: "notifications_off"}, wabridge.WarnNotificationsOff},
		{phonesim.Fault{Kind: "notifications_off", Value: "channel"}, wabridge.WarnChannelOff},
		{phonesim.Fault{Kind: "network_off"}, wabridge.WarnNetworkOff},
	} {
		t.Run(tt.want, func(t *testing.T) {
			r := newRig(t, phonesim.Config{})
			kinds := func() (out []string) {
				list, err := Warnings(t.Context(), r.dev, r.s.cfg.Phone)
				if err != nil {
					t.Fatal(err)
				}
				for _, w := range list {
					out = append(out, w.Kind)
					if w.Detail == "" || w.Remedy == "" {
						t.Errorf("%+v says too little", w)
					}
				}
				return out
			}
			if got := kinds(); len(got) > 0 {
				t.Fatalf("nothing is wrong, and warnings are %q", got)
			}
			if err := r.sim.Fault(tt.fault); err != nil {
				t.Fatal(err)
			}
			if got := kinds(); !slices.Equal(got, []string{tt.want}) {
				t.Errorf("got %q", got)
			}
			bad := false
			for _, c := range Doctor(t.Context(), r.dev, r.s.cfg.Phone, r.s.cfg.Profiles) {
				bad = bad || c.Grade == Bad
			}
			if !bad {
				t.Error("doctor finds nothing bad")
			}
			r.sim.ClearFaults()
			if got := kinds(); len(got) > 0 {
				t.Errorf("it is over, and warnings are %q", got)
			}
		})
	}
}

// TestNotificationSettings reads a real phone's list, and what people may write
// into it.
func TestNotificationSettings(t *testing.T) {
	b, err := os.ReadFile("../testdata/captures/notification/dumpsys_redacted_whatsapp_business_group_samsung_android13_pt-br.txt")
	if err != nil {
		t.Fatal(err)
	}
	captured := string(b)
	const config = "\n  Ranking Config:\n"
	for _, tt := range []struct {
		name, out, pkg string
		user           int
		known, off     bool
		blocked        int
	}{
		{"allowed", captured, "com.whatsapp.w4b", 0, true, false, 0},
		{"switched off by its owner", captured, "com.zhiliaoapp.musically", 0, true, true, 0},
		{"an app that is not there", captured, "org.example", 0, false, false, 0},
		{"another user's are not ours", config + "    AppSettings: a (1010290) importance=NONE\n", "a", 0, false, false, 0},
		{"of another user", config + "    AppSettings: a (1010290) importance=NONE\n", "a", 10, true, true, 0},
		{"a text that looks like it", "    AppSettings: a (10290) importance=NONE\n" + config + "    AppSettings: a (10290) importance=DEFAULT\n", "a", 0, true, false, 0},
		{"a name that begins like it", config + "    AppSettings: a.b (10290) importance=NONE\n    AppSettings: a (10291)\n", "a", 0, true, false, 0},
		{"the channel of groups", config + "    AppSettings: a (10290) importance=DEFAULT\n      NotificationChannel{mId='group_chat_defaults_9', mName=x, mImportance=0, mDeleted=false}\n    AppSettings: b (10291)\n      NotificationChannel{mId='individual_chat_defaults_9', mImportance=0}\n", "a", 0, true, false, 1},
		{"a deleted channel, one of backups, a muted chat's", config + "    AppSettings: a (10290)\n      NotificationChannel{mId='group_chat_defaults_9', mImportance=0, mDeleted=true}\n      NotificationChannel{mId='chat_history_backup@1', mImportance=0}\n      NotificationChannel{mId='5511999@s.whatsapp.net_1', mImportance=0}\n", "a", 0, true, false, 0},
		{"a blocked group of channels", config + "    AppSettings: a (10290)\r\n      NotificationChannelGroup{mId='channel_group_chats', mName=x, mBlocked=true, mChannels=[]}\r\n", "a", 0, true, false, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := readNotificationSettings(tt.out, tt.pkg, tt.user)
			if got.known != tt.known || got.off != tt.off || len(got.blocked) != tt.blocked {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func FuzzReadNotificationSettings(f *testing.F) {
	f.Add("\n  Ranking Config:\n    AppSettings: a (10290) importance=NONE\n      NotificationChannel{mId='group_chat_defaults_1', mImportance=0}")
	f.Add("AppSettings: a (99999999999999999999)")
	f.Fuzz(func(t *testing.T, out string) {
		if s := readNotificationSettings(out, "a", 0); (s.off || len(s.blocked) > 0) && !s.known {
			t.Errorf("%+v of an app that is not there", s)
		}
	})
}
