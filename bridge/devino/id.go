package devino

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

// seqBits are the low bits of a number; above them stands the time in
// milliseconds. Numbers have 19 digits until 2109, as Devino's have.
const seqBits = 21

// number is a message's id in this interface: made of what the database keeps
// of the message, so it needs no table, is the same for ever, and does not
// come again in another database.
func number(created time.Time, seq int64) int64 {
	return created.UnixMilli()<<seqBits | seq&(1<<seqBits-1)
}

func itoa[T int | int64](n T) string { return strconv.FormatInt(int64(n), 10) }

// Kinds of the objects that this package keeps, all of the owner "devino", as
// are those of package callback.
const (
	objectOwner     = "devino"
	objectCallbacks = "devino_callbacks" // of one call; id: batch
	objectKey       = "devino_key"       // signs the addresses of incoming files
)

// A batch is one call. Its messages' ids begin with its own, so that a status
// event leads to the addresses that the call named, and one commit keeps all
// of them. Ids grow with time.
type batch [16]byte

func newBatch(now time.Time) (b batch) {
	rand.Read(b[:]) // never fails since Go 1.24
	for i, ms := 0, uint64(now.UnixMilli()); i < 6; i++ {
		b[i] = byte(ms >> (40 - 8*i))
	}
	return b
}

const wamidPrefix = "wamid."

// wamid is the id of the i-th message: 24 bytes like all others'.
func (b batch) wamid(i int) string {
	var id [24]byte
	rand.Read(id[:])
	copy(id[:], b[:])
	id[16] = byte(i)
	return wamidPrefix + base64.RawURLEncoding.EncodeToString(id[:])
}

// batchOf is the batch that a message would belong to, "" if it cannot.
func batchOf(wamid string) string {
	text, ok := strings.CutPrefix(wamid, wamidPrefix)
	id, err := base64.RawURLEncoding.DecodeString(text)
	if !ok || err != nil || len(id) != 24 {
		return ""
	}
	return hex.EncodeToString(id[:16])
}

// born is when a batch of this id was made; zero if it is none.
func born(id string) time.Time {
	b, err := hex.DecodeString(id)
	if err != nil || len(b) != 16 {
		return time.Time{}
	}
	var ms int64
	for _, x := range b[:6] {
		ms = ms<<8 | int64(x)
	}
	return time.UnixMilli(ms)
}

// store keeps the callback addresses of a call, before its messages: a crash
// in between leaves addresses that nothing asks for.
func (b batch) store(ctx context.Context, store queue.Objects, urls map[string]string, now time.Time) error {
	if len(urls) == 0 {
		return nil
	}
	data, err := json.Marshal(urls)
	if err != nil {
		return err
	}
	_, err = store.PutObject(ctx, queue.Object{Kind: objectCallbacks, Owner: objectOwner, ID: hex.EncodeToString(b[:]), Data: data}, now)
	return err
}

// callbackOf finds the address for a message's statuses; "" if there is none.
func callbackOf(ctx context.Context, store queue.Objects, wamid string) (string, error) {
	id := batchOf(wamid)
	if id == "" {
		return "", nil
	}
	o, err := store.Object(ctx, objectCallbacks, objectOwner, id)
	if wabridge.CodeOf(err) == wabridge.CodeNotFound {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	var urls map[string]string
	if err := json.Unmarshal(o.Data, &urls); err != nil {
		return "", nil // not ours to judge; written by another version
	}
	return urls[wamid], nil
}
