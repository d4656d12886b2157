package wabridge

import (
	"errors"
	"fmt"
)

// Code says why something did not work, from a closed list. Codes from 1 to
// 999999 are the Cloud API's own; see the contract, section 7.
type Code int

// The codes in use.
const (
	CodeNone Code = 0

	// Cloud API.
	CodeUnknown         Code = 1
	CodePermission      Code = 10
	CodeParameter       Code = 100
	CodeToken           Code = 190
	CodeManagementLimit Code = 80007
	CodeThroughput      Code = 130429
	CodeInternal        Code = 131000
	CodeAccessDenied    Code = 131005
	CodeMissing         Code = 131008
	CodeValue           Code = 131009
	CodeUnavailable     Code = 131016 // phone offline, disk full …
	CodeSelf            Code = 131021
	CodeUndeliverable   Code = 131026 // not on WhatsApp, expired
	CodeLocked          Code = 131031 // account restricted or banned
	CodeUnsupported     Code = 131051
	CodeOptedOut        Code = 131050 // the recipient wants no marketing messages
	CodeMediaDownload   Code = 131052 // an incoming file could not be had
	CodeMediaUpload     Code = 131053 // a file to send is wrong or could not be had
	CodePair            Code = 131056
	CodeMaintenance     Code = 131057
	CodeHelloWorld      Code = 131058 // the sample template, which is not stored here
	CodeNotRegistered   Code = 133010 // logged out
	CodePIN             Code = 133005 // wrong PIN of the two-step verification
	CodeReverify        Code = 133006 // the number must be verified first
	CodePINLocked       Code = 133008 // too many wrong PINs
	CodePINFast         Code = 133009 // wrong PINs too fast
	CodeRegisterLimit   Code = 133016 // registered and deregistered too often
	CodeRequestCode     Code = 136024
	CodeVerifyCode      Code = 136025
	CodeBlock           Code = 139100 // not all could be blocked or unblocked
	CodeBlockLimit      Code = 139101
	CodeBlockRace       Code = 139102
	CodeBlockInternal   Code = 139103

	// Cloud API: templates.
	CodeParamCount       Code = 132000
	CodeNoTemplate       Code = 132001 // or not approved
	CodeTextLong         Code = 132005 // with its parameters filled in
	CodeCharacters       Code = 132007 // a character that no template may hold
	CodeParamFormat      Code = 132012
	CodeTemplatePaused   Code = 132015
	CodeTemplateDisabled Code = 132016
	CodeTemplateCheck    Code = 132018 // parameters that do not fit the template

	CodeCallback    Code = 2200 // webhook handshake refused
	CodeUnknownPath Code = 2500

	// Ours, never sent as a Cloud API code (see Code.Cloud).
	CodeOffline      Code = -1 // the phone cannot be reached
	CodeScreen       Code = -2 // a screen that no profile knows
	CodeWrongChat    Code = -3 // the chat could not be proven to be the right one
	CodeAmbiguous    Code = -4 // it may have left the phone
	CodeStale        Code = -5 // somebody else moved it first (fence or state)
	CodeNotFound     Code = -6
	CodeTooLate      Code = -7  // cancel after it was claimed
	CodeAttention    Code = -8  // a person must act on the phone
	CodeConflict     Code = -9  // idempotency key used for another request
	CodeStorage      Code = -10 // disk full, database broken
	CodeNewerSchema  Code = -11
	CodeNetwork      Code = -12 // the phone has no internet: the clock stays
	CodeLockedScreen Code = -13 // keyguard with a secret
	CodeStopping     Code = -14 // the daemon stops
	CodeSlow         Code = -15 // a step did not end in its time
	CodeNoNewChats   Code = -16 // the account is restricted: first contacts wait, existing chats go on
	CodeClosedChat   Code = -17 // a notice that nobody knows stands in place of the chat's composer: a person must look
	CodeTapped       Code = -18 // its send control was tapped MaxTaps times
)

// Cloud is the code that the outside sees.
func (c Code) Cloud() Code {
	switch c {
	case CodeOffline, CodeScreen, CodeSlow, CodeNetwork, CodeLockedScreen, CodeStopping, CodeStorage:
		return CodeUnavailable
	case CodeAttention, CodeNoNewChats, CodeClosedChat:
		return CodeLocked
	case CodeTooLate, CodeConflict, CodeNotFound:
		return CodeParameter
	}
	if c < 0 {
		return CodeInternal
	}
	return c
}

// An Error carries a code from the closed list and, wrapped, the cause.
type Error struct {
	Code   Code
	Detail string // for a person; no private text
	Err    error  // the cause, may be nil
}

// Error joins the detail and the cause.
func (e *Error) Error() string {
	switch {
	case e.Err == nil:
		return e.Detail
	case e.Detail == "":
		return e.Err.Error()
	}
	return e.Detail + ": " + e.Err.Error()
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Fail makes an Error of a code, a cause (or nil) and words.
func Fail(code Code, err error, format string, args ...any) *Error {
	return &Error{Code: code, Detail: fmt.Sprintf(format, args...), Err: err}
}

// CodeOf finds the code of an error; CodeInternal where it has none and
// CodeNone for nil.
func CodeOf(err error) Code {
	if err == nil {
		return CodeNone
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return CodeInternal
}
