package compat

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const postmanFile = "../../shared/cloudapi/whatsapp-cloud-api.postman_collection.json"

// A postmanItem is a folder or a request of a collection (Postman's format 2.1).
type postmanItem struct {
	Name    string        `json:"name"`
	Item    []postmanItem `json:"item"`
	Request struct {
		Method string `json:"method"`
		Header []struct{ Key, Value string }
		URL    json.RawMessage `json:"url"`
		Body   struct {
			Mode     string `json:"mode"`
			Raw      string `json:"raw"`
			FormData []struct{ Key, Value, Type string }
		} `json:"body"`
	} `json:"request"`
	Response []struct {
		Code int    `json:"code"`
		Body string `json:"body"`
	} `json:"response"`

	folder string
}

// TestPostman sends every request of Meta's collection that concerns what is
// served here, in the collection's order, and compares what comes back with
// the saved answer: the members must be there, of the same kind. What is not
// served answers a Graph error with a code, never anything else.
func TestPostman(t *testing.T) {
	items := readPostman(t, postmanFile)
	g := newGateway(t, allowLoopback)
	v := newVariables(t, g)
	spec := loadSpec(t)
	served, refused := 0, 0
	for _, it := range items {
		name := it.folder + "/" + it.Name
		if it.Request.Method == "VIEW" { // a webhook's sample, not a request
			continue
		}
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			a := it.send(t, g, v)
			if want, ok := notServed(name); ok {
				refused++
				if a.code() != want {
					t.Errorf("answered %d %.300s, want the error %d", a.status, a.body, want)
				}
				return
			}
			served++
			if a.status != http.StatusOK {
				t.Fatalf("answered %d %.500s", a.status, a.body)
			}
			it.compare(t, name, a)
			spec.check(t, it.Request.Method, v.path, a)
			v.learn(t, g, it, a)
		})
	}
	t.Logf("%d requests served, %d refused with a documented code", served, refused)
}

func readPostman(t *testing.T, file string) []postmanItem {
	t.Helper()
	b, err := os.ReadFile(file)
	if os.IsNotExist(err) {
		t.Skipf("SKIPPED: %s is not here", file)
	}
	if err != nil {
		t.Fatal(err)
	}
	var c postmanItem
	if err := json.Unmarshal(b, &c); err != nil {
		t.Fatal(err)
	}
	return flatten(c.Item, "")
}

func flatten(items []postmanItem, folder string) (all []postmanItem) {
	for _, it := range items {
		if it.Item == nil {
			it.folder = folder
			all = append(all, it)
			continue
		}
		all = append(all, flatten(it.Item, strings.TrimPrefix(folder+"/"+it.Name, "/"))...)
	}
	return all
}

// address is the request's URL with its variables filled in, without the host.
func (it postmanItem) address(v *variables) string {
	var u struct{ Raw string }
	raw := ""
	if json.Unmarshal(it.Request.URL, &u) == nil {
		raw = u.Raw
	} else if err := json.Unmarshal(it.Request.URL, &raw); err != nil {
		raw = string(it.Request.URL)
	}
	raw = v.fill(raw, it.Name)
	raw = strings.TrimPrefix(raw, "https://graph.facebook.com")
	// Meta's collection holds blanks and brackets unescaped.
	path, query, _ := strings.Cut(raw, "?")
	if query != "" {
		path += "?" + strings.NewReplacer(" ", "%20", "'", "%27", "[", "%5B", "]", "%5D", "{", "%7B", "}", "%7D", `"`, "%22", "\n", "%0A").Replace(query)
	}
	return path
}

func (it postmanItem) send(t *testing.T, g *gateway, v *variables) answer {
	t.Helper()
	target := it.address(v)
	v.path, _, _ = strings.Cut(target, "?")
	header := http.Header{}
	for _, h := range it.Request.Header {
		header.Set(h.Key, v.fill(h.Value, it.Name))
	}
	var body []byte
	switch it.Request.Body.Mode {
	case "raw":
		body = []byte(v.fill(it.Request.Body.Raw, it.Name))
		if strings.Contains(string(body), "@/local/path") { // curl's way to say: a form with this file
			body = form(t, header, [][2]string{{"messaging_product", "whatsapp"}}, "voice.ogg", "audio/ogg", voice())
		} else if len(body) > 0 {
			header.Set("Content-Type", "application/json")
		}
	case "formdata":
		body = it.form(t, header, v)
	case "file":
		body = photo()
	}
	return g.do(it.Request.Method, target, header, body)
}

func (it postmanItem) form(t *testing.T, header http.Header, v *variables) []byte {
	var fields [][2]string
	file, kind, content := "", "", []byte(nil)
	for _, f := range it.Request.Body.FormData {
		switch {
		case f.Type == "file" && strings.Contains(it.Name, "Sticker"):
			file, kind, content = "sticker.webp", "image/webp", sticker()
		case f.Type == "file":
			file, kind, content = "picture.jpg", "image/jpeg", photo()
		default:
			fields = append(fields, [2]string{f.Key, v.fill(f.Value, it.Name)})
		}
	}
	if len(fields) == 0 && file == "" {
		return nil
	}
	return form(t, header, fields, file, kind, content)
}

