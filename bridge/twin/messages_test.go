package twin

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/bot"
	"github.com/wabridge/wabridge/queue"
)

// The body of the recipe's first step (seed 001), as it stands there.
const seedBody = `{
    "messages": [
        {
            "channels": {
                "chat": {
                    "chatId": "2daadc7b-2b7c-4fa3-822f-6ce3b2337f94",
                    "botId": "913d39f6-066d-4bee-b6f7-c3fdeb321c50",
                    "messengerType": "WHATSAPP",
                    "chatSessionName": "Название сессии",
                    "text": "Текст сообщения",
 
                    "provider": "TWIN"
                }
            },
            "callbackUrl": "http://example.com",
            "callbackData": "123",
            "destinations": [
                {
                    "variables": {
                        "name": "Иван",
                        "age": "23"
                    },
                    "phone": "74992868344",
                    "messengerUserId": "74992868344"
                }
            ]
        }
    ]
}`

var uuidForm = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

func TestTheSeedsMessage(t *testing.T) {
	h := newHarness(t)
	for _, target := range []string{"/api/v1/messages", "/notify/api/v1/messages"} {
		code, raw := h.call(http.MethodPost, target, seedBody)
		form := regexp.MustCompile(`"[0-9a-f]{8}-[0-9a-f-]{27}"`).ReplaceAllString(raw, `"UUID"`)
		want := `[{"id":"UUID","bulkId":"UUID","groupId":"UUID","flowId":"UUID","status":"CREATED","channel":"CHAT","error":null}]`
		if code != 200 || form != want {
			t.Errorf("%s: %d %s", target, code, raw)
		}
	}
	m := h.stored()[0]
	if m.Text != "Текст сообщения" || m.Number != "74992868344" || m.Phone != phoneID || m.Callback != "123" || m.Type != "text" || m.Session == "" || m.Campaign == "" {
		t.Errorf("stored %+v", m)
	}
	s, err := h.store.Session(context.Background(), m.Session)
	must(t, err)
	if s.Name != "Название сессии" || s.Bot != "" || s.Chatbot != "2daadc7b-2b7c-4fa3-822f-6ce3b2337f94" || s.Message != m.ID {
		t.Errorf("session %+v", s)
	}
	if d := cmp.Diff(map[string]string{"name": "Иван", "age": "23"}, s.Variables); d != "" {
		t.Error(d)
	}
}

func TestVariables(t *testing.T) {
	h := newHarness(t)
	got := h.post(`{"messages":[{"channels":{"chat":{"chatId":"c","chatSessionName":"order {id}","text":"Hi {name}, {age} and {other}: {{name}}"}},
		"destinations":[{"phone":"79030000001","variables":{"name":"A {age}","age":23,"id":7}},{"phone":79030000002,"variables":{"name":"B","id":true}},{"phone":"+7 (903) 000-00-03","variables":[]}]}]}`)
	if got[0].Error != nil || got[1].Error == nil || got[2].Error == nil {
		t.Fatalf("answer %+v", got)
	}
	if want := "messages[0].destinations[1].variables.age: messages[0].channels.chat.text has {age}, and this destination does not give it"; got[1].Error.Message != want {
		t.Errorf("got %q, want %q", got[1].Error.Message, want)
	}
	if n := strings.Count(got[2].Error.Message, "destinations[2].variables."); n != 3 {
		t.Errorf("%d variables are missing: %s", n, got[2].Error.Message)
	}
	m := h.stored()[0]
	if m.Text != "Hi A {age}, 23 and {other}: A {age}" {
		t.Errorf("text %q", string(m.Text))
	}
	s, err := h.store.Session(context.Background(), m.Session)
	must(t, err)
	if s.Name != "order 7" {
		t.Errorf("name %q", s.Name)
	}
}

