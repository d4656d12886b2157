package twin

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"slices"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

// messageFields are the members of a message's record, in order. The first
// three are those of TWIN's recipe; taskId, phone, externalId, clientId,
// chatId, text, callbackData and readAt are ours, the others TWIN's client
// library names.
var messageFields = []string{
	"id", "providerMessageId", "status", "statusCode", "statusDescription", "bulkId", "groupId", "flowId", "taskId",
	"channel", "messengerType", "provider", "partCount", "network", "templateId", "templateName",
	"phone", "externalId", "clientId", "chatId", "text", "callbackData",
	"destination", "message", "templateVariables", "tracks",
	"createdAt", "sentAt", "deliveredAt", "readAt", "sendAt", "expiredAt",
}

// fromSessions are those that need the message's session.
var fromSessions = []string{"clientId", "destination", "templateVariables"}

// records writes messages.
func (a *api) records(ctx context.Context, list []wabridge.Message, fields []string) ([]row, error) {
	sessions := map[string]wabridge.Session{}
	if len(fields) == 0 || slices.ContainsFunc(fields, func(f string) bool { return slices.Contains(fromSessions, f) }) {
		for part := range slices.Chunk(list, storePage) {
			var ids []string
			for _, m := range part {
				if m.Session != "" {
					ids = append(ids, m.Session)
				}
			}
			if len(ids) == 0 {
				continue
			}
			found, err := a.Store.Sessions(ctx, queue.SessionFilter{IDs: ids, Limit: storePage})
			if err != nil {
				return nil, err
			}
			for _, s := range found {
				sessions[s.ID] = s
			}
		}
	}
	d := newDetails(a.Store)
	rows := make([]row, 0, len(list))
	for _, m := range list {
		g, external, err := d.of(ctx, m)
		if err != nil {
			return nil, err
		}
		rows = append(rows, record(m, g, external, sessions[m.Session]).only(fields))
	}
	return rows, nil
}

// record writes a message; g is nil for one that came through another
// interface.
func record(m wabridge.Message, g *kept, external string, s wabridge.Session) row {
	id := uuidOf(m.ID)
	var groupID, taskID, chatID string
	var channel any = map[string]any{"text": string(m.Text)}
	if g != nil {
		groupID, taskID, chatID, channel = g.GroupID, g.TaskID, g.ChatID, g.Channel
	}
	client := clientOf(s)
	if s.ID == "" {
		client = derived("client", m.Phone+" "+m.Chat)
	}
	var templateName any
	var template struct{ Name string }
	if m.Type == "template" && json.Unmarshal(m.Body, &template) == nil && template.Name != "" {
		templateName = template.Name
	}
	return row{
		{"id", id}, {"providerMessageId", orNull(m.Session)}, {"status", statusWord(m.State)},
		{"statusCode", int(m.Code.Cloud())}, {"statusDescription", describe(m.State, m.Reason)},
		{"bulkId", m.Campaign}, {"groupId", groupID}, {"flowId", flow(id)}, {"taskId", orNull(taskID)},
		{"channel", channelChat}, {"messengerType", "WHATSAPP"}, {"provider", "TWIN"}, {"partCount", 1}, {"network", nil},
		{"templateId", orNull(m.Template)}, {"templateName", templateName},
		{"phone", m.Number}, {"externalId", orNull(external)}, {"clientId", client}, {"chatId", orNull(chatID)},
		{"text", string(m.Text)}, {"callbackData", orNull(m.Callback)},
		{"destination", row{
			{"phone", m.Number}, {"messengerUserId", m.Number}, {"clientId", client},
			{"externalId", orNull(external)}, {"chatSessionId", orNull(m.Session)}, {"variables", variables(s.Variables)},
		}},
		{"message", channel}, {"templateVariables", variables(s.Variables)}, {"tracks", struct{}{}},
		{"createdAt", stamp(m.Created)}, {"sentAt", stamp(m.SentAt)}, {"deliveredAt", stamp(m.Delivered)},
		{"readAt", stamp(m.ReadAt)}, {"sendAt", stamp(m.Due)}, {"expiredAt", stamp(m.Expires)},
	}
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// variables are an empty list if there are none, as in TWIN's recipe.
func variables(m map[string]string) any {
	if len(m) == 0 {
		return []string{}
	}
	return m
}

// clientOf is the id of the person of a session: the one that its starter gave,
// or one that is the same for the chat for ever.
func clientOf(s wabridge.Session) string {
	if s.Client != "" {
		return s.Client
	}
	return derived("client", s.Phone+" "+s.Chat)
}

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
