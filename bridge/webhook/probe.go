package webhook

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/bridge/delivery"
	"github.com/wabridge/wabridge/queue"
)

// A Result is what came of a test delivery.
type Result struct {
	OK      bool          `json:"ok"`
	Status  int           `json:"status,omitempty"` // 0: no answer
	Took    time.Duration `json:"took"`             // nanoseconds
	Excerpt string        `json:"excerpt,omitempty"`
	Error   string        `json:"error,omitempty"`
	Sent    string        `json:"sent"` // the body that was posted
	Signed  bool          `json:"signed"`
}

// Test posts a signed sample (an incoming text, with the values that the
// Cloud API's own test button uses) to the address and reports what came back.
// Nothing is repeated. The sample is known by its entry id "0".
func Test(ctx context.Context, client *http.Client, address, secret string) Result {
	d := &Delivery{Endpoint: queue.Endpoint{URL: address, Secret: secret}}
	if err := sample(d); err != nil {
		return Result{Error: err.Error()}
	}
	a := d.post(ctx, client)
	r := Result{OK: delivery.Judge(a) == delivery.Taken, Status: a.Status, Took: a.Took, Excerpt: a.Excerpt, Sent: string(d.Body), Signed: secret != ""}
	if !r.OK {
		r.Error = a.Reason()
	}
	return r
}

// sample renders the test message.
func sample(d *Delivery) (err error) {
	data, err := json.Marshal(wabridge.Message{
		ID: "wamid.test", Direction: wabridge.In, Chat: wabridge.UserJID("16315551181"), Number: "16315551181",
		Name: "test user name", Type: "text", Text: "this is a text message", Created: time.Now(),
	})
	if err != nil {
		return fmt.Errorf("make the sample: %w", err)
	}
	ev := wabridge.Event{Kind: wabridge.EventMessage, Phone: "123456123", Message: "wamid.test", Data: data}
	d.Body, d.Field, err = Payload(ev, wabridge.Phone{WABA: "0", Number: "16505551111"})
	return err
}

// Verify does the handshake that the Cloud API does when a callback address is
// configured: GET with hub.mode=subscribe, the verify token and a random
// challenge; the answer must be 2xx and exactly the challenge. Its error has
// CodeCallback, the official words and what to do about it.
func Verify(ctx context.Context, client *http.Client, address, verifyToken string) error {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return callbackFailed("the address is not an http or https URL", "give the full address, https://host/path")
	}
	n, err := rand.Int(rand.Reader, big.NewInt(1<<31))
	if err != nil {
		return fmt.Errorf("make a challenge: %w", err)
	}
	challenge := n.String()
	q := u.Query()
	q.Set("hub.mode", "subscribe")
	q.Set("hub.challenge", challenge)
	q.Set("hub.verify_token", verifyToken)
	u.RawQuery = q.Encode()

	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return callbackFailed("the address cannot be called", "give the full address, https://host/path")
	}
	req.Header.Set("User-Agent", userAgent)
	resp, err := client.Do(req)
	if err != nil {
		return callbackFailed(delivery.WithoutURL(err).Error(), "check that the receiver runs and can be reached from this machine")
	}
	defer resp.Body.Close() // nothing was written
	return judgeChallenge(resp, challenge)
}

// maxChallenge is more than any challenge is long.
const maxChallenge = 512

// judgeChallenge says whether the answer to the handshake is right.
func judgeChallenge(resp *http.Response, challenge string) error {
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return callbackFailed("HTTP Status Code = "+strconv.Itoa(resp.StatusCode)+"; HTTP Message = "+http.StatusText(resp.StatusCode),
			"answer 200 when hub.verify_token is the token you configured here")
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxChallenge))
	if err != nil {
		return callbackFailed("the answer broke off", "check the receiver's log")
	}
	switch got := string(body); {
	case got == challenge:
		return nil
	case strings.TrimSpace(got) == challenge:
		return callbackFailed("the body has white space around hub.challenge", "answer with the bare challenge, without a line end")
	case strings.Trim(strings.TrimSpace(got), `"`) == challenge:
		return callbackFailed("the body has quotes around hub.challenge", "answer with plain text, not with JSON")
	}
	return callbackFailed("the body is not hub.challenge", "answer with the value of hub.challenge and nothing else")
}

// callbackFailed makes the error of a failed handshake.
func callbackFailed(why, remedy string) error {
	return wabridge.Fail(wabridge.CodeCallback, nil,
		"(#2200) Callback verification failed with the following errors: %s. To cure it: %s", why, remedy)
}
