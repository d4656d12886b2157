package twin

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
)

// Ids are UUIDs outside. A message's is the first 16 bytes of its wamid, so it
// needs no table and leads back (see prefixes), whichever interface the message
// came through. The other 8 bytes of a message of this interface name its
// group and, in it, the chunk that keeps what is its alone:
//
//	wamid. base64url( 16 bytes: UUID | 2 bytes: chunk | 6 bytes: group )

const (
	wamidPrefix = "wamid."
	wamidBytes  = 24
)

// A groupKey names a group: an element of `messages` in one call.
type groupKey [6]byte

func newGroupKey() (k groupKey) {
	rand.Read(k[:]) // never fails since Go 1.24
	return k
}

func (k groupKey) String() string { return hex.EncodeToString(k[:]) }

// suffix is how the wamids of the group's messages end.
func (k groupKey) suffix() string { return base64.RawURLEncoding.EncodeToString(k[:]) }

// id is the groupId of a group whose caller gave none: it ends with the key.
func (k groupKey) id() string {
	sum := sha256.Sum256(append([]byte("twin group "), k[:]...))
	var b [16]byte
	copy(b[:], sum[:10])
	copy(b[10:], k[:])
	b[6], b[8] = b[6]&0x0f|0x80, b[8]&0x3f|0x80 // version 8: made as its maker likes (RFC 9562)
	return format(b)
}

// keyOf finds the key in an id that was made by id.
func keyOf(id string) (k groupKey, ok bool) {
	b, ok := parseUUID(id)
	copy(k[:], b[10:])
	return k, ok && k.id() == format(b)
}

// newWamid makes the id of a message.
func newWamid(k groupKey, chunk uint16) string {
	var b [wamidBytes]byte
	rand.Read(b[:16])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80 // version 4
	binary.BigEndian.PutUint16(b[16:], chunk)
	copy(b[18:], k[:])
	return wamidPrefix + base64.RawURLEncoding.EncodeToString(b[:])
}

// split takes a wamid apart. Of one that another interface made, key and chunk
// mean nothing; ok is false for what has another form.
func split(wamid string) (uuid string, k groupKey, chunk uint16, ok bool) {
	text, ok := strings.CutPrefix(wamid, wamidPrefix)
	b, err := base64.RawURLEncoding.DecodeString(text)
	if !ok || err != nil || len(b) != wamidBytes {
		return "", k, 0, false
	}
	copy(k[:], b[18:])
	return format([16]byte(b)), k, binary.BigEndian.Uint16(b[16:]), true
}

// uuidOf is a message's id outside.
func uuidOf(wamid string) string {
	if id, _, _, ok := split(wamid); ok {
		return id
	}
	return derived("message", wamid) // an id of another form; it does not lead back
}

// base64URL are the digits of base64url, in order.
const base64URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

// prefixes are how a wamid may begin whose first 16 bytes these are: 21 digits
// of 6 bits hold 126 bits, the last 2 are the upper ones of the next digit.
func prefixes(uuid string) []string {
	b, ok := parseUUID(uuid)
	if !ok {
		return nil
	}
	head := wamidPrefix + base64.RawURLEncoding.EncodeToString(b[:])[:21]
	top := int(b[15]&0x03) << 4
	out := make([]string, 16)
	for i := range out {
		out[i] = head + string(base64URL[top+i])
	}
	return out
}

// flowMask makes a flowId of a message's id, and back. It leaves a UUID's
// version and variant alone.
var flowMask = [16]byte{0x7b, 0x1d, 0xc6, 0x52, 0x9e, 0x30, 0x0a, 0x8f, 0x15, 0xe3, 0x47, 0xd8, 0x6c, 0xb1, 0x02, 0xf9}

// flow turns a message's id into its flowId, and a flowId into the id. (What a
// flow is at TWIN is not known; here every message is one of its own.)
func flow(id string) string {
	b, ok := parseUUID(id)
	if !ok {
		return ""
	}
	for i := range b {
		b[i] ^= flowMask[i]
	}
	return format(b)
}

// derived is a UUID that is the same for the same text for ever.
func derived(kind, text string) string {
	sum := sha256.Sum256([]byte("twin " + kind + " " + text))
	b := [16]byte(sum[:16])
	b[6], b[8] = b[6]&0x0f|0x80, b[8]&0x3f|0x80
	return format(b)
}

func format(b [16]byte) string {
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// parseUUID reads a UUID in its usual form, in either case.
func parseUUID(s string) (b [16]byte, ok bool) {
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return b, false
	}
	n, err := hex.Decode(b[:], []byte(s[:8]+s[9:13]+s[14:18]+s[19:23]+s[24:]))
	return b, err == nil && n == len(b)
}

// parse reads what String wrote.
func (k *groupKey) parse(s string) bool {
	b, err := hex.DecodeString(s)
	return err == nil && copy(k[:], b) == len(k) && len(b) == len(k)
}
