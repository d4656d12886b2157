package webhook

import (
	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/bridge"
)

// errorsPage is the address the Cloud API puts into every error of a status.
const errorsPage = "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/"

// statusError is the error of a failed status. A code that the table does not
// have is told as it is, with the title of 131000.
func statusError(code wabridge.Code, reason string) failure {
	code = code.Cloud()
	if code == wabridge.CodeNone {
		code = wabridge.CodeInternal
	}
	title := firstOf(bridge.Title(code), bridge.Title(wabridge.CodeInternal))
	return failure{
		Code: int(code), Title: title, Message: title,
		Data: errorData{Details: firstOf(reason, title)},
		Href: errorsPage,
	}
}
