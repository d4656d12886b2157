package picture

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

const pkg = "com.whatsapp"

// view makes a node; class is the short name.
func view(class, id string, bounds [4]int, text string, children ...*Node) *Node {
	return &Node{Class: "android.widget." + class, Package: pkg, ID: id, Bounds: bounds, Text: text, Children: children}
}

func hint(n *Node, key, value string) *Node {
	n.Hint = map[string]string{key: value}
	return n
}

// message is a row of a chat, 100 pixels high, with its top at y.
func message(y int, direction, tick, text string) *Node {
	x0, x1 := 300, 700
	if direction == "in" {
		x0, x1 = 20, 420
	}
	wrapper := view("LinearLayout", "date_wrapper", [4]int{x1 - 130, y + 55, x1 - 10, y + 90}, "",
		view("TextView", "date", [4]int{x1 - 130, y + 55, x1 - 60, y + 88}, "22:37"))
	if tick != "" {
		wrapper.Children = append(wrapper.Children, hint(view("ImageView", "status", [4]int{x1 - 55, y + 58, x1 - 15, y + 84}, ""), "tick", tick))
	}
	main := hint(view("LinearLayout", "main_layout", [4]int{x0, y + 5, x1, y + 95}, "",
		view("FrameLayout", "conversation_text_row", [4]int{x0, y + 5, x1, y + 95}, "",
			view("TextView", "message_text", [4]int{x0 + 6, y + 10, x1 - 140, y + 90}, text), wrapper)), "direction", direction)
	return view("ViewGroup", "", [4]int{0, y, 720, y + 100}, "", main)
}

// chat is a chat with the given rows and composer.
func chat(typed string, rows ...*Node) *Node {
	buttons := view("ImageButton", "voice_note_btn", [4]int{615, 1440, 711, 1536}, "")
	entry := view("EditText", "entry", [4]int{104, 1454, 415, 1519}, "Message")
	if typed != "" {
		buttons.ID, entry.Text = "send", typed
	}
	return view("FrameLayout", "", [4]int{0, 0, 720, 1600}, "",
		view("ViewGroup", "toolbar", [4]int{0, 48, 720, 160}, "",
			view("Button", "whatsapp_toolbar_home", [4]int{0, 56, 96, 152}, ""),
			view("Button", "conversation_contact_photo", [4]int{101, 64, 181, 144}, ""),
			view("LinearLayout", "conversation_contact", [4]int{192, 48, 600, 160}, "",
				view("TextView", "conversation_contact_name", [4]int{200, 60, 480, 106}, "Иван Петров"),
				view("TextView", "conversation_contact_status", [4]int{200, 106, 480, 140}, "online")),
			view("ImageView", "menuitem_overflow", [4]int{640, 56, 720, 152}, "")),
		view("RelativeLayout", "conversation_layout", [4]int{0, 160, 720, 1550}, "",
			view("ImageView", "conversation_background", [4]int{0, 160, 720, 1550}, ""),
			view("ListView", "list", [4]int{0, 160, 720, 1432}, "", rows...),
			view("FrameLayout", "footer", [4]int{0, 1432, 720, 1544}, "",
				view("LinearLayout", "input_layout", [4]int{8, 1440, 607, 1536}, "",
					view("ImageButton", "emoji_picker_btn", [4]int{8, 1440, 104, 1536}, ""), entry,
					view("ImageButton", "input_attach_button", [4]int{511, 1440, 607, 1536}, "")),
				buttons)))
}

var screen = image.Pt(720, 1600)

func shot(root *Node) *image.RGBA { return Draw(root, screen, Style{Clock: "22:40"}) }

// part is the pixels of a rectangle.
func part(img *image.RGBA, x0, y0, x1, y1 int) []color.RGBA {
	var pix []color.RGBA
	for y := y0; y < y1; y++ {
		for x := x0; x < x1; x++ {
			pix = append(pix, img.RGBAAt(x, y))
		}
	}
	return pix
}

// count tells how many pixels of the rectangle look like the colour.
func count(img *image.RGBA, x0, y0, x1, y1 int, like color.RGBA) (n int) {
	for _, p := range part(img, x0, y0, x1, y1) {
		near := func(a, b uint8) bool { return max(a, b)-min(a, b) < 40 }
		if near(p.R, like.R) && near(p.G, like.G) && near(p.B, like.B) {
			n++
		}
	}
	return n
}

