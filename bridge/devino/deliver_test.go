package devino

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

// memory is a Store in memory, for tests in fake time. It outlives its
// deliverers, as a database does.
type memory struct {
	Store
	mu       sync.Mutex
	events   []wabridge.Event
	messages map[string]wabridge.Message
	objects  map[string]queue.Object
	changed  chan struct{}
	broken   error // what every write answers
	writes   int
}

func newMemory() *memory {
	return &memory{messages: map[string]wabridge.Message{}, objects: map[string]queue.Object{}, changed: make(chan struct{})}
}

func (m *memory) Changed() <-chan struct{} { m.mu.Lock(); defer m.mu.Unlock(); return m.changed }

func (m *memory) LastEvent(context.Context) (int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return int64(len(m.events)), nil
}

func (m *memory) Events(_ context.Context, after int64, limit int, f queue.EventFilter) (out []wabridge.Event, searched int64, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	searched = int64(len(m.events))
	for _, e := range m.events[min(after, searched):] {
		if len(out) == limit {
			return out, out[limit-1].Number, nil
		}
		for _, k := range f.Kinds {
			if k == e.Kind {
				out = append(out, e)
			}
		}
	}
	return out, max(searched, after), nil
}

func (m *memory) Message(_ context.Context, id string) (wabridge.Message, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if found, ok := m.messages[id]; ok {
		return found, nil
	}
	return wabridge.Message{}, wabridge.Fail(wabridge.CodeNotFound, nil, "no message")
}

func (m *memory) Phone(_ context.Context, id string) (wabridge.Phone, error) {
	return wabridge.Phone{ID: id, Number: own}, nil
}

func (m *memory) PutObject(_ context.Context, o queue.Object, at time.Time, _ ...wabridge.Event) (queue.Object, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	key := o.Kind + "/" + o.ID
	if m.broken != nil {
		return o, m.broken
	}
	if m.objects[key].Version != o.Version {
		return o, wabridge.Fail(wabridge.CodeConflict, nil, "version %d", o.Version)
	}
	o.Version++
	o.Created = at
	m.objects[key] = o
	m.writes++
	return o, nil
}

func (m *memory) Object(_ context.Context, kind, _, id string) (queue.Object, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	o, ok := m.objects[kind+"/"+id]
	if !ok {
		return o, wabridge.Fail(wabridge.CodeNotFound, nil, "no object")
	}
	return o, nil
}

func (m *memory) Objects(_ context.Context, kind, _, after string, limit int) (out []queue.Object, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, o := range m.objects {
		if o.Kind == kind && o.ID > after && len(out) < limit {
			out = append(out, o)
		}
	}
	return out, nil
}

func (m *memory) DeleteObject(_ context.Context, kind, _, id string, _ ...wabridge.Event) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.broken != nil {
		return m.broken
	}
	delete(m.objects, kind+"/"+id)
	return nil
}

func (m *memory) count(kind string) (n int) {
	list, _ := m.Objects(context.Background(), kind, "", "", 1000)
	return len(list)
}

// snapshot is what is on the disk, restore makes it all that there is.
func (m *memory) snapshot() map[string]queue.Object {
	m.mu.Lock()
	defer m.mu.Unlock()
	return maps.Clone(m.objects)
}

func (m *memory) restore(objects map[string]queue.Object) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.objects = objects
}

