package daemon

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"strings"
	"testing"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/phonesim"
	"github.com/wabridge/wabridge/queue"
)

// received waits for n message events, and gives their messages by the sender's
// number, in order.
func (r *rig) heard(n int) map[string][]wabridge.Message {
	r.t.Helper()
	out := map[string][]wabridge.Message{}
	r.until("all incoming messages to be told of", func() bool {
		clear(out)
		events, _, err := r.d.db.Events(context.Background(), 0, 1000, queue.EventFilter{Kinds: []wabridge.EventKind{wabridge.EventMessage}})
		if err != nil {
			r.t.Fatal(err)
		}
		for _, e := range events {
			var m wabridge.Message
			if err := json.Unmarshal(e.Data, &m); err != nil {
				r.t.Fatal(err)
			}
			out[m.Number] = append(out[m.Number], m)
		}
		return len(events) >= n
	})
	return out
}

func (r *rig) incomingFile(m phonesim.IncomingMessage) {
	r.t.Helper()
	if _, err := r.sim.Incoming(m); err != nil {
		r.t.Fatal(err)
	}
}

// TestIncomingFiles: what people send comes with its event, each kind with its
// type, name and caption.
func TestIncomingFiles(t *testing.T) {
	r := newRig(t, phonesim.Config{}, func(c *Config) { c.Media.Wait = 5 * time.Second })
	r.waitState(wabridge.PhoneReady)
	var got map[string][]wabridge.Message
	for i, c := range []struct {
		kind string
		file phonesim.IncomingFile
	}{
		{"image", phonesim.IncomingFile{}},
		{"image", phonesim.IncomingFile{Caption: "look at this"}},
		{"video", phonesim.IncomingFile{}},
		{"voice", phonesim.IncomingFile{Seconds: 5}},
		{"audio", phonesim.IncomingFile{}},
		{"document", phonesim.IncomingFile{Filename: "Contract 1.pdf", File: []byte("%PDF-1.7\n of Ann")}},
		{"sticker", phonesim.IncomingFile{}},
	} {
		r.incomingFile(phonesim.IncomingMessage{From: "15550001002", Kind: c.kind, IncomingFile: c.file})
		got = r.heard(i + 1) // two of a kind at once may not be told apart
	}
	byType := map[string][]wabridge.Message{}
	for _, m := range got["15550001002"] {
		byType[m.Type] = append(byType[m.Type], m)
		t.Logf("%s %s %s %q %+v", m.Source, m.Type, m.Body, m.Text, m.Media)
	}
	want := map[string][]string{
		"image": {"image/jpeg", "image/jpeg"}, "video": {"video/mp4"}, "audio": {"audio/ogg; codecs=opus", "audio/mpeg"},
		"document": {"application/pdf"}, "sticker": {"image/webp"},
	}
	hashes := map[string]bool{}
	for _, m := range r.sim.Received() {
		hashes[m.SHA256] = true
	}
	for typ, mimes := range want {
		if len(byType[typ]) != len(mimes) {
			t.Errorf("%s: got %d messages, want %d", typ, len(byType[typ]), len(mimes))
		}
		for _, m := range byType[typ] {
			if m.Media == nil || m.Media.Pending || !hashes[m.Media.SHA256] || m.Code != 0 {
				t.Errorf("%s: got %+v, code %d %s", typ, m.Media, m.Code, m.Reason)
			}
		}
	}
	if m := byType["document"]; len(m) == 1 && m[0].Media.Name != "Contract 1.pdf" {
		t.Errorf("document: named %q", m[0].Media.Name)
	}
	if !strings.Contains(string(byType["image"][1].Body), "look at this") && !strings.Contains(string(byType["image"][0].Body), "look at this") {
		t.Errorf("the caption is lost: %s, %s", byType["image"][0].Body, byType["image"][1].Body)
	}
}

// TestIncomingFilesOfManyChats: whatever comes at one time, nobody gets a file
// that is not his own; and what can be told apart is delivered.
func TestIncomingFilesOfManyChats(t *testing.T) {
	r := newRig(t, phonesim.Config{}, func(c *Config) { c.Media.Wait = 3 * time.Second })
	r.waitState(wabridge.PhoneReady)
	people := []string{"15550001002", "15550001003", "15550001004", "15550001005"}
	for i, p := range people {
		for _, kind := range []string{"image", "video", "document"} {
			file := phonesim.IncomingFile{Caption: kind + " of " + p}
			if kind == "document" {
				file = phonesim.IncomingFile{Filename: p + ".txt", File: []byte(strings.Repeat(p, 10+i))}
			}
			r.incomingFile(phonesim.IncomingMessage{From: p, Kind: kind, IncomingFile: file})
		}
	}
	got := r.heard(12)
	for _, p := range people {
		for _, m := range got[p] {
			if m.Type == "document" && (m.Media == nil || m.Media.SHA256 == "" || m.Media.Name != p+".txt") {
				t.Errorf("document of %s: got %+v, code %d; its name tells whose it is", p, m.Media, m.Code)
			}
		}
	}
	r.nobodyElses(got)
}

