package cloud

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

// TestRepeatedLater: what was accepted is answered again, whatever has become
// of the phone, the file and the template since.
func TestRepeatedLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &links{record: queue.MediaRecord{Media: wabridge.Media{ID: "9", MIME: "image/png", SHA256: hash, Size: 7}}}
		h := newHarness(t, withFiles(t, l))
		h.upload("11", phoneID, "image/jpeg", 1000)
		h.define("order", "en_US", `"category":"UTILITY","status":"APPROVED","components":[{"type":"BODY","text":"Hi"}]`)
		bodies := []string{text(""), object("image", `{"id":"11"}`), object("image", `{"link":"https://x/y"}`),
			object("template", `{"name":"order","language":{"code":"en_US"}}`)}
		var first []string
		for _, body := range bodies {
			first = append(first, h.do("POST", sendPath, body, "Idempotency-Key", body[:80]+body[len(body)-20:]).id(t))
		}
		time.Sleep(2 * time.Hour) // the upload has expired
		l.err = wabridge.Fail(wabridge.CodeMediaUpload, nil, "gone")
		must(t, h.store.DeleteObject(t.Context(), queue.ObjectTemplate, wabaID, "77order"))
		must(t, h.store.SetPhoneState(t.Context(), phoneID, wabridge.PhoneAttention, wabridge.CodeNotRegistered, "", now()))
		time.Sleep(phonesFresh)
		for i, body := range bodies {
			got := h.do("POST", sendPath, body, "Idempotency-Key", body[:80]+body[len(body)-20:])
			if got.id(t) != first[i] || got.header.Get("Idempotent-Replayed") != "true" {
				t.Errorf("%s: %s", body, got.body)
			}
			if again := h.do("POST", sendPath, body); again.status != 400 {
				t.Errorf("without the key: %s", again.body)
			}
		}
		if n := h.stored(); n != len(bodies) {
			t.Errorf("%d messages stored, want %d", n, len(bodies))
		}
	})
}
