package whatsapp

import (
	"fmt"
	"html"
	"strings"
	"sync"
	"testing"

	"github.com/wabridge/wabridge/uiauto"
)

func profiles(t testing.TB) *uiauto.Profiles {
	t.Helper()
	p, err := loaded()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// loaded reads the profiles once for all tests.
var loaded = sync.OnceValues(func() (*uiauto.Profiles, error) { return uiauto.LoadProfiles("") })

// see parses a drawn window and recognises it.
func see(t testing.TB, window string) Screen {
	t.Helper()
	d, err := uiauto.Parse(strings.NewReader(`<hierarchy rotation="0">` + window + `</hierarchy>`))
	if err != nil {
		t.Fatalf("%v in %s", err, window)
	}
	return Recognise(d, profiles(t))
}

const wa = "com.whatsapp"

// el draws a node. What is a key=value pair is an attribute (id without
// package is the app's), everything else is what stands inside.
func el(parts ...string) string {
	var attrs, kids strings.Builder
	class := "android.view.View"
	for _, p := range parts {
		if p == "" {
			continue
		}
		if strings.HasPrefix(p, "<") {
			kids.WriteString(p)
			continue
		}
		k, v, _ := strings.Cut(p, "=")
		switch k {
		case "class":
			class = v
			continue
		case "at":
			k = "bounds"
		case "desc":
			k = "content-desc"
		case "id":
			k = "resource-id"
			if !strings.Contains(v, ":") {
				v = wa + ":id/" + v
			}
		}
		v = strings.ReplaceAll(html.EscapeString(v), "\n", "&#10;")
		fmt.Fprintf(&attrs, ` %s="%s"`, k, v)
	}
	pkg := ""
	if !strings.Contains(attrs.String(), " package=") {
		pkg = ` package="` + wa + `"`
	}
	return fmt.Sprintf(`<node class="%s"%s%s>%s</node>`, class, pkg, attrs.String(), kids.String())
}

// bub is a bubble of a drawn chat.
type bub struct {
	in     bool
	text   string
	time   string
	status string
	sender string
	extra  string // drawn nodes
}

// chatOf is a drawn chat.
type chatOf struct {
	title   string
	status  string
	bubbles []bub
	entry   string // "" for none
	send    bool
	voice   bool
	rtl     bool
	short   bool   // the bubbles do not fill the list
	cut     bool   // the last bubble is cut off at the lower edge
	extra   string // drawn nodes in place of, or besides, the composer
	row     string // a drawn row among the messages
}

// draw is the window, nested as in the captures.
func (c chatOf) draw() string {
	back := "at=[0,76][96,172]"
	if c.rtl {
		back = "at=[624,76][720,172]"
	}
	head := el("id=toolbar", "at=[0,68][720,180]",
		el("id=whatsapp_toolbar_home", "class=android.widget.Button", "clickable=true", back),
		el("id=conversation_contact_name", "class=android.widget.TextView", "text="+c.title, "at=[200,99][448,145]"),
		el("id=conversation_contact_status", "class=android.widget.TextView", "text="+c.status, "at=[200,145][448,170]"))
	foot := c.extra
	if c.entry != "" {
		foot += el("id=entry", "class=android.widget.EditText", "text="+c.entry, "clickable=true", "at=[104,1454][415,1519]")
	}
	if c.send {
		foot += el("id=send", "class=android.widget.ImageButton", "desc=Send", "clickable=true", "at=[615,1439][711,1535]")
	}
	if c.voice {
		foot += el("id=voice_note_btn", "class=android.widget.ImageButton", "at=[615,1439][711,1535]")
	}
	return el("at=[0,0][720,1640]", el("id=action_bar_root", "at=[0,0][720,1640]", head, c.list(), el("id=footer", "at=[0,1432][720,1544]", foot)))
}

func (c chatOf) list() string {
	const top, bottom, height = 180, 1432, 80
	y := bottom - height*len(c.bubbles)
	rows := c.row
	for i, b := range c.bubbles {
		y0 := y + i*height
		if i == 0 && !c.short {
			y0 = top
		}
		left, right := 114, 686
		if b.in != c.rtl {
			left, right = 34, 606
		}
		end := y + (i+1)*height
		gap := 10 // below each bubble, as in the captures
		if c.cut && i == len(c.bubbles)-1 {
			gap = 0
		}
		at := fmt.Sprintf("[%d,%d][%d,%d]", left, y0, right, end-gap)
		var parts []string
		if b.sender != "" {
			parts = append(parts, el("id=name_in_group_tv", "text="+b.sender, "at="+at))
		}
		if b.text != "" {
			parts = append(parts, el("id=message_text", "class=android.widget.TextView", "text="+b.text, "at="+at))
		}
		parts = append(parts, b.extra)
		meta := []string{"id=date_wrapper", el("id=date", "class=android.widget.TextView", "text="+b.time, "at="+at)}
		if b.status != "" {
			meta = append(meta, el("id=status", "class=android.widget.ImageView", "desc="+b.status, "at="+at))
		}
		parts = append(parts, el(meta...))
		parts = append(parts, "id=main_layout", "at="+at)
		rows += el("at="+fmt.Sprintf("[0,%d][720,%d]", y0, end), el(parts...))
	}
	return el("id=android:id/list", "class=android.widget.ListView", fmt.Sprintf("at=[0,%d][720,%d]", top, bottom), rows)
}

// dialogOf is an alert dialog, the only window of its dump.
func dialogOf(text string, buttons ...string) string {
	var bs string
	for i, b := range buttons {
		bs += el(fmt.Sprintf("id=android:id/button%d", i+1), "class=android.widget.Button", "clickable=true", "text="+b, "desc="+b, fmt.Sprintf("at=[100,%d][600,%d]", 760+i*100, 840+i*100))
	}
	return el("at=[18,628][702,983]", el("id=parentPanel", "at=[66,628][654,983]",
		el("id=android:id/message", "class=android.widget.TextView", "text="+text, "at=[66,664][654,735]"), bs))
}
