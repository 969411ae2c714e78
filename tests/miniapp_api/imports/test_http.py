"""Imports and exports as an administrator makes them: a look, the import, the file back."""

import asyncio
import io
import zipfile
from datetime import date, time, timedelta
from pathlib import Path

import openpyxl
import pytest

from miniapp_api.imports import actions
from miniapp_api.imports.api import CSV, LARGEST, XLSX
from miniapp_api.schedules import models as plans
from miniapp_api.schedules.actions import open_sessions
from server import db
from tests import props
from tests.cast import a_member_of_staff, a_patient_by_row
from tests.miniapp_api.schedules.things import a_rule, bands_of, slot_at, tomorrow

SAMPLE = Path(__file__).parents[3] / "docs/samples/catalogue.csv"


@pytest.fixture
async def admin(hospital):
    return await a_member_of_staff(hospital, "admin", name="马主任")


async def sends(client, kind: str, content: bytes | str, *, media_type: str = CSV, **query: str):
    url = f"{client.site.base}/api/v1/admin/imports/{kind}"
    headers = {"Authorization": f"Bearer {client.token}", "Content-Type": media_type, **client.headers}
    body = io.BytesIO(content if isinstance(content, bytes) else content.encode())
    async with client.site.http.post(url, data=body, headers=headers, params=query) as reply:
        return reply.status, await reply.json()


async def fetches(client, kind: str, form: str = "csv") -> bytes:
    reply = await client.call("GET", f"/admin/exports/{kind}?format={form}")
    assert reply.status == 200
    assert f'filename="{kind}-' in reply.headers["Content-Disposition"]
    return reply.raw


async def a_clinic(**values):
    """A weekly clinic of D1 in heart, and a hospital around it."""
    await props.insert("hospital", name="云湖医院")
    here = await props.a_department(code="heart", name="心血管内科", ticket_prefix="X", speciality_code="03.04")
    doctor = await props.a_practitioner(here, code="D1", name="温若溪", title="主任医师")
    day = tomorrow()
    return await a_rule(practitioner_id=doctor, department_id=here, weekday=day.weekday(), **values)


def clinic(**cells: str) -> str:
    row = {
        "practitioner_code": "D1",
        "weekday": str(tomorrow().weekday() + 1),
        "starts_at": "08:00",
        "ends_at": "10:00",
        "capacity": "3",
        **cells,
    }
    return ",".join(row) + "\n" + ",".join(row.values()) + "\n"


async def test_a_file_is_looked_at_and_then_let_in_as_it_was_shown(admin):
    status, seen = await sends(admin, "catalogue", SAMPLE.read_bytes())
    assert (status, seen["dry_run"], seen["is_good"], seen["mistakes"]) == (200, True, True, [])
    assert {"kind": "department", "new": 3, "changed": 0, "unchanged": 0} in seen["counts"]
    assert seen["plan"]["new_sessions"] > 0
    assert await props.count("department") == await props.count("session") == 0
    status, done = await sends(admin, "catalogue", SAMPLE.read_bytes(), dry_run="false", digest=seen["digest"])
    assert (status, done["is_good"], done["digest"]) == (200, True, seen["digest"])
    assert await props.count("session") == done["plan"]["new_sessions"]
    _, again = await sends(admin, "catalogue", SAMPLE.read_bytes(), dry_run="false")
    assert all(one["new"] == one["changed"] == 0 for one in again["counts"])
    assert again["rows"] == []
    row = await db.fetch_one("SELECT id FROM department WHERE code = 'pain'")
    (told,) = (await admin.get(f"/admin/departments/{row['id']}/history"))["items"]
    assert (told["act"], told["by_name"], told["channel"], told["after"]["name"]) == (
        "created",
        "马主任",
        "import",
        "疼痛科",
    )


