package callback

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

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
