package cloud

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/bridge/file"
	"github.com/wabridge/wabridge/media"
)

func TestResumableUpload(t *testing.T) {
	h, files := newMediaHarness(t)
	pic := string(picture(t))
	for _, app := range []string{"app", "1234567"} {
		got := h.do("POST", "/v23.0/"+app+"/uploads/?file_length="+fmt.Sprint(len(pic))+"&file_type=image/png&file_name=a.png", "")
		id, _ := got.json(t)["id"].(string)
		if got.status != 200 || !strings.HasPrefix(id, "upload:") {
			t.Fatalf("begin: %d %s", got.status, got.body)
		}
		path := "/v23.0/" + id
		oauth := []string{"Authorization", "OAuth " + sender, "Content-Type", "application/octet-stream"}
		piece := func(offset int, body string) reply {
			return h.do("POST", path, body, append(oauth, "file_offset", fmt.Sprint(offset))...)
		}
		if got := piece(0, pic[:30]).json(t); got["file_offset"] != 30.0 {
			t.Errorf("first piece: %v", got)
		}
		if got := h.do("GET", path, "", "Authorization", "OAuth "+sender).json(t); got["id"] != id || got["file_offset"] != 30.0 {
			t.Errorf("state: %v", got)
		}
		if got := piece(10, pic[10:]); got.status != 400 || got.graph(t).Code != 100 {
			t.Errorf("a wrong offset: %d %s", got.status, got.body)
		}
		if got := piece(30, pic[30:]+"x"); got.status != 400 || got.graph(t).Code != 131053 {
			t.Errorf("more than was said: %d %s", got.status, got.body)
		}
		if got := h.do("GET", path, "").json(t); got["file_offset"] != 30.0 {
			t.Errorf("state after too much: %v", got)
		}
		done := piece(30, pic[30:])
		handle, _ := done.json(t)["h"].(string)
		if done.status != 200 || !strings.HasPrefix(handle, "4:") {
			t.Fatalf("end: %d %s", done.status, done.body)
		}
		if again := piece(30, pic[30:]).json(t); again["h"] != handle {
			t.Errorf("the end again: %v, want the same handle", again)
		}
	}
	if files.Used() != int64(len(pic)) {
		t.Errorf("used %d, want %d", files.Used(), len(pic))
	}
}

func TestResumableUploadRefused(t *testing.T) {
	h, files := newMediaHarness(t)
	for name, c := range map[string]struct {
		query string
		code  int
	}{
		"no length":     {"file_type=image/png", 100},
		"no type":       {"file_length=5", 100},
		"length 0":      {"file_type=image/png&file_length=0", 100},
		"length a word": {"file_type=image/png&file_length=x", 100},
		"too long":      {"file_type=image/png&file_length=5242881", 131053},
	} {
		if got := h.do("POST", "/app/uploads?"+c.query, ""); got.status != 400 || got.graph(t).Code != c.code {
			t.Errorf("%s: %d %s, want code %d", name, got.status, got.body, c.code)
		}
	}
	for _, method := range []string{"GET", "POST"} {
		if got := h.do(method, "/upload:none", ""); got.status != 400 || got.graph(t).Subcode != 33 {
			t.Errorf("%s of an unknown session: %d %s", method, got.status, got.body)
		}
	}
	id, _ := h.do("POST", "/app/uploads?file_length=4&file_type=image/png", "").json(t)["id"].(string)
	if got := h.do("POST", "/"+id, "text", "file_offset", "0"); got.status != 400 || got.graph(t).Code != 131053 {
		t.Errorf("a text that is called a picture: %d %s", got.status, got.body)
	}
	if files.Used() != 0 {
		t.Errorf("%d bytes stay", files.Used())
	}
}

func TestHandle(t *testing.T) {
	h, _ := newMediaHarness(t)
	pic := string(picture(t))
	id, _ := h.do("POST", fmt.Sprintf("/app/uploads?file_length=%d&file_type=image/png&file_name=a.png", len(pic)), "").json(t)["id"].(string)
	handle, _ := h.do("POST", "/"+id, pic, "file_offset", "0").json(t)["h"].(string)
	a := &api{Config: Config{Library: file.New(file.Config{Records: h.store})}}
	m, err := a.byHandle(t.Context(), handle)
	if err != nil || m.MIME != "image/png" || m.Name != "a.png" || m.Phone != "" {
		t.Errorf("got %+v (%v)", m, err)
	}
	if got := h.do("GET", "/"+m.ID, ""); got.graph(t).Subcode != 33 {
		t.Errorf("a file of a handle is shown as media: %s", got.body)
	}
	for _, bad := range []string{"", "4:", "4:::", handle + "1", "5" + handle[1:], strings.Replace(handle, "4:", "4::", 1)} {
		if _, err := a.byHandle(t.Context(), bad); wabridge.CodeOf(err) != wabridge.CodeNotFound {
			t.Errorf("%q: got %v", bad, err)
		}
	}
}

func TestSessionsAreBounded(t *testing.T) {
	files, err := media.Open(t.TempDir(), media.Options{Reserve: -1})
	must(t, err)
	var s sessions
	begin := func(at time.Time) (string, error) {
		p, err := files.Begin()
		must(t, err)
		return s.add(&session{part: p, begun: at})
	}
	start := time.Now()
	first, err := begin(start)
	must(t, err)
	for range maxSessions - 1 {
		_, err := begin(start)
		must(t, err)
	}
	if _, err := begin(start); err == nil {
		t.Error("one too many was taken")
	}
	if _, err := begin(start.Add(sessionTime + time.Second)); err != nil || len(s.list) != 1 || s.get(first) != nil {
		t.Errorf("a day later: %v, %d sessions", err, len(s.list))
	}
}