// TestIncomingFilesOneAfterTheOther: the phone's notification tells when it has a
// picture, and only one can be meant.
func TestIncomingFilesOneAfterTheOther(t *testing.T) {
	r := newRig(t, phonesim.Config{})
	r.waitState(wabridge.PhoneReady)
	for i, p := range []string{"15550001002", "15550001003"} {
		r.incomingFile(phonesim.IncomingMessage{From: p, Kind: "image"})
		got := r.heard(i + 1)[p]
		if len(got) != 1 || got[0].Media == nil || got[0].Media.SHA256 == "" {
			t.Fatalf("picture of %s: got %+v", p, got)
		}
	}
	r.nobodyElses(r.heard(2))
}

// TestIncomingFileThatIsNotDownloaded: the message comes all the same, and says why.
func TestIncomingFileThatIsNotDownloaded(t *testing.T) {
	r := newRig(t, phonesim.Config{}, func(c *Config) { c.Media.Wait = time.Second })
	r.waitState(wabridge.PhoneReady)
	no := false
	r.incomingFile(phonesim.IncomingMessage{From: "15550001002", Kind: "image", IncomingFile: phonesim.IncomingFile{AutoDownload: &no}})
	m := r.heard(1)["15550001002"][0]
	if m.Type != "image" || m.Code != wabridge.CodeMediaDownload || !strings.Contains(m.Reason, "auto-download") || m.Media == nil || m.Media.SHA256 != "" {
		t.Errorf("got %+v with %+v", m, m.Media)
	}
	r.incoming("📷 is what I typed", "15550001003")
	m = r.heard(2)["15550001003"][0]
	if m.Type != "text" || string(m.Text) != "📷 is what I typed" || m.Media != nil {
		t.Errorf("got %+v, want the text that was typed", m)
	}
}

// nobodyElses checks that no message has a file that somebody else sent.
func (r *rig) nobodyElses(got map[string][]wabridge.Message) {
	r.t.Helper()
	for _, s := range r.sim.Received() {
		for from, list := range got {
			for _, m := range list {
				if m.Media != nil && m.Media.SHA256 == s.SHA256 && s.SHA256 != "" && from != s.From {
					r.t.Errorf("%s has a %s of %s", from, m.Type, s.From)
				}
			}
		}
	}
}

// http makes a request of the gateway as a client does.
func (r *rig) http(method, url, kind string, body []byte, headers ...string) (int, http.Header, []byte) {
	r.t.Helper()
	if strings.HasPrefix(url, "/") {
		url = "http://" + r.d.Addr() + url
	}
	req, err := http.NewRequestWithContext(r.t.Context(), method, url, bytes.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+r.d.Token())
	req.Header.Set("Content-Type", kind)
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return resp.StatusCode, resp.Header, b
}

// member reads a string of a JSON answer.
func (r *rig) member(status int, b []byte, name string) string {
	r.t.Helper()
	var v map[string]any
	if err := json.Unmarshal(b, &v); err != nil || status != http.StatusOK {
		r.t.Fatalf("%d %s", status, b)
	}
	s, _ := v[name].(string)
	return s
}

// TestFilesOverHTTP: a picture that came in is downloaded by the media id of
// its message, whole and in part; and one that is uploaded goes out by its id.
func TestFilesOverHTTP(t *testing.T) {
	defer http.DefaultClient.CloseIdleConnections()
	r := newRig(t, phonesim.Config{})
	r.waitState(wabridge.PhoneReady)
	r.incomingFile(phonesim.IncomingMessage{From: "15550001002", Kind: "image"})
	in := r.heard(1)["15550001002"][0]
	if in.Media == nil || in.Media.ID == "" {
		t.Fatalf("got %+v", in.Media)
	}
	status, _, b := r.http("GET", "/v23.0/"+in.Media.ID, "", nil)
	address := r.member(status, b, "url")
	status, header, picture := r.http("GET", address, "", nil)
	if sum := sha256.Sum256(picture); status != 200 || hex.EncodeToString(sum[:]) != r.sim.Received()[0].SHA256 || header.Get("Content-Type") != "image/jpeg" {
		t.Errorf("download: %d, %d bytes, %v", status, len(picture), header)
	}
	if status, _, part := r.http("GET", address, "", nil, "Range", "bytes=2-5"); status != http.StatusPartialContent || !bytes.Equal(part, picture[2:6]) {
		t.Errorf("range: %d, %d bytes", status, len(part))
	}
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	part, err := w.CreatePart(textproto.MIMEHeader{"Content-Disposition": {`form-data; name="file"; filename="a.jpg"`}, "Content-Type": {"image/jpeg"}})
	if err == nil {
		_, err = part.Write(picture)
	}
	if err = errors.Join(err, w.WriteField("messaging_product", "whatsapp"), w.Close()); err != nil {
		t.Fatal(err)
	}
	status, _, b = r.http("POST", "/v23.0/"+benchPhone+"/media", w.FormDataContentType(), form.Bytes())
	id := r.member(status, b, "id")
	status, _, b = r.http("POST", "/v23.0/"+benchPhone+"/messages", "application/json",
		[]byte(`{"messaging_product":"whatsapp","to":"15550001002","type":"image","image":{"id":"`+id+`","caption":"back to you"}}`))
	if status != 200 {
		t.Fatalf("send: %d %s", status, b)
	}
	r.until("the picture to be sent", func() bool { return len(r.sim.Sent()) == 1 })
	if s := r.sim.Sent(); len(s) != 1 || s[0].To != "15550001002" || s[0].Media == nil || s[0].Media.SHA256 != in.Media.SHA256 || s[0].Text != "back to you" {
		t.Errorf("sent: %+v", s)
	}
	r.drain()
}
