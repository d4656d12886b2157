package daemon

import (
	"fmt"
	"net/url"
	"reflect"
	"slices"
	"strings"

	"github.com/wabridge/wabridge/bridge/console"
)

// secretEndings end the keys whose values are shown to nobody.
var secretEndings = []string{"token", "secret", "pin", "password", "headers", "custom"}

// Explain lists the settings as they are, with where each comes from: all of
// Settings, and of the lists' entries what was said. Secrets are left out, and
// of addresses what may be one.
func Explain(c Config) []console.Setting {
	var all []console.Setting
	for _, s := range Settings {
		v := settingOf(c, s.Key)
		if !v.IsValid() {
			continue
		}
		one := c.explain(s.Key, v, s.Help)
		if one.From == "default" && written(v) != written(settingOf(Default(), s.Key)) {
			one.From = "program" // the demo, for one, says some itself
		}
		all = append(all, one)
	}
	for _, list := range lists {
		v := settingOf(c, list)
		if v.IsValid() && v.Kind() == reflect.Slice {
			for i := range v.Len() {
				all = append(all, c.explainEntry(list, i, v.Index(i))...)
			}
		}
	}
	return all
}

// explainEntry lists the members of an entry that are not as they would be
// without a word.
func (c Config) explainEntry(list string, i int, entry reflect.Value) (all []console.Setting) {
	for _, s := range fileOnly {
		name, ok := strings.CutPrefix(s.Key, list+"[].")
		if !ok || strings.Contains(name, ".") {
			continue
		}
		if v := memberOf(entry, name); v.IsValid() && !v.IsZero() {
			all = append(all, c.explain(fmt.Sprintf("%s[%d].%s", list, i, name), v, s.Help))
		}
	}
	return all
}

// settingOf finds a setting by its key.
func settingOf(c Config, key string) reflect.Value {
	v := reflect.ValueOf(c)
	for name := range strings.SplitSeq(key, ".") {
		if v = memberOf(v, name); !v.IsValid() {
			break
		}
	}
	return v
}

// memberOf finds a member by its name in the configuration; the zero Value if
// there is none.
func memberOf(v reflect.Value, name string) reflect.Value {
	if v.Kind() != reflect.Struct {
		return reflect.Value{}
	}
	for f, member := range v.Fields() {
		if f.Tag.Get("koanf") == name {
			return member
		}
	}
	return reflect.Value{}
}

func (c Config) explain(key string, v reflect.Value, help string) console.Setting {
	s := console.Setting{Key: key, Help: help, From: "default", Value: written(v)}
	if from, ok := c.Sources[key]; ok {
		s.From, s.Place = from.Kind, from.Place
	} else if from, ok := c.Sources[parent(key)]; ok && strings.HasSuffix(parent(key), "]") {
		s.From, s.Place = from.Kind, from.Place
	}
	last := key[strings.LastIndexByte(key, '.')+1:]
	switch {
	case slices.ContainsFunc(secretEndings, func(end string) bool { return strings.HasSuffix(last, end) }):
		s.Secret = true
		if s.Value != "" {
			s.Value = "set"
		}
	case strings.HasSuffix(last, "url"):
		s.Value = withoutSecrets(s.Value)
	}
	return s
}

// written writes a value as the file has it; "" for none.
func written(v reflect.Value) string {
	switch x := v.Interface().(type) {
	case fmt.Stringer:
		return x.String()
	case []string:
		return strings.Join(x, ", ")
	}
	if v.IsZero() && v.Kind() == reflect.String {
		return ""
	}
	return fmt.Sprint(v.Interface())
}

// withoutSecrets leaves of an address what names the receiver.
func withoutSecrets(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" {
		return ""
	}
	out := u.Scheme + "://" + u.Host + u.Path
	if u.RawQuery != "" {
		out += "?…"
	}
	return out
}

// A Source is where a setting was said: Kind is "file", "env" or "flag", Place
// the line, the variable or the flag.
type Source struct{ Kind, Place string }

// sourcesOf keeps what the settings page tells.
func sourcesOf(origin map[string]place) map[string]Source {
	all := map[string]Source{}
	for key, p := range origin {
		kind := "file"
		switch {
		case key == "" || p.text == "":
			continue
		case strings.HasPrefix(p.text, "$"):
			kind = "env"
		case strings.HasPrefix(p.text, "--"):
			kind = "flag"
		}
		all[key] = Source{kind, p.text}
	}
	return all
}
