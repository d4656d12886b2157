package daemon

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/phonesim"
)

// The body of the first step of TWIN's recipe, as it stands there; %s is the
// address of the receiver.
const twinRecipe = `{
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
            "callbackUrl": "%s",
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

const twinScenario = `name: visit
languages: [ru]
vars: {name: "", age: ""}
steps:
  ask:
    ask: {ru: "Вы придёте?"}
    choices:
      - title: {ru: Да}
        result: {nps: Тест, confirmation: Согласие}
        goto: bye
      - title: {ru: Нет}
        result: {nps: Тест, confirmation: Отказ}
        goto: bye
    no_match:
      say: {ru: "Ответьте, пожалуйста, цифрой."}
    timeout: {after: 1d, goto: bye}
  bye:
    say: {ru: "Спасибо, {{name}}."}
    end: done
`

// twin calls the interface in TWIN's form, as a client of its own would.
func (r *rig) twin(method, path, body, token string, into any) string {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), method, "http://"+r.d.Addr()+path, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	raw, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close() // it was only read
	if err != nil || resp.StatusCode != http.StatusOK || json.Unmarshal(raw, into) != nil {
		r.t.Fatalf("%s %s: %d %s (%v)", method, path, resp.StatusCode, raw, err)
	}
	return string(raw)
}

// TWIN's recipe (seed 001), step by step as it is written: send, save the id,
// find providerMessageId, find the chat session that it started, and read what
// the bot found out, over a restart of the program.
func TestTwinRecipe(t *testing.T) {
	crm := &devinoReceiver{got: map[string][]string{}}
	server := httptest.NewServer(crm)
	defer server.Close()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "visit.yaml"), []byte(twinScenario), 0o600); err != nil {
		t.Fatal(err)
	}
	r := newRig(t, phonesim.Config{}, func(c *Config) {
		c.Bots.Dir = dir
		c.Twin = TwinConfig{
			Chats:        []TwinChat{{ID: "2daadc7b-2b7c-4fa3-822f-6ce3b2337f94", Phone: benchPhone}},
			Bots:         []TwinBot{{ID: "913d39f6-066d-4bee-b6f7-c3fdeb321c50", Scenario: "visit"}},
			AllowPrivate: true,
		}
	})
	r.waitState(wabridge.PhoneReady)

	var login struct{ AuthToken string }
	r.twin(http.MethodPost, "/iam/api/v1/auth/login", fmt.Sprintf(`{"email":"crm@example.org","password":%q,"ttl":3600}`, r.d.Token()), "", &login)

	// Step 1.
	var answer []struct {
		ID, BulkID, GroupID, FlowID, Status, Channel string
		Error                                        *struct{ Message string }
	}
	sent := r.twin(http.MethodPost, "/notify/api/v1/messages", fmt.Sprintf(twinRecipe, server.URL+"/status"), login.AuthToken, &answer)
	if len(answer) != 1 || answer[0].Error != nil || answer[0].Status != "CREATED" || answer[0].Channel != "CHAT" {
		t.Fatalf("answer %s", sent)
	}
	r.until("the callbacks", func() bool { return strings.Contains(crm.all("/status"), `"READ"`) })

	// Step 2, with the query of the recipe and times of today.
	at := func(d time.Duration) string {
		return url.QueryEscape(time.Now().Add(d).In(time.FixedZone("", 7*3600)).Format("2006-01-02T15:04:05-07:00"))
	}
	var statistics struct {
		Count int
		Items []struct{ ID, ProviderMessageID, Status string }
	}
	messages := r.twin(http.MethodGet, "/analyse/api/v1/statistics/messaging/messages?from="+at(-time.Hour)+"&to="+at(time.Hour)+
		"&pages=0&channel=CHAT&fields=id%2CproviderMessageId%2Cstatus", "", login.AuthToken, &statistics)
	if statistics.Count < 1 || statistics.Items[0].ID != answer[0].ID || statistics.Items[0].Status != "READ" || statistics.Items[0].ProviderMessageID == "" {
		t.Fatalf("statistics %s", messages)
	}

	r.stop()
	r.start()
	r.waitState(wabridge.PhoneReady)
	if _, err := r.sim.Incoming(phonesim.IncomingMessage{From: "74992868344", Text: "2"}); err != nil {
		t.Fatal(err)
	}

	// Step 3.
	var sessions struct {
		Count int
		Items []map[string]any
	}
	chat := statistics.Items[0].ProviderMessageID
	var found string
	r.until("the result", func() bool {
		found = r.twin(http.MethodGet, "/analyse/api/v1/statistics/chat/sessions?from="+at(-time.Hour)+"&to="+at(time.Hour)+
			"&withoutCount=false&withoutItems=false&limit=1000&page=0&chatId="+chat+"&fields=id%2Cname%2CclientId%2CmessengerType%2Cnps", "", r.d.Token(), &sessions)
		return strings.Contains(found, "Отказ")
	})
	want := `{"confirmation":"Отказ","nps":"Тест","initialVariables":{"age":"23","name":"Иван"}}`
	if sessions.Count != 1 || sessions.Items[0]["id"] != chat || sessions.Items[0]["name"] != "Название сессии" || !strings.Contains(found, want) {
		t.Errorf("sessions %s", found)
	}
	r.until("the bot's last words", func() bool {
		list := r.sim.Sent()
		return len(list) == 2 && list[1].Text == "Спасибо, Иван."
	})
	if list := r.sim.Sent(); list[0].To != "74992868344" || list[0].Text != "Текст сообщения" {
		t.Errorf("sent %+v", list)
	}
	if got := crm.all("/status"); strings.Count(got, `"callbackData":"123"`) != strings.Count(got, answer[0].ID) || strings.Count(got, `"status":"READ"`) != 1 {
		t.Errorf("callbacks %s", got)
	}
	t.Log("\n"+sent, "\n"+messages, "\n"+found, "\n"+crm.all("/status"))
}
