package bridge

import (
	_ "embed"
	"net/http"
	"path"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/audit"
	"github.com/wabridge/wabridge/queue"
)

// openAPI describes the routes to programs.
//
//go:embed openapi.yaml
var openAPI []byte

// routes is the whole interface. It is straight-line on purpose: docs/api.md
// and openapi.yaml are written from it.
func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	s.mux, s.scopes = mux, map[string]string{"POST /bridge/v1/sessions": queue.ScopeSend} // it asks for the scope itself
	open := func(pattern string, h handler) {
		mux.Handle(pattern, s.answer(h))
		s.patterns = append(s.patterns, pattern)
	}
	with := func(scope, pattern string, h handler) {
		s.scopes[pattern] = scope
		open(pattern, s.scoped(scope, h))
	}
	record := func(scope string, a audit.Act, pattern string, h actor) {
		s.scopes[pattern] = scope
		open(pattern, s.recorded(scope, a, h))
	}
	act := func(a audit.Act, pattern string, h actor) { record(queue.ScopeAdmin, a, pattern, h) }

	with(queue.ScopeRead, "GET /bridge/v1/events", s.events)
	with(queue.ScopeRead, "GET /bridge/v1/inbox", s.inbox)
	with(queue.ScopeRead, "GET /bridge/v1/messages", s.listMessages)
	with(queue.ScopeRead, "GET /bridge/v1/messages/{id}", s.readMessage)
	with(queue.ScopeSend, "DELETE /bridge/v1/messages/{id}", s.cancelMessage)
	with(queue.ScopeRead, "GET /bridge/v1/campaigns", s.listCampaigns)
	with(queue.ScopeSend, "POST /bridge/v1/campaigns", s.postCampaign)
	with(queue.ScopeRead, "GET /bridge/v1/campaigns/{id}", s.readCampaign)
	record(queue.ScopeSend, audit.CampaignCancel, "DELETE /bridge/v1/campaigns/{id}", func(w http.ResponseWriter, r *http.Request, _ *audit.Entry) error {
		return s.cancelCampaign(w, r)
	})
	with(queue.ScopeRead, "GET /bridge/v1/campaigns/{id}/messages", s.listCampaignMessages)
	with(queue.ScopeSend, "POST /bridge/v1/campaigns/{id}/pause", s.holdCampaign(true))
	with(queue.ScopeSend, "POST /bridge/v1/campaigns/{id}/resume", s.holdCampaign(false))
	with(queue.ScopeRead, "GET /bridge/v1/optouts", s.listOptOuts)
	with(queue.ScopeSend, "POST /bridge/v1/optouts", s.addOptOut)
	with(queue.ScopeSend, "DELETE /bridge/v1/optouts/{number}", s.removeOptOut)
	with(queue.ScopeRead, "GET /bridge/v1/sessions", s.listSessions)
	open("POST /bridge/v1/sessions", s.startSession) // needs the token: it asks for the scope itself
	with(queue.ScopeRead, "GET /bridge/v1/sessions/{id}", s.readSession)
	with(queue.ScopeSend, "POST /bridge/v1/sessions/{id}/results", s.setResults)
	with(queue.ScopeSend, "POST /bridge/v1/sessions/{id}/hand-over", s.handOverSession)
	with(queue.ScopeSend, "POST /bridge/v1/sessions/{id}/take-back", s.takeBackSession)
	with(queue.ScopeSend, "POST /bridge/v1/sessions/{id}/end", s.endSession)
	with(queue.ScopeRead, "GET /bridge/v1/bots", s.listBots)
	with(queue.ScopeRead, "GET /bridge/v1/contacts", s.listContacts)
	with(queue.ScopeRead, "GET /bridge/v1/contacts/{id}/picture", s.contactPicture)
	with(queue.ScopeRead, "GET /bridge/v1/phones", s.listPhones)
	with(queue.ScopeRead, "GET /bridge/v1/phones/{id}", s.readPhone)
	act(audit.PhonePause, "POST /bridge/v1/phones/{id}/pause", s.holdPhone(true))
	act(audit.PhoneResume, "POST /bridge/v1/phones/{id}/resume", s.holdPhone(false))
	act(audit.PhoneMaintenance, "POST /bridge/v1/phones/{id}/maintenance", s.maintainPhone)
	with(queue.ScopeAdmin, "GET /bridge/v1/phones/{id}/screen", s.phoneScreen)
	act(audit.PhoneInput, "POST /bridge/v1/phones/{id}/input", s.touchPhone)
	with(queue.ScopeRead, "GET /bridge/v1/phones/{id}/health", s.phoneHealth)
	with(queue.ScopeAdmin, "GET /bridge/v1/phones/{id}/doctor", s.examinePhone)
	with(queue.ScopeAdmin, "GET /bridge/v1/webhooks", s.listWebhooks)
	act(audit.WebhookPut, "POST /bridge/v1/webhooks", s.putWebhook)
	act(audit.WebhookPut, "POST /bridge/v1/webhooks/{id}", s.putWebhook)
	act(audit.WebhookDelete, "DELETE /bridge/v1/webhooks/{id}", s.deleteWebhook)
	with(queue.ScopeAdmin, "GET /bridge/v1/destinations", s.listDestinations)
	with(queue.ScopeAdmin, "GET /bridge/v1/destinations/{id}/dead-letters", s.listDeadLetters)
	act(audit.WebhookReplay, "POST /bridge/v1/destinations/{id}/replay", s.replayDeadLetters)
	with(queue.ScopeAdmin, "GET /bridge/v1/tokens", s.listTokens)
	act(audit.TokenCreate, "POST /bridge/v1/tokens", s.createToken)
	act(audit.TokenRevoke, "DELETE /bridge/v1/tokens/{id}", s.revokeToken)
	with(queue.ScopeAdmin, "GET /bridge/v1/audit", s.listAudit)
	with(queue.ScopeRead, "GET /bridge/v1/status", s.status)
	open("GET /bridge/v1/openapi.yaml", s.describe)
	open("GET /healthz", s.healthz)
	open("GET /readyz", s.readyz)
	if s.MetricsPublic {
		open("GET /metrics", s.metrics)
	} else {
		with(queue.ScopeRead, "GET /metrics", s.metrics)
	}
	mux.Handle("/", s.answer(s.nowhere))
	nothing := s.answer(func(http.ResponseWriter, *http.Request) error { return nothingHere })
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if path.Clean(r.URL.Path) != r.URL.Path { // the mux would redirect with a page of HTML
			nothing.ServeHTTP(w, r)
			return
		}
		mux.ServeHTTP(w, WithoutBOM(r))
	})
}

