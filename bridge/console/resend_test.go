package console

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

// token makes a further token that may read and send.
func (d *desk) token(name string) (secret string) {
	d.t.Helper()
	secret = queue.NewSecret()
	_, err := d.db.CreateToken(d.t.Context(), name, secret, []string{queue.ScopeRead, queue.ScopeSend}, time.Now())
	must(d.t, err)
	return secret
}

// sendable counts the messages that wait or may go.
func (d *desk) sendable() int {
	d.t.Helper()
	counts, err := d.db.OutboxCounts(d.t.Context(), "")
	must(d.t, err)
	return counts[wabridge.Queued]
}

// TestSendAgainIsOncePerMessage: messages that ended in random ways are sent
// again by random people with their own tokens, several at the same moment, from
// both pages; each goes once, and its button is gone for all of them.
func TestSendAgainIsOncePerMessage(t *testing.T) {
	d := newDesk(t)
	random := rand.New(rand.NewPCG(1, uint64(time.Now().UnixNano())))
	people := []string{sender, admin}
	for i := range 4 {
		people = append(people, d.token(fmt.Sprint("colleague ", i)))
	}
	ends := [][]wabridge.Move{
		{wabridge.HasFailed(time.Now(), wabridge.CodeUndeliverable, "the app says that this number is not on WhatsApp")},
		{wabridge.HasFailed(time.Now(), wabridge.CodeMediaUpload, "the file is broken")},
		{wabridge.HasExpired(time.Now())}, {wabridge.WasCanceled(time.Now())},
		{wabridge.HasFailed(time.Now(), wabridge.CodeAmbiguous, "it is not known whether it left")},
		{wabridge.HasFailed(time.Now(), wabridge.CodeInternal, "it was restored from a backup")},
		{wabridge.Claimed(time.Now()), wabridge.Doubted(time.Now(), wabridge.CodeAmbiguous, "it may have left"), wabridge.LeftUndecided(time.Now(), "nobody looks for it any more")},
	}
	for n := range 12 {
		ref := wabridge.ChatRef{Number: fmt.Sprintf("1555300%04d", n)}
		m := d.writes(ref, fmt.Sprint("message ", n))
		end := ends[(n+random.IntN(2))%len(ends)]
		if end[0].To() == wabridge.Sending {
			m, end = d.claimsTo(m.Number), end[1:]
		}
		d.moves(m, end...)
		old, err := d.db.Message(t.Context(), m.ID)
		must(t, err)
		if queue.MayHaveLeft(&old) { // without a word of the person it stays
			got := d.ask(people[random.IntN(len(people))], "/console/outbox/"+m.ID+"/retry", url.Values{})
			if got.status != http.StatusUnprocessableEntity || !strings.Contains(got.body, "may have arrived") || d.sendable() != n {
				t.Fatalf("in doubt: %d, %d wait: %s", got.status, d.sendable(), got.body)
			}
		}
		var wg sync.WaitGroup
		for range 2 + random.IntN(6) {
			who := people[random.IntN(len(people))]
			wg.Go(func() {
				got := d.ask(who, "/console/outbox/"+m.ID+"/retry", url.Values{"doubt": {"known"}})
				if got.status != http.StatusSeeOther && got.status != http.StatusUnprocessableEntity {
					t.Errorf("send again: %d %s", got.status, got.body)
				}
			})
		}
		wg.Wait()
		if got := d.sendable(); got != n+1 {
			t.Fatalf("%d messages wait after message %d was sent again, want %d", got, n, n+1)
		}
		for _, who := range people {
			for _, page := range []string{"/console/outbox/" + m.ID, talkPath(phoneID, m.Chat)} {
				body := d.ask(who, page, nil).body
				if strings.Contains(body, "/"+m.ID+"/retry") || !strings.Contains(body, "Sent again") {
					t.Errorf("%s still offers to send %s again", page, m.ID)
				}
			}
		}
	}
}

// claimsTo takes the message to a number into work, and ends those before it.
func (d *desk) claimsTo(number string) wabridge.Message {
	d.t.Helper()
	for {
		m := d.claims()
		if m.Number == number {
			return m
		}
		d.moves(m, wabridge.Deferred(time.Now(), time.Now().Add(time.Hour), wabridge.CodeOffline, "later"))
	}
}

