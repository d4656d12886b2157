package cloud

import (
	"cmp"
	"context"
	"net/http"
	"slices"

	"github.com/nyaruka/phonenumbers"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/analytics"
	"github.com/wabridge/wabridge/phonenumber"
	"github.com/wabridge/wabridge/queue"
)

// Names of node types, as error messages have them.
const (
	phoneKind = "WhatsAppBusinessPhoneNumber"
	wabaKind  = "WhatsAppBusinessAccount"
)

// defaultPhone is what a phone number shows unasked.
const defaultPhone = "verified_name,code_verification_status,display_phone_number,quality_rating,platform_type,throughput,id"

// node is GET /{id}: a phone number or a business account.
func (a *api) node(w http.ResponseWriter, r *http.Request) error {
	token, err := a.authorize(r)
	if err != nil {
		return err
	}
	id := r.PathValue("id")
	if !isDigits(id) {
		return unknownPath("/" + id)
	}
	p, err := readParams(w, r)
	if err != nil {
		return err
	}
	n, kind, preset, err := a.find(r, token, id)
	if err != nil {
		return err
	}
	fields, err := p.wanted(preset)
	if err != nil {
		return err
	}
	if !token.Allows(queue.ScopeRead) && (kind == templateKind || kind == wabaKind && asksAnalytics(fields)) {
		return lacks(queue.ScopeRead)
	}
	if kind == wabaKind {
		if err := a.addAnalytics(r.Context(), id, n, fields); err != nil {
			return err
		}
	}
	out, err := project(n, kind, fields)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, out)
	return nil
}

// asksAnalytics reports whether a field is one of the analytics.
func asksAnalytics(fields []field) bool {
	return slices.ContainsFunc(fields, func(f field) bool { return slices.Contains(analytics.Kinds, analytics.Kind(f.name)) })
}

// find looks for the id among phones, business accounts and templates.
func (a *api) find(r *http.Request, token queue.Token, id string) (n node, kind, preset string, err error) {
	phones, err := a.Store.Phones(r.Context())
	if err != nil {
		return nil, "", "", err
	}
	for _, p := range phones {
		if p.ID == id {
			n, err := a.wholePhone(r.Context(), p, token.Allows(queue.ScopeAdmin))
			return n, phoneKind, defaultPhone, err
		}
	}
	if mine := ofWABA(phones, id); len(mine) > 0 {
		n, err := a.wholeWABA(r.Context(), id, mine)
		return n, wabaKind, defaultWABA, err
	}
	if id == appID {
		return a.appData(r), "Application", "id,name,link", nil
	}
	t, err := a.templateByID(r.Context(), id)
	if wabridge.CodeOf(err) != wabridge.CodeNotFound {
		return templateNode(t), templateKind, defaultTemplate, err
	}
	m, err := a.file(r, id)
	if err != nil {
		return nil, "", "", err
	}
	return a.mediaNode(r, m), mediaKind, defaultMedia, nil
}

// wholeWABA is a business account with all that has to be looked up.
func (a *api) wholeWABA(ctx context.Context, id string, phones []wabridge.Phone) (node, error) {
	own, err := a.wabaSettings(ctx, id)
	if err != nil {
		return nil, err
	}
	for i, p := range phones {
		reg, err := queue.RegistrationOf(ctx, a.Store, p.ID)
		if err != nil {
			return nil, err
		}
		phones[i] = shown(p, reg)
	}
	return wabaNode(id, phones, own), nil
}

// wholePhone is a phone with all that has to be looked up.
func (a *api) wholePhone(ctx context.Context, p wabridge.Phone, admin bool) (node, error) {
	reg, err := queue.RegistrationOf(ctx, a.Store, p.ID)
	if err != nil {
		return nil, err
	}
	hooks, err := a.Store.Endpoints(ctx)
	if err != nil {
		return nil, err
	}
	n := phoneNode(shown(p, reg))
	n["throughput"] = a.throughput()
	n["is_pin_enabled"] = reg.PIN != ""
	n["webhook_configuration"] = webhookNode(p, hooks, admin)
	return n, nil
}

