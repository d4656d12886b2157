package android

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// A Fault is something that goes wrong on the phone, on demand.
type Fault struct {
	Kind string `json:"kind"`
	// Count is how many times it happens; 0 with For 0 means once.
	Count int `json:"count,omitempty"`
	// For is how long it lasts; with it, Count does not matter unless set.
	For Duration `json:"for,omitempty"`
	// Value is what some kinds need: a language, a pop-up's name, a draft's text.
	Value string `json:"value,omitempty"`
}

// A Duration is a time.Duration that JSON writes and reads as "1.5s"; a bare
// number is seconds.
type Duration time.Duration

// FaultKind describes one kind of fault.
type FaultKind struct {
	Kind string `json:"kind"`
	What string `json:"what"`
}

// faults are the armed ones, by kind.
type armed struct {
	left  int       // times left; -1 is without end
	until time.Time // zero: no end by time
	value string
}

func (a armed) live(now time.Time) bool {
	if !a.until.IsZero() && !now.Before(a.until) {
		return false
	}
	return a.left != 0
}

// An UnknownFaultError names a kind that does not exist.
type UnknownFaultError struct{ Kind string }

func (e *UnknownFaultError) Error() string {
	return fmt.Sprintf("unknown fault kind %q; GET /faults lists them", e.Kind)
}

// FaultKinds lists every kind in a fixed order.
func FaultKinds() []FaultKind { return slices.Clone(faultKinds) }

func knownFault(kind string) bool {
	return slices.ContainsFunc(faultKinds, func(k FaultKind) bool { return k.Kind == kind })
}

// MarshalText writes it as time.Duration does.
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// UnmarshalJSON reads "1.5s" or a number of seconds.
func (d *Duration) UnmarshalJSON(b []byte) error {
	var seconds float64
	if err := json.Unmarshal(b, &seconds); err == nil {
		*d = Duration(seconds * float64(time.Second))
		return nil
	}
	var text string
	if err := json.Unmarshal(b, &text); err != nil {
		return fmt.Errorf("read a duration: %w", err)
	}
	v, err := time.ParseDuration(text)
	if err != nil {
		return fmt.Errorf("read a duration: %w", err)
	}
	*d = Duration(v)
	return nil
}

// standing are the kinds that last, until /clear if for is not given; count
// means nothing to them.
var standing = []string{
	FaultNetworkOff, FaultHoldTicks, FaultLoggedOut, FaultRestricted, FaultBanned, FaultUpdateForced,
	FaultLayout, FaultNoNotifications, FaultWaiting, FaultStorageFull, FaultEchoOff, FaultDocumentDialog, FaultVoiceDraft, FaultWhereText,
}

// Arm sets a fault. What happens at once happens before it returns.
func (s *System) Arm(f Fault) error {
	if !knownFault(f.Kind) {
		return &UnknownFaultError{Kind: f.Kind}
	}
	if f.Count < 0 || f.For < 0 {
		return fmt.Errorf("fault %s: count and for must not be negative", f.Kind)
	}
	if done, err := s.happen(f); done || err != nil {
		return err
	}
	a := &armed{left: f.Count, value: f.Value}
	switch {
	case slices.Contains(standing, f.Kind), f.Count == 0 && f.For > 0:
		a.left = -1
	case f.Count == 0:
		a.left = 1
	}
	if f.For > 0 {
		a.until = time.Now().Add(time.Duration(f.For))
		s.Later(time.Duration(f.For), s.faultsChanged)
	}
	s.faults[f.Kind] = a
	s.faultsChanged()
	return nil
}

// faultsChanged tells the apps that a standing fault began or ended.
func (s *System) faultsChanged() {
	s.Changed()
	s.storageIsFull.Store(s.Has(FaultStorageFull))
	for _, a := range s.apps {
		a.Recheck()
	}
}

// Take uses a fault up once: true if it is armed.
func (s *System) Take(kind string) bool { _, ok := s.TakeValue(kind); return ok }

// TakeValue is Take, with the fault's value.
func (s *System) TakeValue(kind string) (value string, ok bool) {
	a := s.faults[kind]
	if a == nil || !a.live(time.Now()) {
		return "", false
	}
	if a.left > 0 {
		a.left--
	}
	return a.value, true
}

