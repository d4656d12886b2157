package devino

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/media"
	"github.com/wabridge/wabridge/queue"
)

// The address of an incoming file gives it without a key; another one gives
// nothing.
func TestContent(t *testing.T) {
	store, err := media.Open(t.TempDir(), media.Options{})
	must(t, err)
	h := newHarness(t, func(c *Config) { c.Files = store })
	f, err := store.Put(t.Context(), strings.NewReader("a file"), 100)
	must(t, err)
	record, err := h.store.PutMedia(t.Context(), queue.MediaRecord{
		Media: wabridge.Media{MIME: "text/plain", SHA256: f.SHA256, Size: f.Size, Name: "notes, old.txt"},
		Phone: phoneID, Origin: queue.MediaReceived, Expires: time.Now().Add(time.Hour),
	})
	must(t, err)
	address, err := (&signer{store: h.store}).address(t.Context(), "http://gw.test", record.Media)
	must(t, err)
	get := func(address string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, address, nil))
		return w
	}
	w := get(address)
	if w.Code != 200 || w.Body.String() != "a file" || w.Header().Get("Content-Type") != "text/plain" ||
		!strings.Contains(w.Header().Get("Content-Disposition"), "notes, old.txt") {
		t.Errorf("%s: got %d %q %v", address, w.Code, w.Body, w.Header())
	}
	for _, wrong := range []string{
		strings.Replace(address, "/"+record.ID+"/", "/"+record.ID+"1/", 1), "http://gw.test" + ContentPath, "http://gw.test" + ContentPath + record.ID,
		"http://gw.test" + ContentPath + record.ID + "/x/y", "http://gw.test" + ContentPath + "../content/" + record.ID,
	} {
		if got := get(wrong).Code; got != 404 {
			t.Errorf("%s: got %d", wrong, got)
		}
	}
	must(t, h.store.DeleteMedia(t.Context(), record.ID))
	if got := get(address).Code; got != 404 {
		t.Errorf("after it was deleted: got %d", got)
	}
}
