package daemon

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// freeAddress is an address that nothing listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// post sends a text; 0 if nothing listens.
func post(t *testing.T, address, phone, token string) (status int, retry string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+address+"/v23.0/"+phone+"/messages",
		strings.NewReader(`{"messaging_product":"whatsapp","to":"+15550002222","type":"text","text":{"body":"x"}}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, ""
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, resp.Header.Get("Retry-After")
}

// begin starts a daemon that is stopped with the test.
func begin(t *testing.T, cfg Config) *Daemon {
	t.Helper()
	d, err := New(cfg, Build{}, slog.New(slog.DiscardHandler))
	if err == nil {
		err = d.Start(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return d
}

// TestFirstAnswerOfAStartIsNotThatThePhoneDoesNotExist asks from before the
// start on, many times.
func TestFirstAnswerOfAStartIsNotThatThePhoneDoesNotExist(t *testing.T) {
	for round := range 5 {
		cfg := Default()
		cfg.Listen, cfg.Data, cfg.Discover, cfg.Timing, cfg.Token = freeAddress(t), t.TempDir(), false, TimingInstant, "local-secret-token"
		cfg.Phones = []PhoneConfig{{Serial: "direct:" + freeAddress(t), ID: "100000000000001", Number: "15550001001"}}
		first := make(chan int, 1)
		go func() {
			for t.Context().Err() == nil {
				if status, _ := post(t, cfg.Listen, "100000000000001", cfg.Token); status != 0 {
					first <- status
					return
				}
			}
		}()
		d := begin(t, cfg)
		if status := <-first; status != http.StatusOK {
			t.Fatalf("round %d: the first answer is %d", round, status)
		}
		if err := d.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// TestNotReadyWhileADBHasNotAnswered: a gateway that looks for phones does not
// know which there are until adb has said so.
func TestNotReadyWhileADBHasNotAnswered(t *testing.T) {
	server := freeAddress(t)
	cfg := Default()
	cfg.Listen, cfg.Data, cfg.Token = "127.0.0.1:0", t.TempDir(), "local-secret-token"
	cfg.ADB.Server, cfg.ADB.Start = "tcp:"+server, false
	d := begin(t, cfg)
	if status, retry := post(t, d.Addr(), "100000000000001", cfg.Token); status != http.StatusServiceUnavailable || retry != "1" {
		t.Errorf("before adb answers: %d, Retry-After %q", status, retry)
	}
	if status := get(t, d.Addr(), "/readyz"); status != http.StatusServiceUnavailable {
		t.Errorf("/readyz before adb answers: %d", status)
	}
	for _, c := range strangersPhones(d.Addr(), cfg.Token) {
		if status, retry := c.do(t); status != http.StatusServiceUnavailable || retry == "" {
			t.Errorf("%s before adb answers: %d, Retry-After %q", c.name, status, retry)
		}
	}
	l, err := net.Listen("tcp", server)
	if err != nil {
		t.Fatal(err)
	}
	go answerNoDevices(l)
	t.Cleanup(func() { _ = l.Close() })
	for deadline := time.Now().Add(20 * time.Second); get(t, d.Addr(), "/readyz") != http.StatusOK; {
		if time.Now().After(deadline) {
			t.Fatal("it does not become ready")
		}
		<-time.After(50 * time.Millisecond)
	}
	if status, _ := post(t, d.Addr(), "100000000000001", cfg.Token); status != http.StatusBadRequest {
		t.Errorf("after adb answered that there is no phone: %d", status)
	}
	for _, c := range strangersPhones(d.Addr(), cfg.Token) {
		if status, _ := c.do(t); status == http.StatusServiceUnavailable {
			t.Errorf("%s after adb answered that there is no phone: %d", c.name, status)
		}
	}
}

// A phoneCall is a request for a phone that the gateway does not have.
type phoneCall struct{ name, method, url, auth, body string }

// strangersPhones are the ways in that name a phone, but for the Cloud API.
func strangersPhones(address, token string) []phoneCall {
	const id = "100000000000001"
	base, own := "http://"+address, "http://"+address+"/bridge/v1"
	calls := []phoneCall{
		{"Devino", "POST", base + "/whatsapp/messages", "Key " + token, `{"messages":[{"from":"` + id + `","to":"15550002222","text":"x"}]}`},
		{"TWIN", "POST", base + "/api/v1/messages", "Bearer " + token, `{"messages":[{"channels":{"chat":{"messengerType":"WHATSAPP","chatId":"` + id + `","text":"x"}},"destinations":[{"phone":"15550002222"}]}]}`},
		{"a campaign", "POST", own + "/campaigns", "Bearer " + token, `{"phone_number_id":"` + id + `","message":{"type":"text","text":{"body":"x"}},"destinations":[{"to":"15550002222"}]}`},
		{"an opt-out", "POST", own + "/optouts", "Bearer " + token, `{"phone_number_id":"` + id + `","to":"15550002222"}`},
		{"an opt-out of the only phone", "POST", own + "/optouts", "Bearer " + token, `{"to":"15550002222"}`},
		{"a session", "POST", own + "/sessions", "Bearer " + token, `{"phone_number_id":"` + id + `","to":"15550002222","text":"x"}`},
		{"maintenance", "POST", own + "/phones/" + id + "/maintenance", "Bearer " + token, `{"on":true}`},
	}
	for _, path := range []string{"", "/health", "/doctor", "/screen"} {
		calls = append(calls, phoneCall{"GET phone" + path, "GET", own + "/phones/" + id + path, "Bearer " + token, ""})
	}
	for _, path := range []string{"/pause", "/resume"} {
		calls = append(calls, phoneCall{"POST phone" + path, "POST", own + "/phones/" + id + path, "Bearer " + token, "{}"})
	}
	return calls
}

func (c phoneCall) do(t *testing.T) (status int, retry string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), c.method, c.url, strings.NewReader(c.body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", c.auth)
	r.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, resp.Header.Get("Retry-After")
}

func get(t *testing.T, address, path string) int {
	t.Helper()
	resp, err := http.Get("http://" + address + path)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	return resp.StatusCode
}

// answerNoDevices is an adb server without devices.
func answerNoDevices(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		size := 0
		if _, err := fmt.Fscanf(c, "%4x", &size); err == nil {
			_, _ = io.CopyN(io.Discard, c, int64(size))
			_, _ = io.WriteString(c, "OKAY0000")
		}
		_ = c.Close()
	}
}
