package compat

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"testing"

	"github.com/wabridge/wabridge/daemon"
	"github.com/wabridge/wabridge/phonesim"
)

const (
	phoneID = "100000000000001"
	wabaID  = daemon.DefaultWABA
	token   = "compat-token"
)

// A gateway is the whole program with a simulated phone, in this process.
type gateway struct {
	t   *testing.T
	url string
	sim *phonesim.Phone
}

func newGateway(t *testing.T, options ...func(*daemon.Config)) *gateway {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	sim := phonesim.New(phonesim.Config{Latency: phonesim.Instant})
	if err := sim.Start(t.Context(), l, nil); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { sim.Close() })
	cfg := daemon.Default()
	cfg.Listen, cfg.Data, cfg.Discover, cfg.Timing, cfg.Token = "127.0.0.1:0", t.TempDir(), false, daemon.TimingInstant, token
	cfg.Pacing, cfg.ADB.Start = daemon.PacingConfig{}, false
	cfg.Phones = []daemon.PhoneConfig{{Serial: "direct:" + l.Addr().String(), ID: phoneID, Number: "15550001001", Package: "com.whatsapp", Name: "Compat"}}
	for _, o := range options {
		o(&cfg)
	}
	d, err := daemon.New(cfg, daemon.Build{}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Stop(t.Context()); err != nil && t.Context().Err() == nil {
			t.Errorf("stop: %v", err)
		}
	})
	return &gateway{t: t, url: "http://" + d.Addr(), sim: sim}
}

// An answer is what came back; value is its JSON.
type answer struct {
	status int
	header http.Header
	body   []byte
	value  any
}

// code is the Graph error's, 0 if it is none.
func (a answer) code() int {
	m, _ := a.value.(map[string]any)
	e, _ := m["error"].(map[string]any)
	c, _ := e["code"].(float64)
	return int(c)
}

func (a answer) member(name string) string {
	m, _ := a.value.(map[string]any)
	s, _ := m[name].(string)
	return s
}

func (g *gateway) do(method, path string, header http.Header, body []byte) answer {
	g.t.Helper()
	req, err := http.NewRequestWithContext(g.t.Context(), method, g.url+path, bytes.NewReader(body))
	if err != nil {
		g.t.Fatal(err)
	}
	req.Header = header.Clone()
	if req.Header == nil {
		req.Header = http.Header{}
	}
	if req.Header.Get("Authorization") == "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		g.t.Fatal(err)
	}
	defer res.Body.Close()
	a := answer{status: res.StatusCode, header: res.Header}
	if a.body, err = io.ReadAll(res.Body); err != nil {
		g.t.Fatal(err)
	}
	_ = json.Unmarshal(a.body, &a.value) // a file is no JSON
	return a
}

func (g *gateway) json(method, path, body string) answer {
	g.t.Helper()
	return g.do(method, path, http.Header{"Content-Type": {"application/json"}}, []byte(body))
}
