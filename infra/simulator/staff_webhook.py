"""A service that alerts staff by a webhook, as a generic library posts to it: JSON in, a status out."""

from typing import Any

from infra.simulator.clock import Clock, shown
from infra.simulator.ledger import Ledger
from infra.simulator.protocol import OK, Call, Refused

SCHEMA = """
CREATE TABLE IF NOT EXISTS staff_alert (
  id INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, title TEXT NOT NULL, message TEXT NOT NULL);
"""


class StaffWebhook:
    """What the staff's other chats have been told."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock
        ledger.script(SCHEMA)

    def take(self, call: Call) -> dict[str, Any]:
        """Answer `POST /staff-webhook`: 47001 or ok."""
        form = call.read()
        title, message = form.get("title"), form.get("message")
        if not isinstance(title, str) or not isinstance(message, str):
            raise Refused(47001)
        now = self._clock.now()
        self._ledger.execute("INSERT INTO staff_alert (at, title, message) VALUES (?, ?, ?)", now, title, message)
        return OK

    def messages(self, *, limit: int = -1) -> list[dict[str, Any]]:
        """List what was told, oldest first; with a limit the latest."""
        rows = self._ledger.all("SELECT * FROM staff_alert ORDER BY id DESC LIMIT ?", limit)
        return [
            {"id": row["id"], "at": shown(row["at"]), "title": row["title"], "message": row["message"]}
            for row in reversed(rows)
        ]
