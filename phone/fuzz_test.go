package phone

import (
	"image"
	"regexp"
	"strings"
	"testing"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/uiauto"
)

var mediaURI = regexp.MustCompile(`^content://media/[a-z_0-9]+/[a-z/]+/[0-9]+$`)

// FuzzContentURI feeds what the phone may print of an indexed file: an address
// of the media provider comes out, which goes into a command, or none.
func FuzzContentURI(f *testing.F) {
	for _, s := range []string{
		"Result: Bundle[{android.intent.extra.STREAM=content://media/external_primary/images/media/1234}]\n",
		"Row: 0 _id=77, _data=/storage/emulated/0/Download/wabridge/1555-1-a/b.png\n", "Error while accessing provider:media\n", "_id=1, /1555-1-a/ _id=2",
	} {
		f.Add(s, "image")
		f.Add(s, "document")
	}
	f.Fuzz(func(t *testing.T, out, kind string) {
		got := contentURI(out, &pushed{folder: "1555-1-a", kind: kind})
		if got != "" && !mediaURI.MatchString(got) {
			t.Errorf("%q: got %q", out, got)
		}
	})
}

// FuzzWindowSize feeds what `wm size` may print, and taps within the picture:
// they stay within the window.
func FuzzWindowSize(f *testing.F) {
	f.Add("Physical size: 1080x2400\nOverride size: 720x1600\n", 1080, 2400, 5, 7)
	f.Add("Physical size: 0x0\n", 1, 1, 0, 0)
	f.Add("Permission denied", 1080, 2400, 1079, 2399)
	f.Fuzz(func(t *testing.T, text string, width, height, x, y int) {
		size := windowSize(text)
		if size.X < 0 || size.Y < 0 || size.X > 99999 || size.Y > 99999 {
			t.Fatalf("%q: got %v", text, size)
		}
		if width <= 0 || height <= 0 || width > 99999 || height > 99999 || x < 0 || y < 0 || x >= width || y >= height {
			return
		}
		p := scaled(image.Pt(width, height), size)(wabridge.Point{X: x, Y: y})
		if most := max(size.X, size.Y, width, height); p.X < 0 || p.Y < 0 || p.X > most || p.Y > most {
			t.Errorf("%v of a picture of %dx%d is %v in %v", image.Pt(x, y), width, height, p, size)
		}
	})
}

// FuzzJudge feeds what a phone may answer to the doctor: each question has one
// grade, and what is not well has a word of why.
func FuzzJudge(f *testing.F) {
	for _, s := range []string{
		"  versionName=2.24.6.77\n", "  AC powered: true\n  level: 80\n  temperature: 301\n", "mWakefulness=Awake\n3\n30000", "mDreamingLockscreen=true",
		"Notification List:\n", "zen_mode=1", "level: 99999999999999999999", "",
	} {
		f.Add(s)
	}
	profiles, err := uiauto.LoadProfiles("")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, out string) {
		for _, q := range questions {
			c := q.judge(out, wabridge.Phone{ID: "1", Package: "com.whatsapp"}, profiles)
			if c.Grade != OK && strings.TrimSpace(c.Detail) == "" {
				t.Errorf("%s: %q gets %v without a word", q.name, out, c.Grade)
			}
		}
	})
}
