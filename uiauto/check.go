package uiauto

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// words takes the wordings of a file.
func (l *loader) words(file string, f *profileFile) {
	for _, key := range slices.Sorted(maps.Keys(f.Words)) {
		w := l.p.Words.word(key)
		for i, g := range f.Words[key] {
			field := fmt.Sprintf("words.%s[%d]", key, i)
			l.source(file, field, g.Source, f)
			for _, lang := range Languages {
				l.wordings(file, field+"."+lang, w, lang, g)
			}
			for lang := range g.Rows {
				if !slices.Contains(Languages, lang) {
					l.wrong(file, field+"."+lang, "no such language; known are %s", strings.Join(Languages, ", "))
				}
			}
		}
	}
}

func (l *loader) wordings(file, field string, w *word, lang string, g roleGroup) {
	for _, text := range g.Rows[lang] {
		t, err := CompileTemplate(text)
		if err != nil {
			l.wrong(file, field, "%v", err)
			continue
		}
		w.add(Wording{Lang: lang, Source: g.Source, Text: text, template: t})
	}
}

// source checks that a group names a source that the file explains.
func (l *loader) source(file, field, source string, f *profileFile) {
	code, _, _ := strings.Cut(source, " ")
	if _, ok := f.Sources[code]; !ok {
		l.wrong(file, field+".source", "%q begins with none of the codes under sources", source)
	}
}

// profile takes an app's or the system's profile.
func (l *loader) profile(file string, f *profileFile) {
	p := &Profile{
		Name: f.Name, File: file, Packages: f.Packages,
		First: f.Versions.First, Last: f.Versions.Last, Link: f.Link,
		ids: l.groups(file, "ids", f.IDs, f), activities: l.groups(file, "activities", f.Activities, f),
	}
	if p.Name == "" {
		l.wrong(file, "name", "missing")
	}
	for i, r := range f.Popups {
		l.source(file, fmt.Sprintf("popups[%d]", i), r.Source, f)
		p.Popups = append(p.Popups, Popup{Name: r.Name, Source: r.Source, Words: r.Words, IDs: r.IDs, NoIDs: r.NoIDs, Act: r.Act, Press: r.Press})
	}
	if f.Kind == "system" {
		if l.p.System != nil {
			l.wrong(file, "kind", "a second system profile; the first is in %s", l.p.System.File)
		}
		l.p.System = p
		return
	}
	if len(p.Packages) == 0 {
		l.wrong(file, "packages", "missing")
	}
	if !strings.Contains(p.Link, "{number}") || !strings.Contains(p.Link, "?") || !strings.Contains(p.Link, "{text}") {
		l.wrong(file, "link", "%q needs {number}, and {text} behind a question mark", p.Link)
	}
	l.p.Apps = append(l.p.Apps, p)
}

func (l *loader) groups(file, field string, groups []roleGroup, f *profileFile) map[string][]string {
	m := map[string][]string{}
	for i, g := range groups {
		l.source(file, fmt.Sprintf("%s[%d]", field, i), g.Source, f)
		for role, names := range g.Rows {
			if slices.Contains(names, "") || len(names) == 0 {
				l.wrong(file, fmt.Sprintf("%s[%d].%s", field, i, role), "empty")
			}
			m[role] = append(m[role], names...)
		}
	}
	return m
}

// Roles that the recognition cannot do without.
var (
	appRoles    = []string{"chat_title", "entry", "send", "voice_note", "message_list", "message_row", "message_text", "message_time", "message_status", "row", "row_name", "dialog_text", "dialog_button"}
	systemRoles = []string{"keyguard", "keyguard_secret", "anr_wait", "permission", "permission_deny", "launcher"}
)

// never are words that must not be pressed whatever a profile says: they leave
// the app, or write to a person.
var never = []string{"invite", "learn_more", "unblock", "block", "send"}

// check looks at what only the whole can tell.
func (l *loader) check() {
	if l.p.System == nil {
		l.wrong("(all files)", "kind", "no system profile")
	} else {
		l.roles(l.p.System, systemRoles)
	}
	if len(l.p.Apps) == 0 {
		l.wrong("(all files)", "kind", "no app profile")
	}
	for _, a := range l.p.Apps {
		l.roles(a, appRoles)
		for i, p := range a.Popups {
			l.popup(a.File, fmt.Sprintf("popups[%d]", i), p)
		}
	}
}

func (l *loader) roles(p *Profile, roles []string) {
	for _, r := range roles {
		if len(p.ids[r]) == 0 {
			l.wrong(p.File, "ids."+r, "missing")
		}
	}
}

func (l *loader) popup(file, field string, p Popup) {
	if p.Name == "" {
		l.wrong(file, field+".name", "missing")
	}
	if len(p.Words) == 0 && len(p.IDs) == 0 {
		l.wrong(file, field, "%s: neither words nor ids tell what it looks like", p.Name)
	}
	if p.Act != ActPress && p.Act != ActBack && p.Act != ActWait {
		l.wrong(file, field+".act", "%q is none of press, back, wait", p.Act)
	}
	if (p.Act == ActPress) != (len(p.Press) > 0) {
		l.wrong(file, field+".press", "goes with act: press, and only with it")
	}
	for _, key := range slices.Concat(p.Words, p.Press) {
		if !l.p.Words.Has(key) {
			l.wrong(file, field, "no word %q in any file", key)
		}
	}
	for _, key := range p.Press {
		for _, w := range l.p.Words.Wordings(key) {
			if bad := l.p.Words.Which(w.Text, never...); bad != "" {
				l.wrong(file, field+".press", "%q is %q, which is never pressed", w.Text, bad)
			}
		}
	}
}
