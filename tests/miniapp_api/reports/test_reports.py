"""The desk's reports: made once and in time, kept as sent, corrected by another one, read by whose they are."""

import asyncio
import csv
import io
from datetime import timedelta

import openpyxl
import orjson
import pytest

from miniapp_api.booking.models import INTAKE
from miniapp_api.reports import making, models
from miniapp_api.reports.rules import ReportName
from server import clock as time
from server import db, privacy
from server.ids import new_id
from tests import props
from tests.cast import a_member_of_staff
from tests.locks import somebody_waits
from tests.miniapp_api.scenes import a_scene
from tests.mutants import Mutant, is_killed

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@pytest.fixture
async def scene(hospital, clock):
    """It is six in the morning; the slot begins at nine."""
    await clock.set_to(time.at(time.today() + timedelta(days=1), 6))
    return await a_scene(hospital, starts_at=time.at(time.today(), 9))


@pytest.fixture
async def operations(scene):
    return await a_member_of_staff(scene.site, "operations", name="运营甲")


@pytest.fixture
async def service(scene):
    return await a_member_of_staff(scene.site, "customer_service", name="客服甲")


async def at(clock, hour: int, minute: int = 0) -> None:
    await clock.set_to(time.at(time.today(), hour, minute))


async def look(scene) -> None:
    await scene.site.jobs["make_reports"].run()


async def corrects(scene) -> None:
    await making.correct_sent()


async def told(patient, booked: str, **intake) -> None:
    sealed = privacy.seal(orjson.dumps(intake).decode(), place=INTAKE, row_id=booked)
    await db.fetch("UPDATE appointment SET intake_cipher = $2 WHERE id = $1::text::uuid", booked, sealed)


async def test_the_morning_says_what_is_missing_and_who_needs_help(scene, clock, drain):
    person, booked = await scene.books(name="张小三")
    await told(person, booked, illness="头痛", needs="轮椅")
    await scene.books(name="李小四", phone="13900001234")
    await look(scene)
    assert (await scene.guide.get("/reports/desk-morning"))["items"] == []
    await at(clock, 7, 31)
    await look(scene)
    await look(scene)
    (report,) = (await scene.guide.get("/reports/desk-morning"))["items"]
    assert report["totals"] == {"booked": 2, "no_id_number": 2, "no_intake": 1, "no_needs": 1, "special_needs": 1}
    assert [(line["name"], line["missing"], line["needs"]) for line in report["lines"]] == [
        ("张*三", ["id_number"], "轮椅"),
        ("李*四", ["intake", "id_number", "needs"], ""),
    ]
    assert (report["correction"], report["due_at"][11:16], [one["name"] for one in report["told"]]) == (
        0,
        "07:30",
        ["李导"],
    )
    assert "0001234" not in orjson.dumps(report["lines"]).decode()  # shorter, it stands in an id now and then
    kept = await db.fetch_one("SELECT body_cipher FROM desk_report")
    assert "轮椅".encode() not in kept["body_cipher"]
    await drain()

    async def alerts() -> list:
        # at night there is a report of the day before as well: nobody had it made
        return [one for one in await scene.guide.alerts_about("desk-morning") if one["subject_id"] == report["id"]]

    (alert,) = await alerts()
    assert (alert["title"], "资料不全 2 人" in alert["detail"]) == ("早间核对已生成", True)
    await scene.guide.post(f"/desk-reports/{report['id']}/reading")
    await scene.guide.post(f"/desk-reports/{report['id']}/reading")
    await drain()
    assert [one["state"] for one in await alerts()] == ["resolved"]
    (report,) = (await scene.guide.get("/reports/desk-morning"))["items"]
    assert [one["name"] for one in report["read_by"]] == ["李导"]


