package twin

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// docs/twin.md names every member, status, parameter and path.
func TestDocumentation(t *testing.T) {
	raw, err := os.ReadFile("../../docs/twin.md")
	must(t, err)
	names := slices.Concat(messageFields, sessionFields, []string{
		"Idempotency-Key", "statusAt", "from", "to", "fields", "limit", "page", "pages", "offset", "sort", "withoutCount", "withoutItems", "format", "filename",
		"bulkId", "groupId", "flowId", "taskId", "sessionId", "continueLastOrStartNewSession", "validityPeriod", "mediaUrl", "documentFilename", "templateData",
		"language", "chatSessionId", "messengerUserId", "variables", initialVariables,
	})
	for _, w := range words {
		names = append(names, w.word)
	}
	for _, w := range names {
		if !strings.Contains(string(raw), "`"+w+"`") {
			t.Errorf("docs/twin.md does not name %s", w)
		}
	}
	for _, k := range known {
		if !strings.Contains(string(raw), "/"+k.path) {
			t.Errorf("docs/twin.md does not name /%s", k.path)
		}
	}
}
