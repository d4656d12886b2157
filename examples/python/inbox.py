#!/usr/bin/env python3
"""Prints incoming messages as they come, over a WebSocket, and loses none.

    WABRIDGE_TOKEN=… python3 inbox.py [http://127.0.0.1:8080]

The number of the newest message is kept in inbox.cursor: after a break, of the
line, of this program or of the gateway, it goes on behind it. Python has no
WebSocket client; the few frames that are needed (RFC 6455) are read here. With
a library it is three lines, see docs/api.md.
"""

import base64
import json
import os
import socket
import ssl
import struct
import sys
import time
from urllib.parse import urlsplit


class WebSocket:
    """A client's end of one connection."""

    def __init__(self, base, path, token):
        url = urlsplit(base)
        secure = url.scheme == "https"
        self.socket = socket.create_connection((url.hostname, url.port or (443 if secure else 80)), timeout=60)
        if secure:
            self.socket = ssl.create_default_context().wrap_socket(self.socket, server_hostname=url.hostname)
        self.reader = self.socket.makefile("rb")
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall(
            f"GET {path} HTTP/1.1\r\nHost: {url.netloc}\r\nAuthorization: Bearer {token}\r\n"
            f"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode()
        )
        status = self.reader.readline().decode().strip()
        headers = iter(self.reader.readline, b"\r\n")
        for _ in headers:
            pass
        if " 101 " not in status + " ":
            raise PermissionError(f"{status}: is the token right, and does it have the scope read?")

    def messages(self):
        """Yields the text of each message until the server says goodbye."""
        text = b""
        while True:
            first, second = self.exactly(2)
            length = second & 0x7F
            if length == 126:
                (length,) = struct.unpack(">H", self.exactly(2))
            elif length == 127:
                (length,) = struct.unpack(">Q", self.exactly(8))
            data = self.exactly(length)
            kind = first & 0x0F
            if kind == 0x8:  # close
                return
            if kind == 0x9:  # ping
                self.send(0xA, data)
            elif kind in (0x0, 0x1):  # a text, or more of it
                text += data
                if first & 0x80:
                    yield text.decode()
                    text = b""

    def send(self, kind, data):
        """Sends a small frame; what clients send is masked."""
        mask = os.urandom(4)
        masked = bytes(b ^ mask[i % 4] for i, b in enumerate(data))
        self.socket.sendall(bytes([0x80 | kind, 0x80 | len(data)]) + mask + masked)

    def exactly(self, count):
        data = self.reader.read(count)
        if len(data) < count:
            raise ConnectionError("the gateway hung up")
        return data

    def close(self):
        self.socket.close()


def read_cursor(path):
    try:
        with open(path) as f:
            return int(f.read())
    except (FileNotFoundError, ValueError):
        return 0


def write_cursor(path, number):
    with open(path + ".new", "w") as f:
        f.write(str(number))
    os.replace(path + ".new", path)


def listen(base, token, path):
    ws = WebSocket(base, f"/bridge/v1/events?type=message&after={read_cursor(path)}", token)
    try:
        for text in ws.messages():
            event = json.loads(text)
            m = event["data"]
            print(f"{m.get('name') or m.get('number') or m['chat_id']}: {m.get('text') or '(' + m['type'] + ')'}", flush=True)
            write_cursor(path, event["number"])
    finally:
        ws.close()


def main():
    base = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8080"
    token = os.environ.get("WABRIDGE_TOKEN") or sys.exit("WABRIDGE_TOKEN is not set; `wabridge token create` makes one")
    path = os.environ.get("CURSOR", "inbox.cursor")
    while True:
        try:
            listen(base, token, path)
        except PermissionError as err:
            sys.exit(str(err))
        except OSError as err:
            print(f"{err}; trying again", file=sys.stderr, flush=True)
        time.sleep(1)


if __name__ == "__main__":
    main()
