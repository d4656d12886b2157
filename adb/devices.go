package adb

import (
	"context"
	"fmt"
	"strconv"
	"strings"
)

// A State is what a server says of a device. It is a hint, not health: a
// frozen device stays "device". See Device.Ping.
type State string

// The states of AOSP's adb.
const (
	StateOffline      State = "offline"
	StateBootloader   State = "bootloader"
	StateDevice       State = "device"
	StateHost         State = "host"
	StateRecovery     State = "recovery"
	StateRescue       State = "rescue"
	StateSideload     State = "sideload"
	StateUnauthorized State = "unauthorized"
	StateAuthorizing  State = "authorizing"
	StateConnecting   State = "connecting"
	StateDetached     State = "detached"
	StateNoPermission State = "no permissions"
	StateUnknown      State = "unknown"
)

// A DeviceInfo is one line of a server's device list.
type DeviceInfo struct {
	Serial      string
	State       State
	Detail      string // what follows the state, as with "no permissions (…)"
	DevPath     string // "usb:1-2"; USB only
	Product     string
	Model       string // characters other than letters and digits replaced by "_"
	Device      string
	TransportID uint64 // 0 in short lists
}

// Devices lists what the server knows, whatever its state.
func (s *Server) Devices(ctx context.Context) ([]DeviceInfo, error) {
	text, err := s.query(ctx, "devices", "", "host:devices-l")
	if err != nil {
		return nil, err
	}
	return parseDevices(text), nil
}

// parseDevices reads a short or a long list. A line that is none is left out.
func parseDevices(list string) []DeviceInfo {
	var all []DeviceInfo
	for line := range strings.Lines(list) {
		if d, ok := parseDevice(strings.TrimRight(line, "\r\n")); ok {
			all = append(all, d)
		}
	}
	return all
}

// noSerial stands in place of a serial, blanks included.
const noSerial = "(no serial number)"

// parseDevice reads "serial\tstate", or the long form
// "serial  state [devpath] [product:P] [model:M] [device:D] [transport_id:N]".
// The state may hold blanks, so the rest is taken off from the end.
func parseDevice(line string) (DeviceInfo, bool) {
	if serial, state, ok := strings.Cut(line, "\t"); ok {
		d := DeviceInfo{Serial: strings.TrimSpace(serial)}
		d.setState(strings.TrimSpace(state))
		return d, d.Serial != "" && d.State != ""
	}
	d := DeviceInfo{Serial: noSerial}
	rest, ok := strings.CutPrefix(line, noSerial)
	if !ok {
		d.Serial, rest, _ = strings.Cut(line, " ")
	}
	words := strings.Fields(rest)
	for len(words) > 0 && d.takeAttribute(words[len(words)-1]) {
		words = words[:len(words)-1]
	}
	d.setState(strings.Join(words, " "))
	return d, d.Serial != "" && d.State != ""
}

// takeAttribute takes a word of the long form's end.
func (d *DeviceInfo) takeAttribute(word string) bool {
	key, value, ok := strings.Cut(word, ":")
	if !ok {
		return false
	}
	switch key {
	case "transport_id":
		id, err := strconv.ParseUint(value, 10, 64)
		d.TransportID = id
		return err == nil
	case "product":
		d.Product = value
	case "model":
		d.Model = value
	case "device":
		d.Device = value
	case "usb":
		d.DevPath = word
	default:
		return false
	}
	return true
}

// setState splits the state word from what follows it.
func (d *DeviceInfo) setState(text string) {
	if detail, ok := strings.CutPrefix(text, string(StateNoPermission)); ok {
		d.State, d.Detail = StateNoPermission, strings.TrimSpace(detail)
		return
	}
	state, detail, _ := strings.Cut(text, " ")
	d.State, d.Detail = State(state), detail
}

// Connect makes the server connect to the adbd at "host:port" and returns nil
// when it is connected, now or before. ErrUnauthorized means that the device
// asks its user; it stays on the list.
func (s *Server) Connect(ctx context.Context, address string) error {
	ctx, cancel := bounded(ctx, connectTimeout)
	defer cancel()
	text, err := s.query(ctx, "connect", address, "host:connect:"+address)
	if err != nil {
		return err
	}
	return connectVerdict(address, text)
}

// connectVerdict judges the text: the server says OKAY to failures too.
func connectVerdict(address, text string) error {
	e := &Error{Op: "connect", Device: address, Kind: ErrOffline, Text: oneLine(text)}
	switch {
	case strings.HasPrefix(text, "connected to "), strings.HasPrefix(text, "already connected to "):
		return nil
	case strings.HasPrefix(text, "failed to authenticate"):
		e.Kind = ErrUnauthorized
	case strings.HasPrefix(text, "failed to resolve"), strings.HasPrefix(text, "empty address"):
		e.Kind = ErrNotFound
	}
	return e
}

// Disconnect makes the server forget the device at "host:port". A device that
// it does not know is ErrNotFound.
func (s *Server) Disconnect(ctx context.Context, address string) error {
	if address == "" {
		return &Error{Op: "disconnect", Kind: ErrNotFound, Text: "no address given (empty would disconnect every device)"}
	}
	text, err := s.query(ctx, "disconnect", address, "host:disconnect:"+address)
	if err == nil && !strings.HasPrefix(text, "disconnected ") {
		err = &Error{Op: "disconnect", Device: address, Kind: ErrRefused, Text: oneLine(text)}
	}
	return err
}

// GetState is the server's word for one device.
func (s *Server) GetState(ctx context.Context, serial string) (State, error) {
	text, err := s.query(ctx, "get-state", serial, hostPrefix(serial)+"get-state")
	return State(text), err
}

// Features are those that the device announced.
func (s *Server) Features(ctx context.Context, serial string) (Features, error) {
	text, err := s.query(ctx, "features", serial, hostPrefix(serial)+"features")
	return ParseFeatures(text), err
}

// WaitFor returns when the device is in the state: device, recovery, rescue,
// sideload, bootloader, any or disconnect. Without a deadline in the context it
// waits a minute.
func (s *Server) WaitFor(ctx context.Context, serial string, state State) error {
	ctx, cancel := bounded(ctx, waitTimeout)
	defer cancel()
	c, err := s.request(ctx, "wait-for", serial, fmt.Sprintf("%swait-for-any-%s", hostPrefix(serial), state))
	if err != nil {
		return err
	}
	defer c.Close()
	return c.okay() // the first OKAY accepted the request, the second grants it
}

// hostPrefix begins a request about one device; an empty serial means the only
// one there is.
func hostPrefix(serial string) string {
	if serial == "" {
		return "host:"
	}
	return "host-serial:" + serial + ":"
}