// Whatever is wrong is told with the field's name, of the element or, where no
// element can have it, of the call.
func TestBadInput(t *testing.T) {
	h := newHarness(t)
	const to = `{"phone":"79030000001"}`
	chat := func(members string) string {
		return `{"messages":[{"channels":{"chat":{` + members + `}},"destinations":[` + to + `]}]}`
	}
	for name, tt := range map[string]struct {
		body string
		want string // beginning of the message
		code int    // 0: 200, of the element
	}{
		"nothing":                   {``, "the body is not a JSON object", 400},
		"a list":                    {`[]`, "the body is not a JSON object", 400},
		"half":                      {`{"messages":[{`, "the body is not a JSON object", 400},
		"no UTF-8":                  {"{\"messages\":\"\xff\"}", "the body is not a JSON object", 400},
		"no messages":               {`{}`, "messages: give at least one message", 400},
		"messages null":             {`{"messages":null}`, "messages: give at least one message", 400},
		"messages no list":          {`{"messages":{}}`, "messages: it is not a list", 400},
		"messages empty":            {`{"messages":[]}`, "messages: give at least one message", 400},
		"a message is no object":    {`{"messages":[1]}`, "messages[0]: it is not an object", 400},
		"no destinations":           {`{"messages":[{"channels":{}}]}`, "messages[0].destinations: give at least one", 400},
		"destinations no list":      {`{"messages":[{"destinations":{}}]}`, "messages[0].destinations: it has the wrong type", 400},
		"channels no object":        {`{"messages":[{"channels":[1],"destinations":[` + to + `]}]}`, "messages[0].channels: it has the wrong type", 400},
		"a bulkId":                  {`{"bulkId":"a b","messages":[]}`, "bulkId: it is no id", 400},
		"a taskId":                  {`{"taskId":{},"messages":[]}`, "taskId: it is no id", 400},
		"a destination no object":   {`{"messages":[{"channels":{"chat":{"text":"x"}},"destinations":["7903"]}]}`, "messages[0].destinations[0]: it is not an object", 0},
		"no channel":                {`{"messages":[{"destinations":[` + to + `]}]}`, "messages[0].channels: give channels.chat", 0},
		"a stored template":         {`{"messages":[{"templateId":"7","destinations":[` + to + `]}]}`, "messages[0].templateId: message structures are not stored", 0},
		"another channel":           {`{"messages":[{"channels":{"sms":{"text":"x"}},"destinations":[` + to + `]}]}`, "messages[0].channels.sms: this gateway sends over WhatsApp alone", 0},
		"chat no object":            {`{"messages":[{"channels":{"chat":7},"destinations":[` + to + `]}]}`, "messages[0].channels.chat: it is not an object", 0},
		"another messenger":         {chat(`"messengerType":"TELEGRAM","text":"x"`), "messages[0].channels.chat.messengerType: this gateway sends over WHATSAPP alone", 0},
		"no text":                   {chat(`"chatId":"c"`), "messages[0].channels.chat.text: give the text", 0},
		"blank text":                {chat(`"text":"  "`), "messages[0].channels.chat.text: ", 0},
		"text no text":              {chat(`"text":{}`), "messages[0].channels.chat.text: it is no text", 0},
		"a long text":               {chat(`"text":"` + strings.Repeat("x", 4097) + `"`), "messages[0].channels.chat.text: ", 0},
		"NUL":                       {chat(`"text":"a\u0000"`), "messages[0].channels.chat.text: it holds a NUL", 0},
		"half a character":          {chat(`"text":"a\ud83d"`), "messages[0].channels.chat.text: it holds half of a surrogate", 0},
		"validity too short":        {chat(`"text":"x","validityPeriod":0`), "messages[0].channels.chat.validityPeriod: it is no whole number of minutes from 1 to 2880", 0},
		"validity too long":         {chat(`"text":"x","validityPeriod":2881`), "messages[0].channels.chat.validityPeriod: ", 0},
		"validity no number":        {chat(`"text":"x","validityPeriod":"1h"`), "messages[0].channels.chat.validityPeriod: ", 0},
		"a file that is not there":  {chat(`"mediaUrl":"http://files.test/none"`), "messages[0].channels.chat.mediaUrl: the server of the link answered HTTP 404", 0},
		"no such template":          {chat(`"templateName":"none"`), "messages[0].channels.chat.templateName: there is no such template", 0},
		"no phone":                  {`{"messages":[{"channels":{"chat":{"text":"x"}},"destinations":[{}]}]}`, "messages[0].destinations[0].phone: give the recipient's number", 0},
		"letters":                   {message("", `{"phone":"call me"}`), "messages[0].destinations[0].phone: only digits", 0},
		"a short phone":             {message("", `{"phone":"7903"}`), "messages[0].destinations[0].phone: this is not a phone number", 0},
		"a long phone":              {message("", `{"phone":"79030000000000007"}`), "messages[0].destinations[0].phone: with its country code a number has 7 to 15 digits", 0},
		"no country":                {message("", `{"phone":"0903000000"}`), "messages[0].destinations[0].phone: this is not a phone number", 0},
		"the phone itself":          {message("", `{"phone":"`+own+`"}`), "messages[0].destinations[0].phone: it is the sending phone's own number", 0},
		"messengerUserId":           {message("", `{"messengerUserId":"x"}`), "messages[0].destinations[0].messengerUserId: only digits", 0},
		"variables no object":       {message("", `{"phone":"79030000001","variables":"x"}`), "messages[0].destinations[0].variables: it is not an object", 0},
		"a variable no scalar":      {message("", `{"phone":"79030000001","variables":{"name":[]}}`), "messages[0].destinations[0].variables.name: it is no text", 0},
		"a long externalId":         {message("", `{"phone":"79030000001","externalId":"`+strings.Repeat("x", 10241)+`"}`), "messages[0].destinations[0].externalId: it has 10241 bytes", 0},
		"no such session":           {message("", `{"phone":"79030000001","chatSessionId":"x"}`), "messages[0].destinations[0].chatSessionId: there is no such chat session", 0},
		"callbackUrl":               {message(`,"callbackUrl":"ftp://x"`, to), "messages[0].callbackUrl: it is no http or https address", 0},
		"a private callbackUrl":     {message(`,"callbackUrl":"http://10.0.0.1/"`, to), "messages[0].callbackUrl: it leads to a private address", 0},
		"a long callbackUrl":        {message(`,"callbackUrl":"http://x/`+strings.Repeat("x", 4000)+`"`, to), "messages[0].callbackUrl: it has 4009 bytes", 0},
		"a long callbackData":       {message(`,"callbackData":"`+strings.Repeat("x", 10241)+`"`, to), "messages[0].callbackData: it has 10241 bytes", 0},
		"sendAt":                    {message(`,"sendAt":"tomorrow"`, to), "messages[0].sendAt: it is no time", 0},
		"sendAt in ten years":       {message(`,"sendAt":"2099-01-01T00:00:00Z"`, to), "messages[0].sendAt: it is more than a year ahead", 0},
		"ranges":                    {message(`,"allowedTimeRanges":"09:00"`, to), "messages[0].allowedTimeRanges: it is no list of pairs", 0},
		"a range of three":          {message(`,"allowedTimeRanges":[["09:00","10:00","11:00"]]`, to), "messages[0].allowedTimeRanges: it is no list of pairs", 0},
		"a range of no times":       {message(`,"allowedTimeRanges":[["9","25:00"]]`, to), "messages[0].allowedTimeRanges: ", 0},
		"a zone":                    {message(`,"timeZone":"Nowhere/X","allowedTimeRanges":[["09:00","10:00"]]`, to), "messages[0].timeZone: ", 0},
		"groupId":                   {message(`,"groupId":"a b"`, to), "messages[0].groupId: it is no id", 0},
		"validate":                  {message(`,"validate":"maybe"`, to), "messages[0].validate: it is neither true nor false", 0},
		"continueLastOrStartNew...": {chat(`"text":"x","continueLastOrStartNewSession":7`), "messages[0].channels.chat.continueLastOrStartNewSession: it is neither", 0},
	} {
		t.Run(name, func(t *testing.T) {
			code, raw := h.call(http.MethodPost, "/api/v1/messages", tt.body)
			var got string
			if tt.code != 0 {
				var e map[string]fault
				must(t, strict(raw, &e))
				got = e["error"].Message
			} else {
				var list []element
				if err := strict(raw, &list); err != nil || len(list) != 1 || list[0].Error == nil || list[0].ID != nil || list[0].Status != nil || list[0].BulkID == nil {
					t.Fatalf("%d %s", code, raw)
				}
				got = list[0].Error.Message
			}
			if code != max(tt.code, 200) && tt.code != 0 || !strings.HasPrefix(got, tt.want) {
				t.Errorf("%d %q, want %q", code, got, tt.want)
			}
			if n := len(h.stored()); n != 0 {
				t.Errorf("%d messages are stored", n)
			}
		})
	}
}