func form(t *testing.T, header http.Header, fields [][2]string, file, kind string, content []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	if file != "" { // first, as some clients do
		part, err := w.CreatePart(textproto.MIMEHeader{
			"Content-Disposition": {fmt.Sprintf(`form-data; name="file"; filename=%q`, file)}, "Content-Type": {kind},
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := part.Write(content); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range fields {
		if err := w.WriteField(f[0], f[1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	header.Set("Content-Type", w.FormDataContentType())
	return b.Bytes()
}

// compare holds an answer to the saved one.
func (it postmanItem) compare(t *testing.T, name string, a answer) {
	t.Helper()
	if why, ok := otherShape[name]; ok {
		t.Logf("not compared with the saved answer: %s", why)
		return
	}
	for _, r := range it.Response {
		var want any
		if r.Code >= 300 || json.Unmarshal([]byte(r.Body), &want) != nil {
			continue
		}
		for _, d := range missing("", want, a.value) {
			if !slices.Contains(leftOut[name], d) {
				t.Errorf("%s\n  saved: %s\n  ours: %.500s", d, strings.Join(strings.Fields(r.Body), " "), a.body)
			}
		}
		return
	}
}

// missing lists the members of want that got lacks or has of another kind.
// Numbers and strings of digits are one kind: Meta prints both.
func missing(at string, want, got any) (out []string) {
	switch want := want.(type) {
	case map[string]any:
		have, ok := got.(map[string]any)
		if !ok {
			return []string{at + ": not an object"}
		}
		for k, v := range want {
			if g, ok := have[k]; ok {
				out = append(out, missing(at+"."+k, v, g)...)
			} else {
				out = append(out, at+"."+k+": not there")
			}
		}
	case []any:
		have, ok := got.([]any)
		if !ok {
			return []string{at + ": not a list"}
		}
		if len(want) > 0 && len(have) > 0 {
			out = missing(at+"[]", want[0], have[0])
		} else if len(want) > 0 {
			out = append(out, at+": an empty list")
		}
	default:
		if kindOf(want) != kindOf(got) {
			out = append(out, fmt.Sprintf("%s: %s, want %s", at, kindOf(got), kindOf(want)))
		}
	}
	slices.Sort(out)
	return out
}

func kindOf(v any) string {
	switch v.(type) {
	case string, float64:
		return "string or number"
	case bool:
		return "bool"
	case nil:
		return "null"
	}
	return "object or list"
}

var braces = regexp.MustCompile(`\{+[A-Za-z_-]+\}+`)
var angles = regexp.MustCompile(`<[A-Za-z0-9_ |:/\-]+>`)

// variables fill the collection's {{Name}} and <NAME>.
type variables struct {
	named   map[string]string
	literal *strings.Replacer // placeholders that are not marked as such
	path    string            // of the request sent last
}

// fill replaces both kinds. What has no value of its own stands for itself, cut
// to the shortest limit of a title, and so different from its neighbours.
func (v *variables) fill(s, request string) string {
	s = v.literal.Replace(strings.ReplaceAll(s, "template-name", templateOf[request]))
	s = braces.ReplaceAllStringFunc(s, func(name string) string {
		key := strings.Trim(name, "{}")
		if value, ok := v.named[request+"/"+key]; ok {
			return value
		}
		if value, ok := v.named[key]; ok {
			return value
		}
		return name
	})
	return angles.ReplaceAllStringFunc(s, func(name string) string {
		name = strings.Trim(name, "<>")
		if value, ok := v.named[name]; ok {
			return value
		}
		return name[:min(len(name), 20)]
	})
}

// templateOf tells which template a request of the collection sends.
var templateOf = map[string]string{
	"Send Message Template Text": "text_template", "Send Message Template Media": "media_template", "Send Message Template Interactive": "interactive_template",
}

// learn keeps what later requests refer to.
func (v *variables) learn(t *testing.T, g *gateway, it postmanItem, a answer) {
	t.Helper()
	switch it.Name {
	case "Deregister Phone": // what follows wants it back
		if a := g.json("POST", "/"+phoneID+"/register", `{"messaging_product":"whatsapp","pin":"123456"}`); a.status != http.StatusOK {
			t.Errorf("register again: %d %s", a.status, a.body)
		}
	case "Resumable Upload - Create an Upload Session":
		v.named["Upload-ID"] = a.member("id")
	case "Resumable Upload - Upload File Data":
		v.named["IMAGE_HANDLE_ID"] = a.member("h")
	case "Retrieve Media URL":
		if u, err := url.Parse(a.member("url")); err == nil {
			v.named["Media-URL"] = strings.TrimPrefix(u.RequestURI(), "/")
		}
	case "Create QR code":
		v.named["QR_CODE_ID"] = a.member("code")
	}
}
