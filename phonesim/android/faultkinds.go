package android

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
	FaultPermission      = "permission"
	FaultAmTimeout       = "am_start_timeout"
	FaultStorageFull     = "storage_full"
	FaultEchoOff         = "echo_off"
	FaultShade           = "shade"
	FaultSendStuck       = "send_stuck"
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
	{FaultWrongChat, "a link opens another chat than the one asked for, with the asked text in it"},
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
	{FaultNotOnWhatsApp, "the next looked-up number is answered as not on WhatsApp, whatever it is"},
	{FaultLookupFailed, "the look-up of the next number fails"},
	{FaultOpenConfirm, "the next link asks \"Chat with +…?\" first"},
	{FaultNetworkOff, "no network: messages keep the clock, nothing arrives (for: how long; until /clear if not given)"},
	{FaultHoldTicks, "messages stay at one tick: the recipients' phones are off"},
	{FaultAppKilled, "the app's process is killed now; the launcher is shown"},
	{FaultKillAfterTap, "the app's process is killed right after the next send"},
	{FaultLoggedOut, "the app is logged out (until /clear or for)"},
	{FaultRestricted, "the account may not start new chats (until /clear or for)"},
	{FaultBanned, "the account is banned (until /clear or for)"},
	{FaultLanguage, "the phone's language changes (value: en, pt, es, de, ru)"},
	{FaultLayout, "a new build of the app has renamed some ids (until /clear or for)"},
	{FaultUnknownScreen, "the next opened chat is covered by a screen nobody knows"},
	{FaultRepost, "all message notifications are posted again, unchanged"},
	{FaultNoNotifications, "the app may not post notifications (until /clear or for)"},
	{FaultPermission, "a permission dialog comes up over the app"},
	{FaultAmTimeout, "am start -W says Status: timeout although the app comes up"},
	{FaultStorageFull, "files cannot be written: No space left on device (until /clear or for)"},
	{FaultEchoOff, "contacts ending in 111 do not answer (until /clear or for)"},
	{FaultShade, "the notification shade is pulled down"},
	{FaultSendStuck, "the send button is tapped and nothing happens; the text stays"},
}