func TestTimes(t *testing.T) {
	h := newHarness(t)
	now := time.Now()
	at := now.Add(48 * time.Hour).UTC().Truncate(time.Second)
	h.post(`{"messages":[
		{"channels":{"chat":{"text":"plain"}},"destinations":[{"phone":"79030000001"}]},
		{"channels":{"chat":{"text":"later","validityPeriod":"60"}},"sendAt":"` + at.Format(time.RFC3339) + `","destinations":[{"phone":"79030000002"}]},
		{"channels":{"chat":{"text":"past","validityPeriod":10}},"sendAt":"2020-01-01 10:00:00","destinations":[{"phone":"79030000003"}]},
		{"channels":{"chat":{"text":"hours"}},"allowedTimeRanges":[["09:00:00","22:00:00"],["23:00","23:30"]],"timeZone":"+05:00","destinations":[{"phone":"79030000004"}]}]}`)
	m := h.stored()
	if wait := m[0].Expires.Sub(now); !m[0].Due.IsZero() || wait < defaultTTL-time.Second || wait > defaultTTL+time.Minute {
		t.Errorf("plain: due %v, expires %v", m[0].Due, m[0].Expires)
	}
	if !m[1].Due.Equal(at) || !m[1].Expires.Equal(at.Add(time.Hour)) || !m[1].Held {
		t.Errorf("later: due %v, expires %v", m[1].Due, m[1].Expires)
	}
	if wait := m[2].Expires.Sub(now); !m[2].Due.IsZero() || wait < 10*time.Minute-time.Second || wait > 11*time.Minute {
		t.Errorf("past: due %v, expires %v", m[2].Due, m[2].Expires)
	}
	if d := cmp.Diff(&wabridge.Hours{Ranges: [][2]string{{"09:00:00", "22:00:00"}, {"23:00", "23:30"}}, Zone: "+05:00"}, m[3].Hours); d != "" {
		t.Error(d)
	}
}