async def test_at_five_operations_hear_who_came_and_in_the_evening_how_it_ended(scene, clock, operations, service):
    await at(clock, 8, 30)
    _, _, finished = await scene.arrives(name="张完成")
    _, _, gone = await scene.arrives(name="李离开")
    await scene.books(name="王未到")
    await scene.walks_in(patient={"name": "赵现场"}, triage="urgent")
    await scene.guide.post(f"/tickets/{gone['id']}/leaving", {"reason": "等太久"})
    await at(clock, 17, 0)
    await look(scene)
    (report,) = (await operations.get("/reports/desk-arrivals"))["items"]
    assert report["totals"] == {
        "booked": 3, "came": 3, "left": 1, "not_come": 1, "urgent": 1, "waiting": 2, "walk_ins": 1,
    }  # fmt: skip
    await scene.doctor.calls_next(scene.room_id)
    await at(clock, 21, 1)
    await look(scene)
    (evening,) = (await service.get("/reports/desk-evening"))["items"]
    outcomes = {line["name"]: (line["outcome"], line["reason"]) for line in evening["lines"]}
    assert outcomes["李*开"] == ("left", "等太久")
    assert outcomes["王*到"] == ("not_come", "")
    assert {outcome for outcome, _ in outcomes.values()} == {"left", "not_come", "waiting"}
    assert finished["number"] == "A001"


async def test_what_was_not_so_is_a_correction_and_never_a_silent_change(scene, clock, operations):
    await at(clock, 8, 30)
    _, booked, ticket = await scene.arrives(name="张小三")
    await scene.arrives(name="李小四")
    await at(clock, 17, 0)
    await look(scene)
    before = await operations.get("/reports/desk-arrivals")
    await scene.guide.post(f"/desk/check-ins/{ticket['id']}/annulment", {"reason": "认错人"})
    await corrects(scene)
    assert await operations.get("/reports/desk-arrivals") == before, "what is found out together is told together"
    await clock.forward(minutes=11)
    await corrects(scene)
    await corrects(scene)
    first, second = (await operations.get("/reports/desk-arrivals"))["items"]
    assert first == before["items"][0]
    assert (second["correction"], second["lines"]) == (1, [])
    (change,) = second["changes"]
    assert (change["line"]["name"], change["line"]["came"], change["was"]) == ("张*三", False, {"came": True})
    assert second["summary"].startswith("到诊报告")
    await scene.walks_in(patient={"name": "王迟来"})  # after five: of the evening, no correction
    await scene.guide.post("/desk/check-ins", {"appointment_id": booked, "override": {"reason": "到了"}})
    await clock.forward(minutes=11)
    await corrects(scene)
    assert len((await operations.get("/reports/desk-arrivals"))["items"]) == 2


async def test_a_walk_in_that_was_taken_back_is_corrected_and_one_handed_on_is_not(scene, clock, operations):
    other = await props.a_department(name="神经内科")
    await at(clock, 9)
    wrong, handed_on = (
        await scene.walks_in(patient={"name": "赵撤销"}),
        await scene.walks_in(patient={"name": "钱转科"}),
    )
    await at(clock, 17, 0)
    await look(scene)
    await clock.forward(minutes=20)
    await scene.guide.post(f"/desk/check-ins/{wrong['id']}/annulment", {})
    await scene.guide.post(f"/tickets/{handed_on['id']}/transfer", {"department_id": str(other)})
    await corrects(scene)
    _, second = (await operations.get("/reports/desk-arrivals"))["items"]
    assert [(change["line"]["name"], change["line"]["outcome"]) for change in second["changes"]] == [
        ("赵*销", "annulled")
    ]


async def test_a_report_that_nobody_made_in_time_is_made_afterwards_with_its_true_time(scene, clock, service):
    await scene.books()
    await at(clock, 7, 30)
    await look(scene)
    await clock.set_to(time.at(time.today() + timedelta(days=1), 9))
    await look(scene)
    (late,) = (await service.get(f"/reports/desk-evening?to={time.today() - timedelta(days=1)}"))["items"]
    assert (late["due_at"][11:16], late["made_at"][11:16]) == ("21:00", "09:00")
    assert late["due_at"][:10] < late["made_at"][:10]
    assert await props.count("desk_report", "day >= $1", time.today() - timedelta(days=1)) == 4