async def test_what_was_shown_and_is_no_longer_so_is_refused(admin):
    await a_clinic()
    _, seen = await sends(admin, "schedule", clinic(capacity="5"))
    await db.fetch("UPDATE schedule_rule SET capacity = 4, version = version + 1")
    status, reply = await sends(admin, "schedule", clinic(capacity="5"), dry_run="false", digest=seen["digest"])
    assert (status, reply["code"]) == (409, "plan_changed")
    assert (await db.fetch_one("SELECT capacity FROM schedule_rule")) == {"capacity": 4}


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("zh-CN", "没有代码为“moon”的科室"),
        ("zh-TW", "沒有代碼為「moon」的科室"),
        ("en", "there is no department 'moon'"),
    ],
)
async def test_every_bad_line_is_told_in_the_callers_language(admin, language, said):
    await props.insert("hospital", name="云湖医院")
    admin.headers["Accept-Language"] = language
    body = "code,name,department_code\nR1,一诊室,moon\nR 2,二诊室,moon\n"
    for dry_run in ("true", "false"):
        status, seen = await sends(admin, "room", body, dry_run=dry_run)
        assert (status, seen["is_good"], seen["mistakes_count"]) == (200, False, 2)
        first, second = seen["mistakes"]
        assert first == {
            "sheet": "room.csv",
            "line": 2,
            "column": "department_code",
            "code": "unknown_code",
            "detail": said,
        }
        assert (second["line"], second["column"], second["code"]) == (3, "code", "wrong_code")
    assert await props.count("room") == 0


async def test_a_clinic_that_overlaps_is_told_with_its_line(admin):
    await a_clinic(starts_at=time(20), ends_at=time(6))  # over midnight
    after = str((tomorrow().weekday() + 1) % 7 + 1)
    body = clinic(weekday=after, starts_at="05:00", ends_at="09:00")
    _, seen = await sends(admin, "schedule", body, dry_run="false")
    (bad,) = seen["mistakes"]
    assert (bad["line"], bad["column"], bad["code"]) == (2, "starts_at", "clinics_overlap")
    assert await props.count("schedule_rule") == 1
    _, fine = await sends(admin, "schedule", clinic(weekday=after, starts_at="06:00", ends_at="09:00"), dry_run="false")
    assert fine["is_good"]


async def test_what_is_booked_stays_and_is_told(hospital, admin):
    await a_clinic(capacity=3)
    await open_sessions()
    person = await a_patient_by_row(hospital)
    await person.books((await slot_at(tomorrow(), 8)).id)
    _, seen = await sends(admin, "schedule", clinic(starts_at="08:00", ends_at="08:30", active="否"))
    assert seen["is_good"]
    (told,) = [one for one in seen["plan"]["conflicts"] if one["taken"]]
    assert (told["day"], told["taken"], told["why"]) == (tomorrow().isoformat(), 1, "not_wanted")
    _, done = await sends(admin, "schedule", clinic(active="否"), dry_run="false")
    assert (done["is_good"], done["plan"]["conflicts_count"]) == (True, 1)
    assert await bands_of(tomorrow()) == [("08:00", 1)]
    assert await props.count("appointment") == 1
    (change,) = await db.fetch("SELECT subject, by_id::text, why FROM schedule_change WHERE subject = 'rule'")
    assert change == {"subject": "rule", "by_id": admin.staff_id, "why": "导入文件"}


async def test_a_later_version_and_every_pool(admin):
    await a_clinic()
    first = (tomorrow() + timedelta(days=28)).isoformat()
    pools = {"desk_capacity": "1", "revisit_capacity": "2", "referral_capacity": "3"}
    body = clinic(**pools, capacity="4", ends_at="12:00", valid_from=first)
    _, done = await sends(admin, "schedule", body, dry_run="false")
    assert (done["is_good"], [one["act"] for one in done["rows"]]) == (True, ["changed"])
    old, new = await db.fetch("SELECT * FROM schedule_rule ORDER BY valid_from")
    assert (old["valid_until"], new["valid_from"].isoformat(), new["follows_id"]) == (
        date.fromisoformat(first) - timedelta(days=1),
        first,
        old["id"],
    )
    assert [new[f"{name}capacity"] for name in ("", "desk_", "revisit_", "referral_")] == [4, 1, 2, 3]
    _, again = await sends(admin, "schedule", await fetches(admin, "schedule"), dry_run="false")
    assert again["counts"] == [{"kind": "schedule", "new": 0, "changed": 0, "unchanged": 2}]


