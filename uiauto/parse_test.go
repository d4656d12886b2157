package uiauto

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const small = `<?xml version='1.0' encoding='UTF-8' standalone='yes' ?><hierarchy rotation="1">` +
	`<node NAF="true" index="0" text="" resource-id="com.whatsapp:id/root" class="android.widget.FrameLayout" package="com.whatsapp" content-desc="" checkable="false" checked="false" clickable="true" enabled="true" focusable="false" focused="false" scrollable="false" long-clickable="false" password="false" selected="false" bounds="[0,-8][720,1640]">` +
	`<node bounds="[1,2][3,4]" text="a&#10;b &#128522; &#55357;&#56842; &lt;&amp;&gt; &quot;x&apos; &bogus; R&D" hint="h" resource-id="com.whatsapp:id/entry" class="android.widget.EditText" drawing-order="3" /></node></hierarchy>`

func TestParse(t *testing.T) {
	cases := []struct{ name, before, after string }{
		{"alone", "", ""},
		{"BOM", "\uFEFF", ""},
		{"adb's noise before", "* daemon not running; starting now at tcp:5037\r\n* daemon started successfully\r\n", "\r\n"},
		{"success line before", "UI hierchary dumped to: /sdcard/w.xml\r\n", ""},
		{"success line after", "", "UI hierchary dumped to: /dev/tty\n"},
		{"an error, then success", "ERROR: could not get idle state.\nUI hierchary dumped to: /sdcard/w.xml\n", ""},
		{"angle brackets before", "<waiting for device>\n<<hier ", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			d, err := Parse(strings.NewReader(c.before + small + c.after))
			if err != nil {
				t.Fatal(err)
			}
			if d.Nodes != 2 || d.Rotation != 1 || len(d.Windows()) != 1 {
				t.Errorf("got %d nodes, rotation %d, %d windows", d.Nodes, d.Rotation, len(d.Windows()))
			}
			w := d.Windows()[0]
			if want := (Rect{0, -8, 720, 1640}); w.Bounds != want {
				t.Errorf("bounds: got %v, want %v", w.Bounds, want)
			}
			if !w.Has(Clickable|Enabled) || w.Has(Focused) {
				t.Errorf("flags: got %b", w.Flags)
			}
			e := d.ID("entry")
			if e == nil || e.Parent != w {
				t.Fatalf("entry: got %+v", e)
			}
			if want := "a\nb 😊 😊 <&> \"x' &bogus; R&D"; e.Text != want {
				t.Errorf("text: got %q, want %q", e.Text, want)
			}
			if e.Hint != "h" || e.Class != "android.widget.EditText" || e.Window() != w {
				t.Errorf("got %+v", e)
			}
		})
	}
}

