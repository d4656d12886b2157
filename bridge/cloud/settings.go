package cloud

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/bridge"
	"github.com/wabridge/wabridge/queue"
)

// changePhone is POST /{phone}: the PIN of the two-step verification, and
// where the number's webhooks go.
func (a *api) changePhone(w http.ResponseWriter, r *http.Request) error {
	phone, p, err := a.onPhone(w, r)
	if err != nil {
		return err
	}
	pin, err := p.pin()
	if err != nil {
		return err
	}
	hook, err := p.object("webhook_configuration")
	if err != nil {
		return err
	}
	if pin == "" && hook == nil {
		return refuse(wabridge.CodeParameter, "give pin or webhook_configuration; nothing else of a phone number can be changed here")
	}
	if hook != nil {
		if err := a.override(r, hook, phoneOverride(phone.ID)); err != nil {
			return err
		}
	}
	if pin != "" {
		err = revise(r.Context(), a.Store, queue.ObjectRegistration, phone.ID, "phone", func(reg *queue.Registration) error {
			*reg = queue.Registration{PIN: hashPIN(pin), Deregistered: reg.Deregistered, Calls: reg.Calls}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return succeed(w)
}

// phoneOverride and wabaOverride are the endpoints of the two overrides.
func phoneOverride(id string) queue.Endpoint {
	return queue.Endpoint{ID: "phone-" + id, Scope: "phone", Phones: []string{id}}
}

func wabaOverride(id string) queue.Endpoint {
	return queue.Endpoint{ID: "waba-" + id, Scope: "waba", Phones: []string{id}}
}

// SetByAPI reports whether an endpoint's address was set through this API: its
// secret is then the app's.
func SetByAPI(id string) bool {
	return id == subscriptionID || strings.HasPrefix(id, "phone-") || strings.HasPrefix(id, "waba-")
}

// override sets the address of an endpoint from override_callback_uri and
// verify_token, after the handshake; "" takes the override away.
func (a *api) override(r *http.Request, p params, e queue.Endpoint) error {
	address, err := p.text("override_callback_uri")
	if err != nil {
		return err
	}
	if address == "" {
		return a.dropEndpoint(r, e.ID)
	}
	e.URL = address
	if e.VerifyToken, err = p.text("verify_token"); err != nil {
		return err
	}
	if e.VerifyToken == "" {
		return required("verify_token", "give the word that the receiver checks in the handshake")
	}
	return a.putEndpoint(r, "override_callback_uri", e)
}

// putEndpoint stores a webhook endpoint after its handshake.
func (a *api) putEndpoint(r *http.Request, param string, e queue.Endpoint) error {
	if err := checkCallback(param, e.URL); err != nil {
		return err
	}
	e.Secret = a.AppSecret
	if a.Verify != nil {
		err := a.Verify(r.Context(), e)
		if f, ok := isCallback(err); ok {
			return say(wabridge.CodeCallback, f.Detail, "%s: the receiver must answer GET ?hub.mode=subscribe&hub.verify_token=…&hub.challenge=N with 200 and N", param)
		}
		if err != nil {
			return err
		}
	}
	if _, err := a.Store.PutEndpoint(r.Context(), e); err != nil {
		return err
	}
	a.reload()
	return nil
}

// dropEndpoint deletes an endpoint, if there is one.
func (a *api) dropEndpoint(r *http.Request, id string) error {
	if err := a.Store.DeleteEndpoint(r.Context(), id); err != nil && wabridge.CodeOf(err) != wabridge.CodeNotFound {
		return err
	}
	a.reload()
	return nil
}

func (a *api) reload() {
	if a.Reload != nil {
		a.Reload()
	}
}

// maxURL bounds a callback address, in bytes.
const maxURL = 2000

func checkCallback(param, address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return say(wabridge.CodeParameter, "(#100) Param "+param+" is not a valid URI.", "%s: give the full address, like https://crm.example.org/whatsapp", param)
	}
	if u.User != nil || len(address) > maxURL {
		return refuse(wabridge.CodeParameter, "%s: give an address of at most %d bytes, without user and password", param, maxURL)
	}
	return nil
}

// webhookNode is the member webhook_configuration: where the events of a phone
// go. Only an admin sees the whole addresses: their queries may hold keys.
func webhookNode(phone wabridge.Phone, hooks []queue.Endpoint, admin bool) any {
	names := map[string]string{"app": "application", "waba": "whatsapp_business_account", "phone": "phone_number"}
	out := node{}
	for _, e := range hooks {
		name := names[e.Scope]
		if name == "" || out[name] != nil || e.Disabled || !bridge.Covers(e, phone) {
			continue
		}
		out[name] = e.URL
		if u, err := url.Parse(e.URL); !admin && err == nil {
			out[name] = (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// settings is GET /{phone}/settings: what is the case. A phone's calls are
// answered on the phone, and nothing here is encrypted for, or kept at, Meta.
func (a *api) settings(w http.ResponseWriter, r *http.Request) error {
	_, p, err := a.onPhone(w, r)
	if err != nil {
		return err
	}
	fields, err := p.wanted("calling,user_identity_change,payload_encryption,storage_configuration")
	if err != nil {
		return err
	}
	out, err := project(settingsNode(), "WhatsAppBusinessPhoneNumberSettings", fields)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, out)
	return nil
}

func settingsNode() node {
	return node{
		"calling":               node{"status": "DISABLED"},
		"user_identity_change":  node{"enable_identity_key_check": false},
		"payload_encryption":    node{"status": "DISABLED"},
		"storage_configuration": node{"status": "DEFAULT"},
	}
}

// changeSettings is POST /{phone}/settings. What is asked for is refused
// unless it is the case already: none of it can be had through a phone.
func (a *api) changeSettings(w http.ResponseWriter, r *http.Request) error {
	_, p, err := a.onPhone(w, r)
	if err != nil {
		return err
	}
	known := 0
	for _, s := range []struct{ group, member, is, why string }{
		{"calling", "status", "DISABLED", "calls are answered on the phone, not through the API"},
		{"user_identity_change", "enable_identity_key_check", "false", "the app does not tell the gateway of changed identities"},
		{"user_identity_change_settings", "enable_identity_key_check", "false", "the app does not tell the gateway of changed identities"},
		{"payload_encryption", "status", "DISABLED", "nothing passes through Meta that would have to be encrypted"},
		{"storage_configuration", "status", "DEFAULT", "messages are kept on this server alone"},
	} {
		group, err := p.object(s.group)
		if err != nil {
			return err
		}
		if group == nil {
			continue
		}
		known++
		if raw := strings.Trim(string(group[s.member]), `"`); raw != "" && !strings.EqualFold(raw, s.is) {
			return refuse(wabridge.CodeParameter, "%s.%s: only %s is possible: %s", s.group, s.member, s.is, s.why)
		}
	}
	if known == 0 {
		return refuse(wabridge.CodeParameter, "give calling, user_identity_change, payload_encryption or storage_configuration")
	}
	return succeed(w)
}

// changeAutomation is POST /{phone}/conversational_automation: a personal
// WhatsApp has neither welcome messages nor ice breakers nor commands, so only
// their absence can be asked for.
func (a *api) changeAutomation(w http.ResponseWriter, r *http.Request) error {
	_, p, err := a.onPhone(w, r)
	if err != nil {
		return err
	}
	welcome, err := p.flag("enable_welcome_message")
	if err != nil {
		return err
	}
	for name, has := range map[string]bool{
		"enable_welcome_message": welcome,
		"prompts":                !emptyList(p["prompts"]),
		"commands":               !emptyList(p["commands"]),
	} {
		if has {
			return refuse(wabridge.CodeParameter, "%s: the app on a phone has no such automation; leave it out", name)
		}
	}
	return succeed(w)
}

func emptyList(raw []byte) bool {
	return isNull(raw) || strings.Trim(string(raw), "[] \t\r\n\"") == ""
}
