package twin

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/bot"
)

// Ten thousand destinations in one call: each answered in its place, all in the
// queue in the same order, those that are wrong named by their number. The two
// seconds that are promised are measured (BenchmarkTenThousand); here they may
// take longer, for a busy machine.
func TestTenThousandDestinations(t *testing.T) {
	if testing.Short() {
		t.Skip("sends to 10,000")
	}
	h := newHarness(t)
	const n = 10_000
	began := time.Now()
	got := h.post(tenThousand(n, 997))
	t.Logf("answered in %v", time.Since(began))
	if len(got) != n {
		t.Fatalf("%d answers", len(got))
	}
	good, wrong, flows := []string{}, 0, map[string]bool{}
	for i, e := range got {
		if *e.BulkID != *got[0].BulkID || *e.GroupID != *got[0].GroupID {
			t.Fatalf("%d is of another bulk", i)
		}
		if i%997 != 0 {
			if e.Error != nil {
				t.Fatalf("%d: %s", i, e.Error.Message)
			}
			good, flows[*e.FlowID] = append(good, *e.ID), true
			continue
		}
		wrong++
		if want := fmt.Sprintf("messages[0].destinations[%d].phone: ", i); e.ID != nil || !strings.HasPrefix(e.Error.Message, want) {
			t.Errorf("%d: %+v", i, e.Error)
		}
	}
	if len(flows) != len(good) {
		t.Errorf("%d flows of %d messages", len(flows), len(good))
	}
	c, err := h.store.Campaign(context.Background(), *got[0].BulkID)
	must(t, err)
	if c.Accepted != len(good) || c.Refused != wrong || c.State != wabridge.CampaignRunning || c.Counts[wabridge.Queued] != len(good) {
		t.Errorf("campaign %+v", c)
	}
	at := 0
	for page := 0; ; page++ {
		l := h.get(fmt.Sprintf("/api/v1/messages?bulkId=%s&limit=1000&page=%d&fields=id,text,externalId", c.ID, page))
		if l.Count != len(good) {
			t.Fatalf("count %d", l.Count)
		}
		if len(l.Items) == 0 {
			break
		}
		for _, item := range l.Items {
			if item["id"] != good[at] || item["text"] != "Hello N"+strings.TrimPrefix(item["externalId"].(string), "e") {
				t.Fatalf("message %d is %v, want %s", at, item, good[at])
			}
			at++
		}
	}
	if at != len(good) {
		t.Errorf("%d were listed", at)
	}
}

// tenThousand is a call to n people, every wrong-th of whom (0: none) has no number.
func tenThousand(n, wrong int) string {
	var b strings.Builder
	for i := range n {
		phone := fmt.Sprintf("7903%07d", i)
		if wrong > 0 && i%wrong == 0 {
			phone = "nobody"
		}
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"phone":"%s","externalId":"e%d","variables":{"name":"N%d","age":"23"}}`, phone, i, i)
	}
	return message(`,"callbackUrl":"http://example.com"`, b.String())
}

// BenchmarkTenThousand measures one call to 10,000 people, whose sessions have
// a scenario or none.
func BenchmarkTenThousand(b *testing.B) {
	for name, bots := range map[string]map[string]string{"without a bot": nil, "with a bot": {"b": "appointment"}} {
		b.Run(name, func(b *testing.B) {
			h := newHarness(b, func(c *Config) { c.Bots, c.Scenarios = bots, bot.NewLibrary(scenario(b, appointment)) })
			body := tenThousand(10_000, 0)
			if bots != nil {
				body = strings.Replace(body, `"chatId":"c"`, `"chatId":"c","botId":"b"`, 1)
			}
			for b.Loop() {
				if got := h.post(body); len(got) != 10_000 || got[9_999].Error != nil {
					b.Fatalf("%d answers", len(got))
				}
			}
		})
	}
}
