package compat

import (
	"bytes"
	"encoding/json"
	"flag"
	"net/http"
	"os"
	"strings"
	"testing"
)

const ownFile = "../docs/wabridge.postman_collection.json"

var update = flag.Bool("update", false, "write the answers of this run into docs/wabridge.postman_collection.json")

// TestOwnCollection sends every request of the collection that is shipped and
// compares the answers with the saved ones: the same members of the same kind.
func TestOwnCollection(t *testing.T) {
	items := readPostman(t, ownFile)
	g := newGateway(t, allowLoopback)
	v := &variables{literal: strings.NewReplacer(), named: map[string]string{
		"base_url": "", "token": token, "phone_number_id": phoneID, "waba_id": wabaID, "to": recipient,
	}}
	saved, codes := map[string]json.RawMessage{}, map[string]int{}
	for _, it := range items {
		name := it.folder + "/" + it.Name
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			a := it.send(t, g, v)
			if a.status != http.StatusOK && a.status != http.StatusCreated {
				t.Fatalf("answered %d %s", a.status, a.body)
			}
			if it.Name == "Upload a picture" {
				v.named["media_id"] = a.member("id")
			}
			saved[name], codes[name] = a.body, a.status
			if len(it.Response) == 0 && !*update {
				t.Error("no answer is saved; run go test ./compat -run Own -update")
			}
			if !*update {
				it.compare(t, name, a)
			}
		})
	}
	if *update && !t.Failed() {
		save(t, saved, codes)
	}
}

// save writes the answers into the collection, which is otherwise kept.
func save(t *testing.T, answers map[string]json.RawMessage, codes map[string]int) {
	t.Helper()
	b, err := os.ReadFile(ownFile)
	if err != nil {
		t.Fatal(err)
	}
	var c map[string]any
	if err := json.Unmarshal(b, &c); err != nil {
		t.Fatal(err)
	}
	for _, f := range c["item"].([]any) {
		folder := f.(map[string]any)
		for _, i := range folder["item"].([]any) {
			it := i.(map[string]any)
			var body bytes.Buffer
			name := folder["name"].(string) + "/" + it["name"].(string)
			if err := json.Indent(&body, answers[name], "", "  "); err != nil {
				t.Fatal(err)
			}
			it["response"] = []any{map[string]any{"name": "as seen", "code": codes[name], "status": http.StatusText(codes[name]), "body": body.String()}}
		}
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(c); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(ownFile, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}
