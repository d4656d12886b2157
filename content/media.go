package content

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/wabridge/wabridge"
)

type mediaBody struct {
	ID       string `json:"id,omitempty"`
	Link     string `json:"link,omitempty"`
	Caption  string `json:"caption,omitempty"`
	Filename string `json:"filename,omitempty"`
	Voice    bool   `json:"voice,omitempty"`
}

// maxFilename bounds a document's name, in characters: what file systems of
// phones take, less some room.
const maxFilename = 240

// parseMedia reads a file of the given type.
func parseMedia(kind string) func(object) Content {
	return func(o object) Content {
		ref := readMedia(o, kind)
		b := mediaBody{ID: ref.ID, Link: ref.Link, Filename: ref.Filename, Voice: ref.Voice, Caption: o.caption(kind)}
		return Content{carried: Carried{Text: b.Caption, Media: ref, Body: body(b)}}
	}
}

// caption reads the text under a file; a voice and a sticker have none.
func (o object) caption(kind string) string {
	s := o.text("caption")
	if s != "" && (kind == "audio" || kind == "sticker") {
		o.fail(&Error{Code: wabridge.CodeParameter, Field: o.at("caption"), Words: `Unexpected key "caption" on param "` + kind + `".`,
			Detail: kind + " has no caption; send the text as a message of its own"})
	}
	if n := runes(s); n > MaxCaption {
		o.fail(&Error{Code: wabridge.CodeParameter, Field: o.at("caption"), Words: "Param " + kind + "['caption'] must be at most 1024 characters long.",
			Detail: fmt.Sprintf("it has %d characters (Unicode code points); send the rest as a text of its own", n)})
	}
	if blank(s) {
		return ""
	}
	return s
}

// readMedia reads the reference to a file.
func readMedia(o object, kind string) *MediaRef {
	ref := &MediaRef{Field: o.path, Kind: kind, ID: o.text("id"), Link: strings.TrimSpace(o.text("link"))}
	switch {
	case ref.ID == "" && ref.Link == "":
		o.fail(fault(wabridge.CodeMissing, o.path, "give the file as id (of an upload) or as link (http or https)"))
	case ref.ID != "" && ref.Link != "":
		o.fail(fault(wabridge.CodeParameter, o.path, "give either id or link, not both"))
	case ref.ID != "" && (ref.ID != wabridge.Digits(ref.ID) || len(ref.ID) > 32):
		o.fail(UnknownMedia(ref))
	case ref.Link != "" && !isLink(ref.Link):
		o.fail(&Error{Code: wabridge.CodeParameter, Field: o.at("link"), Words: "Param " + kind + "['link'] is not a valid URI.",
			Detail: "give an http or https address of at most 2048 bytes"})
	}
	switch kind {
	case "document":
		ref.Filename = oneLine(o.bounded("filename", maxFilename))
	case "audio":
		ref.Voice = o.flag("voice")
	}
	return ref
}

// UnknownMedia is the error of a file that does not exist for the phone
// number. Clients match the end of its words (contract, section 3.9).
func UnknownMedia(ref *MediaRef) *Error {
	return &Error{Code: wabridge.CodeParameter, Field: ref.Field + ".id",
		Words:  "Param " + ref.Kind + "['id'] is not a valid whatsapp business account media attachment ID",
		Detail: "no file with this id was uploaded for this phone number, or it has expired; upload it again"}
}

// maxLink bounds an address, in bytes.
const maxLink = 2048

func isLink(s string) bool {
	u, err := url.Parse(s)
	return err == nil && len(s) <= maxLink && u.Host != "" && (strings.EqualFold(u.Scheme, "http") || strings.EqualFold(u.Scheme, "https"))
}
