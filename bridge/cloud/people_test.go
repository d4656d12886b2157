package cloud

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"image/png"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

const profilePath = phonePath + "/whatsapp_business_profile"

func TestBusinessProfile(t *testing.T) {
	h := newManaged(t)
	read := func(query string) map[string]any {
		return h.works("GET", profilePath+query, "")["data"].([]any)[0].(map[string]any)
	}
	if got := read(""); len(got) != 2 || got["messaging_product"] != "whatsapp" || got["vertical"] != "UNDEFINED" {
		t.Errorf("an empty profile: %v", got)
	}
	h.works("POST", profilePath, `{"messaging_product":"whatsapp","about":"We sell","address":"1 Road","description":"Much","email":"a@b.example","websites":["https://a.example","http://b.example/x"],"vertical":"retail"}`)
	got := read("?fields=about,address,description,email,profile_picture_url,websites,vertical")
	if got["about"] != "We sell" || got["vertical"] != "RETAIL" || len(got["websites"].([]any)) != 2 || got["email"] != "a@b.example" || got["messaging_product"] != "whatsapp" {
		t.Errorf("got %v", got)
	}
	h.works("POST", profilePath, `{"messaging_product":"whatsapp","address":"","websites":[]}`)
	if got = read(""); got["address"] != nil || got["websites"] != nil || got["about"] != "We sell" {
		t.Errorf("after emptying: %v", got)
	}
	for _, tt := range []struct {
		member string
		ok     bool
	}{
		{`"about":"` + strings.Repeat("ä", 139) + `"`, true},
		{`"about":"` + strings.Repeat("ä", 140) + `"`, false},
		{`"about":""`, false},
		{`"address":"` + strings.Repeat("a", 256) + `"`, true},
		{`"address":"` + strings.Repeat("a", 257) + `"`, false},
		{`"description":"` + strings.Repeat("a", 512) + `"`, true},
		{`"description":"` + strings.Repeat("a", 513) + `"`, false},
		{`"email":"` + strings.Repeat("a", 60) + "@" + strings.Repeat("b", 60) + `.example"`, false},
		{`"email":"nobody"`, false},
		{`"email":"A <a@b.example>"`, false},
		{`"vertical":"SHOES"`, false},
		{`"vertical":"NOT_A_BIZ"`, true},
		{`"websites":["https://a.example","https://b.example","https://c.example"]`, false},
		{`"websites":["a.example"]`, false},
		{`"websites":["https://a.example/` + strings.Repeat("x", 256) + `"]`, false},
		{`"websites":7`, false},
		{`"profile_picture_handle":"4:x:y:9"`, false},
		{`"about":7.5`, false},
	} {
		if ok := h.asAdmin("POST", profilePath, `{"messaging_product":"whatsapp",`+tt.member+`}`).status == 200; ok != tt.ok {
			t.Errorf("%.60s: taken %v, want %v", tt.member, ok, tt.ok)
		}
	}
	h.refused("POST", profilePath, `{"about":"x"}`, 100)
	h.refused("GET", profilePath+"?fields=shoe_size", "", 100)
}

// TestProfilePicture takes a picture from a resumable upload to the profile
// and down again.
func TestProfilePicture(t *testing.T) {
	h, _ := newMediaHarness(t)
	pic := picture(t)
	upload := func(kind string, data []byte) string {
		t.Helper()
		begun := h.do("POST", "/v23.0/app/uploads?file_length="+fmt.Sprint(len(data))+"&file_type="+kind+"&file_name=me", "").json(t)
		ended := h.do("POST", "/v23.0/"+begun["id"].(string), string(data), "file_offset", "0", "Content-Type", "").json(t)
		handle, _ := ended["h"].(string)
		return handle
	}
	set := func(handle string) reply {
		return h.do("POST", profilePath, `{"messaging_product":"whatsapp","profile_picture_handle":"`+handle+`"}`)
	}
	for range 2 { // the second one takes the place of the first
		if got := set(upload("image/png", pic)); got.status != 200 {
			t.Fatalf("picture: %s", got.body)
		}
	}
	got := h.do("GET", profilePath+"?fields=profile_picture_url", "").json(t)["data"].([]any)[0].(map[string]any)
	address, _ := got["profile_picture_url"].(string)
	w := h.raw("GET", strings.TrimPrefix(address, "http://example.com"), "Authorization", "Bearer "+reader)
	if w.Code != 200 || !bytes.Equal(w.Body.Bytes(), pic) {
		t.Errorf("%s: %d, %d bytes", address, w.Code, w.Body.Len())
	}
	if got := set(upload("text/plain", []byte("no picture"))); got.graph(t).Code != 100 {
		t.Errorf("a text as picture: %s", got.body)
	}
}

