// Package whatsapp recognises WhatsApp's screens in a dump and says what to do
// next. It is pure: a look in, an action out.
package whatsapp
