package inbox

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

// memory is a Store in memory, enough for one phone.
type memory struct {
	mu      sync.Mutex
	chats   []wabridge.Chat
	list    []wabridge.Message
	learned map[string]string
	calls   []wabridge.Call // as they came to be, one entry per change
	prints  map[string]wabridge.Call
	fail    error // of the next Reconcile
	stored  chan wabridge.Message
}

func (m *memory) find(ref wabridge.ChatRef) int {
	return slices.IndexFunc(m.chats, func(c wabridge.Chat) bool {
		return ref.JID != "" && c.JID == ref.JID || ref.Number != "" && wabridge.SameNumber(c.Number, ref.Number) ||
			ref.JID == "" && ref.Number == "" && c.Name == ref.Name
	})
}

func (m *memory) Chat(_ context.Context, _ string, ref wabridge.ChatRef) (wabridge.Chat, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if i := m.find(ref); i >= 0 {
		return m.chats[i], nil
	}
	return wabridge.Chat{}, wabridge.Fail(wabridge.CodeNotFound, nil, "no chat")
}

func (m *memory) ChatsNamed(_ context.Context, _, name string, _ int) (out []wabridge.Chat, _ error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, c := range m.chats {
		if c.Name == name {
			out = append(out, c)
		}
	}
	return out, nil
}

// make finds the chat or adds it.
func (m *memory) make(phone string, ref wabridge.ChatRef) wabridge.Chat {
	if i := m.find(ref); i >= 0 {
		return m.chats[i]
	}
	id := ref.JID
	if id == "" {
		id = wabridge.UserJID(ref.Number)
	}
	c := wabridge.Chat{ID: id, Phone: phone, JID: id, Number: ref.Number, Name: ref.Name, Group: ref.Group}
	m.chats = append(m.chats, c)
	return c
}

func (m *memory) Reconcile(_ context.Context, phone string, ref wabridge.ChatRef, limit int,
	decide func(wabridge.Chat, []wabridge.Message) queue.Changes) ([]wabridge.Message, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.fail; err != nil {
		m.fail = nil
		return nil, err
	}
	chat := m.make(phone, ref)
	var known []wabridge.Message
	for _, x := range m.list {
		if x.Chat == chat.ID && x.Direction != wabridge.Out {
			known = append(known, x)
		}
	}
	ch := decide(chat, slices.Clone(known[max(0, len(known)-limit):]))
	for _, u := range ch.Update {
		k := slices.IndexFunc(m.list, func(x wabridge.Message) bool { return x.ID == u.ID })
		x := &m.list[k]
		x.Created, x.Source, x.Number, x.Name, x.Clock = u.Created, u.Source, u.Number, u.Name, u.Clock
	}
	var out []wabridge.Message
	for _, n := range ch.New {
		n.ID, n.Seq, n.Chat, n.Phone, n.State = fmt.Sprint("m", len(m.list)), int64(len(m.list)), chat.ID, phone, wabridge.Received
		m.list = append(m.list, n)
		out = append(out, n)
		if m.stored != nil {
			m.stored <- n
		}
	}
	return out, nil
}

func (m *memory) Learn(_ context.Context, _, jid, number string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.learned == nil {
		m.learned = map[string]string{}
	}
	m.learned[jid] = number
	return nil
}

func (m *memory) Messages(_ context.Context, f queue.MessageFilter) ([]wabridge.Message, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []wabridge.Message
	for _, x := range slices.Backward(m.list) {
		if x.Chat == f.Chat && x.Direction == f.Direction && len(out) < f.Limit {
			out = append(out, x)
		}
	}
	return out, nil
}

// sent records a message of ours, as the lane would.
func (m *memory) sent(ref wabridge.ChatRef, msg wabridge.Message) {
	m.mu.Lock()
	defer m.mu.Unlock()
	msg.Chat = m.make("1", ref).ID
	msg.ID, msg.Seq, msg.Direction = fmt.Sprint("m", len(m.list)), int64(len(m.list)), wabridge.Out
	m.list = append(m.list, msg)
}

// RecordCall implements queue.Calls.
func (m *memory) RecordCall(_ context.Context, c wabridge.Call, print string) (wabridge.Call, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.prints == nil {
		m.prints = map[string]wabridge.Call{}
	}
	was, found := m.prints[print]
	for p, x := range m.prints {
		if !found && c.ID != "" && x.ID == c.ID {
			was, found = x, true
			delete(m.prints, p)
		}
	}
	if found && (was.State == c.State || c.State == wabridge.CallRinging) {
		m.prints[print] = was
		return was, true, nil
	}
	c.ID = was.ID
	if !found {
		c.ID = fmt.Sprint("call ", len(m.prints)+1)
	}
	m.prints[print] = c
	m.calls = append(m.calls, c)
	return c, false, nil
}

// RingingCalls implements queue.Calls.
func (m *memory) RingingCalls(context.Context, string) (map[string]wabridge.Call, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := map[string]wabridge.Call{}
	for p, c := range m.prints {
		if c.State == wabridge.CallRinging {
			out[p] = c
		}
	}
	return out, nil
}
