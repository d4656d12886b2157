package crm

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/content"
	"github.com/wabridge/wabridge/media"
	"github.com/wabridge/wabridge/queue"
	"github.com/wabridge/wabridge/queue/sqlite"
)

// library has files under some addresses.
type library struct{}

func (library) Fetch(ctx context.Context, phone, url, kind string) (queue.MediaRecord, error) {
	switch {
	case strings.Contains(url, "slow"):
		<-ctx.Done()
		return queue.MediaRecord{}, ctx.Err()
	case strings.Contains(url, "missing"):
		return queue.MediaRecord{}, wabridge.Fail(wabridge.CodeMediaUpload, nil, "the server of the link answered HTTP 404")
	}
	return queue.MediaRecord{Media: wabridge.Media{ID: "77", MIME: "image/jpeg", SHA256: strings.Repeat("a", 64)}, Phone: phone}, nil
}

func (library) Find(_ context.Context, phone, id, _ string) (queue.MediaRecord, error) {
	if id == "78" {
		return queue.MediaRecord{Media: wabridge.Media{ID: id, MIME: "image/jpeg", SHA256: strings.Repeat("b", 64)}, Phone: phone}, nil
	}
	return queue.MediaRecord{}, wabridge.Fail(wabridge.CodeNotFound, nil, "no such file")
}

type made struct{}

func (made) Put(_ context.Context, r io.Reader, _ int64) (media.File, error) {
	n, err := io.Copy(io.Discard, r)
	return media.File{SHA256: strings.Repeat("c", 64), Size: n}, err
}

