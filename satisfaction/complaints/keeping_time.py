"""Keeps the clocks of a complaint: every due is a function of its events, and the columns on screens are copies of it.

Nobody else writes a due, a stop or a breach.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from satisfaction.clocks import actions as clocks
from satisfaction.clocks.dues import Due, all_dues
from satisfaction.clocks.policies import CLOCK_NAMES, Clock
from satisfaction.complaints import clock_rows, models, timeline
from satisfaction.complaints.clock_rows import Kept
from satisfaction.complaints.models import Complaint
from server import clock
from server.history import SYSTEM

LATE_EVIDENCE = "late_evidence"  # something had happened in time, and was heard of later

_COLUMNS = {
    Clock.ACKNOWLEDGEMENT: ("acknowledge_due_at", "acknowledged_at", "acknowledged"),
    Clock.FIRST_RESPONSE: ("response_due_at", "responded_at", "responded"),
    Clock.ANSWER: ("answer_due_at", "answered_at", "answered"),
}
_BEGINS_A_ROUND = frozenset({"received", "reopened"})


async def happened(
    complaint: Complaint,
    kind: str,
    *,
    at: datetime | None = None,
    entry_id: UUID | None = None,
    cycle: int | None = None,
    **data: Any,
) -> None:
    """Write down an event of a complaint and set its clocks by all of them, in the open transaction.

    The complaint must have been locked, or made, in it; its columns are changed where its dues changed.
    kind: one of the kinds of `complaint_event`. at: when it happened, when that is not now. entry_id: the line of the
    time line that says so. cycle: the round it belongs to, when it is not the present one. data: see `Event`.
    """
    await noted(complaint, kind, at=at, entry_id=entry_id, cycle=cycle, **data)
    await keep(complaint)


async def noted(
    complaint: Complaint,
    kind: str,
    *,
    at: datetime | None = None,
    entry_id: UUID | None = None,
    cycle: int | None = None,
    **data: Any,
) -> None:
    """Write down an event and leave the clocks for `keep`: for several events of one moment."""
    if kind in _BEGINS_A_ROUND:
        data["severity"] = complaint.severity
        if more := await clock_rows.further_departments(complaint.id):
            data["count"] = more
    event = clock_rows.event(kind, at or clock.now(), cycle or complaint.cycle, data)
    await clock_rows.append(complaint.id, event, entry_id)


async def keep(complaint: Complaint, *, why: str = LATE_EVIDENCE, is_an_act: bool = True) -> None:
    """Set the clocks of a complaint by its events: copies, columns, breaches. The complaint must be locked.

    why: the reason of a breach that does not hold any more. is_an_act: somebody did something, so that whoever has seen
        the version before is late; the arrival of a message makes nobody late.
    """
    [kept] = await clock_rows.kept_of([complaint.id])
    terms = await clocks.terms()
    dues = all_dues(kept.events, terms=terms, now=clock.now())
    await clock_rows.write(changed([(kept, dues)]), terms.fingerprint)
    columns = columns_of(dues, complaint.cycle)
    if any(getattr(complaint, name) != value for name, value in columns.items()):
        await (models.change if is_an_act else models.copy)(complaint, **columns)
    await keep_breaches(complaint, kept, dues, why=why)
    await _tell_rests(complaint, kept, dues)


async def _tell_rests(complaint: Complaint, kept: Kept, dues: Sequence[Due]) -> None:
    """Write each pause on the time line when it begins, and its end when the patient ended it."""
    for due in dues:
        old = kept.clocks.get((due.clock, due.cycle))
        was, until = (old[7], old[8]) if old else (None, None)
        rest = due.rest
        if rest is None or due.stopped_at is not None:
            continue
        if rest.starts_at != was:
            latest = clock.local(rest.ends_at)
            words = f"{CLOCK_NAMES[due.clock]}计时暂停，等待患者回复；最迟 {latest:%m-%d %H:%M} 自动恢复计时"
            await timeline.write(complaint, "pause", words, by=SYSTEM)
        elif until is not None and rest.ends_at < until:
            await timeline.write(complaint, "resume", f"患者已回复，{CLOCK_NAMES[due.clock]}恢复计时", by=SYSTEM)


def changed(found: Sequence[tuple[Kept, Sequence[Due]]]) -> list[tuple[UUID, Due]]:
    """Give the dues whose copies are not what they should be."""
    return [
        (kept.complaint_id, due)
        for kept, dues in found
        for due in dues
        if kept.clocks.get((due.clock, due.cycle)) != clock_rows.copy_of(due)
    ]


def columns_of(dues: Sequence[Due], cycle: int) -> dict[str, datetime | None]:
    """Give the columns of `complaint` that show the clocks of a round."""
    columns: dict[str, datetime | None] = {}
    for due in dues:
        if due.cycle == cycle and due.clock in _COLUMNS:
            due_at, stopped_at, stop = _COLUMNS[due.clock]
            columns[due_at] = due.due_at
            columns[stopped_at] = due.stopped_at if due.stopped_by == stop else None
    return columns


def breaches_differ(kept: Kept, dues: Sequence[Due]) -> bool:
    """Tell whether the breaches that are written down are other than those that there are."""
    there_are = {(str(due.clock), due.cycle): due.breached_at for due in dues if due.breached_at}
    return there_are != {key: at for key, (at, holds) in kept.breaches.items() if holds}


async def keep_breaches(complaint: Complaint, kept: Kept, dues: Sequence[Due], *, why: str) -> None:
    """Write down each missed clock once, dated by the clock whoever noticed; mark what does not hold any more."""
    if not breaches_differ(kept, dues):
        return
    for due in dues:
        key = (str(due.clock), due.cycle)
        was, holds = kept.breaches.get(key, (None, False))
        if due.breached_at and (not holds or was != due.breached_at):
            await clock_rows.write_breach(complaint.id, due, due.breached_at)
            if not holds:
                moment = clock.local(due.breached_at)
                words = f"{CLOCK_NAMES[due.clock]}超时（应于 {moment:%m-%d %H:%M} 前）"
                await timeline.write(complaint, "breach", words, by=SYSTEM)
        elif holds and not due.breached_at:
            await clock_rows.withdraw_breach(complaint.id, key, why=why)
            reason = "核实后在时限之内" if why == LATE_EVIDENCE else "时限重新计算后未超时"
            await timeline.write(complaint, "breach", f"{CLOCK_NAMES[due.clock]}超时记录已撤销：{reason}", by=SYSTEM)
