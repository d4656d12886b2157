package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/wabridge/wabridge/daemon"
	"github.com/wabridge/wabridge/phonesim"
)

// TestScripts runs the commands as a person would, one folder each. Besides
// testscript's own, a script may use:
//
//	phone                    start a simulated phone: $PHONE (direct:…), $ADDR, $CONTROL
//	incoming FROM NAME TEXT  somebody writes to it
//	fault KIND               something goes wrong on it
//	ready DIR                wait for the gateway with this data directory
//	receiver ok|refuse|mute  start a webhook receiver: $HOOK
//	busy NAME                take a port; $NAME is its address
//	adbserver                use the real adb with a server of this script's own
//	eventually PATTERN CMD…  repeat a command until its output matches
//
// No script reaches an adb server that it has not started itself. With
// WABRIDGE_UPDATE=1 the golden files in the scripts are written anew.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:           "testdata/script",
		UpdateScripts: os.Getenv("WABRIDGE_UPDATE") != "",
		Setup: func(e *testscript.Env) error {
			nobody, err := freePort()
			if err != nil {
				return err
			}
			e.Setenv("HOME", e.WorkDir)
			e.Setenv("TZ", "UTC")
			e.Setenv("BIN", filepath.SplitList(e.Getenv("PATH"))[0]) // wabridge and nothing else
			e.Setenv("ADB_SERVER_SOCKET", "tcp:127.0.0.1:"+nobody)
			e.Setenv("WABRIDGE_ADB_START_SERVER", "false")
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"phone": scriptPhone, "incoming": scriptIncoming, "fault": scriptFault, "ready": scriptReady,
			"receiver": scriptReceiver, "busy": scriptBusy, "adbserver": scriptADB, "eventually": scriptEventually,
		},
	})
}

func scriptPhone(ts *testscript.TestScript, _ bool, _ []string) {
	adb, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	p := phonesim.New(phonesim.Config{Latency: phonesim.Instant})
	ts.Check(p.Start(context.Background(), adb, nil))
	control := httptest.NewServer(p.Control())
	ts.Defer(func() {
		control.Close()
		ts.Check(p.Close())
	})
	ts.Setenv("PHONE", "direct:"+adb.Addr().String())
	ts.Setenv("ADDR", adb.Addr().String())
	ts.Setenv("CONTROL", control.URL)
}

// control posts JSON to the simulated phone of the script.
func control(ts *testscript.TestScript, path, body string) {
	resp, err := http.Post(ts.Getenv("CONTROL")+path, "application/json", strings.NewReader(body))
	ts.Check(err)
	defer resp.Body.Close()
	if resp.StatusCode != 200 {
		b, _ := io.ReadAll(resp.Body)
		ts.Fatalf("%s: %s", path, b)
	}
}

func scriptIncoming(ts *testscript.TestScript, _ bool, args []string) {
	control(ts, "/incoming", fmt.Sprintf(`{"from":%q,"name":%q,"text":%q}`, args[0], args[1], args[2]))
}

func scriptFault(ts *testscript.TestScript, _ bool, args []string) {
	control(ts, "/fault", fmt.Sprintf(`{"kind":%q}`, args[0]))
}

func scriptReady(ts *testscript.TestScript, _ bool, args []string) {
	file := filepath.Join(ts.MkAbs(args[0]), daemon.AddressFile)
	waitUntil(ts, "the gateway on "+args[0], func() bool {
		addr, err := os.ReadFile(file)
		if err != nil || len(addr) == 0 {
			return false
		}
		host := strings.TrimPrefix(strings.TrimSpace(string(addr)), "http://")
		resp, err := http.Get("http://" + host + "/healthz")
		if err != nil {
			return false
		}
		resp.Body.Close()
		ts.Setenv("LISTEN", host)
		return resp.StatusCode == 200
	})
}

// waitUntil waits for other processes.
func waitUntil(ts *testscript.TestScript, what string, cond func() bool) {
	for deadline := time.Now().Add(patience()); !cond(); {
		if time.Now().After(deadline) {
			inVain.Add(1)
			ts.Fatalf("waited in vain for %s", what)
		}
		<-time.After(30 * time.Millisecond)
	}
}

func scriptEventually(ts *testscript.TestScript, _ bool, args []string) {
	pattern := regexp.MustCompile(args[0])
	waitUntil(ts, args[0], func() bool {
		err := ts.Exec(args[1], args[2:]...)
		return err == nil && pattern.MatchString(ts.ReadFile("stdout"))
	})
}

func scriptReceiver(ts *testscript.TestScript, _ bool, args []string) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		switch {
		case args[0] == "refuse":
			http.Error(w, "go away", http.StatusForbidden)
		case args[0] == "ok" && r.Method == http.MethodGet && q.Get("hub.verify_token") == "open sesame":
			fmt.Fprint(w, q.Get("hub.challenge"))
		}
	}))
	ts.Defer(s.Close)
	ts.Setenv("HOOK", s.URL)
}

func scriptBusy(ts *testscript.TestScript, _ bool, args []string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Defer(func() { l.Close() })
	ts.Setenv(args[0], l.Addr().String())
}

func scriptADB(ts *testscript.TestScript, _ bool, _ []string) {
	port, err := freePort()
	ts.Check(err)
	server := "tcp:127.0.0.1:" + port
	ts.Setenv("ADB_SERVER_SOCKET", server)
	ts.Setenv("WABRIDGE_ADB_START_SERVER", "true")
	ts.Defer(func() { _ = exec.Command("adb", "-L", server, "kill-server").Run() }) // it may not have been started
}

func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, errors.Join(err, l.Close())
}
