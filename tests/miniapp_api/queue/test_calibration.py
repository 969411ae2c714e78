"""Each night: promises against real waits, once a day; one open alarm for each department; what is learned is used."""

import asyncio
from datetime import date, timedelta

import pytest
from tortoise.exceptions import IntegrityError

from miniapp_api.queue.waiting import calibration, calibration_models, waits
from server import clock as time
from server import db
from server.ids import new_id
from tests import props
from tests.cast import a_member_of_staff
from tests.locks import somebody_waits
from tests.miniapp_api.scenes import a_scene


@pytest.fixture
async def scene(hospital, clock):
    """It is nine, the clinic begins."""
    waits.forget()
    await clock.set_to(time.at(time.today() + timedelta(days=1), 9))
    return await a_scene(hospital, starts_at=time.at(time.today(), 9), ends_at=time.at(time.today(), 12))


async def a_day_of(scene, *, within: int, beyond: int, day: date | None = None) -> None:
    """Tickets of a day with promises of 20 minutes, of which so many were called in time and so many later."""
    day = day or time.today()
    for number in range(within + beyond):
        waited = 12 if number < within else 40
        await a_called(scene, day, waited)


_numbers = iter(range(10_000, 10_000_000))


async def a_called(scene, day: date, waited: float, ahead: int = 1) -> None:
    at = time.at(day, 10)
    number = next(_numbers)
    ticket_id = await props.insert(
        "ticket",
        department_id=scene.department_id,
        day=day,
        number=number,
        label=f"A{number}",
        state="done",
        patient_id=await props.a_patient(),
        sort_at=at,
        checked_in_at=at,
    )
    await props.insert_without_id(
        "wait_promise",
        ticket_id=ticket_id,
        at=at,
        ahead=ahead,
        expected_minutes=10.0,
        about_minutes=15,
        within_minutes=20,
    )
    await props.insert_without_id(
        "queue_event",
        department_id=scene.department_id,
        day=day,
        seq=number,
        at=at + timedelta(minutes=waited),
        kind="ticket",
        subject_id=ticket_id,
        act="called",
        by_kind="staff",
        channel="room",
        state="{}",
    )


async def test_a_day_is_compared_once_whoever_looks_and_published_by_department(scene, hospital, clock):
    _, _, ticket = await scene.arrives()
    await clock.forward(minutes=12)
    await scene.doctor.post(f"/rooms/{scene.room_id}/calls", {})
    _, _, stepped = await scene.arrives()
    await scene.guide.post(f"/tickets/{stepped['id']}/hold", {})
    await clock.forward(days=1)
    await asyncio.gather(*(calibration.compare_days() for _ in range(3)))
    kept = await db.fetch_one("SELECT waited_minutes FROM wait_promise WHERE ticket_id = $1", ticket["id"])
    assert kept["waited_minutes"] == pytest.approx(12, abs=0.2)
    head = await a_member_of_staff(hospital, "department_head", department_id=scene.department_id)
    report = await head.get("/reports/waits")
    assert [one["department"]["id"] for one in report["departments"]] == [str(scene.department_id)]
    day = report["departments"][0]["days"][-1]
    assert (day["promises"], day["called"]) == (2, 1)
    promised = ticket["wait"]
    assert day["within_p80"] == float(promised["within_minutes"] >= 12.2)
    assert day["bias_minutes"] == pytest.approx(promised["about_minutes"] - 12, abs=0.3)
    other = await a_member_of_staff(hospital, "department_head", department_id=await props.a_department())
    assert (await other.get("/reports/waits"))["departments"] == []
    refused = await other.call("GET", f"/reports/waits?department={scene.department_id}")
    assert refused.status == 403
    whole = await a_member_of_staff(hospital, "supervisor")
    wrong = await whole.call("GET", "/reports/waits?from=2026-03-02&to=2026-03-01")
    assert (wrong.status, wrong.body["errors"][0]["code"]) == (422, "wrong_range")
    assert (await scene.guide.call("GET", "/reports/waits")).status == 403


async def test_promises_that_do_not_hold_raise_one_alarm_and_it_ends_when_they_do(scene, hospital, clock, drain):
    supervisor = await a_member_of_staff(hospital, "supervisor")
    day = time.today()
    await a_day_of(scene, within=15, beyond=20, day=day)
    await a_day_of(scene, within=15, beyond=20, day=day + timedelta(days=1))
    await a_day_of(scene, within=10, beyond=2, day=day + timedelta(days=2))
    await a_day_of(scene, within=33, beyond=7, day=day + timedelta(days=3))
    for _ in range(3):
        await clock.forward(days=1)
        await drain()
    mine = [one for one in (await supervisor.get("/alerts"))["items"] if one["kind"] == "waits_misjudged"]
    assert [one["state"] for one in mine] == ["raised"]  # the second bad day found it open, the third had too few
    assert "43%" in mine[0]["detail"]
    report = await supervisor.get(f"/reports/waits?from={day}&to={time.today()}")
    assert report["departments"][0]["alarm_since"] == day.isoformat()
    await clock.forward(days=1)
    await drain()
    mine = [one for one in (await supervisor.get("/alerts"))["items"] if one["kind"] == "waits_misjudged"]
    assert [one["state"] for one in mine] == ["resolved"]
    assert (await supervisor.get("/reports/waits"))["departments"][0]["alarm_since"] is None


async def test_what_the_nights_learned_stretches_the_next_promise(scene, clock):
    await a_day_of(scene, within=20, beyond=20)
    await clock.forward(days=1)
    await calibration.compare_days()
    row = await db.fetch_one("SELECT p50, p80 FROM wait_ratio WHERE department_id = $1", scene.department_id)
    assert (row["p50"], row["p80"]) == (pytest.approx(1.2, abs=0.06), pytest.approx(4.0, abs=0.06))
    pace = await waits.pace_of(scene.department_id, time.today(), practitioner_id=None)
    assert pace.stretches[1] is not None
    assert pace.stretches[0] is None
    other = await waits.pace_of(await props.a_department(), time.today(), practitioner_id=None)
    assert other.stretches[1] == pace.stretches[1]  # the hospital's, where the department has none


async def test_no_department_has_two_open_alarms(scene):
    values = (scene.department_id, time.today(), 0.5)
    first = await db.fetch(calibration_models.OPEN_ALARM, new_id(), *values)
    second = await db.fetch(calibration_models.OPEN_ALARM, new_id(), *values)
    assert (len(first), second) == (1, [])
    with pytest.raises(IntegrityError):
        await props.insert("wait_alarm", department_id=values[0], opened_on=values[1], coverage=0.5)


async def compared_by_two(scene, clock) -> None:
    await a_day_of(scene, within=15, beyond=20)
    await clock.forward(days=1)
    async with db.alone(scene.site.settings.database_url) as slow, asyncio.TaskGroup() as group, slow.transaction():
        await slow.fetch("LOCK TABLE wait_rolled IN SHARE MODE")  # each has looked before the first writes
        for _ in range(3):
            group.create_task(calibration.compare_days())
        await somebody_waits(3)
    assert await props.count("wait_day") == 1


async def test_three_workers_compare_a_day_once(scene, clock):
    await compared_by_two(scene, clock)
