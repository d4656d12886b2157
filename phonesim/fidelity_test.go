package phonesim

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// capture reads a file of testdata/captures.
func capture(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "testdata", "captures", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// A kind of node is where it stands (classes and ids from the root) and what can
// be done with it.
func kinds(e *element, alias *strings.Replacer, idsOnly bool) map[string]string {
	out := map[string]string{}
	e.walk("", func(path string, e *element) {
		if idsOnly {
			if e.attr("resource-id") == "" {
				return
			}
			path = idPath(path)
		}
		var can []string
		for _, a := range []string{"checkable", "clickable", "enabled", "focusable", "scrollable", "long-clickable", "password"} {
			if e.attr(a) == "true" {
				can = append(can, a)
			}
		}
		if e.attr("NAF") == "true" {
			can = append(can, "NAF")
		}
		path = alias.Replace(path)
		if _, seen := out[path]; !seen {
			out[path] = strings.Join(can, " ")
		}
	})
	return out
}

// idPath keeps the ids of a path only.
func idPath(path string) string {
	var ids []string
	for step := range strings.SplitSeq(path, "/") {
		// a step is "class#package:id" and the id's name follows as the next step
		if _, id, ok := strings.Cut(step, "#"); ok {
			ids = append(ids, id)
		} else if len(ids) > 0 && !strings.Contains(step, ".") {
			ids[len(ids)-1] += "/" + step
		}
	}
	return strings.Join(ids, ">")
}

type likeness struct {
	capture string
	cfg     Config
	show    func(t *testing.T, p *Phone) // brings the screen up
	// idsOnly compares ids and their nesting, not classes: the capture is of
	// another build.
	idsOnly bool
	alias   []string // of the capture's packages: from, to
	// must are ids that both have to show.
	must []string
	// extra are parts of paths that the simulation shows and this capture does not, with the reason.
	extra map[string]string
}

func TestScreensAreLikeTheCaptures(t *testing.T) {
	for name, l := range likenesses() {
		t.Run(name, func(t *testing.T) {
			want := kinds(parse(t, capture(t, "uiautomator/"+l.capture)), strings.NewReplacer(l.alias...), l.idsOnly)
			p := newPhone(t, l.cfg)
			l.show(t, p)
			xml := dump(t, p)
			got := kinds(parse(t, xml), strings.NewReplacer(), l.idsOnly)
			for _, path := range slices.Sorted(maps.Keys(got)) {
				can, ok := want[path]
				switch {
				case slices.ContainsFunc(slices.Collect(maps.Keys(l.extra)), func(x string) bool { return strings.Contains(path, x) }):
				case !ok:
					t.Errorf("not in the capture: %s", path)
				case can != got[path]:
					t.Errorf("%s can %q, in the capture %q", path, got[path], can)
				}
			}
			for _, id := range l.must {
				for what, m := range map[string]map[string]string{"the capture": want, "the simulation": got} {
					if !slices.ContainsFunc(slices.Collect(maps.Keys(m)), func(p string) bool { return strings.HasSuffix(p, id) }) {
						t.Errorf("%s shows no %s", what, id)
					}
				}
			}
		})
	}
}

func likenesses() map[string]likeness {
	pt := Config{Locale: "pt", Contacts: []Contact{{Name: "CLIENTE TESTE", Number: "5599999990001"}}}
	return map[string]likeness{
		"chat with bubbles and an empty composer": {
			capture: "whatsapp_chat_empty_entry_pt-br_720x1640.xml", cfg: pt,
			show: func(t *testing.T, p *Phone) { chatWith(t, p, "5599999990001", "Olá", "Teste\nDispatch") },
			must: []string{":id/entry", ":id/voice_note_btn", ":id/status", ":id/date", ":id/message_text", ":id/conversation_contact_name",
				":id/conversation_row_date_divider", ":id/whatsapp_toolbar_home", ":id/send_container", ":id/camera_btn", ":id/main_layout"},
		},
		"chat with a typed text": {
			capture: "whatsapp_chat_text_typed_send_visible_en_1272x2800.xml", cfg: Config{Android: 15}, idsOnly: true,
			show: func(t *testing.T, p *Phone) { mustRun(t, p, open("15550001002", "hi")) },
			must: []string{":id/entry", ":id/send", ":id/send_container", ":id/conversation_contact_name"},
			extra: map[string]string{
				"navigationBarBackground": "that phone has no bar",
				":id/input_layout":        "clickable in that newer build",
				"android:id/list":         "no bubbles yet",
			},
		},
		"picture bubbles": {
			capture: "whatsapp_chat_empty_entry_image_bubbles_en_1272x2800.xml", cfg: Config{Android: 15}, idsOnly: true,
			show: func(t *testing.T, p *Phone) {
				mustRun(t, p, shareTo(ann, "image/jpeg", push(t, p, "/sdcard/Pictures/a.jpg", []byte("a")), ""))
				tapOn(t, p, "com.whatsapp:id/send")
				settle(t, p)
			},
			must:  []string{":id/media_container_wrapper", ":id/media_container", ":id/image", ":id/text_and_date", ":id/date_wrapper", ":id/status", ":id/action_button"},
			extra: map[string]string{"navigationBarBackground": "that phone has no bar", ":id/input_layout": "clickable in that newer build"},
		},
		"document bubbles": {
			capture: "whatsapp_chat_self_long_message_and_documents_pt-br_720x1483.xml", cfg: Config{Locale: "pt"}, idsOnly: true,
			show: func(t *testing.T, p *Phone) {
				mustRun(t, p, shareTo(ann, "application/pdf", push(t, p, "/sdcard/Download/a.pdf", []byte("a")), ""))
				tapOn(t, p, "com.whatsapp:id/send")
				settle(t, p)
			},
			must: []string{":id/content", ":id/document_frame", ":id/document_info_container", ":id/icon", ":id/title", ":id/metadata_container", ":id/file_size",
				":id/bullet_file_size", ":id/file_type", ":id/text_and_date", ":id/status", ":id/action_button"},
			extra: map[string]string{":id/back": "that older build's header", ":id/contact_photo_view": "the same", ":id/conversation_row_date_divider": "none on that screen",
				":id/camera_btn": "that build's is a video note button"},
		},
		"document picker": {
			capture: "whatsapp_document_picker_pt-br_720x1483.xml", cfg: pt,
			show: func(t *testing.T, p *Phone) {
				push(t, p, "/sdcard/Download/a.pdf", []byte("a"))
				mustRun(t, p, open("5599999990001", ""))
				tapOn(t, p, "com.whatsapp:id/input_attach_button")
				tapOn(t, p, "com.whatsapp:id/pickfiletype_document_holder")
			},
			must: []string{":id/document_picker_item", ":id/browseOtherDocs", ":id/document_picker_gallery_row", ":id/recentsHeader", ":id/title", ":id/size", ":id/date", ":id/menuitem_sort"},
		},
		"chat list": {
			capture: "whatsapp_home_chat_list_meta_ai_pt-br_720x1640.xml", cfg: pt,
			show: func(t *testing.T, p *Phone) {
				chatWith(t, p, "5599999990001", "Olá")
				mustRun(t, p, "input keyevent KEYCODE_HOME")
				incoming(t, p, IncomingMessage{From: "5599999990002", Text: "Boa tarde ok"})
				mustRun(t, p, "am start -n com.whatsapp/.Main; input keyevent BACK; am start -a android.intent.action.MAIN -c android.intent.category.LAUNCHER -p com.whatsapp")
			},
			must: []string{":id/contact_row_container", ":id/conversations_row_contact_name", ":id/single_msg_tv", ":id/conversations_row_message_count",
				":id/status_indicator", ":id/conversations_row_date", ":id/fab", ":id/bottom_nav"},
		},
		"number not on WhatsApp": {
			capture: "whatsapp_dialog_number_not_on_whatsapp_pt-br_720x1640.xml", cfg: pt,
			show: func(t *testing.T, p *Phone) { mustRun(t, p, open("5599999990000", "x")) },
			must: []string{"android:id/message", "android:id/button1", "android:id/button2", ":id/textSpacerNoTitle"},
		},
		"overflow menu": {
			capture: "whatsapp_overflow_menu_popup_only_en_720.xml",
			show: func(t *testing.T, p *Phone) {
				mustRun(t, p, open("15550001002", ""))
				tapOn(t, p, "com.whatsapp:id/menuitem_overflow")
			},
			must: []string{":id/title", ":id/content"},
		},
		"launcher": {
			capture: "launcher3_home_pt-br.xml", cfg: pt, alias: []string{"com.motorola.launcher3", "com.android.launcher3"},
			show: func(*testing.T, *Phone) {},
			must: []string{":id/workspace", ":id/hotseat"},
		},
		"keyguard": {
			capture: "keyguard_with_notification_icons_pt-br.xml", cfg: pt,
			show: func(t *testing.T, p *Phone) {
				incoming(t, p, IncomingMessage{From: "5599999990002", Text: "oi"})
				arm(t, p, Fault{Kind: "screen_lock"})
				mustRun(t, p, "input keyevent KEYCODE_WAKEUP")
			},
			must: []string{":id/animatable_clock_view", ":id/left_aligned_notification_icon_container", ":id/keyguard_indication_text"},
		},
		"ANR": {
			capture: "anr_dialog_process_system_en.xml", cfg: Config{Android: 15},
			show: func(t *testing.T, p *Phone) { arm(t, p, Fault{Kind: "anr"}) },
			must: []string{"android:id/alertTitle", "android:id/aerr_close", "android:id/aerr_wait"},
		},
		"permission": {
			capture: "permission_dialog_location_en.xml", alias: []string{"com.android.permissioncontroller", "com.android.permissioncontroller"},
			show:  func(t *testing.T, p *Phone) { arm(t, p, Fault{Kind: "permission"}) },
			must:  []string{":id/permission_message", ":id/permission_deny_button"},
			extra: map[string]string{"permission_allow_button": "that dialog asks for the location and has other buttons"},
		},
		"shade": {
			capture: "quick_settings_shade_en_emulator.xml",
			show:    func(t *testing.T, p *Phone) { arm(t, p, Fault{Kind: "shade"}) },
			must:    []string{":id/qs_frame", ":id/notification_panel", ":id/scrim_behind"},
			extra:   map[string]string{"notification_stack_scroller": "that shade shows quick settings only"},
		},
	}
}

// chatWith opens a chat and sends texts in it, up to the last tick.
func chatWith(t *testing.T, p *Phone, number string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		mustRun(t, p, open(number, text))
		tapOn(t, p, "com.whatsapp:id/send")
	}
	settle(t, p)
}

