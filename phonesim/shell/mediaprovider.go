package shell

import (
	"context"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/wabridge/wabridge/phonesim/android"
)

// contentArgs are the options of the content command.
type contentArgs struct{ uri, projection, where, method, arg string }

func parseContent(args []string) contentArgs {
	var c contentArgs
	fields := map[string]*string{"--uri": &c.uri, "--projection": &c.projection, "--where": &c.where, "--method": &c.method, "--arg": &c.arg}
	for i := 0; i+1 < len(args); i++ {
		if f := fields[args[i]]; f != nil {
			i++
			*f = args[i]
		}
	}
	return c
}

// contentCall is `content call`: the media provider's scan of a file, which
// answers the row's URI (seen in reports), or of the whole volume. Before
// Android 11 the method takes no argument (from memory).
func (p *proc) contentCall(ctx context.Context, c contentArgs) int {
	sys := p.sh.sys
	if authority(c.uri) != "media" {
		return p.providerError(c.uri, "java.lang.IllegalArgumentException: Unknown authority "+authority(c.uri))
	}
	if sys.Android <= 10 || c.method != "scan_file" && c.method != "scan_volume" {
		p.printf("Result: null\n")
		return 0
	}
	if err := android.Sleep(ctx, sys.Latency.Scan); err != nil {
		return 1
	}
	found := "null"
	sys.Do(func() {
		if c.method == "scan_volume" {
			sys.Media.ScanAll()
			return
		}
		if f := sys.Media.Scan(c.arg); f != nil {
			found = sys.Media.URI(f)
		}
	})
	p.printf("Result: Bundle[{android.intent.extra.STREAM=%s}]\n", found)
	return 0
}

// contentRead is `content read`: the bytes behind a URI. The app's own provider
// is not open to the shell user.
func (p *proc) contentRead(c contentArgs) int {
	var b []byte
	var err error
	p.sh.sys.Do(func() { _, b, err = p.sh.sys.Media.Open(c.uri) })
	switch {
	case authority(c.uri) != "media":
		return p.providerError(c.uri, fmt.Sprintf("java.lang.SecurityException: Permission Denial: opening provider %s from (null) (pid=%d, uid=2000) that is not exported from UID 10290",
			authority(c.uri), 9021))
	case err != nil:
		return p.providerError(c.uri, "java.io.FileNotFoundException: No item at "+c.uri)
	}
	_, _ = p.out.Write(b)
	return 0
}

func (p *proc) providerError(uri, what string) int {
	p.errorf("Error while accessing provider:%s\n%s", authority(uri), what)
	return 1
}

// mediaQuery answers a query of the media provider.
func (p *proc) mediaQuery(c contentArgs) (rows []row, errText string) {
	sys := p.sh.sys
	var files []*android.MediaFile
	ok, lost := true, false
	sys.Do(func() {
		files, ok = sys.Media.List(c.uri)
		lost = sys.Has(android.FaultWhereText)
	})
	if !ok {
		return nil, "java.lang.IllegalArgumentException: Unknown URI " + c.uri
	}
	for _, f := range files {
		rows = append(rows, mediaRow(f))
	}
	if c.projection != "" {
		known := mediaRow(&android.MediaFile{})
		for name := range strings.SplitSeq(c.projection, ":") {
			if !slices.ContainsFunc(known, func(col [2]string) bool { return col[0] == name }) {
				return nil, "java.lang.IllegalArgumentException: Invalid column " + name
			}
		}
	}
	where := c.where
	if lost {
		where = strings.NewReplacer("'", "", `"`, "").Replace(where)
	}
	match, bad := parseWhere(where)
	switch {
	case bad != "" && sys.Android <= 10:
		return nil, fmt.Sprintf("android.database.sqlite.SQLiteException: near %q: syntax error (code 1 SQLITE_ERROR): , while compiling: SELECT _id FROM files WHERE (%s)", bad, where)
	case bad != "":
		return nil, "java.lang.IllegalArgumentException: Invalid token " + bad
	}
	return slices.DeleteFunc(rows, func(r row) bool { return !match(r) }), ""
}

func mediaRow(f *android.MediaFile) row {
	name := path.Base(f.Path)
	dir := strings.TrimPrefix(path.Dir(f.Path), "/storage/emulated/0")
	return row{
		{"_id", fmt.Sprint(f.ID)}, {"_data", f.Path}, {"_display_name", name}, {"title", strings.TrimSuffix(name, path.Ext(name))},
		{"_size", fmt.Sprint(f.Size)}, {"mime_type", f.MIME}, {"media_type", fmt.Sprint(int(f.Class))},
		{"date_added", fmt.Sprint(f.Added.Unix())}, {"date_modified", fmt.Sprint(f.Modified.Unix())},
		{"relative_path", strings.TrimPrefix(dir+"/", "/")}, {"bucket_display_name", path.Base(dir)}, {"is_pending", "0"},
	}
}

// condition is one of a --where: column, operator, literal.
var condition = regexp.MustCompile(`(?is)^\s*\(*\s*(\w+)\s*(=|!=|<>|>=|<=|>|<|\s+like\s+)\s*(?:'((?:[^']|'')*)'|"([^"]*)"|(-?\d+))\s*\)*\s*$`)

var and = regexp.MustCompile(`(?i)\s+and\s+`)

// parseWhere reads conditions joined by AND; bad is the word that SQL would not
// take, as an unquoted text is.
func parseWhere(where string) (match func(row) bool, bad string) {
	if strings.TrimSpace(where) == "" {
		return func(row) bool { return true }, ""
	}
	var tests []func(row) bool
	for _, part := range and.Split(where, -1) {
		m := condition.FindStringSubmatch(part)
		if m == nil {
			_, value, _ := strings.Cut(part, "=")
			words := strings.FieldsFunc(value+" "+part, func(r rune) bool { return strings.ContainsRune(" /=%-.'\"()", r) })
			if len(words) == 0 {
				return nil, "?"
			}
			return nil, words[0]
		}
		value := m[4] + m[5] + strings.ReplaceAll(m[3], "''", "'")
		op := strings.ToLower(strings.TrimSpace(m[2]))
		tests = append(tests, func(r row) bool { return compare(r.value(m[1]), op, value) })
	}
	return func(r row) bool {
		return !slices.ContainsFunc(tests, func(t func(row) bool) bool { return !t(r) })
	}, ""
}

func (r row) value(name string) string {
	for _, c := range r {
		if c[0] == name {
			return c[1]
		}
	}
	return ""
}

func compare(have, op, want string) bool {
	switch op {
	case "=":
		return have == want
	case "!=", "<>":
		return have != want
	case "like":
		return like(have, want)
	}
	var a, b int64
	_, err := fmt.Sscan(have+" "+want, &a, &b)
	return err == nil && (op[0] == '>' && a > b || op[0] == '<' && a < b || len(op) == 2 && a == b)
}

// like is SQL's LIKE: % and _, letters without case.
func like(have, pattern string) bool {
	expr := strings.NewReplacer("%", ".*", "_", ".").Replace(regexp.QuoteMeta(pattern))
	ok, err := regexp.MatchString("(?is)^"+expr+"$", have)
	return err == nil && ok
}
