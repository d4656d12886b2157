package crm

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"
)

const jsonType = "application/json; charset=utf-8"

// own is the preset wabridge.
type own struct{ cfg Config }

func (w own) fetch() call {
	pairs := []string{"limit", strconv.Itoa(w.cfg.Limit)}
	if *w.cfg.Wait > 0 {
		pairs = append(pairs, "wait", strconv.Itoa(int(*w.cfg.Wait/time.Second)))
	}
	return call{kind: fetching, method: http.MethodGet, url: withQuery(w.cfg.URL, pairs...)}
}

func (w own) items(k kind, body []byte) ([]item, error) {
	if k != fetching {
		return nil, nil // what the body says does not matter
	}
	var got struct {
		Messages []json.RawMessage `json:"messages"`
	}
	if err := json.Unmarshal(body, &got); err != nil {
		return nil, notProtocol(body, err)
	}
	list := make([]item, len(got.Messages))
	for i, raw := range got.Messages {
		list[i] = readItem(raw)
	}
	return list, nil
}

func (w own) results(list []result) ([]call, error) {
	body, err := json.Marshal(map[string]any{"results": list})
	return []call{{kind: reporting, method: http.MethodPost, url: w.cfg.ResultsURL, body: body, contentType: jsonType}}, err
}

func (w own) incoming(list []incoming) (call, error) {
	body, err := json.Marshal(map[string]any{"messages": list})
	return call{kind: posting, method: http.MethodPost, url: w.cfg.IncomingURL, body: body, contentType: jsonType}, err
}

func (w own) most() (int, int)         { return 50, 20 }
func (w own) tells(string) bool        { return true }
func (w own) takes(incoming) bool      { return true }
func (w own) field(name string) string { return name }