func TestBlocking(t *testing.T) {
	h := newManaged(t)
	path := phonePath + "/block_users"
	users := func(list ...string) string {
		b, _ := json.Marshal(list)
		body := strings.NewReplacer(`["`, `[{"user":"`, `","`, `"},{"user":"`, `"]`, `"}]`).Replace(string(b))
		return `{"messaging_product":"whatsapp","block_users":` + body + `}`
	}
	listed := func() string {
		var all []string
		for _, u := range h.works("GET", path, "")["data"].([]any) {
			all = append(all, u.(map[string]any)["wa_id"].(string))
		}
		return strings.Join(all, " ")
	}
	got := h.works("POST", path, users("+1 650 555 1234", "+55 11 98765-4321"))
	added := got["block_users"].(map[string]any)["added_users"].([]any)
	if len(added) != 2 || added[0].(map[string]any)["input"] != "+1 650 555 1234" || added[0].(map[string]any)["wa_id"] != "16505551234" || got["error"] != nil {
		t.Errorf("got %v", got)
	}
	h.works("POST", path, users("+16505551234")) // again
	if got := listed(); got != "16505551234 5511987654321" {
		t.Errorf("listed: %s", got)
	}
	for _, to := range []string{"+16505551234", "+551187654321"} { // the older form of the Brazilian number, too
		if e := h.do("POST", sendPath, strings.Replace(text(""), "+16505551234", to, 1)).graph(t); e.Code != 131026 || !strings.Contains(e.Data.Details, "blocked") {
			t.Errorf("a send to %s: %+v", to, e)
		}
	}
	bad := h.asAdmin("POST", path, users("nonsense", "+16505550000", "+"+ownNumber))
	var answer blocking
	must(t, json.Unmarshal(bad.body, &answer))
	if bad.status != 400 || answer.Error == nil || answer.Error.Code != 139100 || len(answer.Users.Added) != 1 || len(answer.Users.Failed) != 2 ||
		answer.Users.Failed[1].Errors[0].Code != 131021 || answer.Users.Failed[0].Errors[0].Data.Details == "" {
		t.Errorf("partly: %d %s", bad.status, bad.body)
	}
	page := h.works("GET", path+"?limit=2", "")
	if next := page["paging"].(map[string]any)["next"].(string); !strings.Contains(next, "after=") {
		t.Errorf("page: %v", page)
	}
	after := page["paging"].(map[string]any)["cursors"].(map[string]any)["after"].(string)
	last := h.works("GET", path+"?limit=2&after="+after, "")
	if len(last["data"].([]any)) != 1 || last["paging"].(map[string]any)["next"] != nil {
		t.Errorf("last page: %v", last)
	}
	before := last["paging"].(map[string]any)["cursors"].(map[string]any)["before"].(string)
	if back := h.works("GET", path+"?limit=2&before="+before, ""); len(back["data"].([]any)) != 2 {
		t.Errorf("the page before: %v", back)
	}
	got = h.works("DELETE", path, users("+16505551234", "+16505559999"))
	if removed := got["block_users"].(map[string]any)["removed_users"].([]any); len(removed) != 2 {
		t.Errorf("removed: %v", got)
	}
	h.do("POST", sendPath, text("")).id(t)
	for _, body := range []string{`{"block_users":[{"user":"+16505551234"}]}`, `{"messaging_product":"whatsapp"}`, users()[:40] + `[]}`,
		`{"messaging_product":"whatsapp","block_users":[]}`, `{"messaging_product":"whatsapp","block_users":[{}]}`, `{"messaging_product":"whatsapp","block_users":7}`,
		`{"messaging_product":"whatsapp","block_users":[` + strings.Repeat(`{"user":"+16505551234"},`, 1000) + `{"user":"+16505551234"}]}`} {
		if e := h.refused("POST", path, body, 100); e.Data.Details == "" {
			t.Errorf("%.60s: %+v", body, e)
		}
	}
	h.works("DELETE", path, `{"messaging_product":"whatsapp","block_users":[`+strings.Repeat(`{"user":"+16505551234"},`, 999)+`{"user":"+16505551234"}]}`)
}

