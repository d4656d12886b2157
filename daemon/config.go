package daemon

import (
	"cmp"
	"fmt"
	"net"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/adb"
	"github.com/wabridge/wabridge/bridge"
	"github.com/wabridge/wabridge/bridge/crm"
	"github.com/wabridge/wabridge/bridge/delivery"
	"github.com/wabridge/wabridge/media"
	"github.com/wabridge/wabridge/phonenumber"
	"github.com/wabridge/wabridge/queue"
	"github.com/wabridge/wabridge/queue/sqlite"
)

// Config is all that the daemon is told. Zero values mean the defaults of
// Default. Field names in errors are those of the config file.
type Config struct {
	Listen     string        `koanf:"listen"`
	PublicURL  string        `koanf:"public_url"`
	Exposed    bool          `koanf:"allow_exposed"`
	Origins    []string      `koanf:"allowed_origins"`
	Proxies    []string      `koanf:"trusted_proxies"`
	TLS        TLSConfig     `koanf:"tls"`
	Metrics    MetricsConfig `koanf:"metrics"`
	Audit      AuditConfig   `koanf:"audit"`
	Data       string        `koanf:"data"`
	Keep       time.Duration `koanf:"keep"` // of messages and what belongs to them; 0: for ever
	Profiles   string        `koanf:"profiles"`
	WABA       string        `koanf:"waba_id"`
	WABAZone   string        `koanf:"waba_time_zone"`
	Currency   string        `koanf:"waba_currency"`
	Rates      []RateConfig  `koanf:"rates"`
	Log        LogConfig     `koanf:"log"`
	ADB        ADBConfig     `koanf:"adb"`
	Phones     []PhoneConfig `koanf:"phones"`
	Discover   bool          `koanf:"discover"`
	Pacing     PacingConfig  `koanf:"pacing"`
	Webhook    WebhookConfig `koanf:"webhook"`
	Devino     DevinoConfig  `koanf:"devino"`
	Twin       TwinConfig    `koanf:"twin"`
	CRM        []crm.Config  `koanf:"crm"`
	OptOut     OptOutConfig  `koanf:"optout"`
	Media      MediaConfig   `koanf:"media"`
	Templates  Templates     `koanf:"templates"`
	Limits     LimitsConfig  `koanf:"limits"`
	Grace      time.Duration `koanf:"grace"`
	FullCheck  time.Duration `koanf:"full_check"`
	QueryToken bool          `koanf:"send_token_in_query"`

	Bots     BotsConfig     `koanf:"bots"`
	Sessions SessionsConfig `koanf:"sessions"`

	// Console serves pages for people at / and /console.
	Console bool `koanf:"console"`
	// ReadReceipts is "open_chat": `status: read` opens the chat when nothing
	// else is to be done; or "off".
	ReadReceipts string `koanf:"read_receipts"`
	// Pictures has contacts' pictures taken from their chats' headers.
	Pictures bool `koanf:"contact_pictures"`

	// Timing is "phone", or "instant" for a simulated phone without delays.
	Timing string `koanf:"timing"`
	// Sources tells of the settings that were said where; Load sets it.
	Sources map[string]Source `koanf:"-"`
	// Token is a secret to accept from the start; only the demo sets it.
	Token string `koanf:"-"`
}

// LogConfig says what is logged and how.
type LogConfig struct {
	Level  string `koanf:"level"`
	Format string `koanf:"format"`
}

// ADBConfig says where the adb server is.
type ADBConfig struct {
	Server string `koanf:"server"`
	Start  bool   `koanf:"start_server"`
	Key    string `koanf:"key"`
}

// PhoneConfig is one phone. Only Serial is needed.
type PhoneConfig struct {
	Serial  string `koanf:"serial"`
	ID      string `koanf:"id"`
	Package string `koanf:"package"`
	User    int    `koanf:"user"`
	Number  string `koanf:"number"`
	Name    string `koanf:"name"`
	PIN     string `koanf:"unlock_pin"`
	// Maintenance puts the number into maintenance at the start.
	Maintenance bool `koanf:"maintenance"`
}

// PacingConfig keeps people from being annoyed; see docs. Zero: no limit.
type PacingConfig struct {
	Gap       time.Duration `koanf:"gap"`
	PerHour   int           `koanf:"per_hour"`
	PerDay    int           `koanf:"per_day"`
	NewPerDay int           `koanf:"new_contacts_per_day"`
	Pair      bool          `koanf:"pair_limit"`
	Hours     string        `koanf:"hours"`
	TimeZone  string        `koanf:"time_zone"`
}

// WebhookConfig is the receiver of everything, as an app's callback URL is in
// the Cloud API; more are added through API and CLI.
type WebhookConfig struct {
	URL         string `koanf:"url"`
	VerifyToken string `koanf:"verify_token"`
	Secret      string `koanf:"app_secret"`
	// Fields are those of the Cloud API's webhooks that it gets; none means
	// messages, "*" all.
	Fields []string `koanf:"fields"`
	// MaxRefusals is how often a receiver of events refuses one event, while it
	// takes others, before the event is set aside; 0: the default.
	MaxRefusals int `koanf:"max_refusals"`
}

