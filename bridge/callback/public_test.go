package callback

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A callback whose name leads to a private address reaches nobody, and the
// error names the setting that would let it.
func TestClientKeepsToItsReach(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	for _, tt := range []struct {
		name    string
		reach   Reach
		reached bool
	}{
		{"public only", Reach{Setting: "devino"}, false},
		{"this machine", Reach{Setting: "devino", Loopback: true}, true},
		{"private networks", Reach{Setting: "devino", Private: true}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := tt.reach.Client()
			defer c.CloseIdleConnections()
			resp, err := c.Post(server.URL, "application/json", strings.NewReader("{}"))
			if err == nil {
				_ = resp.Body.Close() // nothing was read
			}
			if (err == nil) != tt.reached {
				t.Errorf("error %v, want reached %t", err, tt.reached)
			}
			if err != nil && !strings.Contains(err.Error(), "devino.allow_private") {
				t.Errorf("the refusal does not name the setting: %v", err)
			}
		})
	}
}

func TestReachRefusesAddressesAsWritten(t *testing.T) {
	public, local, private := Reach{Setting: "twin"}, Reach{Setting: "twin", Loopback: true}, Reach{Setting: "twin", Private: true}
	for _, tt := range []struct {
		address                string
		public, local, private bool // refused
	}{
		{"https://crm.example.org/x", false, false, false},
		{"http://127.0.0.1:9000/x", true, false, false},
		{"http://127.8.9.1/x", true, false, false},
		{"http://[::1]:9000/x", true, false, false},
		{"http://[::ffff:127.0.0.1]/", true, false, false},
		{"http://localhost:9000", true, false, false},
		{"http://LOCALHOST.:9000", true, false, false},
		{"http://a.localhost", true, false, false},
		{"http://192.168.1.4/x", true, true, false},
		{"http://10.0.0.1", true, true, false},
		{"http://169.254.169.254/latest", true, true, false},
		{"http://[fd00::1]/", true, true, false},
	} {
		for _, r := range []struct {
			Reach
			want bool
		}{{public, tt.public}, {local, tt.local}, {private, tt.private}} {
			if why := r.Refuse(tt.address); (why != "") != r.want {
				t.Errorf("%s with %+v: %q, want refused %t", tt.address, r.Reach, why, r.want)
			}
		}
	}
	if why := public.Refuse("http://localhost"); !strings.Contains(why, "twin.allow_private") || !strings.Contains(why, "twin.allow_loopback") {
		t.Errorf("the refusal %q does not name the settings", why)
	}
}
