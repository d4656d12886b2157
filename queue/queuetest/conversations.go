package queuetest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

func testConversations(t *testing.T, open Open) {
	each(t, open, map[string]func(*bench){
		"people first, with what was said last": conversationList,
		"mass sending buries nobody":            conversationMassSending,
		"unread until seen":                     conversationUnread,
		"an answer on the phone is a reading":   conversationEcho,
		"unread of two chats that become one":   conversationMerge,
		"a talk in pages":                       conversationTalk,
		"found by name, number and text":        conversationSearch,
	})
}

// says records a message of a person, or one typed on the phone.
func (b *bench) says(ref wabridge.ChatRef, direction wabridge.Direction, words string) wabridge.Message {
	b.Helper()
	b.now = b.now.Add(time.Second)
	got, err := b.Reconcile(b.ctx, phone, ref, 0, func(wabridge.Chat, []wabridge.Message) queue.Changes {
		return queue.Changes{New: []wabridge.Message{{Text: wabridge.Text(words), Direction: direction, Created: b.now}}}
	})
	if err != nil || len(got) != 1 {
		b.Fatalf("reconcile: %v, %v", got, err)
	}
	return got[0]
}

// shown is a list of conversations in one line: "Ana 2 (hi)".
func (b *bench) shown(list []queue.Conversation, err error) string {
	b.Helper()
	if err != nil {
		b.Fatalf("conversations: %v", err)
	}
	var out []string
	for _, c := range list {
		name := c.Name
		if name == "" {
			name = c.Number
		}
		out = append(out, fmt.Sprintf("%s %d (%s)", name, c.Unread, string(c.Last.Text)))
	}
	return strings.Join(out, ", ")
}

func (b *bench) conversations(f queue.ConversationFilter) string {
	b.Helper()
	if f.Limit == 0 {
		f.Limit = 100
	}
	return b.shown(b.Conversations(b.ctx, f))
}

var (
	ana = wabridge.ChatRef{Number: "15550000001", Name: "Ana"}
	bob = wabridge.ChatRef{Number: "15550000002", Name: "Иван"}
)

func (b *bench) same(what, got, want string) {
	b.Helper()
	if got != want {
		b.Errorf("%s:\n got %s\nwant %s", what, got, want)
	}
}

func conversationList(b *bench) {
	b.now = b.now.Add(-time.Hour)
	b.says(ana, wabridge.In, "hi")
	b.says(bob, wabridge.In, "one")
	b.says(ana, wabridge.In, "ho")
	b.same("all", b.conversations(queue.ConversationFilter{}), "Ana 2 (ho), Иван 1 (one)")
	b.accept(text(number(7), "news"))
	b.same("with one of a program's", b.conversations(queue.ConversationFilter{}), "Ana 2 (ho), Иван 1 (one), "+number(7)+" 0 (news)")
	b.same("unread", b.conversations(queue.ConversationFilter{Unread: true}), "Ana 2 (ho), Иван 1 (one)")
	b.same("of another phone", b.conversations(queue.ConversationFilter{Phone: "9"}), "")
	for _, f := range []queue.ConversationFilter{{Limit: 1}, {Phone: phone, Limit: 1}, {Limit: 2}, {Phone: phone, Limit: 2}} {
		var pages []queue.Conversation
		for {
			page, err := b.Conversations(b.ctx, f)
			if err != nil {
				b.Fatal(err)
			}
			if pages = append(pages, page...); len(page) < f.Limit {
				break
			}
			f.After = page[len(page)-1].Position
		}
		b.same("in pages", b.shown(pages, nil), "Ana 2 (ho), Иван 1 (one), "+number(7)+" 0 (news)")
	}
	b.same("they wrote", b.conversations(queue.ConversationFilter{Wrote: true}), "Ana 2 (ho), Иван 1 (one)")
	if _, err := b.Conversations(b.ctx, queue.ConversationFilter{After: "x"}); wabridge.CodeOf(err) != wabridge.CodeParameter {
		b.Errorf("no place in the list: %v, want CodeParameter", err)
	}
	c, err := b.Conversation(b.ctx, phone, wabridge.UserJID("15550000001"))
	b.same("one", b.shown([]queue.Conversation{c}, err), "Ana 2 (ho)")
	if _, err := b.Conversation(b.ctx, phone, "x"); wabridge.CodeOf(err) != wabridge.CodeNotFound {
		b.Errorf("no such chat: %v, want CodeNotFound", err)
	}
}

