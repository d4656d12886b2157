package daemon

import (
	"fmt"
	"slices"
	"strings"

	"github.com/knadh/koanf/providers/confmap"
	"github.com/knadh/koanf/v2"
	"github.com/spf13/pflag"
)

// A Setting is one line of configuration: its place in the file, its flag, its
// environment variable and its help, each said once, here.
type Setting struct {
	Key  string // in the file; the environment variable follows from it
	Flag string // "" for none
	Bool bool
	Help string
}

// Env is the environment variable: WABRIDGE_ and the key in capitals, with
// dots as underscores.
func (s Setting) Env() string {
	return "WABRIDGE_" + strings.ToUpper(strings.ReplaceAll(s.Key, ".", "_"))
}

// Settings lists all that can be said by flag or environment. Phones and
// everything else stand in the file.
var Settings = []Setting{
	{Key: "listen", Flag: "listen", Help: "address of the HTTP API, host:port"},
	{Key: "public_url", Flag: "public-url", Help: "URL under which clients reach the API, if not the listen address"},
	{Key: "allow_exposed", Flag: "allow-exposed", Bool: true, Help: "listen beyond loopback although the API is not encrypted"},
	{Key: "trusted_proxies", Help: "addresses or networks of proxies in front, whose X-Forwarded-For tells who asks, e.g. 127.0.0.1,10.0.0.0/8"},
	{Key: "tls.cert", Flag: "tls-cert", Help: "certificate (PEM) of the HTTP interfaces; read again when it changes"},
	{Key: "tls.key", Flag: "tls-key", Help: "private key (PEM) of the certificate"},
	{Key: "metrics.public", Flag: "metrics-public", Bool: true, Help: "serve /metrics without a token"},
	{Key: "metrics.listen", Flag: "metrics-listen", Help: "second address, host:port, that serves /metrics without a token"},
	{Key: "audit.keep", Help: "how long the record of what admins did is kept, 31 days at the least"},
	{Key: "allowed_origins", Help: "origins of web pages that may read events, e.g. https://crm.example.org"},
	{Key: "data", Flag: "data", Help: "directory of the database, the local token and evidence"},
	{Key: "keep", Help: "how long messages, calls, sessions, campaigns and evidence are kept, e.g. 90d, 8d at the least; 0: for ever"},
	{Key: "profiles", Flag: "profiles", Help: "directory of app profiles that override the built-in ones"},
	{Key: "waba_id", Help: "id of the WhatsApp Business Account that the API shows"},
	{Key: "waba_time_zone", Help: "time zone of the business account, for use_waba_timezone of template analytics, e.g. Europe/Berlin"},
	{Key: "waba_currency", Help: "currency of the rates, e.g. EUR"},
	{Key: "discover", Flag: "discover", Bool: true, Help: "use every phone that adb shows and the file does not name"},
	{Key: "log.level", Flag: "log-level", Help: "debug, info, warn or error"},
	{Key: "log.format", Flag: "log-format", Help: "text or json"},
	{Key: "adb.server", Flag: "adb-server", Help: "adb server as tcp:host:port (ADB_SERVER_SOCKET is honoured too)"},
	{Key: "adb.start_server", Flag: "adb-start-server", Bool: true, Help: "run `adb start-server` if no server answers"},
	{Key: "adb.key", Flag: "adb-key", Help: "private key for direct connections, made if absent"},
	{Key: "pacing.gap", Flag: "gap", Help: "shortest time between two messages of a phone"},
	{Key: "pacing.per_hour", Help: "most messages of a phone in 60 minutes, 0: no limit"},
	{Key: "pacing.per_day", Help: "most messages of a phone in 24 hours, 0: no limit"},
	{Key: "pacing.new_contacts_per_day", Help: "most first messages to new contacts in 24 hours, 0: no limit"},
	{Key: "pacing.pair_limit", Flag: "pair-limit", Bool: true, Help: "keep the Cloud API's limit per recipient: one per 6 s, bursts of 45 repaid"},
	{Key: "pacing.hours", Help: "working hours, e.g. \"mon-fri 08:00-18:00, sat 10:00-14:00\"; messages wait outside them"},
	{Key: "pacing.time_zone", Help: "time zone of the hours, e.g. Europe/Berlin"},
	{Key: "limits.mode", Flag: "limits", Help: "absorb: the queue takes bursts and paces them; official: refuse above the Cloud API's limits"},
	{Key: "limits.throughput", Flag: "throughput", Help: "messages a second of each number, in and out together, where limits are official"},
	{Key: "limits.calls_per_hour", Help: "calls concerning a business account in an hour, of one token; 0: 200, or 5000 with a registered number"},
	{Key: "webhook.url", Flag: "webhook-url", Help: "receiver of all webhooks"},
	{Key: "webhook.verify_token", Help: "hub.verify_token of the handshake"},
	{Key: "webhook.app_secret", Help: "secret of X-Hub-Signature-256"},
	{Key: "webhook.fields", Help: "webhook fields it gets; none: messages, *: all"},
	{Key: "webhook.max_refusals", Help: "refusals of one event, by a receiver that takes others, after which it is set aside; 0: 8"},
	{Key: "devino.incoming_url", Help: "receiver of incoming messages in Devino's form"},
	{Key: "devino.allow_private", Bool: true, Help: "take callbackUrls that lead to private addresses"},
	{Key: "devino.allow_loopback", Bool: true, Help: "take callbackUrls that lead to this machine"},
	{Key: "optout.enabled", Bool: true, Help: "hear STOP and such words: who writes one gets no campaigns and no marketing"},
	{Key: "twin.allow_private", Bool: true, Help: "take callbackUrls that lead to private addresses"},
	{Key: "twin.allow_loopback", Bool: true, Help: "take callbackUrls that lead to this machine"},
	{Key: "bots.dir", Flag: "bots", Help: "directory of the bots' scenarios"},
	{Key: "sessions.ttl", Help: "how long a session stays open after its last message"},
	{Key: "sessions.plain", Bool: true, Help: "start a session without a bot for each message to somebody with whom none is open"},
	{Key: "sessions.greeter", Help: "scenario that starts when somebody writes with whom no session is open"},
	{Key: "sessions.greeter_first_contact", Bool: true, Help: "greet only those with whom nothing was ever said before"},
	{Key: "sessions.greeter_cool_down", Help: "greet nobody to whom anything was said within this time"},
	{Key: "templates.free_edits", Bool: true, Help: "edit message templates as often as you like"},
	{Key: "media.quota", Flag: "media-quota", Help: "room for files, in and out, e.g. 10GB; 0: no limit"},
	{Key: "media.reserve", Help: "room that is left free on the disk"},
	{Key: "media.max_size", Help: "largest file that is taken, at most 100MB"},
	{Key: "media.keep_upload", Help: "how long an uploaded file, and one fetched from a link, is kept"},
	{Key: "media.keep_received", Help: "how long a received file is kept"},
	{Key: "media.allow_private", Flag: "media-allow-private", Bool: true, Help: "fetch links that lead to private addresses"},
	{Key: "media.wait", Help: "how long a received message waits for its file"},
	{Key: "grace", Flag: "grace", Help: "how long a stop waits for the message being typed"},
	{Key: "full_check", Help: "time between two full readings of the notifications"},
	{Key: "read_receipts", Help: "what status: read does on the phone: open_chat, when nothing else is to be done, or off"},
	{Key: "contact_pictures", Bool: true, Help: "take contacts' pictures from their chats, one a minute when nothing else is to be done"},
	{Key: "timing", Flag: "timing", Help: "phone; or instant, for a simulated phone without delays"},
	{Key: "console", Flag: "console", Bool: true, Help: "serve the console, pages for people, at /"},
	{Key: "send_token_in_query", Bool: true, Help: "accept ?access_token= for sending too"},
}

