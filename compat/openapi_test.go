package compat

import (
	"compress/gzip"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

const specFile = "../testdata/cloudapi/business-messaging-api_v23.0.yaml.gz"

// A metaSpec is Meta's own OpenAPI description of the API. It is to be trusted
// for names and kinds of what it describes; departures lists where the
// published clients or Meta's documentation say otherwise.
type metaSpec struct {
	doc   *openapi3.T
	paths []specPath
}

type specPath struct {
	match *regexp.Regexp
	item  *openapi3.PathItem
	name  string
}

// loadSpec reads Meta's description from testdata.
func loadSpec(t *testing.T) *metaSpec {
	t.Helper()
	file, err := os.Open(specFile)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := openapi3.NewLoader().LoadFromIoReader(unzipped)
	if err != nil {
		t.Fatal(err)
	}
	s := &metaSpec{doc: doc}
	for _, name := range doc.Paths.InMatchingOrder() {
		s.paths = append(s.paths, specPath{pathPattern(name), doc.Paths.Find(name), name})
	}
	return s
}

var pathVariable = regexp.MustCompile(`\\\{[^}]*\\\}`)

func pathPattern(name string) *regexp.Regexp {
	p := pathVariable.ReplaceAllString(regexp.QuoteMeta(name), `[^/]+`)
	p = strings.Replace(p, `/[^/]+/`, `/v[0-9.]+/`, 1) // {Version}
	return regexp.MustCompile("^" + p + "$")
}

// check holds an answer to the description of its path; what the description
// does not know is not checked.
func (s *metaSpec) check(t *testing.T, method, path string, a answer) {
	t.Helper()
	schema, name := s.response(method, strings.TrimSuffix(path, "/"))
	if schema == nil {
		return
	}
	if why, ok := departures[method+" "+name]; ok {
		t.Logf("not held to Meta's OpenAPI: %s", why)
		return
	}
	if err := schema.VisitJSON(a.value, openapi3.MultiErrors(), openapi3.EnableJSONSchema2020()); err != nil {
		t.Errorf("%s %s, by Meta's OpenAPI: %v\n%s", method, name, err, a.body)
	}
}

// response finds the schema of a 200. Several of the description's paths differ
// in the name of their variable alone: those that have the method are meant.
func (s *metaSpec) response(method, path string) (*openapi3.Schema, string) {
	for _, p := range s.paths {
		op := p.item.GetOperation(method)
		if op == nil || !p.match.MatchString(path) || onlyVariables(p.name) {
			continue
		}
		r := op.Responses.Status(200)
		if r == nil || r.Value == nil {
			return nil, ""
		}
		if media := r.Value.Content.Get("application/json"); media != nil && media.Schema != nil {
			return media.Schema.Value, p.name
		}
		return nil, ""
	}
	return nil, ""
}

// onlyVariables: /{Version}/{something} alone does not tell what it is.
func onlyVariables(name string) bool {
	return strings.Count(name, "/") == 2 && strings.HasSuffix(name, "}")
}

// schema is one of the description's components.
func (s *metaSpec) schema(t *testing.T, name string) *openapi3.Schema {
	t.Helper()
	schema := s.doc.Components.Schemas[name]
	if schema == nil {
		t.Fatalf("Meta's OpenAPI has no schema %s", name)
	}
	return schema.Value
}