// TestSendAgainKeepsTheRulesOfSending: what a first message is refused for, a
// second one is, too.
func TestSendAgainKeepsTheRulesOfSending(t *testing.T) {
	d := newDesk(t)
	for name, prepare := range map[string]func(m wabridge.Message){
		"The phone is logged out": func(m wabridge.Message) {
			d.moves(m, wabridge.WasCanceled(time.Now()))
			must(t, d.db.SetPhoneState(t.Context(), phoneID, wabridge.PhoneAttention, wabridge.CodeNotRegistered, "WhatsApp is logged out on the phone", time.Now()))
		},
		"wants no campaigns": func(m wabridge.Message) {
			d.moves(m, wabridge.HasFailed(time.Now(), wabridge.CodeOptedOut, "the recipient wants no campaigns"))
		},
		"has not ended": func(wabridge.Message) {},
	} {
		must(t, d.db.SetPhoneState(t.Context(), phoneID, wabridge.PhoneReady, 0, "", time.Now()))
		m := d.writes(ana, name)
		prepare(m)
		before := d.sendable()
		got := d.ask(sender, "/console/outbox/"+m.ID+"/retry", url.Values{"doubt": {"known"}})
		if got.status != http.StatusUnprocessableEntity || !strings.Contains(got.body, name) || d.sendable() != before {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
}

// TestMassSendingBuriesNobody: behind 5,000 lines of a paused campaign, and as
// many messages of a program, the people who wrote stand first, on the first
// page, and quickly; "They wrote" shows them alone.
func TestMassSendingBuriesNobody(t *testing.T) {
	if testing.Short() {
		t.Skip("queues 10,000 messages")
	}
	d := newDesk(t)
	d.says(ana, "Is my order on its way?")
	d.says(bob, "Thanks!")
	made, err := d.db.PutCampaign(t.Context(), queue.NewCampaign{Phone: phoneID, Name: "News", Created: time.Now()})
	must(t, err)
	for i := 0; i < 10_000; i += 1000 {
		var drafts []queue.Draft
		for j := range 1000 {
			n := fmt.Sprintf("1555%07d", i+j)
			m := wabridge.Message{Phone: phoneID, Chat: wabridge.UserJID(n), Number: n, Type: "text", Text: "We open at eight."}
			if i < 5000 {
				m.Campaign = made.ID
			}
			drafts = append(drafts, queue.Draft{Message: m})
		}
		_, err := d.db.Enqueue(t.Context(), drafts...)
		must(t, err)
	}
	_, err = d.db.HoldCampaign(t.Context(), made.ID, true, time.Now())
	must(t, err)
	for _, target := range []string{"/console/inbox", "/console/inbox?phone=" + phoneID, "/console/inbox/list", "/console/inbox?show=wrote"} {
		began := time.Now()
		body := d.ask(reader, target, nil).body
		took := time.Since(began)
		first, second, rest := strings.Index(body, "Bob Miller"), strings.Index(body, "Ana Souza"), strings.Index(body, ">+1555")
		if first < 0 || second < first || rest >= 0 && rest < second {
			t.Errorf("%s: people stand at %d and %d, the campaign at %d", target, first, second, rest)
		}
		if took > time.Second {
			t.Errorf("%s took %v", target, took)
		}
	}
	if body := d.ask(reader, "/console/inbox?show=wrote", nil).body; strings.Contains(body, ">+1555") {
		t.Error("who never wrote is among those who did")
	}
	if body := d.ask(reader, "/console/inbox?phone="+secondID+"&show=wrote", nil).body; !strings.Contains(body, "Nobody has written") {
		t.Error("a phone that nobody wrote to says nothing of it")
	}
}

// TestLastAdminStays: the last token that may make others is not revoked, and
// the page says why; with a second one it goes.
func TestLastAdminStays(t *testing.T) {
	d := newDesk(t)
	list, err := d.db.Tokens(t.Context())
	must(t, err)
	last := ""
	for _, tok := range list {
		if tok.Allows(queue.ScopeAdmin) {
			last = tok.ID
		}
	}
	if body := d.ask(admin, "/console/tokens", nil).body; strings.Contains(body, "/"+last+"/revoke") || !strings.Contains(body, "the last admin") {
		t.Error("the page offers to revoke the last admin token")
	}
	got := d.ask(admin, "/console/tokens/"+last+"/revoke", url.Values{})
	if got.status != http.StatusUnprocessableEntity || !strings.Contains(got.body, "Make another one first") {
		t.Errorf("revoking the last one: %d %s", got.status, got.body)
	}
	if got := d.ask(admin, "/console/tokens", nil); got.status != http.StatusOK {
		t.Fatalf("the last admin is out: %d", got.status)
	}
	_, err = d.db.CreateToken(t.Context(), "Eve", queue.NewSecret(), []string{queue.ScopeAdmin}, time.Now())
	must(t, err)
	if got := d.ask(admin, "/console/tokens/"+last+"/revoke", url.Values{}); got.status != http.StatusSeeOther {
		t.Errorf("revoking one of two: %d %s", got.status, got.body)
	}
}
