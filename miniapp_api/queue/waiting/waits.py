"""How fast a line moves now, and what somebody in it is told of the wait.

A wait is promised when the ticket is given, and kept with what became of it. What is shown later never gets shorter
by more than one step a minute: the memory of that is the promise's own row, so that every screen says the same.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson

from miniapp_api.queue.waiting import models
from miniapp_api.queue.waiting.estimates import (
    WEEKS,
    Pace,
    Shown,
    Stretch,
    Usual,
    is_worth_keeping,
    shown,
    shrunk,
    stretches_of,
    wait,
    wait_table,
)
from server import clock, db

REMEMBERED_SECONDS = 15.0  # a scan tells a wait in steps of five minutes: this old is new enough
REMEMBERED_LINES = 2000
COLUMN, LONGEST_MINUTES = 10, 999_999  # characters of a number as statements take it
PAUSED = "paused"


@dataclass(frozen=True)
class Tables:
    """The waits with 0, 1, … people ahead. is_paused: nobody calls; then about and within are not told.

    columns: about, within and expected as statements take them, None for what is not told: as text, COLUMN characters
    for each number, so that the one which counts is cut out. An array would be read whole for every scan.
    """

    about: list[int]
    within: list[int]
    expected: list[float]
    is_paused: bool
    columns: tuple[str | None, str | None, str]


@dataclass(frozen=True)
class _Line:
    """How fast a line moved when it was read. tables: by the session's begin and the minute of now."""

    until: float
    row: dict[str, Any]
    tables: dict[tuple[datetime | None, int], Tables] = field(default_factory=dict)


_remembered: dict[tuple[UUID, date, UUID | None], _Line] = {}
_tables: dict[Pace, Tables] = {}


async def pace_of(
    department_id: UUID, day: date, *, practitioner_id: UUID | None, session_starts_at: datetime | None = None
) -> Pace:
    """Give how fast the line of a department, or of one practitioner in it, moves today."""
    return _pace(await _read(department_id, day, practitioner_id), session_starts_at)


