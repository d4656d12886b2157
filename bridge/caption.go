package bridge

import (
	"encoding/json"

	"github.com/wabridge/wabridge"
)

// Caption is what somebody wrote below the file of a message. Of a message that
// came from a phone the body has it, and the text is what the phone showed
// ("📷 Photo").
func Caption(m *wabridge.Message) string {
	var body struct {
		Caption string `json:"caption"`
	}
	if len(m.Body) == 0 || json.Unmarshal(m.Body, &body) != nil {
		return string(m.Text)
	}
	return body.Caption
}
