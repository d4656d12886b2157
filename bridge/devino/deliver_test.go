package devino

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wabridge/wabridge"
)

const crm, other = "http://crm.test/status", "http://other.test/"

func TestStatusesAreTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, r := newMemory(), newReceivers()
		old := m.sent(t, crm)
		m.moved(old, wabridge.Sent, 0) // before the first start: not told
		d := start(t, m, r, "")
		defer d.Stop(t.Context())
		a, b, silent := m.sent(t, crm), m.sent(t, other), m.sent(t, "")
		at := time.Now()
		m.moved(a, wabridge.Queued, 0)
		m.moved(a, wabridge.Sent, 0)
		m.moved(silent, wabridge.Sent, 0)
		m.moved(wabridge.NewID(), wabridge.Sent, 0)
		m.moved(b, wabridge.Failed, wabridge.CodeUndeliverable)
		synctest.Wait()
		want := fmt.Sprintf(`[{"messageId":%d,"ts":%d,"status":"SENT","errorCode":0,"ip":"","browser":"","os":"","userAgent":"","options":"data of %s"}]`,
			number(m.messages[a].Created, 2), at.UnixMilli(), a)
		if d := cmp.Diff([]string{want}, r.got[crm]); d != "" {
			t.Error(d)
		}
		m.moved(a, wabridge.Delivered, 0)
		synctest.Wait()
		m.moved(a, wabridge.Read, 0)
		synctest.Wait()
		if d := cmp.Diff([]string{"SENT 0", "DELIVERED 0", "READ 0"}, r.words(crm)); d != "" {
			t.Error(d)
		}
		if d := cmp.Diff([]string{"UNDELIVERED 2305"}, r.words(other)); d != "" {
			t.Error(d)
		}
	})
}

// One dead receiver holds up nobody else, and gets all of it in order once it
// answers; statuses that waited come in one list.
func TestADeadReceiver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, r := newMemory(), newReceivers()
		d := start(t, m, r, "")
		defer d.Stop(t.Context())
		r.answer(crm, 500)
		a, b := m.sent(t, crm), m.sent(t, other)
		for _, s := range []wabridge.State{wabridge.Sent, wabridge.Delivered, wabridge.Read} {
			m.moved(a, s, 0)
			m.moved(b, s, 0)
		}
		time.Sleep(time.Minute)
		if d := cmp.Diff([]string{"SENT 0", "DELIVERED 0", "READ 0"}, r.words(other)); d != "" {
			t.Error(d)
		}
		if n := r.tries[crm]; n < 5 || n > 7 {
			t.Errorf("%d tries in a minute", n)
		}
		r.answer(crm, 0)
		time.Sleep(2 * time.Minute)
		if d := cmp.Diff([]string{"SENT 0", "DELIVERED 0", "READ 0"}, r.words(crm)); d != "" {
			t.Error(d)
		}
		if n := len(r.got[crm]); n != 1 {
			t.Errorf("told in %d lists, want 1", n)
		}
	})
}

// Restarts, gentle or not, lose nothing and repeat nothing that was
// acknowledged, though another receiver is far behind.
func TestRestarts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, r := newMemory(), newReceivers()
		r.answer(other, -1)
		d := start(t, m, r, "")
		late := m.sent(t, other)
		m.moved(late, wabridge.Sent, 0)
		var want []string
		for i := range 30 {
			a := m.sent(t, fmt.Sprintf("%s?id=%d", crm, i))
			m.moved(a, wabridge.Sent, 0)
			want = append(want, fmt.Sprintf("%s?id=%d", crm, i))
			switch i % 3 {
			case 0:
				synctest.Wait()
				d.Stop(t.Context())
				d = start(t, m, r, "")
			case 1: // the process is killed: what is in memory is gone
				synctest.Wait()
				disk := m.snapshot()
				dead, cancel := context.WithCancel(t.Context())
				cancel()
				_ = d.Stop(dead)
				m.restore(disk)
				d = start(t, m, r, "")
			case 2:
				if i%2 == 0 {
					time.Sleep(3 * time.Minute) // the lane is forgotten
				}
			}
		}
		synctest.Wait()
		r.answer(other, 0)
		time.Sleep(time.Hour)
		for _, to := range want {
			if got := r.words(to); len(got) != 1 {
				t.Errorf("%s got %v", to, got)
			}
		}
		if got := r.words(other); len(got) != 1 {
			t.Errorf("the late one got %v", got)
		}
		if list, err := m.Destinations(t.Context(), "devino"); err != nil || len(list) != 0 {
			t.Errorf("destinations %+v are still stored, %v", list, err)
		}
		d.Stop(t.Context())
	})
}

// After seven days a webhook is given up, and the next ones are tried.
func TestGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, r := newMemory(), newReceivers()
		r.answer(crm, 404)
		d := start(t, m, r, "")
		defer d.Stop(t.Context())
		m.moved(m.sent(t, crm), wabridge.Sent, 0)
		time.Sleep(6 * 24 * time.Hour)
		m.moved(m.sent(t, crm), wabridge.Failed, 0)
		time.Sleep(2 * 24 * time.Hour)
		r.answer(crm, 0)
		time.Sleep(time.Hour)
		if d := cmp.Diff([]string{"UNDELIVERED 2313"}, r.words(crm)); d != "" {
			t.Error(d)
		}
	})
}

