package phone

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/adb"
	"github.com/wabridge/wabridge/uiauto/whatsapp"
)

// Files opens the bytes of a file by the SHA-256 of them; package media has it.
type Files interface {
	Open(ctx context.Context, sha256 string) (r io.ReadCloser, size int64, err error)
}

// A pushed file lies on the phone, in a folder of its own, until the app has
// sent it.
type pushed struct {
	folder string // below the session's shelf
	path   string
	uri    string // of Android's media provider
	kind   string
	at     time.Time
}

// keepPushed is how long a file stays on the phone when it was not seen to be
// sent: the app reads it while it uploads.
const keepPushed = 15 * time.Minute

// slowest is the slowest push that is waited for, in bytes a second, beside
// what a send may take anyway.
const slowest = 256 << 10

// shelf is the folder that holds the folders of pushed files. Android's media
// provider does not index what an app cannot see, so it is a public one.
func (s *Session) shelf() string {
	root := "/sdcard"
	if s.cfg.Phone.User != 0 {
		root = "/storage/emulated/" + strconv.Itoa(s.cfg.Phone.User)
	}
	return root + "/Download/wabridge"
}

// mine begins the folders of this phone number: two apps may share a device.
func (s *Session) mine() string { return short(s.cfg.Phone.ID) + "-" }

func short(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:4])
}

// push brings the message's file to the phone, to a name that was never used
// before, and has Android index it.
func (s *Session) push(ctx context.Context, m *wabridge.Message) (*pushed, error) {
	if s.cfg.Files == nil || m.Media.SHA256 == "" {
		return nil, wabridge.Fail(wabridge.CodeMediaUpload, nil, "the file of the message is not here")
	}
	src, _, err := s.cfg.Files.Open(ctx, m.Media.SHA256)
	switch {
	case wabridge.CodeOf(err) == wabridge.CodeNotFound:
		return nil, wabridge.Fail(wabridge.CodeMediaUpload, err, "the file of the message is not here any more")
	case err != nil:
		return nil, err
	}
	defer func() { _ = src.Close() }() // it was only read
	if _, err := s.device(ctx); err != nil {
		return nil, err
	}
	now := time.Now()
	f := &pushed{folder: s.mine() + strconv.FormatInt(now.Unix(), 36) + "-" + short(m.ID+nonce()), kind: whatsapp.KindOf(m), at: now}
	f.path = s.shelf() + "/" + f.folder + "/" + whatsapp.FileName(m)
	s.litter = append(s.litter, *f) // from here on something may lie there
	if err := s.dev.Push(ctx, src, f.path, adb.PushOptions{Mode: 0o660}); err != nil {
		return nil, s.notPushed(err)
	}
	return f, s.index(ctx, f)
}

// notPushed gives the error of a push its code.
func (s *Session) notPushed(err error) error {
	var file *fs.PathError
	switch {
	case errors.As(err, &file) && strings.Contains(strings.ToLower(err.Error()), "no space left"):
		return wabridge.Fail(wabridge.CodeAttention, err, "phone %s has no room for the file: its storage is full; free some of it", s.cfg.Phone.ID)
	case errors.As(err, &file):
		return wabridge.Fail(wabridge.CodeScreen, err, "phone %s does not take the file", s.cfg.Phone.ID)
	}
	if cerr := s.drop(); cerr != nil {
		s.log.Debug("close after error", "err", cerr)
	}
	return s.offline(err)
}

// indexTries is how often the media provider is asked for a file.
const indexTries = 4

// index lets Android know the file and finds its content URI.
func (s *Session) index(ctx context.Context, f *pushed) error {
	for range indexTries {
		out, err := s.runHere(ctx, indexScript(f))
		if err != nil {
			return err
		}
		if f.uri = contentURI(string(out.Stdout), f); f.uri != "" {
			return nil
		}
		if err := pause(ctx, s.cfg.Timing.Again); err != nil {
			return err
		}
	}
	return wabridge.Fail(wabridge.CodeScreen, nil, "phone %s: Android's media provider does not list the file", s.cfg.Phone.ID)
}

// indexScript has a file indexed, by the way of Android 11 and newer or by the
// older broadcast, and lists what the provider knows of it. The list is cut on
// the phone: a condition with a text in it loses its quotes on some ways.
func indexScript(f *pushed) string {
	file := adb.Quote(strings.Replace(f.path, "/sdcard/", "/storage/emulated/0/", 1))
	return `r=$(content call --method scan_file --uri content://media --arg ` + file + ` 2>&1); echo "$r"; ` +
		`case "$r" in *STREAM=content:*) ;; *) ` +
		`am broadcast -a android.intent.action.MEDIA_SCANNER_SCAN_FILE -d ` + adb.Quote("file://"+f.path) + ` >/dev/null 2>&1; ` +
		`content query --uri content://media/external/file --projection _id:_data 2>&1 | grep -F ` + adb.Quote("/"+f.folder+"/") + `;; esac`
}

