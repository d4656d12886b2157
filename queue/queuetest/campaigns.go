package queuetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

func testCampaigns(t *testing.T, open Open) {
	each(t, open, map[string]func(*bench){
		"made, loaded, listed":                                 campaignMade,
		"a second message to a chat is a duplicate":            campaignDuplicates,
		"duplicates where they are allowed":                    campaignRepeats,
		"keys tell a repeat from a duplicate":                  campaignKeys,
		"paused: replies pass, resumed: back in line":          campaignPaused,
		"what is being typed is not interrupted":               campaignInterrupted,
		"canceled":                                             campaignCanceled,
		"a pause of many":                                      campaignMany,
		"not before its time, and nobody waits for it":         campaignDue,
		"an older one whose time comes waits for what is sent": campaignBusy,
		"closed hours":                                         campaignHours,
		"hours that close while it waits":                      campaignClosing,
		"expiry while held":                                    campaignExpiry,
		"cancel while held":                                    campaignCancelHeld,
		"opted out before":                                     optedOutBefore,
		"opted out while queued":                               optedOutQueued,
		"words of people":                                      optOutWords,
		"the newest wish counts":                               optOutNewest,
		"the wishes of two chats that become one":              optOutMerged,
	})
}

// campaign makes one.
func (b *bench) campaign(c queue.NewCampaign) wabridge.Campaign {
	b.Helper()
	c.Phone = phone
	got, err := b.PutCampaign(b.ctx, c)
	if err != nil {
		b.Fatalf("put campaign: %v", err)
	}
	return got
}

// part is a message of a campaign.
func part(c wabridge.Campaign, n int) wabridge.Message {
	m := text(number(n), fmt.Sprint(n))
	m.Campaign = c.ID
	return m
}

func (b *bench) hold(c wabridge.Campaign, paused bool) wabridge.Campaign {
	b.Helper()
	got, err := b.HoldCampaign(b.ctx, c.ID, paused, b.now)
	if err != nil {
		b.Fatalf("hold: %v", err)
	}
	return got
}

func (b *bench) counts(c wabridge.Campaign, want map[wabridge.State]int) wabridge.Campaign {
	b.Helper()
	got, err := b.Campaign(b.ctx, c.ID)
	if err != nil {
		b.Fatal(err)
	}
	if fmt.Sprint(got.Counts) != fmt.Sprint(want) {
		b.Errorf("counts: got %v, want %v", got.Counts, want)
	}
	return got
}

func campaignMade(b *bench) {
	c := b.campaign(queue.NewCampaign{Name: "spring"})
	if c.ID == "" || c.State != wabridge.CampaignLoading || c.Name != "spring" || c.Phone != phone {
		b.Errorf("got %+v", c)
	}
	_, err := b.PutCampaign(b.ctx, queue.NewCampaign{ID: c.ID, Phone: phone})
	b.code(err, wabridge.CodeConflict)
	b.accept(part(c, 1), part(c, 2))
	c, err = b.LoadedCampaign(b.ctx, c.ID, 3, b.now)
	if err != nil || c.State != wabridge.CampaignRunning || c.Refused != 3 || c.Accepted != 2 || c.Loaded.IsZero() {
		b.Errorf("loaded: got %+v, %v", c, err)
	}
	b.send(0, "1")
	c = b.counts(c, map[wabridge.State]int{wabridge.Queued: 1, wabridge.Sent: 1})
	if !c.First.Equal(b.now) || !c.Last.Equal(b.now) {
		b.Errorf("first %v, last %v, want %v", c.First, c.Last, b.now)
	}
	typed, err := b.Typed(b.ctx, phone, 10)
	if err != nil || len(typed) != 1 || !typed[0].Equal(b.now) {
		b.Errorf("typed: got %v, %v", typed, err)
	}
	all, err := b.Campaigns(b.ctx, phone, time.Time{}, 10)
	if err != nil || len(all) != 1 || all[0].ID != c.ID || all[0].Accepted != 2 {
		b.Errorf("list: got %+v, %v", all, err)
	}
	if all, err := b.Campaigns(b.ctx, phone, all[0].Created, 10); err != nil || len(all) != 0 {
		b.Errorf("before it: got %+v, %v", all, err)
	}
	if list, err := b.Messages(b.ctx, queue.MessageFilter{Campaign: c.ID, Limit: 10}); err != nil || len(list) != 2 {
		b.Errorf("its messages: got %d, %v", len(list), err)
	}
	if n := len(b.events(queue.EventFilter{Kinds: []wabridge.EventKind{wabridge.EventCampaign}})); n != 2 {
		b.Errorf("events: got %d, want 2", n)
	}
	_, err = b.Campaign(b.ctx, "none")
	b.code(err, wabridge.CodeNotFound)
	_, err = b.HoldCampaign(b.ctx, "none", true, b.now)
	b.code(err, wabridge.CodeNotFound)
	_, err = b.LoadedCampaign(b.ctx, "none", 0, b.now)
	b.code(err, wabridge.CodeNotFound)
	_, err = b.Enqueue(b.ctx, queue.Draft{Message: part(wabridge.Campaign{ID: "none"}, 1)})
	b.code(err, wabridge.CodeNotFound)
}

