#!/usr/bin/env python3
"""A receiver of webhooks in the Cloud API's form: answers the handshake, checks
the signature, and prints what comes.

    VERIFY_TOKEN=one APP_SECRET=two python3 webhook.py
    wabridge webhook add http://127.0.0.1:9701/ --verify-token one --secret two

docs/webhooks.md describes what comes.
"""

import hashlib
import hmac
import json
import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        """The handshake: give the challenge back if the verify token is ours."""
        query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        token = query.get("hub.verify_token", "")
        if query.get("hub.mode") == "subscribe" and hmac.compare_digest(token, self.server.verify_token):
            self.answer(200, query.get("hub.challenge", ""))
        else:
            self.answer(403, "wrong verify token")

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        signature = "sha256=" + hmac.new(self.server.app_secret.encode(), body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(self.headers.get("X-Hub-Signature-256", ""), signature):
            return self.answer(401, "wrong signature")
        # Answer first, work later: a real receiver puts the body into its own
        # queue here. The same delivery may come again; X-Wabridge-Event tells.
        self.answer(200, "ok")
        print(json.dumps(json.loads(body), indent=2, ensure_ascii=False), flush=True)

    def answer(self, status, text):
        data = text.encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args):
        pass


def main():
    try:
        verify_token, app_secret = os.environ["VERIFY_TOKEN"], os.environ["APP_SECRET"]
    except KeyError as missing:
        sys.exit(f"{missing.args[0]} is not set")
    server = ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "9701"))), Receiver)
    server.verify_token, server.app_secret = verify_token, app_secret
    print(f"listening on http://127.0.0.1:{server.server_port}", file=sys.stderr, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
