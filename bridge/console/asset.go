package console

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"net/http"
	"path"
	"strings"
)

//go:embed static
var staticFiles embed.FS

// staticPath is the address of a file of static/: it names the file's hash, so
// that a browser may keep it for ever.
func staticPath(name string) string {
	return Path + "/static/" + staticHash[name] + "/" + name
}

var staticHash = hashStatic()

func hashStatic() map[string]string {
	all := map[string]string{}
	// Reading what is part of the program does not fail.
	_ = fs.WalkDir(staticFiles, "static", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := staticFiles.ReadFile(name)
		sum := sha256.Sum256(raw)
		all[strings.TrimPrefix(name, "static/")] = hex.EncodeToString(sum[:6])
		return err
	})
	return all
}

var staticTypes = map[string]string{".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}

// static serves the files of static/. They say nothing of this gateway and
// need no session.
func (c *Console) static() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hash, name, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, Path+"/static/"), "/")
		kind := staticTypes[path.Ext(name)]
		raw, err := staticFiles.ReadFile("static/" + name)
		if err != nil || kind == "" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", kind)
		if hash == staticHash[name] {
			w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		}
		_, _ = w.Write(raw) // the browser may be gone
	})
}
