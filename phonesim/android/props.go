package android

import (
	"fmt"
	"time"
)

func defaultSettings(locale string) map[string]string {
	return map[string]string{
		"system/screen_off_timeout":         "60000",
		"system/system_locales":             locale,
		"global/stay_on_while_plugged_in":   "0",
		"global/airplane_mode_on":           "0",
		"global/window_animation_scale":     "1.0",
		"global/transition_animation_scale": "1.0",
		"global/animator_duration_scale":    "1.0",
		"global/adb_enabled":                "1",
		"secure/default_input_method":       "com.google.android.inputmethod.latin/com.android.inputmethod.latin.LatinIME",
		"secure/android_id":                 "9774d56d682e549c",
		"secure/user_setup_complete":        "1",
	}
}

// SDK is the API level.
func (s *System) SDK() int {
	switch {
	case s.Android >= 16:
		return 36
	case s.Android >= 15:
		return 35
	case s.Android >= 14:
		return 34
	case s.Android >= 13:
		return 33
	case s.Android >= 12:
		return 31
	case s.Android >= 11:
		return 30
	}
	return 29
}

// Model, Brand, Device and Product name the phone.
const (
	Model   = "SIM-720"
	Brand   = "wabridge"
	Device  = "simphone"
	Product = "simphone"
	Serial  = "SIM0720WABRIDGE"
)

// Locales are the full language tags.
func (s *System) LocaleTag() string {
	switch s.Locale {
	case "pt":
		return "pt-BR"
	case "es":
		return "es-ES"
	case "de":
		return "de-DE"
	case "ru":
		return "ru-RU"
	}
	return "en-US"
}

// Props are the system properties.
func (s *System) Props() map[string]string {
	release := fmt.Sprint(s.Android)
	return map[string]string{
		"ro.build.version.release": release, "ro.build.version.sdk": fmt.Sprint(s.SDK()),
		"ro.product.model": Model, "ro.product.brand": Brand, "ro.product.manufacturer": Brand,
		"ro.product.device": Device, "ro.product.name": Product, "ro.serialno": Serial,
		"ro.build.id": "SIM." + release, "ro.build.type": "user", "ro.build.characteristics": "default",
		"ro.build.fingerprint": fmt.Sprintf("%s/%s/%s:%s/SIM.%s/1:user/release-keys", Brand, Product, Device, release, release),
		"ro.debuggable":        "0", "ro.secure": "1", "ro.adb.secure": "1",
		"sys.boot_completed": "1", "dev.bootcomplete": "1", "init.svc.bootanim": "stopped",
		"persist.sys.locale": s.LocaleTag(), "ro.product.locale": s.LocaleTag(),
		"persist.sys.timezone": timeZone(time.Now()), "ro.product.cpu.abi": "arm64-v8a", "ro.sf.lcd_density": "320",
		"service.adb.tcp.port": "5555", "gsm.sim.state": "LOADED",
	}
}

// timeZone names the zone of a time as a phone's setting would: this machine's
// own zone has no name in Go, so it is one of the fixed ones where it can be.
func timeZone(t time.Time) string {
	_, offset := t.Zone()
	switch {
	case offset == 0:
		return "UTC"
	case offset%3600 != 0:
		return ""
	}
	return fmt.Sprintf("Etc/GMT%+d", -offset/3600)
}

// A Contact is one entry of the contacts provider.
type Contact struct {
	ID     int // of the raw contact and the contact
	Name   string
	Number string // as typed, "+15550001002"
	// WhatsApp is the JID of the mirror row that WhatsApp's account keeps, or "".
	WhatsApp string
}

// AddContact saves a person.
func (s *System) AddContact(name, number, jid string) {
	for i := range s.Contacts {
		if s.Contacts[i].Number == number {
			s.Contacts[i].Name, s.Contacts[i].WhatsApp = name, jid
			return
		}
	}
	s.Contacts = append(s.Contacts, Contact{ID: len(s.Contacts) + 1, Name: name, Number: number, WhatsApp: jid})
}
