package cloud

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

// defaultWABA is what a business account shows unasked.
const defaultWABA = "id,name,timezone_id,message_template_namespace"

// ofWABA keeps the phones of a business account.
func ofWABA(phones []wabridge.Phone, waba string) []wabridge.Phone {
	var mine []wabridge.Phone
	for _, p := range phones {
		if p.WABA == waba {
			mine = append(mine, p)
		}
	}
	return mine
}

// wabaNode is a business account. It exists only as what its phones have in
// common; the namespace is made of its id, so that it stays the same.
func wabaNode(id string, phones []wabridge.Phone, own wabaSettings) node {
	country, _, _ := plan(phones[0].Number)
	hash := sha256.Sum256([]byte("namespace " + id))
	namespace := hex.EncodeToString(hash[:16])
	return node{
		"id":                           id,
		"name":                         cmp.Or(own.Name, phones[0].Name, id),
		"timezone_id":                  cmp.Or(own.Timezone, "0"), // unknown
		"message_template_namespace":   namespace[:8] + "_" + namespace[8:12] + "_" + namespace[12:16] + "_" + namespace[16:20] + "_" + namespace[20:],
		"account_review_status":        "APPROVED",
		"status":                       "ACTIVE",
		"country":                      known(country),
		"is_enabled_for_insights":      own.Insights,
		"owner_business_info":          node{"id": id, "name": cmp.Or(own.Name, phones[0].Name, id)},
		"currency":                     nil,
		"business_verification_status": nil,
		"health_status":                wabaHealth(id, phones),
		"primary_funding_id":           nil,
		"ownership_type":               nil,
	}
}

// wabaHealth is the member health_status: that of its best phone.
func wabaHealth(id string, phones []wabridge.Phone) node {
	can, entities := "BLOCKED", []any{}
	for _, p := range phones {
		h := health(p)
		if c := h["can_send_message"].(string); c == "AVAILABLE" || can == "BLOCKED" {
			can = c
		}
		entities = append(entities, h["entities"].([]any)[0])
	}
	whole := node{"entity_type": "WABA", "id": id, "can_send_message": can}
	return node{"can_send_message": can, "entities": append([]any{whole}, entities...)}
}

// wabaSettings are what can be set of a business account.
type wabaSettings struct {
	Name     string `json:"name,omitempty"`
	Timezone string `json:"timezone_id,omitempty"`
	Insights bool   `json:"is_enabled_for_insights,omitempty"`
	Seeded   bool   `json:"seeded,omitempty"` // it has had hello_world
}

// settingsID is the id of the settings among an owner's objects.
const settingsID = "settings"

func (a *api) wabaSettings(ctx context.Context, id string) (s wabaSettings, err error) {
	_, err = load(ctx, a.Store, queue.ObjectSettings, id, settingsID, &s)
	return s, err
}

// changeWABA is POST /{waba}: its name, its time zone, and the consent to
// template analytics, which the Cloud API does not take back.
func (a *api) changeWABA(w http.ResponseWriter, r *http.Request) error {
	_, p, err := a.onWABA(w, r)
	if err != nil {
		return err
	}
	name, named, err := p.short("name", 100)
	if err != nil {
		return err
	}
	zone, zoned, err := p.short("timezone_id", 8)
	if err != nil {
		return err
	}
	insights, err := p.flag("is_enabled_for_insights")
	switch {
	case err != nil:
		return err
	case zoned && !isDigits(zone):
		return wrongType("timezone_id", "a number of the Cloud API's list of time zones")
	case !named && !zoned && !p.has("is_enabled_for_insights"):
		return refuse(wabridge.CodeParameter, "give name, timezone_id or is_enabled_for_insights")
	case p.has("is_enabled_for_insights") && !insights:
		return refuse(wabridge.CodeParameter, "is_enabled_for_insights: it can be switched on only")
	}
	id := r.PathValue("id")
	err = revise(r.Context(), a.Store, queue.ObjectSettings, id, settingsID, func(s *wabaSettings) error {
		s.Name, s.Timezone, s.Insights = cmp.Or(name, s.Name), cmp.Or(zone, s.Timezone), insights || s.Insights
		return nil
	})
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, node{"id": id, "success": true})
	return nil
}

