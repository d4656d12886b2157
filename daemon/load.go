package daemon

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-viper/mapstructure/v2"
	"github.com/knadh/koanf/providers/confmap"
	"github.com/knadh/koanf/v2"
	"github.com/spf13/pflag"
	"gopkg.in/yaml.v3"
)

// configFile is read from the working directory if nothing else is asked for.
const configFile = "wabridge.yaml"

// Load joins defaults, file, environment and flags, the later ones winning,
// and validates the whole. All mistakes are reported at once (Mistakes), each
// with the place it comes from. An environment variable that is set but empty
// says nothing.
func Load(fl *pflag.FlagSet, env func(string) (string, bool)) (Config, error) {
	return LoadOver(nil, true, fl, env)
}

// LoadOver is Load with other defaults (by key), and without the file of the
// working directory where nobody asks for a file, if implicit is false.
func LoadOver(other map[string]any, implicit bool, fl *pflag.FlagSet, env func(string) (string, bool)) (Config, error) {
	k, origin, err := join(other, implicit, fl, env)
	if err != nil {
		return Config{}, err
	}
	c, wrong := decode(k)
	wrong = append(wrong, unknown(k)...)
	addPhones(&c, origin, fl, env)
	if err := c.Validate(); err != nil {
		found, _ := errors.AsType[Mistakes](err)
		wrong = append(wrong, found...)
	}
	if len(wrong) == 0 {
		c.Sources = sourcesOf(origin)
		return c, nil
	}
	for i, m := range wrong {
		wrong[i].at = cmp.Or(origin[m.Field], origin[parent(m.Field)])
		wrong[i].Origin = wrong[i].at.text
	}
	slices.SortStableFunc(wrong, func(a, b Mistake) int { return a.at.line - b.at.line })
	return c, wrong
}

// join joins defaults, file, environment and flags, and tells where each
// setting that is no default was said.
func join(other map[string]any, implicit bool, fl *pflag.FlagSet, env func(string) (string, bool)) (*koanf.Koanf, map[string]place, error) {
	k := defaults()
	if err := k.Load(confmap.Provider(other, "."), nil); err != nil {
		return nil, nil, fmt.Errorf("join defaults: %w", err)
	}
	origin := map[string]place{}
	if err := loadFile(k, implicit, origin, fl, env); err != nil {
		return nil, nil, err
	}
	over := map[string]any{}
	for _, s := range Settings {
		if v, ok := env(s.Env()); ok && v != "" {
			over[s.Key], origin[s.Key] = v, place{text: "$" + s.Env()}
		}
		if f := fl.Lookup(s.Flag); s.Flag != "" && f != nil && f.Changed {
			over[s.Key], origin[s.Key] = f.Value.String(), place{text: "--" + s.Flag}
		}
	}
	if err := k.Load(confmap.Provider(over, "."), nil); err != nil {
		return nil, nil, fmt.Errorf("join settings: %w", err)
	}
	return k, origin, nil
}

// A place is where a setting was said; line is 0 outside the file.
type place struct {
	text string
	line int
}

// parent is what holds a field: "phones[0]" for "phones[0].id".
func parent(field string) string { return field[:max(0, strings.LastIndexByte(field, '.'))] }

// decode fills a Config. What cannot be decoded keeps its default, so that
// Validate does not complain about it a second time.
func decode(k *koanf.Koanf) (Config, Mistakes) {
	c := Default()
	err := k.UnmarshalWithConf("", &c, koanf.UnmarshalConf{DecoderConfig: &mapstructure.DecoderConfig{
		WeaklyTypedInput: true, TagName: "koanf",
		DecodeHook: mapstructure.ComposeDecodeHookFunc(days, mapstructure.StringToTimeDurationHookFunc(), sizes, words),
		MatchName:  func(key, field string) bool { return key == field },
	}})
	var wrong Mistakes
	for _, e := range leaves(err) {
		wrong = append(wrong, typeMistake(e))
	}
	return c, wrong
}

