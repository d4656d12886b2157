package file

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/wabridge/wabridge/queue"
)

// maxCached bounds how many links are remembered.
const maxCached = 1024

// A cacheKey is a link of a phone: files are bound to their phone.
type cacheKey struct{ phone, link string }

// A cached link.
type cached struct {
	record        queue.MediaRecord
	until         time.Time // it is good without asking
	etag, changed string    // to ask with
}

func (c cached) fresh(now time.Time) bool { return c.record.ID != "" && now.Before(c.until) }

// condition asks for the file only if it has changed.
func (c cached) condition(h http.Header) {
	if c.record.ID == "" {
		return
	}
	if c.etag != "" {
		h.Set("If-None-Match", c.etag)
	}
	if c.changed != "" {
		h.Set("If-Modified-Since", c.changed)
	}
}

// A policy is what a server says of keeping its answer (RFC 9111, 5.2.2).
type policy struct {
	forbid bool          // no-store
	keep   time.Duration // without asking again
}

// policyOf reads Cache-Control; without one, 10 minutes, which is also the most.
func policyOf(h http.Header) policy {
	p := policy{keep: cacheTime}
	for d := range strings.SplitSeq(strings.Join(h.Values("Cache-Control"), ","), ",") {
		name, value, _ := strings.Cut(strings.ToLower(strings.TrimSpace(d)), "=")
		switch name {
		case "no-store":
			return policy{forbid: true}
		case "no-cache":
			p.keep = 0
		case "max-age":
			seconds, err := strconv.Atoi(strings.Trim(value, `"`))
			if err != nil || seconds < 0 {
				seconds = 0
			}
			p.keep = min(p.keep, time.Duration(min(seconds, 3600))*time.Second)
		}
	}
	return p
}

// plain: the server lets us keep it for as long as we would.
func (p policy) plain() bool { return !p.forbid && p.keep == cacheTime }

// entry is what to remember of an answer; before is what it confirmed.
func (p policy) entry(r queue.MediaRecord, h http.Header, before cached) cached {
	if p.forbid {
		return cached{}
	}
	c := cached{record: r, until: time.Now().Add(p.keep), etag: h.Get("ETag"), changed: h.Get("Last-Modified")}
	if c.etag == "" {
		c.etag = before.etag
	}
	if c.changed == "" {
		c.changed = before.changed
	}
	return c
}

// A cache remembers links and lets one caller at a time fetch each.
type cache struct {
	mu   sync.Mutex
	list map[cacheKey]cached
	busy map[cacheKey]chan struct{} // closed when the fetch ends
}

// lock waits until nobody else fetches the link.
func (c *cache) lock(ctx context.Context, key cacheKey) (unlock func(), err error) {
	for {
		c.mu.Lock()
		wait, busy := c.busy[key]
		if !busy {
			done := make(chan struct{})
			if c.busy == nil {
				c.busy = map[cacheKey]chan struct{}{}
			}
			c.busy[key] = done
			c.mu.Unlock()
			return func() {
				c.mu.Lock()
				delete(c.busy, key)
				c.mu.Unlock()
				close(done)
			}, nil
		}
		c.mu.Unlock()
		select {
		case <-wait:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func (c *cache) get(key cacheKey) (cached, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.list[key]
	return e, ok
}

// put remembers a link; where there is no room, some other one is forgotten.
func (c *cache) put(key cacheKey, e cached) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e.record.ID == "" {
		delete(c.list, key)
		return
	}
	if c.list == nil {
		c.list = map[cacheKey]cached{}
	}
	if _, known := c.list[key]; !known && len(c.list) >= maxCached {
		for other := range c.list {
			delete(c.list, other)
			break
		}
	}
	c.list[key] = e
}