async def remembered_tables(
    department_id: UUID, day: date, *, practitioner_id: UUID | None, session_starts_at: datetime | None
) -> Tables:
    """Give the waits with 0, 1, … people ahead, from a pace that may be some seconds old; for the scan."""
    line = (department_id, day, practitioner_id)
    known = _remembered.get(line)
    if known is None or known.until < time.monotonic():
        if len(_remembered) >= REMEMBERED_LINES:
            _remembered.clear()
        row = await _read(department_id, day, practitioner_id)
        known = _remembered[line] = _Line(time.monotonic() + REMEMBERED_SECONDS, row)
    moment = (session_starts_at, int(clock.now().timestamp()) // 60)
    if moment not in known.tables:
        known.tables[moment] = _tables_of(_pace(known.row, session_starts_at))
    return known.tables[moment]


def _tables_of(pace: Pace) -> Tables:
    if pace not in _tables:
        if len(_tables) >= REMEMBERED_LINES:
            _tables.clear()
        about, within, expected = wait_table(pace)
        told = (None, None) if pace.is_paused else (column(about), column(within))
        _tables[pace] = Tables(about, within, expected, pace.is_paused, (*told, column(expected)))
    return _tables[pace]


def column(numbers: Sequence[float]) -> str:
    """Write the waits with 0, 1, … people ahead as a statement takes them; see `Tables`."""
    return "".join(f"{round(min(number, LONGEST_MINUTES), 3):>{COLUMN}}" for number in numbers)


async def promise(ticket: Mapping[str, Any], session_starts_at: datetime | None = None) -> None:
    """Keep what somebody is told who was just given a ticket without a scan; in the caller's transaction.

    ticket: as `models.TICKET` reads it.
    """
    ahead = await ahead_of(ticket)
    pace = await pace_of(
        ticket["department_id"],
        ticket["day"],
        practitioner_id=ticket["practitioner_id"],
        session_starts_at=session_starts_at,
    )
    found = wait(ahead, pace)
    told = (None, None) if pace.is_paused else (found.about, found.within)
    await db.fetch(models.PROMISE, ticket["id"], ahead, found.expected, *told, clock.now())


async def ahead_of(ticket: Mapping[str, Any]) -> int:
    """Give how many are called before a ticket."""
    key = (ticket["sort_class"], ticket["sort_at"], ticket["number"])
    row = await db.fetch_one(models.AHEAD, ticket["department_id"], ticket["day"], *key, ticket["practitioner_id"])
    assert row is not None  # a count always gives a row
    return row["ahead"]


async def told_now(ticket: Mapping[str, Any], session_starts_at: datetime | None = None) -> dict[str, Any]:
    """Give what somebody who waits is told now: {ahead, wait, wait_note}.

    wait: {about_minutes, within_minutes}, or None with the note `paused` when nobody calls.
    """
    ahead = await ahead_of(ticket)
    pace = await pace_of(
        ticket["department_id"],
        ticket["day"],
        practitioner_id=ticket["practitioner_id"],
        session_starts_at=session_starts_at,
    )
    if pace.is_paused:
        return {"ahead": ahead, "wait": None, "wait_note": PAUSED}
    fresh = wait(ahead, pace)
    about, within = await _kept(ticket["id"], (fresh.about, fresh.within))
    return {"ahead": ahead, "wait": {"about_minutes": about, "within_minutes": within}, "wait_note": None}


async def told_to_many(
    waiting: Sequence[tuple[Mapping[str, Any], datetime | None, int]],
) -> dict[UUID, dict[str, Any]]:
    """Give what each of many who wait is told now, as `told_now` does for one, from a few statements for all.

    waiting: ticket, when its session begins, how many are ahead. The pace may be some seconds old.
    """
    told: dict[UUID, dict[str, Any]] = {}
    fresh: dict[UUID, tuple[int, int]] = {}
    lines: dict[tuple[UUID, date, UUID | None, datetime | None], Tables] = {}
    for ticket, starts_at, ahead in waiting:
        line = (ticket["department_id"], ticket["day"], ticket["practitioner_id"], starts_at)
        if line not in lines:  # few lines, many people in each
            lines[line] = await remembered_tables(
                line[0], line[1], practitioner_id=line[2], session_starts_at=starts_at
            )
        tables = lines[line]
        told[ticket["id"]] = {"ahead": ahead, "wait": None, "wait_note": PAUSED if tables.is_paused else None}
        if not tables.is_paused:
            at = min(ahead, len(tables.about) - 1)
            fresh[ticket["id"]] = (tables.about[at], tables.within[at])
    for ticket_id, (about, within) in (await _kept_by_many(fresh)).items():
        told[ticket_id]["wait"] = {"about_minutes": about, "within_minutes": within}
    return told


async def _kept_by_many(fresh: Mapping[UUID, tuple[int, int]]) -> dict[UUID, tuple[int, int]]:
    if not fresh:
        return {}
    now, told, keep = clock.now(), dict(fresh), []
    for row in await db.fetch(models.SHOWN_MANY, list(fresh)):
        ticket_id = row["ticket_id"]
        last = Shown(row["shown_about"], row["shown_within"], row["shown_at"]) if row["shown_at"] else None
        told[ticket_id] = shown(fresh[ticket_id], last, now)
        if is_worth_keeping(told[ticket_id], last, now):
            keep.append((ticket_id, *told[ticket_id], last.at if last else None))
    if keep:
        ids, abouts, withins, befores = (list(column) for column in zip(*sorted(keep, key=_by_id), strict=True))
        await db.fetch(models.KEEP_SHOWN_MANY, ids, abouts, withins, now, befores)
    return told


def _by_id(row: tuple[Any, ...]) -> UUID:
    return row[0]  # two servers that keep the same lines lock them in one order


async def _kept(ticket_id: UUID, fresh: tuple[int, int]) -> tuple[int, int]:
    now = clock.now()
    row = await db.fetch_one(models.SHOWN, ticket_id)
    last = Shown(row["shown_about"], row["shown_within"], row["shown_at"]) if row and row["shown_at"] else None
    told = shown(fresh, last, now)
    if row is not None and is_worth_keeping(told, last, now):
        await db.fetch(models.KEEP_SHOWN, ticket_id, *told, now, last.at if last else None)
    return told


async def count_visit(ticket: Any, practitioner_id: UUID | None, ended_at: datetime) -> None:
    """Count a visit that just ended, or its part before a station; in the caller's transaction.

    ticket: with its department, day, appointment and the moment it was started.
    """
    minutes = (ended_at - ticket.started_at).total_seconds() / 60
    await db.fetch(
        models.COUNT_VISIT, ticket.department_id, ticket.day, practitioner_id, ticket.appointment_id, max(0.0, minutes)
    )


async def uncount_visit(ticket: Any, practitioner_id: UUID | None) -> None:
    """Take a visit out of the count whose end was taken back; its next end counts it whole."""
    minutes = (ticket.finished_at - ticket.started_at).total_seconds() / 60
    line = (ticket.department_id, ticket.day, practitioner_id, ticket.appointment_id)
    await db.fetch(models.UNCOUNT_VISIT, *line, max(0.0, minutes))


def forget() -> None:
    """Ask the database again about every line; for tests."""
    _remembered.clear()


async def _read(department_id: UUID, day: date, practitioner_id: UUID | None) -> dict[str, Any]:
    since = day - timedelta(weeks=WEEKS)
    row = await db.fetch_one(models.PACE, department_id, day, practitioner_id, since, clock.now())
    assert row is not None  # the department of a ticket exists
    return row


def _pace(row: dict[str, Any], session_starts_at: datetime | None) -> Pace:
    starts_at = session_starts_at or (row["next_starts_at"] if row["running"] == 0 else None)
    until = (starts_at - clock.now()).total_seconds() / 60 if starts_at else 0.0
    usual = Usual(row["usual_visits"], row["usual_minutes"], row["usual_squares"])
    # who is planned in no room is seen in one that nobody knows yet
    own = (row["planned"], row["open"]) if row["planned"] else (row["rooms"], row["rooms_open"])
    is_alone = row["is_for_one"]
    rooms = min(own[1], 1) if is_alone else own[1]
    return Pace(
        usual_minutes=round(shrunk(float(row["service_minutes"]), usual.visits, usual.minutes), 2),
        visits=row["visits"],
        minutes=round(row["minutes"], 2),
        rooms=0 if row["is_halted"] else rooms if own[0] else 1,
        running=row["running"],
        starts_in_minutes=float(max(0, round(until))),
        spread=round(usual.spread, 2),
        stretches=_stretches(row["ratios"]),
    )


def _stretches(ratios: str) -> tuple[Stretch | None, ...]:
    own: dict[int, Stretch] = {}
    everywhere: dict[int, Stretch] = {}
    for is_own, position, p50, p80 in orjson.loads(ratios):
        (own if is_own else everywhere)[position] = Stretch(p50, p80)
    return stretches_of(own, everywhere)
