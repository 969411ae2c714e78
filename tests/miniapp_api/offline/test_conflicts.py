"""Who was let in without the network and cannot be: nobody is forgotten, a person decides."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from miniapp_api.wiring import WIRING
from server import clock as time
from server import db
from tests import props
from tests.cast import a_member_of_staff
from tests.miniapp_api.offline.devices import at
from tests.miniapp_api.scenes import broken_invariants


async def asked(guide) -> list[dict]:
    return (await guide.get("/desk/conflicts"))["items"]


async def refused(desk, clock, minutes: float = 30) -> dict:
    """Send what the desk has, all of it refused for the same reason; give the only conflict."""
    await clock.set_to(at(minutes))
    [answer] = await desk.sends()
    assert (answer["outcome"], answer["is_conflict"]) == ("refused", True)
    [conflict] = await asked(desk.guide)
    assert (conflict["reason"], conflict["scan_id"]) == (answer["reason"], answer["scan_id"])
    assert conflict["message"] == answer["message"]
    assert conflict["next_step"]
    assert "{" not in conflict["message"] + conflict["next_step"]
    return conflict


async def decides(guide, conflict, act, reason="已核对本人"):
    return await guide.call(
        "POST",
        f"/desk/conflicts/{conflict['id']}/resolution",
        {"act": act, "reason": reason},
        Idempotency_Key=str(uuid4()),
    )


async def test_a_booking_that_was_cancelled_meanwhile_is_dismissed_with_a_reason(scene, desks, clock):
    person, booked = await scene.books()
    desks[0].scans_code(booked, at(1))
    await person.post(f"/appointments/{booked}/cancellation", {})
    conflict = await refused(desks[0], clock)
    assert (conflict["reason"], conflict["name"], conflict["can_check_in"]) == ("cancelled", "张*三", False)
    assert conflict["phone_masked"].startswith("*******")
    reply = await decides(scene.guide, conflict, "check_in")
    assert (reply.status, reply.code) == (409, "check_in_refused")
    reply = await decides(scene.guide, conflict, "dismiss", "已改为现场登记")
    assert (reply.status, reply.body) == (200, {"ticket_id": None})
    assert await asked(scene.guide) == []
    row = await db.fetch_one(
        "SELECT why, to_state FROM transition WHERE machine = 'offline_conflict' AND from_state = 'open'"
    )
    assert (row["why"], row["to_state"]) == ("已改为现场登记", "resolved")
    again = await decides(scene.guide, conflict, "check_in")
    assert (again.status, again.code) == (409, "conflict_resolved")
    assert await broken_invariants(WIRING) == []


async def test_the_guide_who_sent_it_is_alerted_until_somebody_has_decided(scene, desks, clock, drain):
    person, booked = await scene.books()
    desks[0].scans_code(booked, at(1))
    await person.post(f"/appointments/{booked}/cancellation", {})
    conflict = await refused(desks[0], clock)
    await drain()
    [alert] = await scene.guide.alerts_about("offline_conflict")
    assert (alert["subject_id"], alert["state"]) == (conflict["id"], "raised")
    assert "心血管内科" in alert["detail"]
    assert "张" not in alert["title"] + alert["detail"]
    await decides(scene.guide, conflict, "dismiss", "患者已离开")
    await drain()
    [alert] = await scene.guide.alerts_about("offline_conflict")
    assert alert["state"] == "resolved"


async def test_a_stopped_clinic_and_another_department_are_for_a_person(scene, desks, clock):
    _, stopped = await scene.books()
    desks[0].scans_code(stopped, at(1))
    await db.fetch("UPDATE slot SET is_stopped = true")
    conflict = await refused(desks[0], clock)
    assert conflict["reason"] == "session_stopped"
    elsewhere = await props.a_slot(starts_at=at(10))
    _, other = await scene.books(elsewhere)
    desk_id = await props.a_desk(department_id=scene.department_id)
    desks[1].guide.desk_id = str(desk_id)
    desks[1].scans_code(other, at(1))
    [answer] = await desks[1].sends()
    assert (answer["outcome"], answer["reason"], answer["is_conflict"]) == ("refused", "wrong_department", True)


async def test_a_late_code_lets_in_after_a_person_has_looked_with_the_place_of_then(scene, desks, clock):
    late = await props.a_slot(starts_at=time.at(time.today(), 8, 20), department_id=scene.department_id)
    _, booked = await scene.books(late)
    scan = desks[0].scans_code(booked, at(-5))
    scan["scanned_at"] = desks[0].own(at(2))
    conflict = await refused(desks[0], clock)
    assert (conflict["reason"], conflict["can_check_in"]) == ("code_expired", True)
    reply = await decides(scene.guide, conflict, "check_in")
    assert reply.status == 200
    ticket = await db.fetch_one("SELECT * FROM ticket")
    assert (str(ticket["id"]), ticket["checked_in_at"], ticket["sort_at"]) == (reply.body["ticket_id"], at(2), at(2))
    assert await asked(scene.guide) == []
    assert (await decides(scene.guide, conflict, "check_in")).body == reply.body
    assert await broken_invariants(WIRING) == []


async def test_a_code_is_not_judged_by_a_clock_that_was_changed(scene, desks, clock):
    _, booked = await scene.books()
    desks[0].scans_code(booked, at(3))
    desks[0].wrong_by = timedelta(minutes=20)  # since the contact
    conflict = await refused(desks[0], clock)
    assert (conflict["reason"], conflict["time_source"]) == ("clock_unknown", "upload")
    assert (await decides(scene.guide, conflict, "check_in")).status == 200


async def test_a_check_in_that_was_taken_back_does_not_come_again_by_itself(scene, desks, clock):
    _, booked = await scene.books()
    desks[0].scans_code(booked, at(3))
    await clock.set_to(at(6))
    ticket = (await scene.guide.post("/desk/check-ins", {"appointment_id": booked}))["ticket"]
    await scene.guide.post(f"/desk/check-ins/{ticket['id']}/annulment", {"reason": "报错了人"})
    conflict = await refused(desks[0], clock)
    assert conflict["reason"] == "annulled"


async def test_one_person_has_one_place_in_a_queue(scene, desks, clock):
    person, booked = await scene.books()
    later = await props.a_slot(starts_at=at(40), department_id=scene.department_id)
    second = await props.an_appointment(later, UUID(person.patient_id), UUID(person.account_id), open_place=2)
    await scene.guide.scans(await person.code(booked))
    desks[0].scans_code(str(second), at(3))
    conflict = await refused(desks[0], clock)
    assert conflict["reason"] == "has_place"
    assert "A001" in conflict["message"]


async def test_what_a_later_upload_settles_nobody_is_asked(scene, desks, clock):
    _, booked = await scene.books()
    old = desks[0].scans_code(booked, at(-5))
    old["scanned_at"] = desks[0].own(at(2))
    await refused(desks[0], clock)
    desks[1].scans_code(booked, at(4))
    await desks[1].sends()
    assert await asked(scene.guide) == []
    row = await db.fetch_one("SELECT act, resolved_by, ticket_id FROM offline_conflict")
    assert (row["act"], row["resolved_by"], row["ticket_id"] is None) == ("settled", None, False)


async def test_two_guides_decide_at_once(scene, desks, clock):
    _, booked = await scene.books()
    old = desks[0].scans_code(booked, at(-5))
    old["scanned_at"] = desks[0].own(at(2))
    conflict = await refused(desks[0], clock)
    replies = await asyncio.gather(
        *(decides(desk.guide, conflict, act) for desk in desks for act in ("check_in", "dismiss"))
    )
    assert {reply.status for reply in replies} == {200, 409}
    row = await db.fetch_one("SELECT act FROM offline_conflict")
    assert await props.count("ticket") == (1 if row["act"] == "check_in" else 0)
    assert await broken_invariants(WIRING) == []


async def test_a_conflict_is_shown_to_guides_of_its_department(scene, desks, clock):
    person, booked = await scene.books()
    desks[0].scans_code(booked, at(1))
    await person.post(f"/appointments/{booked}/cancellation", {})
    conflict = await refused(desks[0], clock)
    stranger = await a_member_of_staff(scene.site, "guide", department_id=await props.a_department())
    assert await asked(stranger) == []
    assert (await decides(stranger, conflict, "dismiss")).status == 404
    mine = await a_member_of_staff(scene.site, "guide", department_id=scene.department_id)
    assert [one["id"] for one in await asked(mine)] == [conflict["id"]]
    assert (await decides(mine, conflict, "dismiss", "")).status == 422
    assert (await mine.get(f"/desk/conflicts?desk_id={desks[1].guide.desk_id}"))["items"] == []
    assert (await (await a_member_of_staff(scene.site, "room")).call("GET", "/desk/conflicts")).status == 403


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"act": "dismiss"}, "offline_conflict_dismissed_with_reason"),
        ({"act": "check_in", "note": "-"}, "offline_conflict_has_ticket"),
        ({"act": None}, "offline_conflict_resolved_whole"),
    ],
)
async def test_the_database_keeps_decisions_whole(scene, desks, clock, values, constraint):
    person, booked = await scene.books()
    desks[0].scans_code(booked, at(1))
    await person.post(f"/appointments/{booked}/cancellation", {})
    await refused(desks[0], clock)
    columns = {"state": "resolved", "resolved_at": time.now(), **values}
    pairs = ", ".join(f"{name} = ${n}" for n, name in enumerate(columns, 1))
    with pytest.raises(Exception, match=constraint):
        await db.fetch(f"UPDATE offline_conflict SET {pairs}", *columns.values())
