"""From a catalogue to a file: CSV with a column that names the kind, or XLSX with a sheet for each kind."""

import csv
from pathlib import Path

import openpyxl

from infra.catalogue.columns import KINDS, Kind
from infra.catalogue.drafts import State

Table = list[list[str]]


def write_file(path: Path, state: State) -> int:
    """Write every row; what comes out can be read in again and is the same. Give the number of lines.

    Raises: ValueError when the name ends neither with .csv nor with .xlsx, OSError.
    """
    match path.suffix.lower():
        case ".csv":
            return _write_csv(path, state)
        case ".xlsx":
            return write_workbook(path, {kind.name: _table(kind, state) for kind in KINDS})
    raise ValueError("只能导出 .csv 或 .xlsx 文件 / only .csv and .xlsx files can be exported")


def write_workbook(path: Path, tables: dict[str, Table]) -> int:
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
    book.save(path)
    return sum(len(table) - 1 for table in tables.values())


def _table(kind: Kind, state: State) -> Table:
    rows = sorted(state[kind.name].values(), key=lambda row: [str(part) for part in kind.key_of(row)])
    return [
        [column.name for column in kind.columns],
        *([column.write(row[column.name]) for column in kind.columns] for row in rows),
    ]


def _write_csv(path: Path, state: State) -> int:
    names = list(dict.fromkeys(column.name for kind in KINDS for column in kind.columns))
    count = 0
    # the mark at the beginning tells Excel that it is UTF-8
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        out = csv.DictWriter(file, ["kind", *names], restval="")
        out.writeheader()
        for kind in KINDS:
            header, *rows = _table(kind, state)
            for row in rows:
                out.writerow({"kind": kind.name, **dict(zip(header, row, strict=True))})
                count += 1
    return count
