package phonesim

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/wabridge/wabridge/adb"
	"github.com/wabridge/wabridge/phonesim/android"
)

// started is a phone on two ports of this machine.
func started(t *testing.T, cfg Config) (p *Phone, adbAddress, control string) {
	t.Helper()
	p = newPhone(t, cfg)
	var addrs []string
	var ls []net.Listener
	for range 2 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		ls, addrs = append(ls, l), append(addrs, l.Addr().String())
	}
	if err := p.Start(context.Background(), ls[0], ls[1]); err != nil {
		t.Fatal(err)
	}
	return p, addrs[0], "http://" + addrs[1]
}

func dial(t *testing.T, address string) *adb.Device {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	c, err := adb.Dial(ctx, address, adb.DialOptions{})
	if err != nil {
		t.Fatalf("dial: %v", err)
	}
	d := adb.NewDevice(c)
	t.Cleanup(func() { _ = d.Close() })
	return d
}

func TestThroughTheProtocol(t *testing.T) {
	_, address, _ := started(t, Config{})
	d := dial(t, address)
	out, err := d.Run(t.Context(), open("15550001002", "héllo"))
	if err != nil || out.ExitCode != 0 || !bytes.HasPrefix(out.Stdout, []byte("Starting: Intent")) {
		t.Fatalf("am start: %+v, %v", out, err)
	}
	out, err = d.Run(t.Context(), "xyz")
	if err != nil || out.ExitCode != 127 || string(out.Stderr) != "/system/bin/sh: xyz: inaccessible or not found\n" || len(out.Stdout) > 0 {
		t.Errorf("unknown command: %d %q %v", out.ExitCode, out.Stderr, err)
	}
	out, err = d.RunInput(t.Context(), "cat > /sdcard/in.txt; cat /sdcard/in.txt; exit 3", strings.NewReader("one\ntwo"))
	if err != nil || string(out.Stdout) != "one\ntwo" || out.ExitCode != 3 {
		t.Errorf("stdin: %+v, %v", out, err)
	}
	png, err := d.Screenshot(t.Context())
	if err != nil || !bytes.HasPrefix(png, []byte("\x89PNG")) {
		t.Errorf("screenshot: %d bytes, %v", len(png), err)
	}
	data := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
	if err := d.Push(t.Context(), bytes.NewReader(data), "/data/local/tmp/a/b.bin", adb.PushOptions{}); err != nil {
		t.Fatalf("push: %v", err)
	}
	var back bytes.Buffer
	if _, err := d.Pull(t.Context(), "/data/local/tmp/a/b.bin", &back, nil); err != nil || !bytes.Equal(back.Bytes(), data) {
		t.Errorf("pull: %d of %d bytes, %v", back.Len(), len(data), err)
	}
	if err := d.Push(t.Context(), strings.NewReader("x"), "/system/bin/x", adb.PushOptions{}); err == nil {
		t.Error("pushed into /system")
	}
}

func TestAnEndlessLogEndsWithItsReader(t *testing.T) {
	p, address, _ := started(t, Config{})
	d := dial(t, address)
	ctx, cancel := context.WithCancel(t.Context())
	proc, err := d.Start(ctx, "logcat -b events -v epoch -T 100 -s notification_enqueue:I")
	if err != nil {
		t.Fatal(err)
	}
	incoming(t, p, IncomingMessage{From: "15550001002", Text: "hi"})
	buf := make([]byte, 4096)
	var got strings.Builder
	for !strings.Contains(got.String(), "notification_enqueue: ,0,Notification(") {
		n, err := proc.Stdout.Read(buf)
		if err != nil {
			t.Fatalf("after %q: %v", got.String(), err)
		}
		got.Write(buf[:n])
	}
	cancel()
	_, _ = proc.Wait()
	deadline := time.Now().Add(2 * time.Minute)
	for c := p.Commands(); !c[len(c)-1].Done; c = p.Commands() {
		if time.Now().After(deadline) {
			t.Fatal("logcat still runs on the phone")
		}
		time.Sleep(5 * time.Millisecond) // the real network decides when the phone hears of it
	}
}

func TestTheCableComesOff(t *testing.T) {
	for _, when := range []string{"before", "middle", "after"} {
		t.Run(when, func(t *testing.T) {
			p, address, _ := started(t, Config{})
			d := dial(t, address)
			arm(t, p, Fault{Kind: "disconnect", Value: when})
			_, err := d.Run(t.Context(), open("15550001002", "hi"))
			if err == nil {
				t.Fatal("the command succeeded")
			}
			opened := strings.Contains(string(p.ScreenXML()), ":id/entry")
			if when == "before" && opened || when == "after" && !opened {
				t.Errorf("chat open: %t", opened)
			}
			if out, err := dial(t, address).Run(t.Context(), "echo back"); err != nil || string(out.Stdout) != "back\n" {
				t.Errorf("afterwards: %+v, %v", out, err)
			}
		})
	}
}

