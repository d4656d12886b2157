package console

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/bridge"
	"github.com/wabridge/wabridge/phonenumber"
	"github.com/wabridge/wabridge/queue"
)

// newTalk leads to the chat with a number that somebody typed, read by the
// rules of every other way in. What is no number is said in the form.
func (c *Console) newTalk(v *visit) error {
	phone, err := c.Store.Phone(v.Context(), v.FormValue("phone"))
	if err != nil {
		return err
	}
	digits, err := bridge.ReadRecipient(v.Context(), c.Store, phone, v.FormValue("to"))
	if e, ok := errors.AsType[*phonenumber.Error](err); ok {
		return c.refuseNumber(v, failure{Words: v.Lang.T("inbox.bad_number"), Own: e.Remedy})
	}
	if err != nil {
		return err
	}
	if phone.Number != "" && wabridge.SameNumber(digits, phone.Number) {
		return c.refuseNumber(v, failure{Words: v.Lang.T("send.self")})
	}
	chat, err := c.chatOrStranger(v.Context(), phone, wabridge.UserJID(digits))
	if err != nil {
		return err
	}
	to := talkPath(phone.ID, chat.ID)
	if v.htmx() {
		v.w.Header().Set("HX-Redirect", to)
		v.w.WriteHeader(http.StatusNoContent)
		return nil
	}
	http.Redirect(v.w, v.Request, to, http.StatusSeeOther)
	return nil
}

// refuseNumber says in the form of a new message what is wrong with its number.
func (c *Console) refuseNumber(v *visit, f failure) error {
	if v.htmx() {
		return c.part(v, "number-wrong", f)
	}
	return refuse("inbox.bad_number_is", strings.TrimSpace(f.Words+" "+f.Own))
}

// chatOrStranger finds a conversation, or makes one with somebody who was never
// met; errNowhere if the id names no number that can be written to.
func (c *Console) chatOrStranger(ctx context.Context, phone wabridge.Phone, id string) (queue.Conversation, error) {
	found, err := c.Store.Conversation(ctx, phone.ID, id)
	if wabridge.CodeOf(err) != wabridge.CodeNotFound {
		return found, err
	}
	digits, err := bridge.ReadRecipient(ctx, c.Store, phone, "+"+wabridge.NumberOf(id))
	if _, ok := errors.AsType[*phonenumber.Error](err); ok {
		return queue.Conversation{}, errNowhere
	}
	return queue.Conversation{Chat: wabridge.Chat{ID: wabridge.UserJID(digits), Phone: phone.ID, Number: digits}}, err
}
