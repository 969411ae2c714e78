"""The import against the database: whole or not at all, by code, as often as one likes."""

from pathlib import Path

import openpyxl
import pytest

from infra.seed import seed_demo
from miniapp_api.imports.actions import export_catalogue, import_catalogue
from miniapp_api.imports.columns import KINDS
from miniapp_api.imports.store import read_state
from server import db
from server.history import history_of
from tests import props

ROOT = Path(__file__).parents[3]
CSV, XLSX = ROOT / "docs/samples/catalogue.csv", ROOT / "docs/samples/catalogue.xlsx"
TABLES = ("hospital", "campus", "department", "practitioner", "room", "schedule_rule", "session", "slot")


async def counts() -> dict[str, int]:
    return {table: (await db.fetch(f"SELECT count(*) AS n FROM {table}"))[0]["n"] for table in TABLES}


@pytest.mark.parametrize("sample", [CSV, XLSX], ids=["csv", "xlsx"])
async def test_the_sample_is_loaded_and_has_slots(hospital, sample):
    report = await import_catalogue(sample, dry_run=False)
    assert report.is_good, report.text()
    there = await counts()
    assert {table: there[table] for table in TABLES[:6]} == {
        "hospital": 1,
        "campus": 1,
        "department": 3,
        "practitioner": 4,
        "room": 4,
        "schedule_rule": 9,
    }
    assert there["session"] == report.sessions_opened >= 18
    assert there["slot"] > there["session"]
    assert "新增 new 4" in report.text()


async def test_what_is_loaded_is_what_the_file_says(hospital):
    await import_catalogue(CSV, dry_run=False)
    row = await db.fetch_one(
        "SELECT d.name, d.initials, d.ticket_prefix, d.speciality_code, p.code AS parent, c.name AS campus"
        " FROM department d JOIN campus c ON c.id = d.campus_id JOIN department p ON p.id = d.parent_id"
    )
    assert row == {
        "name": "中西医结合皮肤科",
        "initials": "zxyjhpfk",
        "ticket_prefix": "ZP",
        "speciality_code": "13.01",
        "parent": "integ",
        "campus": "西院",
    }
    rules = await db.fetch(
        "SELECT s.weekday, s.starts_at::text, s.ends_at::text, s.capacity, s.visit_type, r.code AS room"
        " FROM schedule_rule s JOIN practitioner p ON p.id = s.practitioner_id JOIN room r ON r.id = s.room_id"
        " WHERE p.code = 'W001' ORDER BY s.weekday"
    )
    assert [tuple(rule.values()) for rule in rules] == [
        (0, "08:00:00", "12:00:00", 3, "expert", "W201"),
        (2, "14:00:00", "17:30:00", 3, "expert", "W201"),
    ]


async def test_importing_twice_changes_nothing(hospital):
    await import_catalogue(CSV, dry_run=False)
    before, versions = await counts(), await db.fetch("SELECT id, version FROM department ORDER BY id")
    report = await import_catalogue(XLSX, dry_run=False)
    assert report.is_good
    assert all(count.new == count.changed == 0 for count in report.counts.values())
    assert report.sessions_opened == 0
    assert await counts() == before
    assert await db.fetch("SELECT id, version FROM department ORDER BY id") == versions


async def test_a_changed_row_is_updated_and_its_version_grows(hospital, tmp_path):
    await import_catalogue(CSV, dry_run=False)
    changed = tmp_path / "changed.csv"
    changed.write_text("kind,code,name\ndepartment,pain,疼痛诊疗中心\npractitioner,W002,\n", encoding="utf-8")
    report = await import_catalogue(changed, dry_run=False)
    assert (report.counts["department"].changed, report.counts["practitioner"].unchanged) == (1, 1)
    rows = await db.fetch("SELECT name, pinyin, version, location FROM department WHERE code = 'pain'")
    assert rows == [
        {"name": "疼痛诊疗中心", "pinyin": "tengtongzhenliaozhongxin", "version": 2, "location": "西院门诊楼2层A区"}
    ]
    doctor = await db.fetch("SELECT name, version FROM practitioner WHERE code = 'W002'")
    assert doctor == [{"name": "柯景行", "version": 1}]


async def test_a_dry_run_counts_and_writes_nothing(hospital):
    report = await import_catalogue(CSV, dry_run=True)
    assert report.is_good
    assert report.counts["department"].new == 3
    assert "dry run" in report.text()
    assert set((await counts()).values()) == {0}


@pytest.mark.parametrize("dry_run", [True, False])
async def test_one_bad_line_and_nothing_is_imported(hospital, tmp_path, dry_run):
    bad = tmp_path / "bad.csv"
    bad.write_text(CSV.read_text(encoding="utf-8") + "room,W999,西999诊室,,,,,,,,,,,nowhere\n", encoding="utf-8")
    number = len(bad.read_text(encoding="utf-8").splitlines())
    report = await import_catalogue(bad, dry_run=dry_run)
    assert not report.is_good
    assert [(one.sheet, one.line, one.column) for one in report.bad] == [("bad.csv", number, "department_code")]
    assert f"line {number}" in report.text()
    assert set((await counts()).values()) == {0}


async def test_bad_lines_come_in_the_order_of_the_file(hospital, tmp_path):
    bad = tmp_path / "bad.csv"
    bad.write_text("kind,code,name,department_code\nroom,R1,一诊室,no\nward,,,\ncampus,?,本部\n", encoding="utf-8")
    report = await import_catalogue(bad, dry_run=False)
    assert [(one.line, one.column) for one in report.bad] == [
        (0, "kind"),
        (2, "department_code"),
        (3, "kind"),
        (4, "code"),
    ]


