package bridge

import (
	"context"
	"log/slog"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/media"
)

// IsDocument reports whether a message has a document, whose name its
// recipient sees.
func IsDocument(m *wabridge.Message) bool {
	return m.Media != nil && (m.Type == media.Document || m.Type == "template" && media.KindOf(m.Media.MIME) == media.Document)
}

// RenamedFile is the name that the recipient of a document sees, if it is not
// the one that the caller gave ("" if nothing is left of it).
func RenamedFile(m *wabridge.Message) (name string, renamed bool) {
	if !IsDocument(m) {
		return "", false
	}
	name = wabridge.SentFileName(m.Media.Name)
	return name, name != m.Media.Name
}

// LogRenamed notes that a document of a new message gets another name. The
// names themselves are private.
func LogRenamed(ctx context.Context, log *slog.Logger, m *wabridge.Message) {
	if name, renamed := RenamedFile(m); renamed {
		log.InfoContext(ctx, "the name of a document was cut or changed", "message", m.ID, "phone", m.Phone, "bytes", len(m.Media.Name), "kept", len(name))
	}
}
