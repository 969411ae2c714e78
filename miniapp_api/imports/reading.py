"""From a file to lines: CSV in UTF-8 or GB18030, and XLSX. Knows headers and sheets, not what a cell must say."""

import csv
import io
import warnings
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import time, timedelta
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from miniapp_api.imports.cells import shown
from miniapp_api.imports.columns import COLUMN_WORDS, KIND_BY_WORD, KIND_WORDS, KINDS, NOTES, Kind
from miniapp_api.imports.report import BadLine

MEGABYTE = 1024 * 1024
LARGEST_FILE = 20 * MEGABYTE
LARGEST_UNPACKED = 100 * MEGABYTE
MOST_PARTS = 500  # of an archive: sheets, styles and the like
MOST_LINES = 50_000
MOST_ROWS = 200_000  # empty ones too
MOST_COLUMNS = 200
FORMULA_SIGNS = tuple("=+-@\t\r'")  # with which a programme of tables begins to calculate
_KINDS = "、".join(f"{kind.name} {kind.words[0]}" for kind in KINDS)


@dataclass(frozen=True)
class Line:
    """One line: which kind it is of, and its filled cells by the words of the header."""

    sheet: str
    number: int
    kind: Kind
    cells: dict[str, str]


@dataclass
class Found:
    """What a file holds: its lines, and what was wrong before any cell was looked at."""

    lines: list[Line] = field(default_factory=list)
    bad: list[BadLine] = field(default_factory=list)


class _Useless(Exception):
    """The file as a whole cannot be read."""

    def __init__(self, code: str, *, line: int = 0, **values: Any) -> None:
        super().__init__(code)
        self.code = code
        self.values = values
        self.line = line


Row = tuple[int, list[str]]  # its number in the file, its cells as texts