async def test_exceptions_days_and_release_go_by_their_own_steps(admin):
    await a_clinic()
    await open_sessions()
    day, extra = tomorrow().isoformat(), (tomorrow() + timedelta(days=3)).isoformat()
    body = (
        "kind,例外类型,医生代码,科室代码,开始日期,结束日期,开始时间,结束时间,号源数,日期,日期类型,节假日,放号时间,放号方式\n"
        f"exception,请假,D1,,{day},{day},,,,,,,,\n"
        f"exception,加诊,D1,heart,{extra},{extra},18:00,19:00,2,,,,,\n"
        f"day,,,,,,,,,2030-05-06,节假日,,,\n"
        "setting,,,heart,,,,,,,,照常,07:30:15,摇号\n"
    )
    _, done = await sends(admin, "catalogue", body, dry_run="false")
    assert done["mistakes"] == []
    assert [(one["kind"], one["new"]) for one in done["counts"]] == [("exception", 2), ("day", 1), ("setting", 1)]
    assert await bands_of(tomorrow()) == []
    assert [begin for begin, _ in await bands_of(date.fromisoformat(extra))][-2:] == ["18:00", "18:30"]
    setting = await db.fetch_one("SELECT on_holidays, release_at, release_mode FROM schedule_setting")
    assert setting == {"on_holidays": "usual", "release_at": time(7, 30, 15), "release_mode": "draw"}
    made_by = await db.fetch("SELECT DISTINCT made_by::text FROM schedule_exception")
    assert made_by == [{"made_by": admin.staff_id}]
    for form, media_type in (("csv", CSV), ("xlsx", XLSX)):
        file = await fetches(admin, "catalogue", form)
        _, again = await sends(admin, "catalogue", file, media_type=media_type, dry_run="false")
        assert again["mistakes"] == []
        assert sum(one["new"] + one["changed"] for one in again["counts"]) == 0
    over = f"exception,practitioner_code,first_day,last_day,active\n请假,D1,{day},{day},否\n"
    _, back = await sends(admin, "exception", over, dry_run="false")
    assert (back["is_good"], len(await bands_of(tomorrow())) > 0) == (True, True)
    header = "exception,practitioner_code,department_code,first_day,last_day,starts_at,ends_at,capacity"
    clash = f"{header}\n加诊,D1,heart,{day},{day},09:00,11:00,1\n"
    _, seen = await sends(admin, "exception", clash)
    assert [(one["line"], one["code"]) for one in seen["mistakes"]] == [(2, "refused")]


@pytest.mark.parametrize("kind", ["department", "practitioner"])
async def test_a_file_puts_out_of_use_as_little_as_a_hand(hospital, admin, kind):
    await a_clinic()
    await open_sessions()
    person = await a_patient_by_row(hospital)
    place = await slot_at(tomorrow(), 8)
    appointment = await person.books(place.id)
    code = {"department": "heart", "practitioner": "D1"}[kind]
    body = f"code,active\n{code},否\n"
    _, seen = await sends(admin, kind, body, dry_run="false")
    assert [(one["line"], one["code"]) for one in seen["mistakes"]] == [(2, "refused")]
    assert (await db.fetch_one(f"SELECT active FROM {kind}")) == {"active": True}
    await person.post(f"/appointments/{appointment['id']}/cancellation", {})
    _, done = await sends(admin, kind, body, dry_run="false")
    assert done["is_good"]
    assert not (await db.fetch_one(f"SELECT active FROM {kind}"))["active"]


HOSTILE = ('=HYPERLINK("http://x","y")', "+1", "-1+2", "@SUM(A1)", "'=1", "'plain", "=cmd|' /C calc'!A0", "-5")


@pytest.mark.parametrize(("form", "media_type"), [("csv", CSV), ("xlsx", XLSX)])
async def test_no_cell_of_an_export_is_a_formula_and_all_come_back(admin, form, media_type):
    await props.insert("hospital", name="云湖医院")
    campus = await props.a_campus(code="main")
    for number, text in enumerate(HOSTILE):
        await props.a_department(code=f"d{number}", campus_id=campus, introduction=text, ticket_prefix=chr(65 + number))
    file = await fetches(admin, "department", form)
    if form == "csv":
        cells = [cell for line in file.decode("utf-8-sig").splitlines() for cell in line.split(",")]
        assert not any(cell.lstrip('"').startswith(("=", "+", "@", "-1")) for cell in cells)
    else:
        sheet = openpyxl.load_workbook(io.BytesIO(file)).worksheets[0]
        assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n"}
        assert all(cell.quotePrefix for row in sheet.iter_rows() for cell in row if cell.value in HOSTILE)
    _, again = await sends(admin, "department", file, media_type=media_type)
    assert again["mistakes"] == []
    assert again["counts"] == [{"kind": "department", "new": 0, "changed": 0, "unchanged": len(HOSTILE)}]


