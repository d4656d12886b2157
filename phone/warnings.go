package phone

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/uiauto"
)

// networkQuestion asks for the network that apps use by default: "Active default
// network: 100", or "none" (AOSP ConnectivityService.dump, from memory; not
// verified on a phone).
const networkQuestion = "dumpsys connectivity | grep -m1 'Active default network'"

// Warnings asks a phone for what keeps messages from coming or going although the
// screen shows nothing of it. It needs no screen and may be asked while a gateway
// runs. What the phone does not tell is no warning.
func Warnings(ctx context.Context, dev Device, p wabridge.Phone) ([]wabridge.Warning, error) {
	out, err := dev.Run(ctx, networkQuestion+"; echo "+cutWord+"; dumpsys notification")
	if err != nil {
		return nil, fmt.Errorf("ask phone %s for what is switched off: %w", p.ID, err)
	}
	network, notifications, _ := strings.Cut(string(out.Stdout), cutWord)
	list := []wabridge.Warning{}
	for _, c := range []judged{judgeNetwork(network, p, nil), judgeNotifications(notifications, p, nil)} {
		if c.warning != "" {
			list = append(list, wabridge.Warning{Kind: c.warning, Detail: c.Detail, Remedy: c.Remedy})
		}
	}
	return append(list, AccountWarnings(p)...), nil
}

// AccountWarnings are those that the phone's state tells.
func AccountWarnings(p wabridge.Phone) []wabridge.Warning {
	if p.Code != wabridge.CodeNoNewChats {
		return nil
	}
	return []wabridge.Warning{{Kind: wabridge.WarnRestricted, Detail: "the account is restricted: it may start no new chats; messages to new contacts wait",
		Remedy: "open WhatsApp on the phone and read what it says; one new chat is tried every half hour"}}
}

// judgeNetwork reads the answer to networkQuestion.
func judgeNetwork(out string, _ wabridge.Phone, _ *uiauto.Profiles) judged {
	_, network, ok := strings.Cut(out, "Active default network:")
	network, _, _ = strings.Cut(strings.TrimSpace(network), "\n")
	switch network = strings.TrimSpace(network); {
	case !ok || network == "":
		return judged{Check: Check{Grade: OK, Detail: "the phone does not say which network it uses"}}
	case network == "none" || network == "null":
		return judged{Check: Check{Grade: Bad, Detail: "the phone has no network: messages keep their clock and none come in",
			Remedy: "switch Wi-Fi or mobile data on, and flight mode off"}, warning: wabridge.WarnNetworkOff}
	}
	return judged{Check: Check{Grade: OK, Detail: "the phone has a network"}}
}

// notificationSettings are Android's for one app and user.
type notificationSettings struct {
	known   bool
	off     bool     // nothing of the app is posted
	blocked []string // channels of chats that are switched off
}

var (
	appSettings  = regexp.MustCompile(`^\s*AppSettings: (\S+) \((-?\d+)\)(.*)$`)
	channelLine  = regexp.MustCompile(`^\s*NotificationChannel\{mId='([^']*)'.*mImportance=(\d+)`)
	groupBlocked = regexp.MustCompile(`^\s*NotificationChannelGroup\{mId='([^']*)'.*mBlocked=true`)
)

// uidsPerUser is AOSP's UserHandle.PER_USER_RANGE.
const uidsPerUser = 100_000

// readNotificationSettings finds an app's settings in the ranking config, which
// stands behind all texts of notifications: the last one counts (AOSP
// PreferencesHelper.dump; captured on Android 13). Importance NONE of the app, 0
// of a channel, and a blocked group of channels mean off.
func readNotificationSettings(out, pkg string, user int) (s notificationSettings) {
	const title = "\n  Ranking Config:"
	if i := strings.LastIndex(out, title); i >= 0 {
		out = out[i+len(title):]
	}
	here := false
	for line := range strings.Lines(out) {
		line = strings.TrimRight(line, "\r\n")
		if m := appSettings.FindStringSubmatch(line); m != nil {
			uid, err := strconv.Atoi(m[2])
			here = m[1] == pkg && err == nil && uid/uidsPerUser == user
			s.known = s.known || here
			s.off = s.off || here && strings.Contains(m[3], "importance=NONE")
			continue
		}
		if !here {
			continue
		}
		if m := channelLine.FindStringSubmatch(line); m != nil && m[2] == "0" && ofChats(m[1]) && !strings.Contains(line, "mDeleted=true") {
			s.blocked = append(s.blocked, m[1])
		}
		if m := groupBlocked.FindStringSubmatch(line); m != nil {
			s.blocked = append(s.blocked, m[1])
		}
	}
	return s
}

// ofChats reports whether a channel is the app's default one for chats or groups.
// Those of single chats, which people mute on purpose, have names of their own.
func ofChats(channel string) bool {
	return strings.HasPrefix(channel, "individual_chat_defaults") || strings.HasPrefix(channel, "group_chat_defaults")
}
