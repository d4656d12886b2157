package content

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/wabridge/wabridge"
)

// Kinds are the types of messages that can be sent, in the Cloud API's words.
var Kinds = []string{"text", "image", "video", "audio", "document", "sticker", "location", "contacts", "interactive", "template", "reaction"}

// MaxCaption is the longest text under a file, in characters (contract,
// section 2.1).
const MaxCaption = 1024

// A Content is a message's object that has been checked: whatever Parse
// returns can be carried.
type Content struct {
	// Template is set for the type template, whose text is made of the stored
	// definition (Template.Render).
	Template *TemplateMessage

	carried Carried
}

// Carry tells how the phone carries it. Of a template that is only known
// after Template.Render.
func (c Content) Carry() Carried { return c.carried }

// Carried is what a phone does with a message.
type Carried struct {
	Kind string // the type: one of Kinds
	// Text is typed, or stands under the file as its caption; of a reaction
	// it is the emoji, "" to take an earlier one away.
	Text    string
	Choices []wabridge.Choice // the answers that Text offers, as numbered
	Media   *MediaRef         // the file that goes with it
	VCard   []byte            // a file of contacts to send, text/x-vcard; VCardName is its name
	// VCardName ends in ".vcf".
	VCardName string
	Target    string          // the message that a reaction is for
	Body      json.RawMessage // the object, in one form
}

// A MediaRef names a file by exactly one of ID and Link.
type MediaRef struct {
	Field    string // where it stands: "image", "interactive.header.video"
	Kind     string // image, video, audio, document or sticker
	ID       string // decimal digits, from an upload
	Link     string // http or https
	Filename string // of a document
	Voice    bool   // to be sent as a voice note
}

// parsers read the object of each type, but for contacts, a list.
var parsers = map[string]func(object) Content{
	"text": parseText, "location": parseLocation, "reaction": parseReaction,
	"image": parseMedia("image"), "video": parseMedia("video"), "audio": parseMedia("audio"),
	"document": parseMedia("document"), "sticker": parseMedia("sticker"),
	"interactive": parseInteractive, "template": parseTemplate,
}

// Parse checks the object of a message of the type kind (one of Kinds). A nil
// or null object is a missing one. Errors are of type *Error.
func Parse(kind string, raw json.RawMessage) (Content, error) {
	switch {
	case !slices.Contains(Kinds, kind):
		return Content{}, &Error{Code: wabridge.CodeParameter, Field: "type", Detail: "set it to text",
			Words: "Param type must be one of {" + strings.ToUpper(strings.Join(Kinds, ", ")) + "}."}
	case isNull(raw):
		return Content{}, &Error{Code: wabridge.CodeParameter, Field: kind, Detail: "give the object of that name",
			Words: "The parameter " + kind + " is required."}
	case kind == "contacts":
		return parseContacts(raw)
	}
	o := open(kind, raw)
	if !o.ok() {
		return Content{}, *o.err
	}
	c := parsers[kind](o)
	if !o.ok() {
		return Content{}, *o.err
	}
	c.carried.Kind = kind
	return c, nil
}

// body writes a checked object in one form.
func body(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil { // a bug: ours are plain structs of strings and finite numbers
		panic(err)
	}
	return b
}

// blocks joins the parts of a text that are there, a blank line between them.
func blocks(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), "\n\n")
}

// oneLine makes a title fit into a line of its own.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
