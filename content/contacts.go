package content

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/wabridge/wabridge"
)

// maxContacts is how many contacts one message has at most (contract, section
// 2.1).
const maxContacts = 257

// A Contact is somebody's card.
type Contact struct {
	Name      Name      `json:"name"`
	Phones    []Phone   `json:"phones,omitempty"`
	Emails    []Email   `json:"emails,omitempty"`
	URLs      []URL     `json:"urls,omitempty"`
	Addresses []Address `json:"addresses,omitempty"`
	Org       *Org      `json:"org,omitempty"`
	Birthday  string    `json:"birthday,omitempty"` // YYYY-MM-DD
}

// A Name is a person's name; Formatted and one of the others must be there.
type Name struct {
	Formatted string `json:"formatted_name"`
	First     string `json:"first_name,omitempty"`
	Last      string `json:"last_name,omitempty"`
	Middle    string `json:"middle_name,omitempty"`
	Prefix    string `json:"prefix,omitempty"`
	Suffix    string `json:"suffix,omitempty"`
}

// A Phone is a number of a contact; WaID is the one on WhatsApp.
type Phone struct {
	Phone string `json:"phone,omitempty"`
	Type  string `json:"type,omitempty"`
	WaID  string `json:"wa_id,omitempty"`
}

// An Email is an address of a contact.
type Email struct {
	Email string `json:"email,omitempty"`
	Type  string `json:"type,omitempty"`
}

// A URL is a page of a contact.
type URL struct {
	URL  string `json:"url,omitempty"`
	Type string `json:"type,omitempty"`
}

// An Address is where a contact lives or works.
type Address struct {
	Street      string `json:"street,omitempty"`
	City        string `json:"city,omitempty"`
	State       string `json:"state,omitempty"`
	Zip         string `json:"zip,omitempty"`
	Country     string `json:"country,omitempty"`
	CountryCode string `json:"country_code,omitempty"`
	Type        string `json:"type,omitempty"`
}

// An Org is what a contact works for.
type Org struct {
	Company    string `json:"company,omitempty"`
	Department string `json:"department,omitempty"`
	Title      string `json:"title,omitempty"`
}

// parseContacts reads the list of contacts.
func parseContacts(raw json.RawMessage) (Content, error) {
	o := object{err: new(error), members: map[string]json.RawMessage{"contacts": unwrap(raw)}}
	list := o.list("contacts")
	if n := len(list); o.ok() && (n < 1 || n > maxContacts) {
		o.fail(fault(wabridge.CodeValue, "contacts", "there are %d contacts, 1 to %d are allowed", n, maxContacts))
	}
	var all []Contact
	for _, c := range list {
		if !o.ok() {
			return Content{}, *o.err
		}
		all = append(all, readContact(c))
	}
	if !o.ok() {
		return Content{}, *o.err
	}
	return Content{carried: Carried{Kind: "contacts", VCard: vcards(all), VCardName: cardName(all), Body: body(all)}}, nil
}

// unwrap takes a list out of a string, as forms may have it.
func unwrap(raw json.RawMessage) json.RawMessage {
	var s string
	if json.Unmarshal(raw, &s) == nil && strings.HasPrefix(strings.TrimSpace(s), "[") {
		return json.RawMessage(strings.TrimSpace(s))
	}
	return bytes.TrimSpace(raw)
}

// maxField bounds each text of a contact, in characters. The contract names
// no limit.
const maxField = 1024

func readContact(o object) Contact {
	c := Contact{Name: readName(o.need("name", `give it as {"formatted_name":"…","first_name":"…"}`)), Birthday: birthday(o)}
	get := func(o object, name string) string { return strings.TrimSpace(o.bounded(name, maxField)) }
	for _, p := range o.list("phones") {
		c.Phones = append(c.Phones, Phone{get(p, "phone"), get(p, "type"), wabridge.Digits(get(p, "wa_id"))})
	}
	for _, e := range o.list("emails") {
		c.Emails = append(c.Emails, Email{get(e, "email"), get(e, "type")})
	}
	for _, u := range o.list("urls") {
		c.URLs = append(c.URLs, URL{get(u, "url"), get(u, "type")})
	}
	for _, a := range o.list("addresses") {
		c.Addresses = append(c.Addresses, Address{get(a, "street"), get(a, "city"), get(a, "state"), get(a, "zip"),
			get(a, "country"), get(a, "country_code"), get(a, "type")})
	}
	if o.has("org") {
		org := o.object("org")
		c.Org = &Org{get(org, "company"), get(org, "department"), get(org, "title")}
	}
	return c
}

