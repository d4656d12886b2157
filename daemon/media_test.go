package daemon

import (
	"strings"
	"testing"
)

func TestSize(t *testing.T) {
	for text, want := range map[string]Size{
		"0": 0, "17": 17, "17B": 17, "1KB": 1024, "500 kb": 500 << 10, "100MB": 100 << 20, "10GB": 10 << 30, "2TB": 2 << 40, " 3 MB ": 3 << 20,
	} {
		if got, err := parseSize(text); err != nil || got != want {
			t.Errorf("%q: got %d (%v), want %d", text, got, err, want)
		}
		if got, err := parseSize(want.String()); err != nil || got != want {
			t.Errorf("%v is read as %d (%v)", want, got, err)
		}
	}
	for _, text := range []string{"", "GB", "-1", "1.5GB", "1 PB", "9999999TB", "ten"} {
		if got, err := parseSize(text); err == nil {
			t.Errorf("%q: got %d, want an error", text, got)
		}
	}
}

func TestMediaMistakes(t *testing.T) {
	for name, c := range map[string]struct {
		file string
		want string
	}{
		"no size":            {"media:\n  quota: lots\n", "media.quota (wabridge.yaml, line 2): is not a size; write it as 500KB, 100MB or 10GB"},
		"too large":          {"media:\n  max_size: 101MB\n", "media.max_size (wabridge.yaml, line 2): 101MB is not between"},
		"too short":          {"media:\n  keep_received: 3s\n", "media.keep_received (wabridge.yaml, line 2): 3s is shorter than a minute"},
		"waits for too long": {"media:\n  wait: 2h\n", "media.wait (wabridge.yaml, line 2): 2h0m0s is not between"},
	} {
		if _, err := load(t, c.file, nil); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
	got, err := load(t, "media:\n  quota: 0\n  max_size: 20MB\n  reserve: 5000\n", nil)
	if err != nil || got.Media.Quota != 0 || got.Media.MaxSize != 20<<20 || got.Media.Reserve != 5000 {
		t.Errorf("got %+v (%v)", got.Media, err)
	}
}
