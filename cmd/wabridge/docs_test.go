package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/wabridge/wabridge/daemon"
	"github.com/wabridge/wabridge/uiauto"
)

func doc(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("../../docs", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestCLIDocNamesEverything walks the commands: each has a section of its own
// in docs/cli.md that names its own flags, and the page promises none that
// do not exist.
func TestCLIDocNamesEverything(t *testing.T) {
	page := doc(t, "cli.md")
	sections := map[string]string{}
	for part := range strings.SplitSeq(page, "\n## ") {
		title, body, _ := strings.Cut(part, "\n")
		sections[title] = body
	}
	common := sections["What many commands have"]
	known := map[string]bool{"help": true, "version": true}
	var walk func(*cobra.Command)
	walk = func(c *cobra.Command) {
		for _, sub := range c.Commands() {
			if sub.Name() != "help" && sub.Name() != "completion" {
				walk(sub)
			}
		}
		top := c
		for top.HasParent() && top.Parent().HasParent() {
			top = top.Parent()
		}
		if !c.HasParent() {
			return
		}
		body, ok := sections[top.CommandPath()]
		if !ok {
			t.Errorf("docs/cli.md has no section %q", top.CommandPath())
			return
		}
		if !strings.Contains(body, c.CommandPath()) {
			t.Errorf("section %q does not name %q", top.CommandPath(), c.CommandPath())
		}
		c.LocalFlags().VisitAll(func(f *pflag.Flag) {
			known[f.Name] = true
			if f.Name != "help" && !strings.Contains(body, "`--"+f.Name) && !strings.Contains(common, "`--"+f.Name) {
				t.Errorf("%s: docs/cli.md does not name --%s", c.CommandPath(), f.Name)
			}
		})
	}
	root := newRoot()
	root.InitDefaultCompletionCmd()
	walk(root)
	for _, m := range regexp.MustCompile("`--([a-z-]+)").FindAllStringSubmatch(page, -1) {
		if !known[m[1]] {
			t.Errorf("docs/cli.md names --%s, which no command has", m[1])
		}
	}
}

// TestConfigurationDocNamesEverySetting: key, variable and flag.
func TestConfigurationDocNamesEverySetting(t *testing.T) {
	page := doc(t, "configuration.md")
	for _, s := range daemon.Settings {
		for _, want := range []string{"`" + s.Key + "`", "`" + s.Env() + "`"} {
			if !strings.Contains(page, want) {
				t.Errorf("docs/configuration.md does not name %s", want)
			}
		}
		if s.Flag != "" && !strings.Contains(page, "`--"+s.Flag+"`") {
			t.Errorf("docs/configuration.md does not name --%s", s.Flag)
		}
	}
	for _, want := range []string{"`WABRIDGE_CONFIG`", "`--config`", "`WABRIDGE_PHONES`", "`--phone`", "`unlock_pin`", "`serial`", "`package`", "`number`", "`name`", "`user`", "`id`"} {
		if !strings.Contains(page, want) {
			t.Errorf("docs/configuration.md does not name %s", want)
		}
	}
}

// TestProfilesDocExampleLoads: the file that docs/profiles.md shows is one.
func TestProfilesDocExampleLoads(t *testing.T) {
	_, rest, _ := strings.Cut(doc(t, "profiles.md"), "```yaml\n")
	example, _, ok := strings.Cut(rest, "```")
	if !ok {
		t.Fatal("docs/profiles.md shows no yaml")
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "our-words.yaml"), []byte(example), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := uiauto.LoadProfiles(dir)
	if err != nil {
		t.Fatal(err)
	}
	if got := p.Words.Which("ANGEKOMMEN", "tick_delivered"); got != "tick_delivered" {
		t.Errorf("the new word is %q", got)
	}
}
