package shell

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/wabridge/wabridge/phonesim/android"
)

// content knows query on the contacts provider, and query, call and read on the
// media provider.
func content(ctx context.Context, p *proc) int {
	if err := p.pause(ctx); err != nil {
		return 1
	}
	if len(p.args) < 2 {
		return p.errorf("usage: adb shell content [subcommand] [options]")
	}
	c := parseContent(p.args[2:])
	switch p.args[1] {
	case "query":
		return p.contentQuery(c)
	case "call":
		return p.contentCall(ctx, c)
	case "read":
		return p.contentRead(c)
	}
	return p.errorf("[ERROR] Unsupported operation: %s", p.args[1])
}

func (p *proc) contentQuery(c contentArgs) int {
	var rows []row
	ok := true
	if authority(c.uri) == "media" {
		var bad string
		if rows, bad = p.mediaQuery(c); bad != "" {
			return p.providerError(c.uri, bad)
		}
	} else {
		p.sh.sys.Do(func() { rows, ok = query(p.sh.sys, c.uri) })
		rows = filterRows(rows, c.where)
	}
	if !ok {
		return p.providerError(c.uri, "java.lang.IllegalArgumentException: Unknown URI "+c.uri)
	}
	if len(rows) == 0 {
		p.printf("No result found.\n")
		return 0
	}
	for i, r := range rows {
		p.printf("Row: %d %s\n", i, r.text(c.projection))
	}
	return 0
}

func authority(uri string) string {
	_, rest, _ := strings.Cut(uri, "://")
	a, _, _ := strings.Cut(rest, "/")
	return a
}

// A row is one record: columns in order.
type row [][2]string

func (r row) text(projection string) string {
	var parts []string
	if projection == "" {
		for _, c := range r {
			parts = append(parts, c[0]+"="+c[1])
		}
		return strings.Join(parts, ", ")
	}
	for name := range strings.SplitSeq(projection, ":") {
		v := "NULL"
		if i := slices.IndexFunc(r, func(c [2]string) bool { return c[0] == name }); i >= 0 {
			v = r[i][1]
		}
		parts = append(parts, name+"="+v)
	}
	return strings.Join(parts, ", ")
}

var numericWhere = regexp.MustCompile(`^\s*(\w+)\s*=\s*(\d+)\s*$`)

// filterRows applies "column=number"; text literals lose their quotes on the way
// on a real phone and end in an SQL error, which is not imitated.
func filterRows(rows []row, where string) []row {
	m := numericWhere.FindStringSubmatch(where)
	if m == nil {
		return rows
	}
	return slices.DeleteFunc(rows, func(r row) bool {
		return !slices.ContainsFunc(r, func(c [2]string) bool { return c[0] == m[1] && c[1] == m[2] })
	})
}

// query answers the URIs of the contacts provider that facts/android.md 8 names.
// A record spans two lines: hash_id holds a line feed.
func query(s *android.System, uri string) (rows []row, ok bool) {
	const contacts = "content://com.android.contacts/"
	path, found := strings.CutPrefix(strings.TrimSuffix(uri, "/"), contacts)
	if !found {
		return nil, false
	}
	path, _, _ = strings.Cut(path, "?")
	for _, c := range s.Contacts {
		phone := row{
			{"_id", fmt.Sprint(c.ID*10 + 1)}, {"contact_id", fmt.Sprint(c.ID)}, {"raw_contact_id", fmt.Sprint(c.ID * 2)},
			{"display_name", c.Name}, {"data1", c.Number}, {"data2", "2"}, {"data4", c.Number}, {"number", c.Number},
			{"mimetype", "vnd.android.cursor.item/phone_v2"}, {"hash_id", android.Token(c.Name) + "Q==\n"},
			{"account_type", "com.google"}, {"account_name", "owner@example.com"}, {"starred", "0"},
		}
		switch {
		case path == "data/phones", path == "data":
			rows = append(rows, phone)
			if path == "data" {
				rows = append(rows, mirrorRows(c)...)
			}
		case path == "contacts":
			rows = append(rows, row{{"_id", fmt.Sprint(c.ID)}, {"display_name", c.Name}, {"has_phone_number", "1"}})
		case path == "raw_contacts":
			rows = append(rows, rawRows(c)...)
		case path == fmt.Sprintf("raw_contacts/%d/data", c.ID*2+1):
			rows = append(rows, mirrorRows(c)...)
		case strings.HasPrefix(path, "phone_lookup/"):
			if digits(strings.TrimPrefix(path, "phone_lookup/")) == digits(c.Number) {
				rows = append(rows, phone)
			}
		}
	}
	return rows, true
}

// rawRows are the person's own record and the one of WhatsApp's account.
func rawRows(c android.Contact) []row {
	out := []row{{{"_id", fmt.Sprint(c.ID * 2)}, {"contact_id", fmt.Sprint(c.ID)}, {"account_type", "com.google"},
		{"account_name", "owner@example.com"}, {"display_name", c.Name}, {"sync1", "NULL"}, {"deleted", "0"}}}
	if c.WhatsApp != "" {
		out = append(out, row{{"_id", fmt.Sprint(c.ID*2 + 1)}, {"contact_id", fmt.Sprint(c.ID)}, {"account_type", "com.whatsapp"},
			{"account_name", "WhatsApp"}, {"display_name", c.Name}, {"sync1", c.WhatsApp}, {"deleted", "0"}})
	}
	return out
}

// mirrorRows are WhatsApp's data rows: profile, voice call, video call.
func mirrorRows(c android.Contact) []row {
	if c.WhatsApp == "" {
		return nil
	}
	var out []row
	for i, kind := range []string{"profile", "voip.call", "video.call"} {
		out = append(out, row{
			{"_id", fmt.Sprint(c.ID*10 + 2 + i)}, {"contact_id", fmt.Sprint(c.ID)}, {"raw_contact_id", fmt.Sprint(c.ID*2 + 1)},
			{"display_name", c.Name}, {"data1", c.WhatsApp}, {"data2", "WhatsApp"}, {"data3", "Message " + c.Number},
			{"mimetype", "vnd.android.cursor.item/vnd.com.whatsapp." + kind}, {"hash_id", android.Token(c.WhatsApp) + "Q==\n"},
			{"account_type", "com.whatsapp"}, {"account_name", "WhatsApp"},
		})
	}
	return out
}

func digits(s string) string {
	s = strings.ReplaceAll(s, "%2B", "")
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}
