"""The brief of a visit: what a complaint needs to know of it, for whoever may judge it and nobody else."""

from uuid import uuid4

from server import clock as time
from server import db
from tests import props
from tests.cast import a_member_of_staff


async def test_a_brief_tells_scans_calls_who_passed_and_what_was_promised(scene, clock, drain):
    await clock.set_to(time.at(time.today(), 8, 40))
    walk_in = await scene.walks_in()
    await clock.forward(minutes=2)
    person, booked, ticket = await scene.arrives()
    again = await scene.guide.scans(await person.code(booked))
    assert again["outcome"] == "already_checked_in"
    for _ in range(2):
        await clock.forward(minutes=4)
        called = await scene.doctor.calls_next(scene.room_id)
        await scene.doctor.post(f"/tickets/{called['id']}/start")
        await clock.forward(minutes=4)
        await scene.doctor.post(f"/tickets/{called['id']}/finish")
    await drain()
    handler = await a_member_of_staff(scene.site, "complaint_handler")
    encounter = await db.fetch_one("SELECT id FROM encounter WHERE ticket_id = $1", ticket["id"])
    brief = await handler.get(f"/visits/{encounter['id']}/brief")
    assert [scan["outcome"] for scan in brief["scans"]] == ["accepted", "already_checked_in"]
    own = brief["tickets"][0]
    assert [event["act"] for event in own["events"]] == ["arrived", "called", "started", "finished"]
    assert (own["number"], own["passed_by"], own["waited_minutes"]) == ("A002", [], 4.0)
    assert own["promised"]["ahead"] is not None
    assert "预约成功" not in [message["title"] for message in brief["messages"]]
    assert brief["messages"]
    other = (await handler.get(f"/visits/{walk_in['id']}/brief"))["tickets"][0]
    assert [(one["number"], one["rule"], one["rule_version"]) for one in other["passed_by"]] == [("A002", "band", 0)]
    assert "A002" in other["passed_by"][0]["text"]
    assert "A001" in other["passed_by"][0]["text"]
    at = brief["moment"].replace("+", "%2B")
    then = await handler.get(f"/queues/{scene.department_id}/replay?at={at}")
    assert [one["number"] for one in then["queue"]["tickets"]] == ["A002", "A001"]
    assert (await handler.get(f"/visits/{booked}/brief"))["appointment_id"] == booked
    rows = await db.fetch("SELECT what FROM access_record")
    assert [row["what"] for row in rows] == ["visit_brief"] * 3


async def test_nobody_sees_a_brief_who_is_not_to_judge_it(scene, clock):
    _, booked, _ = await scene.arrives()
    path = f"/visits/{booked}/brief"
    head = await a_member_of_staff(scene.site, "department_head", department_id=scene.department_id)
    assert (await head.get(path))["visit_id"] == booked
    stranger = await a_member_of_staff(
        scene.site, "department_head", department_id=await props.a_department(name="骨科")
    )
    assert (await stranger.call("GET", path)).status == 404
    assert (await scene.guide.call("GET", path)).status == 403
    about = await a_member_of_staff(scene.site, "department_head", department_id=scene.department_id)
    await db.fetch("UPDATE staff SET practitioner_id = $2 WHERE id = $1", about.staff_id, scene.slot.practitioner_id)
    await clock.forward(seconds=1)  # whom the server knows is forgotten
    assert (await about.call("GET", path)).status == 404
    assert (await head.call("GET", f"/visits/{uuid4()}/brief")).status == 404
