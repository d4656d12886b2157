package console

import (
	"crypto/rand"
	"encoding/base64"
	"sync"
	"time"
)

// Limits of sessions.
const (
	sessionIdle = 12 * time.Hour      // without a request
	sessionMost = 30 * 24 * time.Hour // since the login
	sessionMax  = 1024                // at one time; the one unused longest gives way
	linkTime    = 5 * time.Minute     // in which a login link is good
)

// A session is one browser that gave a token. The secret is kept in memory
// alone, so that each request asks whether the token still lives; a restart
// of the program ends all sessions.
type session struct {
	secret string
	csrf   string
	began  time.Time
	used   time.Time
}

// sessions are the live ones by their cookie's value, and login links by
// their code.
type sessions struct {
	mu    sync.Mutex
	byID  map[string]*session
	links map[string]link
}

type link struct {
	secret string
	until  time.Time
}

func newSessions() *sessions {
	return &sessions{byID: map[string]*session{}, links: map[string]link{}}
}

// random is 256 bits as 43 base64url characters.
func random() string {
	var b [32]byte
	rand.Read(b[:]) // never fails since Go 1.24
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// begin makes a session for a token's secret and returns its id.
func (s *sessions) begin(secret string, now time.Time) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep(now)
	id := random()
	s.byID[id] = &session{secret: secret, csrf: random(), began: now, used: now}
	return id
}

// find returns a copy of a live session and notes its use.
func (s *sessions) find(id string, now time.Time) (session, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, ok := s.byID[id]
	if !ok {
		return session{}, false
	}
	if found.over(now) {
		delete(s.byID, id)
		return session{}, false
	}
	found.used = now
	return *found, true
}

func (s *session) over(now time.Time) bool {
	return now.Sub(s.used) > sessionIdle || now.Sub(s.began) > sessionMost
}

// end forgets a session.
func (s *sessions) end(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.byID, id)
}

// sweep forgets what is over and, where there are too many, the one that was
// not used for the longest time. It is called with mu held.
func (s *sessions) sweep(now time.Time) {
	oldest := ""
	for id, one := range s.byID {
		if one.over(now) {
			delete(s.byID, id)
		} else if oldest == "" || one.used.Before(s.byID[oldest].used) {
			oldest = id
		}
	}
	if len(s.byID) >= sessionMax {
		delete(s.byID, oldest)
	}
	for code, l := range s.links {
		if now.After(l.until) {
			delete(s.links, code)
		}
	}
}

// link makes a code that logs in once with a token's secret.
func (s *sessions) link(secret string, now time.Time) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep(now)
	code := random()
	s.links[code] = link{secret, now.Add(linkTime)}
	return code
}

// redeem takes a code's secret, once.
func (s *sessions) redeem(code string, now time.Time) (secret string, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l, ok := s.links[code]
	delete(s.links, code)
	return l.secret, ok && !now.After(l.until)
}
