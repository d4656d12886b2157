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
	p.line("screen: %s", s.Kind)
	p.line("why:    %s", s.Why)
	p.line("app:    %s", s.App)
	describeChat(p, s)
	describeDialog(p, s)
	for _, r := range s.Chats {
		p.line("chat:   %s", rowLine(r))
	}
	p.line("would:  %s", actionLine(a))
	return p.err
}

func describeChat(p *printer, s Screen) {
	if h := s.Chat; h != nil {
		p.line("header: %s", joined(h.Title, cond(h.Number != "", "number "+h.Number), h.Status, cond(h.Self, "the chat with oneself")))
	}
	for _, b := range s.Bubbles {
		p.line("bubble: %s", joined(b.Dir, b.Time, string(b.Status), b.Sender, b.Media, quote(b.Text), cond(b.More, "cut by the app"), cond(b.Clipped, "at the edge")))
	}
	if c := s.Composer; c != nil {
		text := quote(c.Text)
		if c.Empty {
			text = "empty"
		}
		p.line("types:  %s at %s", text, c.Bounds)
	}
	if s.ReadOnly != "" {
		p.line("notice: %s", quote(s.ReadOnly))
	}
	if s.Send != nil {
		p.line("send:   at %s", s.Send.Bounds)
	}
}

func describeDialog(p *printer, s Screen) {
	if d := s.Dialog; d != nil {
		p.line("dialog: %s", joined(d.Title, quote(d.Text), cond(d.Digits != "", "number "+d.Digits)))
		for _, b := range d.Buttons {
			p.line("button: %s at %s", quote(b.Text), b.Bounds)
		}
	}
	if s.Popup != "" {
		p.line("popup:  %s", s.Popup)
	}
	if s.Locked {
		p.line("locked: a PIN, pattern or password is asked")
	}
}

func rowLine(r Row) string {
	unread := ""
	if r.Unread > 0 {
		unread = fmt.Sprintf("%d unread", r.Unread)
	}
	return joined(r.Name, r.Time, unread, cond(r.Out, "out"), string(r.Status), r.Sender, quote(r.Preview))
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

func (p *printer) line(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format+"\n", args...)
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

// quote shows a text on one line, at most 120 characters of it.
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
