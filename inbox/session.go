package inbox

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"maps"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/wabridge/wabridge/inbox/notification"
)

// The commands of the loop. logcat starts with the newest line, so that no old
// event wakes us; the first check needs none.
const (
	logcatCommand   = "logcat -b events -v epoch -T 1 -s notification_enqueue:I notification_cancel:I notification_cancel_all:I"
	dumpCommand     = "dumpsys notification --noredact"
	redactedCommand = "dumpsys notification"
	clockCommand    = "getprop persist.sys.timezone; date +%z; date +%s"
)

// A session is the reading over one link.
type session struct {
	r    *Reader
	dev  Device
	wake chan struct{} // capacity 1

	begun bool      // the first check is done
	found time.Time // when a check last found something new

	mu    sync.Mutex
	live  map[string]time.Time // tags of postings that the event log told of
	child bool                 // since the last wake-up, one that may be a chat's

	done map[string]string // fingerprint of each record as stored
	hash maphash.Hash
}

// listen reads the event log until it ends.
func (s *session) listen(stream io.Reader) error {
	lines := bufio.NewReaderSize(stream, 64<<10)
	whole := true // at the beginning of a line
	for {
		line, err := lines.ReadSlice('\n')
		if whole {
			s.event(string(line))
		}
		whole = !errors.Is(err, bufio.ErrBufferFull)
		if err != nil && whole {
			return fmt.Errorf("read logcat: %w", err)
		}
	}
}

// event wakes the loop if a line tells of a posting of our app, or of one that
// cannot be read.
func (s *session) event(line string) {
	ev, ok := parseEvent(line)
	if !ok || !ev.posted || ev.pkg != "" && ev.pkg != s.r.cfg.Phone.Package {
		return
	}
	s.mu.Lock()
	if ev.pkg != "" {
		s.live[ev.tag] = time.Now()
	}
	s.child = s.child || ev.tag != "null"
	s.mu.Unlock()
	select {
	case s.wake <- struct{}{}:
	default: // it is awake already
	}
}

// study reads what changes rarely, beside the loop: the address book.
func (s *session) study(ctx context.Context) {
	for {
		if err := s.r.contacts.Load(ctx, timed{s.dev, contactsLimit}, s.r.cfg.Phone.User); err != nil && ctx.Err() == nil {
			s.r.log.Warn("contacts could not be read", "error", err)
		}
		if ctx.Err() == nil {
			s.r.learned.Do(func() { close(s.r.studied) })
		}
		if !sleep(ctx, contactsEvery) {
			return
		}
	}
}

// readClock learns the phone's time zone and how far its clock is ahead of
// ours; what it does not say stays as it was last known.
func (s *session) readClock(ctx context.Context) error {
	started := time.Now()
	out, err := timed{s.dev, commandLimit}.Output(ctx, clockCommand)
	if err != nil {
		return err
	}
	zone, now := parseClock(out)
	if zone == nil {
		s.r.log.Warn("the phone's time zone is unknown")
	}
	s.r.setClock(zone, now, started.Add(time.Since(started)/2))
	return nil
}

// parseClock reads a zone's name ("America/Manaus") and, for a name that is
// not known here, the offset ("-0400"); and the phone's time in seconds.
func parseClock(out string) (zone *time.Location, now time.Time) {
	for line := range strings.SplitSeq(out, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || len(line) > 64 {
			continue
		}
		if s, err := strconv.ParseInt(line, 10, 64); err == nil && s > 1e9 {
			now = time.Unix(s, 0)
			continue
		}
		if t, err := time.Parse("-0700", line); err == nil {
			if _, offset := t.Zone(); zone == nil {
				zone = time.FixedZone(line, offset)
			}
			continue
		}
		if l, err := time.LoadLocation(line); err == nil && line != "Local" {
			zone = l
		}
	}
	return zone, now
}

// loop checks at the start, at every wake-up and every FullCheck.
func (s *session) loop(ctx context.Context, ended <-chan error) error {
	if err := s.readClock(ctx); err != nil {
		return err
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	late := len(lateLooks) // of lateLooks: the next one to come
	for failures := 0; ; {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-ended:
			return err
		case <-s.wake:
			if !sleep(ctx, joinWindow) {
				return ctx.Err()
			}
			if s.drain() {
				continue
			}
			late = 0
		case <-timer.C:
		}
		found, err := s.check(ctx)
		next := s.r.cfg.FullCheck
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			if failures++; failures >= maxFailures {
				return fmt.Errorf("%w: %w", errFailing, err)
			}
			s.r.log.Warn("notifications could not be read", "error", err)
			next = retryCheck
		default:
			failures = 0
			s.begin()
			if found {
				s.found = time.Now()
			}
			if !found && late < len(lateLooks) {
				next = lateLooks[late]
				late++
			} else {
				late = len(lateLooks)
			}
		}
		timer.Reset(next)
	}
}

// begin tells, after the first whole check, that reading goes on.
func (s *session) begin() {
	if s.begun {
		return
	}
	s.begun = true
	s.r.once.Do(func() { close(s.r.ready) })
	s.r.cfg.OnGap(Gap{Why: "reading began"})
}

