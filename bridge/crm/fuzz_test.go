package crm

import (
	"encoding/json"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/wabridge/wabridge"
)

// seeds are answers of each protocol; every prefix of them is tried, too.
var seeds = map[string]string{
	PresetWabridge: `{"messages":[{"id":"17","to":"+7 903 456-78-90","text":"a"},{"id":18,"to":"79034567890","type":"image","image":{"link":"https://f.test/a.jpg"},"priority":-5,"send_at":1795348615.5,"expires_at":"2099-11-23T09:00:00Z"},7,null]}`,
	PresetCHT:      `{"messages":[{"id":"3E105262","to":"+447123555888","content":"hi"},{"id":null}],"medic-gateway":true}`,
	PresetSMSSync:  `{"payload":{"success":"true","task":"send","secret":"s3cret","messages":[{"to":"+254700709142","message":"x","uuid":"042bf515"},[]]}}`,
	PresetCustom:   `{"status":"ok","data":{"queue":[{"nr":1,"client":{"tel":"79034567890"},"body":"a","kind":"document","file":{"url":"http://f.test/a.pdf","name":"a"}},{"nr":{}}]}}`,
}

func wires() map[string]wire {
	c := Config{URL: base, Secret: "s3cret"}
	return map[string]wire{
		PresetWabridge: own{c.settled()}, PresetCHT: cht{c.settled()}, PresetSMSSync: smssync{c.settled()}, PresetCustom: newCustom(customConfig.settled()),
	}
}

// understand reads an answer as each kind, and holds what is taken to what a
// message may be.
func understand(t *testing.T, w wire, body []byte) (accepted int) {
	now := time.Now()
	for _, k := range []kind{fetching, reporting, posting} {
		items, err := w.items(k, body)
		if err != nil && len(items) > 0 {
			t.Errorf("%d items and %v", len(items), err)
		}
		for _, it := range items {
			if utf8.RuneCountInString(it.id) > maxID {
				t.Errorf("an id of %d characters", len(it.id))
			}
			r, bad := it.read(w.field, now)
			if bad != nil {
				if bad.Details == "" || bad.Code <= 0 {
					t.Errorf("rejected without a reason: %+v", bad)
				}
				continue
			}
			accepted++
			m := r.message
			if m.Chat == "" || m.Group == "" && m.Number != wabridge.Digits(m.Number) || !m.Expires.After(now) || utf8.RuneCountInString(string(m.Text)) > wabridge.MaxText || m.Type == "" || r.print == "" {
				t.Errorf("accepted %+v", m)
			}
			if m.Type == "text" && m.Text == "" {
				t.Error("accepted without a text")
			}
		}
	}
	return accepted
}

func TestEveryPrefixOfAnAnswer(t *testing.T) {
	for name, w := range wires() {
		seed := seeds[name]
		for n := range len(seed) {
			if got := understand(t, w, []byte(seed[:n])); got > 0 {
				t.Errorf("%s: something is taken of the first %d bytes", name, n)
			}
		}
		if understand(t, w, []byte(seed)) == 0 {
			t.Errorf("%s: nothing is taken of the whole", name)
		}
	}
}

func fuzz(f *testing.F, name string) {
	seed := seeds[name]
	for n := 0; n <= len(seed); n += 7 {
		f.Add([]byte(seed[:n]))
	}
	f.Add([]byte(seed))
	f.Add([]byte(`{"messages":[{"id":1e400,"to":1e400,"text":{}}]}`))
	w := wires()[name]
	f.Fuzz(func(t *testing.T, body []byte) {
		understand(t, w, body)
		if p, ok := w.(prober); ok {
			if p.probed(body) == nil && !json.Valid(body) {
				t.Error("what is no JSON proves the URL")
			}
		}
	})
}

func FuzzWabridge(f *testing.F) { fuzz(f, PresetWabridge) }
func FuzzCHT(f *testing.F)      { fuzz(f, PresetCHT) }
func FuzzSMSSync(f *testing.F)  { fuzz(f, PresetSMSSync) }
func FuzzCustom(f *testing.F)   { fuzz(f, PresetCustom) }

func FuzzPath(f *testing.F) {
	for _, s := range []string{"", "a.b", `a\.b[0]`, "a[1][2].c", "[0]", "a=b"} {
		f.Add(s, seeds[PresetCustom])
	}
	f.Fuzz(func(t *testing.T, s, doc string) {
		p, err := parsePath(s)
		if err == nil {
			if len(p) > maxSteps {
				t.Errorf("%d steps", len(p))
			}
			if v := p.find(json.RawMessage(doc)); v != nil && json.Valid([]byte(doc)) && !json.Valid(v) {
				t.Errorf("%q of %q is %q", s, doc, v)
			}
		}
		if c, err := parseCondition(s); err == nil {
			c.holds(json.RawMessage(doc))
		}
	})
}
