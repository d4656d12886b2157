// Package phone owns one phone's screen: it opens a chat, proves that it is
// the right one, types a message, taps send and looks whether it went. One
// goroutine calls a Session (the queue's lane); nothing else taps.
//
// It decides little: uiauto/whatsapp says what a screen is and what to do
// there. It knows nothing of HTTP, of SQL or of notifications.
//
// A text to a new chat, on the happy path, is five ADB services and two dumps:
//
//	1 preflight + am start VIEW   awake, unlocked, no chat in front; then the link
//	2 uiautomator dump            the right chat, the composer holds our text
//	  (intent committed)
//	3 input tap                   send
//	4 uiautomator dump            our bubble, its tick
//	5 input keyevent BACK HOME    no chat stays open, so notifications flow
//
// A message with a file is ten services and three dumps: see sendFile. Quotes,
// reactions, chats to be marked as read and contacts' pictures have files of
// their own here.
package phone
