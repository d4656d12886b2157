package whatsapp

import (
	"fmt"
	"io"
	"strings"
)

// Describe writes for a person which screen it is, why, and what would be done
// about it. It shows what is on the screen, private text included: it is for
// the eyes of who owns the phone, not for logs.
func Describe(w io.Writer, s Screen, a Action) error {
	p := &printer{w: w}
	p.row("screen", "%s", s.Kind)
	p.row("why", "%s", s.Why)
	p.row("app", "%s", s.App)
	describeChat(p, s)
	describeDialog(p, s)
	describeShare(p, s)
	for _, r := range s.Chats {
		p.row("chat", "%s", rowLine(r))
	}
	p.row("would do", "%s", actionLine(a))
	return p.err
}

func describeChat(p *printer, s Screen) {
	if h := s.Chat; h != nil {
		p.row("header", "%s", joined(quote(h.Title), cond(h.Number != "", "number "+h.Number), quote(h.Status), cond(h.Self, "the chat with oneself")))
	}
	for _, b := range s.Bubbles {
		p.row("bubble", "%s", joined(b.Dir, quote(b.Time), string(b.Status), quote(b.Sender), b.Media, cond(b.File != "" && b.File != b.Text, quote(b.File)), quote(b.Text), quoted(b.Quote), cond(b.Reaction != "", "reactions "+b.Reaction), cond(b.Transfer != "", "transfer "+string(b.Transfer)), cond(b.More, "cut by the app"), cond(b.Clipped, "at the edge")))
	}
	if c := s.Composer; c != nil {
		text := quote(c.Text)
		if c.Empty {
			text = "empty"
		}
		p.row("composer", "%s at %s", text, c.Bounds)
	}
	if s.Panel != nil {
		p.row("panel", "%s", quoted(s.Panel))
	}
	if s.ReadOnly != "" {
		p.row("notice", "%s", quote(s.ReadOnly))
	}
	if s.Send != nil {
		p.row("send", "at %s", s.Send.Bounds)
	}
}

func quoted(q *Quote) string {
	if q == nil {
		return ""
	}
	return strings.TrimSpace("quotes " + quote(q.Title) + " " + quote(q.Text))
}

func describeShare(p *printer, s Screen) {
	if v := s.Preview; v != nil {
		p.row("preview", "%s", joined(v.Kind, cond(v.File != "", "file "+quote(v.File)), cond(v.Caption != "", "caption "+quote(v.Caption)), cond(v.Field == nil, "no field for a caption")))
		for _, r := range v.Recipients {
			p.row("recipient", "%s", quote(r))
		}
	}
	for _, e := range s.Tray {
		p.row("emoji", "%s", joined(e.Text, cond(e.Mine, "given"), "at "+e.Bounds.String()))
	}
	for _, f := range s.Files {
		p.row("file", "%s at %s", quote(f.Name), f.Bounds)
	}
}

func describeDialog(p *printer, s Screen) {
	if d := s.Dialog; d != nil {
		p.row("dialog", "%s", joined(quote(d.Title), quote(d.Text), cond(d.Digits != "", "number "+d.Digits)))
		for _, b := range d.Buttons {
			p.row("button", "%s at %s", quote(b.Text), b.Bounds)
		}
	}
	if s.Popup != "" {
		p.row("popup", "%s", s.Popup)
	}
	if s.Locked {
		p.row("locked", "a PIN, pattern or password is asked")
	}
}

func rowLine(r Row) string {
	unread := ""
	if r.Unread > 0 {
		unread = fmt.Sprintf("%d unread", r.Unread)
	}
	return joined(quote(r.Name), quote(r.Time), unread, cond(r.Out, "out"), string(r.Status), quote(r.Sender), quote(r.Preview))
}

func actionLine(a Action) string {
	at, code := "", ""
	if !a.At.Empty() {
		at = "at " + a.At.String()
	}
	if a.Code != 0 {
		code = fmt.Sprintf("code %d", a.Code)
	}
	return joined(string(a.Do), at, a.Why, code)
}

// A printer keeps the first error.
type printer struct {
	w   io.Writer
	err error
}

func (p *printer) row(label, format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, "%-10s"+format+"\n", append([]any{label + ":"}, args...)...)
	}
}

func joined(parts ...string) string {
	var l []string
	for _, s := range parts {
		if s != "" {
			l = append(l, s)
		}
	}
	return strings.Join(l, ", ")
}

func cond(ok bool, s string) string {
	if ok {
		return s
	}
	return ""
}

// quote shows a text on one line, at most 120 characters of it, with escapes
// for what could fool a terminal.
func quote(s string) string {
	if s == "" {
		return ""
	}
	r := []rune(s)
	if len(r) > 120 {
		r = append(r[:119:119], '…')
	}
	return fmt.Sprintf("%q", string(r))
}
