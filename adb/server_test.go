package adb_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wabridge/wabridge/adb"
	"github.com/wabridge/wabridge/adb/wire"
)

// hangUp behind an answer ends the connection.
const hangUp = "|hang up"

// fakeServer answers each connection's requests by a function of the request;
// "silence" answers nothing ever.
func fakeServer(t *testing.T, answer func(request string) string) *adb.Server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go serveSmart(conn, answer)
		}
	}()
	t.Cleanup(func() {
		_ = l.Close()
		<-done
	})
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return newServer(t, port)
}

func serveSmart(conn net.Conn, answer func(string) string) {
	defer conn.Close()
	for {
		request, err := wire.ReadSmartString(conn)
		if err != nil {
			return
		}
		a := answer(request)
		a, end := strings.CutSuffix(a, hangUp)
		if a == "silence" {
			_, _ = io.Copy(io.Discard, conn)
			return
		}
		if _, err := conn.Write([]byte(a)); err != nil || end {
			return
		}
	}
}

func okay(s string) string { return fmt.Sprintf("OKAY%04x%s", len(s), s) }
func fail(s string) string { return fmt.Sprintf("FAIL%04x%s", len(s), s) }

// TestServerErrorsHaveKinds goes through the texts of facts A4.
func TestServerErrorsHaveKinds(t *testing.T) {
	for _, c := range []struct {
		text string
		want error
	}{
		{"device 'X' not found", adb.ErrNotFound},
		{"no devices/emulators found", adb.ErrNotFound},
		{"no emulators found", adb.ErrNotFound},
		{"no devices found", adb.ErrNotFound},
		{"no device with transport id '7'", adb.ErrNotFound},
		{"no such device 'X:5555'", adb.ErrNotFound},
		{"more than one device/emulator", adb.ErrMoreThanOne},
		{"more than one USB device", adb.ErrMoreThanOne},
		{"more than one emulator", adb.ErrMoreThanOne},
		{"more than one device with serial X", adb.ErrMoreThanOne},
		{"device offline", adb.ErrOffline},
		{"device still connecting", adb.ErrOffline},
		{"device offline (transport offline)", adb.ErrOffline},
		{"device offline (no transport)", adb.ErrOffline},
		{"device still authorizing", adb.ErrUnauthorized},
		{"device unauthorized.\nThis adb server's $ADB_VENDOR_KEYS is not set\nTry 'adb kill-server' if that seems wrong.\nOtherwise check for a confirmation dialog on your device.", adb.ErrUnauthorized},
		{"insufficient permissions for device: user in plugdev group; are your udev rules wrong?", adb.ErrNoPermission},
		{"closed", adb.ErrRefused},
		{"cannot bind listener: Address already in use", adb.ErrRefused},
		{"listener 'tcp:1' not found", adb.ErrRefused},
		{"unknown host service", adb.ErrUnsupported},
		{"words nobody knows", adb.ErrRefused},
	} {
		s := fakeServer(t, func(string) string { return fail(c.text) })
		_, err := s.Features(t.Context(), "X")
		if !errors.Is(err, c.want) {
			t.Errorf("%q: %v, want %v", c.text, err, c.want)
		}
		if first, _, _ := strings.Cut(c.text, "\n"); !strings.Contains(err.Error(), first) || !strings.Contains(err.Error(), " on X") {
			t.Errorf("%q: the error does not tell it and the device: %v", c.text, err)
		}
	}
}

