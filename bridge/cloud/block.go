package cloud

import (
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

// Limits of blocking (contract, section 5).
const (
	blockCall = 1000
	blockList = 64_000
)

// A blockedUser is one of a phone's blocked users. The block is this server's:
// WhatsApp on the phone does not know of it.
type blockedUser struct {
	Input string `json:"input"`
	WaID  string `json:"wa_id"`
}

type failedUser struct {
	blockedUser
	Errors []userError `json:"errors"`
}

type userError struct {
	Message string `json:"message"`
	Code    int    `json:"code"`
	Data    struct {
		Details string `json:"details"`
	} `json:"error_data"`
}

// A blocking is the answer to blocking and unblocking.
type blocking struct {
	Product string      `json:"messaging_product"`
	Users   blockLists  `json:"block_users"`
	Error   *graphError `json:"error,omitempty"`
}

type blockLists struct {
	Added   []blockedUser `json:"added_users,omitempty"`
	Removed []blockedUser `json:"removed_users,omitempty"`
	Failed  []failedUser  `json:"failed_users,omitempty"`
}

// blockedUsers is GET /{phone}/block_users.
func (a *api) blockedUsers(w http.ResponseWriter, r *http.Request) error {
	phone, p, err := a.onPhone(w, r)
	if err != nil {
		return err
	}
	s, err := p.span()
	if err != nil {
		return err
	}
	found, earlier, later, err := a.blockedPage(r.Context(), phone.ID, s)
	if err != nil {
		return err
	}
	var items []any
	for _, o := range found {
		var u blockedUser
		if err := json.Unmarshal(o.Data, &u); err != nil {
			return err
		}
		items = append(items, node{"messaging_product": "whatsapp", "wa_id": u.WaID})
	}
	var first, last string
	if n := len(found); n > 0 {
		first, last = found[0].ID, found[n-1].ID
	}
	writeJSON(w, http.StatusOK, a.listing(r, items, first, last, earlier, later))
	return nil
}

// blockedPage reads a page, by number. The page before a cursor is cut out of
// the whole list, which the store reads in one direction only.
func (a *api) blockedPage(ctx context.Context, phone string, s span) (page []queue.Object, earlier, later bool, err error) {
	if s.before == "" {
		page, err = a.Store.Objects(ctx, queue.ObjectBlocked, phone, s.after, s.limit+1)
		later = len(page) > s.limit
		return page[:min(len(page), s.limit)], s.after != "", later, err
	}
	list, err := all(ctx, a.Store, queue.ObjectBlocked, phone)
	if err != nil {
		return nil, false, false, err
	}
	high := 0
	for high < len(list) && list[high].ID < s.before {
		high++
	}
	low := max(0, high-s.limit)
	return list[low:high], low > 0, high < len(list), nil
}

// blockUsers is POST /{phone}/block_users.
func (a *api) blockUsers(w http.ResponseWriter, r *http.Request) error {
	return a.changeBlocked(w, r, a.block, func(l *blockLists) *[]blockedUser { return &l.Added })
}

// unblockUsers is DELETE /{phone}/block_users.
func (a *api) unblockUsers(w http.ResponseWriter, r *http.Request) error {
	return a.changeBlocked(w, r, a.unblock, func(l *blockLists) *[]blockedUser { return &l.Removed })
}

// changeBlocked does one change for each user of the call and tells what
// became of each; if one failed, the answer is error 139100 with the lists.
func (a *api) changeBlocked(w http.ResponseWriter, r *http.Request, change func(context.Context, wabridge.Phone, blockedUser) error,
	done func(*blockLists) *[]blockedUser) error {
	phone, p, err := a.onPhone(w, r)
	if err != nil {
		return err
	}
	if err := p.product(); err != nil {
		return err
	}
	inputs, err := p.users()
	if err != nil {
		return err
	}
	out := blocking{Product: "whatsapp"}
	for _, input := range inputs {
		user, err := a.blockable(r.Context(), phone, input)
		if err == nil {
			err = change(r.Context(), phone, user)
		}
		if err == nil {
			*done(&out.Users) = append(*done(&out.Users), user)
			continue
		}
		e := graphErrorOf(err)
		failed := userError{Message: e.Message, Code: e.Code}
		if e.Data != nil {
			failed.Data.Details = e.Data.Details
		}
		out.Users.Failed = append(out.Users.Failed, failedUser{user, []userError{failed}})
	}
	a.reload() // webhooks keep what they know of blocked users for a moment
	status := http.StatusOK
	if n := len(out.Users.Failed); n > 0 {
		out.Error = refuse(wabridge.CodeBlock, "%d of %d users failed; block_users.failed_users tells why", n, len(inputs))
		out.Error.Trace = w.Header().Get("X-Fb-Trace-Id")
		status = http.StatusBadRequest
	}
	writeJSON(w, status, out)
	return nil
}

// users reads block_users: [{"user":"+1650…"}].
func (p params) users() ([]string, error) {
	var list []struct {
		User json.RawMessage `json:"user"`
	}
	if !p.has("block_users") {
		return nil, required("block_users", `give the users as [{"user":"+16505551234"}]`)
	}
	if err := p.lenient("block_users", &list); err != nil {
		return nil, err
	}
	if len(list) == 0 || len(list) > blockCall {
		return nil, say(wabridge.CodeParameter, "(#100) Param block_users must have 1 to 1000 elements.", "block_users: there are %d; make several calls", len(list))
	}
	inputs := make([]string, len(list))
	for i, u := range list {
		s, err := params{"user": u.User}.text("user")
		if err != nil {
			return nil, err
		}
		if s == "" {
			return nil, required("block_users[user]", "give a phone number with country code")
		}
		inputs[i] = s
	}
	return inputs, nil
}

// blockable reads one user's number.
func (a *api) blockable(ctx context.Context, phone wabridge.Phone, input string) (blockedUser, error) {
	u := blockedUser{Input: input}
	number, err := a.readNumber(ctx, phone, input)
	if err != nil {
		return u, err
	}
	u.WaID = number
	if wabridge.SameNumber(number, phone.Number) {
		return u, refuse(wabridge.CodeSelf, "user: this is the phone's own number")
	}
	return u, nil
}

// block puts a user on the list. Who is there already stays as he is.
func (a *api) block(ctx context.Context, phone wabridge.Phone, u blockedUser) error {
	n, err := a.Store.CountObjects(ctx, queue.ObjectBlocked, phone.ID)
	if err != nil {
		return blockError(err)
	}
	if n >= blockList {
		return refuse(wabridge.CodeBlockLimit, "the list holds %d users, which is the most; unblock some", n)
	}
	data, err := json.Marshal(u)
	if err != nil {
		return err
	}
	_, err = a.Store.PutObject(ctx, queue.Object{Kind: queue.ObjectBlocked, Owner: phone.ID, ID: wabridge.Line(u.WaID), Data: data}, time.Now())
	a.blockers.begun(phone.ID)
	if wabridge.CodeOf(err) == wabridge.CodeConflict {
		return nil // blocked already
	}
	return blockError(err)
}

// unblock takes a user off the list.
func (a *api) unblock(ctx context.Context, phone wabridge.Phone, u blockedUser) error {
	defer a.blockers.forget(phone.ID)
	for _, form := range wabridge.NumberForms(u.WaID) { // the list of an older program may have either
		err := a.Store.DeleteObject(ctx, queue.ObjectBlocked, phone.ID, form)
		if err != nil && wabridge.CodeOf(err) != wabridge.CodeNotFound {
			return blockError(err)
		}
	}
	return nil // not blocked: what was wanted is so
}

// blockError is an error of the database in the words of this call.
func blockError(err error) error {
	if err == nil {
		return nil
	}
	e := refuse(wabridge.CodeBlockInternal, "the gateway could not store this; repeat the request later")
	e.cause = err
	return e
}

// barred refuses a message to somebody whom the phone has blocked.
func (a *api) barred(ctx context.Context, phone wabridge.Phone, number string) error {
	if some, err := a.blockers.blocks(ctx, a.Store, phone.ID); err != nil || !some {
		return err
	}
	blocked, err := queue.Blocked(ctx, a.Store, phone.ID, number, time.Now())
	if err != nil || !blocked {
		return err
	}
	return refuse(wabridge.CodeUndeliverable, "to: this number is blocked for this phone by this gateway; unblock it with DELETE /{phone_number_id}/block_users")
}

// blockers remembers which phones have blocked somebody at all, so that most
// messages are accepted without asking the database. Only this handler changes
// the lists.
type blockers struct {
	mu    sync.Mutex
	known map[string]bool // by phone number id
}

// blocks tells whether the phone has blocked anybody. The lock is held while
// the database is asked, so that an older answer never replaces begun.
func (b *blockers) blocks(ctx context.Context, store queue.Objects, phone string) (bool, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	some, known := b.known[phone]
	if known {
		return some, nil
	}
	n, err := store.CountObjects(ctx, queue.ObjectBlocked, phone)
	if err != nil {
		return false, err
	}
	b.set(phone, n > 0)
	return n > 0, nil
}

// begun is said after somebody was blocked, before it is told.
func (b *blockers) begun(phone string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.set(phone, true)
}

// forget is said after somebody was unblocked.
func (b *blockers) forget(phone string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.known, phone)
}

func (b *blockers) set(phone string, some bool) {
	if b.known == nil {
		b.known = map[string]bool{}
	}
	b.known[phone] = some
}
