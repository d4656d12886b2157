package daemon

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/phonesim"
)

// api asks the program's own interface.
func (r *rig) api(method, path, body string, into any) {
	r.t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), method, "http://"+r.d.Addr()+path, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+r.d.Token())
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	raw, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close() // it was only read
	if err != nil || resp.StatusCode >= 300 || into != nil && json.Unmarshal(raw, into) != nil {
		r.t.Fatalf("%s %s: %d %s (%v)", method, path, resp.StatusCode, raw, err)
	}
}

type campaignTold struct {
	Campaign wabridge.Campaign
	Errors   []struct {
		Index int
		Error struct{ Field string }
	}
	Duplicates []struct{ Index int }
}

// campaignBody is a campaign to n people, the first of them twice, and one of
// whom there is no number.
func campaignBody(n int) string {
	var b strings.Builder
	b.WriteString(`{"name":"Spring","paused":true,"message":{"type":"text","text":{"body":"Hi {name}, 20% off"}},"destinations":[`)
	for i := range n {
		fmt.Fprintf(&b, `{"to":"%s","variables":{"name":"N%d"}},`, campaignNumber(i), i)
	}
	fmt.Fprintf(&b, `{"to":"+%s","variables":{"name":"again"}},{"to":"12","variables":{"name":"none"}}]}`, campaignNumber(0))
	return b.String()
}

func campaignNumber(i int) string { return fmt.Sprintf("49151%08d", 10100101+i) }

// A campaign on a phone: it waits while it is paused, and replies pass; it goes
// on, and who writes STOP gets nothing more; what went is what the queue says.
func TestCampaignOnThePhone(t *testing.T) {
	r := newRig(t, phonesim.Config{})
	r.waitState(wabridge.PhoneReady)
	const n = 20
	var told campaignTold
	r.api("POST", "/bridge/v1/campaigns", campaignBody(n), &told)
	c := told.Campaign
	if c.Accepted != n || c.Held != n || len(told.Errors) != 1 || told.Errors[0].Error.Field != "destinations[21].to" || len(told.Duplicates) != 1 || told.Duplicates[0].Index != n {
		t.Fatalf("handed in: %+v", told)
	}
	campaign := func(verb string) (c wabridge.Campaign) {
		t.Helper()
		method := "POST"
		if verb == "" {
			method = "GET"
		}
		r.api(method, "/bridge/v1/campaigns/"+told.Campaign.ID+verb, "", &c)
		return c
	}
	stopper := campaignNumber(7)
	r.incoming("Stop!", stopper) // while it is paused
	r.send("your order", campaignNumber(3))
	r.until("the reply to go and the wish to be heard", func() bool {
		return len(r.sim.Sent()) == 1 && campaign("").OptedOut == 1
	})
	if got := r.sim.Sent()[0]; got.To != campaignNumber(3) || !strings.HasPrefix(got.Text, "your order") {
		t.Fatalf("went first: %+v", got)
	}
	if got := campaign("/resume"); got.State != wabridge.CampaignRunning {
		t.Fatalf("resumed: %+v", got)
	}
	r.until("some to go", func() bool { return len(r.sim.Sent()) > 4 })
	campaign("/pause")
	r.until("what is being typed to be done", func() bool { got := campaign(""); return got.Counts[wabridge.Sending] == 0 })
	r.stop()
	r.start() // nothing is lost, and it is still paused
	r.waitState(wabridge.PhoneReady)
	if got := campaign(""); got.State != wabridge.CampaignPaused || got.Held == 0 || got.Held != got.Counts[wabridge.Queued] {
		t.Errorf("after a restart: %+v", got)
	}
	campaign("/resume")
	r.drain()
	want := map[string]int{campaignNumber(3): 2}
	for i := range n {
		if number := campaignNumber(i); number != stopper && i != 3 {
			want[number] = 1
		}
	}
	got := map[string]int{}
	for _, m := range r.sim.Sent() {
		got[m.To]++
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("went:\n got %v\nwant %v", got, want)
	}
	end := campaign("")
	if gone := n - end.Counts[wabridge.Failed]; end.OptedOut != 1 || end.Counts[wabridge.Failed] != 1 || end.Counts[wabridge.Queued] != 0 || gone != n-1 {
		t.Errorf("at the end: %+v", end)
	}
	var list struct{ OptOuts []wabridge.Preference }
	r.api("GET", "/bridge/v1/optouts", "", &list)
	if len(list.OptOuts) != 1 || list.OptOuts[0].Number != stopper || list.OptOuts[0].Word != "stop" || list.OptOuts[0].Message == "" {
		t.Errorf("opt-outs: %+v", list)
	}
	report, err := r.d.db.Check(t.Context())
	if err != nil || !report.OK() {
		t.Errorf("check: %+v, %v", report, err)
	}
}

// BenchmarkCampaign10k is handing in 10,000 destinations over HTTP, while
// another client sends single messages one after the other. It reports the
// seconds of the first and the 99th percentile of the second.
func BenchmarkCampaign10k(b *testing.B) {
	for b.Loop() {
		r := newRig(b, phonesim.Config{})
		r.waitState(wabridge.PhoneReady)
		if err := r.d.db.HoldPhone(b.Context(), benchPhone, true, time.Now()); err != nil {
			b.Fatal(err)
		}
		body := strings.Replace(campaignBody(10_000), `"paused":true,`, "", 1)
		stop, done := make(chan struct{}), make(chan struct{})
		var took []time.Duration
		go func() {
			defer close(done)
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				case <-time.After(5 * time.Millisecond):
				}
				start := time.Now()
				r.api("POST", "/v23.0/"+benchPhone+"/messages", fmt.Sprintf(`{"messaging_product":"whatsapp","to":"4916%08d","type":"text","text":{"body":"single"}}`, i), nil)
				took = append(took, time.Since(start))
			}
		}()
		start := time.Now()
		var told campaignTold
		r.api("POST", "/bridge/v1/campaigns", body, &told)
		b.ReportMetric(time.Since(start).Seconds(), "s/campaign")
		close(stop)
		<-done
		if told.Campaign.Accepted != 10_000 {
			b.Fatalf("%+v", told.Campaign)
		}
		slices.Sort(took)
		b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
		b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
		r.stop()
	}
}