async def test_before_anybody_worked_here_nothing_is_reported(scene, clock):
    await at(clock, 8)
    await look(scene)
    await scene.walks_in()
    await look(scene)
    assert await props.count("desk_report") == 0


async def test_what_was_sent_cannot_be_changed_nor_taken_away(scene, clock):
    await scene.books()
    await at(clock, 7, 30)
    await look(scene)
    for sql in ("UPDATE desk_report SET summary = ''", "DELETE FROM desk_report"):
        with pytest.raises(Exception, match="stays as it was sent"):
            await db.fetch(sql)


async def two_workers_make_it_once(scene, clock):
    """Several workers at the same hour: one report, one message for each who is told."""
    await at(clock, 7, 30)
    due_at = making.due(ReportName.MORNING, time.today(), (await making.HELD.read())[0])
    made = await asyncio.gather(*(making.make(ReportName.MORNING, time.today(), due_at) for _ in range(5)))
    assert sorted(made) == [False] * 4 + [True]
    assert await props.count("desk_report") == 1
    assert await props.count("fact", "name = 'ReportMade'") == 1


async def test_two_workers_make_a_report_once(scene, clock):
    await two_workers_make_it_once(scene, clock)


async def corrected_once(scene, clock):
    """Several workers find the same: one correction."""
    await at(clock, 8, 30)
    _, _, ticket = await scene.arrives(name="张小三")
    await at(clock, 17, 0)
    await look(scene)
    await scene.guide.post(f"/desk/check-ins/{ticket['id']}/annulment", {})
    await clock.forward(minutes=11)
    day, due_at = time.today(), time.at(time.today(), 17)
    async with db.alone(scene.site.settings.database_url) as slow, asyncio.TaskGroup() as group, slow.transaction():
        await slow.execute("LOCK TABLE desk_report IN SHARE MODE")  # all have looked before one writes
        for _ in range(3):
            group.create_task(making.correct(ReportName.ARRIVALS, day, due_at, 1))
        await somebody_waits(3)
    assert await props.count("desk_report", "name = 'desk-arrivals' AND correction > 0") == 1
    assert await props.count("desk_report", "name = 'desk-arrivals' AND correction = 1") == 1


async def test_several_workers_correct_a_report_once(scene, clock):
    await corrected_once(scene, clock)


@pytest.mark.mutant
@pytest.mark.parametrize("scenario", [two_workers_make_it_once, corrected_once], ids=lambda one: one.__name__)
async def test_somebody_notices_that_a_report_may_be_made_twice(scene, clock, monkeypatch, scenario):
    await db.fetch("ALTER TABLE desk_report DROP CONSTRAINT desk_report_once")
    try:
        mutant = Mutant("once", models, "KEEP", ((models.ONCE, ""),), scenario)
        await is_killed(mutant, monkeypatch, scene, clock)
    finally:
        await db.fetch("ALTER TABLE desk_report DISABLE TRIGGER desk_report_stays")
        await db.fetch("DELETE FROM desk_report")
        await db.fetch("ALTER TABLE desk_report ENABLE TRIGGER desk_report_stays")
        await db.fetch("ALTER TABLE desk_report ADD CONSTRAINT desk_report_once UNIQUE (name, day, correction)")


