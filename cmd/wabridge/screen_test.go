package main

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// captures are dumps of real phones.
const captures = "../../testdata/captures"

// call runs the program in this process.
func call(t *testing.T, args ...string) (code int, out, errOut string) {
	t.Helper()
	var o, e bytes.Buffer
	code = run(t.Context(), args, strings.NewReader(""), &o, &e)
	return code, o.String(), e.String()
}

// TestScreenOfCaptures: the command says of every dump of a real phone which
// screen it is.
func TestScreenOfCaptures(t *testing.T) {
	want := map[string]string{
		"anr_dialog_process_system_en":                                             "anr",
		"keyguard_pin_bouncer_en_samsung":                                          "keyguard",
		"keyguard_with_notification_cards_pt":                                      "keyguard",
		"keyguard_with_notification_icons_pt-br":                                   "keyguard",
		"launcher3_home_pt-br":                                                     "launcher",
		"permission_dialog_location_en":                                            "permission",
		"permission_dialog_packageinstaller_deny_allow_en_old_android":             "permission",
		"quick_settings_shade_en_emulator":                                         "shade",
		"whatsapp_business_home_unread_uiautomator2_format_pt-br_samsung_720x1600": "chat_list",
		"whatsapp_business_verify_number_en_1080":                                  "logged_out",
		"whatsapp_chat_empty_entry_image_bubbles_en_1272x2800":                     "chat",
		"whatsapp_chat_empty_entry_pt-br_720x1640":                                 "chat",
		"whatsapp_chat_self_long_message_and_documents_pt-br_720x1483":             "chat",
		"whatsapp_chat_self_many_bubbles_entry_clipped_pt-br_720x1483":             "chat",
		"whatsapp_chat_text_typed_send_visible_en_1272x2800":                       "chat",
		"whatsapp_dialog_number_not_on_whatsapp_pt-br_720x1640":                    "not_on_whatsapp",
		"whatsapp_document_picker_pt-br_720x1483":                                  "picker",
		"whatsapp_home_chat_list_meta_ai_pt-br_720x1640":                           "chat_list",
		"whatsapp_home_chat_list_pt-br_720x1483":                                   "chat_list",
		"whatsapp_overflow_menu_popup_only_en_720":                                 "popup",
		"whatsapp_search_results_en_1272x2800":                                     "search",
	}
	files, err := filepath.Glob(captures + "/uiautomator/*.xml")
	if err != nil || len(files) == 0 {
		t.Fatal("testdata/captures has no files: ", err)
	}
	got := map[string]string{}
	for _, f := range files {
		code, out, errOut := call(t, "screen", f, "--json")
		var s struct{ Screen string }
		if err := json.Unmarshal([]byte(out), &s); err != nil || code != 0 {
			t.Errorf("%s: exit code %d, %v, %s", f, code, err, errOut)
		}
		got[strings.TrimSuffix(filepath.Base(f), ".xml")] = s.Screen
		if code, out, errOut = call(t, "screen", f); code != 0 || !strings.HasPrefix(out, "screen:   "+s.Screen+"\nwhy:      ") {
			t.Errorf("%s: exit code %d, %s%s", f, code, out, errOut)
		}
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("screens (-want +got)\n%s", d)
	}
}

// TestNotificationsOfCaptures: no notification dump of a real phone is refused.
func TestNotificationsOfCaptures(t *testing.T) {
	files, err := filepath.Glob(captures + "/notification/dumpsys_*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("testdata/captures has no files: ", err)
	}
	for _, f := range files {
		code, out, errOut := call(t, "notifications", f, "--json")
		var list []map[string]any
		if err := json.Unmarshal([]byte(out), &list); err != nil || code != 0 {
			t.Errorf("%s: exit code %d, %v, %s", f, code, err, errOut)
		}
		if strings.Contains(f, "whatsapp_business") && len(list) == 0 {
			t.Errorf("%s: no chat was found", f)
		}
	}
}
