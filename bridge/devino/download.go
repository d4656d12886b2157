package devino

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/media"
	"github.com/wabridge/wabridge/queue"
)

// transferTime bounds the download of one file.
const transferTime = 10 * time.Minute

// A signer makes the addresses of incoming files. Whoever has one may read
// that file for as long as it is kept; a receiver of Devino's webhooks asks
// without a key. Its own key is kept in the database.
type signer struct {
	store queue.Objects
	mu    sync.Mutex
	key   []byte
}

// secret is the key, made at its first use.
func (s *signer) secret(ctx context.Context) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.key != nil {
		return s.key, nil
	}
	o, err := s.store.Object(ctx, objectKey, objectOwner, "content")
	if wabridge.CodeOf(err) == wabridge.CodeNotFound {
		fresh := make([]byte, 32)
		rand.Read(fresh) // never fails since Go 1.24
		data, merr := json.Marshal(fresh)
		if merr != nil {
			return nil, merr
		}
		o, err = s.store.PutObject(ctx, queue.Object{Kind: objectKey, Owner: objectOwner, ID: "content", Data: data}, time.Now())
		if wabridge.CodeOf(err) == wabridge.CodeConflict { // somebody else made one
			o, err = s.store.Object(ctx, objectKey, objectOwner, "content")
		}
	}
	if err != nil {
		return nil, err
	}
	var key []byte
	if err := json.Unmarshal(o.Data, &key); err != nil {
		return nil, err
	}
	s.key = key
	return key, nil
}

func sum(key []byte, id string) string {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(id))
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:18])
}

// address is <base>/whatsapp/content/<id>/<signature>/<file name>.
func (s *signer) address(ctx context.Context, base string, f wabridge.Media) (string, error) {
	key, err := s.secret(ctx)
	if err != nil {
		return "", err
	}
	return strings.TrimSuffix(base, "/") + ContentPath + f.ID + "/" + sum(key, f.ID) + "/" + url.PathEscape(fileName(f)), nil
}

func fileName(f wabridge.Media) string {
	if f.Name != "" {
		return f.Name
	}
	return f.ID + media.Extension(f.MIME)
}

// download is GET /whatsapp/content/<id>/<signature>/<file name>.
func (a *api) download(w http.ResponseWriter, r *http.Request) {
	id, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, ContentPath), "/")
	given, _, _ := strings.Cut(rest, "/")
	key, err := a.sign.secret(r.Context())
	if err != nil {
		a.Log.Error("file not sent", "err", err)
		http.Error(w, "the gateway cannot read this now", http.StatusServiceUnavailable)
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead || !hmac.Equal([]byte(given), []byte(sum(key, id))) || a.Files == nil {
		http.NotFound(w, r)
		return
	}
	m, err := a.Store.Media(r.Context(), id, time.Now())
	if err != nil {
		http.NotFound(w, r)
		return
	}
	f, err := a.Files.File(m.SHA256)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	defer f.Close() // it was only read
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(transferTime))
	h := w.Header()
	h.Set("Content-Type", m.MIME)
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": fileName(m.Media)}))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "sandbox")
	h.Set("Cache-Control", "private")
	http.ServeContent(w, r, "", m.Created, f)
}