// conversationMassSending: whatever programs send, to strangers or to people
// who wrote long ago, the order of those who wrote stays. What a person writes
// does rank.
func conversationMassSending(b *bench) {
	b.now = b.now.Add(-time.Hour)
	b.says(bob, wabridge.In, "long ago")
	b.says(ana, wabridge.In, "a question")
	news := text("15550000002", "news")
	for i := range 30 {
		b.accept(text(number(100+i), "news"))
	}
	b.accept(news)
	first, err := b.Conversations(b.ctx, queue.ConversationFilter{Limit: 2})
	b.same("after mass sending", b.shown(first, err), "Ana 1 (a question), Иван 1 (news)")
	typed := text(number(7), "good morning")
	typed.Source = wabridge.SourceConsole
	b.accept(typed)
	first, err = b.Conversations(b.ctx, queue.ConversationFilter{Limit: 2})
	b.same("after a person wrote", b.shown(first, err), number(7)+" 0 (good morning), Ana 1 (a question)")
	// A chat of which only the @lid was known wrote; its number had campaigns alone.
	b.says(wabridge.ChatRef{JID: "77@lid", Name: "Lena"}, wabridge.In, "hello")
	if err := b.Learn(b.ctx, phone, "77@lid", number(110)); err != nil {
		b.Fatal(err)
	}
	first, err = b.Conversations(b.ctx, queue.ConversationFilter{Wrote: true, Limit: 1})
	if err != nil || len(first) != 1 || first[0].Number != number(110) {
		b.Errorf("a chat that became one with another: %+v, %v", first, err)
	}
	b.says(wabridge.ChatRef{Number: number(105), Name: "Eve"}, wabridge.In, "yes please")
	first, err = b.Conversations(b.ctx, queue.ConversationFilter{Wrote: true, Limit: 3})
	b.same("they wrote", b.shown(first, err), "Eve 1 (yes please), Lena 1 (hello), Ana 1 (a question)")
}

func conversationUnread(b *bench) {
	first := b.says(ana, wabridge.In, "1")
	b.says(ana, wabridge.In, "2")
	if err := b.Seen(b.ctx, phone, first.Chat, first.Seq); err != nil {
		b.Fatal(err)
	}
	b.same("the first was seen", b.conversations(queue.ConversationFilter{}), "Ana 1 (2)")
	last := b.says(ana, wabridge.In, "3")
	if err := b.Seen(b.ctx, phone, first.Chat, last.Seq); err != nil {
		b.Fatal(err)
	}
	b.same("all were seen", b.conversations(queue.ConversationFilter{}), "Ana 0 (3)")
	b.same("unread", b.conversations(queue.ConversationFilter{Unread: true}), "")
}

func conversationEcho(b *bench) {
	b.says(ana, wabridge.In, "1")
	b.says(ana, wabridge.Echo, "2")
	b.same("answered", b.conversations(queue.ConversationFilter{}), "Ana 0 (2)")
}

func conversationMerge(b *bench) {
	lid := wabridge.ChatRef{JID: "77@lid", Name: "Ana"}
	b.says(ana, wabridge.In, "1")
	b.says(lid, wabridge.In, "2")
	if err := b.Learn(b.ctx, phone, "77@lid", ana.Number); err != nil {
		b.Fatal(err)
	}
	b.same("both", b.conversations(queue.ConversationFilter{}), "Ana 2 (2)")
	c, err := b.Conversation(b.ctx, phone, "77@lid")
	b.same("by its @lid", b.shown([]queue.Conversation{c}, err), "Ana 2 (2)")
}

func conversationTalk(b *bench) {
	chat := ""
	for i := range 5 {
		chat = b.says(ana, wabridge.In, fmt.Sprint(i)).Chat
	}
	b.says(bob, wabridge.In, "other")
	read := func(before int64, limit int) (words string, last int64) {
		got, err := b.Talk(b.ctx, phone, chat, before, limit)
		if err != nil {
			b.Fatal(err)
		}
		for _, m := range got {
			words, last = words+string(m.Text), m.Seq
		}
		return words, last
	}
	words, last := read(0, 3)
	b.same("newest", words, "432")
	words, _ = read(last, 3)
	b.same("older", words, "10")
}

