"""From lines to drafts: each cell read, each row laid over what already stands under its key. Pure.

Rows are kept in the terms of the file (codes, not identifiers), so that what stands in the database and what the file
wants are the same shape and can be compared.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from miniapp_api.imports.cells import Unreadable
from miniapp_api.imports.columns import KINDS, SCHEDULE, Kind
from miniapp_api.imports.reading import Line
from miniapp_api.imports.report import CHANGED, NEW, BadLine, Difference

Values = dict[str, Any]
Rows = dict[tuple, Values]
State = dict[str, Rows]  # by the name of the kind, by the key


@dataclass(frozen=True)
class Draft:
    """What a line wants. known: the row as it stands, if it does; row: what it shall be, filled up by the rules.

    since: of a weekly clinic the day from which the line holds.
    """

    line: Line
    given: Values
    known: Values | None
    row: Values
    failed: frozenset[str]  # columns that could not be read: nothing more is said about them
    since: date | None = None

    @property
    def is_idle(self) -> bool:
        """Tell whether there is nothing to do: what shall end is not there, or is over by itself."""
        return self.line.kind.ends and self.known is None and not self.row["active"]

    @property
    def is_new(self) -> bool:
        """Tell whether nothing stands under this key yet."""
        return self.known is None and not self.is_idle

    @property
    def is_changed(self) -> bool:
        """Tell whether what stands is something else."""
        return self.known is not None and self.known != self.row

    def bad(self, column: str, code: str, /, **values: Any) -> BadLine:
        """Say that a cell of this line is wrong."""
        return bad_cell(self.line, column, code, **values)

    def difference(self) -> Difference | None:
        """Give what this line makes or changes, in the words of cells."""
        if not (self.is_new or self.is_changed):
            return None
        kind, known = self.line.kind, self.known
        name = self.row.get("name") or self.row.get("question") or ""
        keys = [kind.by_name[key].write(self.row[key]) for key in kind.key if self.row[key] is not None]
        return Difference(
            sheet=self.line.sheet,
            line=self.line.number,
            kind=kind.name,
            name=" ".join([*keys, name]).strip(),
            act=NEW if known is None else CHANGED,
            changes=tuple(
                (column.name, column.write(known[column.name]), column.write(self.row[column.name]))
                for column in kind.columns
                if known is not None and known[column.name] != self.row[column.name]
            ),
        )


Drafts = dict[str, dict[tuple, Draft]]


def bad_cell(line: Line, column: str, code: str, /, **values: Any) -> BadLine:
    """Say that a cell of a line is wrong."""
    return BadLine(line.sheet, line.number, column, code, values)


def draft_all(lines: Iterable[Line], state: State, today: date) -> tuple[Drafts, list[BadLine]]:
    """Make a draft of each line that names its row, and tell every cell that cannot be read.

    state: what stands in the database. Returns: the drafts, and what is wrong so far.
    """
    drafts: Drafts = {kind.name: {} for kind in KINDS}
    bad: list[BadLine] = []
    versions = _Versions(state[SCHEDULE.name])
    for line in lines:
        kind = line.kind
        given, faults = _read_cells(line)
        bad += faults
        failed = frozenset(fault.column for fault in faults)
        has_key = kind.has_key(given) and failed.isdisjoint(kind.key)
        since = max(given.get("valid_from") or today, today) if kind is SCHEDULE else None
        known = None
        if has_key:
            known = state[kind.name].get(kind.key_of(given)) if since is None else versions.at(given, since)
        if known is None and given.get("active") is not False:
            bad += _lacking(line, given, failed)
        if not has_key:
            continue
        row = kind.filled((known or {}) | given)
        if since is not None:
            row["valid_from"] = known["valid_from"] if known else since
            since = max(since, row["valid_from"])
        if known is None and (over := _last_day(row)) is not None and over < today:
            row["active"] = False  # an earlier export holds what is over by now
        key = (*kind.key_of(row)[:-1], since) if since is not None else kind.key_of(row)
        if (twin := drafts[kind.name].get(key)) is not None:
            said = {"sheet": twin.line.sheet, "number": twin.line.number}
            bad.append(bad_cell(line, kind.key[0] if kind.key else "kind", "same_line", **said))
            continue
        drafts[kind.name][key] = Draft(line, given, known, row, failed, since)
    return drafts, bad


class _Versions:
    """The versions of weekly clinics, by practitioner, weekday and beginning."""

    def __init__(self, rows: Rows) -> None:
        self._of: dict[tuple, list[Values]] = defaultdict(list)
        for row in rows.values():
            self._of[SCHEDULE.key_of(row)[:-1]].append(row)

    def at(self, given: Values, since: date) -> Values | None:
        """Give the version that holds from a day on; when no day is named and none holds, the next to come."""
        mine = self._of.get(SCHEDULE.key_of(given)[:-1], [])
        holding = [row for row in mine if row["valid_from"] <= since and (row["valid_until"] or since) >= since]
        if holding or "valid_from" in given:
            return holding[0] if holding else None
        return min(mine, key=lambda row: row["valid_from"], default=None)


def _last_day(row: Values) -> date | None:
    return row.get("valid_until") or row.get("last_day")


def _read_cells(line: Line) -> tuple[Values, list[BadLine]]:
    kind: Kind = line.kind
    given: Values = {}
    bad: list[BadLine] = []
    for word, cell in line.cells.items():
        column = kind.by_name.get(word)
        if column is None:
            bad.append(bad_cell(line, word, "no_such_column", kind=kind.name, kind_zh=kind.words[0]))
        elif column.name in given:
            bad.append(bad_cell(line, word, "given_twice", column=column.name))
        else:
            try:
                given[column.name] = column.read(cell)
            except Unreadable as unreadable:
                bad.append(bad_cell(line, column.name, unreadable.code, **unreadable.values))
    return given, bad


def _lacking(line: Line, given: Values, failed: frozenset[str]) -> list[BadLine]:
    return [
        bad_cell(line, column.name, "needed")
        for column in line.kind.columns
        if column.needed and column.name not in given and column.name not in failed
    ]
