// Package whatsapp recognises WhatsApp's screens in a dump and says what to do
// next. It is pure: a look in (Recognise), an action out (Next). It touches no
// phone, knows no queue, and keeps nothing from one look to the next.
//
//	dump --Recognise--> Screen --Next(Goal)--> Action
//	                      |
//	                      +--> Find: whether ours is there since a note
//
// What it rests on: the ids, classes and nesting of chats, home, dialogs, search,
// document picker, registration and Android's own windows are those of captures
// of real phones; the words come from the app's resources and from reports (the
// profiles name the source of each). Not verified on a phone: the layout from
// right to left, the form of texts that the app cuts ("Read more") or formats,
// that a chat of few messages does not fill its list, and what no capture shows:
// media previews, contact picker, ban, update and restriction screens, the ids
// in group chats.
package whatsapp
