package daemon

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/spf13/pflag"
	"gopkg.in/yaml.v3"
)

// load loads a configuration from a file's text, an environment and arguments,
// in an empty directory.
func load(t testing.TB, file string, env map[string]string, args ...string) (Config, error) {
	t.Helper()
	dir := t.TempDir()
	if t, ok := t.(*testing.T); ok {
		t.Chdir(dir)
	}
	for _, dir := range []string{"profiles", "bots"} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if file != "" {
		if err := os.WriteFile(configFile, []byte(file), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	fl := pflag.NewFlagSet("test", pflag.ContinueOnError)
	AddFlags(fl)
	if err := fl.Parse(args); err != nil {
		t.Fatal(err)
	}
	return Load(fl, func(name string) (string, bool) { v, ok := env[name]; return v, ok })
}

func example(t testing.TB) string {
	t.Helper()
	b, err := os.ReadFile("../wabridge.example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// commented is a setting of the example that is commented out: no blank, or
// several, behind the sign. Prose has one.
var commented = regexp.MustCompile(`(?m)^(\s*)#(\S|  )`)

func uncommented(t testing.TB) string { return commented.ReplaceAllString(example(t), "$1$2") }

var sameConfig = cmp.Options{cmpopts.EquateEmpty(), cmpopts.IgnoreFields(Config{}, "Sources")}

func TestExampleIsTheDefaults(t *testing.T) {
	file := example(t)
	got, err := load(t, file, nil)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(Default(), got, sameConfig); d != "" {
		t.Errorf("the example as it is differs from the defaults (-want +got)\n%s", d)
	}
}

func TestExampleHoldsEverySetting(t *testing.T) {
	file := uncommented(t)
	cfg, err := load(t, file, nil)
	if err != nil {
		t.Fatalf("%v in\n%s", err, file)
	}
	if len(cfg.Phones) != 1 || cfg.Phones[0].PIN != "0123" || cfg.Webhook.Secret == "" || cfg.Pacing.TimeZone != "Europe/Berlin" {
		t.Errorf("got %+v", cfg)
	}
	var doc map[string]any
	if err := yaml.Unmarshal([]byte(file), &doc); err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, s := range append(slices.Clone(Settings), fileOnly...) {
		want = append(want, s.Key)
	}
	slices.Sort(want)
	got := keys("", doc)
	slices.Sort(got)
	got = slices.Compact(got) // two pollers
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("settings of the program (-) and of the example (+)\n%s", d)
	}
}

// keys lists the keys of a YAML document as Settings has them.
func keys(prefix string, v any) (all []string) {
	if slices.ContainsFunc(fileOnly, func(s Setting) bool { return s.Key == prefix }) {
		return []string{prefix} // of which the members are anybody's
	}
	switch v := v.(type) {
	case map[string]any:
		for k, sub := range v {
			all = append(all, keys(strings.TrimPrefix(prefix+"."+k, "."), sub)...)
		}
	case []any:
		if _, group := v[0].(map[string]any); !group {
			return []string{prefix}
		}
		for _, sub := range v {
			all = append(all, keys(prefix+"[]", sub)...)
		}
	default:
		all = []string{prefix}
	}
	return all
}

// field is the value of a setting in a Config.
func field(t testing.TB, c Config, key string) any {
	t.Helper()
	v := reflect.ValueOf(c)
	for name := range strings.SplitSeq(key, ".") {
		i := slices.IndexFunc(reflect.VisibleFields(v.Type()), func(f reflect.StructField) bool { return f.Tag.Get("koanf") == name })
		if i < 0 {
			t.Fatalf("no field for %s", key)
		}
		v = v.Field(i)
	}
	return v.Interface()
}

// values are three good values of each setting, none of them the default.
func values(s Setting) []string {
	by := map[string][]string{
		"listen": {"127.0.0.1:1", "[::1]:2", "localhost:3"}, "public_url": {"https://a", "https://b", "http://c/d"},
		"profiles": {"profiles", "./profiles", "../"}, "waba_id": {"11111", "22222", "33333"},
		"log.level": {"debug", "warn", "error"}, "log.format": {"json", "json", "json"},
		"adb.server": {"tcp:1", "tcp:a:2", "localfilesystem:/x"}, "pacing.hours": {"mon-fri 08:00-18:00", "sat 10:00-11:00", "sun 00:00-24:00"},
		"waba_time_zone": {"Europe/Berlin", "America/Sao_Paulo", "UTC"}, "waba_currency": {"EUR", "USD", "BRL"},
		"pacing.time_zone": {"Europe/Berlin", "America/Sao_Paulo", "UTC"}, "webhook.url": {"http://a", "http://b", "http://c"},
		"allowed_origins": {"https://a", "https://b,http://c", "*"},
		"timing":          {"instant", "instant", "instant"}, "data": {"a", "b", "c"}, "read_receipts": {"off", "off", "off"}, "adb.key": {"a", "b", "c"},
		"bots.dir": {"bots", "./bots", "../"}, "sessions.ttl": {"1m", "2m", "720h"}, "sessions.greeter": {"a", "b", "c"},
		"media.wait": {"2m", "3m", "4m"}, "webhook.verify_token": {"a", "b", "c"}, "webhook.app_secret": {"0123", "b", "c"},
		"webhook.fields": {"messages", "messages,calls", "*"}, "devino.incoming_url": {"http://a", "http://b", "http://c"},
		"keep": {"90d", "8d", "720h"}, "audit.keep": {"31d", "90d", "2400h"}, "trusted_proxies": {"127.0.0.1", "10.0.0.0/8", "::1,10.0.0.1"},
		"metrics.listen": {"127.0.0.1:1", "[::1]:2", "localhost:3"},
		"limits.mode":    {"official", "official", "official"}, "limits.throughput": {"1", "2", "3"},
		"webhook.max_refusals": {"1", "2", "3"},
	}
	switch {
	case by[s.Key] != nil:
		return by[s.Key]
	case s.Bool:
		v := fmt.Sprint(!reflect.ValueOf(defaults().Bool(s.Key)).Bool())
		return []string{v, v, v}
	case slices.Contains([]string{"media.quota", "media.reserve", "media.max_size"}, s.Key):
		return []string{"1MB", "2 mb", "30000"}
	case strings.Contains(s.Key, "per_"):
		return []string{"1", "2", "3"}
	}
	return []string{"1m", "2m", "3s"} // durations
}

// fileWith is a config file that says one thing.
func fileWith(key, value string) string {
	group, name, ok := strings.Cut(key, ".")
	if !ok {
		return fmt.Sprintf("%s: %q\n", key, value)
	}
	return fmt.Sprintf("%s:\n  %s: %q\n", group, name, value)
}

// companions is an environment with the settings that a setting needs.
func companions(key string) map[string]string {
	switch key {
	case "webhook.app_secret":
		return map[string]string{}
	case "tls.cert":
		return map[string]string{"WABRIDGE_TLS_KEY": "x"}
	case "tls.key":
		return map[string]string{"WABRIDGE_TLS_CERT": "x"}
	}
	return map[string]string{"WABRIDGE_WEBHOOK_APP_SECRET": "x"}
}

func TestFileEnvironmentAndFlagsAgree(t *testing.T) {
	for _, s := range Settings {
		t.Run(s.Key, func(t *testing.T) {
			v := values(s)
			env := companions(s.Key)
			fromFile, err := load(t, fileWith(s.Key, v[0]), env)
			if err != nil {
				t.Fatal(err)
			}
			got := field(t, fromFile, s.Key)
			if cmp.Equal(got, field(t, Default(), s.Key)) {
				t.Fatalf("%q is the default", v[0])
			}
			env[s.Env()] = v[0]
			fromEnv, err := load(t, "", env)
			if err != nil {
				t.Fatal(err)
			}
			if e := field(t, fromEnv, s.Key); !cmp.Equal(got, e) {
				t.Errorf("the file gives %v, the environment %v", got, e)
			}
			if s.Flag == "" {
				return
			}
			delete(env, s.Env())
			fromFlag, err := load(t, "", env, "--"+s.Flag+"="+v[0])
			if err != nil {
				t.Fatal(err)
			}
			if f := field(t, fromFlag, s.Key); !cmp.Equal(got, f) {
				t.Errorf("the file gives %v, the flag %v", got, f)
			}
		})
	}
}

func TestFlagsWinOverEnvironmentOverFile(t *testing.T) {
	for _, s := range Settings {
		t.Run(s.Key, func(t *testing.T) {
			v := values(s)
			env := companions(s.Key)
			env[s.Env()] = v[1]
			want, err := load(t, fileWith(s.Key, v[1]), env)
			if err != nil {
				t.Fatal(err)
			}
			got, err := load(t, fileWith(s.Key, v[0]), env)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(field(t, want, s.Key), field(t, got, s.Key)); d != "" {
				t.Errorf("the environment does not win over the file\n%s", d)
			}
			env[s.Env()] = ""
			if got, err = load(t, fileWith(s.Key, v[1]), env); err != nil && s.Key != "webhook.app_secret" {
				t.Fatal(err)
			}
			if s.Key != "webhook.app_secret" && !cmp.Equal(field(t, want, s.Key), field(t, got, s.Key)) {
				t.Error("an empty variable is not ignored")
			}
			if s.Flag == "" {
				return
			}
			env[s.Env()] = v[0]
			if got, err = load(t, fileWith(s.Key, v[0]), env, "--"+s.Flag+"="+v[1]); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(field(t, want, s.Key), field(t, got, s.Key)); d != "" {
				t.Errorf("the flag does not win\n%s", d)
			}
		})
	}
}

func TestPhonesAreAddedToThoseOfTheFile(t *testing.T) {
	file := "phones:\n  - serial: A\n    id: 00123456\n    unlock_pin: 0123\n    number: 0049 170 1234567\n"
	want := []PhoneConfig{{Serial: "A", ID: "00123456", PIN: "0123", Number: "0049 170 1234567"}}
	for _, tt := range []struct {
		name string
		env  string
		args []string
		want []PhoneConfig
	}{
		{"the file alone", "", nil, want},
		{"the environment adds", "B, C,,", nil, append(slices.Clone(want), PhoneConfig{Serial: "B"}, PhoneConfig{Serial: "C"})},
		{"flags take the environment's place", "B", []string{"--phone", "D", "--phone", "E,F"},
			append(slices.Clone(want), PhoneConfig{Serial: "D"}, PhoneConfig{Serial: "E"}, PhoneConfig{Serial: "F"})},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := load(t, file, map[string]string{"WABRIDGE_PHONES": tt.env}, tt.args...)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tt.want, got.Phones); d != "" {
				t.Error(d)
			}
		})
	}
	_, err := load(t, file, nil, "--phone", "A")
	if got := fmt.Sprint(err); got != "configuration: phones[1] (--phone): is the same app on the same phone as phones[0]" {
		t.Error(got)
	}
}