func readName(o object) Name {
	n := Name{Formatted: o.required("formatted_name", maxField), First: o.bounded("first_name", maxField), Last: o.bounded("last_name", maxField),
		Middle: o.bounded("middle_name", maxField), Prefix: o.bounded("prefix", maxField), Suffix: o.bounded("suffix", maxField)}
	if n.First == "" && n.Last == "" && n.Middle == "" && n.Prefix == "" && n.Suffix == "" {
		o.fail(fault(wabridge.CodeMissing, o.path, "beside formatted_name one of first_name, last_name, middle_name, prefix and suffix must be there"))
	}
	return n
}

var date = regexp.MustCompile(`^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$`)

func birthday(o object) string {
	s := strings.TrimSpace(o.text("birthday"))
	if s != "" && !date.MatchString(s) {
		o.fail(fault(wabridge.CodeValue, o.at("birthday"), "write it as YYYY-MM-DD"))
	}
	return s
}

// vcards writes the contacts as vCards 3.0 (RFC 2426), the version that
// Android's and WhatsApp's own exports have.
func vcards(all []Contact) []byte {
	var w card
	for _, c := range all {
		w.contact(c)
	}
	return w.Bytes()
}

// cardName is the file's name.
func cardName(all []Contact) string {
	name := strings.Map(func(r rune) rune {
		if r < ' ' || strings.ContainsRune(`/\:*?"<>|`, r) {
			return '_'
		}
		return r
	}, oneLine(all[0].Name.Formatted))
	if short := []rune(name); len(short) > 60 {
		name = string(short[:60])
	}
	if len(all) > 1 {
		name += " +" + strconv.Itoa(len(all)-1)
	}
	return strings.TrimLeft(name, ".") + ".vcf"
}

// A card is a vCard file being written.
type card struct{ bytes.Buffer }

func (w *card) contact(c Contact) {
	w.line("BEGIN:VCARD")
	w.line("VERSION:3.0")
	w.line("N:" + escape(c.Name.Last, c.Name.First, c.Name.Middle, c.Name.Prefix, c.Name.Suffix))
	w.line("FN:" + escape(c.Name.Formatted))
	if c.Org != nil {
		w.some("ORG:", c.Org.Company, c.Org.Department)
		w.some("TITLE:", c.Org.Title)
	}
	for _, p := range c.Phones {
		waid := ""
		if p.WaID != "" {
			waid = ";waid=" + p.WaID
			if p.Phone == "" {
				p.Phone = "+" + p.WaID
			}
		}
		w.some("TEL"+typed(p.Type)+waid+":", p.Phone)
	}
	for _, e := range c.Emails {
		w.some("EMAIL"+typed(e.Type)+":", e.Email)
	}
	for _, u := range c.URLs {
		w.some("URL"+typed(u.Type)+":", u.URL)
	}
	for _, a := range c.Addresses {
		country := a.Country
		if country == "" {
			country = a.CountryCode
		}
		w.some("ADR"+typed(a.Type)+":", "", "", a.Street, a.City, a.State, a.Zip, country)
	}
	w.some("BDAY:", c.Birthday)
	w.line("END:VCARD")
}

// some writes a line unless all its values are empty.
func (w *card) some(name string, values ...string) {
	if slices.ContainsFunc(values, func(s string) bool { return s != "" }) {
		w.line(name + escape(values...))
	}
}

// foldAt is how many bytes a line has at most, without its end (RFC 2426,
// section 2.6).
const foldAt = 75

// line writes a line, folded between characters.
func (w *card) line(s string) {
	n := 0
	for _, r := range s {
		size := len(string(r))
		if n+size > foldAt {
			w.WriteString("\r\n ")
			n = 1
		}
		w.WriteRune(r)
		n += size
	}
	w.WriteString("\r\n")
}

var escaper = strings.NewReplacer(`\`, `\\`, ";", `\;`, ",", `\,`, "\r\n", `\n`, "\n", `\n`, "\r", `\n`)

// escape writes values separated by semicolons.
func escape(values ...string) string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = strings.Map(func(r rune) rune {
			if r < ' ' && r != '\n' && r != '\r' && r != '\t' || r == 0x7f {
				return -1
			}
			return r
		}, escaper.Replace(v))
	}
	return strings.Join(out, ";")
}

// typed is the parameter of a type, which may only hold letters, digits and
// hyphens.
func typed(kind string) string {
	kind = strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' {
			return r
		}
		return -1
	}, kind)
	if kind == "" {
		return ""
	}
	return ";TYPE=" + strings.ToUpper(kind)
}
