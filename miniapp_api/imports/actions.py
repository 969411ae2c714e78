"""`import_file`: a file is let in whole or not at all. `export_state`: the same file back."""

import asyncio
import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID

from miniapp_api.administration.errors import InUse
from miniapp_api.administration.models import KINDS as KEPT
from miniapp_api.administration.retiring import check_rest
from miniapp_api.catalogue.specialities import specialities
from miniapp_api.catalogue.spelling import initials
from miniapp_api.errors import PlanChanged, ScheduleOverlap
from miniapp_api.imports.columns import DEPARTMENT, KINDS, PRACTITIONER, ROOM, SCHEDULING, Kind
from miniapp_api.imports.drafts import Draft
from miniapp_api.imports.reading import Found, read, read_content
from miniapp_api.imports.report import BadLine, Report
from miniapp_api.imports.rules import Checked, Words, check
from miniapp_api.imports.steps import Done, carry_out, refused
from miniapp_api.imports.store import lock, read_staff, read_state, write, write_changes
from miniapp_api.imports.writing import tables_of, write_csv, write_file, write_workbook
from miniapp_api.schedules import models as plans
from miniapp_api.schedules.actions import compare
from miniapp_api.schedules.actions import write as write_plan
from miniapp_api.schedules.announcements import announce_conflicts
from miniapp_api.schedules.differences import Changes
from miniapp_api.schedules.rules import WhyLeftOut
from miniapp_api.schedules.views import show_plan
from server import clock, db
from server.accounts import Role, SignedInStaff

_NOBODY: Any = None  # a command is no member of staff: the history names nobody
COMMAND = SignedInStaff(id=_NOBODY, name="import", grants=((Role.ADMIN, None),))
ROUNDS = 2  # as everywhere where a plan is written: the second settles what was booked under the first
RESTING = (DEPARTMENT, PRACTITIONER, ROOM)


class _OnlyTried(Exception):
    """A dry run, or a file with a bad line, has come to its end: what it wrote is undone."""


@dataclass(frozen=True)
class Asked:
    """Who imports, and how. digest: of the dry run that was seen; None: nobody looked."""

    staff: SignedInStaff = COMMAND
    dry_run: bool = True
    digest: str | None = None
    why: str = ""


async def import_catalogue(path: str | Path, *, dry_run: bool) -> Report:
    """Load a catalogue from a CSV or XLSX file; rows are found by their codes, nothing is deleted.

    dry_run: write everything, count it, and undo it. A file with a bad line changes nothing.
    Returns: every bad line, or how many rows are new, changed and unchanged.
    """
    found = await asyncio.to_thread(read, Path(path))
    return await _load(found, Asked(dry_run=dry_run, why=f"导入 {Path(path).name}"[:200]))


async def import_content(content: bytes, name: str, only: Kind | None, asked: Asked) -> Report:
    """Load a file that lies in memory. name: with its suffix; only: it holds lines of this kind alone.

    Raises: PlanChanged when it would not do any more what its dry run has shown.
    """
    return await _load(await asyncio.to_thread(read_content, content, name, only), asked)


async def export_catalogue(path: str | Path) -> int:
    """Write the whole catalogue into a CSV or XLSX file, which can be imported again and then changes nothing.

    Returns: how many lines it has. Raises: ValueError for another kind of file, OSError.
    """
    async with db.transaction():
        await lock()  # no import in between
        state = await read_state()
    return await asyncio.to_thread(write_file, Path(path), state)


async def export_content(kinds: Sequence[Kind], *, as_workbook: bool) -> bytes:
    """Give some kinds as the bytes of a CSV or XLSX file."""
    async with db.transaction():
        await lock()
        state = await read_state()
    file = io.BytesIO()
    if as_workbook:
        await asyncio.to_thread(write_workbook, file, tables_of(state, kinds))
    else:
        await asyncio.to_thread(write_csv, file, state, kinds)
    return file.getvalue()


async def _load(found: Found, asked: Asked) -> Report:
    if not found.lines:
        return Report(dry_run=asked.dry_run, bad=tuple(found.bad))
    report = Report(dry_run=asked.dry_run)
    try:
        async with db.transaction():
            report = await _write(found, asked)
            if asked.dry_run or not report.is_good:
                raise _OnlyTried
            if asked.digest is not None and report.digest != asked.digest:
                raise PlanChanged()
    except _OnlyTried:
        return report
    return report


