package devino

import "github.com/wabridge/wabridge"

// Codes of errors in a status (Devino's page). Those of prices and balances
// (2002 to 2008, 2012) never come: nothing is charged here. Nor do those of
// what is refused when it is handed in: texts that are too long (2300, 2304).
const (
	errExpired     = 2010 // its time to live ended
	errTooFast     = 2301
	errMedia       = 2303 // a type that is not supported, or a picture that is too large
	errNoWhatsApp  = 2305
	errSelf        = 2307
	errParamCount  = 2308
	errNoTemplate  = 2309
	errParamLong   = 2311
	errNoDialog    = 2312
	errUnspecified = 2313
)

// reengage is the Cloud API's own code of a message outside the customer
// service window, which a phone does not have.
const reengage wabridge.Code = 131047

var errorCodes = map[wabridge.Code]int{
	wabridge.CodeUndeliverable:    errNoWhatsApp,
	wabridge.CodeThroughput:       errTooFast,
	wabridge.CodePair:             errTooFast,
	wabridge.CodeMediaUpload:      errMedia,
	wabridge.CodeMediaDownload:    errMedia,
	wabridge.CodeUnsupported:      errMedia,
	wabridge.CodeSelf:             errSelf,
	wabridge.CodeParamCount:       errParamCount,
	wabridge.CodeParamFormat:      errParamCount,
	wabridge.CodeTemplateCheck:    errParamCount,
	wabridge.CodeMissing:          errParamCount,
	wabridge.CodeNoTemplate:       errNoTemplate,
	wabridge.CodeHelloWorld:       errNoTemplate,
	wabridge.CodeTemplatePaused:   errNoTemplate,
	wabridge.CodeTemplateDisabled: errNoTemplate,
	wabridge.CodeTextLong:         errParamLong,
	reengage:                      errNoDialog,
}

// errorCode is Devino's code for how a message ended; 0 where all is well, or
// where its owner canceled it.
func errorCode(state wabridge.State, code wabridge.Code) int {
	switch state {
	case wabridge.Expired:
		return errExpired
	case wabridge.Failed:
		if c, ok := errorCodes[code.Cloud()]; ok {
			return c
		}
		return errUnspecified
	}
	return 0
}

// statusWord is the word of a status, "" for a state that is not told. Only
// DELIVERED stands on Devino's page; the others are from memory of its
// interfaces for other channels.
func statusWord(s wabridge.State) string {
	switch s {
	case wabridge.Sent:
		return "SENT"
	case wabridge.Delivered:
		return "DELIVERED"
	case wabridge.Read:
		return "READ"
	case wabridge.Failed, wabridge.Expired:
		return "UNDELIVERED"
	case wabridge.Canceled:
		return "CANCELED"
	}
	return ""
}
