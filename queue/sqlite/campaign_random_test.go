package sqlite

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

// A storm does random work with campaigns on one database.
type storm struct {
	*testing.T
	db        *DB
	rng       *rand.Rand
	now       time.Time
	campaigns []string
	ids       []string
	claimed   map[string]*wabridge.Message // by chat
}

// TestCampaignStorm: whatever the order of accepting, pausing, resuming,
// canceling, claiming, failing, expiring, opting out, and of crashes in the
// middle of a pause, the rules of Check hold, what is claimed is the oldest
// message of its chat's line, nothing of a paused or canceled campaign is
// claimed, and nothing goes to who wants none.
func TestCampaignStorm(t *testing.T) {
	for seed := range uint64(3) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			s := &storm{T: t, db: openAt(t, tempPath(t), Options{}), rng: rand.New(rand.NewPCG(seed, 1)), now: time.Now(), claimed: map[string]*wabridge.Message{}}
			s.db.SetOptOut(queue.DefaultOptOut)
			for i := range 300 {
				s.now = s.now.Add(time.Duration(s.rng.IntN(20)) * time.Second)
				s.step()
				if i%50 == 49 {
					s.check()
				}
			}
			s.check()
		})
	}
}

func (s *storm) must(err error, allowed ...wabridge.Code) {
	s.Helper()
	for _, c := range allowed {
		if wabridge.CodeOf(err) == c {
			return
		}
	}
	if err != nil {
		s.Fatal(err)
	}
}

func (s *storm) check() {
	s.Helper()
	r, err := s.db.Check(ctx)
	s.must(err)
	if !r.OK() {
		s.Fatalf("%+v", r.Findings)
	}
}

func (s *storm) step() {
	switch n := s.rng.IntN(20); {
	case len(s.campaigns) == 0 || n == 0:
		c, err := s.db.PutCampaign(ctx, queue.NewCampaign{Phone: phone, AllowDuplicates: s.rng.IntN(2) == 0, Paused: s.rng.IntN(4) == 0})
		s.must(err)
		s.campaigns = append(s.campaigns, c.ID)
	case n < 7:
		s.accept()
	case n < 10:
		s.turn()
	case n == 10 && len(s.ids) > 0:
		_, err := s.db.Cancel(ctx, s.ids[s.rng.IntN(len(s.ids))], s.now)
		s.must(err, wabridge.CodeTooLate)
	case n == 11:
		s.say([]string{"stop", "start", "hello"}[s.rng.IntN(3)])
	case n == 12:
		s.claimed = map[string]*wabridge.Message{}
		s.must(s.db.Recover(ctx, phone, s.now))
	case n < 16:
		s.finish()
	default:
		s.claim()
	}
}

func (s *storm) accept() {
	d := textTo(s.rng.IntN(6), "x")
	m := &d.Message
	if s.rng.IntN(3) > 0 {
		m.Campaign = s.campaigns[s.rng.IntN(len(s.campaigns))]
	}
	m.Priority = s.rng.IntN(2)
	if s.rng.IntN(3) == 0 {
		m.Due = s.now.Add(time.Duration(s.rng.IntN(120)) * time.Second)
	}
	if s.rng.IntN(3) == 0 {
		m.Expires = s.now.Add(time.Duration(s.rng.IntN(300)) * time.Second)
	}
	if s.rng.IntN(4) == 0 {
		m.Hours = &wabridge.Hours{Zone: "UTC"}
		from := s.now.Add(time.Duration(s.rng.IntN(240)-120) * time.Second).UTC()
		m.Hours.Ranges = [][2]string{{from.Format("15:04:05"), from.Add(time.Minute).Format("15:04:05")}}
	}
	got, err := s.db.Enqueue(ctx, d)
	s.must(err, wabridge.CodeConflict)
	for _, a := range got {
		s.ids = append(s.ids, a.Message.ID)
	}
}

