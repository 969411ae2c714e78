"""The rota as whoever keeps it writes it."""

import asyncio
from datetime import timedelta

import pytest

from satisfaction.organisation import models
from server import clock, db
from tests import props
from tests.cast import a_member_of_staff
from tests.locks import somebody_waits
from tests.mutants import Mutant, is_killed


@pytest.fixture
async def keeper(hospital):
    return await a_member_of_staff(hospital, "supervisor", name="何主管")


async def test_a_week_is_written_and_shown_with_holidays_and_gaps(keeper):
    first = await keeper.get("/admin/duties?from=2026-09-28&to=2026-10-11")
    assert (first["version"], first["week"]) == (0, [])
    days = {one["day"]: one for one in first["days"]}
    assert (days["2026-10-01"]["is_holiday"], days["2026-10-10"]["is_worked"]) == (True, True)
    assert days["2026-09-28"]["uncovered"] == [0, 1, 2, 3]
    line = {"staff_id": keeper.staff_id, "level": 1, "weekday": 0, "starts_at": "20:00", "ends_at": "24:00"}
    week = [line, {**line, "weekday": 3, "starts_at": "20:00", "ends_at": "08:00", "on_holidays": False}]
    written = await keeper.put("/admin/duties", {"week": week, "version": 0})
    assert written["version"] == 1
    assert [(one["weekday"], one["ends_at"], one["on_holidays"]) for one in written["week"]] == [
        (0, "24:00", True),
        (3, "08:00", False),
    ]
    days = {one["day"]: one for one in (await keeper.get("/admin/duties?from=2026-09-28&to=2026-10-11"))["days"]}
    assert days["2026-09-28"]["uncovered"] == [0, 2, 3]
    assert days["2026-10-01"]["uncovered"] == [0, 1, 2, 3]  # a Thursday, and a holiday
    assert days["2026-10-08"]["uncovered"] == [0, 2, 3]


async def test_two_who_write_at_once_do_not_overwrite_each_other(keeper):
    line = {"staff_id": keeper.staff_id, "level": 1, "weekday": 0, "starts_at": "08:00", "ends_at": "18:00"}
    await keeper.put("/admin/duties", {"week": [line], "version": 0})
    refused = await keeper.refused("/admin/duties", {"week": [], "version": 0}, method="PUT")
    assert (refused.status, refused.code) == (409, "rota_changed")
    assert len((await keeper.get("/admin/duties"))["week"]) == 1


async def test_a_date_has_lines_of_its_own_until_they_are_taken_back(keeper):
    day = clock.today().isoformat()
    line = {"staff_id": keeper.staff_id, "level": 1, "starts_at": "00:00", "ends_at": "24:00"}
    written = await keeper.put(f"/admin/duties/dates/{day}", {"lines": [line], "version": 0})
    assert [(one["day"], one["name"]) for one in written["dates"]] == [(day, "何主管")]
    assert [(one["level"], one["name"]) for one in written["now"]] == [(1, "何主管")]
    back = await keeper.put(f"/admin/duties/dates/{day}", {"lines": [], "version": 1})
    assert (back["dates"], back["now"]) == ([], [])


async def test_an_absence_gives_the_line_to_who_stands_in(keeper, hospital):
    other = await a_member_of_staff(hospital, "supervisor", name="代班")
    await props.a_duty(keeper.staff_id, 1)
    span = {"from_at": clock.now().isoformat(), "until_at": (clock.now() + timedelta(days=2)).isoformat()}
    form = {"staff_id": keeper.staff_id, **span, "why": "年休假", "stands_in": other.staff_id}
    rota = await keeper.post("/admin/duties/absences", form)
    assert [(one["name"], one["stands_for"]) for one in rota["now"]] == [("代班", "何主管")]
    rota = await keeper.post(f"/admin/duties/absences/{rota['absences'][0]['id']}/end")
    assert ([one["name"] for one in rota["now"]], rota["absences"]) == (["何主管"], [])


