package webhook

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/bridge"
)

// A fileObject is the object of an incoming file: image, video, audio,
// document or sticker (contract, section 8.2). Its id is a media id: GET
// /{media-id} tells where the bytes are.
type fileObject struct {
	Caption  string `json:"caption,omitempty"`
	Name     string `json:"filename,omitempty"`
	MIME     string `json:"mime_type"`
	SHA256   string `json:"sha256"` // base64, unlike that of GET /{media-id}
	ID       string `json:"id"`
	Voice    *bool  `json:"voice,omitempty"`
	Animated *bool  `json:"animated,omitempty"`
}

// fileOf makes the object of a message's file; nil if the message has none
// that can be had.
func fileOf(m wabridge.Message) json.RawMessage {
	f := m.Media
	if f == nil || f.Pending || f.ID == "" || f.SHA256 == "" {
		return nil
	}
	sum, err := hex.DecodeString(f.SHA256)
	if err != nil {
		return nil
	}
	o := fileObject{Caption: bridge.Caption(&m), MIME: f.MIME, SHA256: base64.StdEncoding.EncodeToString(sum), ID: f.ID}
	switch m.Type {
	case "audio":
		o.Caption, o.Voice = "", &f.Voice
	case "sticker":
		var body struct {
			Animated bool `json:"animated"`
		}
		_ = json.Unmarshal(m.Body, &body) // then the file alone says
		body.Animated = body.Animated || f.Animated
		o.Caption, o.Animated = "", &body.Animated
	case "document":
		o.Name = f.Name
	}
	raw, _ := json.Marshal(o) // strings and flags always can
	return raw
}

// captionAlone keeps what somebody wrote below a file that could not be had; nil
// if nothing was written.
func captionAlone(m wabridge.Message) json.RawMessage {
	caption := bridge.Caption(&m)
	if caption == "" {
		return nil
	}
	raw, _ := json.Marshal(map[string]string{"caption": caption}) // strings always can
	return raw
}

// notFetched is the error of a message whose file could not be had.
func notFetched(m wabridge.Message) *failure {
	if m.Media == nil || m.Code == wabridge.CodeNone {
		return nil
	}
	f := statusError(m.Code, m.Reason)
	return &f
}
