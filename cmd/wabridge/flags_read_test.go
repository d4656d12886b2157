package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

var (
	flagVar  = regexp.MustCompile(`^[A-Z]\w*VarP?$`)                            // BoolVar(&x, "name", …)
	flagOnly = regexp.MustCompile(`^(Bool|String|Int|Duration|StringSlice)P?$`) // String("name", …)
)

// A declared flag, and what holds its value: a variable or a field, or nothing.
type declaredFlag struct{ name, target string }

// flagsOf finds the flags that sources declare, and those that nothing reads.
func flagsOf(t *testing.T, sources map[string]any) (all, unread []string) {
	t.Helper()
	var flags []declaredFlag
	reads, words := map[string]int{}, map[string]int{}
	for name, src := range sources {
		tree, err := parser.ParseFile(token.NewFileSet(), name, src, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		skip := map[ast.Node]bool{}
		ast.Inspect(tree, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				if f, ok := flagOf(n, skip); ok {
					flags = append(flags, f)
				}
			case *ast.ValueSpec: // var x string
				for _, id := range n.Names {
					skip[id] = true
				}
			case *ast.Field: // of a struct, or a parameter
				for _, id := range n.Names {
					skip[id] = true
				}
			case *ast.BasicLit:
				if s, err := strconv.Unquote(n.Value); err == nil {
					words[s]++
				}
			case *ast.Ident:
				if !skip[n] {
					reads[n.Name]++
				}
			}
			return true
		})
	}
	for _, f := range flags {
		all = append(all, f.name)
		if f.target != "" && reads[f.target] == 0 || f.target == "" && words[f.name] < 2 {
			unread = append(unread, f.name)
		}
	}
	return all, unread
}

// flagOf reads a call that declares a flag; its target does not count as read
// there.
func flagOf(call *ast.CallExpr, skip map[ast.Node]bool) (f declaredFlag, ok bool) {
	fun, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || len(call.Args) < 3 {
		return f, false
	}
	name := call.Args[0]
	if flagVar.MatchString(fun.Sel.Name) {
		name = call.Args[1]
		target, ok := call.Args[0].(*ast.UnaryExpr)
		if !ok {
			return f, false
		}
		switch x := target.X.(type) {
		case *ast.Ident:
			f.target, skip[x] = x.Name, true
		case *ast.SelectorExpr:
			f.target, skip[x.Sel] = x.Sel.Name, true
			if whole, ok := x.X.(*ast.SelectorExpr); ok { // f.request.Name: the request is sent as it is
				f.target, skip[whole.Sel] = whole.Sel.Name, true
			}
		}
	} else if !flagOnly.MatchString(fun.Sel.Name) {
		return f, false
	}
	lit, ok := name.(*ast.BasicLit)
	if !ok {
		return f, false
	}
	f.name, _ = strconv.Unquote(lit.Value)
	return f, f.name != ""
}

// TestEveryFlagIsRead: a flag whose value nothing reads does nothing. Those of
// the settings are daemon's TestEverySettingIsRead's.
func TestEveryFlagIsRead(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	options, err := filepath.Glob("../../backup/*.go") // it reads its options, which flags fill in
	if err != nil {
		t.Fatal(err)
	}
	files = append(files, options...)
	sources := map[string]any{}
	for _, f := range files {
		if !strings.HasSuffix(f, "_test.go") {
			sources[f] = nil
		}
	}
	all, unread := flagsOf(t, sources)
	if len(all) < 60 {
		t.Errorf("only %d flags were found", len(all))
	}
	if len(unread) > 0 {
		t.Errorf("nothing reads the flags %q", unread)
	}
	sources["planted.go"] = `package main
func planted(c *cobra.Command) {
	var plantedValue string
	c.Flags().StringVar(&plantedValue, "planted", "", "")
	c.Flags().String("planted-too", "", "")
}`
	if _, unread := flagsOf(t, sources); len(unread) != 2 {
		t.Errorf("of two flags that nothing reads, found %q", unread)
	}
}
