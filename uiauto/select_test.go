package uiauto

import (
	"strings"
	"testing"
)

func TestSelectors(t *testing.T) {
	d, err := Parse(strings.NewReader(`<hierarchy>
  <node resource-id="com.whatsapp:id/root" class="android.widget.FrameLayout" package="com.whatsapp">
    <node resource-id="android:id/list" class="android.widget.ListView" package="com.whatsapp">
      <node resource-id="com.whatsapp:id/list" text="a" package="com.whatsapp"/>
      <node text="OK" class="android.widget.Button" clickable="true" package="com.whatsapp"/>
      <node content-desc="&#8207;ok" class="android.widget.Button" package="com.whatsapp"/>
    </node>
  </node>
  <node text="OK" package="org.other" resource-id="no_colon"/>
</hierarchy>`))
	if err != nil {
		t.Fatal(err)
	}
	list := d.First(Selector{ID: "android:id/list"})
	cases := []struct {
		name string
		s    Selector
		want int
	}{
		{"id suffix", Selector{ID: "list"}, 2},
		{"full id", Selector{ID: "com.whatsapp:id/list"}, 1},
		{"full id of another package", Selector{ID: "com.whatsapp.w4b:id/list"}, 0},
		{"an id without package", Selector{ID: "no_colon"}, 1},
		{"last part of the class", Selector{Class: "Button"}, 2},
		{"full class", Selector{Class: "android.widget.Button"}, 2},
		{"part of a name is not a name", Selector{Class: "utton"}, 0},
		{"text", Selector{Text: "ok"}, 2},
		{"text and package", Selector{Text: "OK", Package: "com.whatsapp"}, 1},
		{"description", Selector{Desc: "OK"}, 1},
		{"flags", Selector{Flags: Clickable}, 1},
		{"within, the node itself included", Selector{ID: "list", Within: list}, 2},
		{"within", Selector{Text: "OK", Within: list}, 1},
		{"everything", Selector{}, 6},
		{"nothing", Selector{Text: "none"}, 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := 0
			for n := range d.Find(c.s) {
				got++
				if !c.s.Match(n) {
					t.Errorf("found a node that does not match: %+v", n)
				}
			}
			if got != c.want {
				t.Errorf("got %d nodes, want %d", got, c.want)
			}
			if first := d.First(c.s); (first == nil) != (c.want == 0) {
				t.Errorf("first: got %v", first)
			}
		})
	}
	if n := d.Windows()[0].Descendant("list"); n != list {
		t.Errorf("descendant: got %+v", n)
	}
	if n := d.Windows()[1].Descendant("list"); n != nil {
		t.Errorf("descendant of another window: got %+v", n)
	}
	if len(d.IDs("list")) != 2 || d.ID("none") != nil {
		t.Error("ids are not found by their suffix")
	}
}