func TestBlockListIsFull(t *testing.T) {
	a := &api{Config: Config{Store: fullList{newManaged(t).store}}}
	err := a.block(t.Context(), wabridge.Phone{ID: phoneID}, blockedUser{WaID: "16505551234"})
	if graphErrorOf(err).Code != 139101 {
		t.Errorf("got %v", err)
	}
	a.Store = brokenList{fullList{a.Store.(fullList).Store}}
	if err := a.unblock(t.Context(), wabridge.Phone{ID: phoneID}, blockedUser{WaID: "16505551234"}); graphErrorOf(err).Code != 139103 {
		t.Errorf("got %v", err)
	}
}

const qrPath = phonePath + "/message_qrdls"

func TestQRCodes(t *testing.T) {
	h := newManaged(t, func(c *Config) { c.PublicURL = "https://wa.example.org/" })
	made := h.works("POST", qrPath+"?prefilled_message="+url.QueryEscape("Show me deals & more!")+"&generate_qr_image=SVG", "")
	code := made["code"].(string)
	if len(code) != 14 || made["deep_link_url"] != "https://wa.example.org/message/"+code || made["qr_image_url"] != "https://wa.example.org/qr/"+code+".svg" {
		t.Fatalf("made %v", made)
	}
	follow := func() *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", "/message/"+code, nil))
		return w
	}
	if w := follow(); w.Code != http.StatusFound || w.Header().Get("Location") != "https://wa.me/"+ownNumber+"?text=Show%20me%20deals%20%26%20more%21" {
		t.Errorf("the link leads to %d %s", w.Code, w.Header().Get("Location"))
	}
	updated := h.works("POST", qrPath, `{"prefilled_message":"Bonjour ü","code":"`+code+`"}`)
	if updated["code"] != code || updated["prefilled_message"] != "Bonjour ü" || updated["qr_image_url"] != nil {
		t.Errorf("updated: %v", updated)
	}
	h.works("POST", qrPath+"/"+code+"?prefilled_message=Third", "")
	if w := follow(); w.Header().Get("Location") != "https://wa.me/"+ownNumber+"?text=Third" {
		t.Errorf("after the update: %s", w.Header().Get("Location"))
	}
	for _, target := range []string{qrPath + "/" + code, qrPath + "?code=" + code, qrPath} {
		got := h.works("GET", target, "")["data"].([]any)
		if len(got) != 1 || got[0].(map[string]any)["prefilled_message"] != "Third" || got[0].(map[string]any)["qr_image_url"] != nil {
			t.Errorf("%s: %v", target, got)
		}
	}
	got := h.works("GET", qrPath+"?fields=code,qr_image_url.format(PNG)", "")["data"].([]any)[0].(map[string]any)
	if got["qr_image_url"] != "https://wa.example.org/qr/"+code+".png" || got["deep_link_url"] != nil {
		t.Errorf("with fields: %v", got)
	}
	h.refused("GET", qrPath+"?fields=qr_image_url.format(GIF)", "", 100)
	h.refused("GET", qrPath+"?fields=x", "", 100)
	h.refused("GET", qrPath+"/NOSUCHCODE1234", "", 100)
	h.refused("POST", qrPath+"/NOSUCHCODE1234", `{"prefilled_message":"x"}`, 100)
	h.refused("POST", qrPath, `{}`, 100)
	h.refused("POST", qrPath, `{"prefilled_message":" "}`, 100)
	h.refused("POST", qrPath, `{"prefilled_message":"`+strings.Repeat("x", 141)+`"}`, 100)
	h.works("POST", qrPath, `{"prefilled_message":"`+strings.Repeat("ü", 140)+`"}`)
	h.refused("POST", qrPath, `{"prefilled_message":"x","generate_qr_image":"GIF"}`, 100)
	h.works("DELETE", qrPath+"/"+code, "")
	h.refused("DELETE", qrPath+"/"+code, "", 100)
	if w := follow(); w.Code != http.StatusNotFound {
		t.Errorf("a deleted link answers %d", w.Code)
	}
}

