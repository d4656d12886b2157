package daemon

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

// A field of the configuration, and where it stands.
type configField struct {
	key, parent string // parent is the name of the field that holds its struct, "" at the top
	in          reflect.Type
	name        string
}

// configFields lists the leaves of the configuration.
func configFields(t reflect.Type, prefix, parent string) (list []configField) {
	for f := range fieldsOf(t) {
		key := f.Tag.Get("koanf")
		if key == "" {
			continue
		}
		key = strings.TrimSuffix(strings.TrimSuffix(key, ",squash"), ",")
		inner := f.Type
		for inner.Kind() == reflect.Slice || inner.Kind() == reflect.Pointer || inner.Kind() == reflect.Map {
			inner = inner.Elem()
		}
		if inner.Kind() == reflect.Struct && len(configFields(inner, "", "")) > 0 {
			list = append(list, configFields(inner, prefix+key+".", f.Name)...)
			continue
		}
		list = append(list, configField{prefix + key, parent, t, f.Name})
	}
	return list
}

func fieldsOf(t reflect.Type) func(func(reflect.StructField) bool) {
	return func(yield func(reflect.StructField) bool) {
		for i := range t.NumField() {
			if !yield(t.Field(i)) {
				return
			}
		}
	}
}

// notReaders are the functions that set or judge settings and do nothing with
// them; those that judge into a report are others.
var notReaders = regexp.MustCompile(`(?i)^(validate|default|defaults|check.*|settled)$`)

// A use is a function and the names that stand in it.
type use struct{ selected, named map[string]bool }

// usesIn lists the functions of a package that do something with settings.
func usesIn(t *testing.T, dir string) (list []use) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: no files (%v)", dir, err)
	}
	types := map[string]map[string]bool{} // what stands in the struct of a type
	var funcs []*ast.FuncDecl
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") || filepath.Base(file) == "support.go" { // a bundle only tells of them
			continue
		}
		tree, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range tree.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && !notReaders.MatchString(f.Name.Name) && !useOf(f.Type).named["report"] {
				funcs = append(funcs, f)
			}
			ast.Inspect(d, func(n ast.Node) bool {
				if spec, ok := n.(*ast.TypeSpec); ok && !strings.HasSuffix(spec.Name.Name, "Config") {
					types[spec.Name.Name] = useOf(spec).named
				}
				return true
			})
		}
	}
	for _, f := range funcs {
		u := useOf(f)
		if f.Recv != nil {
			for name := range useOf(f.Recv).named { // a method speaks of what its receiver holds
				maps.Copy(u.named, types[name])
			}
		}
		list = append(list, u)
	}
	return list
}

// useOf finds what a node reads: a selector that is only written to does
// not count.
func useOf(f ast.Node) use {
	u := use{map[string]bool{}, map[string]bool{}}
	written := map[ast.Node]bool{}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			for _, left := range n.Lhs {
				written[left] = true
			}
		case *ast.SelectorExpr:
			u.named[n.Sel.Name] = true
			u.selected[n.Sel.Name] = u.selected[n.Sel.Name] || !written[n]
		case *ast.Ident:
			u.named[n.Name] = true
		}
		return true
	})
	return u
}

// reads reports whether a function reads a field. In the package of the
// configuration it must speak of the field's struct, too: many have a Name.
func (u use) reads(f configField, home bool) bool {
	return u.selected[f.name] && (!home || f.parent == "" || u.named[f.in.Name()] || u.named[f.parent])
}

func isRead(f configField, packages map[string][]use) bool {
	for pkg, uses := range packages {
		home := pkg == "github.com/wabridge/wabridge/daemon"
		if !home && pkg != f.in.PkgPath() {
			continue
		}
		for _, u := range uses {
			if u.reads(f, home) {
				return true
			}
		}
	}
	return false
}

// TestEverySettingIsRead: a key of the configuration that nothing reads is a
// promise that nobody keeps.
func TestEverySettingIsRead(t *testing.T) {
	fields := configFields(reflect.TypeFor[Config](), "", "")
	if len(fields) < 60 {
		t.Fatalf("only %d settings were found", len(fields))
	}
	packages := map[string][]use{}
	for _, f := range append(fields, configField{in: reflect.TypeFor[Config]()}) {
		pkg := f.in.PkgPath()
		if packages[pkg] == nil {
			packages[pkg] = usesIn(t, filepath.Join("..", strings.TrimPrefix(pkg, "github.com/wabridge/wabridge")))
		}
	}
	packages["github.com/wabridge/wabridge/daemon"] = append(packages["github.com/wabridge/wabridge/daemon"], usesIn(t, "../cmd/wabridge")...)
	for _, f := range fields {
		if f.key != "allow_exposed" && !isRead(f, packages) { // that one lets a configuration pass, and does no more
			t.Errorf("nothing reads %s (%s.%s)", f.key, f.in.Name(), f.name)
		}
	}
	planted := configField{"pacing.nothing", "Pacing", reflect.TypeFor[PacingConfig](), "NothingReadsThis"}
	if isRead(planted, packages) {
		t.Error("a setting that nothing reads is not found")
	}
}
