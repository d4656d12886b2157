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
	wabridge.CodeMediaDownload:   "Media download error",
	wabridge.CodePair:            "(Business Account, Consumer Account) pair rate limit hit",
	wabridge.CodeMediaUpload:     "Media upload error",
	wabridge.CodeMaintenance:     "Account in maintenance mode",
	wabridge.CodeHelloWorld:      "Hello World templates can only be sent from the Public Test Numbers",
	wabridge.CodeNotRegistered:   "Phone number not registered",
	wabridge.CodePIN:             "Two step verification PIN Mismatch",
	wabridge.CodeReverify:        "Phone number Re-verification Needed",
	wabridge.CodePINLocked:       "Too Many two step verification PIN Guesses",
	wabridge.CodePINFast:         "Two step verification PIN Guessed Too Fast",
	wabridge.CodeRegisterLimit:   "Account register deregister rate limit exceeded",
	wabridge.CodeRequestCode:     "Request code error",
	wabridge.CodeVerifyCode:      "Verify code error",
	wabridge.CodeBlock:           "Failed to block/unblock users",
	wabridge.CodeBlockLimit:      "Blocklist limit reached",
	wabridge.CodeBlockRace:       "Blocklist concurrent update",
	wabridge.CodeBlockInternal:   "Blocklist internal error",

	wabridge.CodeParamCount:       "Number of parameters does not match the expected number of params",
	wabridge.CodeNoTemplate:       "Template name does not exist in the translation",
	wabridge.CodeTextLong:         "Translated text too long",
	wabridge.CodeCharacters:       "Character policy violated",
	wabridge.CodeParamFormat:      "Parameter format does not match format in the created template",
	wabridge.CodeTemplatePaused:   "Template is paused",
	wabridge.CodeTemplateDisabled: "Template is disabled",
	wabridge.CodeTemplateCheck:    "Template validation",
}

// Title is the Cloud API's name of a code; "" for a code that has none.
func Title(code wabridge.Code) string { return titles[code] }