// TestItems: what is taken, and what the CRM is told of the rest, beside a good
// item that nothing of it holds up.
func TestItems(t *testing.T) {
	db := openDB(t)
	defer func() { must(t, db.Close()) }()
	putTemplate(t, db)
	long := strings.Repeat("ы", wabridge.MaxText+1)
	for i, tt := range []struct {
		name, item string
		code       wabridge.Code // 0: accepted
		words      string        // of details, or of the message's text
	}{
		{"a text", `{"id":"a","to":"79034567890","text":"hello"}`, 0, "hello"},
		{"the number with signs", `{"id":"a","to":" +7 (903) 456-78-90 ","text":"hello"}`, 0, "hello"},
		{"a number as a number", `{"id":"a","to":79034567890,"text":"hello"}`, 0, "hello"},
		{"a text that is a number", `{"id":"a","to":"79034567890","text":1234}`, 0, "1234"},
		{"a group", `{"id":"a","to":"120363012345678901@g.us","text":"hello"}`, 0, "hello"},
		{"a text as the Cloud API has it", `{"id":"a","to":"79034567890","type":"text","text":{"body":"hello"}}`, 0, "hello"},
		{"a type and a plain text", `{"id":"a","to":"79034567890","type":"TEXT","text":"hello"}`, 0, "hello"},
		{"a location", `{"id":"a","to":"79034567890","type":"location","location":{"latitude":1.5,"longitude":2.5,"name":"Here"}}`, 0, "Here"},
		{"a picture by link", `{"id":"a","to":"79034567890","type":"image","image":{"link":"http://f.test/a.jpg","caption":"look"}}`, 0, "look"},
		{"a picture by id", `{"id":"a","to":"79034567890","type":"image","image":{"id":"78"}}`, 0, ""},
		{"a card", `{"id":"a","to":"79034567890","type":"contacts","contacts":[{"name":{"formatted_name":"Ann","first_name":"Ann"},"phones":[{"phone":"+15550001234"}]}]}`, 0, ""},
		{"a template", `{"id":"a","to":"79034567890","type":"template","template":{"name":"ready","language":{"code":"ru"},"components":[{"type":"body","parameters":[{"type":"text","text":"17"}]}]}}`, 0, "Order 17 is ready"},
		{"times", fmt.Sprintf(`{"id":"a","to":"79034567890","text":"hello","send_at":%d,"expires_at":"%s"}`, time.Now().Unix()+60, time.Now().Add(time.Hour).Format(time.RFC3339)), 0, "hello"},
		{"unknown members", `{"id":"a","to":"79034567890","text":"hello","x":[1,{"y":null}],"priority":null}`, 0, "hello"},

		{"no number", `{"id":"a","text":"x"}`, 131008, "to: give"},
		{"a list of numbers", `{"id":"a","to":["79034567890"],"text":"x"}`, 131008, "to: give"},
		{"letters in the number", `{"id":"a","to":"call me","text":"x"}`, 131009, "to: only digits"},
		{"a fraction for a number", `{"id":"a","to":79034567890.0,"text":"x"}`, 131009, "to: only digits"},
		{"no country code", `{"id":"a","to":"89034567890","text":"x"}`, 131009, "to: this is not a phone number"},
		{"too short", `{"id":"a","to":"12","text":"x"}`, 131009, "to: this is not a phone number"},
		{"the phone's own", `{"id":"a","to":"15550001001","text":"x"}`, 131021, "to: it is the sending"},
		{"a group that is none", `{"id":"a","to":"x@g.us","text":"x"}`, 131009, "to: it is no group"},
		{"no text", `{"id":"a","to":"79034567890"}`, 131008, "text: it is empty"},
		{"blanks", `{"id":"a","to":"79034567890","text":" \n "}`, 131008, "text: it is empty"},
		{"a text that is an object", `{"id":"a","to":"79034567890","text":{"body":"x"}}`, 100, "text: write it as a string"},
		{"too long", `{"id":"a","to":"79034567890","text":"` + long + `"}`, 100, "text: it has 4097"},
		{"an unknown type", `{"id":"a","to":"79034567890","type":"dance"}`, 131051, "type: send one of"},
		{"a reaction", `{"id":"a","to":"79034567890","type":"reaction","reaction":{}}`, 131051, "type: send one of"},
		{"a type without its object", `{"id":"a","to":"79034567890","type":"location"}`, 100, "location"},
		{"a file that is not there", `{"id":"a","to":"79034567890","type":"image","image":{"link":"http://f.test/missing.jpg"}}`, 131053, "image: the server"},
		{"a file that does not come", `{"id":"a","to":"79034567890","type":"image","image":{"link":"http://f.test/slow.jpg"}}`, 131053, "image: it"},
		{"an upload that is not there", `{"id":"a","to":"79034567890","type":"image","image":{"id":"79"}}`, 100, "image.id"},
		{"a template that is not there", `{"id":"a","to":"79034567890","type":"template","template":{"name":"no","language":{"code":"ru"}}}`, 132001, "template"},
		{"a template without its parameter", `{"id":"a","to":"79034567890","type":"template","template":{"name":"ready","language":{"code":"ru"}}}`, 132000, "body"},
		{"a priority in words", `{"id":"a","to":"79034567890","text":"x","priority":"high"}`, 100, "priority: write"},
		{"a priority beyond all", `{"id":"a","to":"79034567890","text":"x","priority":1001}`, 100, "priority: write"},
		{"a time in words", `{"id":"a","to":"79034567890","text":"x","send_at":"tomorrow"}`, 100, "send_at: write"},
		{"a negative time", `{"id":"a","to":"79034567890","text":"x","send_at":-1}`, 100, "send_at: write"},
		{"too late", `{"id":"a","to":"79034567890","text":"x","expires_at":1}`, 131026, "expires_at: this time is over"},
		{"sent after it expires", fmt.Sprintf(`{"id":"a","to":"79034567890","text":"x","send_at":%d}`, time.Now().Unix()+40*86400), 100, "send_at: it is not before"},
		{"callback_data that is too long", `{"id":"a","to":"79034567890","text":"x","callback_data":"` + strings.Repeat("x", 513) + `"}`, 100, "callback_data: write"},
		{"a phone that is not there", `{"id":"a","to":"79034567890","text":"x","phone_number_id":"7"}`, 131009, "phone_number_id: there is no such"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := ownConfig()
			c.Name = fmt.Sprintf("shop%d", i) // its ids are its own
			before := len(outgoing(t, db))
			p := New(c, Parts{Store: db, Log: (&logs{}).logger(), Library: library{}, Files: made{}})
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond) // for the slow file
			if !strings.Contains(tt.item, "slow") {
				cancel()
				ctx, cancel = context.WithCancel(t.Context())
			}
			defer cancel()
			body := `{"messages":[` + tt.item + `,{"id":"good","to":"79034567899","text":"good"}]}`
			items, err := p.wire.items(fetching, []byte(body))
			must(t, err)
			if strings.Contains(tt.item, "slow") {
				slowly(t, p, ctx, items)
			} else if _, err := p.accept(ctx, items); err != nil {
				t.Fatal(err)
			}
			list := outgoing(t, db)[before:]
			if n := map[bool]int{true: 2, false: 1}[tt.code == 0]; len(list) != n || list[len(list)-1].Text != "good" {
				t.Fatalf("accepted %+v", list)
			}
			if tt.code == 0 {
				if !strings.Contains(string(list[0].Text), tt.words) {
					t.Errorf("text %q, want %q", list[0].Text, tt.words)
				}
				return
			}
			told, _, err := p.extras(t.Context(), 10)
			must(t, err)
			if len(told) != 1 || told[0].ID != "a" || told[0].Status != "rejected" || told[0].Error.Code != int(tt.code) || !strings.Contains(told[0].Error.Details, tt.words) || told[0].Error.Title == "" {
				t.Errorf("told %+v %+v", told, told[0].Error)
			}
		})
	}
}

