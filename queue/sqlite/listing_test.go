package sqlite

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

func TestListing(t *testing.T) {
	db := openAt(t, tempPath(t), Options{})
	if _, err := db.PutCampaign(ctx, queue.NewCampaign{ID: "c1", Phone: phone, Name: "monday", Created: time.Now()}); err != nil {
		t.Fatal(err)
	}
	var ids []string
	for i := range 9 {
		d := textTo(i, "x")
		d.Message.ID = fmt.Sprintf("wamid.%c%021d%08d", 'A'+i, i, i%2)
		if i < 6 {
			d.Message.Campaign = "c1"
		}
		if _, err := db.Enqueue(ctx, d); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, d.Message.ID)
	}
	d := textTo(1, "a bot's answer")
	d.Message.Source = wabridge.SourceBot
	if _, err := db.Enqueue(ctx, d); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Cancel(ctx, ids[2], time.Now()); err != nil {
		t.Fatal(err)
	}
	second, err := db.Message(ctx, ids[1])
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		listing queue.Listing
		want    []int
		count   int
	}{
		"all":                      {queue.Listing{Limit: 100}, []int{0, 1, 2, 3, 4, 5, 6, 7, 8}, 9},
		"newest first":             {queue.Listing{Limit: 3, Newest: true}, []int{8, 7, 6}, 9},
		"the second page":          {queue.Listing{Limit: 4, Offset: 4}, []int{4, 5, 6, 7}, 9},
		"after the end":            {queue.Listing{Limit: 4, Offset: 40}, nil, 9},
		"by id":                    {queue.Listing{Limit: 9, Prefixes: []string{ids[4], ids[1][:12], "wamid.Z"}}, []int{1, 4}, 2},
		"of a campaign":            {queue.Listing{Limit: 9, Campaigns: []string{"c1", "c2"}}, []int{0, 1, 2, 3, 4, 5}, 6},
		"of a campaign's name":     {queue.Listing{Limit: 2, CampaignName: "monday"}, []int{0, 1}, 6},
		"of a part of a campaign":  {queue.Listing{Limit: 9, Campaigns: []string{"c1"}, Suffixes: []string{"00000001"}}, []int{1, 3, 5}, 3},
		"canceled":                 {queue.Listing{Limit: 9, States: []wabridge.State{wabridge.Canceled, wabridge.Sent}}, []int{2}, 1},
		"of another phone":         {queue.Listing{Limit: 9, Phones: []string{"7"}}, nil, 0},
		"before it was accepted":   {queue.Listing{Limit: 9, Until: second.Created.Add(-time.Hour)}, nil, 0},
		"since it was accepted":    {queue.Listing{Limit: 9, Since: second.Created, Prefixes: []string{ids[1]}}, []int{1}, 1},
		"until, which is excluded": {queue.Listing{Limit: 9, Until: second.Created, Prefixes: []string{ids[1]}}, nil, 0},
	} {
		list, err := db.ListMessages(ctx, tt.listing)
		n, countErr := db.CountMessages(ctx, tt.listing)
		if err != nil || countErr != nil {
			t.Errorf("%s: %v, %v", name, err, countErr)
			continue
		}
		var got []int
		for _, m := range list {
			for i, id := range ids {
				if id == m.ID {
					got = append(got, i)
				}
			}
		}
		if d := cmp.Diff(tt.want, got); d != "" || n != tt.count {
			t.Errorf("%s: %d of %d\n%s", name, n, tt.count, d)
		}
	}
}

// TestListingPlans holds each way of listing to its index.
func TestListingPlans(t *testing.T) {
	db := openAt(t, tempPath(t), Options{})
	at := time.Now()
	for name, tt := range map[string]struct {
		listing queue.Listing
		want    string
	}{
		"of a time":     {queue.Listing{Since: at, Until: at}, "p USING COVERING INDEX message_made (created>? AND created<?)"},
		"all":           {queue.Listing{}, "p USING COVERING INDEX message_made"},
		"of a state":    {queue.Listing{Since: at, States: []wabridge.State{wabridge.Sent}}, "p USING INDEX message_made (created>?)"},
		"by id":         {queue.Listing{Prefixes: []string{"a"}}, "i USING COVERING INDEX sqlite_autoindex_message_1 (id>? AND id<?)"},
		"of a campaign": {queue.Listing{Campaigns: []string{"a"}}, "p USING INDEX message_campaign (campaign=?)"},
	} {
		text, args := listed(tt.listing)
		rows, err := db.read.Query("EXPLAIN QUERY PLAN SELECT p.seq\n"+text+"ORDER BY p.created, p.seq LIMIT 10 OFFSET 10", args...)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var plan []string
		for rows.Next() {
			var id, parent, unused int
			var line string
			if err := rows.Scan(&id, &parent, &unused, &line); err != nil {
				t.Fatal(err)
			}
			plan = append(plan, line)
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			t.Error(err)
		}
		if all := strings.Join(plan, "\n\t"); !strings.Contains(all, tt.want) {
			t.Errorf("%s: want %q in the plan\n\t%s", name, tt.want, all)
		}
	}
}