func TestValidateNamesEveryMistake(t *testing.T) {
	for _, tt := range []struct {
		name  string
		spoil func(*Config)
		want  []string // the fields, in order
	}{
		{"the defaults are good", func(*Config) {}, nil},
		{"an address without a port", func(c *Config) { c.Listen = "127.0.0.1" }, []string{"listen"}},
		{"a port beyond 65535", func(c *Config) { c.Listen = "127.0.0.1:65536" }, []string{"listen"}},
		{"all addresses", func(c *Config) { c.Listen = ":8080" }, []string{"listen"}},
		{"all addresses, on purpose", func(c *Config) { c.Listen, c.Exposed = ":8080", true }, nil},
		{"a name that is not loopback", func(c *Config) { c.Listen = "gateway.example.org:80" }, []string{"listen"}},
		{"no data directory", func(c *Config) { c.Data = "" }, []string{"data"}},
		{"profiles that are a file", func(c *Config) { c.Profiles = "config.go" }, []string{"profiles"}},
		{"sessions", func(c *Config) { c.Bots.Dir, c.Sessions.TTL, c.Sessions.CoolDown = "config.go", time.Second, -1 }, []string{"bots.dir", "sessions.ttl", "sessions.greeter_cool_down"}},
		{"a WABA id with letters", func(c *Config) { c.WABA = "1234x" }, []string{"waba_id"}},
		{"words that are no words", func(c *Config) { c.Log.Level, c.Log.Format, c.Timing = "loud", "xml", "slow" }, []string{"log.level", "log.format", "timing"}},
		{"an adb server of a strange kind", func(c *Config) { c.ADB.Server = "http://x" }, []string{"adb.server"}},
		{"times", func(c *Config) { c.Grace, c.FullCheck = -1, time.Millisecond }, []string{"grace", "full_check"}},
		{"URLs", func(c *Config) { c.PublicURL, c.Webhook.URL, c.Webhook.Secret = "example.org", "ftp://x", "s" }, []string{"public_url", "webhook.url"}},
		{"a webhook without a secret", func(c *Config) { c.Webhook.URL = "https://x" }, []string{"webhook.app_secret"}},
		{"pacing", func(c *Config) {
			c.Pacing = PacingConfig{Gap: -1, PerHour: -1, PerDay: -1, NewPerDay: -1, TimeZone: "Moon", Hours: "never"}
		}, []string{"pacing.gap", "pacing.per_hour", "pacing.per_day", "pacing.new_contacts_per_day", "pacing.time_zone", "pacing.hours"}},
		{"limits", func(c *Config) { c.Limits = LimitsConfig{Mode: "some", CallsPerHour: -1} }, []string{"limits.mode", "limits.throughput", "limits.calls_per_hour"}},
		{"limits of nobody", func(c *Config) { c.Limits.Throughput = 100_001 }, []string{"limits.throughput"}},
		{"limits as Meta keeps them", func(c *Config) { c.Limits = LimitsConfig{Mode: "official", Throughput: 100_000, CallsPerHour: 1} }, nil},
		{"a phone", func(c *Config) {
			c.Phones = []PhoneConfig{{ID: "1", Package: "org.example", User: -1, Number: "123", PIN: "secret"}}
		}, []string{"phones[0].serial", "phones[0].id", "phones[0].package", "phones[0].number", "phones[0].unlock_pin", "phones[0].user"}},
		{"the same phone twice", func(c *Config) { c.Phones = []PhoneConfig{{Serial: "A"}, {Serial: "A", Package: "com.whatsapp"}} }, []string{"phones[1]"}},
		{"both apps of a phone", func(c *Config) { c.Phones = []PhoneConfig{{Serial: "A"}, {Serial: "A", Package: "com.whatsapp.w4b"}} }, nil},
		{"an id twice", func(c *Config) { c.Phones = []PhoneConfig{{Serial: "A", ID: "12345"}, {Serial: "B", ID: "12345"}} }, []string{"phones[1].id"}},
		{"of everything something", func(c *Config) {
			c.Listen, c.Data, c.Grace, c.Phones, c.Pacing.Hours = "", "", -1, []PhoneConfig{{}}, "x"
		},
			[]string{"listen", "data", "grace", "phones[0].serial", "pacing.hours"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := Default()
			tt.spoil(&c)
			err := c.Validate()
			found, _ := errors.AsType[Mistakes](err)
			var got []string
			for _, m := range found {
				got = append(got, m.Field)
				if m.Text == "" || strings.Contains(m.Error(), "secret") && m.Field == "phones[0].unlock_pin" {
					t.Errorf("%q", m.Error())
				}
			}
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Errorf("%v\n%s", err, d)
			}
			if (err == nil) != (tt.want == nil) {
				t.Errorf("error %v", err)
			}
		})
	}
}

