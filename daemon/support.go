package daemon

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
	"github.com/wabridge/wabridge/queue/sqlite"
)

// SupportOptions of Support.
type SupportOptions struct {
	Build  Build
	Values []Value
	Doctor DoctorReport
	// Live fetches a path from the gateway that runs; nil: none does.
	Live func(ctx context.Context, path string) ([]byte, error)
	// Log are the newest lines of the gateway's log, nil if nobody has them.
	Log []byte
	Now time.Time
}

// A SupportFile is one file of a support bundle.
type SupportFile struct {
	Name string `json:"name"`
	Size int    `json:"size"`
	What string `json:"what"`
}

// How much of each a bundle holds.
const (
	supportEvents   = 1000
	supportEvidence = 10 // screens
	supportLog      = 1 << 20
)

// Support writes a support bundle (.tar.gz) that a stranger may see: what the
// program is and how it is doing, without texts, names, numbers, addresses,
// tokens and secrets. A part that cannot be had is replaced by the reason.
func Support(ctx context.Context, cfg Config, o SupportOptions, w io.Writer) ([]SupportFile, error) {
	b := &bundle{ctx: ctx, cfg: cfg, o: o}
	db, err := sqlite.Open(ctx, filepath.Join(cfg.Data, DatabaseFile), sqlite.Options{ReadOnly: true})
	if err == nil {
		defer db.Close()
		b.db = db
	}
	b.scrub = newScrubber(b.words())
	b.json("version.json", "versions of the program, Go and the system", b.version())
	b.json("config.json", "settings and where they were said; what could be private is only said to be set", b.config())
	b.text("doctor.json", "what `wabridge doctor` found", b.scrub.text(marshal(o.Doctor)))
	b.database(err)
	b.live()
	if len(o.Log) > 0 {
		b.text("log.txt", "the newest lines of the log", b.scrub.text(string(tail(o.Log, supportLog))))
	}
	b.evidence()
	return b.write(w)
}

// A bundle is a support bundle in the making.
type bundle struct {
	ctx   context.Context //nolint:containedctx // of one Support
	cfg   Config
	o     SupportOptions
	db    *sqlite.DB // nil: it cannot be read
	scrub *scrubber
	files []SupportFile
	data  [][]byte
}

func (b *bundle) text(name, what, content string) {
	b.files = append(b.files, SupportFile{name, len(content), what})
	b.data = append(b.data, []byte(content))
}

func (b *bundle) json(name, what string, v any) { b.text(name, what, marshal(v)) }

// marshal never fails for what is put in here.
func marshal(v any) string {
	text, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		return err.Error()
	}
	return string(text) + "\n"
}

// words are the names and secrets that this gateway knows.
func (b *bundle) words() []string {
	words := []string{b.cfg.Webhook.Secret, b.cfg.Webhook.VerifyToken, hostOf(b.cfg.Webhook.URL), hostOf(b.cfg.PublicURL), hostOf(b.cfg.Devino.Incoming)}
	if host, err := os.Hostname(); err == nil {
		words = append(words, host)
	}
	if secret, err := os.ReadFile(filepath.Join(b.cfg.Data, TokenFile)); err == nil {
		words = append(words, string(secret))
	}
	for _, p := range b.cfg.Phones {
		words = append(words, p.Name, strings.TrimPrefix(p.Serial, "direct:"), p.PIN)
	}
	if b.db == nil {
		return words
	}
	// What cannot be read now is not in the texts below either, save by chance;
	// their shapes are scrubbed all the same.
	if phones, err := b.db.Phones(b.ctx); err == nil {
		for _, p := range phones {
			words = append(words, p.Name, strings.TrimPrefix(p.Serial, "direct:"))
		}
	}
	if list, err := b.db.Endpoints(b.ctx); err == nil {
		for _, e := range list {
			words = append(words, hostOf(e.URL), e.Secret, e.VerifyToken)
		}
	}
	names, _ := b.db.Names(b.ctx)
	return append(words, names...)
}

// hostOf is the name of the machine that a URL leads to, if it is not this one.
func hostOf(text string) string {
	u, err := url.Parse(text)
	if err != nil || loopback(u.Hostname()) {
		return ""
	}
	return u.Hostname()
}

func (b *bundle) version() map[string]any {
	return map[string]any{
		"wabridge": b.o.Build.Version, "go": runtime.Version(), "system": runtime.GOOS + "/" + runtime.GOARCH,
		"cpus": runtime.NumCPU(), "made": b.o.Now.UTC(), "runs": b.o.Live != nil,
	}
}

func (b *bundle) config() map[string]any {
	type one struct {
		Reach   string `json:"reach"` // direct, network or usb
		Package string `json:"package,omitempty"`
		User    int    `json:"user"`
		PIN     bool   `json:"has_unlock_pin"`
	}
	phones := []one{}
	for _, p := range b.cfg.Phones {
		reach := "usb"
		switch {
		case direct(p):
			reach = "direct"
		case strings.Contains(p.Serial, ":"):
			reach = "network"
		}
		phones = append(phones, one{reach, p.Package, p.User, p.PIN != ""})
	}
	values := slices.Clone(b.o.Values)
	for i := range values {
		// The file's path may name a person.
		if file, line, ok := strings.Cut(values[i].Origin, ", line "); ok {
			values[i].Origin = filepath.Base(file) + ", line " + line
		}
	}
	return map[string]any{"settings": values, "phones": phones}
}

