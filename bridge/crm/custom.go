package crm

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Custom maps a CRM's own protocol: where things stand in its answers, and how
// the requests to it are called.
type Custom struct {
	Method      string `koanf:"method"`       // of the fetch: GET (default) or POST
	Body        string `koanf:"body"`         // of a POST
	ContentType string `koanf:"content_type"` // of Body; application/json by default
	LimitParam  string `koanf:"limit_param"`  // name of a query parameter; "" sends none
	WaitParam   string `koanf:"wait_param"`
	// When must hold in the answer, else it hands out nothing.
	When string `koanf:"when"`
	// List is where the messages stand: a list, or one message.
	List string `koanf:"list"`
	// Fields are paths within a message, by our names (itemFields).
	Fields   map[string]string `koanf:"fields"`
	Results  CustomPost        `koanf:"results"`
	Incoming CustomPost        `koanf:"incoming"`
}

// CustomPost is the form of a POST.
type CustomPost struct {
	Form string `koanf:"form"` // json (default) or form
	// List is the member that holds a list of them; "": one in each POST.
	List string `koanf:"list"`
	// Fields are the CRM's names, with what stands under each: a path in the
	// form of the preset wabridge, or =text.
	Fields map[string]string `koanf:"fields"`
	// Words are the CRM's words for the statuses; one without is not told.
	// Without any, ours are told.
	Words map[string]string `koanf:"words"`
	// Success must hold in the answer, or nothing was taken.
	Success string `koanf:"success"`
}

func (c Custom) empty() bool {
	return c.Method+c.Body+c.ContentType+c.LimitParam+c.WaitParam+c.When+c.List == "" && len(c.Fields) == 0 && c.Results.empty() && c.Incoming.empty()
}

func (c CustomPost) empty() bool {
	return c.Form+c.List+c.Success == "" && len(c.Fields) == 0 && len(c.Words) == 0
}

// itemFields are what Custom.Fields may name.
var itemFields = []string{"id", "to", "text", "type", "object", "link", "filename", "priority", "send_at", "expires_at", "callback_data", "phone_number_id"}

func (c Custom) validate(all Config, bad func(field, format string, args ...any)) {
	if c.Method != "" && c.Method != http.MethodGet && c.Method != http.MethodPost {
		bad("custom.method", "%q is neither GET nor POST", c.Method)
	}
	if c.Body != "" && c.Method != http.MethodPost {
		bad("custom.body", "goes with method: POST only")
	}
	if _, err := parseCondition(c.When); err != nil {
		bad("custom.when", "%q is no path: %v", c.When, err)
	}
	if _, err := parsePath(c.List); err != nil {
		bad("custom.list", "%q is no path: %v", c.List, err)
	}
	for _, name := range slices.Sorted(maps.Keys(c.Fields)) {
		if !slices.Contains(itemFields, name) {
			bad("custom.fields", "%s is none of %s", name, strings.Join(itemFields, ", "))
		}
		if p, err := parsePath(c.Fields[name]); err != nil || len(p) == 0 {
			bad("custom.fields", "%s: %q is no path: %v", name, c.Fields[name], errPath)
		}
	}
	for _, name := range []string{"id", "to"} {
		if c.Fields[name] == "" {
			bad("custom.fields", "%s is missing; say where it stands in a message", name)
		}
	}
	if c.Fields["text"]+c.Fields["object"]+c.Fields["link"] == "" {
		bad("custom.fields", "text is missing (or object, or link); say where it stands in a message")
	}
	c.Results.validate("custom.results", all.ResultsURL, bad)
	c.Incoming.validate("custom.incoming", all.IncomingURL, bad)
	if len(c.Incoming.Words) > 0 {
		bad("custom.incoming.words", "are for results only")
	}
}