// What cannot be a value of its setting is told in the file's words, and never
// hides other mistakes.
func TestWrongTypes(t *testing.T) {
	for _, tt := range []struct{ name, file, want string }{
		{"a duration without a unit", "grace: 20", "grace (wabridge.yaml, line 1): is not a duration; write it as 500ms, 20s, 5m or 90d"},
		{"a word for a number", "pacing: {per_day: ten}", `pacing.per_day (wabridge.yaml, line 1): "ten" is not a whole number`},
		{"half a number", "pacing: {per_day: 1.5}", `pacing.per_day (wabridge.yaml, line 1): "1.5" is not a whole number`},
		{"a word for a switch", "discover: yes please", `discover (wabridge.yaml, line 1): "yes please" is neither true nor false`},
		{"a list for a group", "adb: [1]", "adb (wabridge.yaml, line 1): has the wrong form; see wabridge.example.yaml"},
		{"a group for a text", "listen: {a: b}", "listen.a (wabridge.yaml, line 1): is no setting"},
		{"a text for the phones", "phones: A", "phones[0] (wabridge.yaml, line 1): has the wrong form"},
		{"a key in the wrong place", "level: info", "level (wabridge.yaml, line 1): is no setting; did you mean log.level?"},
		{"a key with another sign", "full-check: 1m", "full-check (wabridge.yaml, line 1): is no setting; did you mean full_check?"},
		{"a phone's key", "phones: [{serial: A, unlockpin: 1}]", "phones[0].unlockpin (wabridge.yaml, line 1): is no setting; did you mean phones[].unlock_pin?"},
		{"a rate's key", "rates: [{amount: 1, ctry: DE}]", "rates[0].ctry (wabridge.yaml, line 1): is no setting"},
		{"a word for a price", "rates: [{amount: much}]", `rates[0].amount (wabridge.yaml, line 1): "much" is not a number`},
		{"a rate for a country by its name", "rates: [{amount: 1, country: Germany}]", `rates[0].country (wabridge.yaml, line 1): "Germany" is not a country's two letters, e.g. DE`},
		{"a rate from no date", "rates: [{amount: 1}, {amount: 1, from: now}]", `rates[1].from (wabridge.yaml, line 1): "now" is not a date like 2026-01-31`},
		{"capitals", "Listen: 127.0.0.1:1", "Listen (wabridge.yaml, line 1): is no setting; did you mean listen?"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := load(t, tt.file+"\nwaba_id: x\n", nil)
			if err == nil || !strings.Contains(err.Error(), "\n  "+tt.want) && !strings.Contains(err.Error(), ": "+tt.want) {
				t.Errorf("got %v, want %s", err, tt.want)
			}
			if err != nil && !strings.Contains(err.Error(), "waba_id (wabridge.yaml, line 2)") {
				t.Errorf("the other mistake is hidden: %v", err)
			}
		})
	}
}

