package view

import (
	"bytes"
	"encoding/xml"
	"io"
	"strings"
	"testing"
	"unicode/utf8"
)

func dumpOf(t *testing.T, n *Node) string {
	t.Helper()
	var b bytes.Buffer
	if err := Dump(&b, n, Format{Display: R(0, 0, 100, 100)}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestEscapingIsThePhones(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"plain":                 {"abc é ü", "abc é ü"},
		"XML's own":             {`<a b="c" d='e'>&`, `&lt;a b=&quot;c&quot; d='e'&gt;&amp;`},
		"line feed and tab":     {"a\nb\tc\rd", "a&#10;b&#9;c&#13;d"},
		"emoji":                 {"😊", "&#128522;"},
		"control characters":    {"a\x01b\x0bc\x1fd\x7fe\u0084f\u009fg", "a.b.c.d.e.f.g"},
		"next line stays":       {"a\u0085b", "a\u0085b"},
		"non-characters":        {"a\ufdd0b\ufddfc", "a.b.c"},
		"marks and blanks stay": {"\u200e~\u202fa\u00a0b\u200b", "\u200e~\u202fa\u00a0b\u200b"},
	} {
		t.Run(name, func(t *testing.T) {
			got := dumpOf(t, &Node{Class: "c", Text: c.in, Bounds: R(0, 0, 1, 1)})
			if !strings.Contains(got, ` text="`+c.want+`" resource-id=`) {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestGoneNodesTakeAnIndex(t *testing.T) {
	root := (&Node{Class: "p", Bounds: R(0, 0, 9, 9)}).Add(&Node{Flags: Gone}, &Node{Class: "x", Bounds: R(0, 0, 200, 9)}, nil)
	got := dumpOf(t, root)
	if strings.Count(got, "<node") != 2 || !strings.Contains(got, `index="1"`) || !strings.Contains(got, `[0,0][100,9]`) {
		t.Errorf("%s", got)
	}
}

func TestNAF(t *testing.T) {
	for name, c := range map[string]struct {
		node *Node
		want bool
	}{
		"clickable without words":    {&Node{Flags: Clickable}, true},
		"with a description":         {&Node{Flags: Clickable, Desc: "x"}, false},
		"a child has a text":         {(&Node{Flags: Clickable}).Add(&Node{Text: "x"}), false},
		"an invisible child has one": {(&Node{Flags: Clickable}).Add(&Node{Text: "x", Flags: Gone}), true},
		"disabled":                   {&Node{Flags: Clickable | Disabled}, false},
		"not clickable":              {&Node{}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := strings.Contains(dumpOf(t, c.node), `NAF="true"`); got != c.want {
				t.Errorf("got %t, want %t", got, c.want)
			}
		})
	}
}

func TestHit(t *testing.T) {
	hit := ""
	name := func(s string) func() { return func() { hit = s } }
	root := (&Node{Bounds: R(0, 0, 100, 100), Tap: name("root")}).Add(
		(&Node{Bounds: R(0, 0, 50, 50)}).Add(&Node{Bounds: R(0, 0, 20, 20), Tap: name("inner")}),
		&Node{Bounds: R(10, 10, 20, 20), Tap: name("above")},
		&Node{Bounds: R(60, 60, 70, 70), Tap: name("disabled"), Flags: Disabled},
		&Node{Bounds: R(80, 80, 90, 90), Tap: name("gone"), Flags: Gone})
	for _, c := range []struct {
		x, y int
		want string
	}{{5, 5, "inner"}, {15, 15, "above"}, {30, 30, "root"}, {65, 65, "root"}, {85, 85, "root"}, {100, 100, ""}} {
		hit = ""
		if n := root.Hit(c.x, c.y); n != nil {
			n.Tap()
		}
		if hit != c.want {
			t.Errorf("at %d,%d: got %q, want %q", c.x, c.y, hit, c.want)
		}
	}
}

func FuzzDumpIsXML(f *testing.F) {
	for _, s := range []string{"", "a&b", "\x00\xff\xfe", "😀\n<", "]]>", "\u2028"} {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, text, desc string) {
		got := dumpOf(t, &Node{Class: "c", Text: text, Desc: desc, Bounds: R(0, 0, 1, 1)})
		d := xml.NewDecoder(strings.NewReader(got))
		for {
			tok, err := d.Token()
			if err == io.EOF {
				return
			}
			if err != nil && utf8.ValidString(text+desc) && !strings.ContainsAny(text+desc, "\ufffe\uffff") {
				t.Fatalf("%v in %q", err, got)
			}
			if err != nil {
				return
			}
			if e, ok := tok.(xml.StartElement); ok && e.Name.Local == "node" {
				for _, a := range e.Attr {
					if a.Name.Local == "text" && utf8.RuneCountInString(a.Value) != utf8.RuneCountInString(text) {
						t.Fatalf("%q became %q", text, a.Value)
					}
				}
			}
		}
	})
}