// drain forgets the wake-ups of a burst. It tells whether they were for the
// group's summary alone, which follows each message, when the message itself
// has just been found.
func (s *session) drain() (needless bool) {
	select {
	case <-s.wake:
	default:
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	needless = !s.child && time.Since(s.found) < summaryDelay
	s.child = false
	return needless
}

// check reads all notifications and stores what is new; found tells whether
// any of our records had changed.
func (s *session) check(ctx context.Context) (found bool, err error) {
	started := time.Now()
	records, err := s.records(ctx)
	if err != nil {
		return false, err
	}
	var errs []error
	for _, rec := range records {
		if rec.Package != s.r.cfg.Phone.Package || rec.User != s.r.cfg.Phone.User {
			continue
		}
		c := notification.Messages(rec, s.r.cfg.Words)
		if c.Kind != notification.Chat && c.Kind != notification.Hidden {
			continue
		}
		print := s.print(c)
		if s.done[rec.Key] == print {
			continue
		}
		found = true
		if err := s.r.take(ctx, c); err != nil {
			errs = append(errs, err)
			continue
		}
		s.done[rec.Key] = print
	}
	s.forget(records, started)
	return found, errors.Join(errs...)
}

// print is a hash of what a record says; it needs no storing again.
func (s *session) print(c notification.Conversation) string {
	s.hash.Reset()
	fmt.Fprint(&s.hash, c.ChatID, c.Number, c.Chat, c.Doubtful, len(c.Messages))
	for _, m := range c.Messages {
		fmt.Fprintf(&s.hash, "%d %t %d %s %d %s ", m.Time.UnixMilli(), m.Own, len(m.Sender), m.Sender, len(m.Text), m.Text)
	}
	return strconv.FormatUint(s.hash.Sum64(), 36)
}

// forget drops what is no longer posted.
func (s *session) forget(records []notification.Record, started time.Time) {
	keys, tags := map[string]bool{}, map[string]bool{}
	for _, rec := range records {
		keys[rec.Key] = true
		tags[tagOf(rec)] = true
	}
	maps.DeleteFunc(s.done, func(key, _ string) bool { return !keys[key] })
	s.mu.Lock()
	defer s.mu.Unlock()
	maps.DeleteFunc(s.live, func(tag string, at time.Time) bool { return !tags[tag] && at.Before(started) })
}

func tagOf(rec notification.Record) string { return strings.TrimRight(rec.Tag, "\n") }

// maxPairs bounds how often both dumps are read because the list changed in
// between.
const maxPairs = 3

// records reads the notifications. A chat's record that the event log did not
// tell of may be forged (see package notification); then the redacted dump,
// which nobody can write into, must have it too.
func (s *session) records(ctx context.Context) ([]notification.Record, error) {
	for try := 1; ; try++ {
		dump, err := s.dump(ctx, dumpCommand)
		if err != nil {
			return nil, err
		}
		records, err := notification.ParseDump(dump)
		if err != nil {
			return nil, fmt.Errorf("parse notifications: %w", err)
		}
		if s.vouched(records) {
			return records, nil
		}
		redacted, err := s.dump(ctx, redactedCommand)
		if err != nil {
			return nil, err
		}
		headers, err := notification.Headers(redacted)
		if err != nil {
			return nil, fmt.Errorf("parse redacted notifications: %w", err)
		}
		if s.confirm(records, headers) {
			return records, nil
		}
		if try == maxPairs {
			s.r.log.Warn("a notification is not in the redacted list and was left out")
			return notification.ParseTrusted(dump, headers)
		}
	}
}

func (s *session) dump(ctx context.Context, command string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, commandLimit)
	defer cancel()
	out, err := s.dev.Run(ctx, command)
	if err != nil {
		return nil, fmt.Errorf("run %q: %w", command, err)
	}
	return out.Stdout, nil
}

// ours reports whether the record belongs to our app and holds a chat.
func (s *session) ours(rec notification.Record) bool {
	return rec.Package == s.r.cfg.Phone.Package && !rec.Summary && (rec.Shortcut != "" || rec.Count > 0 || strings.Contains(rec.Tag, "@"))
}

// vouched reports whether the event log told of all our records, each once.
func (s *session) vouched(records []notification.Record) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	seen := map[string]bool{}
	for _, rec := range records {
		if !s.ours(rec) {
			continue
		}
		_, ok := s.live[tagOf(rec)]
		if !ok || seen[rec.Key] {
			return false
		}
		seen[rec.Key] = true
	}
	return true
}

// confirm reports whether the redacted list has all our records, and then
// remembers them as told of.
func (s *session) confirm(records []notification.Record, headers map[string]bool) bool {
	for _, rec := range records {
		if s.ours(rec) && !headers[rec.Identity()] {
			return false
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, rec := range records {
		if s.ours(rec) {
			s.live[tagOf(rec)] = time.Now()
		}
	}
	return true
}