func TestFilesThatSayNothing(t *testing.T) {
	for _, file := range []string{"# nothing\n", "---\n", "log:\npacing:\nphones:\n", "phones: []\n", "listen:\n"} {
		got, err := load(t, file, nil)
		if err != nil {
			t.Errorf("%q: %v", file, err)
		}
		if d := cmp.Diff(Default(), got, sameConfig); d != "" {
			t.Errorf("%q\n%s", file, d)
		}
	}
}

// FuzzLoad: no file makes the loader panic, and what it accepts is valid.
func FuzzLoad(f *testing.F) {
	b, err := os.ReadFile("../wabridge.example.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, s := range []string{string(b), "a: &x {b: *x}", "<<: {listen: 1}", "? [a]\n: b", "phones: [[]]", "log.level: debug", "- 1", "\x00", "listen: !!binary aGk="} {
		f.Add(s)
	}
	dir := f.TempDir()
	fl := pflag.NewFlagSet("test", pflag.ContinueOnError)
	AddFlags(fl)
	f.Fuzz(func(t *testing.T, file string) {
		path := filepath.Join(dir, "fuzz.yaml")
		if err := os.WriteFile(path, []byte(file), 0o600); err != nil {
			t.Fatal(err)
		}
		cfg, err := Load(fl, func(name string) (string, bool) { return path, name == "WABRIDGE_CONFIG" })
		if err == nil && cfg.Validate() != nil {
			t.Errorf("accepted, but %v", cfg.Validate())
		}
	})
}
