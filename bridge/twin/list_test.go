package twin

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

// move brings a message to a state, as a lane and the ticks do.
func (h *harness) move(m wabridge.Message, to wabridge.State) {
	h.t.Helper()
	ctx, at := context.Background(), time.Now()
	open := func(*wabridge.Message, queue.Usage, time.Time) time.Time { return time.Time{} }
	claimed, _, err := h.store.Claim(ctx, m.Phone, at, time.Minute, open)
	must(h.t, err)
	if claimed == nil || claimed.ID != m.ID {
		h.t.Fatalf("claimed %v, not %s", claimed, m.ID)
	}
	must(h.t, h.store.Intend(ctx, m.ID, claimed.Fence, wabridge.Intent{At: at}))
	for _, move := range []wabridge.Move{wabridge.WasSent(at), wabridge.WasDelivered(at), wabridge.WasRead(at)} {
		_, err := h.store.Apply(ctx, m.ID, 0, move)
		must(h.t, err)
		if move.To() == to {
			return
		}
	}
}

func ids(l listed) (out []string) {
	for _, item := range l.Items {
		out = append(out, item["id"].(string))
	}
	return out
}

func TestLists(t *testing.T) {
	h := newHarness(t)
	a := h.post(`{"taskId":"task-1",` + message(`,"callbackData":"cb"`, `{"phone":"79030000001","externalId":"ext-1","clientId":"client-1","variables":{"name":"Иван"}},{"phone":"79030000002","variables":{"name":"B"}}`)[1:])
	foreign, err := h.store.Enqueue(context.Background(), queue.Draft{Message: wabridge.Message{Phone: phoneID, Chat: wabridge.UserJID("79030000003"), Number: "79030000003", Type: "text", Text: "x"}})
	must(t, err)
	b := h.post(message(`,"groupId":"spring-sale"`, `{"phone":"79030000004","variables":{"name":"C"}}`))
	c := h.post(message(`,"groupId":"spring-sale"`, `{"phone":"79030000005","variables":{"name":"D"}}`))
	stored := h.stored()
	h.move(stored[0], wabridge.Delivered)
	h.move(stored[1], wabridge.Sent)
	all := []string{*a[0].ID, *a[1].ID, uuidOf(foreign[0].Message.ID), *b[0].ID, *c[0].ID}
	own := slices.Concat(all[:2], all[3:]) // the list has the messages of this interface
	esc := url.QueryEscape
	hour := func(n int) string {
		return time.Now().Add(time.Duration(n) * time.Hour).UTC().Format("2006-01-02T15:04:05+00:00")
	}
	for name, tt := range map[string]struct {
		query string
		want  []string
		count int
	}{
		"all":                       {"", own, 4},
		"by id":                     {"id=" + all[1] + "," + all[4], []string{all[1], all[4]}, 2},
		"one of another interface":  {"id=" + strings.ToUpper(all[2]), all[2:3], 1},
		"an id nobody has":          {"id=" + wabridge.NewUUID(), nil, 0},
		"no id":                     {"id=x", nil, 0},
		"almost an id":              {"id=" + all[1][:35] + string("10"[strings.Count(all[1][35:], "1")]), nil, 0},
		"by flow":                   {"flowId=" + *a[1].FlowID, all[1:2], 1},
		"by flow and another's id":  {"flowId=" + *a[1].FlowID + "&id=" + all[0], nil, 0},
		"by flow and its id":        {"flowId=" + *a[1].FlowID + "&id=" + all[1], all[1:2], 1},
		"by bulk":                   {"bulkId=" + *a[0].BulkID, all[:2], 2},
		"by two bulks, as PHP":      {"bulkId[]=" + *a[0].BulkID + "&bulkId[1]=" + *b[0].BulkID, []string{all[0], all[1], all[3]}, 3},
		"a bulk nobody has":         {"bulkId=x", nil, 0},
		"by group":                  {"groupId=" + *a[0].GroupID, all[:2], 2},
		"by a group of ours":        {"groupId=spring-sale", all[3:], 2},
		"by group and bulk":         {"groupId=spring-sale&bulkId=" + *c[0].BulkID, all[4:], 1},
		"by group and other bulk":   {"groupId=spring-sale&bulkId=" + *a[0].BulkID, nil, 0},
		"a group nobody has":        {"groupId=" + wabridge.NewUUID(), nil, 0},
		"by task":                   {"taskId=task-1", all[:2], 2},
		"by status":                 {"status=DELIVERED", all[:1], 1},
		"by two statuses":           {"status=sent,CREATED", own[1:], 3},
		"of a channel":              {"channel=CHAT", own, 4},
		"of another channel":        {"channel=SMS", nil, 0},
		"of a time":                 {"from=" + esc(hour(-1)) + "&to=" + esc(hour(1)), own, 4},
		"a plus that is a blank":    {"from=" + hour(-1) + "&to=" + hour(1), own, 4},
		"before":                    {"to=" + esc(hour(-1)), nil, 0},
		"after":                     {"from=" + esc(hour(1)), nil, 0},
		"newest first":              {"sort=-createdAt&limit=2", []string{all[4], all[3]}, 4},
		"oldest first":              {"sort=%2BcreatedAt&limit=1", all[:1], 4},
		"a page":                    {"limit=2&page=1", own[2:4], 4},
		"a page, as the recipe":     {"limit=2&pages=1", own[2:4], 4},
		"an offset":                 {"limit=2&offset=2", own[2:], 4},
		"without a count":           {"withoutCount=true", own, 0},
		"without items":             {"withoutItems=1", nil, 4},
		"what nobody knows":         {"companyId=7&allCompanies=true", own, 4},
		"the statistics are a list": {"bulkId=" + *b[0].BulkID, all[3:4], 1},
	} {
		for _, path := range []string{"/api/v1/messages", "/analyse/api/v1/statistics/messaging/messages"} {
			got := h.get(path + "?" + tt.query)
			if d := cmp.Diff(tt.want, ids(got)); d != "" || got.Count != tt.count {
				t.Errorf("%s: count %d, want %d\n%s", name, got.Count, tt.count, d)
			}
		}
	}
	item := h.get("/api/v1/messages?id=" + all[0]).Items[0]
	for name, want := range map[string]any{
		"status": "DELIVERED", "statusCode": 0.0, "bulkId": *a[0].BulkID, "groupId": *a[0].GroupID, "flowId": *a[0].FlowID, "taskId": "task-1",
		"channel": "CHAT", "externalId": "ext-1", "clientId": "client-1", "chatId": "c", "callbackData": "cb", "text": "Hello Иван", "phone": "79030000001",
		"providerMessageId": stored[0].Session, "network": nil, "partCount": 1.0,
	} {
		if got := item[name]; got != want {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
	}
	if v := item["destination"].(map[string]any)["variables"].(map[string]any)["name"]; v != "Иван" {
		t.Errorf("variables %v", v)
	}
	if v := item["message"].(map[string]any)["chatSessionName"]; v != "S" {
		t.Errorf("channel %v", item["message"])
	}
	if _, ok := item["deliveredAt"].(string); !ok || item["readAt"] != nil {
		t.Errorf("times %v, %v", item["deliveredAt"], item["readAt"])
	}
}

// The recipe's second step: the very query of the seed, with today's times.
func TestTheSeedsStatistics(t *testing.T) {
	h := newHarness(t)
	got := h.post(seedBody)
	at := func(d time.Duration) string {
		return url.QueryEscape(time.Now().Add(d).UTC().Format("2006-01-02T15:04:05+00:00"))
	}
	_, raw := h.call(http.MethodGet, "/api/v1/statistics/messaging/messages?from="+at(-time.Hour)+"&to="+at(time.Hour)+"&pages=0&channel=CHAT&fields=id%2CproviderMessageId%2Cstatus", "")
	session := h.stored()[0].Session
	want := fmt.Sprintf(`{"count":1,"items":[{"id":"%s","providerMessageId":"%s","status":"CREATED"}]}`, *got[0].ID, session)
	if raw != want {
		t.Errorf("got  %s\nwant %s", raw, want)
	}
	_, raw = h.call(http.MethodGet, "/api/v1/statistics/chat/sessions?from="+at(-time.Hour)+"&to="+at(time.Hour)+
		"&withoutCount=false&withoutItems=false&limit=1000&page=0&chatId="+session+"&fields=id%2Cname%2CclientId%2CmessengerType%2Cnps", "")
	client := derived("client", phoneID+" 74992868344@s.whatsapp.net")
	want = fmt.Sprintf(`{"count":1,"items":[{"id":"%s","name":"Название сессии","clientId":"%s","messengerType":"WHATSAPP","dialogResultsFromBotJson":{"initialVariables":{"age":"23","name":"Иван"}}}]}`, session, client)
	if raw != want {
		t.Errorf("got  %s\nwant %s", raw, want)
	}
}

func TestSessionLists(t *testing.T) {
	h := newHarness(t)
	var all []string
	for i, name := range []string{"B", "C", "A"} {
		chat := h.known(fmt.Sprintf("7903000000%d", i))
		s, err := h.store.StartSession(context.Background(), wabridge.Session{ID: wabridge.NewUUID(), Phone: phoneID, Chat: chat, Name: name, Chatbot: "chat-" + name, TTL: 600}, nil, queue.SessionStep{At: time.Now()})
		must(t, err)
		all = append(all, s.ID)
	}
	_, err := h.store.MoveSession(context.Background(), all[1], func(s wabridge.Session) (wabridge.Session, []queue.Draft, error) {
		s.Results = map[string]string{"nps": "=9", "confirmation": "Отказ", "initialVariables": "x"}
		return s, nil, nil
	}, queue.SessionStep{At: time.Now()})
	must(t, err)
	for query, want := range map[string][]string{
		"": all, "sort=-started_at": {all[2], all[1], all[0]}, "sort=name": {all[2], all[0], all[1]}, "sort=-name&limit=1": {all[1]},
		"chatId=" + all[1]: all[1:2], "chatId=chat-A": all[2:], "sessionId=" + all[0]: all[:1], "chatId=" + all[0] + "&id=" + all[1]: nil,
		"limit=1&page=1": all[1:2], "offset=2": all[2:], "channel=SMS": nil, "messengerType=WHATSAPP": all,
	} {
		if d := cmp.Diff(want, ids(h.get("/api/v1/statistics/chat/sessions?"+query))); d != "" {
			t.Errorf("%s: %s", query, d)
		}
	}
	for query, want := range map[string]string{
		"fields=id,nps&withoutCount=true":                    `{"items":[{"id":"` + all[1] + `","dialogResultsFromBotJson":{"confirmation":"Отказ","nps":"=9","initialVariables":[]}}]}`,
		"fields=nope":                                        `{"count":1,"items":[{"dialogResultsFromBotJson":{"confirmation":"Отказ","nps":"=9","initialVariables":[]}}]}`,
		"fields=name,nps,confirmation&format=CSV":            "name,nps,confirmation\nC,=9,Отказ\n",
		"fields=name,nps&format=csv_excel":                   "\ufeffname;nps\nC;'=9\n",
		"fields=dialogResultsFromBotJson&format=CSV":         "dialogResultsFromBotJson\n\"{\"\"confirmation\"\":\"\"Отказ\"\",\"\"nps\"\":\"\"=9\"\",\"\"initialVariables\"\":[]}\"\n",
		"withoutItems=true":                                  `{"count":1}`,
		"withoutItems=true&withoutCount=true":                `{}`,
		"fields=messagesSent,operator,status&format=CSV&x=1": "messagesSent,operator,status\n0,false,open\n",
	} {
		if code, got := h.call(http.MethodGet, "/api/v1/statistics/chat/sessions?id="+all[1]+"&"+query, ""); code != 200 || got != want {
			t.Errorf("%s: %d\ngot  %q\nwant %q", query, code, got, want)
		}
	}
}

func TestBadQueries(t *testing.T) {
	h := newHarness(t)
	for query, want := range map[string]string{
		"from=yesterday": "from: ", "to=2023-13-01": "to: ", "limit=0": "limit: ", "limit=10001": "limit: ", "limit=x": "limit: ",
		"page=-1": "page: ", "pages=x": "pages: ", "offset=-1": "offset: ", "page=100000000&limit=10": "page: ", "sort=phone": "sort: ", "sort=createdAt,name": "sort: ",
		"withoutCount=maybe": "withoutCount: ", "withoutItems=7": "withoutItems: ", "format=XML": "format: ", "zip=true": "zip: ", "filename=a/b": "filename: ",
		"status=UNKNOWN": "status: ", "id=%00": "id: ", "bulkId=a%20b": "bulkId: ", "groupId=%22": "groupId: ", "flowId=%C3%A4": "flowId: ", "x=%zz": "the query",
		"id=" + strings.Repeat("a,", 1001): "id: ", "fields=" + strings.Repeat("a,", 101): "fields: ",
	} {
		code, raw := h.call(http.MethodGet, "/api/v1/messages?"+query, "")
		var e map[string]fault
		if err := strict(raw, &e); err != nil || code != 400 || !strings.HasPrefix(e["error"].Message, want) {
			t.Errorf("%s: %d %s", query, code, raw)
		}
	}
}

func TestCancel(t *testing.T) {
	h := newHarness(t)
	send := func(n int) []element {
		var list []string
		for i := range n {
			list = append(list, fmt.Sprintf(`{"phone":"790300000%02d"}`, i))
		}
		return h.post(message("", strings.Join(list, ",")))
	}
	a := send(4)
	h.move(h.stored()[0], wabridge.Sent)
	b := send(2)
	c := send(2)
	for _, tt := range []struct {
		query string
		want  int
	}{
		{"id=" + *a[0].ID, 0}, // it has gone
		{"id=" + *a[1].ID, 1},
		{"id=" + *a[1].ID, 0},
		{"flowId=" + *a[2].FlowID, 1},
		{"bulkId=" + *a[0].BulkID + "&groupId=" + *a[0].GroupID, 1},
		{"bulkId=" + *a[0].BulkID, 0},
		{"bulkId=" + *b[0].BulkID + ",nobody", 2},
		{"groupId=" + *c[0].GroupID, 2},
		{"groupId=nobody", 0},
	} {
		code, raw := h.call(http.MethodDelete, "/api/v1/messages?"+tt.query, "")
		if want := fmt.Sprintf(`{"count":%d}`, tt.want); code != 200 || raw != want {
			t.Errorf("%s: %d %s, want %s", tt.query, code, raw, want)
		}
	}
	if code, _ := h.call(http.MethodDelete, "/api/v1/messages?bulkid=x", ""); code != 400 {
		t.Errorf("without an id: %d", code)
	}
	code, raw := h.call(http.MethodPost, "/api/v1/messages", `{"bulkId":"`+*b[0].BulkID+`",`+message("", `{"phone":"79030000077"}`)[1:])
	if code != 400 || !strings.Contains(raw, "bulkId: this bulk was canceled") {
		t.Errorf("into a canceled bulk: %d %s", code, raw)
	}
	code, raw = h.call(http.MethodGet, "/api/v1/messages/bulk/"+*b[0].BulkID, "")
	if lines := strings.Split(strings.TrimSpace(raw), "\n"); code != 200 || len(lines) != 3 || !strings.Contains(lines[1], ",CANCELED,") {
		t.Errorf("the bulk's file: %d %s", code, raw)
	}
}

// Every word and member is written for something.
func TestWords(t *testing.T) {
	for _, s := range wabridge.States {
		if word := statusWord(s); (word == "") != (s == wabridge.Received) {
			t.Errorf("%s is %q", s, word)
		}
	}
	var names, sessionNames []string
	for _, c := range record(wabridge.Message{}, nil, "", wabridge.Session{}) {
		names = append(names, c.name)
	}
	for _, c := range (&api{}).sessionRecord(wabridge.Session{}) {
		sessionNames = append(sessionNames, c.name)
	}
	if d := cmp.Diff(messageFields, names); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(sessionFields, sessionNames); d != "" {
		t.Error(d)
	}
}

func TestIDs(t *testing.T) {
	for range 300 {
		k := newGroupKey()
		wamid := newWamid(k, 7)
		id, key, chunk, ok := split(wamid)
		if !ok || key != k || chunk != 7 || !uuidForm.MatchString(id) || len(wamid) != len(wabridge.NewID()) || !strings.HasSuffix(wamid, k.suffix()) {
			t.Fatalf("%s: %s %v %d %v", wamid, id, key, chunk, ok)
		}
		if flow(flow(id)) != id || flow(id) == id || flow(id)[14] != '4' {
			t.Fatalf("flow %s of %s", flow(id), id)
		}
		if got, ok := keyOf(k.id()); !ok || got != k || !uuidForm.MatchString(k.id()) {
			t.Fatalf("group %s", k.id())
		}
		other := wabridge.NewID()
		n := 0
		for _, p := range prefixes(uuidOf(other)) {
			if strings.HasPrefix(other, p) {
				n++
			}
		}
		if n != 1 {
			t.Fatalf("%s is found by %d prefixes", other, n)
		}
		if _, ok := keyOf(wabridge.NewUUID()); ok {
			t.Fatal("a random id is a group's")
		}
	}
	for _, id := range []string{"", "wamid.", "wamid.AAAA", wabridge.NewCallID()} {
		if _, _, _, ok := split(id); ok || !uuidForm.MatchString(uuidOf(id)) {
			t.Errorf("%q", id)
		}
	}
	if prefixes("x") != nil || flow("x") != "" {
		t.Error("what is no id leads somewhere")
	}
}

func FuzzBody(f *testing.F) {
	store := newHarness(f).store
	f.Add([]byte(seedBody))
	for i := range len(seedBody) {
		f.Add([]byte(seedBody[:i]))
	}
	f.Add([]byte(`{"messages":[{"channels":{"chat":{"text":"{a} {{b}}","validityPeriod":"5"}},"allowedTimeRanges":[["09:00","22:00"]],"sendAt":"2024-05-01T10:00:00+03:00","destinations":[{"phone":7,"variables":{"a":1}},{"variables":[]},null]}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		b, err := parse(body)
		if err != nil {
			if b != nil || refusalOf(err) == nil {
				t.Error("an error and a batch")
			}
			return
		}
		a := &api{Config: Config{Store: store}}
		n := 0
		for _, g := range b.groups {
			a.address(g, []wabridge.Phone{{ID: phoneID, Number: own}})
			a.bot(g)
			a.callbacks(g)
			g.times(time.Now())
			for i := range g.trips {
				n++
				if _, input, _ := a.recipient(t.Context(), g, i); len(input) > len(body) {
					t.Error("a recipient from nowhere")
				}
				_ = g.print(i)
			}
			for _, wrong := range append(g.wrong, g.trips[0].wrong...) {
				if !strings.HasPrefix(wrong, "messages[") {
					t.Errorf("%q names no field", wrong)
				}
			}
		}
		if n != b.destinations || n == 0 {
			t.Errorf("%d destinations, %d counted", n, b.destinations)
		}
	})
}

func FuzzQuery(f *testing.F) {
	for _, s := range []string{
		"from=2023-11-22T12%3A00%3A00%2B00%3A00&to=2023-11-22T23%3A00%3A00%2B00%3A00&pages=0&channel=CHAT&fields=id%2CproviderMessageId%2Cstatus",
		"from=2023-11-22T13:00:00+07:00&withoutCount=false&withoutItems=false&limit=1000&page=0&sort=+started_at,&id[]=a&id[1]=b&format=CSV_EXCEL&filename=x",
	} {
		for i := range len(s) + 1 {
			f.Add(s[:i])
		}
	}
	f.Fuzz(func(t *testing.T, raw string) {
		q, err := parseQuery(raw, sessionSorts...)
		if err != nil {
			return
		}
		if q.limit < 1 || q.limit > maxLimit || q.offset < 0 || q.offset > maxOffset || len(q.fields) > maxFields {
			t.Errorf("%+v", q)
		}
		_, _ = q.states()
		row := record(wabridge.Message{}, nil, "", wabridge.Session{}).only(q.fields)
		if b, err := json.Marshal(row); err != nil || !json.Valid(b) {
			t.Errorf("%s: %v", b, err)
		}
	})
}
