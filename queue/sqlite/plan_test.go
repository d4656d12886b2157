package sqlite

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

// TestPlans holds each hot query to the index that was made for it.
func TestPlans(t *testing.T) {
	db := openAt(t, tempPath(t), Options{})
	for name, c := range map[string]struct {
		text string
		args int
		want string // in some line of the plan
	}{
		"heads of a class":     {headsAfter, 7, "m USING INDEX message_turn (phone=? AND fresh=? AND timed=? AND priority=? AND due>?)"},
		"busy chats":           {headsAfter, 7, "b USING INDEX message_busy (chat=?)"},
		"next priority":        {nextPriority, 4, "USING COVERING INDEX message_turn (phone=? AND fresh=? AND timed=? AND priority<?)"},
		"next due":             {nextDue, 4, "USING COVERING INDEX message_turn (phone=? AND fresh=? AND timed=? AND priority=? AND due>?)"},
		"next expiry":          {nextExpiry, 1, "USING COVERING INDEX message_expiry (phone=?"},
		"overdue":              {overdue, 2, "USING INDEX message_expiry (phone=? AND expires"},
		"newest typed":         {usageOfPhone, 2, "SEARCH message USING COVERING INDEX message_typed (phone=? AND typed>? AND typed<?)"},
		"typed in a window":    {usageOfPhone, 2, "SEARCH message USING COVERING INDEX message_typed (phone=? AND typed>? AND typed<?)"},
		"first contacts":       {usageOfPhone, 2, "SEARCH chat USING COVERING INDEX chat_contacted (phone=? AND contacted>? AND contacted<?)"},
		"pairs":                {pairsOfPhone, 3, "USING COVERING INDEX message_typed (phone=? AND typed>? AND typed<?)"},
		"sending":              {sendingOf, 1, "USING INDEX message_depth (phone=? AND state=?)"},
		"unconfirmed":          {unconfirmedOf, 1, "USING INDEX message_depth (phone=? AND state=?)"},
		"depths":               {selectDepths, 0, "USING COVERING INDEX message_depth (phone=? AND state=?)"},
		"waiting longest":      {oldestDue, 5, "USING COVERING INDEX message_turn (phone=? AND fresh=? AND timed=? AND priority=? AND due<?)"},
		"depth":                {depthOf, 1, "USING COVERING INDEX message_depth (phone=? AND state=?)"},
		"undecided":            {undecidedOf, 2, "m USING INDEX message_undecided (phone=?)"},
		"awaiting":             {awaitingOf, 3, "USING INDEX message_awaiting (phone=? AND handed>?)"},
		"open in chat":         {openInChat, 1, "USING COVERING INDEX message_open (chat=? AND held=?)"},
		"next head":            {promoteHead, 1, "USING COVERING INDEX message_open (chat=? AND held=?)"},
		"the head":             {agreeHead, 1, "USING INDEX message_open (chat=? AND held=?)"},
		"held, due":            {heldUntil, 3, "USING INDEX message_held (phone=? AND due<?)"},
		"next held":            {nextHeld, 1, "USING COVERING INDEX message_held (phone=?)"},
		"first in line":        {firstInLine, 1, "USING COVERING INDEX message_open (chat=? AND held=?)"},
		"yield":                {yieldHead, 2, "USING INDEX message_open (chat=? AND held=?)"},
		"counts of campaign":   {campaignCounts, 1, "USING COVERING INDEX message_progress (campaign=? AND state=? AND held=?)"},
		"to pause":             {notPaused, 2, "USING INDEX message_progress (campaign=? AND state=? AND held<?)"},
		"to resume":            {onlyHeld, 2, "USING INDEX message_progress (campaign=? AND state=? AND held=?)"},
		"to cancel":            {notEnded, 2, "USING INDEX message_progress (campaign=? AND state=?)"},
		"unsettled":            {unsettled, 1, "USING INDEX campaign_unsettled"},
		"reached":              {reachedBy, 2, "USING COVERING INDEX message_reached (campaign=? AND chat=?)"},
		"unwanted":             {unwantedOf, 1, "m USING INDEX message_open (chat=?)"},
		"stopped":              {isStopped, 1, "USING INTEGER PRIMARY KEY"},
		"campaigns":            {campaignsBefore, 3, "USING INDEX campaign_created (created<?)"},
		"pace":                 {newestTyped, 2, "USING COVERING INDEX message_typed (phone=?"},
		"preferences":          {preferencesBefore, 4, "p USING INDEX preference_at (at<?)"},
		"preference of a chat": {preferenceOf, 2, "p USING INTEGER PRIMARY KEY"},
		"heard in chat":        {heardInChat, 2, "USING INDEX message_heard (chat=?)"},
		"newest question":      {newestQuestion, 1, "m USING INDEX message_question (chat=?)"},
		"answered":             {answeredBy, 5, "USING INDEX message_heard (chat=? AND seq>?)"},
		"message by id":        {messageByID, 1, "m USING INDEX sqlite_autoindex_message_1 (id=?)"},
		"chat by id":           {chatByID, 2, "USING INDEX sqlite_autoindex_chat_1 (phone=? AND id=?)"},
		"chat by lid":          {chatByLID, 2, "USING INDEX chat_lid (phone=? AND lid=?)"},
		"chat by number":       {chatByNumber, 2, "USING INDEX chat_number (phone=? AND number=?)"},
		"chat by name":         {chatByName, 3, "USING INDEX chat_name (phone=? AND name=?)"},
		"chats of a name":      {chatsByName, 3, "USING INDEX chat_name (phone=? AND name=?)"},
		"contacts":             {contactsOfAll, 3, "c USING INDEX chat_recent (newest>? AND newest<?)"},
		"contacts of a phone":  {contactsOfPhone, 4, "c USING INDEX chat_newest (phone=? AND newest>? AND newest<?)"},
		"last messages":        {contactsOfAll, 3, "message USING COVERING INDEX message_chat (chat=?)"},
		"conversations":        {talkedOfAll, 3, "c USING INDEX chat_talked (talked>? AND talked<?)"},
		"newest said":          {talkedOfAll, 3, "message USING COVERING INDEX message_chat (chat=?)"},
		"of a phone":           {talkedOfPhone, 4, "c USING INDEX chat_talked_phone (phone=? AND talked>? AND talked<?)"},
		"told only":            {toldOfAll, 3, "c USING INDEX chat_told (newest>? AND newest<?)"},
		"told only, a phone":   {toldOfPhone, 4, "c USING INDEX chat_told_phone (phone=? AND newest>? AND newest<?)"},
		"they wrote":           {heardConversations, 4, "c USING INDEX chat_heard (heard>? AND heard<?)"},
		"unread conversations": {unreadConversations, 4, "c USING INDEX chat_unread (newest<?)"},
		"a conversation":       {conversationByID, 2, "c USING INDEX sqlite_autoindex_chat_1 (phone=? AND id=?)"},
		"people by key":        {peopleByKey, 1, "c USING INTEGER PRIMARY KEY (rowid=?)"},
		"people to search":     {peopleToSearch, 3, "c USING INDEX chat_recent (newest>?)"},
		"texts to search":      {textsToSearch, 4, "t USING INTEGER PRIMARY KEY (rowid>?)"},
		"texts by seq":         {textsBySeq, 1, "m USING INTEGER PRIMARY KEY (rowid=?)"},
		"names of chats":       {chatNamesOf, 2, "USING INDEX sqlite_autoindex_chat_1 (phone=? AND id=?)"},
		"a talk":               {talkOf, 4, "m USING INDEX message_chat (chat=? AND seq<?)"},
		"unread after":         {seenChat, 3, "USING INDEX message_heard (chat=? AND seq>?)"},
		"counts of the outbox": {outboxCounts, 1, "SCAN state_count"},
		"newest in":            {newestIn, 2, "USING INDEX message_heard (chat=?)"},
		"a series":             {findSeries, 5, "USING COVERING INDEX sqlite_autoindex_series_1"},
		"counts of a level":    {"SELECT t.start, sum(t.sent)" + tallyRange + bySlot, 3, "t USING PRIMARY KEY (level=? AND start>? AND start<?)"},
		"newest chats":         {newestChats, 2, "USING INDEX chat_newest (phone=?"},
		"statuses":             {statusesOf, 1, "USING INDEX event_message (message=?)"},
		"events":               {eventsAfter, 5, "USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)"},
		"object of any owner":  {objectOfAny, 2, "USING INDEX object_id (kind=? AND id=?)"},
		"object by name":       {objectByName, 3, "USING INDEX object_name (kind=? AND owner=? AND name=?)"},
		"objects of an owner":  {objectsOf, 4, "USING PRIMARY KEY (kind=? AND owner=? AND id>?)"},
		"idempotency key":      {findKey, 2, "USING PRIMARY KEY (owner=? AND key=?)"},
		"media by id":          {mediaByID, 2, "USING INDEX sqlite_autoindex_media_1 (id=?)"},
		"media of a link":      {mediaByURL, 3, "USING INDEX media_url (phone=? AND url=? AND created>?)"},
		"old media":            {expireMedia, 2, "a USING INDEX media_expires (expires<?)"},
		"open message's media": {expireMedia, 2, "m USING INDEX message_file (<expr>=?)"},
		"media used":           {mediaUsed, 1, "m USING INDEX message_file (<expr>=?)"},
		"media of a hash":      {mediaUsed, 1, "USING COVERING INDEX media_hash (sha256=?)"},
		"waiting for files":    {pendingOf, 2, "USING INDEX message_pending (phone=?)"},
		"session by id":        {sessionByID, 1, "s USING INDEX sqlite_autoindex_session_1 (id=?)"},
		"session with a chat":  {sessionOpenWith, 1, "s USING INDEX session_open (chat=?)"},
		"session of a chat":    {sessionOfChat, 2, "s USING INDEX session_open (chat=?)"},
		"waits in chat":        {waitsInChat, 1, "USING INDEX session_chat (chat=?)"},
		"heard early":          {hearEarly, 4, "message USING INDEX message_heard (chat=? AND seq>?)"},
		"unsaid":               {unsaid, 2, "m USING INDEX message_session (session=?)"},
		"sessions that end":    {endedBy, 2, "s USING INDEX session_ends (ends<?)"},
		"silent sessions":      {silentBy, 2, "s USING INDEX session_deadline (deadline>? AND deadline<?)"},
		"still to be said":     {endedBy, 2, "m USING INDEX message_session (session=?)"},
		"next end":             {nextEnd, 1, "session USING COVERING INDEX session_ends (ends>?)"},
		"next silence":         {nextEnd, 1, "session USING COVERING INDEX session_deadline (deadline>?)"},
		"messages by age":      {walkMessages, 3, "SEARCH m USING INTEGER PRIMARY KEY (rowid>?)"},
		"told by the log":      {walkMessages, 3, "e USING COVERING INDEX event_message (message=?)"},
		"quoted":               {walkMessages, 3, "o USING COVERING INDEX message_quotes (context=?)"},
		"a duplicate's key":    {walkMessages, 3, "k USING INDEX idempotency_duplicate (message=?)"},
		"an old one":           {deleteMessage, 2, "SEARCH m USING INTEGER PRIMARY KEY (rowid=?)"},
		"shown at last":        {newestVisible, 1, "USING INDEX message_chat (chat=?)"},
		"open of a campaign":   {closeCampaign, 2, "m USING COVERING INDEX message_progress (campaign=? AND state=?)"},
		"newest of a campaign": {closeCampaign, 2, "m USING INDEX message_campaign (campaign=?)"},
		"old campaigns":        {walkCampaigns, 4, "USING COVERING INDEX campaign_created ((created,id)>(?,?) AND created<?)"},
		"left of a campaign":   {deleteCampaign, 2, "m USING COVERING INDEX message_campaign (campaign=?)"},
		"old sessions":         {walkSessions, 4, "USING COVERING INDEX session_created ((created,id)>(?,?) AND created<?)"},
		"left of a session":    {deleteSession, 2, "m USING COVERING INDEX message_session (session=?)"},
		"old calls":            {deleteCalls, 2, "USING INDEX call_at (at<?)"},
		"unread ones left":     {clampUnread, 2, "USING INDEX message_heard (chat=?)"},
		"one that went":        {findGone, 1, "USING PRIMARY KEY (print=?)"},
		"old idempotency keys": {deleteKeys, 2, "USING COVERING INDEX idempotency_created (created<?)"},
	} {
		args := make([]any, c.args)
		for i := range args {
			args[i] = i
		}
		rows, err := db.read.Query("EXPLAIN QUERY PLAN "+c.text, args...)
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
		if all := strings.Join(plan, "\n\t"); !strings.Contains(all, c.want) {
			t.Errorf("%s: want %q in the plan\n\t%s", name, c.want, all)
		}
	}
}

