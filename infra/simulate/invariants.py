"""What must hold whatever happened: every package's invariants, those that need two packages, and the ledger."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import asyncpg

from server.app import WIRINGS

SHOWN_ROWS = 3
UNRELAYED_SECONDS = 30
OVERDUE_SECONDS = 60

Invariant = tuple[str, str]

ACROSS: tuple[Invariant, ...] = (
    (
        "no slot is oversold",
        "SELECT s.id, s.capacity, s.taken, count(a.id) AS holders FROM slot s JOIN appointment a ON a.slot_id = s.id"
        " AND a.status NOT IN ('cancelled', 'rescheduled', 'expired') GROUP BY s.id"
        " HAVING count(a.id) > s.capacity OR s.taken > s.capacity",
    ),
    (
        "each ticket is called by one room, again only after it came back to the queue",
        "SELECT subject_id AS ticket_id, count(*) FILTER (WHERE to_state = 'called') AS calls"
        " FROM transition WHERE machine = 'ticket' GROUP BY subject_id"
        " HAVING count(*) FILTER (WHERE to_state = 'called' AND from_state = 'waiting')"
        " > 1 + count(*) FILTER (WHERE to_state = 'waiting' AND from_state IS NOT NULL)",
    ),
    (
        "no room has two patients",
        "SELECT room_id, count(*) FROM ticket WHERE state IN ('called', 'in_service') GROUP BY room_id"
        " HAVING count(*) > 1",
    ),
    (
        "whoever checked in has a ticket, and whoever was seen has a visit",
        "SELECT a.id, a.status FROM appointment a WHERE a.status IN ('checked_in', 'in_service', 'completed')"
        " AND NOT EXISTS (SELECT 1 FROM ticket t WHERE t.appointment_id = a.id)"
        " UNION ALL SELECT t.id, t.state FROM ticket t WHERE t.state = 'done'"
        " AND NOT EXISTS (SELECT 1 FROM encounter e WHERE e.ticket_id = t.id AND e.finished_at IS NOT NULL)",
    ),
    (
        "each message is sent once",
        "SELECT delivery_id, count(*) FROM attempt WHERE outcome = 'accepted' GROUP BY delivery_id HAVING count(*) > 1"
        " UNION ALL SELECT message_id, count(*) FROM delivery GROUP BY message_id, channel HAVING count(*) > 1",
    ),
    (
        "each low rating has one complaint",
        "SELECT r.id AS response_id, r.is_low, r.complaint_id FROM response r"
        " WHERE NOT r.is_anonymous AND r.is_low <> (r.complaint_id IS NOT NULL)"
        " UNION ALL SELECT r.id, r.is_low, c.id FROM complaint c JOIN response r ON r.id = c.response_id"
        " WHERE r.complaint_id IS NULL",
    ),
    (
        f"no fact waits longer than {UNRELAYED_SECONDS} s",
        "SELECT id, name, happened_at, tries, last_error FROM fact WHERE relayed_at IS NULL"
        f" AND happened_at < app_now() - interval '{UNRELAYED_SECONDS} s'",
    ),
    (
        f"no delivery is overdue by more than {OVERDUE_SECONDS} s",
        "SELECT id, channel, state, due_at, tries, reason FROM delivery"
        " WHERE state IN ('planned', 'held', 'ready', 'retry_wait')"
        f" AND due_at < app_now() - interval '{OVERDUE_SECONDS} s'",
    ),
    (
        "no delivery is held by a lease that ran out",
        "SELECT id, channel, state, owner, lease_until FROM delivery WHERE state IN ('leased', 'sending')"
        " AND lease_until < app_now() - interval '30 s'",
    ),
)

WAITING = """
SELECT (SELECT count(*) FROM fact WHERE relayed_at IS NULL AND tries = 0)
     + (SELECT count(*) FROM delivery WHERE state IN ('planned', 'held', 'ready', 'retry_wait') AND due_at <= app_now())
     + (SELECT count(*) FROM delivery WHERE state IN ('leased', 'sending')) AS waiting
"""

SENT = """
SELECT d.address, d.template_key,
       count(*) FILTER (WHERE d.state IN ('accepted', 'delivered', 'undelivered')) AS accepted,
       count(*) FILTER (WHERE d.state = 'unknown') AS unknown
FROM delivery d WHERE d.channel = 'wechat_subscribe' AND d.address = ANY($1::text[])
GROUP BY d.address, d.template_key
"""


@dataclass(frozen=True)
class Finding:
    """One sentence and the rows that break it: the first few, and how many there are."""

    sentence: str
    rows: tuple[dict[str, Any], ...]
    broken: int

    @property
    def holds(self) -> bool:
        """Tell whether nothing breaks it."""
        return self.broken == 0


def every_invariant() -> tuple[Invariant, ...]:
    """List every sentence with its SQL: the packages' own and those across packages."""
    return (*ACROSS, *(invariant for wiring in WIRINGS for invariant in wiring.invariants))


async def check(connection: asyncpg.Connection, invariants: Iterable[Invariant]) -> list[Finding]:
    """Ask the database for the rows that break each invariant."""
    findings = []
    for sentence, sql in invariants:
        rows = [dict(row) for row in await connection.fetch(sql)]
        findings.append(Finding(sentence, tuple(rows[:SHOWN_ROWS]), len(rows)))
    return findings


async def waiting(connection: asyncpg.Connection) -> int:
    """Count what the workers still have to do now."""
    return await connection.fetchval(WAITING)


async def check_ledger(
    connection: asyncpg.Connection,
    openids: list[str],
    *,
    accepted: Counter[tuple[str, str]],
    template_ids: Mapping[str, str],
) -> Finding:
    """Compare what the platform accepted with what the product believes to have sent, phone by phone.

    accepted: the platform's count by phone and template id. template_ids: the product's key to the platform's id.
    """
    known: Counter[tuple[str, str]] = Counter()
    doubtful: Counter[tuple[str, str]] = Counter()
    for row in await connection.fetch(SENT, openids):
        phone = row["address"], template_ids.get(row["template_key"], row["template_key"])
        known[phone] += row["accepted"]
        doubtful[phone] += row["unknown"]
    mine = set(openids)
    phones = {phone for phone in {*known, *accepted} if phone[0] in mine}
    wrong = [
        {"openid": phone[0], "template": phone[1], "recorded": known[phone], "accepted": accepted[phone]}
        for phone in sorted(phones)
        if not known[phone] <= accepted[phone] <= known[phone] + doubtful[phone]
    ]
    return Finding("the platform accepted each message once, and no other", tuple(wrong[:SHOWN_ROWS]), len(wrong))
