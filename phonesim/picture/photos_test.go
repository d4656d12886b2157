package picture

import (
	"image"
	"image/color"
	"testing"
)

func flat(w, h int, col color.RGBA) image.Image {
	img := image.NewRGBA(image.Rect(5, 5, 5+w, 5+h)) // not at the origin
	for i := range img.Pix {
		img.Pix[i] = []byte{col.R, col.G, col.B, col.A}[i%4]
	}
	return img
}

func TestPicturesAreShownWhereTheyBelong(t *testing.T) {
	red := color.RGBA{250, 10, 20, 255}
	for name, c := range map[string]struct {
		id     string
		img    image.Image
		filled [2]int // a point that shows it
		free   [2]int // one that does not
	}{
		"a photo fills its bubble":        {"image", flat(300, 20, red), [2]int{120, 290}, [2]int{90, 200}},
		"a preview shows all of it":       {"photo", flat(300, 20, red), [2]int{200, 200}, [2]int{200, 120}},
		"a face is round":                 {"conversation_contact_photo", flat(20, 300, red), [2]int{200, 200}, [2]int{104, 104}},
		"one pixel":                       {"image", flat(1, 1, red), [2]int{200, 200}, [2]int{90, 200}},
		"a video's picture, not its sign": {"thumb", flat(30, 30, red), [2]int{200, 200}, [2]int{90, 200}},
	} {
		t.Run(name, func(t *testing.T) {
			root := &Node{Class: "android.widget.FrameLayout", ID: "conversation_layout", Package: "com.whatsapp", Bounds: [4]int{0, 0, 400, 800}}
			if c.id == "photo" {
				root.ID = "media_preview_layout"
			}
			root.Children = []*Node{{Class: "android.widget.ImageView", ID: c.id, Bounds: [4]int{100, 100, 300, 300}, Picture: c.img}}
			img := Draw(root, image.Pt(400, 800), Style{})
			if got := img.RGBAAt(c.filled[0], c.filled[1]); got != red {
				t.Errorf("at %v: %v, want the picture", c.filled, got)
			}
			if got := img.RGBAAt(c.free[0], c.free[1]); got == red {
				t.Errorf("at %v: the picture", c.free)
			}
		})
	}
}

func TestOddPictures(t *testing.T) {
	for _, img := range []image.Image{image.NewRGBA(image.Rect(0, 0, 0, 0)), flat(1, 5000, white), flat(5000, 1, white)} {
		for _, b := range [][4]int{{0, 0, 0, 0}, {-5000, -5000, 9000, 9000}, {100, 100, 101, 300}, {300, 300, 100, 100}} {
			for _, id := range []string{"image", "photo", "sticker_image", "conversation_contact_photo"} {
				Draw(&Node{ID: "media_preview_layout", Package: "com.whatsapp", Bounds: [4]int{0, 0, 400, 800},
					Children: []*Node{{ID: id, Bounds: b, Picture: img}}}, image.Pt(400, 800), Style{})
			}
		}
	}
}