// fileOnly are the settings that stand in the file alone: the members of each
// entry of the lists.
var fileOnly = []Setting{
	{Key: "phones[].serial", Help: "serial of `adb devices`, host:port, or direct:host:port"},
	{Key: "phones[].id", Help: "phone_number_id in the API (default: made from serial, user and package)"},
	{Key: "phones[].package", Help: "com.whatsapp or com.whatsapp.w4b"},
	{Key: "phones[].user", Help: "Android user"},
	{Key: "phones[].number", Help: "the phone's own number with its country code"},
	{Key: "phones[].name", Help: "verified_name in the API"},
	{Key: "phones[].unlock_pin", Help: "PIN of the lock screen, if there must be one"},
	{Key: "phones[].maintenance", Help: "put the number into maintenance at the start; calls on it get 131057 until it is ended through the API"},
	{Key: "devino.senders[].name", Help: "a sender's name, as it stands in from"},
	{Key: "devino.senders[].phone", Help: "phone_number_id of the phone that it means"},
	{Key: "twin.chats[].id", Help: "an id, as it stands in chatId"},
	{Key: "twin.chats[].phone", Help: "phone_number_id of the phone that it means"},
	{Key: "twin.bots[].id", Help: "an id, as it stands in botId"},
	{Key: "twin.bots[].scenario", Help: "name of the scenario that it means"},
	{Key: "crm[].name", Help: "name of the poller; keep it, ids are made of it"},
	{Key: "crm[].preset", Help: "wabridge (default), cht-gateway, smssync or custom"},
	{Key: "crm[].url", Help: "what is asked for messages to send"},
	{Key: "crm[].results_url", Help: "where results and statuses are posted"},
	{Key: "crm[].incoming_url", Help: "where incoming messages are posted"},
	{Key: "crm[].secret", Help: "bearer token of every request; smssync: its secret"},
	{Key: "crm[].sign_secret", Help: "signs every POST (X-Hub-Signature-256)"},
	{Key: "crm[].headers", Help: "further headers of every request: name, value"},
	{Key: "crm[].phone", Help: "phone_number_id that sends, and whose messages are posted (default: the only one; everybody's)"},
	{Key: "crm[].every", Help: "pause between two requests (default 5s)"},
	{Key: "crm[].wait", Help: "how long the CRM may hold a request (default 25s; 0s with the other presets)"},
	{Key: "crm[].limit", Help: "how many messages are asked for, 1 to 100 (default 20)"},
	{Key: "crm[].raw_notification", Help: "add the notification as the phone showed it to each incoming message"},
	{Key: "crm[].custom.method", Help: "GET (default) or POST"},
	{Key: "crm[].custom.body", Help: "body of a POST that asks for messages"},
	{Key: "crm[].custom.content_type", Help: "of that body (default application/json)"},
	{Key: "crm[].custom.limit_param", Help: "query parameter for limit (default: none)"},
	{Key: "crm[].custom.wait_param", Help: "query parameter for wait (default: none)"},
	{Key: "crm[].custom.when", Help: "path, or path=value, that must hold in the answer"},
	{Key: "crm[].custom.list", Help: "path to the list of messages, or to the one message"},
	{Key: "crm[].custom.fields", Help: "paths within a message: id, to, text …"},
	{Key: "crm[].custom.results.form", Help: "json (default) or form"},
	{Key: "crm[].custom.results.list", Help: "member that holds the list (default: one in each POST)"},
	{Key: "crm[].custom.results.fields", Help: "the CRM's names, with a path or =text under each"},
	{Key: "crm[].custom.results.words", Help: "the CRM's words for the statuses"},
	{Key: "crm[].custom.results.success", Help: "path, or path=value, that must hold in the CRM's answer"},
	{Key: "crm[].custom.incoming.form", Help: "json (default) or form"},
	{Key: "crm[].custom.incoming.list", Help: "member that holds the list (default: one in each POST)"},
	{Key: "crm[].custom.incoming.fields", Help: "the CRM's names, with a path or =text under each"},
	{Key: "crm[].custom.incoming.success", Help: "path, or path=value, that must hold in the CRM's answer"},
	{Key: "optout.words", Help: "words of people who want no campaigns, by language; one that is named has these alone"},
	{Key: "optout.resume_words", Help: "words of people who want them again, likewise"},
	{Key: "rates[].amount", Help: "what one unit costs, in waba_currency"},
	{Key: "rates[].country", Help: "of the contact's number, e.g. DE (default: all)"},
	{Key: "rates[].category", Help: "marketing, utility, authentication or service (default: all)"},
	{Key: "rates[].pricing_type", Help: "REGULAR (default), FREE_CUSTOMER_SERVICE or FREE_ENTRY_POINT"},
	{Key: "rates[].per", Help: "message or conversation (default: both)"},
	{Key: "rates[].from", Help: "first day (UTC) that it holds for, e.g. 2026-01-31 (default: always)"},
}

