package shell

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/wabridge/wabridge/phonesim/android"
)

// input knows tap, swipe, draganddrop, text, keyevent, keycombination and motionevent.
func input(ctx context.Context, p *proc) int {
	args := p.args[1:]
	for len(args) > 1 && (args[0] == "-d" || inputSource[args[0]]) {
		if args[0] == "-d" {
			args = args[1:]
		}
		args = args[1:]
	}
	if len(args) == 0 {
		return p.inputUsage()
	}
	sys := p.sh.sys
	switch args[0] {
	case "tap":
		return p.pointer(ctx, args, 2, sys.Latency.Tap, func(n []int) { sys.Tap(n[0], n[1]) })
	case "swipe", "draganddrop":
		return p.pointer(ctx, args, 4, sys.Latency.Tap, func(n []int) { p.drag(n) })
	case "motionevent":
		if len(args) != 4 {
			return p.inputUsage()
		}
		rest := append(args[:1:1], args[2:]...)
		switch args[1] {
		case "DOWN":
			return p.pointer(ctx, rest, 2, sys.Latency.Tap, func(n []int) { sys.FingerDown(n[0], n[1]) })
		case "UP":
			return p.pointer(ctx, rest, 2, sys.Latency.Tap, func(n []int) { sys.FingerUp(n[0], n[1]) })
		}
		return 0 // MOVE: only where the finger goes up counts
	case "text":
		return p.inputText(ctx, args[1:])
	case "keyevent":
		return p.keyEvents(ctx, args[1:])
	case "keycombination":
		return p.keyCombination(ctx, args[1:])
	case "roll", "press":
		return 0
	}
	return p.inputUsage()
}

var inputSource = map[string]bool{"touchscreen": true, "keyboard": true, "mouse": true, "dpad": true, "touchpad": true, "stylus": true, "trackball": true}

func (p *proc) inputUsage() int {
	fmt.Fprint(p.err, "Usage: input [<source>] [-d DISPLAY_ID] <command> [<arg>...]\n\nThe sources are:\n      touchnavigation\n      touchscreen\n")
	return 255
}

// pointer reads coordinates, takes the time and carries the gesture out.
func (p *proc) pointer(ctx context.Context, args []string, n int, takes time.Duration, do func([]int)) int {
	if len(args) < n+1 {
		p.errorf("Error: Invalid arguments for command: %s", args[0])
		return p.inputUsage()
	}
	var at []int
	for _, a := range args[1:min(len(args), 6)] {
		f, err := strconv.ParseFloat(a, 64)
		if err != nil || math.IsNaN(f) || math.Abs(f) > 1e6 {
			p.javaFailure(args[0], fmt.Sprintf("java.lang.NumberFormatException: For input string: %q", a))
			return 255
		}
		at = append(at, int(f))
	}
	if args[0] == "swipe" && len(at) > 4 && p.sh.sys.Latency.Tap > 0 {
		takes += time.Duration(at[4]) * time.Millisecond
	}
	if err := android.Sleep(ctx, takes); err != nil {
		return 1
	}
	p.sh.sys.Do(func() { do(at) })
	return 0
}

// drag is swipe: one that stays where it is for long enough is a long press.
func (p *proc) drag(n []int) {
	sys := p.sh.sys
	if len(n) > 4 && time.Duration(n[4])*time.Millisecond >= sys.LongPress() && n[0] == n[2] && n[1] == n[3] {
		sys.Hold(n[0], n[1])
		return
	}
	sys.Swipe(n[0], n[1], n[2], n[3])
}

func (p *proc) javaFailure(command, what string) {
	if p.sh.sys.Android >= 11 {
		fmt.Fprintf(p.err, "\nException occurred while executing '%s':\n", command)
	} else {
		fmt.Fprint(p.err, "Error: ")
	}
	fmt.Fprintf(p.err, "%s\n", what)
}

// inputText types what the key character map has: printable ASCII. Anything
// else, and an empty text, ends in the captured NullPointerException and types nothing.
func (p *proc) inputText(ctx context.Context, args []string) int {
	if err := android.Sleep(ctx, p.sh.sys.Latency.Text); err != nil {
		return 1
	}
	if len(args) == 0 {
		p.errorf("Error: Invalid arguments for command: text")
		return p.inputUsage()
	}
	text := strings.ReplaceAll(args[0], "%s", " ")
	typable := strings.TrimSpace(text) != ""
	for _, r := range text {
		if r < ' ' || r > '~' {
			typable = false
		}
	}
	if !typable {
		p.textFailure()
		return 255
	}
	sys := p.sh.sys
	sys.Do(func() { sys.Type(text) })
	return 0
}