def a_bomb() -> bytes:
    out = io.BytesIO()
    archive = zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED)
    with archive, archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as part:
        for _ in range(120):
            part.write(bytes(1024 * 1024))
    return out.getvalue()


async def test_a_file_that_is_too_much_is_refused(admin):
    bomb = a_bomb()
    assert len(bomb) < LARGEST
    _, seen = await sends(admin, "catalogue", bomb, media_type=XLSX)
    assert [one["code"] for one in seen["mistakes"]] == ["unpacks_too_large"]
    status, reply = await sends(admin, "catalogue", bytes(LARGEST + 1))
    assert (status, reply["code"]) == (413, "too_large")
    _, seen = await sends(admin, "campus", "code,name\n" + "c,n\n" * 50_001)
    assert [one["code"] for one in seen["mistakes"]] == ["too_many_lines"]


@pytest.mark.parametrize(
    ("kind", "content", "media_type", "status", "code"),
    [
        ("nothing", "a", CSV, 404, "not_found"),
        ("catalogue", "{}", "application/json", 415, "wrong_media_type"),
        ("catalogue", "", CSV, 200, "empty"),
        ("catalogue", "\x00\x01,\n", XLSX, 200, "not_excel"),
        ("room", "kind,code\ncampus,main\n", CSV, 200, "other_kind"),
    ],
)
async def test_what_is_no_such_file_is_told(admin, kind, content, media_type, status, code):
    got, reply = await sends(admin, kind, content, media_type=media_type)
    assert got == status
    assert code == (reply["code"] if got != 200 else reply["mistakes"][0]["code"])


async def test_only_the_whole_hospitals_administrator_imports_and_exports(hospital):
    for person in (
        await a_member_of_staff(hospital, "admin", department_id=await props.a_department()),
        await a_member_of_staff(hospital, "department_head"),
    ):
        assert (await sends(person, "catalogue", "code\n"))[0] == 403
        assert (await person.call("GET", "/admin/exports/catalogue")).status == 403


async def test_the_columns_are_listed(admin):
    items = {one["kind"]: one for one in (await admin.get("/admin/imports/columns"))["items"]}
    assert {"name": "weekday", "words": ["星期"], "needed": True} in items["schedule"]["columns"]


async def test_two_imports_at_once_make_everything_once(admin):
    replies = await asyncio.gather(*(sends(admin, "catalogue", SAMPLE.read_bytes(), dry_run="false") for _ in range(3)))
    assert [status for status, _ in replies] == [200] * 3
    made = [sum(one["new"] for one in reply["counts"]) for _, reply in replies]
    assert sorted(made)[:2] == [0, 0]
    assert max(made) > 0
    assert (await props.count("department"), await props.count("schedule_rule")) == (3, 9)


async def test_without_the_lock_two_imports_would_trip_over_each_other(admin, monkeypatch):
    await props.insert("hospital", name="云湖医院")
    here = await props.a_department(code="heart", ticket_prefix="X")
    await props.a_practitioner(here, code="D1")
    met = asyncio.Barrier(2)
    seen = actions.read_state

    async def together():
        state = await seen()
        await met.wait()
        return state

    async def no_lock():
        return None

    monkeypatch.setattr(actions, "lock", no_lock)
    monkeypatch.setattr(plans, "LOCK", "SELECT 1")
    monkeypatch.setattr(actions, "read_state", together)
    replies = await asyncio.gather(*(sends(admin, "schedule", clinic(), dry_run="false") for _ in range(2)))
    # the constraint stands behind the lock: the second import finds the first one's clinic where it wants its own
    assert sorted(status for status, _ in replies) == [200, 200]
    assert sorted(reply["is_good"] for _, reply in replies) == [False, True]
    assert await props.count("schedule_rule") == 1
