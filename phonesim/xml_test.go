package phonesim

import (
	"encoding/xml"
	"fmt"
	"strings"
	"testing"
)

// An element is a node of a dump.
type element struct {
	Attrs    []xml.Attr `xml:",any,attr"`
	Children []element  `xml:"node"`
}

func (e *element) attr(name string) string {
	for _, a := range e.Attrs {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// walk calls f for e and all below it with the path of classes and ids to it.
func (e *element) walk(path string, f func(path string, e *element)) {
	step := strings.TrimPrefix(e.attr("class"), "android.")
	if id := e.attr("resource-id"); id != "" {
		step += "#" + id
	}
	path += "/" + step
	f(path, e)
	for i := range e.Children {
		e.Children[i].walk(path, f)
	}
}

func (e *element) find(id string) *element {
	var found *element
	e.walk("", func(_ string, e *element) {
		if found == nil && e.attr("resource-id") == id {
			found = e
		}
	})
	return found
}

func parse(t *testing.T, dump string) *element {
	t.Helper()
	i := strings.Index(dump, "<?xml")
	if i < 0 {
		t.Fatalf("no XML in %q", dump)
	}
	var h struct {
		Nodes []element `xml:"node"`
	}
	if err := xml.Unmarshal([]byte(dump[i:]), &h); err != nil {
		t.Fatalf("dump does not parse: %v\n%s", err, dump)
	}
	if len(h.Nodes) == 0 {
		t.Fatalf("dump without nodes: %s", dump)
	}
	return &h.Nodes[0]
}

// dump is what uiautomator dumps now.
func dump(t *testing.T, p *Phone) string {
	t.Helper()
	out := mustRun(t, p, "uiautomator dump /data/local/tmp/t.xml 2>&1 && cat /data/local/tmp/t.xml; rm -f /data/local/tmp/t.xml")
	first, rest, _ := strings.Cut(out, "\n")
	if first != "UI hierchary dumped to: /data/local/tmp/t.xml" {
		t.Fatalf("uiautomator said %q", out)
	}
	return rest
}

func boundsOf(t *testing.T, dump, id string) (x, y string) {
	t.Helper()
	e := parse(t, dump).find(id)
	if e == nil {
		t.Fatalf("no %s in %s", id, dump)
	}
	var l, top, r, b int
	if _, err := fmt.Sscanf(e.attr("bounds"), "[%d,%d][%d,%d]", &l, &top, &r, &b); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint((l + r) / 2), fmt.Sprint((top + b) / 2)
}

func center(t *testing.T, e *element) []string {
	t.Helper()
	var l, top, r, b int
	if _, err := fmt.Sscanf(e.attr("bounds"), "[%d,%d][%d,%d]", &l, &top, &r, &b); err != nil {
		t.Fatal(err)
	}
	return []string{fmt.Sprint((l + r) / 2), fmt.Sprint((top + b) / 2)}
}
