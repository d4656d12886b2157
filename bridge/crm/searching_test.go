package crm

import (
	"encoding/json"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/wabridge/wabridge/bridge"
)

// TestItemForAnUnknownPhoneStaysWithTheCRMWhileSearching: it is rejected only
// when adb has said which phones there are.
func TestItemForAnUnknownPhoneStaysWithTheCRMWhileSearching(t *testing.T) {
	db := openDB(t)
	t.Cleanup(func() { must(t, db.Close()) })
	var on atomic.Bool
	on.Store(true)
	p := New(ownConfig(), Parts{Store: db, Client: client(nil), Log: (&logs{}).logger(), Searching: on.Load})
	items := []item{readItem(json.RawMessage(`{"id":"1","phone_number_id":"` + secondID + `","to":"15550002222","type":"text","text":{"body":"x"}}`))}
	if out, err := p.accept(t.Context(), items); !errors.Is(err, bridge.ErrSearching) || out.rejected != 0 {
		t.Errorf("while searching: %+v, %v", out, err)
	}
	on.Store(false)
	if out, err := p.accept(t.Context(), items); err != nil || out.rejected != 1 {
		t.Errorf("after it: %+v, %v", out, err)
	}
}
