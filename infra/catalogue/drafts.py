"""From lines to drafts: each cell read, each row laid over what already stands under its key. Pure.

Rows are kept in the terms of the file (codes, not identifiers), so that what stands in the database and what the file
wants are the same shape and can be compared.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from infra.catalogue.cells import Unreadable
from infra.catalogue.columns import KINDS, Kind
from infra.catalogue.reading import Line
from infra.catalogue.report import BadLine

Values = dict[str, Any]
Rows = dict[tuple, Values]
State = dict[str, Rows]  # by the name of the kind, by the key


@dataclass(frozen=True)
class Draft:
    """What a line wants. known: the row as it stands, if it does; row: what it shall be, filled up by the rules."""

    line: Line
    given: Values
    known: Values | None
    row: Values
    failed: frozenset[str]  # columns that could not be read: nothing more is said about them

    @property
    def is_new(self) -> bool:
        """Tell whether nothing stands under this key yet."""
        return self.known is None

    @property
    def is_changed(self) -> bool:
        """Tell whether what stands is something else."""
        return self.known is not None and self.known != self.row

    def bad(self, column: str, zh: str, en: str) -> BadLine:
        """Say that a cell of this line is wrong."""
        return bad_cell(self.line, column, zh, en)


Drafts = dict[str, dict[tuple, Draft]]


def bad_cell(line: Line, column: str, zh: str, en: str) -> BadLine:
    """Say that a cell of a line is wrong."""
    return BadLine(line.sheet, line.number, column, zh, en)


def draft_all(lines: Iterable[Line], state: State) -> tuple[Drafts, list[BadLine]]:
    """Make a draft of each line that names its row, and tell every cell that cannot be read.

    state: what stands in the database. Returns: the drafts, and what is wrong so far.
    """
    drafts: Drafts = {kind.name: {} for kind in KINDS}
    bad: list[BadLine] = []
    for line in lines:
        kind = line.kind
        given, faults = _read_cells(line)
        bad += faults
        failed = frozenset(fault.column for fault in faults)
        has_key = kind.has_key(given) and failed.isdisjoint(kind.key)
        key = kind.key_of(given) if has_key else ()
        known = state[kind.name].get(key) if has_key else None
        if known is None:
            bad += _lacking(line, given, failed)
        if not has_key:
            continue
        if (twin := drafts[kind.name].get(key)) is not None:
            where = twin.line.number
            said = f"与 {twin.line.sheet} 第 {where} 行重复", f"the same as line {where} of {twin.line.sheet}"
            bad.append(bad_cell(line, kind.key[0] if kind.key else "kind", *said))
            continue
        defaults = {column.name: column.default for column in kind.columns}
        drafts[kind.name][key] = Draft(line, given, known, {**defaults, **(known or {}), **given}, failed)
    return drafts, bad


def _read_cells(line: Line) -> tuple[Values, list[BadLine]]:
    kind: Kind = line.kind
    given: Values = {}
    bad: list[BadLine] = []
    for word, cell in line.cells.items():
        column = kind.by_name.get(word)
        if column is None:
            said = f"{kind.words[0]} 没有这一列，请留空", f"a {kind.name} has no such column, leave it empty"
            bad.append(bad_cell(line, word, *said))
        elif column.name in given:
            bad.append(bad_cell(line, word, f"与 {column.name} 列重复", f"the column {column.name} is given twice"))
        else:
            try:
                given[column.name] = column.read(cell)
            except Unreadable as unreadable:
                bad.append(bad_cell(line, column.name, unreadable.zh, unreadable.en))
    return given, bad


def _lacking(line: Line, given: Values, failed: frozenset[str]) -> list[BadLine]:
    return [
        bad_cell(line, column.name, "新的一行必须填写", "must be filled in for a new row")
        for column in line.kind.columns
        if column.needed and column.name not in given and column.name not in failed
    ]