// textFailure is the trace of shared captures input_text_nonascii_npe_*.
func (p *proc) textFailure() {
	const npe = "java.lang.NullPointerException: Attempt to get length of null array\n"
	if p.sh.sys.Android <= 10 {
		fmt.Fprint(p.err, npe+"\tat com.android.commands.input.Input$InputText.sendText(Input.java:168)\n"+
			"\tat com.android.commands.input.Input$InputText.run(Input.java:140)\n"+
			"\tat com.android.commands.input.Input.onRun(Input.java:107)\n"+
			"\tat com.android.internal.os.BaseCommand.run(BaseCommand.java:56)\n"+
			"\tat com.android.commands.input.Input.main(Input.java:71)\n"+
			"\tat com.android.internal.os.RuntimeInit.nativeFinishInit(Native Method)\n"+
			"\tat com.android.internal.os.RuntimeInit.main(RuntimeInit.java:338)\n")
		return
	}
	fmt.Fprint(p.err, "\nException occurred while executing 'text':\n"+npe+
		"        at com.android.server.input.InputShellCommand.sendText(InputShellCommand.java:319)\n"+
		"        at com.android.server.input.InputShellCommand.runText(InputShellCommand.java:291)\n"+
		"        at com.android.server.input.InputShellCommand.onCommand(InputShellCommand.java:232)\n"+
		"        at com.android.modules.utils.BasicShellCommandHandler.exec(BasicShellCommandHandler.java:97)\n"+
		"        at android.os.ShellCommand.exec(ShellCommand.java:38)\n"+
		"        at com.android.server.input.InputManagerService.onShellCommand(InputManagerService.java:3297)\n"+
		"        at android.os.Binder.shellCommand(Binder.java:1068)\n"+
		"        at android.os.Binder.onTransact(Binder.java:888)\n"+
		"        at android.hardware.input.IInputManager$Stub.onTransact(IInputManager.java:1339)\n"+
		"        at android.os.Binder.execTransactInternal(Binder.java:1344)\n"+
		"        at android.os.Binder.execTransact(Binder.java:1275)\n")
}

// keyNames are the names that mean something here; others are keys that do nothing.
var keyNames = map[string]int{
	"HOME": android.KeyHome, "BACK": android.KeyBack, "POWER": android.KeyPower, "ENTER": android.KeyEnter, "DEL": android.KeyDel,
	"MENU": android.KeyMenu, "MOVE_HOME": android.KeyMoveHome, "MOVE_END": android.KeyMoveEnd, "SLEEP": android.KeySleep,
	"WAKEUP": android.KeyWakeup, "CTRL_LEFT": android.KeyCtrl, "SPACE": 62, "APP_SWITCH": 187, "TAB": 61, "ESCAPE": 111,
	"DPAD_UP": 19, "DPAD_DOWN": 20, "DPAD_LEFT": 21, "DPAD_RIGHT": 22, "DPAD_CENTER": 23, "PAGE_UP": 92, "PAGE_DOWN": 93,
	"FORWARD_DEL": 112, "SHIFT_LEFT": 59, "PASTE": 279, "COPY": 278, "CUT": 277, "VOLUME_UP": 24, "VOLUME_DOWN": 25,
}

func keyCode(name string) (int, bool) {
	if n, err := strconv.Atoi(name); err == nil {
		return n, n >= 0
	}
	name = strings.TrimPrefix(name, "KEYCODE_")
	if len(name) == 1 && name[0] >= 'A' && name[0] <= 'Z' {
		return 29 + int(name[0]-'A'), true
	}
	if len(name) == 1 && name[0] >= '0' && name[0] <= '9' {
		return 7 + int(name[0]-'0'), true
	}
	n, ok := keyNames[name]
	return n, ok
}

func (p *proc) keyEvents(ctx context.Context, names []string) int {
	sys := p.sh.sys
	takes := sys.Latency.Key // to start the command; the keys after the first come quickly
	for _, name := range names {
		if strings.HasPrefix(name, "--") {
			continue // --longpress, --doubletap
		}
		code, ok := keyCode(name)
		if !ok {
			p.javaFailure("keyevent", fmt.Sprintf("java.lang.IllegalArgumentException: Unknown keycode: %s", name))
			return 255
		}
		if err := android.Sleep(ctx, takes); err != nil {
			return 1
		}
		takes = min(takes, 10*time.Millisecond)
		sys.Do(func() { sys.Key(code) })
	}
	return 0
}

// keyCombination exists since Android 12; CTRL+A selects all, and the next DEL
// deletes it.
func (p *proc) keyCombination(ctx context.Context, names []string) int {
	sys := p.sh.sys
	if sys.Android < 12 {
		p.errorf("Error: Unknown command: keycombination")
		return p.inputUsage()
	}
	var codes []int
	for _, name := range names {
		c, ok := keyCode(name)
		if !ok {
			p.javaFailure("keycombination", fmt.Sprintf("java.lang.IllegalArgumentException: Unknown keycode: %s", name))
			return 255
		}
		codes = append(codes, c)
	}
	if err := android.Sleep(ctx, sys.Latency.Key); err != nil {
		return 1
	}
	if len(codes) == 2 && codes[0] == android.KeyCtrl && codes[1] == android.KeyA {
		sys.Do(sys.SelectAll)
	}
	return 0
}
