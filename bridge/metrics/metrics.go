// Package metrics counts what the gateway does and shows it in Prometheus's
// text format. What happens is counted where it happens, through small
// interfaces of the packages that do it (sqlite.Observer, phone.Observer,
// webhook.Observer, bridge.Observer); what is the case is read from the
// database when somebody asks (State).
//
// A label is an id that an admin gave, or a word of a closed list: never a
// number that somebody wrote to, a text, a token, a message's id or a path.
// docs/operations.md tells what each metric means.
package metrics

import (
	"net/http"
	"runtime"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/wabridge/wabridge"
)

// Buckets in seconds. A phone takes seconds for a send; a message may wait for
// hours for its phone.
var (
	stepBuckets    = []float64{.05, .1, .25, .5, 1, 2, 3, 5, 10, 20, 60}
	waitBuckets    = []float64{1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600, 4 * 3600, 86400}
	requestBuckets = []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10, 60}
	commitBuckets  = []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 5}
)

// Metrics are all that is counted. Make them with New.
type Metrics struct {
	registry *prometheus.Registry

	accepted, moved, received *prometheus.CounterVec
	sentAfter, deliveredAfter *prometheus.HistogramVec
	lastIncoming, lastLook    *prometheus.GaugeVec
	steps                     *prometheus.HistogramVec
	posts                     *prometheus.CounterVec
	held                      *prometheus.CounterVec
	postTime                  *prometheus.HistogramVec
	requests                  *prometheus.CounterVec
	requestTime               *prometheus.HistogramVec
	wrongTokens               prometheus.Counter
	commits                   prometheus.Histogram
	commitJobs                prometheus.Counter

	mu      sync.Mutex
	looked  map[string]time.Time // newest, so that an older one does not overwrite it
	arrived map[string]time.Time
}

// New makes metrics of a program of that version; state, which may be nil, is
// read at each scrape.
func New(version string, state *State) *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry(), looked: map[string]time.Time{}, arrived: map[string]time.Time{}}
	m.accepted = m.counter("messages_accepted_total", "Messages accepted for sending.", "phone")
	m.moved = m.counter("messages_moved_total", "Moves of messages to send, by the state they led to and its code (0: all is well).", "phone", "state", "code")
	m.received = m.counter("messages_received_total", "Messages that came in (direction in) or were typed on the phone (echo), by how they were learned.", "phone", "direction", "source")
	m.sentAfter = m.histogram("message_sent_seconds", "Time from a message being due to its first tick.", waitBuckets, "phone")
	m.deliveredAfter = m.histogram("message_delivered_seconds", "Time from a message being due to its second tick, as far as it was seen.", waitBuckets, "phone")
	m.lastIncoming = m.gauge("phone_last_incoming_timestamp_seconds", "When the newest message came in since the start of the program.", "phone")
	m.lastLook = m.gauge("phone_last_look_timestamp_seconds", "When the phone's screen was last read since the start of the program.", "phone")
	m.held = m.counter("incoming_held_total", "What seemed new in a chat without anything new to be seen there, and was left alone: bubbles (record) and visits (open).", "phone", "what")
	m.steps = m.histogram("send_step_seconds", "Time of the steps of a send: open, look, check, tap, confirm.", stepBuckets, "phone", "step")
	m.posts = m.counter("webhook_posts_total", "POSTs to webhook receivers, by result: 2xx, 3xx, 4xx, 5xx, or error (no answer).", "endpoint", "result")
	m.postTime = m.histogram("webhook_post_seconds", "Time of POSTs to webhook receivers.", requestBuckets, "endpoint")
	m.requests = m.counter("http_requests_total", "Answered HTTP requests, by route pattern and status.", "route", "code")
	m.requestTime = m.histogram("http_request_seconds", "Time of HTTP requests, without those that wait for events.", requestBuckets, "route")
	m.wrongTokens = prometheus.NewCounter(prometheus.CounterOpts{Namespace: namespace, Name: "http_wrong_tokens_total", Help: "Requests with a wrong token, or none where one is needed."})
	m.commits = prometheus.NewHistogram(prometheus.HistogramOpts{Namespace: namespace, Name: "db_commit_seconds", Help: "Time of write transactions, with their sync.", Buckets: commitBuckets})
	m.commitJobs = prometheus.NewCounter(prometheus.CounterOpts{Namespace: namespace, Name: "db_commit_jobs_total", Help: "Callers whose changes were committed; several share a transaction."})
	build := prometheus.NewGaugeVec(prometheus.GaugeOpts{Namespace: namespace, Name: "build_info", Help: "1, labelled with the program's version."}, []string{"version", "go_version"})
	build.WithLabelValues(version, runtime.Version()).Set(1)
	m.registry.MustRegister(m.wrongTokens, m.commits, m.commitJobs, build,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	if state != nil {
		m.registry.MustRegister(state)
	}
	return m
}

const namespace = "wabridge"

func (m *Metrics) counter(name, help string, labels ...string) *prometheus.CounterVec {
	v := prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help}, labels)
	m.registry.MustRegister(v)
	return v
}

func (m *Metrics) gauge(name, help string, labels ...string) *prometheus.GaugeVec {
	v := prometheus.NewGaugeVec(prometheus.GaugeOpts{Namespace: namespace, Name: name, Help: help}, labels)
	m.registry.MustRegister(v)
	return v
}

func (m *Metrics) histogram(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
	v := prometheus.NewHistogramVec(prometheus.HistogramOpts{Namespace: namespace, Name: name, Help: help, Buckets: buckets}, labels)
	m.registry.MustRegister(v)
	return v
}

