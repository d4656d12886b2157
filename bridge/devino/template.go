package devino

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/bridge"
	"github.com/wabridge/wabridge/content"
	"github.com/wabridge/wabridge/queue"
)

// template makes the message of a stored template: templateId is its name, in
// the language of languageCode, or its id.
func (a *api) template(ctx context.Context, it *item, phone wabridge.Phone, id, language string, now time.Time) error {
	params := it.params()
	if !it.ok() {
		return nil
	}
	languages, asked := []string{language}, there(it.given["languageCode"])
	if !asked { // where none was asked for, the American English one will do
		languages = append(languages, "en_US")
	}
	t, err := bridge.Template(ctx, a.Store, phone.WABA, id, languages...)
	if err == nil && asked && queue.TemplateName("", t.Language) != queue.TemplateName("", language) { // found by its id
		err = wabridge.Fail(wabridge.CodeNotFound, nil, "the template has another language")
	}
	if wabridge.CodeOf(err) == wabridge.CodeNotFound {
		it.fail(keyInvalid, "templateId", "there is no such template in %s (Devino: %d)", language, errorCode(wabridge.Failed, wabridge.CodeNoTemplate))
		return nil
	}
	if err != nil {
		return err
	}
	_, withFile := t.TakesFile()
	switch {
	case withFile && it.file == nil:
		it.fail(keyMissing, "contentUrl", "the template has a file in its header; give it")
		return nil
	case !withFile && it.file != nil:
		it.fail(keyInvalid, "contentUrl", "the template has no file in its header")
		return nil
	}
	link := ""
	if it.file != nil {
		link = it.file.url
	}
	carried, body, err := t.Fill(params, link)
	if err != nil {
		it.failTemplate(err)
		return nil
	}
	m := &it.message
	m.Type, m.Body, m.Text, m.Choices = "template", body, wabridge.Text(carried.Text), carried.Choices
	m.Template, m.Category = t.ID, strings.ToLower(t.Category)
	if it.file != nil {
		it.file.template, it.file.kind = true, carried.Media.Kind
	}
	if until := now.Add(bridge.Lifetime(t)); until.After(now) && until.Before(m.Expires) && !there(it.given["validity"]) {
		m.Expires = until
	}
	return nil
}

// params reads templateParams: {"1":"…","2":"…"}.
func (it *item) params() map[string]string {
	raw := it.given["templateParams"]
	if !there(raw) {
		return nil
	}
	var given map[string]json.RawMessage
	if json.Unmarshal(raw, &given) != nil {
		it.fail(keyInvalid, "templateParams", `it is not an object; write it as {"1":"…","2":"…"}`)
		return nil
	}
	values := item{ref: it.ref, given: given}
	out := map[string]string{}
	for name := range given {
		out[name], _ = values.text(name)
	}
	if !values.ok() {
		it.fail(keyInvalid, "templateParams", "its values must be strings")
	}
	return out
}

// failTemplate says which member a template's refusal is about.
func (it *item) failTemplate(err error) {
	code := wabridge.CodeInternal
	if e, ok := errors.AsType[*content.Error](err); ok {
		code = e.Code
	}
	devino := errorCode(wabridge.Failed, code)
	switch code {
	case wabridge.CodeNoTemplate, wabridge.CodeTemplatePaused, wabridge.CodeTemplateDisabled, wabridge.CodeUnsupported:
		it.fail(keyInvalid, "templateId", "%s (Devino: %d)", detail(err), devino)
	case wabridge.CodeTextLong:
		it.fail(keyTooLong, "templateParams", "%s (Devino: %d)", detail(err), devino)
	default:
		it.fail(keyInvalid, "templateParams", "%s (Devino: %d)", detail(err), devino)
	}
}
