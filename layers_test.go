package wabridge

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/wabridge/wabridge"

// layers are the packages from the top down: a package imports only what
// stands in a row below its own, and its own parents and children where the
// row says so. docs/architecture.md draws them.
var layers = [][]string{
	{"cmd/wabridge", "scripts/testlog"},
	{"daemon"},
	{"bridge/cloud", "bridge/console", "bridge/crm", "bridge/devino", "bridge/metrics", "bridge/twin", "bridge/webhook", "phone", "inbox", "inbox/file", "phonesim"},
	{"bridge/callback"},
	{"backup", "bridge", "bridge/file", "inbox/notification", "phonesim/*"},
	{"bridge/delivery", "bridge/delivery/deliverytest"},
	{"queue/sqlite", "queue/queuetest", "uiauto/whatsapp"},
	{"session"},
	{"bot", "displayname"},
	{"queue", "analytics", "audit", "uiauto", "media", "content"},
	{"adb", "adb/adbd", "choice", "phonenumber"},
	{"adb/wire"},
	{""},
}

// rules that the rows alone do not tell.
var forbidden = []struct {
	who  []string // prefixes of packages
	not  string   // an import
	save []string // prefixes that may
}{
	{[]string{""}, "database/sql", []string{"queue/sqlite", "queue/queuetest"}},
	{[]string{""}, "net/http", []string{"bridge", "daemon", "cmd", "phonesim"}},
	{[]string{"adb", "uiauto"}, module, []string{"uiauto/whatsapp"}},
	{[]string{"bridge"}, module + "/phone", nil},
	{[]string{"bridge"}, module + "/inbox", nil},
	{[]string{"phone", "inbox"}, module + "/phonesim", nil},
	{[]string{"phone"}, module + "/inbox", nil},
	{[]string{"inbox"}, module + "/phone", nil},
}

func row(pkg string) int {
	for i, names := range layers {
		for _, n := range names {
			if n == pkg || (strings.HasSuffix(n, "/*") && strings.HasPrefix(pkg, strings.TrimSuffix(n, "*"))) {
				return i
			}
		}
	}
	return -1
}

func TestImportsPointDown(t *testing.T) {
	imports := readImports(t)
	for pkg, list := range imports {
		if row(pkg) < 0 {
			t.Errorf("package %q stands in no layer: add it to layers_test.go and docs/architecture.md", pkg)
			continue
		}
		for _, imp := range list {
			to, ours := strings.CutPrefix(imp, module)
			if to = strings.TrimPrefix(to, "/"); ours && row(to) <= row(pkg) && !sameFamily(pkg, to) {
				t.Errorf("%s imports %s, which is not below it", pkg, to)
			}
			if pkg == "" && strings.Contains(imp, ".") {
				t.Errorf("the root package imports %s; it may import the standard library only", imp)
			}
		}
	}
}

// sameFamily: sub-packages of the simulated phone may use each other.
func sameFamily(a, b string) bool {
	return strings.HasPrefix(a, "phonesim/") && strings.HasPrefix(b, "phonesim/")
}

func TestForbiddenImports(t *testing.T) {
	for pkg, list := range readImports(t) {
		for _, rule := range forbidden {
			if !hasPrefix(pkg, rule.who) || hasPrefix(pkg, rule.save) || !slices.Contains(list, rule.not) {
				continue
			}
			t.Errorf("%s imports %s, which is not its business", pkg, rule.not)
		}
	}
}

func hasPrefix(pkg string, prefixes []string) bool {
	return slices.ContainsFunc(prefixes, func(p string) bool {
		return p == "" || pkg == p || strings.HasPrefix(pkg, p+"/")
	})
}

// readImports lists what each package's hand-written, non-test files import.
func readImports(t *testing.T) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "testdata" || d.Name() == "node_modules" || (len(d.Name()) > 1 && d.Name()[0] == '.')) {
			return filepath.SkipDir
		}
		if _, err := os.Stat(filepath.Join(path, "go.mod")); err == nil && path != "." {
			return filepath.SkipDir // a module of its own, for building alone
		}
		if d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		pkg := strings.TrimPrefix(filepath.ToSlash(filepath.Dir(path)), ".")
		for _, imp := range f.Imports {
			name, err := strconv.Unquote(imp.Path.Value)
			if err != nil {
				return err
			}
			out[pkg] = append(out[pkg], name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(out) < 5 {
		t.Fatalf("found only %d packages", len(out))
	}
	return out
}