func conversationSearch(b *bench) {
	b.says(ana, wabridge.In, "Привет, 100% sure_thing")
	b.says(bob, wabridge.In, "HELLO there")
	for words, want := range map[string]string{"an": "Ana", "ИВАН": "Иван", "иван": "Иван", "00002": "Иван", "+1 555 000": "Иван Ana", "zz": "", " ": "", "_": ""} {
		got, err := b.FindPeople(b.ctx, "", words, 10)
		if err != nil {
			b.Fatal(err)
		}
		var names []string
		for _, c := range got {
			names = append(names, c.Name)
		}
		b.same("people of "+words, strings.Join(names, " "), want)
	}
	for words, want := range map[string]int{"hello": 1, "привет": 1, "ПРИВЕТ": 1, "риве": 1, "100%": 1, "0%s": 0, "e_t": 1, "\xff": 0, "": 0} {
		got, err := b.FindTexts(b.ctx, phone, words, 10)
		if err != nil {
			b.Fatal(err)
		}
		if len(got) != want {
			b.Errorf("texts of %q: %d, want %d", words, len(got), want)
		}
	}
	if got, err := b.FindTexts(b.ctx, "9", "hello", 10); err != nil || len(got) != 0 {
		b.Errorf("texts of another phone: %v, %v", got, err)
	}
}

func testOutbox(t *testing.T, open Open) {
	each(t, open, map[string]func(*bench){
		"by state":           outboxStates,
		"priority of queued": outboxPriority,
	})
}

func outboxStates(b *bench) {
	all := b.accept(text(number(1), "a"), text(number(2), "b"), text(number(3), "c"), text(number(4), "d"))
	if _, err := b.Cancel(b.ctx, all[0].ID, b.now); err != nil {
		b.Fatal(err)
	}
	if _, err := b.Apply(b.ctx, all[1].ID, 0, wabridge.HasFailed(b.now, wabridge.CodeUndeliverable, "gone")); err != nil {
		b.Fatal(err)
	}
	b.says(ana, wabridge.In, "not of the outbox")
	counts, err := b.OutboxCounts(b.ctx, "")
	if err != nil {
		b.Fatal(err)
	}
	if diff := cmp.Diff(map[wabridge.State]int{wabridge.Canceled: 1, wabridge.Failed: 1, wabridge.Queued: 2}, counts); diff != "" {
		b.Errorf("counts: %s", diff)
	}
	page := func(phone string, state wabridge.State, oldest bool, at int64) (words string) {
		got, err := b.OutboxPage(b.ctx, phone, state, oldest, at, 10)
		if err != nil {
			b.Fatal(err)
		}
		for _, m := range got {
			words += string(m.Text)
		}
		return words
	}
	b.same("queued", page("", wabridge.Queued, true, 0), "cd")
	b.same("queued, newest", page(phone, wabridge.Queued, false, 0), "dc")
	b.same("the next of them", page(phone, wabridge.Queued, true, all[2].Seq), "d")
	b.same("failed", page("", wabridge.Failed, false, 0), "b")
	b.same("of another phone", page("9", wabridge.Queued, true, 0), "")
}

func outboxPriority(b *bench) {
	all := b.accept(text(number(1), "a"), text(number(2), "b"))
	if _, err := b.Prioritize(b.ctx, all[1].ID, 100); err != nil {
		b.Fatal(err)
	}
	m, _, err := b.Claim(b.ctx, phone, b.now.Add(time.Second), time.Minute, queue.Pacing{}.Gate)
	if err != nil || m == nil || m.ID != all[1].ID || m.Priority != 100 {
		b.Fatalf("the first claim is %+v (%v), want the one that was put forward", m, err)
	}
	if _, err := b.Prioritize(b.ctx, all[1].ID, 0); wabridge.CodeOf(err) != wabridge.CodeTooLate {
		b.Errorf("priority of one that is being sent: %v, want CodeTooLate", err)
	}
	if _, err := b.Prioritize(b.ctx, "x", 0); wabridge.CodeOf(err) != wabridge.CodeNotFound {
		b.Errorf("priority of none: %v, want CodeNotFound", err)
	}
}
