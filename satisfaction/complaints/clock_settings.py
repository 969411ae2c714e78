"""Working calendars and promises as the hospital sets them: tried out on the open complaints, saved as versions."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
from uuid import UUID

import orjson

from satisfaction.clocks import actions as clocks
from satisfaction.clocks.calendars import AROUND_THE_CLOCK, WORKDAYS, Hours, Plan, Span
from satisfaction.clocks.dues import all_dues
from satisfaction.clocks.policies import Terms
from satisfaction.clocks.reading import policy_from
from satisfaction.complaints import clock_rows
from satisfaction.errors import CalendarFixed
from server import clock, db
from server.accounts import SignedInStaff
from server.errors import NotFound, SomeoneWasFaster, wrong_field
from server.jobs import ring

FIXED = frozenset({AROUND_THE_CLOCK, WORKDAYS})  # what the law counts by follows the official days alone
TRIED_AT_MOST = 5_000
EXAMPLES = 30
AT_ONCE = 500
HISTORY_SHOWN = 30

_HISTORY = """
SELECT v.version, v.at, coalesce(s.name, '') AS by_name, v.why FROM {} v LEFT JOIN staff s ON s.id = v.by_id
WHERE {} ORDER BY v.version DESC LIMIT $1
"""


@dataclass
class Trial:
    """What saving would change. is_all: these were all open complaints, not only the newest of them."""

    looked: int = 0
    changed: int = 0
    late: int = 0  # clocks that would be missed at once
    freed: int = 0  # clocks that would not be missed any more
    is_all: bool = True
    by_clock: Counter[str] = field(default_factory=Counter)
    examples: list[dict[str, Any]] = field(default_factory=list)


# ---- calendars -----------------------------------------------------------------------------------------------------


def code_of(plan: Plan) -> Mapping[str, Any]:
    """Write a calendar as a version keeps it."""
    return {
        "name": plan.name,
        "follows_workdays": plan.follows_workdays,
        "weekly": {str(weekday): _pairs(spans) for weekday, spans in plan.weekly.items()},
        "dates": {day.isoformat(): _pairs(spans) for day, spans in plan.dates.items()},
        "days": {day.isoformat(): is_open for day, is_open in plan.days.items()},
    }


def _pairs(spans: Hours) -> list[list[int]]:
    return [[span.starts_minute, span.ends_minute] for span in spans]


async def save_calendar(staff: SignedInStaff, plan: Plan, *, seen: int, why: str) -> None:
    """Let a calendar be another one from now on; the open complaints are recomputed soon.

    seen: the version that was changed, 0 for one that is as shipped or new. Raises: CalendarFixed, SomeoneWasFaster.
    """
    if plan.code in FIXED:
        raise CalendarFixed()
    async with db.transaction():
        row = await db.fetch_one(
            "INSERT INTO work_calendar AS c (code, name, follows_workdays, version) VALUES ($1, $2, $3, 1)"
            " ON CONFLICT (code) DO UPDATE SET name = excluded.name, follows_workdays = excluded.follows_workdays,"
            " version = c.version + 1 WHERE c.version = $4 RETURNING version",
            plan.code,
            plan.name,
            plan.follows_workdays,
            seen,
        )
        if row is None or row["version"] != seen + 1:
            raise SomeoneWasFaster()
        await db.fetch("DELETE FROM work_interval WHERE calendar = $1", plan.code)
        await db.fetch("DELETE FROM work_day WHERE calendar = $1", plan.code)
        await _write_hours(plan)
        await db.fetch(
            "INSERT INTO work_calendar_change (code, version, value, by_id, why) VALUES ($1, $2, $3, $4, $5)",
            plan.code,
            row["version"],
            orjson.dumps(code_of(plan)).decode(),
            staff.id,
            why,
        )
    ring("recompute_dues")


async def _write_hours(plan: Plan) -> None:
    rows: list[tuple[int | None, date | None, Span]] = [
        (weekday, None, span) for weekday, spans in plan.weekly.items() for span in spans
    ]
    rows += [(None, day, span) for day, spans in plan.dates.items() for span in spans]
    await db.fetch(
        "INSERT INTO work_interval (calendar, weekday, day, starts_minute, ends_minute)"
        " SELECT $1, n.* FROM unnest($2::integer[], $3::date[], $4::integer[], $5::integer[]) AS n",
        plan.code,
        [row[0] for row in rows],
        [row[1] for row in rows],
        [row[2].starts_minute for row in rows],
        [row[2].ends_minute for row in rows],
    )
    await db.fetch(
        "INSERT INTO work_day (calendar, day, kind) SELECT $1, n.* FROM unnest($2::date[], $3::text[]) AS n",
        plan.code,
        list(plan.days),
        ["open" if is_open else "closed" for is_open in plan.days.values()],
    )


async def calendar_versions() -> dict[str, int]:
    """Give the version of each calendar that the hospital changed."""
    return {row["code"]: row["version"] for row in await db.fetch("SELECT code, version FROM work_calendar")}


async def calendar_history(code: str) -> list[dict[str, Any]]:
    """List who changed a calendar when and why, the newest first."""
    return await db.fetch(_HISTORY.format("work_calendar_change", "v.code = $2"), HISTORY_SHOWN, code)


# ---- promises ------------------------------------------------------------------------------------------------------


async def save_policy(staff: SignedInStaff, value: Mapping[str, Any], *, seen: int, why: str) -> None:
    """Let other promises hold from now on; clocks that run count by them from their start.

    Raises: Malformed for a calendar that does not exist, SomeoneWasFaster.
    """
    check_calendars(value, await clocks.terms())
    async with db.transaction():
        row = await db.fetch_one(
            "INSERT INTO clock_policy (version, value, by_id, why) SELECT $1, $2, $3, $4"
            " WHERE (SELECT coalesce(max(version), 0) FROM clock_policy) = $1 - 1"
            " ON CONFLICT DO NOTHING RETURNING version",
            seen + 1,
            orjson.dumps(value).decode(),
            staff.id,
            why,
        )
        if row is None:
            raise SomeoneWasFaster()
    ring("recompute_dues")


def check_calendars(value: Mapping[str, Any], terms: Terms) -> None:
    """Refuse promises that count by a calendar that does not exist.

    Raises: Malformed.
    """
    for name, promise in value["promises"].items():
        for severity, code in promise["calendars"].items():
            if code not in terms.calendars:
                raise wrong_field(f"/promises/{name}/calendars/{severity}", "value_error", "no such calendar")


async def policy_history() -> list[dict[str, Any]]:
    """List who changed the promises when and why, the newest first."""
    return await db.fetch(_HISTORY.format("clock_policy", "true"), HISTORY_SHOWN)


# ---- trying out ----------------------------------------------------------------------------------------------------


async def try_calendar(plan: Plan) -> Trial:
    """Say what the open complaints' dues would be by another calendar; nothing is kept.

    Raises: CalendarFixed.
    """
    if plan.code in FIXED:
        raise CalendarFixed()
    terms = await clocks.terms()
    like = terms.calendars[WORKDAYS]
    return await _tried(replace(terms, calendars={**terms.calendars, plan.code: like.with_plan(plan)}))


async def try_policy(value: Mapping[str, Any]) -> Trial:
    """Say what the open complaints' dues would be by other promises; nothing is kept.

    Raises: Malformed for a calendar that does not exist.
    """
    terms = await clocks.terms()
    check_calendars(value, terms)
    policy = policy_from(value, version=terms.policies[-1].version + 1, since=clock.now())
    return await _tried(replace(terms, policies=(*terms.policies, policy)))


async def _tried(terms: Terms) -> Trial:
    rows = await db.fetch(
        "SELECT id, number FROM complaint WHERE closed_at IS NULL ORDER BY id DESC LIMIT $1", TRIED_AT_MOST + 1
    )
    trial = Trial(is_all=len(rows) <= TRIED_AT_MOST)
    rows = rows[:TRIED_AT_MOST]
    numbers = {row["id"]: row["number"] for row in rows}
    ids: Sequence[UUID] = list(numbers)
    for begin in range(0, len(ids), AT_ONCE):
        for kept in await clock_rows.kept_of(ids[begin : begin + AT_ONCE]):
            trial.looked += 1
            _compare(kept, numbers[kept.complaint_id], terms, trial)
    return trial


def _compare(kept: clock_rows.Kept, number: str, terms: Terms, trial: Trial) -> None:
    for due in all_dues(kept.events, terms=terms, now=clock.now()):
        was = kept.clocks.get((due.clock, due.cycle))
        if was is None or due.stopped_at is not None or was[1] == due.due_at:
            continue
        trial.changed += 1
        trial.by_clock[due.clock] += 1
        trial.late += due.breached_at is not None and was[6] is None
        trial.freed += due.breached_at is None and was[6] is not None
        if len(trial.examples) < EXAMPLES:
            trial.examples.append(
                {
                    "complaint_id": kept.complaint_id,
                    "number": number,
                    "clock": str(due.clock),
                    "was_due_at": was[1],
                    "due_at": due.due_at,
                }
            )


# ---- runs ----------------------------------------------------------------------------------------------------------


async def runs() -> list[dict[str, Any]]:
    """List the last times that all open complaints were looked at."""
    return await db.fetch(
        "SELECT id, why, started_at, done_at, looked, changed FROM dues_run ORDER BY started_at DESC, id DESC LIMIT 20"
    )


async def run_changes(run_id: UUID) -> list[dict[str, Any]]:
    """List what a run changed, at most 200.

    Raises: NotFound.
    """
    if await db.fetch_one("SELECT 1 AS found FROM dues_run WHERE id = $1", run_id) is None:
        raise NotFound()
    return await db.fetch(
        "SELECT h.complaint_id, c.number, h.clock, h.was_due_at, h.due_at FROM dues_change h"
        " JOIN complaint c ON c.id = h.complaint_id WHERE h.run_id = $1 ORDER BY h.due_at, h.complaint_id LIMIT 200",
        run_id,
    )
