package bridge

import "github.com/wabridge/wabridge"

// titles are the Cloud API's words for its codes (contract, section 7); that of
// 131026 is written as in section 8.3.
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

// Title is the Cloud API's name of a code; "" for a code that has none.
func Title(code wabridge.Code) string { return titles[code] }
