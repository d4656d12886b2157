package daemon

import (
	"strings"
	"testing"

	"github.com/wabridge/wabridge/bridge/console"
)

func explained(c Config) map[string]console.Setting {
	all := map[string]console.Setting{}
	for _, s := range Explain(c) {
		all[s.Key] = s
	}
	return all
}

func TestExplain(t *testing.T) {
	c, err := load(t, `listen: 127.0.0.1:7777
phones:
  - serial: emulator-5554
    unlock_pin: "4711"
webhook:
  url: https://user:hidden1@crm.example.org/hook?key=hidden2
  app_secret: hidden3
pacing:
  gap: 3s
rates:
  - amount: 0.07
    country: DE
`, map[string]string{"WABRIDGE_LOG_LEVEL": "debug"})
	if err != nil {
		t.Fatal(err)
	}
	all := explained(c)
	for key, want := range map[string]console.Setting{
		"listen":             {Value: "127.0.0.1:7777", From: "file", Place: "wabridge.yaml, line 1"},
		"log.level":          {Value: "debug", From: "env", Place: "$WABRIDGE_LOG_LEVEL"},
		"pacing.gap":         {Value: "3s", From: "file", Place: "wabridge.yaml, line 9"},
		"grace":              {Value: "20s", From: "default"},
		"webhook.url":        {Value: "https://crm.example.org/hook?…", From: "file", Place: "wabridge.yaml, line 6"},
		"webhook.app_secret": {Value: "set", Secret: true, From: "file", Place: "wabridge.yaml, line 7"},
		"phones[0].serial":   {Value: "emulator-5554", From: "file", Place: "wabridge.yaml, line 3"},
		"rates[0].country":   {Value: "DE", From: "file", Place: "wabridge.yaml, line 12"},
	} {
		got := all[key]
		got.Key, got.Help = "", ""
		if got != want {
			t.Errorf("%s: got %+v, want %+v", key, got, want)
		}
	}
	if pin := all["phones[0].unlock_pin"]; !pin.Secret || pin.Value != "set" {
		t.Errorf("the PIN: %+v", pin)
	}
	c.Data = "/elsewhere"
	if s := explained(c)["data"]; s.From != "program" {
		t.Errorf("what the program itself says: %+v", s)
	}
	for key, s := range all {
		if strings.Contains(s.Value, "hidden") || strings.Contains(s.Value, "4711") {
			t.Errorf("%s shows a secret: %q", key, s.Value)
		}
	}
	for _, s := range Settings {
		if _, ok := all[s.Key]; !ok {
			t.Errorf("%s is not explained", s.Key)
		}
	}
}
