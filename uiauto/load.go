package uiauto

import (
	"cmp"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

//go:embed profiles/*.yaml
var builtin embed.FS

// LoadProfiles reads the built-in profiles and the *.yaml files of dir (""
// for none). A file of dir replaces the built-in one of the same name; other
// files add to what is built in, and where two app profiles are for the same
// package and version, the one of dir counts. All mistakes are reported at once, joined,
// each with its file and field.
//
// A file has a `kind`: "words" adds wordings, "app" is the profile of an app,
// "system" that of Android itself.
func LoadProfiles(dir string) (*Profiles, error) {
	sources, err := profileFiles(dir)
	if err != nil {
		return nil, fmt.Errorf("load profiles: %w", err)
	}
	l := loader{p: &Profiles{Words: &Words{byKey: map[string]*word{}}}}
	for _, f := range sources {
		l.file(f.name, f.text)
	}
	l.check()
	if err := errors.Join(l.mistakes...); err != nil {
		return nil, fmt.Errorf("load profiles: %w", err)
	}
	return l.p, nil
}

// A source is one data file; its name has the folder, for the error messages.
type source struct {
	name string
	text []byte
}

// profileFiles reads the built-in files, but those that dir replaces, and then
// those of dir.
func profileFiles(dir string) ([]source, error) {
	files, err := readYAML(builtin, "profiles", "built-in")
	if err != nil || dir == "" {
		return files, err
	}
	own, err := readYAML(os.DirFS(dir), ".", dir)
	if err != nil {
		return nil, err
	}
	files = slices.DeleteFunc(files, func(f source) bool {
		return slices.ContainsFunc(own, func(o source) bool { return path.Base(o.name) == path.Base(f.name) })
	})
	return append(files, own...), nil
}

// maxProfile bounds one file; the built-in words take 60 KB.
const maxProfile = 4 << 20

// readYAML reads the YAML files of a folder, in the order of their names.
func readYAML(from fs.FS, dir, label string) ([]source, error) {
	entries, err := fs.ReadDir(from, dir)
	if err != nil {
		return nil, err
	}
	var files []source
	for _, e := range entries {
		if e.IsDir() || !strings.HasSuffix(e.Name(), ".yaml") && !strings.HasSuffix(e.Name(), ".yml") {
			continue
		}
		b, err := fs.ReadFile(from, path.Join(dir, e.Name()))
		if err != nil {
			return nil, err
		}
		if len(b) > maxProfile {
			return nil, fmt.Errorf("%s: larger than %d bytes", e.Name(), maxProfile)
		}
		files = append(files, source{path.Join(label, e.Name()), b})
	}
	return files, nil
}

// A profileFile is the form of the data files.
type profileFile struct {
	Kind     string            `yaml:"kind"`
	Name     string            `yaml:"name"`
	Sources  map[string]string `yaml:"sources"` // code -> what it is
	Packages []string          `yaml:"packages"`
	Versions struct {
		First string `yaml:"first"`
		Last  string `yaml:"last"`
	} `yaml:"versions"`
	Link       string                 `yaml:"link"`
	Activities []roleGroup            `yaml:"activities"`
	IDs        []roleGroup            `yaml:"ids"`
	Words      map[string][]roleGroup `yaml:"words"`
	Popups     []popupRow             `yaml:"popups"`
}

// A roleGroup is a group of rows with one source: role -> names, or language
// -> wordings.
type roleGroup struct {
	Source string           `yaml:"source"`
	Rows   map[string]texts `yaml:",inline"`
}

// texts is one text or a list of them.
type texts []string

// UnmarshalYAML accepts "a" for ["a"].
func (t *texts) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		*t = texts{n.Value}
		return nil
	}
	var l []string
	if err := n.Decode(&l); err != nil {
		return err
	}
	*t = l
	return nil
}

type popupRow struct {
	Name   string `yaml:"name"`
	Source string `yaml:"source"`
	Words  texts  `yaml:"words"`
	IDs    texts  `yaml:"ids"`
	NoIDs  texts  `yaml:"no_ids"`
	Act    string `yaml:"act"`
	Press  texts  `yaml:"press"`
}

type loader struct {
	p        *Profiles
	mistakes []error
}

// wrong notes a mistake at a field of a file.
func (l *loader) wrong(file, field, format string, args ...any) {
	l.mistakes = append(l.mistakes, fmt.Errorf("%s: %s: %s", file, cmp.Or(field, "(file)"), fmt.Sprintf(format, args...)))
}

func (l *loader) file(name string, b []byte) {
	var f profileFile
	dec := yaml.NewDecoder(strings.NewReader(string(b)))
	dec.KnownFields(true)
	if err := dec.Decode(&f); err != nil {
		if e, ok := errors.AsType[*yaml.TypeError](err); ok {
			for _, m := range e.Errors {
				l.wrong(name, "", "%s", m)
			}
			return
		}
		l.wrong(name, "", "%v", err)
		return
	}
	l.words(name, &f)
	switch f.Kind {
	case "words":
	case "app", "system":
		l.profile(name, &f)
	default:
		l.wrong(name, "kind", "%q is none of words, app, system", f.Kind)
	}
}
