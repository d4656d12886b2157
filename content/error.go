package content

import (
	"fmt"

	"github.com/wabridge/wabridge"
)

// An Error says what is wrong with a message's object: which field, which
// limit, and what to do. bridge/cloud writes it as a Graph error.
type Error struct {
	Code  wabridge.Code
	Field string // "interactive.action.buttons[0].reply.title"
	// Words are the wire's message behind "(#code) "; "" is the code's title.
	Words string
	// Detail names the limit and the remedy. It holds no private text.
	Detail string
}

// Error is Details.
func (e *Error) Error() string { return e.Details() }

// Details is the field and what is wrong with it, for a person.
func (e *Error) Details() string {
	if e.Field == "" {
		return e.Detail
	}
	return e.Field + ": " + e.Detail
}

// fault makes an Error with the code's own title.
func fault(code wabridge.Code, field, format string, args ...any) *Error {
	return &Error{Code: code, Field: field, Detail: fmt.Sprintf(format, args...)}
}

// wrongType is the answer to a JSON value of another kind.
func wrongType(path, name, want string) *Error {
	return &Error{Code: wabridge.CodeParameter, Field: path, Words: "Param " + name + " must be " + want + ".", Detail: "write it as " + want}
}