// slowly accepts items of which a file does not come: the time for files is
// what ends, not the database's.
func slowly(t *testing.T, p *Poller, ctx context.Context, items []item) {
	t.Helper()
	list, err := p.sort(t.Context(), items, []wabridge.Phone{{ID: phoneID}})
	must(t, err)
	must(t, p.files(ctx, list))
	for _, c := range list {
		if c.bad != nil {
			must(t, p.refuse(t.Context(), c.id, *c.bad))
			continue
		}
		_, err := p.store.Enqueue(t.Context(), queue.Draft{Message: c.message})
		must(t, err)
	}
}

func putTemplate(t testing.TB, db Store) {
	t.Helper()
	tpl, err := content.ReadTemplate(json.RawMessage(`{"id":"1234567890","name":"ready","language":"ru","category":"UTILITY","status":"APPROVED","components":[{"type":"BODY","text":"Order {{1}} is ready"}]}`))
	must(t, err)
	data, err := json.Marshal(tpl)
	must(t, err)
	_, err = db.PutObject(t.Context(), queue.Object{Kind: queue.ObjectTemplate, Owner: wabaID, ID: tpl.ID, Name: queue.TemplateName("ready", "ru"), Data: data}, time.Now())
	must(t, err)
}

// TestIDs: which ids name an item. Without one nobody can be told of it, and
// the others go their way.
func TestIDs(t *testing.T) {
	for raw, want := range map[string]string{
		`"17"`: "17", `17`: "17", `" a b "`: "a b", `"ид-1"`: "ид-1", `98765432109876543210`: "98765432109876543210",
		`null`: "", `""`: "", `" "`: "", `true`: "", `{}`: "", `[1]`: "", `1.5`: "", `1e3`: "", `"a\nb"`: "", `"` + strings.Repeat("x", 201) + `"`: "",
	} {
		if got := readItem(json.RawMessage(`{"id":` + raw + `}`)).id; got != want {
			t.Errorf("id %s is %q, want %q", raw, got, want)
		}
	}
	for _, raw := range []string{`17`, `"x"`, `null`, `[]`, `{}`} {
		if got := readItem(json.RawMessage(raw)); got.id != "" {
			t.Errorf("item %s has the id %q", raw, got.id)
		}
	}
}

