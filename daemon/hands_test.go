package daemon

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image/png"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/phonesim"
	"github.com/wabridge/wabridge/queue"
)

// ask makes a request to the rig's API as the local user.
func (r *rig) ask(method, path, body string) (int, []byte) {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), method, "http://"+r.d.Addr()+"/bridge/v1"+path, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+r.d.Token())
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return resp.StatusCode, b
}

// touch does an act on the phone through the API.
func (r *rig) touch(body string) {
	r.t.Helper()
	if status, answer := r.ask("POST", "/phones/"+benchPhone+"/input", body); status != http.StatusNoContent {
		r.t.Fatalf("input %s: %d %s", body, status, answer)
	}
}

// center is where a node that holds all the words stands on the phone's screen.
func (r *rig) center(words ...string) (x, y int) {
	r.t.Helper()
	for node := range strings.SplitSeq(string(r.sim.ScreenXML()), "<node ") {
		all := true
		for _, w := range words {
			all = all && strings.Contains(node, w)
		}
		if i := strings.Index(node, `bounds="[`); all && i >= 0 {
			var l, t, rr, b int
			if _, err := fmt.Sscanf(node[i:], `bounds="[%d,%d][%d,%d]"`, &l, &t, &rr, &b); err != nil {
				r.t.Fatal(err)
			}
			return (l + rr) / 2, (t + b) / 2
		}
	}
	r.t.Fatalf("nothing on the screen holds %q:\n%.3000s", words, r.sim.ScreenXML())
	return 0, 0
}

// TestPersonWritesThroughThePicture: a chat is opened by a tap, a text typed and
// sent, all through the API; the phone's ledger shows it. A message in the
// queue waits meanwhile, and goes to the right chat when the person is done.
func TestPersonWritesThroughThePicture(t *testing.T) {
	const ann, bob = "15550002222", "15550003333"
	r := newRig(t, phonesim.Config{})
	r.waitState(wabridge.PhoneReady)
	r.incoming("hello", ann)
	r.heardFrom(ann, 1)

	status, shot := r.ask("GET", "/phones/"+benchPhone+"/screen", "")
	if size, err := png.DecodeConfig(bytes.NewReader(shot)); status != http.StatusOK || err != nil || size.Width < 100 {
		t.Fatalf("screen: %d, %d bytes, %v", status, len(shot), err)
	}
	r.touch(`{"key":"HOME"}`)
	if code := r.sim.Exec(t.Context(), "am start -n com.whatsapp/com.whatsapp.Main", strings.NewReader(""), io.Discard, io.Discard); code != 0 {
		t.Fatal("the app does not start")
	}
	x, y := r.center("conversations_row_contact_name")
	r.touch(fmt.Sprintf(`{"tap":{"x":%d,"y":%d}}`, x, y))
	r.send("from the queue", bob)
	x, y = r.center(`resource-id="com.whatsapp:id/entry"`)
	r.touch(fmt.Sprintf(`{"tap":{"x":%d,"y":%d}}`, x, y))
	r.touch(`{"text":"by hand, 100%sure"}`)
	if status, after := r.ask("GET", "/phones/"+benchPhone+"/screen", ""); status != http.StatusOK || bytes.Equal(after, shot) {
		t.Errorf("after the acts the picture is the old one (%d)", status)
	}
	x, y = r.center(`resource-id="com.whatsapp:id/send"`)
	r.touch(fmt.Sprintf(`{"tap":{"x":%d,"y":%d}}`, x, y))
	if sent := r.sim.Sent(); len(sent) != 1 || sent[0].To != ann || sent[0].Text != "by hand, 100%sure" {
		t.Fatalf("the ledger holds %+v, want the one text typed by hand", sent)
	}
	r.touch(`{"done":true}`)
	r.until("the queue's message to leave", func() bool { return len(r.sim.Sent()) == 2 })
	if sent := r.sim.Sent(); sent[1].To != bob || sent[1].Text != "from the queue to "+bob {
		t.Errorf("the ledger holds %+v", sent[1])
	}
	r.until("what was typed by hand to be recorded", func() bool {
		list, err := r.d.db.Messages(t.Context(), queue.MessageFilter{Phone: benchPhone, Direction: wabridge.Echo, Limit: 10})
		return err == nil && len(list) == 1 && list[0].Text == "by hand, 100%sure"
	})
	if strings.Contains(r.log.tail(20000), "100%sure") {
		t.Error("the log holds what was typed")
	}
}

// TestLookingDoesNotDisturbSending: pictures and health are asked for all the
// time while messages go out; each goes out once, and to its chat.
func TestLookingDoesNotDisturbSending(t *testing.T) {
	r := newRig(t, phonesim.Config{})
	r.waitState(wabridge.PhoneReady)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	pictures := make(chan int)
	go func() { // ends with cancel
		n := 0
		for ctx.Err() == nil {
			if png, _, err := newHands(r.d).Screen(ctx, benchPhone, 0); err == nil && len(png) > 0 {
				n++
			}
			if _, err := newHands(r.d).Health(ctx, benchPhone); err != nil && ctx.Err() == nil {
				t.Error(err)
			}
		}
		pictures <- n
	}()
	var to []string
	for i := range 12 {
		to = append(to, fmt.Sprintf("1555000%04d", 1001+i*7))
	}
	r.send("text", to...)
	r.until("all messages to leave", func() bool { return len(r.sim.Sent()) == len(to) })
	cancel()
	if n := <-pictures; n == 0 {
		t.Error("no picture was taken meanwhile")
	}
	for i, m := range r.sim.Sent() {
		if m.To != to[i] || m.Text != "text to "+to[i] {
			t.Errorf("message %d went to %s: %q", i, m.To, m.Text)
		}
	}
}

func TestHealthAndDoctorOfARunningPhone(t *testing.T) {
	r := newRig(t, phonesim.Config{})
	r.waitState(wabridge.PhoneReady)
	r.incoming("hello", "15550002222")
	r.heardFrom("15550002222", 1)
	status, body := r.ask("GET", "/phones/"+benchPhone+"/health", "")
	var h wabridge.Health
	if err := json.Unmarshal(body, &h); err != nil || status != http.StatusOK {
		t.Fatalf("health: %d %s", status, body)
	}
	if !h.Reachable || h.Battery == nil || !h.AppKnown || h.LastLook.IsZero() || time.Since(h.LastIncoming) > time.Hour || h.Phone != benchPhone {
		t.Errorf("health: %s", body)
	}
	status, body = r.ask("GET", "/phones/"+benchPhone+"/doctor", "")
	for _, want := range []string{`"check":"reachable","result":"ok"`, `"check":"app","result":"ok"`, `"check":"battery"`, `"check":"logged in","result":"ok"`} {
		if status != http.StatusOK || !strings.Contains(string(body), want) {
			t.Errorf("doctor: %d, no %s in %s", status, want, body)
		}
	}
	r.fault(standing("notifications_off"))
	r.until("the list of phones to warn of it", func() bool {
		_, body := r.ask("GET", "/phones", "")
		return strings.Contains(string(body), `"warnings":[{"kind":"notifications_off"`)
	})
	r.until("the health to warn of it", func() bool {
		_, body := r.ask("GET", "/phones/"+benchPhone+"/health", "")
		return strings.Contains(string(body), `"warnings":[{"kind":"notifications_off"`)
	})
	if status, body := r.ask("GET", "/phones/100000000000099/health", ""); status != http.StatusNotFound {
		t.Errorf("health of nobody: %d %s", status, body)
	}
}