// phoneNode is a phone as the Cloud API shows a phone number (contract,
// section 4). What a gateway cannot know is nil: asked for, it is left out.
func phoneNode(p wabridge.Phone) node {
	country, dial, display := plan(p.Number)
	return node{
		"id":                           p.ID,
		"verified_name":                cmp.Or(p.Name, display, p.ID),
		"display_phone_number":         display,
		"quality_rating":               "UNKNOWN",
		"code_verification_status":     verification(p),
		"status":                       phoneStatus(p),
		"platform_type":                "CLOUD_API",
		"host_platform":                "CLOUD_API",
		"throughput":                   node{"level": "STANDARD"},
		"account_mode":                 "LIVE",
		"name_status":                  "NONE",
		"is_official_business_account": false,
		"is_pin_enabled":               false,
		"is_on_biz_app":                p.Package == "com.whatsapp.w4b",
		"country_code":                 known(country),
		"country_dial_code":            known(dial),
		"health_status":                health(p),
		"webhook_configuration":        nil,
		"messaging_limit_tier":         nil,
		"last_onboarded_time":          nil,
		"unified_cert_status":          nil,
		"certificate":                  nil,
		"new_certificate":              nil,
		"new_name_status":              nil,
		"quality_score":                nil,
		"search_visibility":            nil,
		"username":                     nil,
		"conversational_automation":    nil,
		"is_preverified_number":        nil,
		"eligibility_for_api_business_global_search": nil,
		"whatsapp_business_manager_messaging_limit":  nil,
	}
}

// known makes "" nil, which a node leaves out.
func known(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// plan tells country, dialling code and the usual way to write a number.
func plan(digits string) (country, dial, display string) {
	if digits == "" {
		return "", "", ""
	}
	n, err := phonenumbers.Parse("+"+digits, "ZZ")
	if err != nil {
		return "", "", "+" + digits
	}
	dial = phonenumbers.Format(n, phonenumbers.E164)
	dial = dial[1 : len(dial)-len(phonenumbers.GetNationalSignificantNumber(n))]
	return phonenumber.Region(digits), dial, phonenumbers.Format(n, phonenumbers.INTERNATIONAL)
}

func verification(p wabridge.Phone) string {
	if p.Number == "" || p.Code == wabridge.CodeNotRegistered {
		return "NOT_VERIFIED"
	}
	return "VERIFIED"
}

// phoneStatus is the nearest of the Cloud API's words for what a phone does.
// A paused phone is connected: it takes messages and receives them.
func phoneStatus(p wabridge.Phone) string {
	switch p.State {
	case wabridge.PhoneReady, wabridge.PhonePaused:
		return "CONNECTED"
	case wabridge.PhoneStarting:
		return "PENDING"
	case wabridge.PhoneAttention:
		if p.Code == wabridge.CodeLocked {
			return "RESTRICTED"
		}
	}
	return "DISCONNECTED"
}

// health is the member health_status: whether the number can send.
func health(p wabridge.Phone) node {
	can := "AVAILABLE"
	if p.Code == wabridge.CodeNoNewChats {
		can = "LIMITED"
	}
	switch p.State {
	case wabridge.PhonePaused, wabridge.PhoneOffline, wabridge.PhoneStarting:
		can = "LIMITED"
	case wabridge.PhoneAttention:
		can = "BLOCKED"
	}
	entity := node{"entity_type": "PHONE_NUMBER", "id": p.ID, "can_send_message": can}
	if can != "AVAILABLE" && p.Reason != "" {
		entity["errors"] = []any{node{"error_code": int(p.Code.Cloud()), "error_description": p.Reason}}
	}
	return node{"can_send_message": can, "entities": []any{entity}}
}
