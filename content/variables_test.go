package content

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

func TestSubstitute(t *testing.T) {
	values := map[string]string{"name": "Иван", "first_name": "Ann", "code": "{name}", "имя": "Пётр", "empty": ""}
	for name, tt := range map[string]struct {
		text, want string
		missing    []string
	}{
		"one brace":                    {"Hi {name}!", "Hi Иван!", nil},
		"two braces":                   {"Hi {{first_name}}!", "Hi Ann!", nil},
		"a value's braces are text":    {"{code}", "{name}", nil},
		"other alphabets":              {"{имя}", "Пётр", nil},
		"an empty value":               {"[{empty}]", "[]", nil},
		"twice":                        {"{name}{name}", "ИванИван", nil},
		"a missing one stays":          {"{name} {who} {who}", "Иван {who} {who}", []string{"who"}},
		"braces that are no variables": {`{"a": 1} {} { name } {a b} {`, `{"a": 1} {} { name } {a b} {`, nil},
		"no end":                       {"{name", "{name", nil},
		"two and one":                  {"{{name}", "{Иван", nil},
		"one and two":                  {"{name}}", "Иван}", nil},
		"three":                        {"{{{name}}}", "{Иван}", nil},
		"a long name is text":          {"{" + strings.Repeat("x", MaxVariable+1) + "}", "{" + strings.Repeat("x", MaxVariable+1) + "}", nil},
	} {
		t.Run(name, func(t *testing.T) {
			got, missing := Substitute(tt.text, values)
			if got != tt.want || !slices.Equal(missing, tt.missing) {
				t.Errorf("got %q, missing %v; want %q, %v", got, missing, tt.want, tt.missing)
			}
		})
	}
}

func TestPattern(t *testing.T) {
	p, err := ReadPattern(json.RawMessage(`{"type":"image","image":{"link":"https://x.example/{id}.png","caption":"Hi {name}","n":1.50,"{key}":["{name}",true]}}`))
	if err != nil {
		t.Fatal(err)
	}
	if got := p.Variables(); !slices.Equal(got, []string{"id", "name"}) {
		t.Errorf("variables: got %v", got)
	}
	if _, missing := p.Fill(map[string]string{"id": "7"}); !slices.Equal(missing, []string{"name"}) {
		t.Errorf("missing: got %v", missing)
	}
	raw, _ := p.Fill(map[string]string{"id": "7", "name": `A"n`})
	if want := `{"image":{"caption":"Hi A\"n","link":"https://x.example/7.png","n":1.50,"{key}":["A\"n",true]},"type":"image"}`; string(raw) != want {
		t.Errorf("got  %s\nwant %s", raw, want)
	}
	if _, err := ReadPattern(json.RawMessage(`{`)); err == nil {
		t.Error("half an object is read")
	}
}

func FuzzSubstitute(f *testing.F) {
	for _, s := range []string{"Hi {name}!", "{{name}}", "{", "}{", "{{a}", "{\xff}"} {
		f.Add(s, "value")
	}
	f.Fuzz(func(t *testing.T, text, value string) {
		names := Variables(text)
		values := map[string]string{}
		for _, n := range names {
			values[n] = value
		}
		if _, missing := Substitute(text, values); missing != nil {
			t.Fatalf("%q: missing %v of %v", text, missing, names)
		}
		if len(names) == 0 {
			if got, _ := Substitute(text, nil); got != text {
				t.Fatalf("%q became %q", text, got)
			}
		}
	})
}