// log adds an event and tells the readers.
func (m *memory) log(kind wabridge.EventKind, data any) {
	raw, err := json.Marshal(data)
	if err != nil {
		panic(err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.events = append(m.events, wabridge.Event{Number: int64(len(m.events) + 1), Kind: kind, Phone: phoneID, At: time.Now(), Data: raw})
	close(m.changed)
	m.changed = make(chan struct{})
}

// sent accepts a message with a callback address, "" for none.
func (m *memory) sent(t *testing.T, url string) string {
	t.Helper()
	b := newBatch(time.Now())
	id := b.wamid(0)
	if url != "" {
		must(t, b.store(t.Context(), m, map[string]string{id: url}, time.Now()))
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.messages[id] = wabridge.Message{ID: id, Seq: int64(len(m.messages) + 1), Created: time.Now()}
	return id
}

func (m *memory) moved(id string, s wabridge.State, code wabridge.Code) {
	m.log(wabridge.EventStatus, wabridge.StatusData{ID: id, State: s, At: time.Now(), Code: code, Callback: "data of " + id})
}

// receivers answers POSTs without a network, by address.
type receivers struct {
	mu      sync.Mutex
	answers map[string]int // 0: 200; negative: no answer
	got     map[string][]string
	tries   map[string]int
}

func (r *receivers) RoundTrip(req *http.Request) (*http.Response, error) {
	raw, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	to := req.URL.String()
	r.tries[to]++
	code := r.answers[to]
	switch {
	case code < 0:
		return nil, errors.New("connection refused")
	case code == 0:
		code = 200
		r.got[to] = append(r.got[to], string(raw))
	}
	return &http.Response{StatusCode: code, Body: io.NopCloser(strings.NewReader("ok")), Request: req}, nil
}

func (r *receivers) answer(to string, code int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answers[to] = code
}

// words are the statuses that an address got, in order.
func (r *receivers) words(to string) (words []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, raw := range r.got[to] {
		var list []status
		if json.Unmarshal([]byte(raw), &list) != nil {
			words = append(words, raw)
		}
		for _, s := range list {
			words = append(words, fmt.Sprintf("%s %d", s.Status, s.ErrorCode))
		}
	}
	return words
}

func newReceivers() *receivers {
	return &receivers{answers: map[string]int{}, got: map[string][]string{}, tries: map[string]int{}}
}

func start(t *testing.T, m *memory, r *receivers, incoming string) *Deliverer {
	t.Helper()
	d := New(Config{Store: m, Log: slog.New(slog.DiscardHandler), Client: &http.Client{Transport: r}, Incoming: incoming, Base: "http://gw.test/"})
	must(t, d.Start(t.Context()))
	return d
}

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
				d.kill()
				_ = d.Stop(dead)
				m.restore(disk)
				d = start(t, m, r, "")
			case 2:
				if i%2 == 0 {
					time.Sleep(3 * sweepTime) // the lane is forgotten
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
		if n := m.count(objectLane); n != 0 {
			t.Errorf("%d lanes are still stored", n)
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
		defer d.Stop(t.Context())
		a := m.sent(t, crm)
		m.mu.Lock()
		m.broken = wabridge.Fail(wabridge.CodeStorage, nil, "disk full")
		m.mu.Unlock()
		m.moved(a, wabridge.Sent, 0)
		time.Sleep(time.Minute)
		m.mu.Lock()
		m.broken = nil
		m.mu.Unlock()
		m.moved(a, wabridge.Read, 0)
		time.Sleep(5 * time.Minute)
		if d := cmp.Diff([]string{"SENT 0", "READ 0"}, r.words(crm)); d != "" {
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
		if d := cmp.Diff(want, r.got[to]); d != "" {
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

// A callback whose name leads to a private address reaches nobody.
func TestPublicClient(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	c := PublicClient()
	defer c.CloseIdleConnections()
	resp, err := c.Post(server.URL, "application/json", strings.NewReader("{}"))
	if err == nil {
		_ = resp.Body.Close() // nothing was read
		t.Error("the private address was reached")
	}
}

func TestBackoff(t *testing.T) {
	last := time.Duration(0)
	for n := 1; n < 14; n++ {
		got := backoff(n, 0.5)
		if got < last || got > maxWait || n == 1 && got != firstWait {
			t.Errorf("pause %d is %v after %v", n, got, last)
		}
		last = got
	}
	if last != maxWait {
		t.Errorf("the longest pause is %v", last)
	}
}
