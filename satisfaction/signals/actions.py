"""Stepping the charts answer by answer, raising, taking and closing signals, and setting how high charts must climb."""

import asyncio
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import orjson

from satisfaction.scores.rules import dimension_name
from satisfaction.signals import models, rules
from satisfaction.signals.models import Signal
from satisfaction.signals.rules import SIGNAL, SignalState, Stream
from server import clock, db
from server.accounts import SignedInStaff
from server.errors import NotFound, SomeoneWasFaster
from server.events import publish
from server.facts import AlertAcknowledged, SignalRaised, SignalSettled, SignalsGathered
from server.history import SYSTEM, By, born, move
from server.ids import new_id

BATCH = 500
DIGEST_AT = time(8, 0)  # on Mondays
LANGUAGE = "zh-CN"  # of what is told to staff


@dataclass
class _Chart:
    department_id: UUID
    dimension: str
    value: float
    p0: float
    h: float
    n: int
    reached: float = 0.0  # the highest value at or above h in this look

    def take(self, *, is_bad: bool) -> None:
        self.value = rules.step(self.value, is_bad=is_bad, p0=self.p0)
        self.n = self.n + 1 if self.value > 0 else 0
        if is_bad and self.value >= self.h:
            self.reached = max(self.reached, self.value)


async def look() -> int:
    """Take the answers that nobody has looked at, each once; give how many."""
    total = 0
    while taken := await _look_once():
        total += taken
        if taken < BATCH:
            break
    return total


async def _look_once() -> int:
    async with db.transaction():
        ids = [row["response_id"] for row in await db.fetch(models.TAKE, BATCH)]
        if not ids:
            return 0
        steps = await db.fetch(models.STEPS, ids)
        keys = sorted({(row["department_id"], row["dimension"]) for row in steps})
        if keys:
            charts = await _charts(keys)
            for row in steps:
                charts[row["department_id"], row["dimension"]].take(is_bad=row["is_bad"])
            await _raise([chart for chart in charts.values() if chart.reached])
            await db.fetch(
                models.KEEP,
                *_columns(keys),
                [charts[key].value for key in keys],
                [charts[key].n for key in keys],
            )
        await db.fetch(models.DONE, ids)
    return len(ids)


def _columns(keys: list[tuple[UUID, str]]) -> tuple[list[UUID], list[str]]:
    return [department_id for department_id, _ in keys], [dimension for _, dimension in keys]


async def _charts(keys: list[tuple[UUID, str]]) -> dict[tuple[UUID, str], _Chart]:
    await db.fetch(models.MAKE, *_columns(keys), rules.NEW_P0, rules.NEW_H)
    rows = await db.fetch(models.LOCK, *_columns(keys))
    return {(row["department_id"], row["dimension"]): _Chart(**row) for row in rows}


async def _raise(charts: list[_Chart]) -> None:
    """Raise for the charts that reached h, the highest first, and tell whoever leads; at most five a day and person."""
    if not charts:
        return
    await db.fetch(models.TELLING_LOCK)
    for chart in sorted(charts, key=lambda one: (-one.reached / one.h, one.dimension)):
        bad = max(1, rules.bad_answers(chart.value, chart.n, chart.p0))
        row = await db.fetch_one(
            models.RAISE,
            new_id(),
            chart.department_id,
            chart.dimension,
            chart.reached,
            chart.h,
            chart.p0,
            bad,
            max(bad, chart.n),
        )
        assert row is not None  # inserted, or added to the open one
        if row["is_new"]:
            await born(SIGNAL, await Signal.get(id=row["id"]), SignalState.RAISED, by=SYSTEM)
            await _tell(row["id"], chart)
        elif row["state"] == SignalState.ACKNOWLEDGED:
            chart.value, chart.n = 0.0, 0  # it is written down; the chart begins anew


async def _tell(signal_id: UUID, chart: _Chart) -> None:
    today = clock.today()
    told = []
    for leader in await db.fetch(models.LEADERS, chart.department_id, today):
        place = leader["told"] + 1
        is_now = place <= rules.TOLD_A_DAY
        await db.fetch(models.TELL, signal_id, leader["id"], today, place if is_now else None)
        if is_now:
            told.append(leader["id"])
    name = await db.fetch_one("SELECT name FROM department WHERE id = $1", chart.department_id)
    await publish(
        SignalRaised(
            signal_id=signal_id,
            department_id=chart.department_id,
            department_name=name["name"] if name else "",
            dimension=chart.dimension,
            dimension_name=dimension_name(chart.dimension, LANGUAGE),
            value=round(chart.reached, 2),
            staff_ids=tuple(told),
            at=clock.now(),
        )
    )


async def gather() -> int:
    """On Monday from eight o'clock tell of the signals that were too many for their day; give to how many people."""
    now = clock.local(clock.now())
    monday = now.date() - timedelta(days=now.weekday())
    if now < datetime.combine(monday, DIGEST_AT, now.tzinfo):
        return 0
    async with db.transaction():
        rows = await db.fetch(models.DIGEST, monday)
        for row in rows:
            signals = orjson.loads(row["signals"])
            await publish(
                SignalsGathered(
                    staff_id=row["staff_id"],
                    week=monday,
                    names=tuple(f"{name}·{dimension_name(dimension, LANGUAGE)}" for name, dimension in signals),
                    at=clock.now(),
                )
            )
    return len(rows)