def read(path: Path, only: Kind | None = None) -> Found:
    """Read every line of a file. Its own faults are among what is bad; nothing is raised.

    only: the file holds lines of this kind alone, and need not say so.
    """
    try:
        if path.stat().st_size > LARGEST_FILE:
            return _useless(path.name, _Useless("too_large", most=LARGEST_FILE // MEGABYTE))
        content = path.read_bytes()
    except OSError as error:
        return _useless(path.name, _Useless("cannot_open", error=error.strerror))
    return read_content(content, path.name, only)


def read_content(content: bytes, name: str, only: Kind | None = None) -> Found:
    """Read every line of a file that lies in memory. name: what it is called, with its suffix."""
    found = Found()
    try:
        for sheet, rows in _sheets(content, name):
            _read_sheet(sheet, rows, found, only)
    except _Useless as useless:
        found.bad += _useless(name, useless).bad
    if not found.lines and not found.bad:
        found.bad.append(BadLine(name, 0, "", "empty"))
    return found


def _useless(name: str, why: _Useless) -> Found:
    return Found(bad=[BadLine(name, why.line, "", why.code, why.values)])


def _sheets(content: bytes, name: str) -> list[tuple[str, list[Row]]]:
    match Path(name).suffix.lower():
        case ".csv":
            return [(name, list(_csv_rows(content)))]
        case ".xlsx":
            return _xlsx_sheets(content)
    raise _Useless("other_file")


def _csv_rows(raw: bytes) -> Iterator[Row]:
    reader = csv.reader(io.StringIO(_decoded(raw), newline=""), strict=True)
    begin = 1  # a quoted cell may hold line breaks: the number of a line is where it begins
    try:
        for count, cells in enumerate(reader):
            if count > MOST_ROWS:
                raise _Useless("too_many_lines", most=MOST_LINES)
            yield begin, [plain_cell(cell.strip()) for cell in cells]
            begin = reader.line_num + 1
    except csv.Error as error:
        raise _Useless("not_csv", line=begin, error=str(error)) from error


def _decoded(raw: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise _Useless("wrong_encoding")


def _xlsx_sheets(raw: bytes) -> list[tuple[str, list[Row]]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about drop-down lists and styles, which we do not read
        try:
            _check_unpacked(raw)
            book = openpyxl.load_workbook(io.BytesIO(raw), read_only=True, data_only=True)
            return [
                (sheet.title, [(number, _texts(cells)) for number, cells in _filled(sheet)])
                for sheet in book.worksheets
                if sheet.title.strip().lower() not in NOTES
            ]
        # a damaged file fails in many ways inside the library; ParseError of its XML is a SyntaxError
        except (
            zipfile.BadZipFile,
            InvalidFileException,
            KeyError,
            ValueError,
            TypeError,
            SyntaxError,
            OSError,
        ) as error:
            raise _Useless("not_excel") from error


def _check_unpacked(raw: bytes) -> None:
    """Refuse an archive that would fill the memory: what it says it holds is looked at before anything is unpacked."""
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        parts = archive.infolist()
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > LARGEST_UNPACKED:
        raise _Useless("unpacks_too_large")


def _filled(sheet: Any) -> Iterator[tuple[int, tuple[Any, ...]]]:
    # beyond, nobody fills anything in: a sheet may say that it is a million rows or columns large
    for number, cells in enumerate(sheet.iter_rows(values_only=True, max_col=MOST_COLUMNS), start=1):
        if number > MOST_ROWS:
            raise _Useless("too_many_lines", most=MOST_LINES)
        if any(cell is not None for cell in cells):
            yield number, cells


def _texts(cells: Iterable[Any]) -> list[str]:
    return [_text(cell) for cell in cells]


def _text(cell: Any) -> str:
    """Say what Excel shows: it keeps 1 as 1.0, 08:00 as a time, and the end of the day as a whole day."""
    match cell:
        case None:
            return ""
        case time():
            return f"{cell.hour:02}:{cell.minute:02}" + (f":{cell.second:02}" if cell.second else "")
        case timedelta():
            minutes, seconds = divmod(int(cell.total_seconds()), 60)
            return f"{minutes // 60:02}:{minutes % 60:02}" + (f":{seconds:02}" if seconds else "")
        case float() if cell.is_integer():
            return str(int(cell))
    return str(cell).strip()


def plain_cell(cell: str) -> str:
    """Take off the apostrophe that kept a cell of an export from being a formula."""
    return cell[1:] if cell.startswith("'") and cell[1:2] in FORMULA_SIGNS else cell


def _read_sheet(sheet: str, rows: list[Row], found: Found, only: Kind | None) -> None:
    filled = [(number, cells) for number, cells in rows if any(cells)]
    if not filled:
        return
    if len(filled) > MOST_LINES:
        raise _Useless("too_many_lines", most=MOST_LINES)
    (head, header), lines = filled[0], filled[1:]
    words = [word.lower() for word in header]
    named = [place for place, word in enumerate(words) if word in KIND_WORDS]
    whole = KIND_BY_WORD.get(sheet.strip().lower()) or only
    if not named and whole is None:
        found.bad.append(BadLine(sheet, head, "kind", "no_kind", {"kinds": _KINDS}))
        return
    found.bad += _bad_header(sheet, head, words, set(whole.by_name if whole and not named else COLUMN_WORDS))
    for number, cells in lines:
        kind = KIND_BY_WORD.get(cells[named[0]].lower() if named[0] < len(cells) else "") if named else whole
        if kind is None:
            said = shown(cells[named[0]]) if named[0] < len(cells) else ""
            found.bad.append(BadLine(sheet, number, "kind", "unknown_kind", {"cell": said, "kinds": _KINDS}))
            continue
        if only is not None and kind is not only:
            said_of = {"kind": kind.name, "kind_zh": kind.words[0], "wanted": only.name, "wanted_zh": only.words[0]}
            found.bad.append(BadLine(sheet, number, "kind", "other_kind", said_of))
            continue
        if any(cells[len(words) :]):
            found.bad.append(BadLine(sheet, number, "", "more_cells"))
        values = {word: cell for word, cell in zip(words, cells, strict=False) if cell and word not in KIND_WORDS}
        found.lines.append(Line(sheet, number, kind, values))


def _bad_header(sheet: str, number: int, words: list[str], known: set[str]) -> Iterator[BadLine]:
    for place, word in enumerate(words):
        if word and word in words[:place]:
            yield BadLine(sheet, number, shown(word), "header_twice")
        elif word and word not in known and word not in KIND_WORDS:
            yield BadLine(sheet, number, shown(word), "unknown_column")