// days takes durations in whole days: 90d.
func days(_, to reflect.Type, value any) (any, error) {
	text, ok := value.(string)
	if !ok || to != reflect.TypeFor[time.Duration]() {
		return value, nil
	}
	number, ok := strings.CutSuffix(strings.TrimSpace(text), "d")
	n, err := strconv.ParseUint(number, 10, 16) // 65535 days fit into a Duration
	if !ok || err != nil {
		return value, nil
	}
	return time.Duration(n) * 24 * time.Hour, nil
}

// words takes a list of texts that stands in one text, as flags and environment
// have it, apart at its commas.
func words(_, to reflect.Type, value any) (any, error) {
	text, ok := value.(string)
	if !ok || to != reflect.TypeFor[[]string]() {
		return value, nil
	}
	var list []string
	for word := range strings.SplitSeq(text, ",") {
		if word = strings.TrimSpace(word); word != "" {
			list = append(list, word)
		}
	}
	return list, nil
}

// lists are the settings that are lists of entries with members.
var lists = []string{"phones", "rates", "devino.senders", "twin.chats", "twin.bots", "crm"}

// byName are the settings whose members have names that anybody chooses.
var byName = []string{"optout.words", "optout.resume_words"}

// unknown finds the keys of the file that are no settings.
func unknown(k *koanf.Koanf) Mistakes {
	var wrong Mistakes
	check := func(key, shown string) {
		known := slices.ContainsFunc(append(Settings, fileOnly...), func(s Setting) bool {
			return s.Key == key || strings.HasPrefix(s.Key, key+".") || // a group with a wrong form is decode's
				slices.Contains(byName, s.Key) && strings.HasPrefix(key, s.Key+".")
		})
		if !known {
			wrong = append(wrong, Mistake{Field: shown, Text: "is no setting" + meant(key)})
		}
	}
	for _, key := range k.Keys() {
		if !slices.Contains(lists, key) {
			check(key, key)
		}
	}
	for _, list := range lists {
		entries, _ := k.Get(list).([]any)
		for i, e := range entries {
			members, _ := e.(map[string]any)
			checkMembers(members, list+"[]", fmt.Sprintf("%s[%d]", list, i), check)
		}
	}
	return wrong
}

// checkMembers checks the members of an entry, and those of the groups in it.
// A setting that is itself a map of names that anybody chooses is one setting.
func checkMembers(members map[string]any, key, shown string, check func(key, shown string)) {
	for _, name := range slices.Sorted(maps.Keys(members)) {
		sub, group := members[name].(map[string]any)
		if whole := slices.ContainsFunc(fileOnly, func(s Setting) bool { return s.Key == key+"."+name }); !group || whole {
			check(key+"."+name, shown+"."+name)
			continue
		}
		checkMembers(sub, key+"."+name, shown+"."+name, check)
	}
}

// leaves takes joined errors apart.
func leaves(err error) []error {
	if err == nil {
		return nil
	}
	if joined, ok := errors.AsType[interface {
		error
		Unwrap() []error
	}](err); ok {
		var all []error
		for _, e := range joined.Unwrap() {
			all = append(all, leaves(e)...)
		}
		return all
	}
	return []error{err}
}

// typeMistake says in the words of the config file what the decoder says in
// those of Go.
func typeMistake(err error) Mistake {
	m := Mistake{Field: "config", Text: err.Error()}
	de, ok := errors.AsType[*mapstructure.DecodeError](err)
	if !ok {
		return m
	}
	m.Field = de.Name()
	if p, ok := errors.AsType[*mapstructure.ParseError](err); ok {
		switch p.Expected.Kind() {
		case reflect.Bool:
			m.Text = fmt.Sprintf("%q is neither true nor false", p.Value)
		case reflect.Float64:
			m.Text = fmt.Sprintf("%q is not a number", p.Value)
		default:
			m.Text = fmt.Sprintf("%q is not a whole number", p.Value)
		}
		return m
	}
	if strings.Contains(err.Error(), "duration") { // of the decode hook, which has no type
		m.Text = "is not a duration; write it as 500ms, 20s, 5m or 90d"
		return m
	}
	if strings.Contains(err.Error(), "is not a size") { // likewise
		m.Text = "is not a size; write it as 500KB, 100MB or 10GB"
		return m
	}
	m.Text = "has the wrong form; see wabridge.example.yaml"
	return m
}