// chatId is a phone, botId a scenario.
func TestChatsAndBots(t *testing.T) {
	s := scenario(t, appointment)
	h := newHarness(t, func(c *Config) {
		c.Chats = map[string]string{"chat-1": phoneID, "chat-2": secondID}
		c.Bots = map[string]string{"bot-1": "appointment", "bot-2": "gone"}
		c.Scenarios = bot.NewLibrary(s)
	})
	must(t, h.store.PutPhone(context.Background(), wabridge.Phone{ID: secondID, WABA: wabaID, Serial: "emu2", Package: "com.whatsapp", Number: "15550001002"}))
	send := func(chat, bot, rest string) element {
		return h.post(`{"messages":[{"channels":{"chat":{"chatId":"` + chat + `","botId":"` + bot + `"` + rest + `}},"destinations":[{"phone":"79030000001","variables":{"name":"Иван"}}]}]}`)[0]
	}
	for _, tt := range []struct{ chat, bot, rest, wrong, phone, scenario, text string }{
		{chat: "chat-1", rest: `,"text":"x"`, phone: phoneID, text: "x"},
		{chat: "chat-2", bot: "bot-1", rest: `,"text":"x"`, phone: secondID, scenario: "appointment", text: "x"},
		{chat: "15550001002", bot: "bot-1", phone: secondID, scenario: "appointment", text: "Иван, вы придёте?\n\n1. Да\n2. Нет"},
		{chat: phoneID, rest: `,"text":"x"`, phone: phoneID, text: "x"},
		{chat: "chat-3", rest: `,"text":"x"`, wrong: "messages[0].channels.chat.chatId: no phone is this chat"},
		{rest: `,"text":"x"`, wrong: "messages[0].channels.chat.chatId: give the chat"},
		{chat: "chat-1", bot: "bot-3", rest: `,"text":"x"`, wrong: "messages[0].channels.chat.botId: no bot has this id"},
		{chat: "chat-1", bot: "bot-2", rest: `,"text":"x"`, wrong: "messages[0].channels.chat.botId: its scenario \"gone\" is not there"},
	} {
		before := len(h.stored())
		got := send(tt.chat, tt.bot, tt.rest)
		if tt.wrong != "" {
			if got.Error == nil || !strings.HasPrefix(got.Error.Message, tt.wrong) {
				t.Errorf("%+v: %+v", tt, got.Error)
			}
			continue
		}
		list := h.stored()
		if got.Error != nil || len(list) != before+1 {
			t.Errorf("%+v: %+v", tt, got.Error)
			continue
		}
		m := list[before]
		session, err := h.store.Session(context.Background(), m.Session)
		must(t, err)
		if m.Phone != tt.phone || string(m.Text) != tt.text || session.Bot != tt.scenario || session.Talk == nil == (tt.scenario != "") {
			t.Errorf("%+v: phone %s, text %q, session %+v", tt, m.Phone, string(m.Text), session)
		}
	}
}

