package bridge

import (
	"bytes"
	"image"
	"image/png"
	"net/url"
	"testing"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

func TestContacts(t *testing.T) {
	h := newHarness(t)
	for i, name := range []string{"Ana", "Ben", "Cid"} {
		_, err := h.store.Reconcile(t.Context(), phoneID, wabridge.ChatRef{Number: "1555000000" + string(rune('1'+i)), Name: name}, 0,
			func(wabridge.Chat, []wabridge.Message) queue.Changes {
				return queue.Changes{New: []wabridge.Message{{Text: "x", Created: time.Now().Add(-time.Duration(i) * time.Hour)}}}
			})
		must(t, err)
	}
	var w bytes.Buffer
	must(t, png.Encode(&w, image.NewGray(image.Rect(0, 0, 4, 4))))
	must(t, h.store.PutPicture(t.Context(), phoneID, wabridge.ChatRef{Number: "15550000002"}, w.Bytes(), time.Now()))

	names, pictures := "", ""
	for path := "/bridge/v1/contacts?limit=2&phone=" + phoneID; path != ""; {
		type answer struct {
			Contacts []struct {
				Name    string             `json:"name"`
				Chat    string             `json:"chat_id"`
				Last    *queue.LastMessage `json:"last_message"`
				Picture string             `json:"picture_url"`
			} `json:"contacts"`
			Next string `json:"next"`
		}
		page := into[answer](t, h.do("GET", path, ""))
		for _, c := range page.Contacts {
			names += c.Name
			pictures += c.Picture
			if c.Last == nil || c.Last.Direction != wabridge.In {
				t.Errorf("%s: last message %+v", c.Name, c.Last)
			}
		}
		if path = ""; page.Next != "" {
			path = "/bridge/v1/contacts?limit=2&phone=" + phoneID + "&cursor=" + page.Next
		}
	}
	if names != "AnaBenCid" {
		t.Errorf("contacts %s", names)
	}
	u, err := url.Parse(pictures)
	must(t, err)
	if u.Host == "" || u.Path != "/bridge/v1/contacts/15550000002@s.whatsapp.net/picture" {
		t.Fatalf("picture at %s", pictures)
	}
	got := h.do("GET", u.RequestURI(), "")
	if got.status != 200 || !bytes.Equal(got.body, w.Bytes()) || got.header.Get("Content-Type") != "image/png" {
		t.Errorf("picture: %d %s", got.status, got.header)
	}
	for path, status := range map[string]int{
		"/bridge/v1/contacts?cursor=!": 400, "/bridge/v1/contacts?cursor=eA": 400, "/bridge/v1/contacts?groups=maybe": 400, "/bridge/v1/contacts?limit=0": 400,
		"/bridge/v1/contacts?search=BE": 200, "/bridge/v1/contacts/x/picture": 400, "/bridge/v1/contacts/x/picture?phone=" + phoneID: 404,
	} {
		if got := h.do("GET", path, ""); got.status != status {
			t.Errorf("%s: %d %s", path, got.status, got.body)
		}
	}
}
