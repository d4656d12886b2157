package twin

import (
	"context"
	"maps"
	"net/http"
	"slices"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

// dialogResults is the member that holds what a bot found out.
const dialogResults = "dialogResultsFromBotJson"

// initialVariables is what stands in it beside the results.
const initialVariables = "initialVariables"

// sessionFields are the members of a chat session's record, in order. The last
// six are ours.
var sessionFields = []string{
	"id", "name", "clientId", "messengerType", dialogResults,
	"chatId", "botId", "startedAt", "finishedAt", "ttl", "clientPhone", "clientEmail", "clientExternalId", "clientTimezone", "clientMetadata",
	"status", "outcome", "operator", "messagesSent", "messagesReceived", "createdAt",
}

// sorts of sessions; started_at is TWIN's word.
var sessionSorts = []string{"started_at", "startedAt", "createdAt", "created_at", "name"}

// sessions is GET statistics/chat/sessions.
func (a *api) sessions(w http.ResponseWriter, r *http.Request, _ queue.Token) error {
	q, err := parseQuery(r.URL.RawQuery, sessionSorts...)
	if err != nil {
		return err
	}
	f, none, err := a.sessionFilter(r.Context(), q)
	if err != nil {
		return err
	}
	count := 0
	var found []wabridge.Session
	if !none && !q.withoutCount && q.format == formatJSON {
		if count, err = a.Store.CountSessions(r.Context(), f); err != nil {
			return err
		}
	}
	for limit := q.limit; !none && !q.withoutItems && limit > 0; {
		f.Limit = min(limit, storePage)
		list, err := a.Store.Sessions(r.Context(), f)
		if err != nil {
			return err
		}
		found = append(found, list...)
		if len(list) < f.Limit {
			break
		}
		f.Offset += len(list)
		limit -= len(list)
	}
	rows := make([]row, 0, len(found))
	for _, s := range found {
		rows = append(rows, a.sessionRow(s, q))
	}
	return q.answer(w, count, rows, sessionFields)
}

// sessionFilter makes the filter of a query. none: nothing can be found.
func (a *api) sessionFilter(ctx context.Context, q *query) (f queue.SessionFilter, none bool, err error) {
	f = queue.SessionFilter{Since: q.from, Until: q.to, Oldest: !q.newest, ByName: q.byName, Offset: q.offset}
	for _, c := range append(q.values["channel"], q.values["messengerType"]...) {
		none = none || c != channelChat && c != "WHATSAPP"
	}
	for _, name := range []string{"id", "sessionId"} {
		ids, err := q.ids(name)
		if err != nil {
			return f, false, err
		}
		f.IDs = append(f.IDs, ids...)
	}
	chats, err := q.ids("chatId")
	if err != nil || len(chats) == 0 {
		return f, none, err
	}
	// In TWIN's recipe chatId is the session's id, providerMessageId of the
	// message that started it; elsewhere it is that of the chat.
	n, err := a.Store.CountSessions(ctx, queue.SessionFilter{IDs: chats})
	switch {
	case err != nil:
		return f, none, err
	case n > 0 && len(f.IDs) > 0:
		f.IDs = slices.DeleteFunc(f.IDs, func(id string) bool { return !slices.Contains(chats, id) })
		none = none || len(f.IDs) == 0
	case n > 0:
		f.IDs = chats
	case len(chats) > 1:
		none = true
	default:
		f.Chatbot = chats[0]
	}
	return f, none, nil
}

// sessionRow writes a session. A field that is no member is the name of a
// result: in JSON dialogResultsFromBotJson has all of them then, as in TWIN's
// recipe (`nps`), in CSV it is a column of its own.
func (a *api) sessionRow(s wabridge.Session, q *query) row {
	r := a.sessionRecord(s)
	if len(q.fields) == 0 {
		return r
	}
	fields := make([]string, 0, len(q.fields))
	for _, name := range q.fields {
		switch {
		case slices.Contains(sessionFields, name):
			fields = append(fields, name)
		case q.format == formatJSON:
			fields = append(fields, dialogResults)
		default:
			r, fields = append(r, cell{name, orNull(s.Results[name])}), append(fields, name)
		}
	}
	return r.only(fields)
}

// sessionRecord writes all of a session.
func (a *api) sessionRecord(s wabridge.Session) row {
	var dialog row
	for _, name := range slices.Sorted(maps.Keys(s.Results)) {
		if name != initialVariables {
			dialog = append(dialog, cell{name, s.Results[name]})
		}
	}
	dialog = append(dialog, cell{initialVariables, variables(s.Variables)})
	return row{
		{"id", s.ID}, {"name", s.Name}, {"clientId", clientOf(s)}, {"messengerType", "WHATSAPP"}, {dialogResults, dialog},
		{"chatId", orNull(s.Chatbot)}, {"botId", orNull(a.botID(s.Bot))},
		{"startedAt", stamp(s.Started)}, {"finishedAt", stamp(s.Ended)}, {"ttl", int64(s.TTL)},
		{"clientPhone", s.Number}, {"clientEmail", nil}, {"clientExternalId", nil}, {"clientTimezone", nil}, {"clientMetadata", struct{}{}},
		{"status", string(s.State)}, {"outcome", orNull(s.Outcome)}, {"operator", s.Operator},
		{"messagesSent", s.Sent}, {"messagesReceived", s.Received}, {"createdAt", stamp(s.Created)},
	}
}

// botID is how a scenario is called outside.
func (a *api) botID(scenario string) string {
	for _, id := range slices.Sorted(maps.Keys(a.Bots)) {
		if a.Bots[id] == scenario && scenario != "" {
			return id
		}
	}
	return scenario
}