// Value is the value of an armed fault, without using it up; "" if it is not armed.
func (s *System) Value(kind string) string {
	if a := s.faults[kind]; a != nil && a.live(time.Now()) {
		return a.value
	}
	return ""
}

// Has reports whether a fault is armed, without using it up.
func (s *System) Has(kind string) bool {
	a := s.faults[kind]
	return a != nil && a.live(time.Now())
}

// Armed lists the kinds that are armed.
func (s *System) Armed() []string {
	var out []string
	for _, k := range faultKinds {
		if s.Has(k.Kind) {
			out = append(out, k.Kind)
		}
	}
	return out
}

// ClearFaults ends all faults and what they left on the screen.
func (s *System) ClearFaults() {
	clear(s.faults)
	if s.KillLink != nil {
		s.KillLink("", 0)
	}
	was := s.seenApp()
	s.dialogs, s.shade, s.awake, s.lock = nil, false, true, lock{}
	s.tellSeen(was)
	s.faultsChanged()
}

// TakeFor uses up a fault whose value is how long; ok tells whether it is armed.
func (s *System) TakeFor(kind string) (d time.Duration, ok bool) {
	v, ok := s.TakeValue(kind)
	if !ok {
		return 0, false
	}
	if d, err := time.ParseDuration(v); err == nil {
		return d, true
	}
	return s.Latency.Slow, true
}

func (s *System) storageFull() bool { return s.storageIsFull.Load() }

// happen carries out the kinds that act at once; done means nothing is left to arm.
func (s *System) happen(f Fault) (done bool, err error) {
	was := s.seenApp()
	switch f.Kind {
	case FaultFreeze, FaultOffline:
		d := cmp.Or(time.Duration(f.For), 10*time.Second)
		if s.KillLink != nil {
			s.KillLink(f.Kind, d)
		}
	case FaultScreenOff:
		s.awake, s.lock = false, lock{}
	case FaultScreenLock:
		s.awake, s.lock = false, lock{set: true, on: true}
	case FaultPINLock:
		s.awake, s.lock = false, lock{set: true, on: true, pin: cmp.Or(f.Value, "1234")}
	case FaultShade:
		s.shade = true
	case FaultANR:
		s.showANR()
	case FaultPermission:
		s.showPermission()
	case FaultLanguage:
		if !knownLocale(f.Value) {
			return true, fmt.Errorf("fault language: value %q is not one of en, pt, es, de, ru", f.Value)
		}
		s.Locale = f.Value
	case FaultAppKilled:
		for _, a := range s.apps {
			s.Kill(a)
		}
	case FaultRepost:
		s.Notices.Repost()
	case FaultPopup:
		if !slices.Contains([]string{"", "disappearing_card", "rating", "unknown"}, f.Value) {
			return true, fmt.Errorf("fault popup: value %q is not one of disappearing_card, rating, unknown", f.Value)
		}
		return false, nil
	case FaultSlowScreen, FaultSlowPreview, FaultProcessing:
		if f.Value != "" {
			if _, err := time.ParseDuration(f.Value); err != nil {
				return true, fmt.Errorf("fault %s: value: %w", f.Kind, err)
			}
		}
		return false, nil
	case FaultLoggedOut:
		return badValue(f, "", "age")
	case FaultNoNotifications:
		return badValue(f, "", "channel")
	case FaultNotOnWhatsApp:
		return badValue(f, "", "invite")
	case FaultNoGrant:
		if !slices.Contains([]string{"", "toast", "dialog"}, f.Value) {
			return true, fmt.Errorf("fault no_read_grant: value %q is not one of toast, dialog", f.Value)
		}
		return false, nil
	default:
		return false, nil
	}
	s.tellSeen(was)
	s.Changed()
	return true, nil
}

// badValue is an error if a fault's value is none of those given.
func badValue(f Fault, values ...string) (done bool, err error) {
	if !slices.Contains(values, f.Value) {
		return true, fmt.Errorf("fault %s: value %q is not one of %s", f.Kind, f.Value, strings.Join(values[1:], ", "))
	}
	return false, nil
}

