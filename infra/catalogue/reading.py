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

from infra.catalogue.cells import shown
from infra.catalogue.columns import COLUMN_WORDS, KIND_BY_WORD, KIND_WORDS, KINDS, NOTES, Kind
from infra.catalogue.report import BadLine

LARGEST_FILE = 20 * 1024 * 1024
MOST_LINES = 50_000
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

    def __init__(self, zh: str, en: str, line: int = 0) -> None:
        super().__init__(en)
        self.zh = zh
        self.en = en
        self.line = line


Row = tuple[int, list[str]]  # its number in the file, its cells as texts


def read(path: Path) -> Found:
    """Read every line of a file. Its own faults are among what is bad; nothing is raised."""
    found = Found()
    try:
        for sheet, rows in _sheets(path):
            _read_sheet(sheet, rows, found)
    except _Useless as useless:
        found.bad.append(BadLine(path.name, useless.line, "", useless.zh, useless.en))
    if not found.lines and not found.bad:
        found.bad.append(BadLine(path.name, 0, "", "文件里没有内容", "the file holds no line"))
    return found


def _sheets(path: Path) -> list[tuple[str, list[Row]]]:
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise _Useless("文件超过 20 MB", "the file is larger than 20 MB")
        raw = path.read_bytes()
    except OSError as error:
        raise _Useless("文件打不开", f"the file cannot be opened: {error.strerror}") from error
    match path.suffix.lower():
        case ".csv":
            return [(path.name, list(_csv_rows(raw)))]
        case ".xlsx":
            return _xlsx_sheets(raw)
    raise _Useless("只能导入 .csv 或 .xlsx 文件", "only .csv and .xlsx files can be imported")


def _csv_rows(raw: bytes) -> Iterator[Row]:
    reader = csv.reader(io.StringIO(_decoded(raw), newline=""), strict=True)
    begin = 1  # a quoted cell may hold line breaks: the number of a line is where it begins
    try:
        for cells in reader:
            yield begin, [cell.strip() for cell in cells]
            begin = reader.line_num + 1
    except csv.Error as error:
        raise _Useless("这一行不是正确的 CSV", f"this line is not CSV: {error}", line=begin) from error


def _decoded(raw: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise _Useless("文件编码不是 UTF-8 也不是 GB18030", "the file is encoded neither as UTF-8 nor as GB18030")


def _xlsx_sheets(raw: bytes) -> list[tuple[str, list[Row]]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about drop-down lists and styles, which we do not read
        try:
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
            raise _Useless("不是可以读取的 Excel 文件", "this is not a readable Excel file") from error


def _filled(sheet: Any) -> Iterator[tuple[int, tuple[Any, ...]]]:
    for number, cells in enumerate(sheet.iter_rows(values_only=True), start=1):
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


def _read_sheet(sheet: str, rows: list[Row], found: Found) -> None:
    filled = [(number, cells) for number, cells in rows if any(cells)]
    if not filled:
        return
    if len(filled) > MOST_LINES:
        raise _Useless(f"超过 {MOST_LINES} 行，请分开导入", f"more than {MOST_LINES} lines, import them in parts")
    (head, header), lines = filled[0], filled[1:]
    words = [word.lower() for word in header]
    named = [place for place, word in enumerate(words) if word in KIND_WORDS]
    whole = KIND_BY_WORD.get(sheet.strip().lower())
    if not named and whole is None:
        found.bad.append(
            BadLine(
                sheet,
                head,
                "kind",
                f"缺少 kind（类型）列，工作表也不叫 {_KINDS}",
                "there is no column kind, and the sheet is not named after a kind",
            )
        )
        return
    found.bad += _bad_header(sheet, head, words, set(whole.by_name if whole and not named else COLUMN_WORDS))
    for number, cells in lines:
        kind = KIND_BY_WORD.get(cells[named[0]].lower() if named[0] < len(cells) else "") if named else whole
        if kind is None:
            said = shown(cells[named[0]]) if named[0] < len(cells) else ""
            found.bad.append(
                BadLine(sheet, number, "kind", f"类型“{said}”应为 {_KINDS}", f"{said!r} is not a kind of line")
            )
            continue
        if any(cells[len(words) :]):
            found.bad.append(BadLine(sheet, number, "", "单元格比表头多", "there are more cells than the header has"))
        values = {word: cell for word, cell in zip(words, cells, strict=False) if cell and word not in KIND_WORDS}
        found.lines.append(Line(sheet, number, kind, values))


def _bad_header(sheet: str, number: int, words: list[str], known: set[str]) -> Iterator[BadLine]:
    for place, word in enumerate(words):
        if word and word in words[:place]:
            yield BadLine(sheet, number, shown(word), "表头里有两个同名的列", "the header names this column twice")
        elif word and word not in known and word not in KIND_WORDS:
            yield BadLine(sheet, number, shown(word), "不认识这一列", "this column is not known")
