package shell

import (
	"bytes"
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/wabridge/wabridge/phonesim/android"
	"github.com/wabridge/wabridge/phonesim/view"
)

// defaultDump is where a dump without a file name goes.
const defaultDump = "/sdcard/window_dump.xml"

// uiautomator knows dump [--compressed] [FILE], as AOSP's DumpCommand: it waits
// for the screen to be idle, takes the active window, writes the file, and
// prints "dumped to" even where the file could not be written. Its errors go to
// standard error and leave the old file as it was; the exit code is 0.
func uiautomator(ctx context.Context, p *proc) int {
	if len(p.args) < 2 || p.args[1] != "dump" {
		fmt.Fprint(p.err, "Usage: uiautomator <subcommand> [options]\n\nAvailable subcommands:\n\nhelp: displays help message\n\nruntest: executes UI automation tests\n\ndump: creates an XML dump of current UI hierarchy\n")
		return 1
	}
	sys := p.sh.sys
	compressed := slices.Contains(p.args, "--compressed")
	file := defaultDump
	for _, a := range p.args[2:] {
		if !strings.HasPrefix(a, "--") {
			file = a
		}
	}
	if over, code := p.dumpFault(ctx); over {
		return code
	}
	idle, err := sys.WaitIdle(ctx)
	if err != nil {
		return 1
	}
	if !idle && !compressed {
		fmt.Fprintln(p.err, "ERROR: could not get idle state.")
		return 0
	}
	xml := Dump(sys)
	if err := android.Sleep(ctx, sys.Latency.Dump); err != nil {
		return 1
	}
	return p.writeDump(file, xml)
}

// dumpFault acts out an armed fault of dumps; over: the command has ended.
func (p *proc) dumpFault(ctx context.Context) (over bool, code int) {
	sys := p.sh.sys
	kind := ""
	sys.Do(func() {
		for _, k := range []string{android.FaultDumpNullRoot, android.FaultDumpIdle, android.FaultDumpCrash} {
			if kind == "" && sys.Take(k) {
				kind = k
			}
		}
	})
	takes := sys.Latency.IdleWindow
	if kind == android.FaultDumpIdle && takes > 0 {
		takes = sys.Latency.IdleLimit
	}
	if kind == "" {
		return false, 0
	}
	if err := android.Sleep(ctx, takes); err != nil {
		return true, 1
	}
	switch kind {
	case android.FaultDumpNullRoot:
		fmt.Fprintln(p.err, "ERROR: null root node returned by UiTestAutomationBridge.")
	case android.FaultDumpIdle:
		fmt.Fprintln(p.err, "ERROR: could not get idle state.")
	case android.FaultDumpCrash:
		sys.Main(20000, 'E', "AndroidRuntime", "FATAL EXCEPTION: main\njava.lang.NullPointerException: Attempt to invoke virtual method 'java.lang.CharSequence android.view.accessibility.AccessibilityNodeInfo.getContentDescription()' on a null object reference\n\tat com.android.uiautomator.core.AccessibilityNodeInfoDumper.childNafCheck(AccessibilityNodeInfoDumper.java:296)")
	}
	return true, 0
}

// writeDump writes the file, or the terminal, and prints the line with the
// original's misspelling.
func (p *proc) writeDump(file string, xml []byte) int {
	if file == "/dev/tty" {
		// Used by many scripts; not verified on a phone (facts/android.md 1).
		fmt.Fprintf(p.out, "%sUI hierchary dumped to: /dev/tty\n", xml)
		return 0
	}
	at := p.abs(file)
	stale := false
	p.sh.sys.Do(func() { stale = p.sh.sys.Take(android.FaultDumpStale) })
	if !stale {
		if dir := path.Dir(at); dir != "/" {
			_ = p.files().Mkdir(dir, true)
		}
		_ = p.files().WriteFile(at, xml, 0o644) // an error is only logged: AOSP dumpWindowToFile
	}
	fmt.Fprintf(p.out, "UI hierchary dumped to: %s\n", at)
	return 0
}

// Dump is the active window as uiautomator writes it.
func Dump(sys *android.System) []byte {
	var b bytes.Buffer
	var root *view.Node
	sys.Do(func() { root = sys.Draw() })
	f := view.Format{DrawingOrder: sys.Android >= 15, Display: sys.Display}
	_ = view.Dump(&b, root, f) // a Buffer does not fail
	return b.Bytes()
}