func knownLocale(l string) bool { return slices.Contains([]string{"en", "pt", "es", "de", "ru"}, l) }

// The kinds of faults.
const (
	FaultDisconnect      = "disconnect"
	FaultFreeze          = "freeze"
	FaultOffline         = "offline"
	FaultDumpNullRoot    = "dump_null_root"
	FaultDumpIdle        = "dump_idle_error"
	FaultDumpCrash       = "dump_crash_empty"
	FaultDumpStale       = "dump_stale"
	FaultTapLost         = "tap_lost"
	FaultKeyLost         = "key_lost"
	FaultSlowScreen      = "slow_screen"
	FaultWrongChat       = "wrong_chat"
	FaultNoNavigation    = "no_navigation"
	FaultForeignDraft    = "foreign_draft"
	FaultForeignAppend   = "foreign_append"
	FaultLongLinkCut     = "long_link_cut"
	FaultPopup           = "popup"
	FaultUpdateNag       = "update_nag"
	FaultUpdateForced    = "update_forced"
	FaultANR             = "anr"
	FaultScreenOff       = "screen_off"
	FaultScreenLock      = "screen_lock"
	FaultPINLock         = "pin_lock"
	FaultNotOnWhatsApp   = "not_on_whatsapp"
	FaultLookupFailed    = "lookup_failed"
	FaultOpenConfirm     = "open_confirm"
	FaultNetworkOff      = "network_off"
	FaultHoldTicks       = "hold_ticks"
	FaultAppKilled       = "app_killed"
	FaultKillAfterTap    = "kill_after_tap"
	FaultLoggedOut       = "logged_out"
	FaultRestricted      = "restricted"
	FaultBanned          = "banned"
	FaultLanguage        = "language"
	FaultLayout          = "layout_change"
	FaultUnknownScreen   = "unknown_screen"
	FaultRepost          = "notification_repeat"
	FaultNoNotifications = "notifications_off"
	FaultWaiting         = "waiting_for_message"
	FaultPermission      = "permission"
	FaultAmTimeout       = "am_start_timeout"
	FaultStorageFull     = "storage_full"
	FaultEchoOff         = "echo_off"
	FaultShade           = "shade"
	FaultSendStuck       = "send_stuck"

	FaultShareWrongChat = "share_wrong_chat"
	FaultSharePicker    = "share_picker"
	FaultCaptionLost    = "caption_lost"
	FaultNoGrant        = "no_read_grant"
	FaultGrantDenied    = "grant_denied"
	FaultSlowPreview    = "slow_preview"
	FaultDocumentDialog = "document_dialog"
	FaultVoiceDraft     = "voice_draft"
	FaultProcessing     = "media_processing"
	FaultUploadFailed   = "upload_failed"
	FaultMediaMissing   = "media_missing"
	FaultWhereText      = "where_text_lost"
)