async def test_a_gb18030_file_is_loaded(hospital, tmp_path):
    path = tmp_path / "gb.csv"
    path.write_bytes(CSV.read_text(encoding="utf-8").encode("gb18030"))
    assert (await import_catalogue(path, dry_run=False)).is_good
    assert (await db.fetch("SELECT name FROM campus")) == [{"name": "西院"}]


async def test_the_sample_also_goes_into_the_demonstration_hospital(hospital):
    await seed_demo(1)
    report = await import_catalogue(CSV, dry_run=False)
    assert report.is_good, report.text()
    assert report.counts["hospital"].unchanged == 1
    assert report.counts["department"].new == 3
    assert report.sessions_opened > 0


@pytest.mark.parametrize("name", ["all.csv", "all.xlsx"])
async def test_what_is_exported_can_be_imported_again_without_change(hospital, tmp_path, name):
    await seed_demo(1)
    lines = await export_catalogue(tmp_path / name)
    report = await import_catalogue(tmp_path / name, dry_run=False)
    assert report.is_good, report.text()
    assert {kind: (count.new, count.changed) for kind, count in report.counts.items()} == {
        kind.name: (0, 0)
        for kind in KINDS
        if kind.name not in ("exception", "day")  # of which there are none
    }
    assert sum(count.unchanged for count in report.counts.values()) == lines


@pytest.mark.parametrize("name", ["all.csv", "all.xlsx"])
async def test_an_empty_system_becomes_the_same_by_an_export(hospital, tmp_path, name):
    await seed_demo(1)
    before = await read_state()
    await export_catalogue(tmp_path / name)
    await db.fetch("TRUNCATE hospital, campus, department, practitioner, room, schedule_rule, price, faq CASCADE")
    for username in ("service1", "head1"):  # who own answers
        await props.insert("staff", username=username, name="某人", password_hash="-")
    report = await import_catalogue(tmp_path / name, dry_run=False)
    assert report.is_good, report.text()
    assert await read_state() == before


async def test_hostile_texts_survive_a_workbook(hospital, tmp_path):
    await import_catalogue(CSV, dry_run=False)
    text = '=HYPERLINK("http://x","y")'
    await db.fetch("UPDATE department SET introduction = $1 WHERE code = 'pain'", text)
    await export_catalogue(tmp_path / "all.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "all.xlsx")["department"]
    cells = {cell.value: cell.data_type for row in sheet.iter_rows() for cell in row}
    assert cells[text] == "s"  # shown, not carried out
    assert (await import_catalogue(tmp_path / "all.xlsx", dry_run=True)).counts["department"].changed == 0


async def test_another_kind_of_file_is_not_written(hospital, tmp_path):
    with pytest.raises(ValueError, match=r"\.csv"):
        await export_catalogue(tmp_path / "all.pdf")


async def test_an_imported_answer_names_nobody_and_has_a_history(hospital, tmp_path):
    await import_catalogue(CSV, dry_run=False)
    author = await props.a_staff("customer_service")
    faq_id = await props.insert("faq", code="q1", question="能停车吗？", answer="不能。", written_by=author)
    file = tmp_path / "answers.csv"
    file.write_text(
        "类型,代码,问题,答复,状态,复核日期,科室\n问答,q1,,可以。,已批准,2099-01-01,pain\n问答,q2,几点开门？,八点。,,,\n",
        encoding="utf-8",
    )
    report = await import_catalogue(file, dry_run=False)
    assert (report.counts["faq"].new, report.counts["faq"].changed) == (1, 1)
    row = await db.fetch_one("SELECT answer, state, written_by, approved_by, version FROM faq WHERE id = $1", faq_id)
    assert row == {"answer": "可以。", "state": "approved", "written_by": None, "approved_by": None, "version": 2}
    (change,) = await history_of(faq_id)
    assert (change["from_state"], change["to_state"], change["channel"]) == ("draft", "approved", "import")
    (born,) = await history_of((await db.fetch("SELECT id FROM faq WHERE code = 'q2'"))[0]["id"])
    assert (born["from_state"], born["to_state"]) == (None, "draft")


async def test_a_price_is_written_in_yuan_and_kept_in_fen(hospital, tmp_path):
    await import_catalogue(CSV, dry_run=False)
    file = tmp_path / "prices.csv"
    file.write_text("kind,号别,职称,金额\nprice,专家,主任医师,50\nprice,普通,,12.5\n", encoding="utf-8")
    assert (await import_catalogue(file, dry_run=False)).is_good
    assert (await import_catalogue(file, dry_run=False)).counts["price"].unchanged == 2
    rows = await db.fetch("SELECT visit_type, title, price_fen FROM price ORDER BY price_fen")
    assert [tuple(row.values()) for row in rows] == [
        ("ordinary", None, 1250),
        ("expert", None, 3000),  # as the sample had it
        ("expert", "主任医师", 5000),
    ]


def test_the_page_about_the_format_names_every_column_and_word():
    page = (ROOT / "docs/catalogue-import.md").read_text(encoding="utf-8")
    words = {word for kind in KINDS for column in kind.columns for word in (f"`{column.name}`", *column.words)}
    words |= {word for kind in KINDS for word in (f"kind={kind.name}", *kind.words)}
    assert [word for word in sorted(words) if word not in page] == []