func campaignDuplicates(b *bench) {
	c := b.campaign(queue.NewCampaign{})
	first := b.accept(part(c, 1))[0]
	got, err := b.Enqueue(b.ctx, queue.Draft{Message: part(c, 2)}, queue.Draft{Message: part(c, 1)}, queue.Draft{Message: part(c, 2)})
	if err != nil {
		b.Fatal(err)
	}
	if got[0].Duplicate || !got[1].Duplicate || got[1].Message.ID != first.ID || !got[2].Duplicate || got[2].Message.ID != got[0].Message.ID {
		b.Errorf("got %+v", got)
	}
	if c := b.counts(c, map[wabridge.State]int{wabridge.Queued: 2}); c.Duplicates != 2 || c.Accepted != 2 {
		b.Errorf("got %+v", c)
	}
	b.accept(text(number(1), "no campaign's"))
}

func campaignRepeats(b *bench) {
	c := b.campaign(queue.NewCampaign{AllowDuplicates: true})
	b.accept(part(c, 1), part(c, 1))
	if c := b.counts(c, map[wabridge.State]int{wabridge.Queued: 2}); c.Duplicates != 0 {
		b.Errorf("got %+v", c)
	}
}

func campaignKeys(b *bench) {
	c := b.campaign(queue.NewCampaign{})
	drafts := []queue.Draft{
		{Message: part(c, 1), Owner: "o", Key: "1", Print: "p"},
		{Message: part(c, 1), Owner: "o", Key: "2", Print: "p"},
	}
	for round := range 3 {
		got, err := b.Enqueue(b.ctx, drafts...)
		if err != nil {
			b.Fatal(err)
		}
		repeated := round > 0
		if got[0].Repeated != repeated || got[1].Repeated != repeated || got[0].Duplicate || !got[1].Duplicate {
			b.Errorf("round %d: got %+v", round, got)
		}
	}
	if c := b.counts(c, map[wabridge.State]int{wabridge.Queued: 1}); c.Duplicates != 1 {
		b.Errorf("got %d duplicates, want 1", c.Duplicates)
	}
	first, ok, err := b.Repeated(b.ctx, drafts[1])
	if err != nil || !ok || !first.Duplicate {
		b.Errorf("repeated: got %+v, %v, %v", first, ok, err)
	}
}

func campaignPaused(b *bench) {
	c := b.campaign(queue.NewCampaign{})
	b.accept(part(c, 1), part(c, 2))
	got := b.hold(c, true)
	if got.State != wabridge.CampaignPaused || got.Held != 2 {
		b.Errorf("paused: got %+v", got)
	}
	b.hold(c, true)
	m := b.accept(part(c, 3))[0]
	if !m.Held || m.State != wabridge.Queued {
		b.Errorf("accepted while paused: got %+v", m)
	}
	b.accept(text(number(1), "reply"))
	b.send(0, "reply")
	b.nothing(0, free)
	b.accept(text(number(1), "second reply"))
	if got := b.hold(c, false); got.State != wabridge.CampaignLoading || got.Held != 0 {
		b.Errorf("resumed: got %+v", got)
	}
	for _, want := range []string{"1", "2", "3", "second reply"} {
		b.send(time.Second, want)
	}
	if n := len(b.events(queue.EventFilter{Kinds: []wabridge.EventKind{wabridge.EventCampaign}})); n != 3 {
		b.Errorf("events: got %d, want 3", n)
	}
}

