package crm

import (
	"net/textproto"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

// The presets.
const (
	PresetWabridge = "wabridge"
	PresetCHT      = "cht-gateway"
	PresetSMSSync  = "smssync"
	PresetCustom   = "custom"
)

var presets = []string{PresetWabridge, PresetCHT, PresetSMSSync, PresetCustom}

// Config is one poller, in the words of the config file.
type Config struct {
	// Name tells pollers apart, and the ids of messages are made of it: it must
	// not change once messages were taken.
	Name   string `koanf:"name"`
	Preset string `koanf:"preset"` // "" is wabridge
	URL    string `koanf:"url"`
	// ResultsURL and IncomingURL are where results and incoming messages go;
	// "" tells the CRM nothing of them. cht-gateway and smssync have one URL.
	ResultsURL  string `koanf:"results_url"`
	IncomingURL string `koanf:"incoming_url"`
	// Secret is the bearer token of every request; smssync's own secret.
	Secret string `koanf:"secret"`
	// SignSecret signs every POST (X-Hub-Signature-256).
	SignSecret string            `koanf:"sign_secret"`
	Headers    map[string]string `koanf:"headers"`
	// Phone is the phone_number_id that sends and whose incoming messages are
	// posted; "": the only one there is, and everybody's.
	Phone string `koanf:"phone"`
	// Every is the pause between two requests (5 s by default), Wait what the
	// server is asked to hold one (25 s; 0 asks for nothing), Limit how many
	// messages are asked for (20).
	Every time.Duration  `koanf:"every"`
	Wait  *time.Duration `koanf:"wait"`
	Limit int            `koanf:"limit"`
	// RawNotification adds the notification to each incoming message.
	RawNotification bool   `koanf:"raw_notification"`
	Custom          Custom `koanf:"custom"`
}

// Limits of a configuration.
const (
	defaultEvery = 5 * time.Second
	defaultWait  = 25 * time.Second
	defaultLimit = 20
	maxLimit     = 100
	maxEvery     = 24 * time.Hour
	maxWaitTime  = 5 * time.Minute
)

// settled is the configuration with its defaults.
func (c Config) settled() Config {
	if c.Preset == "" {
		c.Preset = PresetWabridge
	}
	if c.Every == 0 {
		c.Every = defaultEvery
	}
	if c.Limit == 0 {
		c.Limit = defaultLimit
	}
	if c.Wait == nil {
		wait := defaultWait
		if c.Preset != PresetWabridge {
			wait = 0
		}
		c.Wait = &wait
	}
	if c.Preset == PresetCHT || c.Preset == PresetSMSSync {
		c.ResultsURL, c.IncomingURL = c.URL, c.URL
	}
	return c
}

var (
	named   = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,31}$`)
	decimal = regexp.MustCompile(`^[0-9]{5,20}$`)
)

// Validate reports what is wrong, each with the name of its field.
func (c Config) Validate(bad func(field, format string, args ...any)) {
	if !named.MatchString(c.Name) {
		bad("name", "%q is no name; use 1 to 32 of a-z, 0-9, - and _, and keep it: ids are made of it", c.Name)
	}
	if c.Preset != "" && !slices.Contains(presets, c.Preset) {
		bad("preset", "%q is none of %s", c.Preset, strings.Join(presets, ", "))
	}
	c.validateURLs(bad)
	if c.Phone != "" && !decimal.MatchString(c.Phone) {
		bad("phone", "%q is not the id of a phone; `wabridge phones` shows them", c.Phone)
	}
	if c.Every != 0 && (c.Every < 100*time.Millisecond || c.Every > maxEvery) {
		bad("every", "%v is not between 100ms and 24h", c.Every)
	}
	if c.Wait != nil && (*c.Wait < 0 || *c.Wait > maxWaitTime || *c.Wait%time.Second != 0) {
		bad("wait", "%v is not a number of whole seconds from 0s to 5m", *c.Wait)
	}
	if c.Limit < 0 || c.Limit > maxLimit {
		bad("limit", "%d is not between 1 and %d", c.Limit, maxLimit)
	}
	for name, value := range c.Headers {
		if !validHeader(name) || strings.ContainsAny(value, "\r\n\x00") {
			bad("headers", "%q is no header that can be sent", name)
		}
	}
	c.validatePreset(bad)
}

func (c Config) validateURLs(bad func(field, format string, args ...any)) {
	if c.URL == "" {
		bad("url", "is empty; give the URL that is asked for messages")
	}
	for field, address := range map[string]string{"url": c.URL, "results_url": c.ResultsURL, "incoming_url": c.IncomingURL} {
		if address == "" {
			continue
		}
		if u, err := url.Parse(address); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			bad(field, "is not an http or https URL") // not shown: it may hold a key
		}
	}
}

func (c Config) validatePreset(bad func(field, format string, args ...any)) {
	own := c.Preset == "" || c.Preset == PresetWabridge
	if one := c.Preset == PresetCHT || c.Preset == PresetSMSSync; one {
		for field, address := range map[string]string{"results_url": c.ResultsURL, "incoming_url": c.IncomingURL} {
			if address != "" {
				bad(field, "%s has one URL for everything; leave this one out", c.Preset)
			}
		}
	}
	if c.RawNotification && !own && c.Preset != PresetCustom {
		bad("raw_notification", "%s has no place for it; use the preset wabridge or custom", c.Preset)
	}
	if c.RawNotification && (own || c.Preset == PresetCustom) && c.IncomingURL == "" {
		bad("raw_notification", "needs incoming_url, where it is posted")
	}
	if c.Preset == PresetCustom {
		c.Custom.validate(c, bad)
	} else if !c.Custom.empty() {
		bad("custom", "is for preset: custom; this poller's is %s", c.settled().Preset)
	}
}

// ours are headers that a poller sets itself.
var ours = []string{"Content-Length", "Host", "If-None-Match", "Idempotency-Key", "X-Hub-Signature-256", "Transfer-Encoding", "Connection"}

func validHeader(name string) bool {
	for _, r := range name {
		if r <= ' ' || r > '~' || strings.ContainsRune(`()<>@,;:\"/[]?={}`, r) {
			return false
		}
	}
	return name != "" && !slices.Contains(ours, textproto.CanonicalMIMEHeaderKey(name))
}
