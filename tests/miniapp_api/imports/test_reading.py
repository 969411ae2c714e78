"""From files to lines: encodings, headers, sheets, and what Excel makes of a cell."""

from datetime import time, timedelta
from pathlib import Path

import openpyxl
import pytest

from miniapp_api.imports.reading import read

SAMPLES = Path(__file__).parents[3] / "docs" / "samples"
GOOD = "kind,code,name\ncampus,main,本部\n"


def file(folder: Path, content: bytes | str, name: str = "c.csv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk"])
def test_chinese_is_read_in_every_encoding_that_offices_use(tmp_path, encoding):
    found = read(file(tmp_path, GOOD.encode(encoding)))
    assert found.bad == []
    assert [line.cells for line in found.lines] == [{"code": "main", "name": "本部"}]


def test_the_number_of_a_line_is_where_it_begins(tmp_path):
    found = read(file(tmp_path, 'kind,code,name\r\ncampus,a,"two\nlines"\r\n\r\ncampus,b,本部\r\n'))
    assert [line.number for line in found.lines] == [2, 5]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("c.csv", b"", "holds no line"),
        ("c.csv", b"\xff\xfe\xff\xff\x80", "encoded"),
        ("c.csv", 'kind,code\ncampus,"a', "not CSV"),
        ("c.csv", "code,name\nmain,本部\n", "no column kind"),
        ("c.csv", "kind,code,colour\ncampus,main,red\n", "not known"),
        ("c.csv", "kind,code,code\ncampus,main,main\n", "twice"),
        ("c.csv", "kind,code\nward,main\n", "not a kind"),
        ("c.csv", "kind,code\ncampus,main,extra\n", "more cells"),
        ("c.xls", "kind", "only .csv and .xlsx"),
        ("c.xlsx", "no workbook", "not a readable Excel"),
        ("c.xlsx", b"PK\x03\x04broken", "not a readable Excel"),
    ],
)
def test_a_file_that_is_none_is_told(tmp_path, name, content, said):
    found = read(file(tmp_path, content, name))
    assert any(said in bad.en for bad in found.bad), [bad.en for bad in found.bad]


def test_a_missing_file_is_told(tmp_path):
    assert "cannot be opened" in read(tmp_path / "nowhere.csv").bad[0].en


def test_excel_cells_say_what_excel_shows(tmp_path):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "排班"
    sheet.append(["工号", "星期", "开始时间", "结束时间", "号源数"])
    sheet.append(["D1", 1.0, time(8), timedelta(days=1), 3])
    book.create_sheet("说明").append(["写给人看的"])
    book.create_sheet("空")
    book.save(tmp_path / "c.xlsx")
    found = read(tmp_path / "c.xlsx")
    assert found.bad == []
    assert found.lines[0].cells == {
        "工号": "D1",
        "星期": "1",
        "开始时间": "08:00",
        "结束时间": "24:00",
        "号源数": "3",
    }
    assert (found.lines[0].sheet, found.lines[0].number, found.lines[0].kind.name) == ("排班", 2, "schedule")


def test_a_sheet_may_hold_several_kinds(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["类型", "代码", "名称"])
    book.active.append(["院区", "main", "本部"])
    book.active.append(["医院", None, "云湖医院"])
    book.save(tmp_path / "c.xlsx")
    found = read(tmp_path / "c.xlsx")
    assert found.bad == []
    assert [line.kind.name for line in found.lines] == ["campus", "hospital"]


def test_both_samples_say_the_same():
    texts, sheets = read(SAMPLES / "catalogue.csv"), read(SAMPLES / "catalogue.xlsx")
    assert texts.bad == sheets.bad == []
    assert [(line.kind, line.cells) for line in texts.lines] == [(line.kind, line.cells) for line in sheets.lines]