func TestBubblesAreGreenOnTheRightAndWhiteOnTheLeft(t *testing.T) {
	img := shot(chat("", message(200, "out", "sent", "ours"), message(400, "in", "", "theirs")))
	for _, tt := range []struct {
		name string
		x, y int
		want color.RGBA
	}{
		{"our bubble", 480, 280, light.out},
		{"beside our bubble", 290, 210, light.wallpaper},
		{"their bubble", 200, 480, light.in},
		{"header", 620, 60, light.header},
		{"status bar", 300, 10, light.header},
		{"composer", 450, 1450, light.in},
		{"button", 663, 1446, light.accent},
	} {
		if got := img.RGBAAt(tt.x, tt.y); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
	night := Draw(chat("", message(200, "out", "sent", "ours")), screen, Style{Dark: true})
	if got := night.RGBAAt(480, 280); got != dark.out {
		t.Errorf("in the dark: %v, want %v", got, dark.out)
	}
}

func TestSideOfABubbleWithoutAHint(t *testing.T) {
	for _, tt := range []struct {
		name string
		row  *Node
		want color.RGBA
	}{
		{"a tick is ours only", message(200, "in", "sent", "x"), light.out},
		{"on the left", message(200, "in", "", "x"), light.in},
		{"on the right", message(200, "out", "", "x"), light.out},
	} {
		tt.row.Children[0].Hint = nil
		b := tt.row.Children[0].Bounds
		if got := shot(chat("", tt.row)).RGBAAt(b[0]+b[2]/4, b[3]-8); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestTicksDiffer(t *testing.T) {
	seen := map[string]string{}
	for _, tick := range []string{"clock", "sent", "delivered", "read", "failed"} {
		img := shot(chat("", message(200, "out", tick, "x")))
		pix := fmt.Sprint(part(img, 640, 255, 690, 290))
		if other, ok := seen[pix]; ok {
			t.Errorf("%s looks like %s", tick, other)
		}
		seen[pix] = tick
		blue := count(img, 640, 255, 690, 290, light.tickRead)
		if (blue > 5) != (tick == "read") {
			t.Errorf("%s: %d blue pixels", tick, blue)
		}
	}
}

func TestTickOfADescription(t *testing.T) {
	for said, want := range map[string]tick{
		"Seen": tickRead, "Lida": tickRead, "Mensagem vista": tickRead, "Прочитано": tickRead, "Gelesen": tickRead,
		"Delivered": tickDelivered, "Entregue": tickDelivered, "Entregado": tickDelivered, "Zugestellt": tickDelivered,
		"Sent": tickSent, "Enviada": tickSent, "Отправлено": tickSent, "Pending": tickClock, "": tickDelivered,
	} {
		if got := tickOf(&Node{Desc: said}); got != want {
			t.Errorf("%q: %s, want %s", said, got, want)
		}
	}
}

func TestTextIsDrawnInsideItsBounds(t *testing.T) {
	long := strings.Repeat("Слово and ein längeres Wort ", 20)
	with, without := shot(chat("", message(200, "out", "", long))), shot(chat("", message(200, "out", "", "")))
	changed := 0
	for y := range 1600 {
		for x := range 720 {
			if with.RGBAAt(x, y) == without.RGBAAt(x, y) {
				continue
			}
			changed++
			if x < 300 || x > 570 || y < 200 || y > 300 {
				t.Fatalf("ink at %d,%d, outside of the text's place", x, y)
			}
		}
	}
	if changed < 300 {
		t.Errorf("%d pixels of ink", changed)
	}
}

func TestTypedWordsAreDarkerThanThePlaceholder(t *testing.T) {
	if n := count(shot(chat("", nil)), 104, 1454, 415, 1519, light.text); n > 20 {
		t.Errorf("placeholder has %d dark pixels", n)
	}
	if n := count(shot(chat("Message", nil)), 104, 1454, 415, 1519, light.text); n < 100 {
		t.Errorf("typed words have %d dark pixels", n)
	}
	planes, mics := shot(chat("x", nil)), shot(chat("", nil))
	if slices.Equal(part(planes, 615, 1440, 711, 1536), part(mics, 615, 1440, 711, 1536)) {
		t.Error("send and voice message look the same")
	}
}

func TestADialogStandsOnDimmedGround(t *testing.T) {
	img := shot(view("FrameLayout", "", [4]int{18, 628, 702, 983}, "",
		view("LinearLayoutCompat", "parentPanel", [4]int{66, 628, 654, 983}, "",
			view("TextView", "message", [4]int{66, 664, 654, 735}, "The phone number +1 555 is not on WhatsApp."),
			view("Button", "button1", [4]int{191, 763, 606, 859}, "OK"))))
	if got := img.RGBAAt(300, 900); got != light.paper {
		t.Errorf("paper: %v", got)
	}
	if got := img.RGBAAt(300, 300); got.R > 120 {
		t.Errorf("ground is not dimmed: %v", got)
	}
	if n := count(img, 191, 763, 606, 859, light.accent); n < 20 {
		t.Errorf("button has %d green pixels", n)
	}
	if n := count(img, 67, 664, 100, 735, light.text); n != 0 {
		t.Error("the message sticks to the dialog's side")
	}
}

func TestWrap(t *testing.T) {
	c := newCanvas(screen, Style{})
	f := c.face(20, false)
	for _, tt := range []struct {
		name, text string
		w          float64
		want       []string
		broken     bool
	}{
		{"one line", "short", 500, []string{"short"}, false},
		{"at spaces", "one two three", 75, []string{"one two", "three"}, false},
		{"line feeds stay", "a\n\nb", 500, []string{"a", "", "b"}, false},
		{"a long word is cut", "aaaaaaaaaaaa", 60, []string{"aaaaa", "aaaaa", "aa"}, true},
		{"narrower than a letter", "abc", 1, []string{"a", "b", "c"}, true},
		{"nothing", "", 100, nil, false},
		{"marks without width", "a\u200e\u200fb\ufe0f", 500, []string{"ab"}, false},
		{"a family is one pictogram", "\U0001f468\u200d\U0001f469\u200d\U0001f467", 500, []string{"\U0001f468"}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			lines, broken := wrap(f.cells(tt.text), tt.w)
			var got []string
			for _, l := range lines {
				s := ""
				for _, k := range l {
					s += string(k.r)
				}
				got = append(got, s)
			}
			if !slices.Equal(got, tt.want) || broken != tt.broken {
				t.Errorf("got %q, broken %v, want %q, %v", got, broken, tt.want, tt.broken)
			}
		})
	}
}

func TestEveryScriptLeavesInk(t *testing.T) {
	blank := shot(chat("", message(200, "out", "", "")))
	for _, s := range []string{"Latin", "Кириллица", "Ελληνικά", "עברית", "العربية", "हिन्दी", "中文", "日本語", "한국어", "👍", "❤️", "😀", "🏳️‍🌈", "\U000F0000"} {
		if slices.Equal(blank.Pix, shot(chat("", message(200, "out", "", s))).Pix) {
			t.Errorf("%q is invisible", s)
		}
	}
}

func TestOddTrees(t *testing.T) {
	loop := view("FrameLayout", "main_layout", [4]int{0, 0, 720, 1600}, "x")
	loop.Children = []*Node{loop, loop}
	deep := view("TextView", "", [4]int{0, 0, 720, 1600}, "deep")
	for range 5000 {
		deep = view("FrameLayout", "main_layout", [4]int{0, 0, 720, 1600}, "", deep)
	}
	crowd := view("FrameLayout", "", [4]int{0, 0, 720, 1600}, "")
	for range 6000 {
		crowd.Children = append(crowd.Children, view("TextView", "message_text", [4]int{0, 0, 720, 1600}, strings.Repeat("word ", 800)))
	}
	clocks := view("FrameLayout", "", [4]int{0, 0, 720, 1600}, "")
	for range 6000 {
		clocks.Children = append(clocks.Children, view("ImageView", "conversation_background", [4]int{0, 0, 720, 1600}, ""))
	}
	for _, tt := range []struct {
		name string
		root *Node
		size image.Point
	}{
		{"nothing", nil, screen},
		{"no size", chat("x", message(200, "out", "read", "x")), image.Point{}},
		{"a size below zero", chat("x"), image.Pt(-5, -7)},
		{"a huge size", view("FrameLayout", "", [4]int{0, 0, 1 << 30, 1 << 30}, ""), image.Pt(1<<30, 64)},
		{"nil children", &Node{Children: []*Node{nil, chat("", nil, nil), nil}}, screen},
		{"a loop", loop, image.Pt(240, 400)},
		{"very deep", deep, image.Pt(240, 400)},
		{"a crowd of long texts", crowd, image.Pt(240, 400)},
		{"a crowd of backgrounds", clocks, image.Pt(240, 400)},
		{"bounds turned round", view("TextView", "entry", [4]int{500, 500, 10, 10}, "x"), screen},
		{"bounds far outside", view("TextView", "message_text", [4]int{-1 << 62, -1 << 62, 1 << 62, 1 << 62}, "far"), screen},
	} {
		t.Run(tt.name, func(t *testing.T) {
			start := time.Now()
			img := Draw(tt.root, tt.size, Style{Clock: "22:40"})
			if took := time.Since(start); took > time.Minute { // a second where the machine is idle
				t.Errorf("took %v", took)
			}
			if b := img.Bounds(); b.Dx() < 1 || b.Dy() < 1 || b.Dx() > maxSide || b.Dy() > maxSide {
				t.Errorf("size %v", b)
			}
		})
	}
}

// TestEveryPainterTakesEveryBox draws each kind of node in boxes of all sorts.
func TestEveryPainterTakesEveryBox(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	var ids []string
	for id := range painters {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, class := range []string{"Button", "EditText", "TextView", "ImageView", "ProgressBar"} {
		ids = append(ids, "class "+class)
	}
	for _, id := range ids {
		for range 10 {
			n := view("View", id, [4]int{}, "word 👍 слово")
			if class, ok := strings.CutPrefix(id, "class "); ok {
				n = view(class, "", [4]int{}, "word")
			}
			for i := range n.Bounds {
				n.Bounds[i] = rnd.IntN(240) - 60
			}
			n.Desc, n.Clickable = "12 new", rnd.IntN(2) == 0
			root := view("FrameLayout", "", [4]int{0, 0, 120, 120}, "", view("View", "toolbar", [4]int{0, 10, 120, rnd.IntN(120)}, "", n), n)
			root.Package = []string{pkg, "com.android.systemui", "com.android.launcher3", "other"}[rnd.IntN(4)]
			Draw(root, image.Pt(120, 120), Style{Clock: "1:00", Dark: rnd.IntN(2) == 0})
		}
	}
}

func FuzzDraw(f *testing.F) {
	f.Add("message_text", "hello", 0, 0, 100, 100, 200, 200)
	f.Add("status", "Seen", -5, 1<<40, 7, -9, 1, 1)
	f.Fuzz(func(t *testing.T, id, text string, x0, y0, x1, y1, w, h int) {
		n := view("TextView", id, [4]int{x0, y0, x1, y1}, text)
		n.Desc = text
		root := view("FrameLayout", "conversation_layout", [4]int{0, 0, w, h}, "", n)
		img := Draw(root, image.Pt(w%300, h%300), Style{Clock: text})
		if img.Bounds().Empty() {
			t.Error("no picture")
		}
	})
}

func TestEncode(t *testing.T) {
	var buf bytes.Buffer
	img := shot(chat("typed", message(200, "in", "", "Can you tell me the price? 😀"), message(320, "out", "clock", "It is 7 €"),
		message(440, "out", "sent", "Цена 7 €"), message(560, "out", "delivered", "ראשון"), message(680, "out", "read", "价格 7 €"),
		message(800, "out", "failed", "Last ❤️ 👍")))
	if err := Encode(&buf, img); err != nil {
		t.Fatal(err)
	}
	if *pictures != "" {
		if err := os.WriteFile(filepath.Join(*pictures, "test_chat.png"), buf.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	back, err := png.Decode(&buf)
	if err != nil {
		t.Fatal(err)
	}
	if back.Bounds() != img.Bounds() || back.At(360, 100) != img.At(360, 100) {
		t.Error("the PNG is another picture")
	}
}
