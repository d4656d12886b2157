#!/usr/bin/env python3
"""Prints how many messages were sent and delivered, day by day, as the Business
Management API tells it.

    WABRIDGE_TOKEN=… python3 analytics.py [http://127.0.0.1:8080 [days]]

WABA names the account if the configuration has another waba_id than the default.
"""

import datetime
import json
import os
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

DAY = 24 * 60 * 60


def ask(base, token, waba, start, end):
    fields = f"analytics.start({start}).end({end}).granularity(DAY)"
    url = f"{base}/v23.0/{waba}?" + urllib.parse.urlencode({"fields": fields})
    request = urllib.request.Request(url, headers={"Authorization": "Bearer " + token})
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return json.load(response)["analytics"].get("data_points", [])
    except urllib.error.HTTPError as err:
        sys.exit(json.load(err)["error"]["message"])


def main():
    base = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8080"
    days = int(sys.argv[2]) if len(sys.argv) > 2 else 7
    token = os.environ.get("WABRIDGE_TOKEN") or sys.exit("WABRIDGE_TOKEN is not set; `wabridge token create` makes one")
    end = int(time.time()) // DAY * DAY + DAY
    points = ask(base, token, os.environ.get("WABA", "200000000000001"), end - days * DAY, end)
    most = max((p["sent"] for p in points), default=0)
    for p in points:
        day = datetime.datetime.fromtimestamp(p["start"], datetime.timezone.utc).strftime("%Y-%m-%d")
        bar = "█" * round(30 * p["sent"] / most) if most else ""
        print(f"{day}  sent {p['sent']:6}  delivered {p['delivered']:6}  {bar}")
    if not points:
        print(f"nothing was sent in the last {days} days")


if __name__ == "__main__":
    main()
