"""Text messages on simulated phones: what both providers share. Who sends is in `aliyun_sms.py` and `tencent_sms.py`.

A provider takes a message, bills it and hands it to a carrier; what became of it is reported later, to the address that
the product gave, in any order and perhaps twice.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from infra.simulator.clock import Clock, day_of, shown
from infra.simulator.ledger import Ledger
from infra.simulator.settings import SimulatorSettings
from infra.simulator.sms_reports import Reports

_SCHEMA = """
CREATE TABLE IF NOT EXISTS sms (
  id INTEGER PRIMARY KEY AUTOINCREMENT, provider TEXT NOT NULL, number TEXT NOT NULL, template TEXT NOT NULL,
  text TEXT NOT NULL, key TEXT NOT NULL, serial TEXT NOT NULL, at REAL NOT NULL, outcome TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS sms_number ON sms (number, id);
"""
DELIVERED = "DELIVERED"  # what a carrier says of a message that a phone has shown
MOBILE = re.compile(r"1[3-9][0-9]{9}|\+[1-9][0-9]{6,14}")
# Ten numbers of a range that nobody has say what their carrier does, so that a test needs no further switch.
SILENT = "17000000004"  # the carrier never reports
BLACKLISTED = "17000000005"  # its owner has asked for no messages
ILLEGAL = "17000000006"  # of a range that no carrier has
CARRIERS = {
    "17000000001": "MOBILE_SEND_LIMIT",
    "17000000002": "MOBILE_NOT_ON_SERVICE",
    "17000000003": "UNDELIV",
    BLACKLISTED: "MOBILE_IN_BLACK",  # where the provider itself has taken the message
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """One message as a provider took it. number: as a mainland phone has it, others with + before the country."""

    provider: str
    number: str
    template: str
    text: str
    key: str
    serial: str


class TextMessages:
    """What phones have shown, and how many a number may get."""

    def __init__(self, ledger: Ledger, clock: Clock, settings: SimulatorSettings, reports: Reports) -> None:
        self._ledger = ledger
        self._clock = clock
        self._settings = settings
        self._reports = reports
        for statement in _SCHEMA.split(";"):
            ledger.execute(statement)

    def used_up(self, number: str) -> str | None:
        """Say which limit of a number is used up: minute or day; None when it may get one more."""
        now = self._clock.now()
        for name, limit, since in (
            ("minute", self._settings.sms_per_number_minute, now - 60),
            ("day", self._settings.sms_per_number_day, day_of(now) * 86_400 - 8 * 3600),
        ):
            row = self._ledger.one("SELECT count(*) AS sent FROM sms WHERE number = ? AND at >= ?", number, since)
            if limit and row is not None and row["sent"] >= limit:
                return name
        return None

    def show(self, wanted: Wanted) -> None:
        """Put a message on a phone, unless its carrier does not."""
        outcome = self.outcome_of(wanted.number)
        self._ledger.execute(
            "INSERT INTO sms (provider, number, template, text, key, serial, at, outcome)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            wanted.provider,
            wanted.number,
            wanted.template,
            wanted.text,
            wanted.key,
            wanted.serial,
            self._clock.now(),
            outcome,
        )

    def report(self, wanted: Wanted, message: Mapping[str, Any]) -> None:
        """Report what became of a message, unless its carrier never says."""
        if wanted.number != SILENT:
            self._reports.send(wanted.provider, message)

    def outcome_of(self, number: str) -> str:
        """Say what the carrier of a number does with a message."""
        return CARRIERS.get(number, DELIVERED)

    def shown_on(self, number: str | None = None, *, limit: int = 100) -> list[dict[str, Any]]:
        """List the latest messages that phones have shown, oldest first."""
        rows = self._ledger.all(
            "SELECT * FROM sms WHERE (?1 IS NULL OR number = ?1) AND outcome = ?2 ORDER BY id DESC LIMIT ?3",
            number,
            DELIVERED,
            limit,
        )
        return [{**dict(row), "at": shown(row["at"])} for row in reversed(rows)]

    def taken(self, provider: str, number: str) -> list[dict[str, Any]]:
        """List what a provider took for a number, latest first, also what no phone has shown."""
        rows = self._ledger.all(
            "SELECT * FROM sms WHERE provider = ? AND number = ? ORDER BY id DESC", provider, number
        )
        return [dict(row) for row in rows]


def filled(text: str, values: Mapping[str, str]) -> str:
    """Put values into a template's text, which names them as ${name} or {1}."""
    return re.sub(r"\$?\{(\w+)\}", lambda found: values.get(found[1], found[0]), text)


def said(raw: bytes | str) -> dict[str, Any] | None:
    """Read a JSON object; None for anything else."""
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None
    return value if isinstance(value, dict) else None
