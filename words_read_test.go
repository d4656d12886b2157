package wabridge

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// wordKey is the beginning of a word in the data file.
var wordKey = regexp.MustCompile(`(?m)^  ([a-z_]+):`)

// TestEveryWordIsRead: a word in words.yaml that no rule reads looks like a screen
// that is known and is not.
func TestEveryWordIsRead(t *testing.T) {
	words, err := os.ReadFile("uiauto/profiles/words.yaml")
	if err != nil {
		t.Fatal(err)
	}
	_, list, _ := strings.Cut(string(words), "\nwords:\n")
	read := wordsInProfile(t)
	for _, dir := range []string{"uiauto", "inbox", "phone"} {
		maps.Copy(read, wordsInCode(t, dir))
	}
	for _, m := range wordKey.FindAllStringSubmatch(list, -1) {
		if !read[m[1]] {
			t.Errorf("words.yaml has %q, and no rule reads it", m[1])
		}
	}
}

// wordsInProfile are the words that the profile's popups name.
func wordsInProfile(t *testing.T) map[string]bool {
	b, err := os.ReadFile("uiauto/profiles/whatsapp.yaml")
	if err != nil {
		t.Fatal(err)
	}
	read := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^    (?:words|press): \[(.*)\]`).FindAllStringSubmatch(string(b), -1) {
		for word := range strings.SplitSeq(m[1], ",") {
			read[strings.TrimSpace(word)] = true
		}
	}
	return read
}

// idCalls are the functions that take the role of an id, by the place of the
// argument from which on roles stand: what they name is no word.
var idCalls = map[string]int{"node": 0, "sys": 0, "enabled": 0, "textOf": 0, "IDs": 0, "Inside": 1, "Node": 2, "systemDialog": 2}

// sayCalls are functions whose strings are for people.
var sayCalls = []string{"Fail", "Errorf", "New", "Debug", "Info", "Warn", "Error", "wrong", "row"}

// wordsInCode are the strings in a folder's code that may name words: all but
// roles of ids, which have names of their own in tables called …Roles.
func wordsInCode(t *testing.T, dir string) map[string]bool {
	read := map[string]bool{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool { return collectWords(n, read) })
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return read
}

// collectWords notes the strings of a node; false: its children were dealt with.
func collectWords(n ast.Node, read map[string]bool) bool {
	switch n := n.(type) {
	case *ast.ValueSpec:
		return !slices.ContainsFunc(n.Names, func(i *ast.Ident) bool { return strings.HasSuffix(i.Name, "Roles") })
	case *ast.CallExpr:
		name := calledName(n)
		if slices.Contains(sayCalls, name) {
			return false
		}
		from, ids := idCalls[name]
		for i, arg := range n.Args {
			if !(ids && i >= from) && !(name == "Is" && i == 1) {
				ast.Inspect(arg, func(x ast.Node) bool { return collectWords(x, read) })
			}
		}
		ast.Inspect(n.Fun, func(x ast.Node) bool { return collectWords(x, read) })
		return false
	case *ast.BasicLit:
		if s, err := strconv.Unquote(n.Value); err == nil && n.Kind == token.STRING {
			read[s] = true
		}
	}
	return true
}

func calledName(c *ast.CallExpr) string {
	switch f := c.Fun.(type) {
	case *ast.SelectorExpr:
		return f.Sel.Name
	case *ast.Ident:
		return f.Name
	}
	return ""
}