// describe hands out the description; it says nothing about this server, so it
// needs no token.
func (s *Server) describe(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "application/yaml")
	_, err := w.Write(openAPI)
	return err
}

// admit finds the token of a request and holds it to the scope.
func (s *Server) admit(r *http.Request, scope string) (queue.Token, error) {
	secret, _ := Secret(r)
	token, err := s.Auth.Check(r.Context(), r.RemoteAddr, secret)
	if err != nil {
		return token, err
	}
	if !token.Allows(scope) {
		f := codes[wabridge.CodePermission]
		f.Message = "this needs a token with the scope " + scope
		return token, &f
	}
	return token, nil
}

// scoped lets a request through whose token has the scope.
func (s *Server) scoped(scope string, h handler) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if _, err := s.admit(r, scope); err != nil {
			return err
		}
		return h(w, r)
	}
}

// nowhere answers all that no route takes.
func (s *Server) nowhere(_ http.ResponseWriter, r *http.Request) error {
	for _, method := range []string{"GET", "POST", "DELETE"} {
		probe := &http.Request{Method: method, URL: r.URL, Host: r.Host}
		if _, pattern := s.mux.Handler(probe); pattern != "/" {
			return &failure{Status: http.StatusMethodNotAllowed, Code: "method_not_allowed",
				Message: "this path does not take this method", Remedy: "see docs/api.md for the methods of each path"}
		}
	}
	return nothingHere
}

var nothingHere = &failure{Status: http.StatusNotFound, Code: "not_found", Message: "there is nothing at this path",
	Remedy: "see docs/api.md for the paths"}
