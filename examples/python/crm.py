#!/usr/bin/env python3
"""A CRM's message queue that wabridge polls, with long-poll, in SQLite.

    CRM_SECRET=choose-a-long-one python3 crm.py

and in wabridge.yaml:

    crm:
      - {name: shop, url: http://127.0.0.1:9700/queue, results_url: http://127.0.0.1:9700/results,
         incoming_url: http://127.0.0.1:9700/incoming, secret: choose-a-long-one}

Your program puts messages in with POST /send {"to": …, "text": …}, and asks
GET /messages and GET /received. docs/crm.md describes the protocol.
"""

import hmac
import json
import os
import sqlite3
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

SCHEMA = """
CREATE TABLE IF NOT EXISTS outgoing (
  id INTEGER PRIMARY KEY AUTOINCREMENT, recipient TEXT NOT NULL, text TEXT NOT NULL,
  status TEXT NOT NULL DEFAULT 'waiting', error TEXT NOT NULL DEFAULT '', message_id TEXT NOT NULL DEFAULT '');
CREATE TABLE IF NOT EXISTS incoming (
  id TEXT PRIMARY KEY, sender TEXT NOT NULL, name TEXT NOT NULL, text TEXT NOT NULL, at INTEGER NOT NULL);
"""

# A result that does not come after what is known changes nothing.
ORDER = {"waiting": 0, "accepted": 1, "sent": 2, "delivered": 3, "read": 4, "failed": 9, "rejected": 9}


class Store:
    """The CRM's tables. One connection, one lock: a small CRM needs no more."""

    def __init__(self, path):
        self.db = sqlite3.connect(path, check_same_thread=False)
        self.db.row_factory = sqlite3.Row
        self.db.executescript("PRAGMA journal_mode = WAL;" + SCHEMA)
        self.changed = threading.Condition()

    def send(self, to, text):
        with self.changed, self.db:
            row = self.db.execute("INSERT INTO outgoing (recipient, text) VALUES (?, ?)", (to, text))
            self.changed.notify_all()
            return row.lastrowid

    def waiting(self, limit, seconds):
        """What the gateway has not taken yet, oldest first; waits for something."""
        until = time.monotonic() + seconds
        with self.changed:
            while True:
                rows = self.db.execute(
                    "SELECT id, recipient, text FROM outgoing WHERE status = 'waiting' ORDER BY id LIMIT ?", (limit,)
                ).fetchall()
                left = until - time.monotonic()
                if rows or left <= 0:
                    return [{"id": r["id"], "to": r["recipient"], "text": r["text"]} for r in rows]
                self.changed.wait(left)

    def take_results(self, results):
        with self.changed, self.db:
            for r in results:
                row = self.db.execute("SELECT status FROM outgoing WHERE id = ?", (r["id"],)).fetchone()
                if row is None or ORDER.get(r["status"], 0) <= ORDER[row["status"]]:
                    continue
                error = r.get("error") or {}
                self.db.execute(
                    "UPDATE outgoing SET status = ?, error = ?, message_id = ? WHERE id = ?",
                    (r["status"], error.get("details") or error.get("title") or "", r.get("message_id", ""), r["id"]),
                )

    def take_incoming(self, messages):
        """The same message may come twice."""
        with self.changed, self.db:
            self.db.executemany(
                "INSERT OR IGNORE INTO incoming (id, sender, name, text, at) VALUES (?, ?, ?, ?, ?)",
                [(m["id"], m["from"], m.get("name", ""), m.get("text", ""), m["timestamp"]) for m in messages],
            )

    def all(self, table):
        with self.changed:
            return [dict(r) for r in self.db.execute(f"SELECT * FROM {table} ORDER BY rowid")]


class CRM(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        url = urlsplit(self.path)
        query = parse_qs(url.query)
        if not self.allowed():
            return
        if url.path == "/queue":
            limit = max(1, min(100, int(query.get("limit", ["20"])[0])))
            wait = max(0, min(60, int(query.get("wait", ["0"])[0])))
            self.answer(200, {"messages": self.server.store.waiting(limit, wait)})
        elif url.path == "/messages":
            self.answer(200, self.server.store.all("outgoing"))
        elif url.path == "/received":
            self.answer(200, self.server.store.all("incoming"))
        else:
            self.answer(404, {"error": "there is nothing here"})

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if not self.allowed():
            return
        try:
            body = json.loads(body)
        except ValueError:
            return self.answer(400, {"error": "the body is no JSON"})
        if self.path == "/results":
            self.server.store.take_results(body["results"])
            self.answer(200, {})
        elif self.path == "/incoming":
            self.server.store.take_incoming(body["messages"])
            self.answer(200, {})
        elif self.path == "/send":
            self.answer(201, {"id": self.server.store.send(body["to"], body["text"])})
        else:
            self.answer(404, {"error": "there is nothing here"})

    def allowed(self):
        if hmac.compare_digest(self.headers.get("Authorization", ""), "Bearer " + self.server.secret):
            return True
        self.answer(401, {"error": "Authorization must be Bearer and the secret"})
        return False

    def answer(self, status, what):
        data = json.dumps(what).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args):
        pass  # what people write does not belong into a log


def main():
    secret = os.environ.get("CRM_SECRET")
    if not secret:
        sys.exit("CRM_SECRET is not set: give the secret of wabridge.yaml")
    server = ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "9700"))), CRM)
    server.secret = secret
    server.store = Store(os.environ.get("CRM_DB", "crm.db"))
    print(f"listening on http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