// deliveryPolicy says when events are set aside, for every destination.
func (c Config) deliveryPolicy() delivery.Policy {
	return delivery.Policy{MaxRefusals: c.Webhook.MaxRefusals}
}

// Templates says how message templates are kept.
type Templates struct {
	// FreeEdits lifts the Cloud API's limits on editing one (1 in 24 hours, 10
	// in 30 days).
	FreeEdits bool `koanf:"free_edits"`
}

// The values of Config.Timing.
const (
	TimingPhone   = "phone"
	TimingInstant = "instant"
)

// DefaultWABA is the WhatsApp Business Account id of a gateway whose config
// names none.
const DefaultWABA = "200000000000001"

// Default is what holds where nothing is said.
func Default() Config {
	return Config{
		Listen: "127.0.0.1:8080", Data: "wabridge-data", WABA: DefaultWABA, Discover: true,
		Log:    LogConfig{Level: "info", Format: "text"},
		ADB:    ADBConfig{Start: true},
		Pacing: PacingConfig{Gap: time.Second, Pair: true},
		Limits: LimitsConfig{Mode: LimitsAbsorb, Throughput: queue.DefaultThroughput},
		Media: MediaConfig{
			Quota: 10 << 30, Reserve: 256 << 20, MaxSize: media.MaxDocument,
			KeepUpload: 30 * 24 * time.Hour, KeepReceived: 7 * 24 * time.Hour, Wait: time.Minute,
		},
		Audit: AuditConfig{Keep: 365 * 24 * time.Hour},
		Grace: 20 * time.Second, FullCheck: 20 * time.Second, Timing: TimingPhone,
		Sessions:     SessionsConfig{TTL: 24 * time.Hour, CoolDown: 12 * time.Hour},
		ReadReceipts: ReceiptsOpen, Pictures: true, Console: true, OptOut: OptOutConfig{Enabled: true},
	}
}

// What `status: read` does on the phone.
const (
	ReceiptsOpen = "open_chat"
	ReceiptsOff  = "off"
)

// A Mistake is one wrong setting.
type Mistake struct {
	Field  string // as in the config file: "log.level", "phones[0].serial"
	Text   string
	Origin string // where it was said, "" if nowhere: "wabridge.yaml, line 3", "$WABRIDGE_LISTEN", "--listen"
	at     place
}

// Error names the field, its origin and what is wrong.
func (m Mistake) Error() string {
	if m.Origin != "" {
		return m.Field + " (" + m.Origin + "): " + m.Text
	}
	return m.Field + ": " + m.Text
}

// Mistakes are all that is wrong with a configuration.
type Mistakes []Mistake

// Error is one line for one mistake, and a list for several.
func (ms Mistakes) Error() string {
	if len(ms) == 1 {
		return "configuration: " + ms[0].Error()
	}
	var b strings.Builder
	fmt.Fprintf(&b, "the configuration has %d mistakes:", len(ms))
	for _, m := range ms {
		b.WriteString("\n  " + m.Error())
	}
	return b.String()
}

// report notes a mistake.
type report func(field, format string, args ...any)

var decimal = regexp.MustCompile(`^[0-9]{5,20}$`)

// Validate reports all mistakes at once, in the words of the config file. Its
// error is of type Mistakes.
func (c Config) Validate() error {
	var found Mistakes
	bad := func(field, format string, args ...any) {
		found = append(found, Mistake{Field: field, Text: fmt.Sprintf(format, args...)})
	}
	c.validateServer(bad)
	c.validateTimes(bad)
	for i, p := range c.Phones {
		p.validate(fmt.Sprintf("phones[%d]", i), bad)
	}
	c.validateUnique(bad)
	c.validateRates(bad)
	c.Media.validate(bad)
	c.Devino.validate(bad)
	c.OptOut.validate(bad)
	c.Twin.validate(bad)
	c.validateCRM(bad)
	c.Limits.validate(bad)
	c.validateSessions(bad)
	_, wrong := c.Pacing.policy()
	found = append(found, wrong...)
	for _, f := range c.Webhook.Fields {
		if !bridge.KnownField(f) {
			bad("webhook.fields", "%q is no webhook field of the Cloud API", f)
		}
	}
	if n := c.Webhook.MaxRefusals; n < 0 || n > 100 {
		bad("webhook.max_refusals", "%d is not a number of refusals; give 1 to 100, or 0 for the default of %d", n, delivery.DefaultMaxRefusals)
	}
	if c.Webhook.URL != "" {
		if !httpURL(c.Webhook.URL) {
			bad("webhook.url", "%q is not an http or https URL", c.Webhook.URL)
		}
		if c.Webhook.Secret == "" {
			bad("webhook.app_secret", "is needed with webhook.url: receivers check the signature with it")
		}
	}
	if len(found) == 0 {
		return nil
	}
	return found
}

