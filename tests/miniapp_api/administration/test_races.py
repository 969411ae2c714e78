"""Who is faster: two movers of departments, and somebody who books, or opens a session, while a doctor leaves.

Each guard is taken out once.
"""

import asyncio

import pytest
from tortoise.exceptions import IntegrityError

from miniapp_api.schedules import models as plans
from miniapp_api.schedules.actions import open_sessions
from server import clock, db
from server.ids import new_id
from tests import props
from tests.cast import a_member_of_staff, a_patient_by_row
from tests.locks import somebody_waits
from tests.miniapp_api.schedules.test_races import books_by_row, broken
from tests.miniapp_api.schedules.things import a_rule, slot_at, tomorrow

LOCK_OF_THE_TREE = "PERFORM pg_advisory_xact_lock(7402117);"


async def two_movers_close_a_circle(hospital) -> list[object]:
    """Two transactions, each of which sees nothing wrong: a goes below b, and b below a."""
    a, b = await props.a_department(), await props.a_department()
    url = hospital.settings.database_url
    async with db.alone(url) as one, db.alone(url) as other:
        first, second = one.transaction(), other.transaction()
        await first.start()
        await second.start()
        await one.execute("UPDATE department SET parent_id = $2 WHERE id = $1", a, b)
        moving = asyncio.ensure_future(other.execute("UPDATE department SET parent_id = $2 WHERE id = $1", b, a))
        waits = asyncio.ensure_future(somebody_waits())
        await asyncio.wait({moving, waits}, return_when=asyncio.FIRST_COMPLETED)
        await first.commit()
        (said,) = await asyncio.gather(moving, return_exceptions=True)
        await (second.rollback() if isinstance(said, BaseException) else second.commit())
        waits.cancel()
    return [said, await db.fetch("SELECT id FROM department WHERE parent_id IS NOT NULL")]


async def test_two_movers_do_not_close_a_circle(hospital):
    said, moved = await two_movers_close_a_circle(hospital)
    assert getattr(said, "constraint_name", None) == "department_tree"
    assert len(moved) == 1


async def test_without_the_lock_two_movers_would(hospital):
    source = "SELECT pg_get_functiondef('department_stands_in_a_tree'::regproc) AS it"
    (row,) = await db.fetch(source)
    assert LOCK_OF_THE_TREE in row["it"]
    await db.fetch(row["it"].replace(LOCK_OF_THE_TREE, ""))
    try:
        said, moved = await two_movers_close_a_circle(hospital)
        assert not isinstance(said, BaseException)
        assert len(moved) == 2
    finally:
        await db.fetch(row["it"])


async def leaves_while_somebody_books(hospital) -> tuple[int, str]:
    """A doctor is put out of use; the plan has seen a free band when somebody's booking of it commits."""
    admin = await a_member_of_staff(hospital, "admin")
    rule = await a_rule(capacity=2)
    await open_sessions()
    slot = await slot_at(tomorrow(), 8)
    people = [await a_patient_by_row(hospital) for _ in range(2)]
    path = f"/admin/practitioners/{rule['practitioner_id']}/deactivation"
    async with db.alone(hospital.settings.database_url) as other, asyncio.TaskGroup() as group, other.transaction():
        await other.fetch("SELECT FROM slot WHERE id = $1 FOR NO KEY UPDATE", slot.id)
        leaving = group.create_task(admin.call("POST", path, {}))
        await somebody_waits()
        await books_by_row(other, slot, people)
    reply = leaving.result()
    return reply.status, reply.body.get("code", "")


async def test_a_doctor_who_is_booked_at_this_moment_stays(hospital):
    assert await leaves_while_somebody_books(hospital) == (409, "plan_changed")
    assert (await db.fetch_one("SELECT active FROM practitioner")) == {"active": True}
    assert await broken() == []


async def test_without_the_guard_the_booking_would_lose_its_band(hospital, monkeypatch):
    monkeypatch.setattr(plans, "DELETE_SLOTS", plans.delete_slots(guard="true"))
    assert (await leaves_while_somebody_books(hospital))[0] == 500  # the reference of the booking still holds it


async def a_session_by_hand(connection, practitioner_id, department_id) -> None:
    await connection.execute(
        "INSERT INTO session (id, practitioner_id, department_id, day, starts_at, ends_at, opens_at)"
        " VALUES ($1, $2, $3, $4, app_now() + interval '1 day', app_now() + interval '25 hours', app_now())",
        new_id(),
        practitioner_id,
        department_id,
        tomorrow(),
    )


async def leaves_while_a_session_opens(hospital) -> int:
    """A session is opened by hand, and not committed yet, when its doctor is put out of use."""
    admin = await a_member_of_staff(hospital, "admin")
    department_id = await props.a_department()
    doctor = await props.a_practitioner(department_id)
    async with db.alone(hospital.settings.database_url) as other, asyncio.TaskGroup() as group, other.transaction():
        await a_session_by_hand(other, doctor, department_id)
        leaving = group.create_task(admin.call("POST", f"/admin/practitioners/{doctor}/deactivation", {}))
        waits = asyncio.ensure_future(somebody_waits())
        await asyncio.wait({leaving, waits}, return_when=asyncio.FIRST_COMPLETED)
        waits.cancel()
    return leaving.result().status


async def test_a_session_that_is_being_opened_is_waited_for(hospital):
    assert await leaves_while_a_session_opens(hospital) == 409


async def test_without_the_guard_the_session_would_be_nobodys(hospital):
    await db.fetch("ALTER TABLE session DISABLE TRIGGER session_in_use")
    try:
        assert await leaves_while_a_session_opens(hospital) == 200
    finally:
        await db.fetch("ALTER TABLE session ENABLE TRIGGER session_in_use")


async def test_nobody_opens_a_session_for_who_is_out_of_use(hospital):
    department_id = await props.a_department()
    doctor = await props.a_practitioner(department_id, active=False)
    with pytest.raises(IntegrityError) as caught:
        await props.insert(
            "session",
            practitioner_id=doctor,
            department_id=department_id,
            day=tomorrow(),
            starts_at=clock.now(),
            ends_at=clock.now().replace(year=2099),
            opens_at=clock.now(),
        )
    assert db.violated(caught.value) == "session_in_use"


async def test_two_administrators_change_one_thing(hospital):
    admin = await a_member_of_staff(hospital, "admin")
    room = await props.a_room(await props.a_department())
    replies = await asyncio.gather(
        *(admin.call("PATCH", f"/admin/rooms/{room}", {"name": f"诊室{n}"}, If_Match='"1"') for n in range(4))
    )
    assert sorted(reply.status for reply in replies) in (
        [200, 409, 409, 409],
        [200, 409, 409, 412],
        [200, 409, 412, 412],
        [200, 412, 412, 412],
    )
    assert (await db.fetch_one("SELECT version FROM room")) == {"version": 2}
    assert await props.count("catalogue_change") == 1


async def test_two_departments_made_at_once_do_not_share_letters(hospital):
    admin = await a_member_of_staff(hospital, "admin")
    campus = await props.a_campus()
    made = await asyncio.gather(
        *(
            admin.post("/admin/departments", {"code": f"h{n}", "name": "心血管内科", "campus_id": str(campus)})
            for n in range(5)
        )
    )
    assert len({one["ticket_prefix"] for one in made}) == 5