func TestParseErrors(t *testing.T) {
	cases := []struct {
		name, in string
		want     error
	}{
		{"nothing", "", ErrNoDump},
		{"blank", " \r\n", ErrNoDump},
		{"killed", "Killed\n", ErrNoDump},
		{"null root", "ERROR: null root node returned by UiTestAutomationBridge.\n", ErrNullRoot},
		{"not idle", "ERROR: could not get idle state.\n", ErrNotIdle},
		{"stale file behind the error", "ERROR: null root node returned by UiTestAutomationBridge.\n" + small, ErrNullRoot},
		{"stale file before the error", small + "\nERROR: could not get idle state.\n", ErrNotIdle},
		{"only the declaration", "<?xml version='1.0' encoding='UTF-8'", ErrTruncated},
		{"cut in the start tag", "<hierar", ErrTruncated},
		{"cut in a node", small[:len(small)-40], ErrTruncated},
		{"cut before the end tag", strings.TrimSuffix(small, "</hierarchy>"), ErrTruncated},
		{"value without quotes", "<hierarchy><node text=a/></hierarchy>", ErrMalformed},
		{"markup in a value", `<hierarchy><node text="<"/></hierarchy>`, ErrMalformed},
		{"bounds that are none", `<hierarchy><node bounds="[0,0][1]"/></hierarchy>`, ErrMalformed},
		{"huge bounds", `<hierarchy><node bounds="[0,0][1,99999999999]"/></hierarchy>`, ErrMalformed},
		{"too deep", "<hierarchy>" + strings.Repeat("<node>", MaxDepth+1), ErrTooLarge},
		{"too many nodes", "<hierarchy>" + strings.Repeat("<node/>", MaxNodes+1), ErrTooLarge},
		{"too many bytes inside", `<hierarchy><node text="` + strings.Repeat("x", MaxBytes), ErrTooLarge},
		{"too many bytes before", strings.Repeat("x", MaxBytes+1), ErrTooLarge},
		{"too many bytes after", small + strings.Repeat("x", MaxBytes), ErrTooLarge},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := Parse(strings.NewReader(c.in))
			if !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

func TestParseEmptyHierarchy(t *testing.T) {
	for _, in := range []string{`<hierarchy rotation="0"/>`, `<hierarchy rotation="0"></hierarchy>`, `<hierarchy><!-- none --></hierarchy >`} {
		d, err := Parse(strings.NewReader(in))
		if err != nil || d.Nodes != 0 {
			t.Errorf("%s: got %v, %v", in, d, err)
		}
	}
}

// Every prefix of a dump is an error, most of them "cut off".
func TestParseEveryPrefix(t *testing.T) {
	for i := range len(small) {
		_, err := Parse(strings.NewReader(small[:i]))
		switch {
		case i < len("<?xml") && errors.Is(err, ErrNoDump), errors.Is(err, ErrTruncated):
		default:
			t.Errorf("%d bytes: got %v", i, err)
		}
	}
}

func TestParseLoneSurrogates(t *testing.T) {
	d, err := Parse(strings.NewReader(`<hierarchy><node text="&#55357;x&#56842; &#55357;" desc="` + "\xff" + `" content-desc="` + "\xc3" + `"/></hierarchy>`))
	if err != nil {
		t.Fatal(err)
	}
	n := d.Windows()[0]
	if want := "\uFFFDx\uFFFD \uFFFD"; n.Text != want {
		t.Errorf("text: got %q, want %q", n.Text, want)
	}
	if n.Desc != "\uFFFD" {
		t.Errorf("desc: got %q", n.Desc)
	}
}

// captures are the dumps of real phones; they lie outside of the repository.
func captures(t testing.TB) map[string][]byte {
	t.Helper()
	files, _ := filepath.Glob("../testdata/captures/uiautomator/*.xml")
	if len(files) == 0 {
		t.Fatal("testdata/captures/uiautomator has no dumps")
	}
	all := map[string][]byte{}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		all[filepath.Base(f)] = b
	}
	return all
}

func TestParseCaptures(t *testing.T) {
	for name, b := range captures(t) {
		t.Run(name, func(t *testing.T) {
			d, err := Parse(bytes.NewReader(b))
			if err != nil {
				t.Fatal(err)
			}
			if want := bytes.Count(b, []byte("<node")); d.Nodes != want {
				t.Errorf("nodes: got %d, want %d", d.Nodes, want)
			}
			n := 0
			for x := range d.All() {
				n++
				if x.Package == "" || x.Class == "" {
					t.Errorf("node %d has no package or class", n)
				}
			}
			if n != d.Nodes {
				t.Errorf("walked: got %d, want %d", n, d.Nodes)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(small))
	f.Add([]byte("ERROR: null root node returned by UiTestAutomationBridge.\n" + small))
	f.Add([]byte(`<hierarchy><android.widget.FrameLayout text='&#xD83D;&#xDE0A;'/></hierarchy>`))
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := Parse(bytes.NewReader(b))
		if err != nil {
			return
		}
		n := 0
		for x := range d.All() {
			n++
			if x.Parent == nil || !x.Within(x.Window()) {
				t.Fatal("a node without a window")
			}
		}
		if n != d.Nodes {
			t.Fatalf("walked %d of %d nodes", n, d.Nodes)
		}
	})
}

func BenchmarkParse(b *testing.B) {
	file := captures(b)["whatsapp_home_chat_list_meta_ai_pt-br_720x1640.xml"] // 163 nodes
	b.SetBytes(int64(len(file)))
	for b.Loop() {
		if _, err := Parse(bytes.NewReader(file)); err != nil {
			b.Fatal(err)
		}
	}
}
