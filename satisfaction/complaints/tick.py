"""The look at everything that is due on the ladder, every two seconds: clocks, steps, complaints without a handler."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import structlog

from satisfaction.clocks.policies import Clock
from satisfaction.complaints import calling, escalating, handlers, rules, step_rows, steps
from satisfaction.complaints.models import Complaint
from satisfaction.complaints.rules import Level
from satisfaction.complaints.steps import Reason
from server import clock, db, hospital, kill_points
from server.events import publish, publish_all
from server.facts import ComplaintWarned, DutyCovered
from server.history import SYSTEM

log = structlog.get_logger("complaints")

BATCH = 500
WAITING_AT_MOST = 25  # of one look, each in a transaction of its own: the clocks of all others wait meanwhile
ONCE_MORE = 40  # batches of one tick: what is left then waits for the next one
WARNED = {1: 50, 2: 80, 3: 100}
TOLD = frozenset({Clock.FIRST_RESPONSE, Clock.ANSWER, Clock.LEGAL})  # of which the handler is warned before the end
LEGAL_STEP = Level.COMMITTEE

CLOCKS = """
SELECT k.complaint_id, k.clock, k.cycle, k.half_at, k.warn_at, k.due_at, k.told, c.number, c.severity, c.topic, c.level,
    c.cycle AS round, c.handler_id, c.closed_at, coalesce(d.name, '') AS department_name,
    EXISTS (SELECT 1 FROM complaint_conflict b WHERE b.complaint_id = c.id AND b.staff_id = c.handler_id) AS is_barred