// database adds the check, the counts, the phones and the newest events.
func (b *bundle) database(opened error) {
	if b.db == nil {
		b.text("database.json", "why the database cannot be read", b.scrub.text(fmt.Sprintln(opened)))
		return
	}
	report, err := b.db.Check(b.ctx)
	counts, cerr := b.db.RowCounts(b.ctx)
	answer := map[string]any{"check": report, "rows": counts}
	if err := errors.Join(err, cerr); err != nil {
		answer["error"] = b.scrub.text(err.Error())
	}
	b.json("database.json", "the database's check and its counts", answer)
	b.phones()
	b.events()
}

func (b *bundle) phones() {
	list, err := b.db.Phones(b.ctx)
	if err != nil {
		return
	}
	type one struct {
		ID, Package, Version string
		State                wabridge.PhoneState
		Code                 wabridge.Code
		Reason               string
		Held                 bool
		Changed              time.Time
	}
	var all []one
	for i, p := range list {
		all = append(all, one{fmt.Sprint("phone ", i+1), p.Package, p.Version, p.State, p.Code, b.scrub.text(p.Reason), p.Held, p.Changed})
	}
	b.json("phones.json", "the phones' states", all)
}

// events tells what happened, of messages only how they moved.
func (b *bundle) events() {
	last, err := b.db.LastEvent(b.ctx)
	if err != nil {
		return
	}
	list, _, err := b.db.Events(b.ctx, max(0, last-supportEvents), supportEvents, queue.EventFilter{})
	if err != nil {
		return
	}
	type line struct {
		Number   int64              `json:"number"`
		Kind     wabridge.EventKind `json:"type"`
		At       time.Time          `json:"at"`
		Message  string             `json:"message_id,omitempty"`
		State    string             `json:"state,omitempty"`
		Previous string             `json:"previous,omitempty"`
		Code     wabridge.Code      `json:"code,omitempty"`
		Tries    int                `json:"tries,omitempty"`
		Reason   string             `json:"reason,omitempty"`
	}
	var out strings.Builder
	encode := json.NewEncoder(&out)
	for _, e := range list {
		l := line{Number: e.Number, Kind: e.Kind, At: e.At, Message: e.Message}
		if e.Kind == wabridge.EventStatus || e.Kind == wabridge.EventPhone {
			var d wabridge.StatusData // a phone's has the same names for what is taken
			if json.Unmarshal(e.Data, &d) == nil {
				l.State, l.Previous, l.Code, l.Tries, l.Reason = string(d.State), string(d.Previous), d.Code, d.Tries, b.scrub.text(d.Reason)
			}
		}
		_ = encode.Encode(l) // to memory
	}
	b.text("events.jsonl", fmt.Sprintf("the newest %d events: how messages and phones moved", len(list)), out.String())
}

// live asks the gateway that runs.
func (b *bundle) live() {
	if b.o.Live == nil {
		return
	}
	for _, part := range []struct {
		name, path, what string
		scrub            func(string) string
	}{
		{"readyz.json", "/readyz", "whether the running gateway is ready", b.scrub.text},
		{"metrics.txt", "/metrics", "what the running gateway measures", b.scrub.metrics},
		{"goroutines.txt", GoroutinesPath, "what the running gateway is doing", b.scrub.text},
	} {
		text, err := b.o.Live(b.ctx, part.path)
		if err != nil {
			text = []byte("not to be had: " + err.Error() + "\n")
		}
		b.text(part.name, part.what, part.scrub(string(text)))
	}
}

// evidence adds the newest masked dumps of screens, and no pictures.
func (b *bundle) evidence() {
	root := filepath.Join(b.cfg.Data, evidenceDir)
	var files []string
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && (strings.HasSuffix(path, ".xml") || strings.HasSuffix(path, ".txt")) {
			files = append(files, path)
		}
		return nil //nolint:nilerr // what cannot be read is left out
	})
	if err != nil {
		return
	}
	slices.SortFunc(files, func(a, c string) int { return strings.Compare(filepath.Base(c), filepath.Base(a)) })
	for _, path := range files[:min(len(files), 2*supportEvidence)] {
		if content, err := os.ReadFile(path); err == nil {
			b.text("evidence/"+filepath.Base(path), "a screen that was kept, its texts masked", b.scrub.text(string(content)))
		}
	}
}

// tail is the end of a text, from the beginning of a line.
func tail(text []byte, limit int) []byte {
	if len(text) <= limit {
		return text
	}
	text = text[len(text)-limit:]
	if i := slices.Index(text, '\n'); i >= 0 {
		text = text[i+1:]
	}
	return text
}

// write packs what was collected.
func (b *bundle) write(w io.Writer) ([]SupportFile, error) {
	z := gzip.NewWriter(w)
	t := tar.NewWriter(z)
	for i, f := range b.files {
		err := t.WriteHeader(&tar.Header{Name: "wabridge-support/" + f.Name, Mode: 0o600, Size: int64(f.Size), ModTime: b.o.Now})
		if err == nil {
			_, err = t.Write(b.data[i])
		}
		if err != nil {
			return nil, fmt.Errorf("write the support bundle: %w", err)
		}
	}
	if err := errors.Join(t.Close(), z.Close()); err != nil {
		return nil, fmt.Errorf("write the support bundle: %w", err)
	}
	return b.files, nil
}