@pytest.mark.parametrize(
    ("form", "pointer"),
    [
        ({"starts_at": "08:00", "ends_at": "08:00"}, "/week/0/ends_at"),
        ({"starts_at": "25:00"}, "/week/0/starts_at"),
        ({"level": 4}, "/week/0/level"),
    ],
)
async def test_what_makes_no_rota_is_refused_with_the_field(keeper, form, pointer):
    line = {"staff_id": keeper.staff_id, "level": 1, "weekday": 0, "starts_at": "08:00", "ends_at": "18:00", **form}
    refused = await keeper.refused("/admin/duties", {"week": [line], "version": 0}, method="PUT")
    assert (refused.status, refused.body["errors"][0]["pointer"]) == (422, pointer)


async def test_nobody_stands_above_themselves(keeper, hospital):
    other = await a_member_of_staff(hospital, "complaint_handler", name="下属")
    await keeper.put("/admin/organisation", {"staff_id": other.staff_id, "manager_id": keeper.staff_id})
    refused = await keeper.refused(
        "/admin/organisation", {"staff_id": keeper.staff_id, "manager_id": other.staff_id}, method="PUT"
    )
    assert refused.body["errors"][0]["code"] == "circle"
    shown = {one["name"]: one for one in (await keeper.get("/admin/organisation"))["items"]}
    assert shown["下属"]["manager_name"] == "何主管"


async def test_only_who_keeps_the_rota_writes_it(hospital):
    handler = await a_member_of_staff(hospital, "complaint_handler")
    assert (await handler.refused("/admin/duties", method="GET")).status == 403
    assert (await handler.refused("/admin/organisation", method="GET")).status == 403


@pytest.mark.parametrize("form", [{"starts_at": "0٣:00"}, {"ends_at": "1８:00"}])
async def test_digits_of_another_script_are_no_time(keeper, form):
    line = {"staff_id": keeper.staff_id, "level": 1, "weekday": 0, "starts_at": "08:00", "ends_at": "18:00", **form}
    refused = await keeper.refused("/admin/duties", {"week": [line], "version": 0}, method="PUT")
    assert (refused.status, refused.body["errors"][0]["pointer"]) == (422, f"/week/0/{next(iter(form))}")


@pytest.mark.parametrize("query", ["to=2099-12-31", "to=2001-01-01", "from=2026-01-01&to=2026-12-31"])
async def test_a_rota_of_too_many_days_is_refused(keeper, query):
    assert (await keeper.refused(f"/admin/duties?{query}", method="GET")).status == 422


async def two_who_lead_each_other(keeper, one, other):
    """Two keepers at once: each makes another one the manager of the other."""
    async with db.transaction():
        await db.fetch("SELECT id FROM staff ORDER BY id FOR NO KEY UPDATE")
        path, pair = "/admin/organisation", ((one.staff_id, other.staff_id), (other.staff_id, one.staff_id))
        forms = [{"staff_id": staff_id, "manager_id": manager_id} for staff_id, manager_id in pair]
        tasks = [asyncio.create_task(keeper.call("PUT", path, form)) for form in forms]
        await somebody_waits(2)
    assert sorted([(await task).status for task in tasks]) == [200, 422]
    assert await props.count("staff", "manager_id IS NOT NULL") == 1


@pytest.fixture
async def colleagues(hospital):
    return [await a_member_of_staff(hospital, "complaint_handler", name=name) for name in ("甲同事", "乙同事")]


async def test_two_keepers_at_once_do_not_make_a_circle(keeper, colleagues):
    await two_who_lead_each_other(keeper, *colleagues)


@pytest.mark.mutant
async def test_without_the_lock_two_keepers_make_a_circle(keeper, colleagues, monkeypatch):
    gone = (("pg_advisory_xact_lock(7402120)", "7402120"),)
    mutant = Mutant("one keeper of who leads whom", models, "ONE_AT_A_TIME", gone, two_who_lead_each_other)
    await is_killed(mutant, monkeypatch, keeper, *colleagues)