func campaignInterrupted(b *bench) {
	c := b.campaign(queue.NewCampaign{})
	b.accept(part(c, 1), part(c, 2), part(c, 3))
	one, two, three := b.take(0, "1"), b.take(0, "2"), b.take(0, "3")
	b.hold(c, true)
	b.state(one.ID, wabridge.Sending)
	b.move(one, wabridge.WasSent(b.now))
	b.move(two, wabridge.Released(b.now, time.Time{}, wabridge.CodeSlow, "slow"))
	if m := b.state(two.ID, wabridge.Queued); !m.Held {
		b.Error("a message that came back is not held")
	}
	b.nothing(0, free)
	if _, err := b.CancelCampaign(b.ctx, c.ID, b.now); err != nil {
		b.Fatal(err)
	}
	b.state(two.ID, wabridge.Canceled)
	b.intend(three, 0)
	b.move(three, wabridge.Doubted(b.now, wabridge.CodeAmbiguous, "?"))
	b.move(three, wabridge.ProvenAbsent(b.now, time.Time{}))
	b.state(three.ID, wabridge.Canceled)
}

func campaignCanceled(b *bench) {
	c := b.campaign(queue.NewCampaign{Paused: true})
	ms := b.accept(part(c, 1), part(c, 2))
	other := b.accept(text(number(1), "other"))[0]
	if got, err := b.CancelCampaign(b.ctx, c.ID, b.now); err != nil || got.State != wabridge.CampaignCanceled {
		b.Fatalf("cancel: %+v, %v", got, err)
	}
	b.counts(c, map[wabridge.State]int{wabridge.Canceled: 2})
	if s, err := b.Statuses(b.ctx, ms[0].ID); err != nil || len(s) != 2 {
		b.Errorf("status events: got %d, %v", len(s), err)
	}
	b.state(other.ID, wabridge.Queued)
	_, err := b.Enqueue(b.ctx, queue.Draft{Message: part(c, 3)})
	b.code(err, wabridge.CodeConflict)
	_, err = b.HoldCampaign(b.ctx, c.ID, false, b.now)
	b.code(err, wabridge.CodeConflict)
	_, err = b.CancelCampaign(b.ctx, c.ID, b.now)
	b.code(err, wabridge.CodeNone)
}

func campaignMany(b *bench) {
	c := b.campaign(queue.NewCampaign{})
	const n = 1234
	var all []wabridge.Message
	for i := range n {
		all = append(all, part(c, i))
	}
	b.accept(all...)
	if got := b.hold(c, true); got.Held != n {
		b.Errorf("paused: got %d held, want %d", got.Held, n)
	}
	b.nothing(0, free)
	if got := b.hold(c, false); got.Held != 0 {
		b.Errorf("resumed: got %d held", got.Held)
	}
	b.send(0, "0")
	if _, err := b.CancelCampaign(b.ctx, c.ID, b.now); err != nil {
		b.Fatal(err)
	}
	b.counts(c, map[wabridge.State]int{wabridge.Sent: 1, wabridge.Canceled: n - 1})
}

func campaignDue(b *bench) {
	c := b.campaign(queue.NewCampaign{})
	late := part(c, 1)
	late.Due = b.now.Add(time.Hour)
	if m := b.accept(late)[0]; !m.Held || !m.Due.Equal(late.Due) {
		b.Errorf("got %+v", m)
	}
	plain := text(number(2), "2")
	plain.Due = b.now.Add(time.Hour)
	if m := b.accept(plain)[0]; m.Held {
		b.Error("a plain message with a time is held")
	}
	wish := text(number(3), "3")
	wish.Due, wish.Held = b.now.Add(2*time.Hour), true
	if m := b.accept(wish)[0]; !m.Held {
		b.Error("a message whose caller wishes it is not held")
	}
	b.accept(text(number(1), "reply"), text(number(2), "reply to 2"))
	b.send(0, "reply")
	if again := b.nothing(0, free); !again.Equal(late.Due) {
		b.Errorf("ask again: got %v, want %v", again, late.Due)
	}
	b.accept(text(number(1), "newer"))
	b.send(30*time.Minute, "newer")
	b.accept(text(number(1), "newest"))
	b.send(time.Hour, "1")
	b.send(time.Hour, "newest")
	if m := b.take(time.Hour, "2"); m.Held {
		b.Error("a claimed message is held")
	}
	if again := b.nothing(time.Hour, free); !again.Equal(wish.Due) {
		b.Errorf("ask again: got %v, want %v", again, wish.Due)
	}
	b.send(2*time.Hour, "3")
}

