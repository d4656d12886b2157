package twin

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

// Kinds of the objects that this package keeps, all of the owner "twin", as
// are those of package callback. They stay as long as messages do.
const (
	objectOwner    = "twin"
	objectGroup    = "twin_group"    // id: groupKey
	objectGroupID  = "twin_group_id" // id: a groupId that a caller made up
	objectExternal = "twin_external" // id: groupKey and chunk
)

// kept is what is kept of a group, before its messages: a crash in between
// leaves an object that nothing asks for.
type kept struct {
	GroupID  string          `json:"groupId"`
	BulkID   string          `json:"bulkId"`
	TaskID   string          `json:"taskId,omitempty"`
	Callback string          `json:"callbackUrl,omitempty"`
	ChatID   string          `json:"chatId,omitempty"`
	Channel  json.RawMessage `json:"channel"`
}

// storeGroup keeps a group under a new key.
func (a *api) storeGroup(ctx context.Context, g *group, b *batch, now time.Time) (key groupKey, id string, err error) {
	channel, err := json.Marshal(g.chat)
	if err != nil {
		return key, "", err
	}
	given, _ := scalar(g.given.GroupID)
	for range 3 {
		key = newGroupKey()
		if id = given; id == "" {
			id = key.id()
		}
		data, err := json.Marshal(kept{id, b.bulkID, b.taskID, g.callback, g.chatID, channel})
		if err != nil {
			return key, "", err
		}
		_, err = a.Store.PutObject(ctx, queue.Object{Kind: objectGroup, Owner: objectOwner, ID: key.String(), Data: data}, now)
		switch {
		case wabridge.CodeOf(err) == wabridge.CodeConflict:
			continue // the key is taken, which hardly happens
		case err != nil:
			return key, "", err
		case given != "":
			return key, id, a.noteGroupID(ctx, given, key, now)
		}
		return key, id, nil
	}
	return key, "", fmt.Errorf("keep group: no free key was found")
}

// noteGroupID notes that a groupId means a key, beside the keys of earlier
// calls that named it.
func (a *api) noteGroupID(ctx context.Context, id string, key groupKey, now time.Time) error {
	for range 10 {
		o, keys, err := a.keysNamed(ctx, id)
		if err != nil {
			return err
		}
		data, err := json.Marshal(append(keys, key.String()))
		if err != nil {
			return err
		}
		_, err = a.Store.PutObject(ctx, queue.Object{Kind: objectGroupID, Owner: objectOwner, ID: id, Version: o.Version, Data: data}, now)
		if wabridge.CodeOf(err) != wabridge.CodeConflict {
			return err
		}
	}
	return wabridge.Fail(wabridge.CodeStorage, nil, "groupId %s is changed by too many at one time", id)
}

func (a *api) keysNamed(ctx context.Context, id string) (o queue.Object, keys []string, err error) {
	o, err = a.Store.Object(ctx, objectGroupID, objectOwner, id)
	if wabridge.CodeOf(err) == wabridge.CodeNotFound {
		return queue.Object{}, nil, nil
	}
	if err == nil {
		err = json.Unmarshal(o.Data, &keys)
	}
	return o, keys, err
}

// groupsOf finds the groups of a groupId.
func (a *api) groupsOf(ctx context.Context, id string) (found []groupKey, bulks []string, err error) {
	var keys []string
	if k, ok := keyOf(id); ok {
		keys = []string{k.String()}
	}
	_, named, err := a.keysNamed(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	for _, hex := range append(keys, named...) {
		var k groupKey
		if !k.parse(hex) {
			continue
		}
		g, ok, err := readGroup(ctx, a.Store, k)
		if err != nil {
			return nil, nil, err
		}
		if ok && g.GroupID == id {
			found, bulks = append(found, k), append(bulks, g.BulkID)
		}
	}
	return found, bulks, nil
}

// objects is what reading groups needs of the database.
type objects interface {
	Object(ctx context.Context, kind, owner, id string) (queue.Object, error)
}

// readGroup reads what is kept of a group; ok is false if there is none.
func readGroup(ctx context.Context, store objects, k groupKey) (g kept, ok bool, err error) {
	o, err := store.Object(ctx, objectGroup, objectOwner, k.String())
	if wabridge.CodeOf(err) == wabridge.CodeNotFound {
		return g, false, nil
	}
	if err != nil {
		return g, false, err
	}
	return g, json.Unmarshal(o.Data, &g) == nil, nil
}

// groupOf finds the group of a message; ok is false for one that came through
// another interface.
func groupOf(ctx context.Context, store objects, m wabridge.Message) (g kept, ok bool, err error) {
	_, k, _, ok := split(m.ID)
	if !ok || m.Campaign == "" {
		return g, false, nil
	}
	g, ok, err = readGroup(ctx, store, k)
	return g, ok && g.BulkID == m.Campaign, err // by chance its id may end like a group's
}

// A details remembers groups and external ids while one call is answered.
type details struct {
	store    objects
	mu       sync.Mutex
	groups   map[groupKey]*kept
	external map[string]map[string]string
}

func newDetails(store objects) *details {
	return &details{store: store, groups: map[groupKey]*kept{}, external: map[string]map[string]string{}}
}

// of finds what is kept of a message beside itself; nil for one that came
// through another interface.
func (d *details) of(ctx context.Context, m wabridge.Message) (*kept, string, error) {
	_, k, chunk, ok := split(m.ID)
	if !ok || m.Campaign == "" {
		return nil, "", nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	g, known := d.groups[k]
	if !known {
		read, ok, err := readGroup(ctx, d.store, k)
		if err != nil {
			return nil, "", err
		}
		if ok {
			g = &read
		}
		d.groups[k] = g
	}
	if g == nil || g.BulkID != m.Campaign {
		return nil, "", nil
	}
	id := externalID(k, chunk)
	ids, known := d.external[id]
	if !known {
		o, err := d.store.Object(ctx, objectExternal, objectOwner, id)
		if err != nil && wabridge.CodeOf(err) != wabridge.CodeNotFound {
			return nil, "", err
		}
		if err == nil {
			_ = json.Unmarshal(o.Data, &ids) // what another version wrote has none
		}
		d.external[id] = ids
	}
	return g, ids[m.ID], nil
}

func externalID(k groupKey, chunk uint16) string { return fmt.Sprintf("%s-%04x", k, chunk) }

// storeExternal keeps the externalIds of a chunk of messages.
func (a *api) storeExternal(ctx context.Context, c chunk, now time.Time) error {
	byObject := map[string]map[string]string{}
	for _, t := range c.trips {
		if t.external == "" {
			continue
		}
		_, k, n, _ := split(t.Message.ID)
		id := externalID(k, n)
		if byObject[id] == nil {
			byObject[id] = map[string]string{}
		}
		byObject[id][t.Message.ID] = t.external
	}
	ids := make([]string, 0, len(byObject))
	for id := range byObject {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		data, err := json.Marshal(byObject[id])
		if err != nil {
			return err
		}
		if _, err := a.Store.PutObject(ctx, queue.Object{Kind: objectExternal, Owner: objectOwner, ID: id, Data: data}, now); err != nil {
			return err
		}
	}
	return nil
}

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
