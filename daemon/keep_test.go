package daemon

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
	"github.com/wabridge/wabridge/queue/sqlite"
)

// TestOldNotificationsAreNotTakenInAgain: what was dropped for its age may hang
// on the phone as a notification still.
func TestOldNotificationsAreNotTakenInAgain(t *testing.T) {
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "wabridge.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	h := hearing{db, queue.NewLimits(1, queue.Pair{}), 90 * 24 * time.Hour}
	old, young := time.Now().Add(-91*24*time.Hour), time.Now().Add(-89*24*time.Hour)
	raw := func(id string) queue.Object {
		return queue.Object{Kind: queue.ObjectNotification, Owner: benchPhone, ID: id, Data: []byte("{}")}
	}
	got, err := h.Reconcile(t.Context(), benchPhone, wabridge.ChatRef{Number: "4915112345678"}, 5, func(wabridge.Chat, []wabridge.Message) queue.Changes {
		return queue.Changes{
			New: []wabridge.Message{
				{ID: "wamid.old", Text: "a", Created: old, Source: fromNotification}, {ID: "wamid.young", Text: "b", Created: young, Source: fromNotification},
				{ID: "wamid.screen", Text: "c", Created: old, Source: "screen"},
			},
			Objects: []queue.Object{raw("wamid.old"), raw("wamid.young")},
		}
	})
	if err != nil || len(got) != 2 || got[0].ID != "wamid.young" || got[1].ID != "wamid.screen" {
		t.Errorf("taken in: %+v, %v", got, err)
	}
	if n, err := db.CountObjects(t.Context(), queue.ObjectNotification, benchPhone); n != 1 || err != nil {
		t.Errorf("notifications kept: %d, %v; want that of the young one", n, err)
	}
	for at, want := range map[time.Time]bool{old: true, young: false} {
		if _, known, err := h.RecordCall(t.Context(), wabridge.Call{Phone: benchPhone, State: wabridge.CallMissed, At: at}, at.String()); known != want || err != nil {
			t.Errorf("call of %v: known %v, %v; want %v", at, known, err, want)
		}
	}
}