// Handler serves all metrics.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4, Timeout: 20 * time.Second})
}

// Phone makes the counters of a phone known at zero, so that an alert tells
// "nothing came in" from "not counted".
func (m *Metrics) Phone(id string) {
	m.accepted.WithLabelValues(id)
	for _, source := range []string{"notification", "screen"} {
		m.received.WithLabelValues(id, string(wabridge.In), source)
	}
	for _, what := range []string{"record", "open"} {
		m.held.WithLabelValues(id, what)
	}
	for _, state := range []wabridge.State{wabridge.Sent, wabridge.Failed} {
		m.moved.WithLabelValues(id, string(state), "0")
	}
}

// Accepted counts a new message to send.
func (m *Metrics) Accepted(msg *wabridge.Message) { m.accepted.WithLabelValues(msg.Phone).Inc() }

// Moved counts a move, and how long it took to get there.
func (m *Metrics) Moved(msg *wabridge.Message, from wabridge.State) {
	m.moved.WithLabelValues(msg.Phone, string(msg.State), strconv.Itoa(int(msg.Code))).Inc()
	begin := msg.Created
	if msg.Due.After(begin) && msg.Tries <= 1 { // what was tried again is due later, and yet late
		begin = msg.Due
	}
	if !ticked(from) && ticked(msg.State) {
		m.sentAfter.WithLabelValues(msg.Phone).Observe(since(begin, firstOf(msg.SentAt, msg.Delivered, msg.ReadAt)))
	}
	if !arrived(from) && arrived(msg.State) {
		m.deliveredAfter.WithLabelValues(msg.Phone).Observe(since(begin, firstOf(msg.Delivered, msg.ReadAt)))
	}
}

// ticked: one tick or more was seen.
func ticked(s wabridge.State) bool { return s == wabridge.Sent || arrived(s) }

// arrived: two ticks were seen.
func arrived(s wabridge.State) bool { return s == wabridge.Delivered || s == wabridge.Read }

func firstOf(times ...time.Time) time.Time {
	for _, t := range times {
		if !t.IsZero() {
			return t
		}
	}
	return time.Now()
}

// since is a time span in seconds; a clock that was set back makes none
// negative.
func since(begin, end time.Time) float64 { return max(0, end.Sub(begin).Seconds()) }

// Received counts a message that came in or was typed on the phone.
func (m *Metrics) Received(msg *wabridge.Message) {
	m.received.WithLabelValues(msg.Phone, string(msg.Direction), msg.Source).Inc()
	if msg.Direction == wabridge.In {
		m.newest(m.arrived, m.lastIncoming, msg.Phone, msg.Created)
	}
}

// newest sets a gauge to a time, unless it is at a later one.
func (m *Metrics) newest(seen map[string]time.Time, g *prometheus.GaugeVec, phone string, at time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if at.After(seen[phone]) {
		seen[phone] = at
		g.WithLabelValues(phone).Set(float64(at.UnixMilli()) / 1000)
	}
}

// Committed implements sqlite.Observer.
func (m *Metrics) Committed(jobs int, took time.Duration) {
	m.commits.Observe(took.Seconds())
	m.commitJobs.Add(float64(jobs))
}

// Step implements phone.Observer.
func (m *Metrics) Step(phone, step string, took time.Duration) {
	m.steps.WithLabelValues(phone, step).Observe(took.Seconds())
}

// Held counts what seemed new in a chat without anything new to be seen there:
// bubbles that were not recorded again ("record"), visits that were not made
// ("open").
func (m *Metrics) Held(phone, what string, n int) {
	m.held.WithLabelValues(phone, what).Add(float64(n))
}

// Looked implements phone.Observer.
func (m *Metrics) Looked(phone string, at time.Time) { m.newest(m.looked, m.lastLook, phone, at) }

// Posted implements webhook.Observer.
func (m *Metrics) Posted(endpoint string, status int, took time.Duration) {
	result := "error"
	if status >= 100 && status < 600 {
		result = strconv.Itoa(status/100) + "xx"
	}
	m.posts.WithLabelValues(endpoint, result).Inc()
	m.postTime.WithLabelValues(endpoint).Observe(took.Seconds())
}

// Request implements bridge.Observer.
func (m *Metrics) Request(route string, status int, took time.Duration) {
	m.requests.WithLabelValues(route, strconv.Itoa(status)).Inc()
	if took > 0 {
		m.requestTime.WithLabelValues(route).Observe(took.Seconds())
	}
}

// WrongToken counts a request without a live token.
func (m *Metrics) WrongToken() { m.wrongTokens.Inc() }

// A transport counts the POSTs of an HTTP client.
type transport struct {
	base     http.RoundTripper
	endpoint string
	m        *Metrics
}

// Transport counts the requests that go through base as those to one endpoint:
// a constant such as "devino", for receivers that have no id.
func (m *Metrics) Transport(endpoint string, base http.RoundTripper) http.RoundTripper {
	return transport{base, endpoint, m}
}

// CloseIdleConnections lets http.Client.CloseIdleConnections reach what is below.
func (t transport) CloseIdleConnections() {
	if c, ok := t.base.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// RoundTrip implements http.RoundTripper.
func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	begin := time.Now()
	resp, err := t.base.RoundTrip(r)
	status := 0
	if err == nil {
		status = resp.StatusCode
	}
	t.m.Posted(t.endpoint, status, time.Since(begin))
	return resp, err
}
