package cloud

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

// Limits of QR codes and short links (contract, section 5).
const (
	qrText  = 140  // characters of a prefilled message
	qrCodes = 2000 // of one phone
	qrLen   = 14   // characters of a code
)

const (
	qrKind    = "WhatsAppBusinessQRCode"
	defaultQR = "code,prefilled_message,deep_link_url"
)

// A qrCode is one short link.
type qrCode struct {
	Code string `json:"code"`
	Text string `json:"prefilled_message"`
}

// putQR is POST /{phone}/message_qrdls and …/{code}: a new link, or with a
// code (in the path or among the parameters) another text for an old one.
func (a *api) putQR(w http.ResponseWriter, r *http.Request) error {
	phone, p, err := a.onPhone(w, r)
	if err != nil {
		return err
	}
	if err := p.optionalProduct(); err != nil {
		return err
	}
	words, _, err := p.short("prefilled_message", qrText)
	if err != nil {
		return err
	}
	if strings.TrimSpace(words) == "" {
		return required("prefilled_message", "give the text that the link puts into the message field, up to 140 characters")
	}
	format, err := p.text("generate_qr_image")
	if err != nil {
		return err
	}
	if format = strings.ToUpper(format); format != "" && format != "SVG" && format != "PNG" {
		return oneOf("generate_qr_image", []string{"SVG", "PNG"}, format)
	}
	code := r.PathValue("code")
	if code == "" {
		if code, err = p.text("code"); err != nil {
			return err
		}
	}
	if code == "" {
		code, err = a.makeQR(r.Context(), phone, words)
	} else {
		err = a.rewriteQR(r, phone, code, words)
	}
	if err != nil {
		return err
	}
	n := a.qrNode(r, phone, qrCode{code, words})
	out := node{"code": code, "prefilled_message": words, "deep_link_url": n["deep_link_url"]}
	if format != "" {
		out["qr_image_url"] = a.imageURL(r, code, format)
	}
	writeJSON(w, http.StatusOK, out)
	return nil
}

// makeQR stores a new link under a code that nobody can guess.
func (a *api) makeQR(ctx context.Context, phone wabridge.Phone, words string) (string, error) {
	n, err := a.Store.CountObjects(ctx, queue.ObjectQR, phone.ID)
	if err != nil {
		return "", err
	}
	if n >= qrCodes {
		return "", refuse(wabridge.CodeParameter, "this number has %d QR codes, which is the most; delete some", n)
	}
	q := qrCode{Code: rand.Text()[:qrLen], Text: words} // 70 bits, A to Z and 2 to 7
	data, err := json.Marshal(q)
	if err != nil {
		return "", err
	}
	_, err = a.Store.PutObject(ctx, queue.Object{Kind: queue.ObjectQR, Owner: phone.ID, ID: q.Code, Data: data}, time.Now())
	return q.Code, err
}

// errNoQR ends a change of a link that is not there.
var errNoQR = errors.New("no such code")

func (a *api) rewriteQR(r *http.Request, phone wabridge.Phone, code, words string) error {
	err := revise(r.Context(), a.Store, queue.ObjectQR, phone.ID, code, func(q *qrCode) error {
		if q.Code == "" {
			return errNoQR
		}
		q.Text = words
		return nil
	})
	if errors.Is(err, errNoQR) {
		return noObject(r.Method, code)
	}
	return err
}

// qrNode shows a link. Images are added as they are asked for.
func (a *api) qrNode(r *http.Request, phone wabridge.Phone, q qrCode) node {
	return node{"id": nil, "code": q.Code, "prefilled_message": q.Text, "deep_link_url": a.deepLink(phone, q),
		"qr_image_url": a.imageURL(r, q.Code, "SVG"), "creation_time": nil}
}

// deepLink is the address that a QR code holds. Where this server has a public
// address it is our own short link, whose text can be changed later; without
// one it is WhatsApp's, with the text in it, which works everywhere.
func (a *api) deepLink(phone wabridge.Phone, q qrCode) string {
	if a.PublicURL == "" {
		return chatLink(phone.Number, q.Text)
	}
	return strings.TrimRight(a.PublicURL, "/") + "/message/" + q.Code
}

