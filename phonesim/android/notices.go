package android

import "github.com/wabridge/wabridge/phonesim/notice"

// NotificationSettings are those of the installed apps. The fault
// notifications_off switches off the whole app, or with the value channel its
// channels of chats and groups.
func (s *System) NotificationSettings() []notice.AppSettings {
	var list []notice.AppSettings
	off := s.Has(FaultNoNotifications)
	channel := off && s.Value(FaultNoNotifications) == "channel"
	for _, a := range s.apps {
		list = append(list, notice.AppSettings{
			Package: a.Package(), UID: a.UID(), Off: off && !channel, Blocked: channel,
			Channels: []string{"individual_chat_defaults_2", "group_chat_defaults_2"},
		})
	}
	return list
}
