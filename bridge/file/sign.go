package file

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/url"
	"strconv"
	"time"
)

// URLTime is how long the address of a file is good (contract, section 3).
const URLTime = 5 * time.Minute

// AttachmentPath is where files are downloaded, below the server's own address.
const AttachmentPath = "/whatsapp_business/attachments"

// A Signer makes the addresses at which files are downloaded, and checks them.
// Its key is made at the start: an address does not outlive the process.
type Signer struct{ key [32]byte }

// NewSigner makes one with a random key.
func NewSigner() *Signer {
	s := new(Signer)
	rand.Read(s.key[:]) // never fails since Go 1.24
	return s
}

// URL is the address of a file's download below base
// ("https://wa.example.org"), good for five minutes. It has the members of the
// Cloud API's own addresses: mid, ext, hash.
func (s *Signer) URL(base, id string, now time.Time) string {
	ext := strconv.FormatInt(now.Add(URLTime).Unix(), 10)
	return base + AttachmentPath + "/?" + url.Values{"mid": {id}, "ext": {ext}, "hash": {s.sum(id, ext)}}.Encode()
}

// Check finds the id in the query of such an address; ok is false if we did
// not make it or its time is over.
func (s *Signer) Check(q url.Values, now time.Time) (id string, ok bool) {
	id, ext := q.Get("mid"), q.Get("ext")
	until, err := strconv.ParseInt(ext, 10, 64)
	if err != nil || !hmac.Equal([]byte(s.sum(id, ext)), []byte(q.Get("hash"))) {
		return "", false
	}
	return id, now.Unix() < until
}

func (s *Signer) sum(id, ext string) string {
	h := hmac.New(sha256.New, s.key[:])
	h.Write([]byte(id + "\x00" + ext))
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}
