"""A stand-in for one of the product's processes: `fake.py NAME [MANNER]`. No imports of ours.

Manners: stubborn, orphan, fails, hangs; of the builder of pages also broken, toolless.
"""

import http.server
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

environment = dict(os.environ)  # noqa: TID251 - a stand-in for a process that reads it
name, manner = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else ""
notes = Path(environment["DATA_DIR"]) / "notes"
notes.mkdir(exist_ok=True)


def note(what: str, text: str) -> None:
    draft = notes / f"{name}.{what}.new"
    draft.write_text(text)
    draft.replace(notes / f"{name}.{what}")


def leave(number, frame) -> None:
    with (notes / "stopped").open("a") as file:
        file.write(name + "\n")
    os._exit(0)


class Green(http.server.BaseHTTPRequestHandler):
    """Answers /readyz as a healthy server does."""

    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/readyz" else 404)
        self.end_headers()

    def log_message(self, *_) -> None:
        """Say nothing."""


signal.signal(signal.SIGTERM, signal.SIG_IGN if manner == "stubborn" else leave)
note("env", json.dumps(environment))
if manner == "fails":
    sys.stderr.write("no such table: hospital\n")
    sys.exit(3)
if name == "clients" and manner != "hangs":
    sys.stderr.write("why there are no pages\n" if manner else "")
    sys.exit({"broken": 1, "toolless": 3}.get(manner, 0))
if manner == "orphan":  # in a session of its own, so that no signal to a group reaches it
    orphan = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
    note("orphan", str(orphan.pid))
if name == "prepare" and manner != "hangs":
    staff = {"username": "guide1", "password": "daozhen-1", "roles": ["guide"], "departments": []}
    sys.stdout.write("migrated\n")
    sys.stdout.write(json.dumps({"staff": [staff], "desk_id": "desk-1"}) + "\n")
    sys.exit(0)
port = {"web": "PORT", "simulator": "SIMULATOR_PORT"}.get(name)
if port is not None:
    server = http.server.ThreadingHTTPServer((environment["HOST"], int(environment[port])), Green)
    threading.Thread(target=server.serve_forever, daemon=True).start()
note("pid", str(os.getpid()))
while True:
    time.sleep(0.1)  # pause() would sleep on when a signal comes to another thread, or just before it