func (c Config) validateServer(bad report) {
	c.validateListen(bad, "listen", c.Listen, c.TLS.on())
	if c.Metrics.Listen != "" {
		c.validateListen(bad, "metrics.listen", c.Metrics.Listen, false)
	}
	if _, err := c.proxies(); err != nil {
		field, text, _ := strings.Cut(err.Error(), ": ")
		bad(field, "%s", text)
	}
	c.TLS.validate(bad)
	if c.Audit.Keep < sqlite.MinAudit {
		bad("audit.keep", "%v is shorter than 31 days, which is the least", c.Audit.Keep)
	}
	for i, o := range c.Origins {
		if u, err := url.Parse(o); o != "*" && (err != nil || !httpURL(o) || u.Path != "" && u.Path != "/") {
			bad(fmt.Sprintf("allowed_origins[%d]", i), "%q is not an origin; write it as https://crm.example.org", o)
		}
	}
	if c.Keep != 0 && c.Keep < sqlite.MinKeep {
		bad("keep", "%v is shorter than 8d, which is the least; 0 keeps for ever", c.Keep)
	}
	if c.Data == "" {
		bad("data", "is empty; give a directory")
	}
	if fi, err := os.Stat(c.Profiles); c.Profiles != "" && (err != nil || !fi.IsDir()) {
		bad("profiles", "%q is not a directory that can be read", c.Profiles)
	}
	if !decimal.MatchString(c.WABA) {
		bad("waba_id", "%q is not a decimal id of 5 to 20 digits", c.WABA)
	}
	if !slices.Contains([]string{"debug", "info", "warn", "error"}, c.Log.Level) {
		bad("log.level", "%q is none of debug, info, warn, error", c.Log.Level)
	}
	if !slices.Contains([]string{"text", "json"}, c.Log.Format) {
		bad("log.format", "%q is neither text nor json", c.Log.Format)
	}
	if c.ADB.Server != "" {
		if _, err := adb.NewServer(c.ADB.Server); err != nil {
			bad("adb.server", "%q is not the address of an adb server, e.g. tcp:127.0.0.1:5037", c.ADB.Server)
		}
	}
	if c.PublicURL != "" && !httpURL(c.PublicURL) {
		bad("public_url", "%q is not an http or https URL", c.PublicURL)
	}
}

func (c Config) validateTimes(bad report) {
	if !slices.Contains([]string{TimingPhone, TimingInstant}, c.Timing) {
		bad("timing", "%q is neither phone nor instant", c.Timing)
	}
	if !slices.Contains([]string{ReceiptsOpen, ReceiptsOff}, c.ReadReceipts) {
		bad("read_receipts", "%q is neither open_chat nor off", c.ReadReceipts)
	}
	if c.Grace < 0 {
		bad("grace", "is negative")
	}
	if c.FullCheck < time.Second {
		bad("full_check", "%v is shorter than a second, which is the least", c.FullCheck)
	}
}

func httpURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.Host != "" && (u.Scheme == "http" || u.Scheme == "https")
}

func (p PhoneConfig) validate(field string, bad report) {
	if p.Serial == "" {
		bad(field+".serial", "is empty; give the serial of `adb devices`, host:port, or direct:host:port")
	}
	if p.ID != "" && !decimal.MatchString(p.ID) {
		bad(field+".id", "%q is not a decimal id of 5 to 20 digits", p.ID)
	}
	if p.Package != "" && p.Package != "com.whatsapp" && p.Package != "com.whatsapp.w4b" {
		bad(field+".package", "%q is neither com.whatsapp nor com.whatsapp.w4b", p.Package)
	}
	if p.Number != "" {
		if _, err := phonenumber.ParseOwn(p.Number); err != nil {
			bad(field+".number", "%q is %v", p.Number, err)
		}
	}
	if p.PIN != "" && p.PIN != wabridge.Digits(p.PIN) {
		bad(field+".unlock_pin", "holds something other than digits")
	}
	if p.User < 0 {
		bad(field+".user", "%d is not an Android user", p.User)
	}
}

func (c Config) validateUnique(bad report) {
	ids, places := map[string]int{}, map[string]int{}
	for i, p := range c.Phones {
		place := fmt.Sprintf("%s/%d/%s", p.Serial, p.User, cmp.Or(p.Package, packages[0]))
		if j, ok := places[place]; ok && p.Serial != "" {
			bad(fmt.Sprintf("phones[%d]", i), "is the same app on the same phone as phones[%d]", j)
		}
		if j, ok := ids[p.ID]; ok && p.ID != "" {
			bad(fmt.Sprintf("phones[%d].id", i), "%s is already the id of phones[%d]", p.ID, j)
		}
		places[place], ids[p.ID] = i, i
	}
}

func loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
