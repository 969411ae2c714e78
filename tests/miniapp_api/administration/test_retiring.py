"""Out of use and back: what people booked stands in the way, the rest goes and comes at once."""

from datetime import timedelta

import pytest

from miniapp_api.schedules.actions import open_sessions
from server import clock, db
from tests import props
from tests.cast import a_member_of_staff, a_patient_by_row
from tests.miniapp_api.schedules.things import a_rule, slot_at, tomorrow


@pytest.fixture
async def admin(hospital):
    return await a_member_of_staff(hospital, "admin", name="马主任")


async def test_a_doctor_with_free_clinics_leaves_and_comes_back(admin):
    rule = await a_rule()
    await open_sessions()
    there = await props.count("session")
    path = f"/admin/practitioners/{rule['practitioner_id']}"
    use = await admin.get(path + "/use")
    assert use == {
        "bookings": 0,
        "sessions_by_hand": 0,
        "schedules": 1,
        "departments": 0,
        "tickets": 0,
        "sessions_free": there,
        "can_deactivate": True,
    }
    gone = await admin.post(path + "/deactivation", {"reason": "进修一年"})
    assert (gone["active"], gone["version"]) == (False, 2)
    assert await props.count("session") == await props.count("slot") == 0
    assert (await admin.call("GET", f"/practitioners/{rule['practitioner_id']}")).status == 404
    back = await admin.post(path + "/activation", {})
    assert (back["active"], await props.count("session")) == (True, there)
    history = (await admin.get(path + "/history"))["items"]
    assert [(one["act"], one["why"]) for one in history] == [("activated", ""), ("deactivated", "进修一年")]


@pytest.mark.parametrize("kind", ["practitioner", "department", "room"])
async def test_what_is_booked_stays_in_use(hospital, admin, kind):
    rule = await a_rule()
    room = await props.a_room(rule["department_id"])
    await db.fetch("UPDATE schedule_rule SET room_id = $1", room)
    await open_sessions()
    person = await a_patient_by_row(hospital)
    await person.books((await slot_at(tomorrow(), 8)).id)
    before = await props.count("slot")
    row_id = {"room": room, **{one: rule[f"{one}_id"] for one in ("practitioner", "department")}}[kind]
    use = await admin.get(f"/admin/{kind}s/{row_id}/use")
    assert (use["bookings"], use["can_deactivate"]) == (1, False)
    reply = await admin.refused(f"/admin/{kind}s/{row_id}/deactivation")
    assert (reply.status, reply.code, reply.body["bookings"]) == (409, "in_use", 1)
    assert (await admin.get(f"/admin/{kind}s/{row_id}"))["active"]
    assert await props.count("slot") == before


async def test_a_department_waits_for_those_below_and_those_who_wait(admin):
    above = await props.a_department()
    below = await props.a_department(parent_id=above)
    reply = await admin.refused(f"/admin/departments/{above}/deactivation")
    assert (reply.code, reply.body["departments"]) == ("in_use", 1)
    await admin.post(f"/admin/departments/{below}/deactivation")
    await admin.post(f"/admin/departments/{above}/deactivation")
    reply = await admin.refused(f"/admin/departments/{below}/activation")
    assert (reply.status, reply.code) == (409, "above_inactive")
    for one in (above, below):
        assert (await admin.post(f"/admin/departments/{one}/activation"))["active"]


async def test_a_room_that_is_planned_with_stays_where_it_is(admin):
    rule = await a_rule()
    room, other = await props.a_room(rule["department_id"]), await props.a_department()
    await db.fetch("UPDATE schedule_rule SET room_id = $1", room)
    for reply in (
        await admin.refused(f"/admin/rooms/{room}/deactivation"),
        await admin.refused(f"/admin/rooms/{room}", {"department_id": str(other)}, method="PATCH"),
    ):
        assert (reply.status, reply.code, reply.body["schedules"]) == (409, "in_use", 1)
    await db.fetch("UPDATE schedule_rule SET room_id = NULL")
    assert not (await admin.post(f"/admin/rooms/{room}/deactivation"))["active"]


async def test_a_session_by_hand_keeps_its_doctor(admin):
    slot = await props.a_slot(starts_at=clock.now() + timedelta(days=1))
    reply = await admin.refused(f"/admin/practitioners/{slot.practitioner_id}/deactivation")
    assert (reply.code, reply.body["sessions_by_hand"]) == ("in_use", 1)


async def test_a_place_on_its_way_to_the_waitlist_counts_as_booked(admin):
    rule = await a_rule()
    await open_sessions()
    slot = await slot_at(tomorrow(), 8)
    await db.fetch("UPDATE slot SET kept = 1, last_number = 1 WHERE id = $1", slot.id)
    reply = await admin.refused(f"/admin/practitioners/{rule['practitioner_id']}/deactivation")
    assert (reply.code, reply.body["bookings"]) == ("in_use", 1)


async def test_out_of_use_twice_is_once(admin):
    doctor = await props.a_practitioner(await props.a_department())
    for _ in range(2):
        assert (await admin.post(f"/admin/practitioners/{doctor}/deactivation"))["version"] == 2
    assert await props.count("catalogue_change") == 1