// AddFlags declares the flags named, or all of them and --phone where none is
// named, with the defaults in their help. --config is always among them.
func AddFlags(fl *pflag.FlagSet, names ...string) {
	def := defaults()
	for _, s := range Settings {
		if s.Flag == "" || len(names) > 0 && !slices.Contains(names, s.Flag) {
			continue
		}
		// pflag takes what stands between back quotes for the value's name.
		help := strings.ReplaceAll(s.Help, "`", `"`) + " ($" + s.Env() + ")"
		if s.Bool {
			fl.Bool(s.Flag, def.Bool(s.Key), help)
			continue
		}
		if d := def.String(s.Key); d != "" && d != "0" {
			help += fmt.Sprintf(" (default %s)", d)
		}
		fl.String(s.Flag, "", help)
	}
	if len(names) == 0 {
		fl.StringSlice("phone", nil, `a phone: serial of "adb devices", host:port, or direct:host:port; may be repeated ($WABRIDGE_PHONES)`)
	}
	fl.String("config", "", "config file (default "+configFile+" in this directory, if it exists) ($WABRIDGE_CONFIG)")
}

func defaults() *koanf.Koanf {
	d := Default()
	k := koanf.New(".")
	// A map of literals cannot fail to load.
	_ = k.Load(confmap.Provider(map[string]any{
		"listen": d.Listen, "data": d.Data, "keep": d.Keep.String(), "waba_id": d.WABA, "discover": d.Discover,
		"log.level": d.Log.Level, "log.format": d.Log.Format, "adb.start_server": d.ADB.Start,
		"limits.mode": d.Limits.Mode, "limits.throughput": d.Limits.Throughput,
		"pacing.gap": d.Pacing.Gap.String(), "pacing.pair_limit": d.Pacing.Pair,
		"media.quota": d.Media.Quota.String(), "media.reserve": d.Media.Reserve.String(), "media.max_size": d.Media.MaxSize.String(),
		"media.keep_upload": d.Media.KeepUpload.String(), "media.keep_received": d.Media.KeepReceived.String(), "media.wait": d.Media.Wait.String(),
		"audit.keep": d.Audit.Keep.String(),
		"grace":      d.Grace.String(), "full_check": d.FullCheck.String(), "timing": d.Timing,
		"read_receipts": d.ReadReceipts, "contact_pictures": d.Pictures, "console": d.Console,
		"optout.enabled": d.OptOut.Enabled,
	}, "."), nil)
	return k
}
