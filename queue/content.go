package queue

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/wabridge/wabridge"
)

// Where a file came from.
const (
	MediaUpload   = "upload"   // POST /{phone}/media
	MediaLink     = "link"     // fetched for a message that named a URL
	MediaReceived = "received" // from the phone's storage
	MediaMade     = "made"     // by us: a vCard, a cropped picture
)

// A MediaRecord is what the database keeps of a file; the bytes lie in package
// media under Media.SHA256.
type MediaRecord struct {
	wabridge.Media
	Phone   string // the phone number that it is bound to
	Origin  string // MediaUpload …
	URL     string // of MediaLink
	Message string // the message that a received one belongs to
	Created time.Time
	Expires time.Time // zero: never
}

// MediaStore keeps the records of files.
type MediaStore interface {
	// PutMedia stores a record; an ID of decimal digits is made if it has none,
	// and Created is now if it has none. CodeConflict if the ID is taken.
	PutMedia(ctx context.Context, r MediaRecord) (MediaRecord, error)
	// Media finds one that has not expired at now; CodeNotFound.
	Media(ctx context.Context, id string, now time.Time) (MediaRecord, error)
	// MediaByURL finds the newest of a phone fetched from url after since; CodeNotFound.
	MediaByURL(ctx context.Context, phone, url string, since time.Time) (MediaRecord, error)
	// DeleteMedia forgets a record; CodeNotFound.
	DeleteMedia(ctx context.Context, id string) error
	// ExpireMedia forgets the records that expired before now and that no open
	// message needs, at most limit.
	ExpireMedia(ctx context.Context, now time.Time, limit int) (int, error)
	// MediaUsed reports whether a record, or an open message, still needs the
	// bytes of a hash.
	MediaUsed(ctx context.Context, sha256 string) (bool, error)
	// Unattached lists the received messages of a phone whose file is pending
	// (Message.Media.Pending), oldest first. No event of theirs was written yet.
	Unattached(ctx context.Context, phone string, limit int) ([]wabridge.Message, error)
	// Attach ends the waiting for a message's file and writes the message's
	// event: with the record of the file (stored too, under the message's own
	// media id, phone and name, as MediaReceived), or with nil and why there is
	// none (Message.Code and Reason; the message's Media then has no SHA256).
	// Without a record and a code there never was a file: the message only
	// looked like one, and becomes a text.
	// CodeStale if the message does not wait, CodeNotFound if there is none.
	Attach(ctx context.Context, message string, r *MediaRecord, code wabridge.Code, reason string) (wabridge.Message, error)
}

// Kinds of objects.
const (
	ObjectTemplate = "template" // owner: WABA; id: digits; name: TemplateName
	ObjectProfile  = "profile"  // owner: phone, id "profile"
	ObjectBlocked  = "blocked"  // owner: phone, id: wabridge.Line of the number
	ObjectQR       = "qr"       // owner: phone, id: code
	ObjectSettings = "settings" // owner: phone or WABA
	// A notification as the phone showed it; owner: phone, id: the message that was learned from it.
	ObjectNotification = "notification"
	ObjectUpload       = "upload" // owner: phone or "app", id: upload:…
	// A Registration; owner: phone, id "phone".
	ObjectRegistration = "registration"
	// There while the app is not subscribed to the account's webhooks; owner: WABA, id "app".
	ObjectUnsubscribed = "unsubscribed"
)

// An Object is one thing of the Business Management API, kept as its JSON.
type Object struct {
	Kind, Owner, ID string
	Name            string // a second key: "", or the only one of the kind and owner
	Version         int64  // 0: not stored yet
	Data            json.RawMessage
	Created         time.Time
	Changed         time.Time
}

// TemplateName is the Name of a template's Object: language codes are
// compared without regard to case.
func TemplateName(name, language string) string {
	return name + "/" + strings.ToLower(strings.ReplaceAll(language, "-", "_"))
}

// Objects keeps them.
type Objects interface {
	// PutObject stores an object whose stored version is o.Version (0: there
	// is none), and writes the events with it (one without a time gets at);
	// CodeConflict if another change came first, or if the name is another
	// object's. The stored object, one version up, is returned.
	PutObject(ctx context.Context, o Object, at time.Time, events ...wabridge.Event) (Object, error)
	// Object finds one, of any owner if owner is ""; CodeNotFound.
	Object(ctx context.Context, kind, owner, id string) (Object, error)
	// ObjectByName finds one by its second key; CodeNotFound.
	ObjectByName(ctx context.Context, kind, owner, name string) (Object, error)
	// Objects lists those of an owner ("" for all) with an id above after, by id.
	Objects(ctx context.Context, kind, owner, after string, limit int) ([]Object, error)
	// CountObjects counts those of an owner.
	CountObjects(ctx context.Context, kind, owner string) (int, error)
	// DeleteObject forgets one and writes the events with it; CodeNotFound.
	DeleteObject(ctx context.Context, kind, owner, id string, events ...wabridge.Event) error
}

// Calls keeps the calls that came in.
type Calls interface {
	// RecordCall stores a call with its event, once per print; known is true,
	// and nothing is written, if its State is what is stored already. A new
	// State of a known print changes it and its At, with an event; a call that
	// rang does not ring again, and one that was missed stays so. Where the print
	// is not known, a call with an ID is the stored one of that id, and gets this
	// print: one that rang was missed, which another notification tells.
	RecordCall(ctx context.Context, c wabridge.Call, print string) (stored wabridge.Call, known bool, err error)
	// RingingCalls lists the calls of a phone whose end is not known, by print:
	// an earlier process may have left them.
	RingingCalls(ctx context.Context, phone string) (map[string]wabridge.Call, error)
}