func settle(t *testing.T, p *Phone) {
	t.Helper()
	if err := p.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func incoming(t *testing.T, p *Phone, m IncomingMessage) {
	t.Helper()
	if _, err := p.Incoming(m); err != nil {
		t.Fatal(err)
	}
}

func arm(t *testing.T, p *Phone, f Fault) {
	t.Helper()
	if err := p.Fault(f); err != nil {
		t.Fatal(err)
	}
}

func TestAttributesAreInTheCapturesOrder(t *testing.T) {
	for name, c := range map[string]struct {
		capture string
		android int
	}{
		"Android 10": {"whatsapp_chat_empty_entry_pt-br_720x1640.xml", 10},
		"Android 13": {"whatsapp_chat_empty_entry_pt-br_720x1640.xml", 13},
		"Android 15": {"whatsapp_chat_text_typed_send_visible_en_1272x2800.xml", 15},
	} {
		t.Run(name, func(t *testing.T) {
			names := func(e *element) (out []string) {
				for _, a := range e.Attrs {
					out = append(out, a.Name.Local)
				}
				return out
			}
			want := names(parse(t, capture(t, "uiautomator/"+c.capture)))
			got := names(parse(t, dump(t, newPhone(t, Config{Android: c.android}))))
			if !slices.Equal(got, want) {
				t.Errorf("got attributes %v, want %v", got, want)
			}
		})
	}
}