async def test_each_report_is_read_by_whose_it_is(scene, clock, operations, service):
    supervisor = await a_member_of_staff(scene.site, "supervisor")
    may = {
        "desk-morning": (scene.guide, supervisor),
        "desk-arrivals": (operations,),
        "desk-evening": (service,),
    }
    for name, readers in may.items():
        for one in (scene.guide, supervisor, operations, service, scene.doctor):
            status = (await one.call("GET", f"/reports/{name}")).status
            assert status == (200 if one in readers else 403), (name, one)
    assert (await scene.guide.refused("/reports/desk-nothing", method="GET")).status == 404
    assert (await scene.guide.refused(f"/desk-reports/{new_id()}/reading")).status == 404
    for wrong in ("from=2026-02-02&to=2026-01-01", "from=x", "department=x", "more=1", "from=2026-01-01&to=2026-12-31"):
        assert (await scene.guide.refused(f"/reports/desk-morning?{wrong}", method="GET")).status == 422, wrong


async def test_a_guide_of_one_department_reads_its_lines_alone(scene, clock):
    other = await props.a_slot(starts_at=time.at(time.today(), 10))
    await scene.books(name="张小三")
    await scene.books(other, name="李小四")
    mine = await a_member_of_staff(scene.site, "guide", department_id=other.department_id)
    await at(clock, 7, 30)
    await look(scene)
    (report,) = (await mine.get("/reports/desk-morning"))["items"]
    assert ([line["name"] for line in report["lines"]], report["totals"]["booked"]) == (["李*四"], 1)
    path = f"/reports/desk-morning?department={scene.department_id}"
    assert (await mine.refused(path, method="GET")).status == 403
    (whole,) = (await scene.guide.get(path))["items"]
    assert [line["name"] for line in whole["lines"]] == ["张*三"]


async def test_files_are_made_for_tables_and_every_export_is_logged(scene, clock):
    await scene.books(name="=张小三")
    await at(clock, 7, 30)
    await look(scene)
    reply = await scene.guide.call("GET", "/reports/desk-morning", Accept="text/csv")
    assert (reply.status, reply.headers["Content-Type"]) == (200, "text/csv")
    header, line = list(csv.reader(io.StringIO(reply.raw.decode("utf-8-sig"))))
    assert (header[0], line[6][0], line[9]) == ("日期", "'", "病情、身份证号、特殊需要")
    book = await scene.guide.call("GET", "/reports/desk-morning", Accept=XLSX)
    (sheet,) = openpyxl.load_workbook(io.BytesIO(book.raw)).worksheets
    assert (sheet.title, sheet.max_row, sheet["G2"].value[0]) == ("desk-morning", 2, "=")
    admin = await a_member_of_staff(scene.site, "admin")
    logged = (await admin.get("/admin/report-exports"))["items"]
    assert [(one["format"], one["lines"], one["by_name"]) for one in logged] == [
        ("xlsx", 1, "李导"),
        ("csv", 1, "李导"),
    ]


async def test_the_hospital_says_when(scene, clock):
    admin = await a_member_of_staff(scene.site, "admin")
    assert (await admin.get("/admin/report-settings"))["morning_at"] == "07:30"
    reply = await admin.call("PATCH", "/admin/report-settings", {"morning_at": "06:05"})
    assert (reply.status, reply.body) == (
        200,
        {"morning_at": "06:05", "arrivals_at": "17:00", "evening_at": "21:00", "version": 1},
    )
    wrong = await admin.call("PATCH", "/admin/report-settings", {"arrivals_at": "05:00"})
    assert (wrong.status, wrong.body["errors"][0]["code"]) == (422, "not_in_order")
    stale = await admin.call("PATCH", "/admin/report-settings", {"morning_at": "06:00"}, If_Match='"0"')
    assert stale.status == 412
    await scene.books()
    await at(clock, 6, 5)
    await look(scene)
    assert len((await scene.guide.get("/reports/desk-morning"))["items"]) == 1
    assert (await scene.guide.call("PATCH", "/admin/report-settings", {})).status == 403
    (change,) = (await admin.get("/admin/report-settings/changes"))["items"]
    assert (change["before"]["morning_at"], change["after"]["morning_at"]) == ("07:30:00", "06:05:00")
