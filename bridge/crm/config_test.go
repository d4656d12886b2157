package crm

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestConfigMistakes(t *testing.T) {
	good := ownConfig()
	long, odd := time.Hour, 1500*time.Millisecond
	for _, tt := range []struct {
		name   string
		change func(*Config)
		want   string // "" for none
	}{
		{"nothing", func(*Config) {}, ""},
		{"the URL alone", func(c *Config) { c.ResultsURL, c.IncomingURL = "", "" }, ""},
		{"a private address", func(c *Config) { c.URL = "http://192.168.1.5/queue" }, ""},
		{"no name", func(c *Config) { c.Name = "" }, "name: "},
		{"a name with blanks", func(c *Config) { c.Name = "my shop" }, "name: "},
		{"an unknown preset", func(c *Config) { c.Preset = "kafka" }, `preset: "kafka" is none of`},
		{"no URL", func(c *Config) { c.URL = "" }, "url: is empty"},
		{"no http", func(c *Config) { c.URL = "ftp://crm.test/s3cret" }, "url: is not an http"},
		{"no host", func(c *Config) { c.ResultsURL = "http:///results" }, "results_url: is not an http"},
		{"a phone's number", func(c *Config) { c.Phone = "+79034567890" }, "phone: "},
		{"too often", func(c *Config) { c.Every = time.Millisecond }, "every: "},
		{"too long a wait", func(c *Config) { c.Wait = &long }, "wait: "},
		{"a broken second", func(c *Config) { c.Wait = &odd }, "wait: "},
		{"too many", func(c *Config) { c.Limit = 101 }, "limit: "},
		{"a header of ours", func(c *Config) { c.Headers = map[string]string{"idempotency-key": "x"} }, "headers: "},
		{"a header over two lines", func(c *Config) { c.Headers = map[string]string{"X": "a\nb"} }, "headers: "},
		{"raw without an address", func(c *Config) { c.IncomingURL, c.RawNotification = "", true }, "raw_notification: needs"},
		{"raw with cht", func(c *Config) {
			*c = Config{Name: "a", Preset: PresetCHT, URL: base, RawNotification: true}
		}, "raw_notification: cht-gateway has no place"},
		{"cht with two addresses", func(c *Config) { c.Preset = PresetCHT }, "cht-gateway has one URL"},
		{"a mapping for another preset", func(c *Config) { c.Custom.List = "x" }, "custom: is for preset: custom"},
	} {
		c := good
		tt.change(&c)
		checkMistakes(t, tt.name, c, tt.want)
	}
}

func checkMistakes(t *testing.T, name string, c Config, want string) {
	t.Helper()
	var got []string
	c.Validate(func(field, format string, args ...any) { got = append(got, field+": "+fmt.Sprintf(format, args...)) })
	all := strings.Join(got, "\n")
	if (want == "") != (len(got) == 0) || !strings.Contains(all, want) {
		t.Errorf("%s: %q, want %q", name, got, want)
	}
	if strings.Contains(all, "s3cret") {
		t.Errorf("%s: a mistake holds a secret: %s", name, all)
	}
}

func TestCustomMistakes(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*Custom, *Config)
		want   string
	}{
		{"nothing", func(*Custom, *Config) {}, ""},
		{"a method", func(c *Custom, _ *Config) { c.Method = "PUT" }, "custom.method: "},
		{"a body of a GET", func(c *Custom, _ *Config) { c.Method = "" }, "custom.body: "},
		{"when", func(c *Custom, _ *Config) { c.When = "a..b" }, "custom.when: "},
		{"list", func(c *Custom, _ *Config) { c.List = "a." }, "custom.list: "},
		{"an unknown field", func(c *Custom, _ *Config) {
			c.Fields = map[string]string{"id": "a", "to": "b", "text": "c", "price": "d"}
		}, "custom.fields: price is none of"},
		{"a field that is no path", func(c *Custom, _ *Config) { c.Fields = map[string]string{"id": "a[", "to": "b", "text": "c"} }, "custom.fields: id: "},
		{"no id", func(c *Custom, _ *Config) { c.Fields = map[string]string{"to": "b", "text": "c"} }, "custom.fields: id is missing"},
		{"no text", func(c *Custom, _ *Config) { c.Fields = map[string]string{"id": "a", "to": "b"} }, "custom.fields: text is missing"},
		{"no result fields", func(c *Custom, _ *Config) { c.Results.Fields = nil }, "custom.results.fields: are missing"},
		{"results without an address", func(_ *Custom, all *Config) { all.ResultsURL = "" }, "set results_url"},
		{"a form", func(c *Custom, _ *Config) { c.Results.Form = "xml" }, "custom.results.form: "},
		{"a list in a form", func(c *Custom, _ *Config) { c.Results.Form = "form" }, "custom.results.list: a form has no lists"},
		{"a name with an index", func(c *Custom, _ *Config) { c.Results.Fields = map[string]string{"a[0]": "id"} }, "custom.results.fields: "},
		{"a source that is no path", func(c *Custom, _ *Config) { c.Incoming.Fields = map[string]string{"a": "id."} }, "custom.incoming.fields: a: "},
		{"an unknown status", func(c *Custom, _ *Config) { c.Results.Words = map[string]string{"seen": "1"} }, "custom.results.words: seen is none of"},
		{"words for messages", func(c *Custom, _ *Config) { c.Incoming.Words = map[string]string{"sent": "1"} }, "custom.incoming.words: "},
		{"success", func(c *Custom, _ *Config) { c.Results.Success = "[x]" }, "custom.results.success: "},
	} {
		c := customConfig
		tt.change(&c.Custom, &c)
		checkMistakes(t, tt.name, c, tt.want)
	}
}
