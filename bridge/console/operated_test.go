package console

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/analytics"
	"github.com/wabridge/wabridge/audit"
	"github.com/wabridge/wabridge/bridge/delivery"
	"github.com/wabridge/wabridge/content"
	"github.com/wabridge/wabridge/queue"
)

// A glass is a phone whose screen is a drawing that tells how often it was
// touched.
type glass struct {
	mu      sync.Mutex
	touched []wabridge.Touch
	looks   int
	err     error
}

func (g *glass) Screen(context.Context, string, time.Duration) ([]byte, time.Time, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.looks++
	if g.err != nil {
		return nil, time.Time{}, g.err
	}
	m := image.NewRGBA(image.Rect(0, 0, 360, 780))
	draw.Draw(m, m.Bounds(), image.NewUniform(color.RGBA{0xef, 0xea, 0xe2, 0xff}), image.Point{}, draw.Src)
	draw.Draw(m, image.Rect(0, 0, 360, 72), image.NewUniform(color.RGBA{0x00, 0x80, 0x69, 0xff}), image.Point{}, draw.Src)
	for i := range 6 {
		draw.Draw(m, image.Rect(20+100*(i%2), 100+90*i, 240+100*(i%2), 160+90*i), image.NewUniform(color.White), image.Point{}, draw.Src)
	}
	for i := range g.touched {
		draw.Draw(m, image.Rect(10+20*i, 740, 25+20*i, 755), image.NewUniform(color.Black), image.Point{}, draw.Src)
	}
	var b bytes.Buffer
	err := png.Encode(&b, m)
	return b.Bytes(), time.Now(), err
}

func (g *glass) Touch(_ context.Context, _ string, t wabridge.Touch) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.err == nil {
		g.touched = append(g.touched, t)
	}
	return g.err
}

func (g *glass) acts() []wabridge.Touch {
	g.mu.Lock()
	defer g.mu.Unlock()
	return append([]wabridge.Touch(nil), g.touched...)
}

func (g *glass) Warnings(wabridge.Phone) []wabridge.Warning {
	return []wabridge.Warning{{Kind: wabridge.WarnNotificationsOff}}
}

func (g *glass) Health(_ context.Context, phone string) (wabridge.Health, error) {
	level, yes, no, warm := 87, true, false, 28.4
	return wabridge.Health{Phone: phone, At: time.Now(), Reachable: true, RoundTrip: 12, Battery: &level, Charging: &yes, Temperature: &warm, ScreenOn: &yes, Locked: &no,
		App: "2.26.27.85", AppKnown: true, LastLook: time.Now().Add(-20 * time.Second), LastIncoming: time.Now().Add(-time.Hour), TicksPending: 14}, g.err
}

func (g *glass) Doctor(context.Context, string) ([]wabridge.Check, error) {
	return []wabridge.Check{
		{Name: "reachable", Grade: wabridge.GradeOK, Detail: "a command answered after 12 ms"},
		{Name: "app", Grade: wabridge.GradeOK, Detail: "com.whatsapp 2.26.27.85"},
		{Name: "battery", Grade: wabridge.GradeWarn, Detail: "87 %, 28.4 °C, not charging", Remedy: "leave the phone on its charger"},
		{Name: "lock", Grade: wabridge.GradeBad, Detail: "the screen is locked", Remedy: "unlock it and set the screen lock to none, or configure unlock_pin"},
	}, g.err
}

// hooks is a deliverer that notes where it was moved to.
type hooks struct {
	mu    sync.Mutex
	moved map[string]int64
	// replayed: the dead letters of devino-1 were delivered again.
	replayed bool
}

func (h *hooks) Reload() {}

func (h *hooks) Seek(_ context.Context, id string, after int64) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.moved[id] = after
	return nil
}

// Statuses is what waits for an address of Devino's interface.
func (h *hooks) Statuses(context.Context) ([]delivery.Status, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := delivery.Status{Destination: queue.Destination{ID: "devino-1", Kind: "devino", Receiver: "https://crm.example.org/status?key=hidden", Cursor: 9,
		LastError: "receiver answered 500", Failing: time.Now().Add(-time.Hour), DeadLetters: 2}, Pending: 5, Retrying: 1}
	if h.replayed {
		s.DeadLetters = 0
	}
	return []delivery.Status{s}, nil
}

func (h *hooks) Replay(_ context.Context, id string, _ []int64) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.replayed = id == "devino-1"
	return 2, nil
}

