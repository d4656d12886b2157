package phonesim

import (
	"bytes"
	"fmt"
	"image"
	"io"
	"strings"
	"time"

	"github.com/wabridge/wabridge/phonesim/picture"
	"github.com/wabridge/wabridge/phonesim/shell"
	"github.com/wabridge/wabridge/phonesim/view"
)

// ScreenXML is what uiautomator would dump now.
func (p *Phone) ScreenXML() []byte { return shell.Dump(p.sys) }

// ScreenPNG is the screen as a picture.
func (p *Phone) ScreenPNG() ([]byte, error) {
	var b bytes.Buffer
	if err := p.shell.DrawPicture(&b); err != nil {
		return nil, fmt.Errorf("draw the screen: %w", err)
	}
	return b.Bytes(), nil
}

// drawPNG draws a tree.
func (p *Phone) drawPNG(root *view.Node, w io.Writer) error {
	d := p.sys.Display
	img := picture.Draw(pictureNode(root, ""), image.Pt(d.W(), d.H()), picture.Style{Clock: time.Now().Format("15:04")})
	return picture.Encode(w, img)
}

// pictureNode is the tree as the painter wants it, without what is not visible.
func pictureNode(n *view.Node, pkg string) *picture.Node {
	if n.Package != "" {
		pkg = n.Package
	}
	_, id, _ := strings.Cut(n.ID, ":id/")
	out := &picture.Node{
		Class: n.Class, ID: id, Package: pkg, Text: n.Text, Desc: n.Desc, Clickable: n.Is(view.Clickable), Hint: n.Hint, Picture: n.Picture,
		Bounds: [4]int{n.Bounds.Left, n.Bounds.Top, n.Bounds.Right, n.Bounds.Bottom},
	}
	for _, c := range n.Children {
		if !c.Is(view.Gone) {
			out.Children = append(out.Children, pictureNode(c, pkg))
		}
	}
	return out
}