var faultKinds = []FaultKind{
	{FaultDisconnect, "the link to the phone is cut in the middle of the next command"},
	{FaultFreeze, "the phone keeps the connection and answers nothing (for: how long, 10s if not given)"},
	{FaultOffline, "the phone is gone: connections are cut and new ones refused (for: how long, 10s if not given)"},
	{FaultDumpNullRoot, "uiautomator prints \"ERROR: null root node returned by UiTestAutomationBridge.\""},
	{FaultDumpIdle, "uiautomator prints \"ERROR: could not get idle state.\" after its 10 s (at once on the instant profile)"},
	{FaultDumpCrash, "uiautomator crashes: no output, no file"},
	{FaultDumpStale, "uiautomator says \"dumped to\" but leaves the file as it was"},
	{FaultTapLost, "input tap returns 0 and nothing is tapped"},
	{FaultKeyLost, "input keyevent returns 0 and no key arrives"},
	{FaultSlowScreen, "a chat takes longer to open (value: how long, 6s realistic or 300ms instant if not given)"},
	{FaultWrongChat, "a link opens another chat than the one asked for, with the asked text in it: that of the digits in value, else of somebody with the same title, else any"},
	{FaultNoNavigation, "am start says \"Starting\" and the screen stays as it is"},
	{FaultForeignDraft, "the composer holds somebody's draft instead of the link's text (value: the draft)"},
	{FaultForeignAppend, "somebody's draft stands before the link's text in the composer (value: the draft)"},
	{FaultLongLinkCut, "the app cuts the text of a link whose address is longer than 2,000 characters"},
	{FaultPopup, "a pop-up lies over the next chat (value: disappearing_card, rating or unknown; disappearing_card if not given)"},
	{FaultUpdateNag, "an \"Update WhatsApp\" nag comes up when the app is opened"},
	{FaultUpdateForced, "this version is too old: nothing but the update screen (until /clear or for)"},
	{FaultANR, "\"WhatsApp isn't responding\" comes up"},
	{FaultScreenOff, "the display sleeps; a key wakes it, no lock"},
	{FaultScreenLock, "the phone is locked by a swipe"},
	{FaultPINLock, "the phone is locked by a PIN (value: the PIN, 1234 if not given)"},
	{FaultNotOnWhatsApp, "the next looked-up number is answered as not on WhatsApp, whatever it is (value: invite for WhatsApp Business' dialog that names no number)"},
	{FaultLookupFailed, "the look-up of the next number fails"},
	{FaultOpenConfirm, "the next link asks \"Chat with +…?\" first"},
	{FaultNetworkOff, "no network: messages keep the clock, nothing arrives (for: how long; until /clear if not given)"},
	{FaultHoldTicks, "messages stay at one tick: the recipients' phones are off"},
	{FaultAppKilled, "the app's process is killed now; the launcher is shown"},
	{FaultKillAfterTap, "the app's process is killed right after the next send"},
	{FaultLoggedOut, "the app is logged out (value: age for the page that asks for the year of birth; until /clear or for)"},
	{FaultRestricted, "the account may not start new chats (until /clear or for)"},
	{FaultBanned, "the account is banned (until /clear or for)"},
	{FaultLanguage, "the phone's language changes (value: en, pt, es, de, ru)"},
	{FaultLayout, "a new build of the app has renamed some ids (until /clear or for)"},
	{FaultUnknownScreen, "the next opened chat is covered by a screen nobody knows"},
	{FaultRepost, "all message notifications are posted again, unchanged"},
	{FaultNoNotifications, "the app may not post notifications (value: channel for its channels of chats only; until /clear or for)"},
	{FaultWaiting, "messages come without their text: \"Waiting for this message…\" (until /clear or for, when the texts come)"},
	{FaultPermission, "a permission dialog comes up over the app"},
	{FaultAmTimeout, "am start -W says Status: timeout although the app comes up"},
	{FaultStorageFull, "files cannot be written: No space left on device (until /clear or for)"},
	{FaultEchoOff, "contacts ending in 111 do not answer (until /clear or for)"},
	{FaultShade, "the notification shade is pulled down"},
	{FaultSendStuck, "the send button is tapped and nothing happens; the text stays"},
	{FaultShareWrongChat, "the preview of a shared file opens for another chat than asked"},
	{FaultSharePicker, "a share with the jid extra shows the contact picker instead of a preview"},
	{FaultCaptionLost, "the text that came with a shared file is not in the caption"},
	{FaultNoGrant, "the app may not read a shared file although the grant was given (value: dialog shows a dialog, else a toast that no dump holds)"},
	{FaultGrantDenied, "am start may not pass on the grant: SecurityException, nothing is started"},
	{FaultSlowPreview, "the preview of a shared file takes longer to load (value: how long, 6s realistic or 300ms instant if not given)"},
	{FaultDocumentDialog, "a shared document asks \"Send … to …?\" as older builds do, without a caption (until /clear or for)"},
	{FaultVoiceDraft, "a shared sound stands in its chat as a voice message that wants a second tap (until /clear or for)"},
	{FaultProcessing, "a sent file is processed before it is uploaded (value: how long, 6s realistic or 300ms instant if not given)"},
	{FaultUploadFailed, "the upload of a sent file fails: Retry on its bubble, no tick"},
	{FaultMediaMissing, "an incoming file cannot be downloaded: the bubble keeps its download button, no file comes"},
	{FaultWhereText, "texts in content's --where lose their quotes on the way (until /clear or for)"},
}