func TestQRPictures(t *testing.T) {
	h := newManaged(t) // without a public address the codes hold WhatsApp's own link
	made := h.works("POST", qrPath, `{"prefilled_message":"Hi","generate_qr_image":"PNG"}`)
	code := made["code"].(string)
	if made["deep_link_url"] != "https://wa.me/"+ownNumber+"?text=Hi" || made["qr_image_url"] != "http://example.com/qr/"+code+".png" {
		t.Fatalf("made %v", made)
	}
	picture := func(file string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", "/qr/"+file, nil))
		return w
	}
	w := picture(code + ".png")
	if img, err := png.Decode(w.Body); err != nil || img.Bounds().Dx() != qrSize || w.Header().Get("Content-Type") != "image/png" {
		t.Errorf("png: %v %v", err, w.Header())
	}
	w = picture(code + ".svg")
	var doc struct {
		XMLName xml.Name `xml:"http://www.w3.org/2000/svg svg"`
		Paths   []struct {
			D string `xml:"d,attr"`
		} `xml:"path"`
	}
	if err := xml.Unmarshal(w.Body.Bytes(), &doc); err != nil || len(doc.Paths) != 2 || w.Header().Get("Content-Type") != "image/svg+xml" {
		t.Errorf("svg: %v %v", err, w.Header())
	}
	for _, file := range []string{code, code + ".gif", "NOSUCHCODE1234.png", ".png"} {
		if w := picture(file); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", file, w.Code)
		}
	}
}

func TestSVGDrawsEveryModule(t *testing.T) {
	bits := [][]bool{{true, true, false}, {false, true, false}, {true, false, true}}
	got := string(svg(bits))
	for _, want := range []string{`viewBox="0 0 3 3"`, "M0 0h2v1h-2z", "M1 1h1v1h-1z", "M0 2h1v1h-1z", "M2 2h1v1h-1z"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in %s", want, got)
		}
	}
}

// fullList claims that every list is full.
type fullList struct{ Store }

func (fullList) CountObjects(_ context.Context, _, _ string) (int, error) { return blockList, nil }

// brokenList cannot delete.
type brokenList struct{ fullList }

func (brokenList) DeleteObject(_ context.Context, _, _, _ string, _ ...wabridge.Event) error {
	return wabridge.Fail(wabridge.CodeStorage, nil, "disk full")
}

func TestRevisingGivesUpInTheEnd(t *testing.T) {
	h := newManaged(t)
	calls := 0
	err := revise(t.Context(), h.store, queue.ObjectProfile, phoneID, profileID, func(b *businessProfile) error {
		calls++
		o, err := h.store.Object(t.Context(), queue.ObjectProfile, phoneID, profileID)
		if err != nil && wabridge.CodeOf(err) != wabridge.CodeNotFound {
			return err
		}
		o.Kind, o.Owner, o.ID, o.Data = queue.ObjectProfile, phoneID, profileID, json.RawMessage(fmt.Sprintf(`{"about":"%d"}`, calls))
		_, err = h.store.PutObject(t.Context(), o, time.Now()) // somebody else, always a little faster
		return err
	})
	if wabridge.CodeOf(err) != wabridge.CodeConflict || calls != tries {
		t.Errorf("%d tries, %v", calls, err)
	}
}
