package uiauto

import (
	"bytes"
	"strings"
	"testing"
)

func TestMask(t *testing.T) {
	const in = `<hierarchy rotation="3"><node text="Anna &amp; Bob, 12:30&#10;çé 😀" content-desc="Photo of Anna" password="true" resource-id="com.whatsapp:id/x" class="a.B" package="com.whatsapp" bounds="[0,0][9,9]" hint="secret">` +
		`<node text="The phone number +55 92 9999-0101 isn&#8217;t on WhatsApp."/><node text="SEARCHING…"/></node></hierarchy>`
	d, err := Parse(strings.NewReader(in))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := d.Mask(&out, profiles(t).Words); err != nil {
		t.Fatal(err)
	}
	for _, private := range []string{"Anna", "Bob", "9999", "12:30", "secret", "😀"} {
		if strings.Contains(out.String(), private) {
			t.Errorf("%q is still there:\n%s", private, out.String())
		}
	}
	m, err := Parse(&out)
	if err != nil {
		t.Fatal(err)
	}
	w := m.Windows()[0]
	if want := "xxxx & xxx, 00:00\nxx x"; w.Text != want {
		t.Errorf("text: got %q, want %q", w.Text, want)
	}
	if w.ID != "com.whatsapp:id/x" || w.Flags != Password || w.Bounds != (Rect{0, 0, 9, 9}) || m.Rotation != 3 {
		t.Errorf("got %+v", w)
	}
	if got, want := w.Children[0].Text, "The phone number +00 00 0000-0000 isn't on WhatsApp."; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := w.Children[1].Text; got != "SEARCHING…" {
		t.Errorf("got %q", got)
	}
}
