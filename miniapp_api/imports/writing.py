"""From a catalogue to a file: CSV with a column that names the kind, or XLSX with a sheet for each kind."""

import csv
import io
import re
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

import openpyxl

from miniapp_api.imports.columns import KINDS, Kind
from miniapp_api.imports.drafts import State
from miniapp_api.imports.reading import FORMULA_SIGNS

Table = list[list[str]]
_NUMBER = re.compile(r"-\d+(\.\d+)?")


def write_file(path: Path, state: State, kinds: Sequence[Kind] = KINDS) -> int:
    """Write every row of some kinds; what comes out can be read in again and is the same. Give the number of lines.

    Raises: ValueError when the name ends neither with .csv nor with .xlsx, OSError.
    """
    match path.suffix.lower():
        case ".csv":
            with path.open("wb") as file:
                return write_csv(file, state, kinds)
        case ".xlsx":
            return write_workbook(path, tables_of(state, kinds))
    raise ValueError("只能导出 .csv 或 .xlsx 文件 / only .csv and .xlsx files can be exported")


def tables_of(state: State, kinds: Sequence[Kind] = KINDS) -> dict[str, Table]:
    """Give a table for each kind, with its header."""
    return {kind.name: _table(kind, state) for kind in kinds}


def write_workbook(path: Path | BinaryIO, tables: dict[str, Table]) -> int:
    """Write tables as the sheets of a workbook, every cell as text; give the number of lines below the headers."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, table in tables.items():
        sheet = book.create_sheet(name)
        for row, texts in enumerate(table, start=1):
            for column, text in enumerate(texts, start=1):
                if text:
                    cell = sheet.cell(row=row, column=column)
                    cell.number_format = "@"  # text: Excel would make 3.1 of the code 03.10
                    cell.value = text
                    cell.data_type = "s"  # and a formula of what begins with =
                    cell.quotePrefix = True  # also when somebody goes into the cell and out again
    book.save(path)
    return sum(len(table) - 1 for table in tables.values())


def _table(kind: Kind, state: State) -> Table:
    rows = sorted(state[kind.name].values(), key=lambda row: [str(part) for part in kind.key_of(row)])
    return [
        [column.name for column in kind.columns],
        *([column.write(row[column.name]) for column in kind.columns] for row in rows),
    ]


def write_csv(file: BinaryIO, state: State, kinds: Sequence[Kind] = KINDS) -> int:
    """Write some kinds as CSV: with a column that names the kind when there are several. Give the number of lines."""
    names = list(dict.fromkeys(column.name for kind in kinds for column in kind.columns))
    count = 0
    # the mark at the beginning tells Excel that it is UTF-8
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="", write_through=True)
    out = csv.DictWriter(text, [*(["kind"] if len(kinds) > 1 else []), *names], restval="", extrasaction="ignore")
    out.writeheader()
    for kind in kinds:
        header, *rows = _table(kind, state)
        for row in rows:
            cells = {name: harmless(cell) for name, cell in zip(header, row, strict=True)}
            out.writerow({"kind": kind.name, **cells})
            count += 1
    text.detach()
    return count


def harmless(cell: str) -> str:
    """Put an apostrophe before what a programme of tables would carry out as a formula; a number is none."""
    return f"'{cell}" if cell.startswith(FORMULA_SIGNS) and not _NUMBER.fullmatch(cell) else cell
