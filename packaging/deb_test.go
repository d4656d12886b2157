package packaging

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestInstalled installs the Debian package, upgrades, removes and purges it,
// in a root of its own: a view of this machine's that forgets what is written.
func TestInstalled(t *testing.T) {
	dir, newer := dist(t), t.TempDir()
	if os.Getuid() != 0 {
		t.Skip("a root of its own needs root")
	}
	need(t, "unshare")
	if err := pack(newer, "1.2.4", "amd64"); err != nil {
		t.Fatal(err)
	}
	script, err := filepath.Abs("deb/testdata/install.sh")
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command("unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", script, t.TempDir(), dir, newer)
	out, err := c.CombinedOutput()
	if c.ProcessState != nil && c.ProcessState.ExitCode() == 77 {
		t.Skipf("no root of its own can be made here: %s", out)
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
}

// TestUnit asks systemd what it thinks of the service, as far as it is here.
func TestUnit(t *testing.T) {
	need(t, "systemd-analyze")
	unit, err := filepath.Abs("deb/wabridge.service")
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("systemd-analyze", "security", "--offline=true", "--threshold=20", unit).CombinedOutput()
	m := regexp.MustCompile(`Overall exposure level.*: ([0-9.]+)`).FindStringSubmatch(string(out))
	if m == nil {
		t.Skipf("systemd-analyze cannot judge files here: %v %s", err, out)
	}
	level, perr := strconv.ParseFloat(m[1], 64)
	if err != nil || perr != nil || level > 2 {
		t.Errorf("exposure level %s, %v\n%s", m[1], err, out)
	}
}

// TestPackageIsTidy asks lintian where it is.
func TestPackageIsTidy(t *testing.T) {
	dir := dist(t)
	for _, arch := range []string{"amd64", "arm64"} {
		deb := filepath.Join(dir, "wabridge_1.2.3_"+arch+".deb")
		fields := output(t, "dpkg-deb", "--field", deb)
		for _, want := range []string{"Package: wabridge", "Version: 1.2.3", "Architecture: " + arch, "Maintainer:", "Installed-Size:"} {
			if !strings.Contains(fields, want) {
				t.Errorf("%s does not say %q:\n%s", deb, want, fields)
			}
		}
		list := output(t, "dpkg-deb", "--contents", deb)
		for _, want := range []string{
			"./usr/bin/wabridge", "./etc/wabridge/wabridge.yaml", "./usr/lib/systemd/system/wabridge.service", "./usr/lib/sysusers.d/wabridge.conf",
			"./usr/share/man/man1/wabridge.1.gz", "./usr/share/man/man1/wabridge-db-backup.1.gz", "./usr/share/doc/wabridge/copyright",
			"./usr/share/bash-completion/completions/wabridge", "./usr/share/zsh/vendor-completions/_wabridge", "./usr/share/fish/vendor_completions.d/wabridge.fish",
		} {
			if !strings.Contains(list, want) {
				t.Errorf("%s does not hold %s", deb, want)
			}
		}
	}
	if _, err := exec.LookPath("lintian"); err != nil {
		t.Log("lintian is not installed")
		return
	}
	out, err := exec.Command("lintian", "--fail-on", "error", "--suppress-tags", strings.Join(tolerated, ","), filepath.Join(dir, "wabridge_1.2.3_amd64.deb")).CombinedOutput()
	if err != nil {
		t.Errorf("lintian: %v\n%s", err, out)
	}
}

// tolerated are lintian's errors that are as they should be.
var tolerated = []string{
	"statically-linked-binary",                 // so that it runs everywhere
	"no-debconf-config",                        // it asks at the purge alone
	"no-changelog",                             // it is CHANGELOG.md, not one in Debian's form
	"changelog-file-missing-in-native-package", // likewise
	"embedded-library",                         // SQLite
}