func (c CustomPost) validate(field, address string, bad func(field, format string, args ...any)) {
	if address == "" {
		if !c.empty() {
			bad(field, "is given, but not the URL where it goes: set %s", strings.TrimPrefix(field, "custom.")+"_url")
		}
		return
	}
	if c.Form != "" && c.Form != "json" && c.Form != "form" {
		bad(field+".form", "%q is neither json nor form", c.Form)
	}
	if p, err := parsePath(c.List); err != nil || c.List != "" && !p.names() {
		bad(field+".list", "%q is no name", c.List)
	}
	if c.List != "" && c.Form == "form" {
		bad(field+".list", "a form has no lists; leave it out, then each POST has one")
	}
	if len(c.Fields) == 0 {
		bad(field+".fields", "are missing; give the CRM's names with what stands under each")
	}
	for _, name := range slices.Sorted(maps.Keys(c.Fields)) {
		if p, err := parsePath(name); err != nil || !p.names() {
			bad(field+".fields", "%q is no name", name)
		}
		if _, err := parsePath(c.Fields[name]); err != nil && !strings.HasPrefix(c.Fields[name], "=") {
			bad(field+".fields", "%s: %q is neither a path nor =text", name, c.Fields[name])
		}
	}
	for _, w := range slices.Sorted(maps.Keys(c.Words)) {
		if !slices.Contains(words, w) {
			bad(field+".words", "%s is none of %s", w, strings.Join(words, ", "))
		}
	}
	if _, err := parseCondition(c.Success); err != nil {
		bad(field+".success", "%q is no path: %v", c.Success, err)
	}
}

// custom is the preset of that name.
type custom struct {
	cfg     Config
	list    path
	when    condition
	success map[kind]condition
	fields  map[string]path
}

// newCustom makes it of a valid configuration.
func newCustom(c Config) custom {
	w := custom{cfg: c, fields: map[string]path{}, success: map[kind]condition{}}
	w.list, _ = parsePath(c.Custom.List)
	w.when, _ = parseCondition(c.Custom.When)
	for name, p := range c.Custom.Fields {
		w.fields[name], _ = parsePath(p)
	}
	for k, s := range map[kind]string{reporting: c.Custom.Results.Success, posting: c.Custom.Incoming.Success} {
		if s != "" {
			w.success[k], _ = parseCondition(s)
		}
	}
	return w
}

func (w custom) fetch() call {
	c := w.cfg.Custom
	var pairs []string
	if c.LimitParam != "" {
		pairs = append(pairs, c.LimitParam, strconv.Itoa(w.cfg.Limit))
	}
	if c.WaitParam != "" && *w.cfg.Wait > 0 {
		pairs = append(pairs, c.WaitParam, strconv.Itoa(int(*w.cfg.Wait/time.Second)))
	}
	out := call{kind: fetching, method: http.MethodGet, url: w.cfg.URL}
	if len(pairs) > 0 {
		out.url = withQuery(out.url, pairs...)
	}
	if c.Method == http.MethodPost {
		out.method, out.body, out.contentType = http.MethodPost, []byte(c.Body), "application/json"
		if c.ContentType != "" {
			out.contentType = c.ContentType
		}
	}
	return out
}

func (w custom) items(k kind, body []byte) ([]item, error) {
	if k != fetching {
		if c, ok := w.success[k]; ok && !(json.Valid(body) && c.holds(body)) {
			return nil, errNotTaken
		}
		return nil, nil
	}
	if len(strings.TrimSpace(string(body))) == 0 {
		return nil, nil // a server that has nothing may say nothing
	}
	var all json.RawMessage
	if err := json.Unmarshal(body, &all); err != nil {
		return nil, notProtocol(body, err)
	}
	if w.cfg.Custom.When != "" && !w.when.holds(all) {
		return nil, nil
	}
	found := w.list.find(all)
	var list []json.RawMessage
	switch {
	case found == nil || string(found) == "false" || string(found) == `""`: // nothing, as PHP writes it
		return nil, nil
	case found[0] == '[':
		if err := json.Unmarshal(found, &list); err != nil {
			return nil, notProtocol(body, err)
		}
	case found[0] == '{':
		if string(found) != "{}" {
			list = []json.RawMessage{found}
		}
	default:
		return nil, errNoList
	}
	out := make([]item, len(list))
	for i, raw := range list {
		out[i] = w.item(raw)
	}
	return out, nil
}

