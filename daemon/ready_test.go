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
