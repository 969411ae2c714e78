"""The chain of the time lines: made by the table (0046_sealing), anchored once a day, looked through by the doctor.

A line that is changed, taken out, put in or moved breaks the chain of its complaint. Who rewrites a whole chain, cuts
its tail or removes a complaint with all its lines, breaks the anchor of a day; and who rewrites the anchors as well
lacks the key of their signatures, which is not in the database.
"""

import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from server import clock, db, privacy

BATCH = 2000  # complaints that are looked through at once
SETTLED_AFTER = timedelta(hours=1)  # a day is anchored when nothing can still be committed into it
NOUGHT = UUID(int=0)
SIGNED = "timeline_anchor"

# What is wrong with the lines of the next complaints; $1 after which complaint, $2 how many.
BROKEN = """
WITH batch AS (SELECT id, number, entries, head_hash FROM complaint WHERE id > $1 ORDER BY id LIMIT $2),
lines AS (
    SELECT s.number, e.complaint_id, e.seq, e.hash, e.prev_hash, entry_hash(e) AS right_hash,
        row_number() OVER w AS place, lag(e.hash, 1, ''::bytea) OVER w AS before
    FROM batch s JOIN complaint_entry e ON e.complaint_id = s.id
    WINDOW w AS (PARTITION BY e.complaint_id ORDER BY e.seq))
SELECT number, seq, CASE WHEN hash <> right_hash THEN 'changed' WHEN seq <> place THEN 'missing before'
    ELSE 'not after its forerunner' END AS what
FROM lines WHERE hash <> right_hash OR prev_hash <> before OR seq <> place
UNION ALL
SELECT s.number, s.entries, 'the last line is another' FROM batch s
LEFT JOIN LATERAL (SELECT e.seq, e.hash FROM complaint_entry e WHERE e.complaint_id = s.id ORDER BY e.seq DESC LIMIT 1
) e ON true
WHERE s.entries <> coalesce(e.seq, 0) OR s.head_hash IS DISTINCT FROM e.hash
ORDER BY number, seq
"""
LAST_OF = "SELECT id FROM (SELECT id FROM complaint WHERE id > $1 ORDER BY id LIMIT $2) batch ORDER BY id DESC LIMIT 1"

ANCHORED = """
SELECT a.day, a.prev_hash, a.hash, a.complaints, a.lines, a.signature, n.hash AS now_hash, n.lines AS now_lines,
    lag(a.hash, 1, ''::bytea) OVER (ORDER BY a.day) AS before, lag(a.day) OVER (ORDER BY a.day) AS day_before
FROM timeline_anchor a CROSS JOIN LATERAL anchor_of(a.day, a.prev_hash) n ORDER BY a.day
"""


async def verify() -> list[str]:
    """Look through every line of every complaint and every anchor; say in plain words what was tampered with."""
    findings: list[str] = []
    last: UUID | None = NOUGHT
    while last is not None:
        rows = await db.fetch(BROKEN, last, BATCH)
        findings += [f"complaint {row['number']}, line {row['seq']}: {row['what']}" for row in rows]
        reached = await db.fetch_one(LAST_OF, last, BATCH)
        last = reached["id"] if reached else None
    anchors = await db.fetch(ANCHORED)
    return findings + [finding for row in anchors for finding in _wrong_with(row)]


def _wrong_with(row: dict[str, Any]) -> Iterator[str]:
    day = row["day"]
    if row["day_before"] is not None and row["day_before"] + timedelta(days=1) != day:
        yield f"anchor of {day}: the one of the day before is missing"
    elif row["prev_hash"] != row["before"]:
        yield f"anchor of {day}: does not follow the one of the day before"
    if row["now_hash"] != row["hash"]:
        yield f"lines of {day}: {row['now_lines']} are there, {row['lines']} were anchored, or they were rewritten"
    if not hmac.compare_digest(row["signature"], _signature(day, row["hash"])):
        yield f"anchor of {day}: was not made by this hospital"


def _signature(day: date, value: bytes) -> bytes:
    return privacy.blind_index(f"{day.isoformat()}:{value.hex()}", kind=SIGNED)


@dataclass(frozen=True)
class Newest:
    """The newest anchor, to be written down outside. hash: in hexadecimal."""

    day: date
    hash: str


async def newest() -> Newest | None:
    """Give the newest anchor: whoever keeps it elsewhere can prove that nothing before it was rewritten."""
    row = await db.fetch_one("SELECT day, hash FROM timeline_anchor ORDER BY day DESC LIMIT 1")
    return Newest(row["day"], row["hash"].hex()) if row else None


FIRST_DAY = "SELECT min((at AT TIME ZONE 'UTC')::date) AS day FROM complaint_entry"
MAKE = """
INSERT INTO timeline_anchor (day, prev_hash, hash, complaints, lines, signature, made_at)
SELECT $1, $2, $3, $4, $5, $6, app_now() ON CONFLICT DO NOTHING
"""


async def anchor() -> None:
    """Anchor every day (UTC) that is over, oldest first; a day that has its anchor keeps it."""
    until = (clock.now() - SETTLED_AFTER).date()  # this day is not over yet, or not settled
    newest_row = await db.fetch_one("SELECT day, hash FROM timeline_anchor ORDER BY day DESC LIMIT 1")
    if newest_row:
        day, before = newest_row["day"] + timedelta(days=1), newest_row["hash"]
    else:
        first = await db.fetch_one(FIRST_DAY)
        if first is None or first["day"] is None:
            return
        day, before = first["day"], b""
    while day < until:
        row = await db.fetch_one("SELECT * FROM anchor_of($1, $2)", day, before)
        assert row is not None  # an aggregate always has one row
        await db.fetch(MAKE, day, before, row["hash"], row["complaints"], row["lines"], _signature(day, row["hash"]))
        day, before = day + timedelta(days=1), row["hash"]
