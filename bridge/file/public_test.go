package file

import "testing"

func TestPrivate(t *testing.T) {
	for link, want := range map[string]bool{
		"http://127.0.0.1:9000/x": true, "https://[::1]/": true, "http://10.1.2.3/": true, "http://LOCALHOST/": true, "http://crm.localhost./": true,
		"http://169.254.169.254/": true, "http://[fe80::1%25eth0]/": true, "https://crm.example.org/": false, "http://93.184.216.34/": false, "::": false,
	} {
		if got := Private(link); got != want {
			t.Errorf("%s: got %t", link, got)
		}
	}
	if err := PublicOnly("tcp", "127.0.0.1:80", nil); err == nil {
		t.Error("loopback may be dialled")
	}
	if err := PublicOnly("tcp", "93.184.216.34:80", nil); err != nil {
		t.Error(err)
	}
}
