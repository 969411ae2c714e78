"""`import_catalogue`: a file is let in whole or not at all. `export_catalogue`: the same file back."""

import asyncio
from dataclasses import replace
from pathlib import Path

from infra.catalogue.reading import Found, read
from infra.catalogue.report import Report
from infra.catalogue.rules import Words, check
from infra.catalogue.specialities import specialities
from infra.catalogue.store import initials, lock, read_staff, read_state, write
from infra.catalogue.writing import write_file
from miniapp_api.schedules.actions import open_sessions
from server import db

SESSION_DAYS = 14


class _OnlyTried(Exception):
    """A dry run has come to its end: what it wrote is undone."""


async def import_catalogue(path: str | Path, *, dry_run: bool) -> Report:
    """Load a catalogue from a CSV or XLSX file; rows are found by their codes, nothing is deleted.

    dry_run: write everything, count it, and undo it. A file with a bad line changes nothing.
    Returns: every bad line, or how many rows are new, changed and unchanged.
    """
    found = await asyncio.to_thread(read, Path(path))
    if not found.lines:
        return Report(dry_run=dry_run, bad=tuple(found.bad))
    report = Report(dry_run=dry_run)
    try:
        async with db.transaction():
            report = await _load(found, dry_run=dry_run)
            if dry_run:
                raise _OnlyTried
    except _OnlyTried:
        return report
    if not report.is_good:
        return report
    return replace(report, sessions_opened=await open_sessions(days=SESSION_DAYS))


async def export_catalogue(path: str | Path) -> int:
    """Write the whole catalogue into a CSV or XLSX file, which can be imported again and then changes nothing.

    Returns: how many lines it has. Raises: ValueError for another kind of file, OSError.
    """
    async with db.transaction():
        await lock()  # no import in between
        state = await read_state()
    return await asyncio.to_thread(write_file, Path(path), state)


async def _load(found: Found, *, dry_run: bool) -> Report:
    await lock()
    words = Words(specialities=specialities(), initials=initials, staff=await read_staff())
    checked = check(found.lines, await read_state(), words)
    bad = [*found.bad, *checked.bad]
    if bad:
        sheets = {line.sheet: place for place, line in reversed(list(enumerate(found.lines)))}
        return Report(dry_run=dry_run, bad=tuple(sorted(bad, key=lambda one: (sheets.get(one.sheet, -1), one.line))))
    await write(checked.to_write())
    return Report(dry_run=dry_run, counts=checked.counts())