async def _write(found: Found, asked: Asked) -> Report:
    """Write everything in the open transaction; what is wrong then makes the caller undo it."""
    await lock()
    await db.fetch(plans.LOCK)
    words = Words(specialities=specialities(), initials=initials, today=clock.today(), staff=await read_staff())
    state = await read_state()
    checked = await asyncio.to_thread(check, found.lines, state, words)
    if bad := [*found.bad, *checked.bad]:
        return _refusal(found, asked, bad)
    known = await _compare(None) if _changes_plan(checked) else Changes()
    catalogue = {name: rows for name, rows in checked.to_write().items() if name not in {k.name for k in SCHEDULING}}
    await write(catalogue, by_id=asked.staff.id)
    for kind in KINDS:
        await write_changes(kind, checked.drafts[kind.name].values(), by_id=asked.staff.id, why=asked.why)
    done = await carry_out(asked.staff, checked.drafts, asked.why)
    done.bad += await _still_used(checked)
    if _turned(checked):
        done.reach(None)
    changes = Changes()
    if not done.bad:
        changes = await _compare(done.departments)
        done.bad += _without_room(done, changes)
    if done.bad:
        return _refusal(found, asked, done.bad)
    report = Report(dry_run=asked.dry_run, counts=checked.counts(), differences=checked.differences())
    if done.departments is None or done.departments:
        report = replace(report, plan=await _shown(changes, known))
        if not asked.dry_run:
            report = replace(report, sessions_opened=await _plan_again(done.departments, changes))
    return report


def _refusal(found: Found, asked: Asked, bad: Sequence[BadLine]) -> Report:
    """Tell what is wrong in the order of the file."""
    sheets = {line.sheet: place for place, line in reversed(list(enumerate(found.lines)))}
    in_order = sorted(bad, key=lambda one: (sheets.get(one.sheet, -1), one.line))
    return Report(dry_run=asked.dry_run, bad=tuple(in_order))


def _changes_plan(checked: Checked) -> bool:
    drafts = (draft for kind in SCHEDULING for draft in checked.drafts[kind.name].values())
    return bool(_turned(checked)) or any(draft.is_new or draft.is_changed for draft in drafts)


def _turned(checked: Checked) -> list[tuple[Kind, Draft]]:
    """Give the lines that put something out of use, or bring it back."""
    return [
        (kind, draft)
        for kind in RESTING
        for draft in checked.drafts[kind.name].values()
        if draft.known is not None and draft.known["active"] != draft.row["active"]
    ]


async def _still_used(checked: Checked) -> list[BadLine]:
    """What people booked stays in use, whoever puts it out: by a file as by hand."""
    bad = []
    for kind, draft in _turned(checked):
        row = await db.fetch_one(f"SELECT id, active FROM {kind.name} WHERE code = $1", draft.row["code"])
        if row is None or row["active"]:
            continue
        try:
            await check_rest(KEPT[kind.name], row["id"])
        except InUse as error:
            bad.append(refused(draft, error))
    return bad


def _without_room(done: Done, changes: Changes) -> list[BadLine]:
    """Tell the extra clinics that would lie across another clinic of their practitioner."""
    busy = {one.session.exception_id for one in changes.left_out if one.why is WhyLeftOut.BUSY}
    return [refused(draft, ScheduleOverlap()) for row_id, draft in done.extras.items() if row_id in busy]


async def _compare(departments: set[UUID] | None) -> Changes:
    changes = Changes()
    for department_id in await _in_order(departments):
        changes.add(await compare(department_id))
    return changes


async def _in_order(departments: set[UUID] | None) -> list[UUID]:
    if departments is None:
        return [row["id"] for row in await db.fetch(plans.DEPARTMENTS)]
    return sorted(departments)


async def _shown(changes: Changes, known: Changes) -> dict[str, Any]:
    """Show what the plan changes, as a preview of schedules does; conflicts that stood before are nobody's news."""
    before = {(one.session.id, one.band and one.band.id, one.why) for one in known.conflicts}
    fresh = [one for one in changes.conflicts if (one.session.id, one.band and one.band.id, one.why) not in before]
    return await show_plan(_digest(changes), replace(changes, conflicts=fresh))


def _digest(changes: Changes) -> str:
    """Name what a plan does to what stands. What it makes follows from the lines, and has other ids in each run."""
    parts = [
        *(f"gone {one.id}" for one in changes.gone_sessions),
        *(f"gone {band.id}" for _, band in changes.gone_bands),
        *(f"places {one.band.id} {one.capacity}" for one in changes.capacities),
        *(f"session {one.session.id} {one.status}" for one in changes.sessions),
        *(f"booked {one.session.id} {one.band and one.band.id} {one.why} {one.taken}" for one in changes.conflicts),
        f"new {len(changes.new_sessions)} {len(changes.new_bands)} {len(changes.left_out)}",
    ]
    return hashlib.sha256("\n".join(sorted(parts)).encode()).hexdigest()[:32]


async def _plan_again(departments: set[UUID] | None, changes: Changes) -> int:
    """Write the plan; what is booked stays, and stands in the list of conflicts. Give how many sessions were made."""
    made = await write_plan(changes)
    for _ in range(ROUNDS - 1):
        changes = await _compare(departments)
        made += 0 if changes.is_empty else await write_plan(changes)
    for department_id in await _in_order(departments):
        await announce_conflicts(department_id, changes)
    return made