func TestServerGoesWrong(t *testing.T) {
	for _, c := range []struct {
		name, answer string
		want         error
	}{
		{"it closes", "", adb.ErrServerGone},
		{"half a status", "OK", adb.ErrServerGone},
		{"an SSH server", "SSH-2.0-OpenSSH", adb.ErrProtocol},
		{"a length that is none", "OKAYzzzz", adb.ErrProtocol},
		{"half an answer", "OKAY0010abc", adb.ErrServerGone},
		{"half a FAIL", "FAIL0010abc", adb.ErrServerGone},
	} {
		s := fakeServer(t, func(string) string { return c.answer + hangUp })
		if _, err := s.Devices(t.Context()); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
	s := fakeServer(t, func(string) string { return "SSH-" })
	if _, err := s.Version(t.Context()); err == nil || !strings.Contains(err.Error(), "SSH-") {
		t.Errorf("the error does not tell what answered: %v", err)
	}
}

func TestServerIsSilent(t *testing.T) {
	s := fakeServer(t, func(string) string { return "silence" })
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := s.Version(ctx); !errors.Is(err, adb.ErrTimeout) {
		t.Errorf("version: %v, want ErrTimeout", err)
	}
	if _, err := s.Transport("X").Open(ctx, "shell:ls"); !errors.Is(err, adb.ErrTimeout) {
		t.Errorf("open: %v, want ErrTimeout", err)
	}
}

func TestServerIsAbsent(t *testing.T) {
	s := newServer(t, freePort())
	_, err := s.Version(t.Context())
	if !errors.Is(err, adb.ErrServerGone) || !strings.Contains(err.Error(), "start-server") {
		t.Errorf("got %v, want ErrServerGone with its remedy", err)
	}
	for range s.TrackDevices(t.Context()) {
	}
}

func TestServerAddress(t *testing.T) {
	for _, c := range []struct{ socket, host, port, want string }{
		{"", "", "", "tcp:127.0.0.1:5037"},
		{"tcp:10.0.0.1:77", "ignored", "1", "tcp:10.0.0.1:77"},
		{"tcp:77", "", "", "tcp:127.0.0.1:77"},
		{"tcp:[::1]:77", "", "", "tcp:[::1]:77"},
		{"localfilesystem:/run/adb", "", "", "localfilesystem:/run/adb"},
		{"localabstract:adb", "", "", "localabstract:adb"},
		{"", "phonehost", "5038", "tcp:phonehost:5038"},
		{"", "::1", "", "tcp:[::1]:5037"},
		{"http://x", "", "", ""},
		{"tcp:", "", "", ""},
		{"tcp:host:0", "", "", ""},
		{"tcp:host:99999", "", "", ""},
	} {
		t.Setenv("ADB_SERVER_SOCKET", c.socket)
		t.Setenv("ANDROID_ADB_SERVER_ADDRESS", c.host)
		t.Setenv("ANDROID_ADB_SERVER_PORT", c.port)
		s, err := adb.DefaultServer()
		if (err != nil) != (c.want == "") || err == nil && s.String() != c.want {
			t.Errorf("%+v: got %v, %v", c, s, err)
		}
	}
}

func TestDevices(t *testing.T) {
	const list = "R5CT30ABCDE            device usb:1-2 product:a52 model:SM_A525F device:a52q transport_id:3\n" +
		"127.0.0.1:15555        offline product:sim model:Sim_1 device:sim transport_id:12\n" +
		"0123456789ABCDEF       no permissions (user in plugdev group; are your udev rules wrong?); see [http://developer.android.com/tools/device.html] usb:1-3 transport_id:4\n" +
		"(no serial number)     unauthorized usb:1-4 transport_id:5\n" +
		"emulator-5554          connecting\n" +
		"\nlonely\n"
	s := fakeServer(t, func(r string) string {
		if r != "host:devices-l" {
			return fail("unknown host service")
		}
		return okay(list)
	})
	got, err := s.Devices(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := []adb.DeviceInfo{
		{Serial: "R5CT30ABCDE", State: "device", DevPath: "usb:1-2", Product: "a52", Model: "SM_A525F", Device: "a52q", TransportID: 3},
		{Serial: "127.0.0.1:15555", State: "offline", Product: "sim", Model: "Sim_1", Device: "sim", TransportID: 12},
		{Serial: "0123456789ABCDEF", State: "no permissions", Detail: "(user in plugdev group; are your udev rules wrong?); see [http://developer.android.com/tools/device.html]", DevPath: "usb:1-3", TransportID: 4},
		{Serial: "(no serial number)", State: "unauthorized", DevPath: "usb:1-4", TransportID: 5},
		{Serial: "emulator-5554", State: "connecting"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestTrackDevices(t *testing.T) {
	list := func(s string) string { return fmt.Sprintf("%04x%s", len(s), s) }
	blocks := "OKAY" + list("") + list("") + list("A\tdevice\n") + list("A\tdevice\n") + list("A\toffline\nB\tno permissions; see [x y]\n")
	s := fakeServer(t, func(r string) string {
		if r == "host:track-devices-l" {
			return fail("unknown host service") // an old server
		}
		return blocks + "zzzz"
	})
	var got []string
	var end error
	for devices, err := range s.TrackDevices(t.Context()) {
		end = err
		if err == nil {
			got = append(got, fmt.Sprint(len(devices)))
			if len(devices) == 2 && (devices[0].State != adb.StateOffline || devices[1].State != adb.StateNoPermission) {
				t.Errorf("got %+v", devices)
			}
		}
	}
	if strings.Join(got, ",") != "0,1,2" || !errors.Is(end, adb.ErrProtocol) {
		t.Errorf("lists of %v devices, then %v; want 0,1,2 and ErrProtocol", got, end)
	}
}

func TestConnectIsJudgedByItsText(t *testing.T) {
	for _, c := range []struct {
		text string
		want error
	}{
		{"connected to X:1", nil},
		{"already connected to X:1", nil},
		{"failed to connect to 'X:1': Connection refused", adb.ErrOffline},
		{"failed to connect to X:1", adb.ErrOffline},
		{"failed to authenticate to X:1", adb.ErrUnauthorized},
		{"failed to resolve host: 'X': Name or service not known", adb.ErrNotFound},
		{"empty address", adb.ErrNotFound},
		{"", adb.ErrOffline},
	} {
		s := fakeServer(t, func(string) string { return okay(c.text) })
		if err := s.Connect(t.Context(), "X:1"); !errors.Is(err, c.want) {
			t.Errorf("%q: %v, want %v", c.text, err, c.want)
		}
	}
	s := fakeServer(t, func(string) string { return okay("disconnected everything") })
	if err := s.Disconnect(t.Context(), ""); !errors.Is(err, adb.ErrNotFound) {
		t.Errorf("disconnect of nothing: %v, want ErrNotFound", err)
	}
}

// TestOldServer knows no tport.
func TestOldServer(t *testing.T) {
	s := fakeServer(t, func(r string) string {
		switch {
		case r == "host:transport:X", strings.HasPrefix(r, "shell"):
			return "OKAY"
		case r == "host-serial:X:features":
			return okay("cmd,shell_v2")
		}
		return fail("unknown host service")
	})
	way := s.Transport("X")
	stream, err := way.Open(t.Context(), "shell,v2,raw:ls")
	if err != nil {
		t.Fatal(err)
	}
	if err := way.Close(); err != nil { // ends the stream too
		t.Error(err)
	}
	if _, err := stream.Read(make([]byte, 1)); err == nil {
		t.Error("read after the transport's close: no error")
	}
	if _, err := way.Open(t.Context(), "shell:ls"); !errors.Is(err, adb.ErrClosed) {
		t.Errorf("open after close: %v, want ErrClosed", err)
	}
	if _, err := s.Transport("X").Open(t.Context(), strings.Repeat("x", 65536)); !errors.Is(err, adb.ErrTooLong) {
		t.Errorf("65,536 bytes: %v, want ErrTooLong", err)
	}
}

// TestForwardOfAServer reads the two OKAYs and the port.
func TestForwardOfAServer(t *testing.T) {
	s := fakeServer(t, func(r string) string {
		switch r {
		case "host-serial:X:forward:tcp:0;tcp:80":
			return "OKAYOKAY000512345"
		case "host-serial:X:forward:tcp:1;tcp:80":
			return "OKAY" + fail("cannot bind listener: Permission denied")
		case "host-serial:X:killforward:tcp:1":
			return fail("listener 'tcp:1' not found")
		case "host:list-forward":
			return okay("X tcp:12345 tcp:80\nbroken\n")
		}
		return hangUp
	})
	if port, err := s.Forward(t.Context(), "X", "tcp:0", "tcp:80"); port != 12345 || err != nil {
		t.Errorf("forward = %d, %v", port, err)
	}
	if _, err := s.Forward(t.Context(), "X", "tcp:1", "tcp:80"); !errors.Is(err, adb.ErrRefused) {
		t.Errorf("forward of a taken port: %v, want ErrRefused", err)
	}
	if err := s.KillForward(t.Context(), "X", "tcp:1"); !errors.Is(err, adb.ErrRefused) {
		t.Errorf("kill forward: %v, want ErrRefused", err)
	}
	got, err := s.ListForward(t.Context())
	if want := []adb.ForwardInfo{{Serial: "X", Local: "tcp:12345", Remote: "tcp:80"}}; err != nil || !slices.Equal(got, want) {
		t.Errorf("list = %v, %v; want %v", got, err, want)
	}
}
