package bot

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// MaxScenarios bounds the files of a library.
const MaxScenarios = 1000

// A Library is the scenarios of a directory: its files that end in .yaml or
// .yml, other than hidden ones; directories below it are not looked into. It
// is safe for concurrent use.
type Library struct {
	dir string

	mu     sync.RWMutex
	print  string // of the files, as they were when they were read last
	byName map[string]*Scenario
}

// NewLibrary holds scenarios that were loaded elsewhere, none if none are
// given; Reload does nothing.
func NewLibrary(scenarios ...*Scenario) *Library {
	l := &Library{byName: map[string]*Scenario{}}
	for _, s := range scenarios {
		l.byName[s.Name] = s
	}
	return l
}

// OpenLibrary loads all scenarios of a directory. What is wrong with them is
// told all at once, as FileProblems.
func OpenLibrary(dir string) (*Library, error) {
	l := &Library{dir: dir}
	if _, err := l.Reload(); err != nil {
		return nil, err
	}
	return l, nil
}

// Reload reads the directory again if a file has come, gone or changed since
// it was read last (by name, size and time). Either all files are fine and
// taken, or nothing changes and the error (FileProblems) tells why; the same
// files are not complained about twice.
func (l *Library) Reload() (changed bool, err error) {
	if l.dir == "" {
		return false, nil
	}
	files, print, err := scenarioFiles(l.dir)
	if err != nil {
		return false, err
	}
	l.mu.RLock()
	same := l.print == print
	l.mu.RUnlock()
	if same {
		return false, nil
	}
	byName, err := loadAll(l.dir, files)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.print = print
	if err != nil {
		return false, err
	}
	l.byName = byName
	return true, nil
}

// Scenario finds one by its name; nil if there is none.
func (l *Library) Scenario(name string) *Scenario {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.byName[name]
}

// Find is Scenario with an error that says which names there are.
func (l *Library) Find(name string) (*Scenario, error) {
	if s := l.Scenario(name); s != nil {
		return s, nil
	}
	names := l.Names()
	switch {
	case len(names) == 0:
		return nil, fmt.Errorf("there is no scenario %q, nor any other; set bots.dir to a directory with scenario files", clip(name, 40))
	case len(names) > 20:
		return nil, fmt.Errorf("there is no scenario %q; there are %s, … (wabridge bot list shows all)", clip(name, 40), strings.Join(names[:20], ", "))
	}
	return nil, fmt.Errorf("there is no scenario %q; there are %s", clip(name, 40), strings.Join(names, ", "))
}

// Names lists the scenarios' names in order.
func (l *Library) Names() []string {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return slices.Sorted(maps.Keys(l.byName))
}

// A FileProblem is what is wrong with one file of a library.
type FileProblem struct {
	File string // its path
	Err  error  // Problems, or why it could not be read
}

// FileProblems is all that is wrong with the files of a library.
type FileProblems []FileProblem

// Error is a problem a line, "dir/nps.yaml: line 3: what is wrong".
func (p FileProblems) Error() string {
	var lines []string
	for _, f := range p {
		for line := range strings.SplitSeq(f.Err.Error(), "\n") {
			lines = append(lines, f.File+": "+line)
		}
	}
	return strings.Join(lines, "\n")
}

// scenarioFiles lists the names of the files, and a text that changes when
// one of them does.
func scenarioFiles(dir string) (names []string, print string, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, "", fmt.Errorf("read the scenarios' directory: %w", err)
	}
	var b strings.Builder
	for _, e := range entries {
		name := e.Name()
		if ext := filepath.Ext(name); strings.HasPrefix(name, ".") || ext != ".yaml" && ext != ".yml" {
			continue
		}
		info, err := os.Stat(filepath.Join(dir, name)) // follows links, which e.Info does not
		if errors.Is(err, os.ErrNotExist) {
			continue // gone since
		}
		if err != nil {
			return nil, "", fmt.Errorf("read the scenarios' directory: %w", err)
		}
		if info.IsDir() {
			continue
		}
		names = append(names, name)
		fmt.Fprintf(&b, "%q %d %s\n", name, info.Size(), info.ModTime().Format(time.RFC3339Nano))
	}
	if len(names) > MaxScenarios {
		return nil, "", fmt.Errorf("%s holds %d scenario files, %d are allowed", dir, len(names), MaxScenarios)
	}
	return names, b.String(), nil
}

// loadAll loads the files, or tells all that is wrong with them.
func loadAll(dir string, names []string) (map[string]*Scenario, error) {
	byName, fileOf := map[string]*Scenario{}, map[string]string{}
	var problems FileProblems
	for _, name := range names {
		path := filepath.Join(dir, name)
		s, err := loadFile(path)
		if err == nil && byName[s.Name] != nil {
			err = fmt.Errorf("the name %s is taken by %s; give one of them another", s.Name, fileOf[s.Name])
		}
		if err != nil {
			problems = append(problems, FileProblem{File: path, Err: err})
			continue
		}
		byName[s.Name], fileOf[s.Name] = s, path
	}
	if len(problems) > 0 {
		return nil, problems
	}
	return byName, nil
}

func loadFile(path string) (*Scenario, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	s, err := Load(f)
	return s, errors.Join(err, f.Close())
}
