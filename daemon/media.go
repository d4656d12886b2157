package daemon

import (
	"context"
	"fmt"
	"math"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/wabridge/wabridge/backup"
	"github.com/wabridge/wabridge/bridge/file"
	"github.com/wabridge/wabridge/media"
)

// MediaConfig says how much room files get, for how long, and where links may
// lead.
type MediaConfig struct {
	Quota        Size          `koanf:"quota"`
	Reserve      Size          `koanf:"reserve"`
	MaxSize      Size          `koanf:"max_size"`
	KeepUpload   time.Duration `koanf:"keep_upload"`
	KeepReceived time.Duration `koanf:"keep_received"`
	AllowPrivate bool          `koanf:"allow_private"`
	Wait         time.Duration `koanf:"wait"`
}

// A Size is a number of bytes, written as 500KB, 100MB or 10GB; 1 KB is 1024
// bytes.
type Size int64

// String writes it so that it can be read again.
func (s Size) String() string {
	for _, u := range sizeUnits {
		if s != 0 && int64(s)%u.bytes == 0 {
			return strconv.FormatInt(int64(s)/u.bytes, 10) + u.name
		}
	}
	return strconv.FormatInt(int64(s), 10)
}

var sizeUnits = []struct {
	name  string
	bytes int64
}{{"TB", 1 << 40}, {"GB", 1 << 30}, {"MB", 1 << 20}, {"KB", 1 << 10}, {"B", 1}}

// parseSize reads a Size; a number alone is bytes.
func parseSize(text string) (Size, error) {
	word, unit := strings.ToUpper(strings.TrimSpace(text)), int64(1)
	for _, u := range sizeUnits {
		if rest, ok := strings.CutSuffix(word, u.name); ok {
			word, unit = strings.TrimSpace(rest), u.bytes
			break
		}
	}
	n, err := strconv.ParseInt(word, 10, 64)
	if err != nil || n < 0 || n > math.MaxInt64/unit {
		return 0, fmt.Errorf("%q is not a size", text)
	}
	return Size(n * unit), nil
}

// sizes is the decoder's hook for them.
func sizes(_, to reflect.Type, value any) (any, error) {
	text, ok := value.(string)
	if !ok || to != reflect.TypeFor[Size]() {
		return value, nil
	}
	return parseSize(text)
}

func (c MediaConfig) validate(bad report) {
	for _, s := range []struct {
		field string
		value Size
	}{{"quota", c.Quota}, {"reserve", c.Reserve}, {"max_size", c.MaxSize}} {
		if s.value < 0 {
			bad("media."+s.field, "is negative")
		}
	}
	if c.MaxSize == 0 || c.MaxSize > media.MaxDocument {
		bad("media.max_size", "%v is not between 1B and %s, the Cloud API's own limit", c.MaxSize, Size(media.MaxDocument))
	}
	for _, d := range []struct {
		field string
		value time.Duration
	}{{"keep_upload", c.KeepUpload}, {"keep_received", c.KeepReceived}} {
		if d.value < time.Minute {
			bad("media."+d.field, "%v is shorter than a minute, which is the least", d.value)
		}
	}
	if c.Wait < time.Second || c.Wait > time.Hour {
		bad("media.wait", "%v is not between a second and an hour", c.Wait)
	}
}

// mediaDir holds the files, below the data directory.
const mediaDir = backup.MediaName

// openMedia opens the directory of files and what takes them in.
func (d *Daemon) openMedia() (err error) {
	c := d.cfg.Media
	reserve := int64(c.Reserve)
	if reserve == 0 {
		reserve = -1
	}
	d.files, err = media.Open(filepath.Join(d.cfg.Data, mediaDir), media.Options{Quota: int64(c.Quota), Reserve: reserve})
	if err != nil {
		return err
	}
	d.library = file.New(file.Config{
		Files: d.files, Records: d.db, Keep: c.KeepUpload, MaxSize: int64(c.MaxSize), AllowPrivate: c.AllowPrivate,
	})
	d.signer = file.NewSigner()
	d.parts.started("links", func(context.Context) error { d.library.Close(); return nil })
	return nil
}

// cleanMedia forgets the files whose time is over and removes the bytes that
// nobody needs any more.
func (d *Daemon) cleanMedia(ctx context.Context, now time.Time) {
	const step = 500
	expired := 0
	for {
		n, err := d.db.ExpireMedia(ctx, now, step)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			d.log.Warn("old files not forgotten", "err", err)
			return
		}
		if expired += n; n < step {
			break
		}
	}
	removed, err := d.files.Sweep(ctx, now, d.db.MediaUsed)
	switch {
	case ctx.Err() != nil:
	case err != nil:
		d.log.Warn("unused files not removed", "err", err)
	case expired+removed > 0:
		d.log.Info("old files removed", "records", expired, "files", removed, "left", media.Bytes(d.files.Used()))
	}
}
