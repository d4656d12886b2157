package picture

import (
	"bytes"
	"encoding/xml"
	"flag"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var pictures = flag.String("pictures", "", "folder to leave the drawn captures in, to be looked at")

type xmlNode struct {
	Class     string    `xml:"class,attr"`
	ID        string    `xml:"resource-id,attr"`
	Package   string    `xml:"package,attr"`
	Text      string    `xml:"text,attr"`
	Desc      string    `xml:"content-desc,attr"`
	Bounds    string    `xml:"bounds,attr"`
	Clickable bool      `xml:"clickable,attr"`
	Children  []xmlNode `xml:",any"`
}

func (x xmlNode) node(t testing.TB) *Node {
	n := &Node{Class: x.Class, Package: x.Package, Text: x.Text, Desc: x.Desc, Clickable: x.Clickable}
	_, n.ID, _ = strings.Cut(x.ID, ":id/")
	if x.Bounds != "" {
		b := &n.Bounds
		if _, err := fmt.Sscanf(x.Bounds, "[%d,%d][%d,%d]", &b[0], &b[1], &b[2], &b[3]); err != nil {
			t.Fatalf("bounds %q: %v", x.Bounds, err)
		}
	}
	for _, c := range x.Children {
		n.Children = append(n.Children, c.node(t))
	}
	return n
}

// parse reads a dump; it is no general parser.
func parse(t testing.TB, raw []byte) *Node {
	t.Helper()
	i := bytes.Index(raw, []byte("<hierarchy"))
	j := bytes.LastIndex(raw, []byte("</hierarchy>"))
	if i < 0 || j < i {
		t.Fatal("no hierarchy")
	}
	var root xmlNode
	if err := xml.Unmarshal(raw[i:j+len("</hierarchy>")], &root); err != nil {
		t.Fatal(err)
	}
	return (xmlNode{Children: root.Children}).node(t)
}

// sizeOf is the display's size: the captures' names tell it, or the tree.
func sizeOf(name string, root *Node) image.Point {
	var w, h int
	for part := range strings.FieldsFuncSeq(strings.TrimSuffix(name, ".xml"), func(r rune) bool { return r == '_' }) {
		if n, err := fmt.Sscanf(part, "%dx%d", &w, &h); err == nil && n == 2 {
			return image.Pt(w, h)
		}
	}
	for _, c := range root.Children {
		w, h = max(w, c.Bounds[2]), max(h, c.Bounds[3])
	}
	if first := root.Children[0].Bounds; len(root.Children) == 1 && first[0] > 0 {
		w, h = first[0]+first[2], first[1]+first[3] // a dialog in the middle
		if strings.Contains(name, "popup") {
			w = 720
		}
	}
	if w > h {
		return image.Pt(w, h)
	}
	return image.Pt(max(w, 480), max(h, w*20/9))
}

func captures(t testing.TB) map[string]*Node {
	t.Helper()
	files, err := filepath.Glob("../../testdata/captures/uiautomator/*.xml")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Fatal("testdata/captures/uiautomator has no dumps")
	}
	trees := map[string]*Node{}
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		trees[filepath.Base(f)] = parse(t, raw)
	}
	return trees
}

func TestCapturesAreDrawnInTime(t *testing.T) {
	for name, tree := range captures(t) {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			img := Draw(tree, sizeOf(name, tree), Style{Clock: "14:07"})
			if took := time.Since(start); took > time.Minute {
				t.Errorf("took %v", took)
			}
			if n := colours(img); n < 20 {
				t.Errorf("only %d colours: nothing was drawn", n)
			}
			if *pictures == "" {
				return
			}
			f, err := os.Create(filepath.Join(*pictures, strings.TrimSuffix(name, ".xml")+".png"))
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			if err := Encode(f, img); err != nil {
				t.Fatal(err)
			}
			t.Log(time.Since(start))
		})
	}
}

// colours counts the different colours of a picture.
func colours(img *image.RGBA) int {
	seen := map[[4]uint8]bool{}
	for i := 0; i < len(img.Pix); i += 4 * 7 {
		seen[[4]uint8(img.Pix[i:i+4])] = true
	}
	return len(seen)
}