// turn changes a campaign, or begins to and stops halfway, as a crash does.
func (s *storm) turn() {
	id := s.campaigns[s.rng.IntN(len(s.campaigns))]
	to := []wabridge.CampaignState{wabridge.CampaignPaused, wabridge.CampaignRunning, wabridge.CampaignPaused, wabridge.CampaignRunning, wabridge.CampaignCanceled}[s.rng.IntN(5)]
	if s.rng.IntN(2) == 0 {
		_, err := s.db.turnCampaign(ctx, id, to, s.now)
		s.must(err, wabridge.CodeConflict)
		return
	}
	s.must(s.db.update(ctx, "crash", func(t *tx) error {
		is, err := t.standing(id)
		if err != nil || is.state == wabridge.CampaignCanceled || is.state == to {
			return err
		}
		delete(t.standings, id)
		return t.exec(setCampaign, id, string(to), s.now.UnixMilli())
	}))
}

func (s *storm) say(text string) {
	number := fmt.Sprintf("1555%07d", s.rng.IntN(6))
	_, err := s.db.Reconcile(ctx, phone, wabridge.ChatRef{Number: number}, 5, func(wabridge.Chat, []wabridge.Message) queue.Changes {
		return queue.Changes{New: []wabridge.Message{{Text: wabridge.Text(text), Created: s.now}}}
	})
	s.must(err)
}

func (s *storm) claim() {
	gate := func(m *wabridge.Message, _ queue.Usage, now time.Time) time.Time { return now }
	if s.rng.IntN(4) == 0 {
		gate = func(_ *wabridge.Message, u queue.Usage, now time.Time) time.Time {
			if u.First {
				return now.Add(time.Minute)
			}
			return now
		}
	}
	m, again, err := s.db.Claim(ctx, phone, s.now, time.Minute, gate)
	s.must(err)
	if m == nil {
		s.idle(again)
		return
	}
	if s.claimed[m.Chat] != nil {
		s.Fatalf("two of %s in work", m.Chat)
	}
	s.claimed[m.Chat] = m
	if m.Held || !m.Due.IsZero() && m.Due.After(s.now) || !queue.Opening(m.Hours, m.Number, s.now).Equal(s.now) {
		s.Fatalf("claimed before its time: %+v", m)
	}
	all, err := s.db.Messages(ctx, queue.MessageFilter{Chat: m.Chat, Direction: wabridge.Out, States: []wabridge.State{wabridge.Queued}, Oldest: true, Limit: 1000})
	s.must(err)
	for _, o := range all {
		if o.Seq < m.Seq && !o.Held {
			s.Fatalf("%d was claimed past %d", m.Seq, o.Seq)
		}
	}
	if m.Campaign == "" {
		return
	}
	c, err := s.db.Campaign(ctx, m.Campaign)
	s.must(err)
	p, err := s.db.Preference(ctx, phone, m.Chat)
	s.must(err, wabridge.CodeNotFound)
	if c.State == wabridge.CampaignPaused || c.State == wabridge.CampaignCanceled || p.Value == wabridge.PreferenceStop {
		s.Fatalf("claimed of a campaign that is %s, to a person who wants %q", c.State, p.Value)
	}
}

// idle: the time to ask again is not past unless there is something to do, and
// not later than something becomes due.
func (s *storm) idle(again time.Time) {
	all, err := s.db.Messages(ctx, queue.MessageFilter{Phone: phone, States: []wabridge.State{wabridge.Queued}, Limit: 1000})
	s.must(err)
	for _, m := range all {
		if m.Held && !m.Due.IsZero() && m.Due.After(s.now) && again.IsZero() {
			c, err := s.db.Campaign(ctx, m.Campaign)
			s.must(err, wabridge.CodeNotFound)
			if c.State != wabridge.CampaignPaused {
				s.Fatalf("nothing to wait for, but %+v", m)
			}
		}
	}
}

func (s *storm) finish() {
	for chat, m := range s.claimed {
		delete(s.claimed, chat)
		moves := []wabridge.Move{
			wabridge.WasSent(s.now), wabridge.WasSent(s.now), wabridge.Interrupted(s.now),
			wabridge.Released(s.now, s.now.Add(10*time.Second), wabridge.CodeSlow, "slow"),
			wabridge.HasFailed(s.now, wabridge.CodeUndeliverable, "gone"),
		}
		_, err := s.db.Apply(ctx, m.ID, m.Fence, moves[s.rng.IntN(len(moves))])
		s.must(err)
		return
	}
}