// item reads a message.
func (w custom) item(raw json.RawMessage) item {
	it := item{given: map[string]json.RawMessage{}}
	for name, p := range w.fields {
		if v := p.find(raw); v != nil {
			it.given[name] = v
		}
	}
	it.id = idOf(it.given["id"])
	kind, _ := scalar(it.given["type"])
	switch kind = strings.ToLower(kind); {
	case kind == "" || kind == "text":
	case it.given["object"] != nil:
		it.given[kind] = it.given["object"]
	case it.given["link"] != nil:
		object := map[string]json.RawMessage{"link": it.given["link"]}
		if text := it.given["text"]; text != nil && string(text) != `""` && kind != "audio" && kind != "sticker" {
			object["caption"] = text
		}
		if name := it.given["filename"]; name != nil && kind == "document" {
			object["filename"] = name
		}
		it.given[kind], _ = json.Marshal(object) // of what was JSON
	}
	return it
}

func (w custom) results(list []result) ([]call, error) {
	form := w.cfg.Custom.Results
	raws := make([]json.RawMessage, len(list))
	for i, r := range list {
		at := r.Timestamp
		if their, ok := form.Words[r.Status]; ok {
			r.Status = their
		}
		raw, err := dated(r, at)
		if err != nil {
			return nil, err
		}
		raws[i] = raw
	}
	if form.List != "" {
		c, err := form.call(reporting, w.cfg.ResultsURL, raws)
		return []call{c}, err
	}
	var calls []call
	for _, raw := range raws {
		c, err := form.call(reporting, w.cfg.ResultsURL, []json.RawMessage{raw})
		if err != nil {
			return nil, err
		}
		calls = append(calls, c)
	}
	return calls, nil
}

func (w custom) incoming(list []incoming) (call, error) {
	raws := make([]json.RawMessage, len(list))
	for i, in := range list {
		raw, err := dated(in, in.Timestamp)
		if err != nil {
			return call{}, err
		}
		raws[i] = raw
	}
	return w.cfg.Custom.Incoming.call(posting, w.cfg.IncomingURL, raws)
}

// dated is a result or a message in the form of the preset wabridge, with its
// time in two more forms.
func dated(v any, seconds int64) (json.RawMessage, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(raw, &members); err != nil {
		return nil, err
	}
	members["timestamp_ms"] = json.RawMessage(strconv.FormatInt(seconds*1000, 10))
	members["time"], _ = json.Marshal(time.Unix(seconds, 0).UTC().Format(time.RFC3339)) // a string
	return json.Marshal(members)
}

// call makes the request of some results or messages.
func (c CustomPost) call(k kind, address string, raws []json.RawMessage) (call, error) {
	out := call{kind: k, method: http.MethodPost, url: address, contentType: jsonType}
	objects := make([]map[string]any, len(raws))
	for i, raw := range raws {
		objects[i] = map[string]any{}
		for name, source := range c.Fields {
			to, _ := parsePath(name)
			to.put(objects[i], value(raw, source))
		}
	}
	if c.Form == "form" {
		form := url.Values{}
		for name, source := range c.Fields {
			s, ok := scalar(asJSON(value(raws[0], source)))
			if !ok {
				s = string(asJSON(value(raws[0], source)))
			}
			form.Set(name, s)
		}
		out.body, out.contentType = []byte(form.Encode()), "application/x-www-form-urlencoded"
		return out, nil
	}
	var body any = objects[0]
	if c.List != "" {
		whole := map[string]any{}
		to, _ := parsePath(c.List)
		to.put(whole, objects)
		body = whole
	}
	var err error
	out.body, err = json.Marshal(body)
	return out, err
}

// value is what stands under a name: the text behind "=", or what the path
// leads to (null if that is nothing).
func value(raw json.RawMessage, source string) any {
	if text, ok := strings.CutPrefix(source, "="); ok {
		return text
	}
	at, _ := parsePath(source)
	if v := at.find(raw); v != nil {
		return v
	}
	return nil
}

func asJSON(v any) json.RawMessage {
	raw, _ := json.Marshal(v) // of strings and JSON
	return raw
}

func (w custom) most() (results, incoming int) {
	results, incoming = 1, 1
	if w.cfg.Custom.Results.List != "" {
		results = 50
	}
	if w.cfg.Custom.Incoming.List != "" {
		incoming = 20
	}
	return results, incoming
}

func (w custom) tells(status string) bool {
	words := w.cfg.Custom.Results.Words
	return len(words) == 0 || words[status] != ""
}

func (w custom) takes(incoming) bool { return true }

// field is the path where a member stands.
func (w custom) field(name string) string {
	if p := w.cfg.Custom.Fields[name]; p != "" {
		return p
	}
	return name
}