// phoneNumbers is GET /{waba}/phone_numbers.
func (a *api) phoneNumbers(w http.ResponseWriter, r *http.Request) error {
	token, err := a.authorize(r)
	if err != nil {
		return err
	}
	phones, p, err := a.onWABA(w, r)
	if err != nil {
		return err
	}
	nodes := make([]node, len(phones))
	for i, phone := range phones {
		if nodes[i], err = a.wholePhone(r.Context(), phone, token.Allows(queue.ScopeAdmin)); err != nil {
			return err
		}
	}
	if nodes, err = p.choose(nodes); err != nil {
		return err
	}
	page, err := a.pageOf(r, p, phoneKind, defaultPhone, len(nodes), func(i int) string { return nodes[i]["id"].(string) },
		func(i int) node { return nodes[i] }, phoneNode(wabridge.Phone{}))
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, page)
	return nil
}

// choose filters and sorts.
func (p params) choose(all []node) ([]node, error) {
	filters, err := p.filters()
	if err != nil {
		return nil, err
	}
	var nodes []node
	for _, n := range all {
		keep, err := matches(n, filters)
		if err != nil {
			return nil, err
		}
		if keep {
			nodes = append(nodes, n)
		}
	}
	return nodes, p.sort(nodes)
}

// sort knows one key, last_onboarded_time; phones were added in the order in
// which the store lists them.
func (p params) sort(nodes []node) error {
	keys, err := p.list("sort")
	if err != nil || len(keys) == 0 {
		return err
	}
	switch strings.ToLower(keys[0]) {
	case "last_onboarded_time_ascending", "last_onboarded_time.asc":
	case "last_onboarded_time_descending", "last_onboarded_time.desc":
		slices.Reverse(nodes)
	default:
		return refuse(wabridge.CodeParameter, "sort: use ['last_onboarded_time_ascending'] or ['last_onboarded_time_descending']")
	}
	return nil
}

// A filter is one condition of the filtering parameter.
type filter struct {
	Field    string `json:"field"`
	Operator string `json:"operator"`
	Value    any    `json:"value"`
}

func (p params) filters() ([]filter, error) {
	var list []filter
	err := p.lenient("filtering", &list)
	return list, err
}

// matches holds a node to all filters.
func matches(n node, filters []filter) (bool, error) {
	for _, f := range filters {
		value, there := n[f.Field]
		if !there {
			return false, noField(f.Field, phoneKind)
		}
		ok, err := f.holds(value)
		if err != nil || !ok {
			return false, err
		}
	}
	return true, nil
}

func (f filter) holds(value any) (bool, error) {
	wanted, isList := f.Value.([]any)
	if !isList {
		wanted = []any{f.Value}
	}
	equal := slices.ContainsFunc(wanted, func(v any) bool { return same(v, value) })
	switch strings.ToUpper(f.Operator) {
	case "EQUAL", "IN":
		return equal, nil
	case "NOT_EQUAL", "NOT_IN":
		return !equal, nil
	}
	return false, refuse(wabridge.CodeParameter, "filtering: the operator is not supported; use EQUAL, NOT_EQUAL, IN or NOT_IN")
}

func same(a, b any) bool {
	x, ok := a.(string)
	y, ok2 := b.(string)
	if ok && ok2 {
		return strings.EqualFold(x, y)
	}
	t, ok := a.(bool)
	u, ok2 := b.(bool)
	return ok && ok2 && t == u
}

// cut finds the part of a list of n items that is asked for.
func (s span) cut(n int, key func(int) string) (low, high int, err error) {
	at := func(wanted, name string) (int, error) {
		for i := range n {
			if key(i) == wanted {
				return i, nil
			}
		}
		return 0, badCursor(name)
	}
	switch {
	case s.after != "":
		i, err := at(s.after, "after")
		return i + 1, min(n, i+1+s.limit), err
	case s.before != "":
		i, err := at(s.before, "before")
		return max(0, i-s.limit), i, err
	}
	return 0, min(n, s.limit), nil
}
