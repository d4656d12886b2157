package cloud

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/bridge"
	"github.com/wabridge/wabridge/content"
	"github.com/wabridge/wabridge/queue"
)

// kind is the type, or where it is missing the only object that is there, or
// text (contract, section 1.5).
func (p params) kind() (string, error) {
	kind, err := p.text("type")
	if err != nil {
		return "", err
	}
	if kind == "" {
		there := slices.DeleteFunc(slices.Clone(content.Kinds), func(k string) bool { return !p.has(k) })
		if len(there) == 1 {
			return there[0], nil
		}
		return "text", nil
	}
	kind = strings.ToLower(kind)
	switch {
	case slices.Contains(content.Kinds, kind):
		return kind, nil
	case slices.Contains(notCarried, kind):
		return "", refuse(wabridge.CodeUnsupported, "type: a phone cannot carry %s; send one of %s", kind, strings.Join(content.Kinds, ", "))
	}
	return "", say(wabridge.CodeParameter,
		"(#100) Param type must be one of {"+strings.ToUpper(strings.Join(content.Kinds, ", "))+`} - got "`+brief(kind)+`".`,
		"type: set it to text")
}

// notCarried are types that the Cloud API has or had and a phone has not.
var notCarried = []string{"order", "product", "hsm", "flow", "poll", "pin", "group_invite"}

// render fills in the stored template.
func (a *api) render(ctx context.Context, phone wabridge.Phone, t *content.TemplateMessage, m *wabridge.Message) (content.Carried, error) {
	definition, err := a.template(ctx, phone.WABA, t.Name, t.Language)
	if err != nil {
		return content.Carried{}, err
	}
	carried, err := definition.Render(t)
	if err != nil {
		return carried, err
	}
	m.Template, m.Category = definition.ID, strings.ToLower(definition.Category)
	if ttl := lifetime(definition); ttl > 0 {
		if until := time.Now().Add(ttl); until.Before(m.Expires) {
			m.Expires = until
		}
	}
	return carried, nil
}

// codeTTL is how long a one-time code is worth sending (contract, section 2).
const codeTTL = 10 * time.Minute

// lifetime is how long a message of a template may wait; 0: as any other.
func lifetime(t content.Template) time.Duration {
	switch {
	case t.TTL > 0:
		return time.Duration(t.TTL) * time.Second
	case t.Category == content.CategoryAuthentication && t.TTL == 0:
		return codeTTL
	}
	return 0
}

// template finds a stored definition.
func (a *api) template(ctx context.Context, waba, name, language string) (content.Template, error) {
	o, err := a.Store.ObjectByName(ctx, queue.ObjectTemplate, waba, queue.TemplateName(name, language))
	if wabridge.CodeOf(err) == wabridge.CodeNotFound {
		if name == helloWorld {
			return content.Template{}, refuse(wabridge.CodeHelloWorld,
				"template: this number is none of Meta's test numbers; create a template of your own (named %s, if you like) and send it", helloWorld)
		}
		return content.Template{}, content.NoTemplate(name, language)
	}
	if err != nil {
		return content.Template{}, err
	}
	return content.ReadTemplate(o.Data)
}

// helloWorld is the sample template that Meta gives to each test number.
const helloWorld = "hello_world"

// reactionAge is how old a message may be to be reacted to (contract, section
// 2.1).
const reactionAge = 30 * 24 * time.Hour

// reactable says whether a reaction's target can be reacted to. The Cloud API
// tells it later, in a failed status; here it is known.
func (a *api) reactable(ctx context.Context, m *wabridge.Message) error {
	target, err := a.known(ctx, m.Phone, m.Chat, m.Context)
	switch {
	case err != nil:
		return err
	case target == nil:
		return refuse(wabridge.CodeValue, "reaction.message_id: this chat has no message with this id")
	case target.Type == "reaction":
		return refuse(wabridge.CodeValue, "reaction.message_id: it is itself a reaction; name the message that it belongs to")
	case time.Since(target.Created) > reactionAge:
		return refuse(wabridge.CodeValue, "reaction.message_id: the message is older than 30 days")
	case !target.Ended.IsZero():
		return refuse(wabridge.CodeValue, "reaction.message_id: this message was never sent")
	}
	return nil
}

// contentError writes what package content found wrong as a Graph error.
func contentError(e *content.Error) *graphError {
	words := e.Words
	if words == "" {
		words = bridge.Title(e.Code)
	}
	return say(e.Code, "(#"+strconv.Itoa(int(e.Code))+") "+words, "%s", e.Details())
}

// runes counts characters: Unicode code points, as wabridge.MaxText says.
func runes(s string) int { return utf8.RuneCountInString(s) }
