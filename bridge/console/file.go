package console

import (
	"context"
	"io"
	"mime"
	"net/http"
	"os"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/bridge/file"
	"github.com/wabridge/wabridge/queue"
)

// Files opens the bytes of files by hash; *media.Store does.
type Files interface {
	File(hash string) (*os.File, error)
}

// A Library takes files in that are to be sent; *file.Library is one.
type Library interface {
	Add(ctx context.Context, in file.Incoming) (queue.MediaRecord, error)
}

// sandbox keeps a file that somebody sent from being more than a file.
const sandbox = "default-src 'none'; style-src 'unsafe-inline'; sandbox"

// fileTime is how long a browser may take a file.
const fileTime = 10 * time.Minute

// file is GET /console/inbox/file/{message}: the file of a message, in parts if
// the browser wants (Range), within the page or as a download.
func (c *Console) file(v *visit) error {
	m, err := c.Store.Message(v.Context(), v.PathValue("message"))
	if err != nil {
		return err
	}
	if c.Files == nil || m.Media == nil || m.Media.SHA256 == "" {
		return &problem{status: http.StatusNotFound, key: "inbox.file_gone"}
	}
	f, err := c.Files.File(m.Media.SHA256)
	if wabridge.CodeOf(err) == wabridge.CodeNotFound {
		return &problem{status: http.StatusNotFound, key: "inbox.file_gone"}
	}
	if err != nil {
		return err
	}
	defer f.Close() // it was read only
	kind, name := "application/octet-stream", file.CleanName(m.Media.Name)
	h := v.w.Header()
	if inline(m.Media.MIME) && m.Type != "document" {
		kind = m.Media.MIME
		h.Set("Content-Disposition", "inline")
	} else {
		h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": or(name, "file")}))
	}
	h.Set("Content-Type", kind)
	h.Set("Content-Security-Policy", sandbox)
	h.Set("Cache-Control", "private, max-age=86400, immutable")
	h.Set("ETag", `"`+m.Media.SHA256+`"`)
	_ = http.NewResponseController(v.w).SetWriteDeadline(time.Now().Add(fileTime)) // tests' writers have none
	http.ServeContent(v.w, v.Request, "", time.Time{}, io.ReadSeeker(f))
	return nil
}
