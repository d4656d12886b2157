package queuetest

import (
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

func (b *bench) prefer(n int, value string) wabridge.Preference {
	b.Helper()
	p, err := b.PutPreference(b.ctx, wabridge.Preference{Phone: phone, Number: number(n), Value: value})
	if err != nil {
		b.Fatal(err)
	}
	return p
}

func optedOutBefore(b *bench) {
	p := b.prefer(1, wabridge.PreferenceStop)
	if p.Chat != wabridge.UserJID(number(1)) || p.At.IsZero() {
		b.Errorf("got %+v", p)
	}
	c := b.campaign(queue.NewCampaign{})
	m := b.accept(part(c, 1))[0]
	if m.State != wabridge.Failed || m.Code != wabridge.CodeOptedOut {
		b.Errorf("got %s, code %d", m.State, m.Code)
	}
	if s, err := b.Statuses(b.ctx, m.ID); err != nil || len(s) != 2 {
		b.Errorf("status events: got %d, %v; want queued and failed", len(s), err)
	}
	marketing := text(number(1), "ad")
	marketing.Category = "marketing"
	if m := b.accept(marketing)[0]; m.State != wabridge.Failed {
		b.Errorf("marketing: got %s", m.State)
	}
	b.accept(text(number(1), "service"))
	b.send(0, "service")
	if c := b.counts(c, map[wabridge.State]int{wabridge.Failed: 1}); c.OptedOut != 1 || c.Accepted != 1 {
		b.Errorf("got %+v", c)
	}
	b.prefer(1, wabridge.PreferenceResume)
	b.accept(marketing)
	b.send(0, "ad")
}

func optedOutQueued(b *bench) {
	c := b.campaign(queue.NewCampaign{})
	marketing := text(number(1), "ad")
	marketing.Category = "marketing"
	ms := b.accept(part(c, 1), text(number(1), "service"), marketing, part(c, 2))
	p := b.prefer(1, wabridge.PreferenceStop)
	b.state(ms[0].ID, wabridge.Failed)
	b.state(ms[2].ID, wabridge.Failed)
	b.send(0, "service")
	b.send(0, "2")
	got, err := b.Preference(b.ctx, phone, p.Chat)
	if err != nil || got.Value != wabridge.PreferenceStop {
		b.Errorf("got %+v, %v", got, err)
	}
	_, err = b.Preference(b.ctx, phone, wabridge.UserJID(number(2)))
	b.code(err, wabridge.CodeNotFound)
}

// say lets somebody write.
func (b *bench) say(n int, what string, at time.Time) wabridge.Message {
	b.Helper()
	new, err := b.Reconcile(b.ctx, phone, wabridge.ChatRef{Number: number(n)}, 10, func(wabridge.Chat, []wabridge.Message) queue.Changes {
		return queue.Changes{New: []wabridge.Message{{Text: wabridge.Text(what), Created: at}}}
	})
	if err != nil || len(new) != 1 {
		b.Fatalf("reconcile: %d, %v", len(new), err)
	}
	return new[0]
}

func optOutWords(b *bench) {
	c := b.campaign(queue.NewCampaign{})
	ms := b.accept(part(c, 1), part(c, 2))
	b.say(1, "stop", b.now) // no words are set yet
	b.state(ms[0].ID, wabridge.Queued)
	b.SetOptOut(queue.DefaultOptOut)
	b.say(1, "please do not stop", b.now)
	b.say(1, "START", b.now)
	b.state(ms[0].ID, wabridge.Queued)
	heard := b.say(1, " СТОП! ", b.now)
	b.state(ms[0].ID, wabridge.Failed)
	b.state(ms[1].ID, wabridge.Queued)
	p, err := b.Preference(b.ctx, phone, heard.Chat)
	if err != nil || p.Value != wabridge.PreferenceStop || p.Message != heard.ID || p.Word != "стоп" || !p.At.Equal(b.now) || p.Number != number(1) {
		b.Errorf("got %+v, %v", p, err)
	}
	if stopped, err := b.Preferences(b.ctx, phone, wabridge.PreferenceStop, time.Time{}, 10); err != nil || len(stopped) != 1 {
		b.Errorf("list: got %d, %v", len(stopped), err)
	}
	b.say(1, "start", b.now.Add(time.Second))
	if stopped, err := b.Preferences(b.ctx, "", wabridge.PreferenceStop, time.Time{}, 10); err != nil || len(stopped) != 0 {
		b.Errorf("list after start: got %d, %v", len(stopped), err)
	}
	events := b.events(queue.EventFilter{Kinds: []wabridge.EventKind{wabridge.EventPreference}})
	if len(events) != 2 || events[0].Message != heard.ID {
		b.Errorf("events: got %+v", events)
	}
}

func optOutNewest(b *bench) {
	b.SetOptOut(queue.DefaultOptOut)
	p := b.prefer(1, wabridge.PreferenceResume)
	b.say(1, "stop", p.At.Add(-time.Hour)) // read later, written earlier
	if got, err := b.Preference(b.ctx, phone, p.Chat); err != nil || got.Value != wabridge.PreferenceResume {
		b.Errorf("got %+v, %v", got, err)
	}
}

func optOutMerged(b *bench) {
	b.SetOptOut(queue.DefaultOptOut)
	c := b.campaign(queue.NewCampaign{})
	m := b.accept(part(c, 1))[0]
	const lid = "77@lid"
	_, err := b.Reconcile(b.ctx, phone, wabridge.ChatRef{JID: lid}, 10, func(wabridge.Chat, []wabridge.Message) queue.Changes {
		return queue.Changes{New: []wabridge.Message{{Text: "STOP", Created: b.now}}}
	})
	if err != nil {
		b.Fatal(err)
	}
	b.state(m.ID, wabridge.Queued)
	if err := b.Learn(b.ctx, phone, lid, number(1)); err != nil {
		b.Fatal(err)
	}
	b.nothing(0, free)
	b.state(m.ID, wabridge.Failed)
	if p, err := b.Preference(b.ctx, phone, m.Chat); err != nil || p.Value != wabridge.PreferenceStop {
		b.Errorf("got %+v, %v", p, err)
	}
}
