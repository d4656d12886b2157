package console

import (
	"strings"

	"github.com/wabridge/wabridge/queue"
)

// settingsPage shows the configuration with where each value comes from. It is
// changed in the file, by environment or flags, and read at the start.
func settingsPage() page {
	return page{Name: "settings", Rest: true, Scope: queue.ScopeAdmin, Routes: func(c *Console, r *router) {
		r.show("", c.showSettings)
	}}
}

// settingGroup is one part of the page: the settings with a common beginning.
type settingGroup struct {
	Name     string // "media", "" for those without a dot
	Settings []Setting
}

func (c *Console) showSettings(v *visit) error { return c.show(v, groupSettings(c.Operate.Settings)) }

// groupSettings keeps the order of the groups' first settings.
func groupSettings(all []Setting) (groups []settingGroup) {
	at := map[string]int{}
	for _, s := range all {
		name, _, dotted := strings.Cut(s.Key, ".")
		if !dotted {
			name = ""
		}
		if i := strings.IndexByte(name, '['); i >= 0 {
			name = name[:i]
		}
		i, ok := at[name]
		if !ok {
			i = len(groups)
			at[name] = i
			groups = append(groups, settingGroup{Name: name})
		}
		groups[i].Settings = append(groups[i].Settings, s)
	}
	return groups
}