// Whatever validate says, a message is checked, and sent if it is good.
func TestValidate(t *testing.T) {
	h := newHarness(t)
	for i, given := range []string{"true", "false"} {
		got := h.post(message(`,"validate":`+given, `{"phone":"79030000001"},{"phone":"x"}`))
		if value(got[0].Status) != statusCreated || got[0].ID == nil || got[1].Error == nil || len(h.stored()) != i+1 {
			t.Errorf("validate %s: answer %+v, %d messages", given, got, len(h.stored()))
		}
	}
}

func TestIdempotency(t *testing.T) {
	h := newHarness(t)
	body := message("", `{"phone":"x"},{"phone":"79030000001","variables":{"name":"A"}},{"phone":"79030000002","variables":{"name":"B"}}`)
	first := h.post(body, "Idempotency-Key", "k1")
	again := h.post(body, "Idempotency-Key", "k1")
	if d := cmp.Diff(first, again); d != "" {
		t.Errorf("another answer: %s", d)
	}
	if n := len(h.stored()); n != 2 {
		t.Errorf("%d messages", n)
	}
	if code, raw := h.call("POST", "/api/v1/messages", strings.ReplaceAll(body, "Hello", "Bye"), "Idempotency-Key", "k1"); code != 409 || !strings.Contains(raw, "Idempotency-Key") {
		t.Errorf("another request: %d %s", code, raw)
	}
	if code, _ := h.call("POST", "/api/v1/messages", body, "Idempotency-Key", strings.Repeat("k", 201)); code != 400 {
		t.Errorf("a long key: %d", code)
	}
	other := h.post(body, "Idempotency-Key", "k2")
	if value(other[1].ID) == value(first[1].ID) || len(h.stored()) != 4 {
		t.Errorf("another key: %+v", other)
	}
}

