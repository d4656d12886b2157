package inbox

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
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

	begun bool // the first check is done
	posts postings

	mu   sync.Mutex
	live map[string]time.Time // by slot: postings that the event log told of

	done map[string]taken // by key
	hash maphash.Hash
}

// taken says what of a record is stored. One that says the same is not stored
// again, unless it was posted anew after a look into a chat: that took away the
// first, and this is another message with the same second and text.
type taken struct {
	print, hash string
	looks       int
}

// study reads what changes rarely, beside the loop: the address book. Who meets
// an unknown name in between has it read again (Contacts.Refresh).
func (s *session) study(ctx context.Context) {
	load := func(ctx context.Context) error {
		err := s.r.contacts.Load(ctx, timed{s.dev, contactsLimit}, s.r.cfg.Phone.User)
		if err != nil && ctx.Err() == nil {
			s.r.log.Warn("contacts could not be read", "err", err)
		}
		return err
	}
	s.r.contacts.loadWith(load)
	defer s.r.contacts.loadWith(nil)
	s.r.dumpWith(func(ctx context.Context) ([]byte, error) { return s.dump(ctx, dumpCommand) })
	defer s.r.dumpWith(nil)
	for {
		_ = load(ctx) // it is logged; what was known stays
		if ctx.Err() == nil {
			s.r.learned.Do(func() { close(s.r.studied) })
		}
		if !sleep(ctx, contactsEvery) {
			return
		}
	}
}

// loop checks at the start, at every wake-up and every FullCheck.
func (s *session) loop(ctx context.Context, ended <-chan error) error {
	if err := s.readClock(ctx); err != nil {
		return err
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	var late schedule
	for failures := 0; ; {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-ended:
			return err
		case <-s.wake:
			if !s.join(ctx) {
				return ctx.Err()
			}
			late.wake(time.Now())
			if !s.posts.waiting() {
				continue // the check before was late enough for these
			}
		case <-timer.C:
		}
		began := time.Now()
		err := s.check(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			if failures++; failures >= maxFailures {
				return fmt.Errorf("%w: %w", errFailing, err)
			}
			s.r.log.Warn("notifications could not be read", "err", err)
			timer.Reset(retryCheck)
			continue
		}
		failures = 0
		timer.Reset(s.after(&late, began))
	}
}

// after says, after a check that went well, when to check again if nothing
// wakes the loop before.
func (s *session) after(late *schedule, began time.Time) time.Duration {
	if !s.begun { // the event log may have begun later than the check
		s.begin()
		return secondCheck
	}
	if s.posts.waiting() {
		if wait, ok := late.next(began, time.Now()); ok {
			return wait
		}
		s.posts.forget()
	}
	if s.r.calls.ring() {
		return callCheck
	}
	return s.r.cfg.FullCheck
}

// begin tells, after the first whole check, that reading goes on.
func (s *session) begin() {
	s.begun = true
	s.r.once.Do(func() { close(s.r.ready) })
	s.r.cfg.OnGap(Gap{Why: "reading began"})
}

// check reads all notifications and stores what is new.
func (s *session) check(ctx context.Context) error {
	started := time.Now()
	records, err := s.records(ctx)
	if err != nil {
		return err
	}
	var errs []error
	ended := time.Now()
	for _, rec := range records {
		if err := s.take(ctx, rec, started, ended); err != nil {
			errs = append(errs, err)
		}
	}
	if err := s.r.calls.take(ctx, s.calls(records), time.Now(), s.r.caller); err != nil {
		errs = append(errs, err)
	}
	s.forget(records, started)
	return errors.Join(errs...)
}

// take stores what a record says, if it is a chat's and says something new.
func (s *session) take(ctx context.Context, rec notification.Record, began, ended time.Time) error {
	if rec.Package != s.r.cfg.Phone.Package || rec.User != s.r.cfg.Phone.User {
		return nil
	}
	c := notification.Messages(rec, s.r.cfg.Words)
	if c.Kind != notification.Chat && c.Kind != notification.Hidden {
		return nil
	}
	was, is := s.done[rec.Key], taken{s.print(c, s.r.phoneTime(ended)), rec.Hash, s.r.trail.count()}
	if was.print == is.print && (was.hash == is.hash || was.looks == is.looks) {
		return nil
	}
	if err := s.r.take(ctx, c, rec, began, ended); err != nil {
		return err
	}
	s.done[rec.Key] = is
	return nil
}

// calls are what the records of our app tell of calls.
func (s *session) calls(records []notification.Record) (out []notification.Call) {
	for _, rec := range records {
		if rec.Package != s.r.cfg.Phone.Package || rec.User != s.r.cfg.Phone.User {
			continue
		}
		if c, ok := notification.CallOf(rec, s.r.cfg.Words); ok {
			out = append(out, c)
		}
	}
	return out
}

// print is a hash of what a record says at a time by the phone's clock; it needs
// no storing again.
func (s *session) print(c notification.Conversation, now time.Time) string {
	s.hash.Reset()
	fmt.Fprint(&s.hash, c.ChatID, c.Number, c.Chat, c.Doubtful, len(c.Messages))
	for _, m := range c.Messages {
		fmt.Fprintf(&s.hash, "%d %t %t %t %d %s %d %s ", m.Time.UnixMilli(), m.Own, m.URI != "", waitsAt(m.Media, m.Time, now), len(m.Sender), m.Sender, len(m.Text), m.Text)
	}
	return strconv.FormatUint(s.hash.Sum64(), 36)
}

// forget drops what is no longer posted, and the events that were answered.
func (s *session) forget(records []notification.Record, started time.Time) {
	keys, slots := map[string]bool{}, map[string]bool{}
	var mine []notification.Record
	for _, rec := range records {
		keys[rec.Key] = true
		if rec.Package == s.r.cfg.Phone.Package {
			slots[slotOf(rec)] = true
			mine = append(mine, rec)
		}
	}
	maps.DeleteFunc(s.done, func(key string, _ taken) bool { return !keys[key] })
	s.posts.answer(mine)
	s.mu.Lock()
	defer s.mu.Unlock()
	maps.DeleteFunc(s.live, func(slot string, at time.Time) bool { return !slots[slot] && at.Before(started) })
}

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

// ours reports whether the record belongs to our app and holds a chat, or tells
// of a call.
func (s *session) ours(rec notification.Record) bool {
	if rec.Package != s.r.cfg.Phone.Package || rec.Summary {
		return false
	}
	_, call := notification.CallOf(rec, s.r.cfg.Words)
	return call || rec.Shortcut != "" || rec.Count > 0 || strings.Contains(rec.Tag, "@")
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
		_, ok := s.live[slotOf(rec)]
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
			s.live[slotOf(rec)] = time.Now()
		}
	}
	return true
}
