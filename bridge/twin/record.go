package twin

import (
	"context"
	"encoding/json"
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