func TestFrozenAndOffline(t *testing.T) {
	p, address, _ := started(t, Config{})
	d := dial(t, address)
	arm(t, p, Fault{Kind: "freeze", For: android.Duration(time.Hour)})
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if out, err := d.Run(ctx, "echo x"); err == nil {
		t.Errorf("a frozen phone said %q", out.Stdout)
	}
	p.ClearFaults()
	if _, err := dial(t, address).Run(t.Context(), "true"); err != nil {
		t.Errorf("after thawing: %v", err)
	}
	arm(t, p, Fault{Kind: "offline", For: android.Duration(time.Hour)})
	ctx, cancel = context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if c, err := adb.Dial(ctx, address, adb.DialOptions{}); err == nil {
		_ = c.Close()
		t.Error("an offline phone answered")
	}
	p.ClearFaults()
	if _, err := dial(t, address).Run(t.Context(), "true"); err != nil {
		t.Errorf("back again: %v", err)
	}
}

// call calls the control API and returns the status and body.
func call(t *testing.T, method, url, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(b)
}

func TestControl(t *testing.T) {
	t.Cleanup(http.DefaultClient.CloseIdleConnections)
	p, _, base := started(t, Config{Latency: Instant})
	mustRun(t, p, open("15550001002", "hi")+" && input tap 660 1490")
	for name, c := range map[string]struct {
		method, path, body string
		status             int
		want               string
	}{
		"incoming":            {"POST", "/incoming", `{"from":"+1 555 000 1003","name":"Ann","text":"hello"}`, 200, `"id"`},
		"incoming in a group": {"POST", "/incoming", `{"from":"15550001003","text":"hello","group":"Team"}`, 200, `"id"`},
		"incoming, no sender": {"POST", "/incoming", `{"text":"hello"}`, 400, "from"},
		"incoming, no text":   {"POST", "/incoming", `{"from":"15550001003"}`, 400, "text"},
		"incoming, odd kind":  {"POST", "/incoming", `{"from":"15550001003","kind":"smell"}`, 400, "smell"},
		"unknown field":       {"POST", "/incoming", `{"form":"15550001003","text":"x"}`, 400, "form"},
		"not JSON":            {"POST", "/fault", `kind=x`, 400, "error"},
		"unknown fault":       {"POST", "/fault", `{"kind":"meteor"}`, 400, "meteor"},
		"fault with a time":   {"POST", "/fault", `{"kind":"hold_ticks","for":"1.5s"}`, 200, "ok"},
		"fault with seconds":  {"POST", "/fault", `{"kind":"echo_off","for":2}`, 200, "ok"},
		"faults":              {"GET", "/faults", "", 200, `"wrong_chat"`},
		"tick":                {"POST", "/tick", `{"to":"15550001002","state":"delivered"}`, 200, "ok"},
		"odd tick":            {"POST", "/tick", `{"to":"15550001002","state":"seen"}`, 400, "seen"},
		"tick of nobody":      {"POST", "/tick", `{"to":"19990001002","state":"read"}`, 400, "19990001002"},
		"human":               {"POST", "/human", `{"to":"15550001002","text":"me again"}`, 200, "ok"},
		"contact":             {"POST", "/contact", `{"name":"Bo","number":"15550001004"}`, 200, "ok"},
		"odd contact":         {"POST", "/contact", `{"name":"Bo","number":"+1"}`, 400, "number"},
		"ledger":              {"GET", "/sent", "", 200, `"to":"15550001002","text":"hi"`},
		"received":            {"GET", "/received", "", 200, `[`},
		"commands":            {"GET", "/commands", "", 200, `"args":["input","tap","660","1490"]`},
		"screen":              {"GET", "/screen.xml", "", 200, "<hierarchy"},
		"picture":             {"GET", "/screen.png", "", 200, "\x89PNG"},
		"wrong method":        {"GET", "/incoming", "", 405, ""},
	} {
		t.Run(name, func(t *testing.T) {
			status, body := call(t, c.method, base+c.path, c.body)
			if status != c.status || !strings.Contains(body, c.want) {
				t.Errorf("got %d %.300q, want %d with %q", status, body, c.status, c.want)
			}
		})
	}
	if status, _ := call(t, "POST", base+"/clear", ""); status != 200 {
		t.Errorf("clear: %d", status)
	}
	_, body := call(t, "GET", base+"/sent", "")
	var ledger []SentMessage
	if err := json.Unmarshal([]byte(body), &ledger); err != nil || len(ledger) != 0 {
		t.Errorf("after clear the ledger is %s, %v", body, err)
	}
}

func TestCloseTwiceAndAfterwards(t *testing.T) {
	p, address, _ := started(t, Config{Latency: Realistic})
	d := dial(t, address)
	if _, err := d.Run(t.Context(), open("15550001002", "hi")); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(p.Close(), p.Close()); err != nil {
		t.Fatal(err)
	}
	if code := p.Exec(t.Context(), "echo x", nil, io.Discard, io.Discard); code == 0 {
		t.Error("a closed phone runs commands")
	}
}