// TestClaimDoesNotGrow: a claim behind a long queue, be it to many or to one,
// and behind a closed gate, takes no longer than one behind a short queue; ten
// times is allowed for a busy machine.
func TestClaimDoesNotGrow(t *testing.T) {
	if testing.Short() {
		t.Skip("fills a queue of 16,000 messages")
	}
	closed := func(_ *wabridge.Message, u queue.Usage, now time.Time) time.Time { return now.Add(time.Hour) }
	newOnly := func(_ *wabridge.Message, u queue.Usage, now time.Time) time.Time {
		if u.First {
			return now.Add(time.Hour)
		}
		return now
	}
	best := func(waits, people int, gate queue.Gate, wantOne bool) time.Duration {
		db := openAt(t, tempPath(t), Options{})
		for i := 0; i < waits; {
			var drafts []queue.Draft
			for range min(1000, waits-i) {
				drafts = append(drafts, textTo(i%people, fmt.Sprint(i)))
				i++
			}
			if _, err := db.Enqueue(ctx, drafts...); err != nil {
				t.Fatal(err)
			}
		}
		best := time.Hour
		for range 20 {
			now := time.Now()
			m, _, err := db.Claim(ctx, phone, now, time.Minute, gate)
			best = min(best, time.Since(now))
			if err != nil || (m != nil) != wantOne {
				t.Fatalf("claim: %v, %v", m, err)
			}
			if m == nil {
				continue
			}
			if _, err := db.Apply(ctx, m.ID, m.Fence, wabridge.Interrupted(now)); err != nil {
				t.Fatal(err)
			}
		}
		return best
	}
	open := queue.Pacing{}.Gate
	short := best(2, 2, open, true)
	for name, took := range map[string]time.Duration{
		"4k to 4k people":                  best(4_000, 4_000, open, true),
		"4k to one":                        best(4_000, 1, open, true),
		"4k to 4k people, closed":          best(4_000, 4_000, closed, false),
		"4k first contacts, only old ones": best(4_000, 4_000, newOnly, false),
	} {
		t.Logf("%s: %v; short queue: %v", name, took, short)
		if took > 10*short+5*time.Millisecond {
			t.Errorf("%s: a claim took %v, with a short queue %v", name, took, short)
		}
	}
}