# ---- what people do ----------------------------------------------------------------------------------------------


async def acknowledge(staff: SignedInStaff, signal_id: UUID, departments: list[UUID] | None) -> None:
    """Take a signal: its chart begins anew. Taking one that is taken changes nothing.

    Raises: NotFound.
    """
    async with db.transaction():
        signal = await _of(signal_id, departments)
        if signal.state == SignalState.RAISED:
            await _take(signal, staff.by)


async def acknowledge_by_alert(fact: AlertAcknowledged) -> None:
    """Take the signal whose alert somebody has acknowledged."""
    if fact.subject_kind != "signal":
        return
    async with db.transaction():
        signal = await db.lock(Signal, fact.subject_id)
        if signal.state == SignalState.RAISED:
            await _take(signal, By(kind="staff", id=fact.staff_id, channel="desk", name=fact.staff_name))


async def _take(signal: Signal, by: By) -> None:
    now = clock.now()
    await move(SIGNAL, signal, SignalState.ACKNOWLEDGED, by=by, acknowledged_by=by.id, acknowledged_at=now)
    await db.fetch(models.RESET, signal.department_id, signal.dimension)
    await publish(SignalSettled(signal_id=signal.id))


async def close(staff: SignedInStaff, signal_id: UUID, note: str, departments: list[UUID] | None) -> None:
    """Close a signal with a note of what it was; its chart begins anew.

    Raises: NotFound, IllegalMove.
    """
    async with db.transaction():
        signal = await _of(signal_id, departments)
        was = signal.state
        changes: dict[str, Any] = {"closed_by": staff.id, "closed_at": clock.now(), "note": note}
        await move(SIGNAL, signal, SignalState.CLOSED, by=staff.by, **changes)
        if was == SignalState.RAISED:
            await db.fetch(models.RESET, signal.department_id, signal.dimension)
        await publish(SignalSettled(signal_id=signal.id))


async def _of(signal_id: UUID, departments: list[UUID] | None) -> Signal:
    signal = await db.lock(Signal, signal_id)
    if departments is not None and signal.department_id not in departments:
        raise NotFound()
    return signal


# ---- how high charts must climb ----------------------------------------------------------------------------------


async def budget() -> tuple[int, float]:
    """Give the version and the false alarms a week that the hospital accepts; version 0: nothing was decided."""
    rows = await db.fetch(models.BUDGETS, 1)
    return (rows[0]["version"], rows[0]["false_alarms_a_week"]) if rows else (0, rules.BUDGET)


async def decide_budget(staff: SignedInStaff, false_alarms_a_week: float, why: str) -> None:
    """Decide anew how many false alarms a week are accepted, and set the charts by it.

    Raises: SomeoneWasFaster.
    """
    version, _ = await budget()
    if not await db.fetch(models.DECIDE, version + 1, false_alarms_a_week, staff.id, why):
        raise SomeoneWasFaster()
    await tune()


async def tune_weekly() -> bool:
    """Set the charts once a week, and tell whether it was now."""
    today = clock.today()
    row = await db.fetch_one(models.TUNED)
    monday = today - timedelta(days=today.weekday())
    if row is not None and row["day"] is not None and row["day"] >= monday:
        return False
    return await tune()


async def tune() -> bool:
    """Set p0 of every unit and dimension from its last 90 days, and one h so that together they keep the budget."""
    today = clock.today()
    rows = await db.fetch(models.HISTORY, today - timedelta(days=rules.HISTORY_DAYS))
    if not rows:
        return False
    _, accepted = await budget()
    streams, h = await asyncio.to_thread(_set, rows, accepted)
    await db.fetch(
        models.TUNE,
        [row["department_id"] for row in rows],
        [row["dimension"] for row in rows],
        [stream.p0 for stream in streams],
        [stream.a_week for stream in streams],
        h,
        today,
    )
    return True


def _set(rows: list[dict[str, Any]], accepted: float) -> tuple[list[Stream], float]:
    elsewhere: dict[str, tuple[int, int]] = {}
    for row in rows:
        bad, n = elsewhere.get(row["dimension"], (0, 0))
        elsewhere[row["dimension"]] = (bad + row["bad"], n + row["n"])
    weeks = rules.HISTORY_DAYS / 7
    streams = []
    for row in rows:
        bad, n = elsewhere[row["dimension"]]
        streams.append(Stream(rules.usual_share(row["bad"], row["n"], bad / n), row["n"] / weeks))
    return streams, rules.threshold(streams, accepted)


async def standing() -> dict[str, Any]:
    """Give how the charts are set: h, expected false alarms a week, how many units and dimensions, answers a week."""
    rows = await db.fetch(models.STREAMS)
    streams = [Stream(row["p0"], row["a_week"]) for row in rows]
    h = max((row["h"] for row in rows), default=rules.NEW_H)
    expected = await asyncio.to_thread(rules.false_alarms, streams, h)
    day: date | None = ((await db.fetch_one(models.TUNED)) or {}).get("day")
    return {
        "h": h,
        "expected": round(expected, 2),
        "streams": len(streams),
        "answers_a_week": round(sum(stream.a_week for stream in streams)),
        "tuned_on": day.isoformat() if day else None,
    }
