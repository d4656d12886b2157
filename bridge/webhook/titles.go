package webhook

import "github.com/wabridge/wabridge"

// errorsPage is the address the Cloud API puts into every error of a status.
const errorsPage = "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/"

// titles are those of the contract, section 7, for the codes that can end a
// message; that of 131026 is written as in its section 8.3.
var titles = map[wabridge.Code]string{
	wabridge.CodeUnknown:         "API Unknown",
	wabridge.CodePermission:      "Permission Denied",
	wabridge.CodeParameter:       "Invalid parameter",
	wabridge.CodeToken:           "Access token has expired",
	wabridge.CodeManagementLimit: "Rate limit issues",
	wabridge.CodeThroughput:      "Rate limit hit",
	wabridge.CodeInternal:        "Something went wrong",
	wabridge.CodeAccessDenied:    "Access denied",
	wabridge.CodeMissing:         "Required parameter is missing",
	wabridge.CodeValue:           "Parameter value is not valid",
	wabridge.CodeUnavailable:     "Service unavailable",
	wabridge.CodeSelf:            "Recipient cannot be sender",
	wabridge.CodeUndeliverable:   "Message undeliverable",
	wabridge.CodeLocked:          "Account has been locked",
	wabridge.CodeUnsupported:     "Unsupported message type",
	wabridge.CodePair:            "(Business Account, Consumer Account) pair rate limit hit",
	wabridge.CodeMaintenance:     "Account in maintenance mode",
	wabridge.CodeNotRegistered:   "Phone number not registered",
}

// statusError is the error of a failed status. A code that the table does not
// have is told as it is, with the title of 131000.
func statusError(code wabridge.Code, reason string) failure {
	code = code.Cloud()
	if code == wabridge.CodeNone {
		code = wabridge.CodeInternal
	}
	title, ok := titles[code]
	if !ok {
		title = titles[wabridge.CodeInternal]
	}
	return failure{
		Code: int(code), Title: title, Message: title,
		Data: errorData{Details: firstOf(reason, title)},
		Href: errorsPage,
	}
}