func campaignBusy(b *bench) {
	c := b.campaign(queue.NewCampaign{})
	m := part(c, 1)
	m.Due = b.now.Add(time.Minute)
	b.accept(m)
	b.accept(text(number(1), "newer"), text(number(1), "newest"))
	newer := b.take(0, "newer")
	b.nothing(2*time.Minute, free)
	b.move(newer, wabridge.WasSent(b.now))
	b.send(2*time.Minute, "1")
	b.send(2*time.Minute, "newest")
}

// hoursFrom are hours of one hour that begin at a time.
func hoursFrom(t time.Time) *wabridge.Hours {
	const clock = "15:04:05"
	return &wabridge.Hours{Ranges: [][2]string{{t.UTC().Format(clock), t.Add(time.Hour).UTC().Format(clock)}}, Zone: "+00:00"}
}

func campaignHours(b *bench) {
	opens := b.now.Add(2 * time.Hour).Truncate(time.Second)
	m := text(number(1), "1")
	m.Hours, m.Priority = hoursFrom(opens), queue.Urgent
	if got := b.accept(m)[0]; !got.Held || !got.Due.Equal(opens) || got.Hours == nil || got.Hours.Zone != "+00:00" {
		b.Errorf("got %+v", got)
	}
	b.accept(text(number(1), "reply"))
	b.send(0, "reply")
	if again := b.nothing(0, free); !again.Equal(opens) {
		b.Errorf("ask again: got %v, want %v", again, opens)
	}
	b.send(2*time.Hour, "1")
	m.Hours = &wabridge.Hours{Ranges: [][2]string{{"25:00", "26:00"}}}
	_, err := b.Enqueue(b.ctx, queue.Draft{Message: m})
	b.code(err, wabridge.CodeParameter)
}

func campaignClosing(b *bench) {
	opened := b.now.Add(-30 * time.Minute).Truncate(time.Second)
	c := b.campaign(queue.NewCampaign{})
	for i := range 230 { // more than one claim puts aside
		m := part(c, i)
		m.Hours = hoursFrom(opened)
		if got := b.accept(m)[0]; got.Held {
			b.Fatal("held while its hours are open")
		}
	}
	b.send(0, "0")
	b.accept(text(number(9), "reply"))
	for range 10 {
		m, again := b.claim(time.Hour, free)
		if m != nil {
			if string(m.Text) != "reply" {
				b.Fatalf("got %q, want the reply", string(m.Text))
			}
			b.move(m, wabridge.WasSent(b.now))
			continue
		}
		if again.After(b.now.Add(time.Hour)) {
			if want := opened.AddDate(0, 0, 1); !again.Equal(want) {
				b.Errorf("ask again: got %v, want %v", again, want)
			}
			break
		}
	}
	if got := b.counts(c, map[wabridge.State]int{wabridge.Queued: 229, wabridge.Sent: 1}); got.Held != 229 {
		b.Errorf("got %d held", got.Held)
	}
	b.send(24*time.Hour, "1")
}

func campaignExpiry(b *bench) {
	c := b.campaign(queue.NewCampaign{})
	late, paused := part(c, 1), part(c, 2)
	late.Due, late.Expires = b.now.Add(time.Hour), b.now.Add(time.Minute)
	paused.Expires = b.now.Add(2 * time.Minute)
	b.accept(late, paused)
	b.hold(c, true)
	if again := b.nothing(0, free); !again.Equal(late.Expires) {
		b.Errorf("ask again: got %v, want %v", again, late.Expires)
	}
	b.nothing(2*time.Minute, free)
	b.counts(c, map[wabridge.State]int{wabridge.Expired: 2})
}

func campaignCancelHeld(b *bench) {
	c := b.campaign(queue.NewCampaign{Paused: true})
	m := b.accept(part(c, 1))[0]
	got, err := b.Cancel(b.ctx, m.ID, b.now)
	if err != nil || got.State != wabridge.Canceled || got.Held {
		b.Errorf("got %+v, %v", got, err)
	}
}
