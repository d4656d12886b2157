package daemon

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/phonesim"
)

// A devinoReceiver is a CRM's: what it was posted, by path.
type devinoReceiver struct {
	mu  sync.Mutex
	got map[string][]string
}

func (d *devinoReceiver) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	raw, _ := io.ReadAll(r.Body) // a broken one shows in what is missing
	d.mu.Lock()
	defer d.mu.Unlock()
	d.got[r.URL.Path] = append(d.got[r.URL.Path], string(raw))
}

func (d *devinoReceiver) all(path string) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return strings.Join(d.got[path], "\n")
}

// A CRM written for Devino sends, is told what became of it, and gets the
// answer, over a restart of the program.
func TestDevinoFromCallToAnswer(t *testing.T) {
	crm := &devinoReceiver{got: map[string][]string{}}
	server := httptest.NewServer(crm)
	defer server.Close()
	r := newRig(t, phonesim.Config{}, func(c *Config) {
		c.Devino.Incoming, c.Devino.AllowPrivate = server.URL+"/in", true
	})
	r.waitState(wabridge.PhoneReady)
	r.fault(phonesim.Fault{Kind: "not_on_whatsapp"}) // whom is sent to first

	type result struct {
		Code      string `json:"code"`
		MessageID string `json:"messageId"`
		Reasons   []struct{ Key, Ref string }
	}
	var answer struct{ Result []result }
	body := fmt.Sprintf(`{"messages":[
		{"from":"MyCompany","to":"15550009999","text":"anybody?","callbackUrl":"%[1]s/none"},
		{"from":"MyCompany","to":"12","text":"x"},
		{"from":"MyCompany","to":"15550001777","text":"Code: 1234","callbackUrl":"%[1]s/status","callbackData":"order 17"}]}`, server.URL)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+r.d.Addr()+"/whatsapp/messages", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Key "+r.d.Token())
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close() // it was only read
	if err != nil || resp.StatusCode != 200 || json.Unmarshal(raw, &answer) != nil || len(answer.Result) != 3 {
		t.Fatalf("answer %d %s (%v)", resp.StatusCode, raw, err)
	}
	if got := answer.Result; got[0].Code != "OK" || got[1].Code != "REJECTED" || got[2].Code != "OK" || got[1].Reasons[0].Ref != "messages[1].to" {
		t.Fatalf("answer %s", raw)
	}

	r.until("the statuses", func() bool {
		return strings.Contains(crm.all("/status"), `"READ"`) && strings.Contains(crm.all("/none"), "2305")
	})
	r.stop()
	r.start()
	r.waitState(wabridge.PhoneReady)
	if _, err := r.sim.Incoming(phonesim.IncomingMessage{From: "15550001777", Text: "thank you"}); err != nil {
		t.Fatal(err)
	}
	r.until("the answer", func() bool { return strings.Contains(crm.all("/in"), "thank you") })

	var words []string
	for _, line := range strings.Split(crm.all("/status"), "\n") {
		var list []struct {
			MessageID json.Number `json:"messageId"`
			Status    string      `json:"status"`
			Options   string      `json:"options"`
		}
		dec := json.NewDecoder(bytes.NewReader([]byte(line)))
		if err := dec.Decode(&list); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		for _, s := range list {
			words = append(words, s.Status)
			if s.MessageID.String() != answer.Result[2].MessageID || s.Options != "order 17" {
				t.Errorf("status %+v", s)
			}
		}
	}
	if got := strings.Join(words, " "); !strings.HasSuffix(got, "READ") || strings.Count(got, "READ") != 1 {
		t.Errorf("statuses %s", got)
	}
	if got := crm.all("/none"); strings.Count(got, "UNDELIVERED") != 1 {
		t.Errorf("statuses of a number that is not on WhatsApp: %s", got)
	}
	if got := crm.all("/in"); strings.Count(got, "incomingMessageId") != 1 || !strings.Contains(got, `"from":"15550001777"`) || !strings.Contains(got, `"to":"15550001001"`) {
		t.Errorf("incoming %s", got)
	}
	if sent := r.sim.Sent(); len(sent) != 1 || sent[0].To != "15550001777" || sent[0].Text != "Code: 1234" {
		t.Errorf("sent %+v", sent)
	}
	t.Log(string(raw), crm.all("/status"), crm.all("/none"), crm.all("/in"))
}