// operated is a desk with all that the operators' pages need.
func operated(t testing.TB, g *glass, h *hooks) *desk {
	d := newDesk(t, func(c *Config) {
		c.Operate = Operate{Hands: g, Webhooks: h, Currency: "EUR",
			Rates:        analytics.Card{{Amount: 0.0617, Category: "utility"}, {Amount: 0.1131, Category: "marketing"}, {Amount: 0.0001}},
			Destinations: h,
			TestWebhook: func(_ context.Context, e queue.Endpoint) WebhookTest {
				if strings.Contains(e.URL, "broken") {
					return WebhookTest{Status: 500, Error: "the receiver answered 500", Excerpt: "<h1>oops</h1>"}
				}
				return WebhookTest{Status: 200, Took: 42 * time.Millisecond}
			},
			Settings: []Setting{
				{Key: "listen", Value: "127.0.0.1:8080", Help: "address of the HTTP API, host:port", From: "default"},
				{Key: "public_url", Value: "https://wa.example.org", Help: "URL under which clients reach the API", From: "file", Place: "wabridge.yaml, line 3"},
				{Key: "log.level", Value: "debug", Help: "debug, info, warn or error", From: "env", Place: "$WABRIDGE_LOG_LEVEL"},
				{Key: "log.format", Value: "text", Help: "text or json", From: "default"},
				{Key: "webhook.app_secret", Value: "set", Secret: true, Help: "secret of X-Hub-Signature-256", From: "file", Place: "wabridge.yaml, line 12"},
				{Key: "webhook.url", Value: "https://crm.example.org/hook", Help: "receiver of all webhooks", From: "flag", Place: "--webhook-url"},
			},
		}
	})
	d.Operate.Audit = audit.NewRecorder(d.db, d.Log)
	return d
}

// fill makes a month of messages, some templates and two webhooks.
func (d *desk) fill() {
	d.t.Helper()
	ctx := d.t.Context()
	for i, text := range []string{`{"id":"711","name":"order_shipped","language":"en_US","category":"UTILITY","status":"APPROVED","components":[{"type":"HEADER","format":"TEXT","text":"Order {{1}}","example":{"header_text":["4711"]}},{"type":"BODY","text":"Hello {{1}}, your parcel left on {{2}}.","example":{"body_text":[["Ann","Monday"]]}},{"type":"FOOTER","text":"Example Ltd"},{"type":"BUTTONS","buttons":[{"type":"QUICK_REPLY","text":"Thank you"},{"type":"URL","text":"Track it","url":"https://example.org"}]}]}`,
		`{"id":"712","name":"summer_sale","language":"de","category":"MARKETING","status":"REJECTED","rejected_reason":"INVALID_FORMAT","components":[{"type":"BODY","text":"Nur heute: 20 % auf alles."}]}`,
		`{"id":"713","name":"login_code","language":"pt_BR","category":"AUTHENTICATION","status":"PENDING","components":[{"type":"BODY","text":""}]}`} {
		var t content.Template
		must(d.t, json.Unmarshal([]byte(text), &t))
		_, err := d.db.PutObject(ctx, queue.Object{Kind: queue.ObjectTemplate, Owner: "200000000000001", ID: t.ID, Name: queue.TemplateName(t.Name, t.Language), Data: []byte(text)}, time.Now().Add(time.Duration(i)))
		must(d.t, err)
	}
	for i := range 240 {
		phone := phoneID
		if i%3 == 0 {
			phone = secondID
		}
		number := fmt.Sprintf("1555000%04d", 1000+i)
		m := wabridge.Message{Phone: phone, Chat: wabridge.UserJID(number), Number: number, Type: "text", Text: "x"}
		if i%4 == 0 {
			m.Template, m.Category = "711", wabridge.Utility
		}
		a, err := d.db.Enqueue(ctx, queue.Draft{Message: m})
		must(d.t, err)
		at := time.Now().Add(-time.Duration(i*i%28*24+i%10) * time.Hour)
		got, _, err := d.db.Claim(ctx, phone, time.Now(), time.Minute, queue.Pacing{}.Gate)
		must(d.t, err)
		if got == nil || got.ID != a[0].Message.ID {
			d.t.Fatalf("claimed %v", got)
		}
		move := wabridge.WasSent(at)
		switch i % 5 {
		case 1, 2:
			move = wabridge.WasDelivered(at)
		case 3:
			move = wabridge.WasRead(at)
		case 4:
			if i%20 == 4 {
				move = wabridge.HasFailed(at, wabridge.CodeUndeliverable, "not on WhatsApp")
			}
		}
		_, err = d.db.Apply(ctx, got.ID, got.Fence, move)
		must(d.t, err)
	}
	last, err := d.db.LastEvent(ctx)
	must(d.t, err)
	for _, e := range []queue.Endpoint{{ID: "crm", URL: "https://crm.example.org/hook?key=hidden", Secret: "s", Scope: "app", Cursor: last},
		{ID: "old", URL: "https://broken.example.org/in", Scope: "app", Cursor: 1, Fields: []string{"messages"}}} {
		_, err := d.db.PutEndpoint(ctx, e)
		must(d.t, err)
	}
	must(d.t, d.db.SaveDeliveries(ctx, queue.DeliveryProgress{Destination: queue.Destination{ID: "old", Cursor: 1, Failures: 7, Failing: time.Now().Add(-3 * time.Hour), Next: time.Now().Add(9 * time.Minute), LastError: "the receiver answered 500", LastOK: time.Now().Add(-4 * time.Hour)}}))
	must(d.t, d.db.SetPhoneState(ctx, secondID, wabridge.PhoneAttention, wabridge.CodeNotRegistered, "WhatsApp is logged out: log in on the phone, then resume", time.Now()))
}