// A database that refuses for a while loses nothing.
func TestABrokenDatabase(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, r := newMemory(), newReceivers()
		d := start(t, m, r, "")
		defer func() { must(t, d.Stop(t.Context())) }()
		a, b := m.sent(t, crm), m.sent(t, other)
		m.breakWith(wabridge.Fail(wabridge.CodeStorage, nil, "disk full"))
		m.moved(a, wabridge.Sent, 0)
		time.Sleep(time.Minute)
		m.breakWith(nil)
		m.moved(a, wabridge.Read, 0)
		time.Sleep(5 * time.Minute)
		if d := cmp.Diff([]string{"SENT 0", "READ 0"}, r.words(crm)); d != "" {
			t.Error(d)
		}
		m.breakWith(wabridge.Fail(wabridge.CodeStorage, nil, "disk full"))
		m.moved(b, wabridge.Sent, 0) // told while its place cannot be noted
		time.Sleep(5 * time.Second)
		m.breakWith(nil)
		time.Sleep(5 * time.Second)
		disk := m.snapshot()
		_ = d.Stop(t.Context())
		m.restore(disk)
		d = start(t, m, r, "")
		time.Sleep(time.Minute)
		if d := cmp.Diff([]string{"SENT 0"}, r.words(other)); d != "" {
			t.Error(d)
		}
	})
}

// The addresses of old calls go, those of younger ones stay.
func TestOldAddressesAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, r := newMemory(), newReceivers()
		d := start(t, m, r, "")
		defer d.Stop(t.Context())
		m.sent(t, crm)
		time.Sleep(30 * 24 * time.Hour)
		m.sent(t, crm)
		time.Sleep(31 * 24 * time.Hour)
		if n := m.count(objectCallbacks); n != 1 {
			t.Errorf("%d calls are kept, want 1", n)
		}
	})
}

func TestIncomingIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const to = "http://crm.test/in"
		m, r := newMemory(), newReceivers()
		d := start(t, m, r, to)
		defer d.Stop(t.Context())
		at := time.Now()
		base := wabridge.Message{ID: wabridge.NewID(), Seq: 5, Phone: phoneID, Direction: wabridge.In, Chat: "79030000001@s.whatsapp.net", Number: "79030000001", Name: "Anna", Type: "text", Created: at}
		with := func(change func(*wabridge.Message)) {
			copied := base
			change(&copied)
			m.log(wabridge.EventMessage, copied)
		}
		with(func(m *wabridge.Message) { m.Text = "hello" })
		with(func(m *wabridge.Message) { m.Group, m.Text = "1@g.us", "to all" })
		with(func(m *wabridge.Message) { m.Type, m.Text = "reaction", "👍" })
		with(func(m *wabridge.Message) {
			m.Type, m.Text, m.Media = "image", "look", &wabridge.Media{ID: "77", MIME: "image/jpeg", SHA256: "aa", Name: "a b.jpg"}
		})
		with(func(m *wabridge.Message) {
			m.Type, m.Body = "location", json.RawMessage(`{"latitude":55.7,"longitude":37.6,"name":"Office","address":"Street 1","url":"http://maps.test/"}`)
		})
		with(func(m *wabridge.Message) {
			m.Type, m.Body = "contacts", json.RawMessage(`[{"name":{"formatted_name":"Bob B","first_name":"Bob"},"phones":[{"phone":"+1","wa_id":"1","type":"CELL"}],"org":{"company":"Acme"},"addresses":[{"city":"Moscow","country_code":"RU"}]}]`)
		})
		with(func(m *wabridge.Message) { m.Number, m.Chat, m.Text = "", "77@lid", "who" })
		synctest.Wait()
		head := fmt.Sprintf(`{"incomingMessageId":%d,"to":"15550001001","from":"79030000001",`, number(at, 5))
		ts := fmt.Sprintf(`"profileName":"Anna","ts":%d`, at.UnixMilli())
		key, err := (&signer{store: m}).secret(t.Context())
		must(t, err)
		want := []string{
			head + `"text":"hello",` + ts + `}`,
			head + `"text":"look","contentUrl":"http://gw.test/whatsapp/content/77/` + sum(key, "77") + `/a%20b.jpg","contentType":"image/jpeg","contentName":"a b.jpg",` + ts + `}`,
			head + ts + `,"whatsAppGeoLocation":{"latitude":55.7,"longitude":37.6,"address":"Street 1","addressName":"Office","addressurl":"http://maps.test/"}}`,
			head + ts + `,"whatsAppContacts":[{"addresses":[{"city":"Moscow","countryCode":"RU"}],"contactName":[{"firstName":"Bob","formattedName":"Bob B"}],"contactCompany":[{"company":"Acme"}],"phones":[{"phone":"+1","waId":"1","type":"CELL"}]}]}`,
			strings.Replace(head, "79030000001", "77@lid", 1) + `"text":"who",` + ts + `}`,
		}
		// Only the messages of one person come in order.
		slices.Sort(want)
		if d := cmp.Diff(want, slices.Sorted(slices.Values(r.got[to]))); d != "" {
			t.Error(d)
		}
	})
}

// An address that is taken away keeps what waits until it comes back.
func TestIncomingAddressComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const to = "http://crm.test/in"
		m, r := newMemory(), newReceivers()
		r.answer(to, 503)
		d := start(t, m, r, to)
		m.log(wabridge.EventMessage, wabridge.Message{ID: "a", Seq: 1, Direction: wabridge.In, Number: "79030000001", Text: "one", Created: time.Now()})
		time.Sleep(time.Minute)
		d.Stop(t.Context())
		d = start(t, m, r, "")
		time.Sleep(time.Minute)
		d.Stop(t.Context())
		r.answer(to, 0)
		d = start(t, m, r, to)
		time.Sleep(time.Hour)
		d.Stop(t.Context())
		if len(r.got[to]) != 1 {
			t.Errorf("got %q", r.got[to])
		}
	})
}
