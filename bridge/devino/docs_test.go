package devino

import (
	"os"
	"reflect"
	"strconv"
	"strings"
	"testing"
)

// docs/devino.md names every member, key and code.
func TestDocumentation(t *testing.T) {
	raw, err := os.ReadFile("../../docs/devino.md")
	must(t, err)
	words := append([]string{
		keyUnknown, keyForbidden, keyInvalid, keyTooLong, keyTooShort, keyMissing, keyNotThere, keyTooMany, "billing.error", "Idempotency-Key",
	}, members...)
	for _, typ := range []reflect.Type{reflect.TypeFor[status](), reflect.TypeFor[incoming](), reflect.TypeFor[geo](), reflect.TypeFor[shownCard]()} {
		for i := range typ.NumField() {
			name, _, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ",")
			words = append(words, name)
		}
	}
	for _, w := range words {
		if !strings.Contains(string(raw), "`"+w+"`") {
			t.Errorf("docs/devino.md does not name %s", w)
		}
	}
	for _, code := range errorCodes {
		if !strings.Contains(string(raw), strconv.Itoa(code)) {
			t.Errorf("docs/devino.md does not name %d", code)
		}
	}
}