// One text goes to one person once in a bulk, in however many calls; several
// messages in one call are several.
func TestDuplicates(t *testing.T) {
	h := newHarness(t)
	got := h.post(message("", `{"phone":"79030000001"},{"phone":"+79030000001"},{"phone":"79030000002"}`))
	if got[0].Error != nil || got[2].Error != nil || got[1].Error == nil || !strings.Contains(got[1].Error.Message, *got[0].ID) {
		t.Fatalf("answer %+v", got)
	}
	more := h.post(`{"bulkId":"` + *got[0].BulkID + `",` + message("", `{"phone":"79030000002"},{"phone":"79030000003"}`)[1:])
	if more[0].Error == nil || more[1].Error != nil || *more[1].BulkID != *got[0].BulkID {
		t.Errorf("answer %+v", more)
	}
	c, err := h.store.Campaign(context.Background(), *got[0].BulkID)
	must(t, err)
	if c.Accepted != 3 || c.Duplicates != 2 || c.Name != "S" || c.State != wabridge.CampaignRunning {
		t.Errorf("campaign %+v", c)
	}
	two := `{"channels":{"chat":{"text":"%s"}},"destinations":[{"phone":"79030000009"}]}`
	for _, e := range h.post(`{"messages":[` + fmt.Sprintf(two, "first") + `,` + fmt.Sprintf(two, "second") + `]}`) {
		if e.Error != nil {
			t.Errorf("refused: %s", e.Error.Message)
		}
	}
}

func TestOptedOut(t *testing.T) {
	h := newHarness(t)
	_, err := h.store.PutPreference(context.Background(), wabridge.Preference{Phone: phoneID, Number: "79030000001", Value: wabridge.PreferenceStop, At: time.Now()})
	must(t, err)
	got := h.post(message("", `{"phone":"79030000001"},{"phone":"79030000002"}`))
	if value(got[0].Status) != "FAILED" || got[0].ID == nil || got[0].Error == nil || value(got[1].Status) != statusCreated || got[1].Error != nil {
		t.Errorf("answer %s %+v", value(got[0].Status), got)
	}
}

// continueLastOrStartNewSession and chatSessionId go into a session that is
// there.
func TestGoingOn(t *testing.T) {
	h := newHarness(t)
	open, err := h.store.StartSession(context.Background(), wabridge.Session{ID: wabridge.NewUUID(), Phone: phoneID, Chat: h.known("79030000001"), TTL: 600}, nil, queue.SessionStep{At: time.Now()})
	must(t, err)
	const goOn = `{"messages":[{"channels":{"chat":{"text":"x","continueLastOrStartNewSession":true}},"destinations":[{"phone":"79030000001"},{"phone":"79030000002"}]}]}`
	h.post(goOn)
	list := h.stored()
	list = list[len(list)-2:]
	if list[0].Session != open.ID || list[1].Session == "" || list[1].Session == open.ID {
		t.Errorf("sessions %q and %q, open is %q", list[0].Session, list[1].Session, open.ID)
	}
	got := h.post(message("", `{"phone":"79030000001","chatSessionId":"`+open.ID+`"},{"phone":"79030000003","chatSessionId":"`+open.ID+`"}`))
	if got[0].Error != nil || got[1].Error == nil || !strings.Contains(got[1].Error.Message, "with somebody else") {
		t.Errorf("answer %+v", got)
	}
}

// known makes a chat.
func (h *harness) known(number string) string {
	h.t.Helper()
	list, err := h.store.Enqueue(context.Background(), queue.Draft{Message: wabridge.Message{Phone: phoneID, Chat: wabridge.UserJID(number), Number: number, Type: "text", Text: "x"}})
	must(h.t, err)
	return list[0].Message.Chat
}
