#!/usr/bin/env python3
"""Takes alerts from Alertmanager (a `webhook_configs` receiver) and prints a line for each. Needs nothing but Python.

What a notification holds: deploy/alertmanager/notification.example.json. Run it:  receiver.py --address 127.0.0.1:8090
"""

import argparse
import http.server
import json

# A notification of many alerts is some hundred kilobytes; more is not ours.
LARGEST = 4_000_000


def line(alert):
    """One alert in one line, as a chat or a ticket would say it."""
    labels, notes = alert.get("labels", {}), alert.get("annotations", {})
    said = notes.get("summary") or labels.get("alertname", "?")
    state = "over" if alert.get("status") == "resolved" else labels.get("severity", "?")
    return f"[{state}] {labels.get('team', '?')}: {said} <{notes.get('runbook_url', '')}>"


class Receiver(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.answer(200 if self.path == "/healthz" else 404)

    def do_POST(self):
        try:
            length = int(self.headers.get("content-length", ""))
            if not 0 <= length <= LARGEST:
                return self.answer(413)
            alerts = json.loads(self.rfile.read(length))["alerts"]
            lines = [line(alert) for alert in alerts]
        except (ValueError, KeyError, TypeError, AttributeError):
            # Alertmanager does not try again after a 4xx, and tries again after a 5xx.
            return self.answer(400)
        for one in lines:
            print(one, flush=True)
        self.answer(200)

    def answer(self, code):
        self.send_response(code)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        """What matters is printed above."""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--address", default="127.0.0.1:8090", metavar="HOST:PORT")
    host, port = parser.parse_args().address.rsplit(":", 1)
    with http.server.ThreadingHTTPServer((host, int(port)), Receiver) as server:
        server.serve_forever()


if __name__ == "__main__":
    main()