// TestTheSameID: an id stands for one message for ever.
func TestTheSameID(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := openDB(t)
		defer func() { must(t, db.Close()) }()
		p := New(ownConfig(), Parts{Store: db, Log: (&logs{}).logger()})
		take := func(items ...string) outcome {
			t.Helper()
			list, err := p.wire.items(fetching, []byte(`{"messages":[`+strings.Join(items, ",")+`]}`))
			must(t, err)
			out, err := p.accept(t.Context(), list)
			must(t, err)
			return out
		}
		const first, other = `{"id":"1","to":"79034567890","text":"a"}`, `{"id":1,"to":"79034567890","text":"b"}`
		if out := take(first, first, other); out.accepted != 1 || out.rejected != 1 {
			t.Errorf("twice in one answer: %+v", out)
		}
		if out := take(first, `{"id":"1","to":"79034567890","text":"a","expires_at":1}`, `{"id":"1"}`); out.repeated != 3 || out.accepted+out.rejected != 0 {
			t.Errorf("handed out again: %+v", out)
		}
		if out := take(other); out.rejected != 1 {
			t.Errorf("another message: %+v", out)
		}
		time.Sleep(100 * 24 * time.Hour) // keys and notes are forgotten by then
		if _, err := db.Clean(t.Context(), time.Now(), sqlite.Retention{}); err != nil {
			t.Fatal(err)
		}
		p.clean(t.Context())
		if o, err := db.Objects(t.Context(), objectItem, "shop", "", 10); err != nil || len(o) != 0 {
			t.Errorf("%d notes are kept (%v)", len(o), err)
		}
		if out := take(first); out.accepted != 0 {
			t.Errorf("after 100 days: %+v", out)
		}
		if n := len(outgoing(t, db)); n != 1 {
			t.Errorf("%d messages", n)
		}
		if _, err := db.Cancel(t.Context(), messageID("shop", "1"), time.Now()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(100 * 24 * time.Hour)
		if got, err := db.Clean(t.Context(), time.Now(), sqlite.Retention{Keep: 90 * 24 * time.Hour}); err != nil || got.Messages != 1 {
			t.Fatalf("retention: %+v, %v", got, err)
		}
		if out := take(first); out.accepted != 0 {
			t.Errorf("after its message went: %+v", out)
		}
	})
}

// Two pollers have ids of their own.
func TestIDsOfTwoPollersAreTwo(t *testing.T) {
	if messageID("a", "1") == messageID("b", "1") || messageID("a", "1") != messageID("a", "1") || len(messageID("a", "1")) != len(wabridge.NewID()) {
		t.Error("ids are not what they should be")
	}
}

// TestBadAnswers: what is no answer of the protocol is told in words, and taken
// for no list.
func TestBadAnswers(t *testing.T) {
	huge := `{"messages":[` + strings.Repeat(`{"id":"x","to":"79034567890","text":"`+strings.Repeat("x", 1000)+`"},`, 1200) + `{}]}`
	for _, tt := range []struct{ name, body, want string }{
		{"HTML", "<!doctype html><h1>Fatal error</h1>", "a page of HTML"},
		{"nothing", "", "the answer is empty"},
		{"half of it", `{"messages":[{"id":"1","to":"79034567890","text":"a"},{"id":`, "is not JSON"},
		{"a warning of PHP before it", "Warning: x\n{\"messages\":[]}", "is not JSON"},
		{"a list", `[{"id":"1"}]`, "is a array, not an object"},
		{"a text", `"ok"`, "is a string, not an object"},
		{"messages that are an object", `{"messages":{"id":"1"}}`, "messages of the answer is a object"},
		{"messages that are a text", `{"messages":"none"}`, "messages of the answer is a string"},
		{"too much", huge, "longer than 1048576 bytes"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, log := polled(t, ownConfig(), func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, tt.body) }, 10*time.Second)
				if !strings.Contains(p.seen.err, tt.want) || p.seen.failures < 2 || p.seen.accepted != 0 {
					t.Errorf("%+v", p.seen)
				}
				if n := strings.Count(log, "cannot be read"); n != 1 {
					t.Errorf("told %d times", n)
				}
				if strings.Contains(log, "79034567890") || strings.Contains(log, "Fatal") || strings.Contains(log, "s3cret") {
					t.Errorf("the log holds what is private: %s", log)
				}
			})
		})
	}
}
