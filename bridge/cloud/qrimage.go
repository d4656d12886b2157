package cloud

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/skip2/go-qrcode"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/bridge"
	"github.com/wabridge/wabridge/queue"
)

// qrSize is the side of a PNG, in pixels.
const qrSize = 512

// open lists the pages that people's phones open: without a token and without
// the Graph API's form. What they show, a code's owner has published.
func (a *api) open() *http.ServeMux {
	mux := http.NewServeMux()
	page := func(pattern string, h http.HandlerFunc) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			bridge.Routed(r.Context(), pattern)
			h(w, r)
		})
	}
	page("GET /message/{code}", a.followQR)
	page("GET /qr/{file}", a.drawQR)
	return mux
}

// followQR is our short link: it leads to the chat with the phone's number,
// with the text as it is today. (Meta's own wa.me/message/CODE knows only its
// codes.)
func (a *api) followQR(w http.ResponseWriter, r *http.Request) {
	phone, q, err := a.qrByCode(r.Context(), r.PathValue("code"))
	switch {
	case wabridge.CodeOf(err) == wabridge.CodeNotFound:
		http.Error(w, "This link leads nowhere any more.", http.StatusNotFound)
	case err != nil:
		a.Log.Error("short link not followed", "err", err)
		http.Error(w, "Try again later.", http.StatusInternalServerError)
	case phone.Number == "":
		http.Error(w, "The phone's number is not known yet. Try again later.", http.StatusServiceUnavailable)
	default:
		w.Header().Set("Cache-Control", "no-store")
		http.Redirect(w, r, chatLink(phone.Number, q.Text), http.StatusFound)
	}
}

// drawQR is the picture of a code: /qr/CODE.png or /qr/CODE.svg.
func (a *api) drawQR(w http.ResponseWriter, r *http.Request) {
	code, format, _ := strings.Cut(r.PathValue("file"), ".")
	phone, q, err := a.qrByCode(r.Context(), code)
	if wabridge.CodeOf(err) == wabridge.CodeNotFound || format != "png" && format != "svg" {
		http.Error(w, "There is no such QR code.", http.StatusNotFound)
		return
	}
	var body []byte
	if err == nil {
		body, err = draw(a.deepLink(phone, q), format)
	}
	if err != nil {
		a.Log.Error("qr code not drawn", "err", err)
		http.Error(w, "Try again later.", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", map[string]string{"png": "image/png", "svg": "image/svg+xml"}[format])
	h.Set("Cache-Control", "no-cache")
	h.Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(body) // the client may be gone; nothing to do about it
}

// qrByCode finds a link and its phone; CodeNotFound.
func (a *api) qrByCode(ctx context.Context, code string) (phone wabridge.Phone, q qrCode, err error) {
	o, err := a.Store.Object(ctx, queue.ObjectQR, "", code)
	if err != nil {
		return phone, q, err
	}
	if err := json.Unmarshal(o.Data, &q); err != nil {
		return phone, q, err
	}
	phone, err = a.Store.Phone(ctx, o.Owner)
	return phone, q, err
}

// draw makes the picture of an address.
func draw(address, format string) ([]byte, error) {
	qr, err := qrcode.New(address, qrcode.Medium)
	if err != nil {
		return nil, fmt.Errorf("draw qr code: %w", err)
	}
	if format == "png" {
		return qr.PNG(qrSize)
	}
	return svg(qr.Bitmap()), nil
}

// svg draws one square for each dark module, and joins those of a row.
func svg(bits [][]bool) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h%dv%dH0z"/><path d="`,
		len(bits), len(bits), len(bits), len(bits))
	for y, row := range bits {
		for x := 0; x < len(row); x++ {
			from := x
			for x < len(row) && row[x] {
				x++
			}
			if x > from {
				fmt.Fprintf(&b, "M%d %dh%dv1h-%dz", from, y, x-from, x-from)
			}
		}
	}
	b.WriteString(`"/></svg>`)
	return []byte(b.String())
}
