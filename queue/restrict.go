package queue

import (
	"context"
	"time"

	"github.com/wabridge/wabridge"
)

// A restricted account may not start new chats, while existing ones still work
// (facts on Android, section 8); how long that lasts nobody says. So the phone
// stays ready, first contacts wait, and every restrictedWait one of them finds
// out. A message that was refused waits as long, whether it was thought to be a
// first contact or not.

// restrict notes that the account may not start new chats, and tells so.
func (l *Lane) restrict(ctx context.Context, err error) error {
	l.limit = &trouble{
		state: wabridge.PhoneReady, code: wabridge.CodeNoNewChats, reason: reasonOf(err), next: time.Now().Add(restrictedWait),
	}
	l.Log.Warn("first contacts wait", "phone", l.Phone, "code", int(l.limit.code), "reason", l.limit.reason)
	return l.tell(ctx)
}

// lift ends the wait of first contacts when its time is over.
func (l *Lane) lift(ctx context.Context) error {
	if l.limit == nil || time.Now().Before(l.limit.next) {
		return nil
	}
	l.limit = nil
	return l.tell(ctx)
}

// limited is when lift is due, zero if it is not.
func (l *Lane) limited() time.Time {
	if l.limit == nil {
		return time.Time{}
	}
	return l.limit.next
}

// gate is the lane's Gate, and holds first contacts back while the account is
// restricted.
func (l *Lane) gate() Gate {
	if l.limit == nil {
		return l.Gate
	}
	until := l.limit.next
	return func(m *wabridge.Message, u Usage, now time.Time) time.Time {
		at := l.Gate(m, u, now)
		if u.First && until.After(at) {
			return until
		}
		return at
	}
}