var (
	streamURI = regexp.MustCompile(`STREAM=(content://media/[a-z_0-9]+/[a-z/]+/[0-9]+)\b`)
	rowID     = regexp.MustCompile(`\b_id=([0-9]+)\b`)
)

// contentURI reads what indexScript printed. A row of the table of files has the
// same number in the table of its kind.
func contentURI(out string, f *pushed) string {
	if m := streamURI.FindStringSubmatch(out); m != nil {
		return m[1]
	}
	for line := range strings.Lines(out) {
		m := rowID.FindStringSubmatch(line)
		if m == nil || !strings.Contains(line, "/"+f.folder+"/") {
			continue
		}
		table := map[string]string{"image": "images/media", "sticker": "images/media", "video": "video/media", "audio": "audio/media", "voice": "audio/media"}[f.kind]
		if table == "" {
			table = "file"
		}
		return "content://media/external/" + table + "/" + m[1]
	}
	return ""
}

// tidy removes a file that the app has sent, or all that lie there too long.
func (s *Session) tidy(ctx context.Context, now time.Time, done string) {
	var rest []pushed
	var gone []string
	for _, f := range s.litter {
		if f.folder == done || now.Sub(f.at) >= keepPushed {
			gone = append(gone, f.folder)
		} else {
			rest = append(rest, f)
		}
	}
	if len(gone) == 0 {
		return
	}
	if _, err := s.runHere(ctx, removeScript(s.shelf(), gone)); err != nil {
		s.log.Debug("pushed files not removed yet", "files", len(gone), "err", err)
		return
	}
	s.litter = rest
}

// removeScript removes folders below the shelf, and the shelf if it is empty.
// Android 11 and newer forget what the media provider knew of them by
// themselves; older ones at their next scan.
func removeScript(shelf string, folders []string) string {
	return "cd " + shelf + " 2>/dev/null && rm -rf " + strings.Join(folders, " ") + "; cd / && rmdir " + shelf + " 2>/dev/null; true"
}

// sweep notes what an earlier process left on the phone, so that it is removed
// in time.
func (s *Session) sweep(ctx context.Context) error {
	out, err := s.run(ctx, s.cfg.Timing.Command, "ls "+s.shelf()+" 2>/dev/null")
	if err != nil {
		return err
	}
	s.swept = true
	for line := range strings.Lines(string(out.Stdout)) {
		folder := strings.TrimSpace(line)
		if at, ok := s.folderTime(folder); ok {
			s.litter = append(s.litter, pushed{folder: folder, at: at})
		}
	}
	return nil
}

var folderForm = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-z]{1,13}-[0-9a-f]{8}$`)

// folderTime reads when a folder of ours was made. One of the future, made by
// another clock, is as old as it can be.
func (s *Session) folderTime(folder string) (time.Time, bool) {
	if !folderForm.MatchString(folder) || !strings.HasPrefix(folder, s.mine()) {
		return time.Time{}, false
	}
	sec, err := strconv.ParseInt(strings.Split(folder, "-")[1], 36, 64)
	if at := time.Unix(sec, 0); err == nil && !at.After(time.Now()) {
		return at, true
	}
	return time.Time{}, true
}

func baseType(mime string) string {
	mime, _, _ = strings.Cut(strings.ToLower(mime), ";")
	return strings.TrimSpace(mime)
}

// shareStart shares a file into the chat of a jid. The grant reaches the app
// because the URI is the intent's data too (facts on Android, section 7:
// reports; not verified on a phone by us).
func shareStart(p wabridge.Phone, jid, mime string, f *pushed, caption string) string {
	uri := adb.Quote(f.uri)
	text := ""
	if strings.TrimSpace(caption) != "" {
		text = " --es android.intent.extra.TEXT " + adb.Quote(caption)
	}
	return fmt.Sprintf("am start%s -a android.intent.action.SEND -t %s -d %s --eu android.intent.extra.STREAM %s --es jid %s%s --grant-read-uri-permission -p %s",
		user(p), adb.Quote(mime), uri, uri, adb.Quote(jid), text, p.Package)
}

// shareType is the type that the file is shared as: a picture that was meant as
// a document must not become one.
func shareType(m *wabridge.Message) string {
	mime := baseType(m.Media.MIME)
	switch kind := whatsapp.KindOf(m); {
	case kind == "contact":
		return "text/x-vcard"
	case mime == "", kind == "document" && !strings.HasPrefix(mime, "application/"):
		return "application/octet-stream"
	}
	return mime
}