// meant finds the setting that a wrong key comes closest to: the same name in
// another place, or with other signs between its words.
func meant(key string) string {
	plain := func(key string) string {
		name := key[strings.LastIndexByte(key, '.')+1:]
		return strings.ToLower(strings.NewReplacer("_", "", "-", "").Replace(name))
	}
	for _, s := range append(Settings, fileOnly...) {
		if plain(s.Key) == plain(key) {
			return "; did you mean " + s.Key + "?"
		}
	}
	return "; wabridge.example.yaml has them all"
}

// loadFile reads the config file, and notes the line of each of its keys.
func loadFile(k *koanf.Koanf, implicit bool, origin map[string]place, fl *pflag.FlagSet, env func(string) (string, bool)) error {
	path, asked := configFile, false
	if v, ok := env("WABRIDGE_CONFIG"); ok && v != "" {
		path, asked = v, true
	}
	if f := fl.Lookup("config"); f != nil && f.Changed {
		path, asked = f.Value.String(), true
	}
	if !asked && !implicit {
		return nil
	}
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) && !asked {
		return nil
	}
	if err != nil {
		return fmt.Errorf("config file: %w", err)
	}
	m, err := parseYAML(b, func(key string, line int) { origin[key] = place{fmt.Sprintf("%s, line %d", path, line), line} })
	if err != nil {
		return fmt.Errorf("config file %s: %s", path, yamlWords(err))
	}
	if err := k.Load(confmap.Provider(m, ""), nil); err != nil {
		return fmt.Errorf("config file %s: %w", path, err)
	}
	return nil
}

// yamlWords is the text of a YAML error on one line.
func yamlWords(err error) string {
	if e, ok := errors.AsType[*yaml.TypeError](err); ok {
		return strings.Join(e.Errors, "; ")
	}
	return strings.TrimPrefix(err.Error(), "yaml: ")
}

// parseYAML reads scalars as the text they are written in: to YAML itself the
// PIN 0123 is the number 83. What is empty is left out.
func parseYAML(b []byte, at func(key string, line int)) (map[string]any, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(b, &doc); err != nil {
		return nil, err
	}
	if len(doc.Content) == 0 || doc.Content[0].Tag == "!!null" {
		return nil, nil
	}
	top := doc.Content[0]
	if top.Kind != yaml.MappingNode {
		return nil, errors.New("it does not hold settings as `key: value`")
	}
	asText(top, "", at)
	var m map[string]any
	err := top.Decode(&m)
	return m, err
}

func asText(n *yaml.Node, key string, at func(string, int)) {
	at(key, n.Line)
	switch n.Kind {
	case yaml.ScalarNode:
		n.Tag = "!!str"
	case yaml.SequenceNode:
		for i, c := range n.Content {
			asText(c, fmt.Sprintf("%s[%d]", key, i), at)
		}
	case yaml.MappingNode:
		var kept []*yaml.Node
		for i := 0; i+1 < len(n.Content); i += 2 {
			name, value := n.Content[i], n.Content[i+1]
			if value.Tag == "!!null" {
				continue
			}
			sub := name.Value
			if key != "" {
				sub = key + "." + name.Value
			}
			asText(value, sub, at)
			at(sub, name.Line)
			kept = append(kept, name, value)
		}
		n.Content = kept
	}
}

// addPhones adds the phones of --phone or WABRIDGE_PHONES to those of the file.
func addPhones(c *Config, origin map[string]place, fl *pflag.FlagSet, env func(string) (string, bool)) {
	var serials []string
	from := "$WABRIDGE_PHONES"
	if v, ok := env("WABRIDGE_PHONES"); ok {
		serials = strings.Split(v, ",")
	}
	if f, err := fl.GetStringSlice("phone"); err == nil && len(f) > 0 {
		serials, from = f, "--phone"
	}
	for _, s := range serials {
		if s = strings.TrimSpace(s); s != "" {
			origin[fmt.Sprintf("phones[%d]", len(c.Phones))] = place{text: from}
			c.Phones = append(c.Phones, PhoneConfig{Serial: s})
		}
	}
}