// chatLink opens a chat with the number in WhatsApp, the text in its field.
func chatLink(number, words string) string {
	return "https://wa.me/" + number + "?text=" + strings.ReplaceAll(url.QueryEscape(words), "+", "%20")
}

func (a *api) imageURL(r *http.Request, code, format string) string {
	return a.base(r) + "/qr/" + code + "." + strings.ToLower(format)
}

// listQR is GET /{phone}/message_qrdls, or one of them with ?code=.
func (a *api) listQR(w http.ResponseWriter, r *http.Request) error {
	phone, p, err := a.onPhone(w, r)
	if err != nil {
		return err
	}
	code, err := p.text("code")
	if err != nil {
		return err
	}
	if code != "" {
		return a.showQR(w, r, phone, p, code)
	}
	found, err := all(r.Context(), a.Store, queue.ObjectQR, phone.ID)
	if err != nil {
		return err
	}
	list := make([]qrCode, len(found))
	for i, o := range found {
		if err := json.Unmarshal(o.Data, &list[i]); err != nil {
			return err
		}
	}
	format, err := p.imageFormat()
	if err != nil {
		return err
	}
	show := func(i int) node {
		n := a.qrNode(r, phone, list[i])
		n["qr_image_url"] = a.imageURL(r, list[i].Code, format)
		return n
	}
	page, err := a.pageOf(r, p, qrKind, defaultQR, len(list), func(i int) string { return list[i].Code }, show, a.qrNode(r, phone, qrCode{}))
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, page)
	return nil
}

// getQR is GET /{phone}/message_qrdls/{code}.
func (a *api) getQR(w http.ResponseWriter, r *http.Request) error {
	phone, p, err := a.onPhone(w, r)
	if err != nil {
		return err
	}
	return a.showQR(w, r, phone, p, r.PathValue("code"))
}

// showQR answers with one link, wrapped in data as the Cloud API does.
func (a *api) showQR(w http.ResponseWriter, r *http.Request, phone wabridge.Phone, p params, code string) error {
	var q qrCode
	there, err := load(r.Context(), a.Store, queue.ObjectQR, phone.ID, code, &q)
	if err != nil {
		return err
	}
	if !there {
		return noObject(r.Method, code)
	}
	fields, err := p.wanted(defaultQR)
	if err != nil {
		return err
	}
	format, err := p.imageFormat()
	if err != nil {
		return err
	}
	n := a.qrNode(r, phone, q)
	n["qr_image_url"] = a.imageURL(r, code, format)
	out, err := project(n, qrKind, fields)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, node{"data": []any{out}})
	return nil
}

// imageFormat is what the call format asks for: qr_image_url.format(PNG).
func (p params) imageFormat() (string, error) {
	fields, err := p.wanted(defaultQR)
	if err != nil {
		return "", err
	}
	for _, f := range fields {
		for _, c := range f.calls {
			format := strings.ToUpper(strings.Trim(c.arg, `"'`))
			if f.name != "qr_image_url" || c.name != "format" || format != "SVG" && format != "PNG" {
				return "", badFields("the only call here is qr_image_url.format(SVG) or format(PNG)")
			}
			return format, nil
		}
	}
	return "SVG", nil
}

// deleteQR is DELETE /{phone}/message_qrdls/{code}.
func (a *api) deleteQR(w http.ResponseWriter, r *http.Request) error {
	phone, _, err := a.onPhone(w, r)
	if err != nil {
		return err
	}
	code := r.PathValue("code")
	err = a.Store.DeleteObject(r.Context(), queue.ObjectQR, phone.ID, code)
	if wabridge.CodeOf(err) == wabridge.CodeNotFound {
		return noObject(r.Method, code)
	}
	if err != nil {
		return err
	}
	return succeed(w)
}