FROM complaint_clock k JOIN complaint c ON c.id = k.complaint_id LEFT JOIN department d ON d.id = c.department_id
WHERE k.look_at <= app_now() {only} ORDER BY k.look_at LIMIT $1 FOR NO KEY UPDATE OF k, c SKIP LOCKED
"""
CLOCKS_DUE = "SELECT complaint_id AS id FROM complaint_clock WHERE look_at <= app_now() ORDER BY look_at"
TELL = """
UPDATE complaint_clock k SET told = n.told
FROM unnest($1::uuid[], $2::text[], $3::integer[], $4::integer[]) AS n (complaint_id, clock, cycle, told)
WHERE k.complaint_id = n.complaint_id AND k.clock = n.clock AND k.cycle = n.cycle
"""
# Harm that came to light later, by whomever: the step is there once, whoever sets the severity
SEVERE = """
SELECT c.id, c.cycle FROM complaint c WHERE c.severity = 'A' AND c.closed_at IS NULL AND c.state <> 'answered'
AND NOT EXISTS (SELECT 1 FROM escalation e WHERE e.complaint_id = c.id AND e.clock = 'severity' AND e.cycle = c.cycle)
LIMIT $1 FOR NO KEY UPDATE OF c SKIP LOCKED
"""
ANY_WAITING = "SELECT 1 AS one FROM complaint WHERE closed_at IS NULL AND handler_id IS NULL LIMIT 1"
# Complaints without a handler that one of some people may have; those in which all are barred rest, and hold up nobody
WAITING = """
WITH barred AS (
    SELECT b.complaint_id, count(*) AS n FROM unnest($2::uuid[]) AS s (id) CROSS JOIN complaints_barred_for(s.id) b
    GROUP BY 1
)
SELECT c.id FROM complaint c LEFT JOIN barred ON barred.complaint_id = c.id
WHERE c.closed_at IS NULL AND c.handler_id IS NULL AND coalesce(barred.n, 0) < cardinality($2::uuid[])
ORDER BY c.id LIMIT $1
"""
# Handlers who turned out to have a conflict of interest: from the side of the few who handle
IN_CONFLICT = """
WITH RECURSIVE handling AS (
    (SELECT handler_id FROM complaint WHERE closed_at IS NULL AND handler_id IS NOT NULL ORDER BY handler_id LIMIT 1)
    UNION ALL
    SELECT (SELECT c.handler_id FROM complaint c WHERE c.closed_at IS NULL AND c.handler_id > h.handler_id
            ORDER BY c.handler_id LIMIT 1) FROM handling h WHERE h.handler_id IS NOT NULL
)
SELECT c.id FROM handling h CROSS JOIN LATERAL complaints_barred_for(h.handler_id) b
JOIN complaint c ON c.id = b.complaint_id AND c.handler_id = h.handler_id AND c.closed_at IS NULL
WHERE h.handler_id IS NOT NULL
"""
ALARMS = "SELECT id, level FROM duty_alarm WHERE settled_at IS NULL ORDER BY level"
SETTLE_ALARM = "UPDATE duty_alarm SET settled_at = app_now() WHERE id = $1 AND settled_at IS NULL RETURNING id"

Look = Callable[[str, list[Any], int], Awaitable[int]]


async def watch() -> None:
    """Take everything that is due on the ladder, each once, whoever else looks at the same time."""
    await _all(_clocks, CLOCKS_DUE, "AND k.complaint_id = $2")
    await _severe()
    await _all(_steps, step_rows.DUE_IDS, "one")
    await _waiting()
    await _in_conflict()
    await _settle_alarms()


async def _all(look: Look, due: str, only: str) -> None:
    """Look in batches; when a batch fails, one by one: a bad complaint must not stop the clocks of the others."""
    for _ in range(ONCE_MORE):
        try:
            if await look("", [], BATCH) == 0:
                return
        except Exception as error:
            log.warning("batch_failed", error=type(error).__name__)
            break
    else:
        return
    for row in await db.fetch(due):
        try:
            await look(only, [row["id"]], BATCH)
        except Exception:
            log.exception("look_failed", subject=str(row["id"]))


async def _steps(only: str, which: list[Any], most: int) -> int:
    async with db.transaction():
        rows = await step_rows.claimed_one(which[0]) if only else await step_rows.claimed(most)
        await calling.look(rows)
        if rows:
            kill_points.reach("steps_called")
    if rows:
        kill_points.reach("steps_kept")
    return len(rows)


async def _clocks(only: str, which: list[Any], most: int) -> int:
    async with db.transaction():
        rows = await db.fetch(CLOCKS.format(only=only), most, *which)
        if not rows:
            return 0
        now = clock.now()
        raised, warned = [], []
        for row in rows:
            row["told"] = steps.told_now(row["half_at"], row["warn_at"], row["due_at"], now)
            name, to = Clock(row["clock"]), step_of(row)
            if row["closed_at"] is not None or (row["cycle"] != row["round"] and name != Clock.LEGAL):
                row["told"] = 3  # nobody is waited for in a round that is over
                continue
            if row["told"] == 3 and name == Clock.ACKNOWLEDGEMENT and row["handler_id"] is None:
                continue  # nobody has let it lie: that it has no handler is a step of its own
            if row["told"] == 3 and to is not None:
                raised.append((row["complaint_id"], str(name), row["cycle"], int(to), ""))
            elif row["handler_id"] is not None and not row["is_barred"] and _is_told(name, row["told"]):
                warned.append(_warning(row))
        columns = zip(*((row["complaint_id"], row["clock"], row["cycle"], row["told"]) for row in rows), strict=True)
        await db.fetch(TELL, *(list(column) for column in columns))
        await step_rows.raise_all(raised, by=SYSTEM)
        await publish_all(warned)
        return len(rows)


def step_of(row: dict[str, Any]) -> Level | None:
    """Give the step that a clock raises at its end; None for a promise of which only the handler is told.

    row: with `clock` and the complaint's `level`.
    """
    name = Clock(row["clock"])
    if name in (Clock.ACKNOWLEDGEMENT, Clock.FIRST_RESPONSE, Clock.ANSWER):
        return rules.level_after(name, row["level"])
    return LEGAL_STEP if name == Clock.LEGAL else None


def _is_told(name: Clock, told: int) -> bool:
    return (name in TOLD and told in (1, 2)) or (name == Clock.UPDATE and told == 3)


def _warning(row: dict[str, Any]) -> ComplaintWarned:
    return ComplaintWarned(
        complaint_id=row["complaint_id"],
        number=row["number"],
        severity=row["severity"],
        topic=row["topic"],
        department_name=row["department_name"],
        clock=row["clock"],
        cycle=row["cycle"],
        percent=WARNED[row["told"]],
        due_at=row["due_at"],
        staff_ids=(row["handler_id"],),
    )


async def _severe() -> None:
    async with db.transaction():
        rows = await db.fetch(SEVERE, BATCH)
        found = [(row["id"], str(Reason.SEVERITY), row["cycle"], int(Level.HEAD), "") for row in rows]
        await step_rows.raise_all(found, by=SYSTEM)


async def _waiting() -> None:
    """Give complaints without a handler to whoever has come on duty."""
    if not await db.fetch(ANY_WAITING):
        return
    for row in await db.fetch(WAITING, WAITING_AT_MOST, await handlers.who_may_be_chosen()):
        await _one(row["id"], _assign)


async def _in_conflict() -> None:
    for row in await db.fetch(IN_CONFLICT):
        await _one(row["id"], escalating.taken_away)


async def _assign(complaint: Complaint) -> None:
    if complaint.handler_id is None:
        await escalating.assign_waiting(complaint)


async def _one(complaint_id: UUID, act: Callable[[Complaint], Awaitable[None]]) -> None:
    try:
        async with db.transaction():
            complaint = await db.lock(Complaint, complaint_id)
            if complaint.closed_at is None:
                await act(complaint)
    except Exception:  # one bad complaint must not stop the others; the next look tries again
        log.exception("look_failed", complaint=str(complaint_id))


async def _settle_alarms() -> None:
    for row in await db.fetch(ALARMS):
        if await hospital.on_duty(row["level"]):
            async with db.transaction():
                if await db.fetch(SETTLE_ALARM, row["id"]):
                    await publish(DutyCovered(alarm_id=row["id"]))
