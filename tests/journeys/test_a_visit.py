"""One visit from the first login to an answered complaint, over HTTP, workers and the simulated platform."""

from datetime import timedelta

import pytest

from server import clock as time
from server import db
from tests import props
from tests.cast import a_member_of_staff, a_patient_with_a_phone

EVERY_TEMPLATE = (
    "appointment_booked",
    "appointment_reminder",
    "queue_joined",
    "queue_called",
    "visit_finished",
    "survey_invitation",
    "complaint_progress",
    "revisit_reminder",
)


@pytest.fixture
async def the_house(hospital, clock):
    """A department with a doctor, a room, a desk and staff; it is nine in the morning of some day."""
    tomorrow = time.today() + timedelta(days=1)
    await clock.set_to(time.at(tomorrow, 9))
    department_id = await props.a_department(name="心血管内科", ticket_prefix="X")
    slot = await props.a_slot(starts_at=time.at(tomorrow + timedelta(days=1), 10), department_id=department_id)
    desk_id = await props.a_desk()
    guide = await a_member_of_staff(hospital, "guide", desk_id=desk_id)
    doctor = await a_member_of_staff(hospital, "room", department_id=department_id, name="周医助")
    handler = await a_member_of_staff(hospital, "complaint_handler", name="陈静")
    supervisor = await a_member_of_staff(hospital, "supervisor", name="何主管")
    await props.a_duty(handler.staff_id, 0)
    await props.a_duty(supervisor.staff_id, 1)
    return {"slot": slot, "guide": guide, "doctor": doctor, "handler": handler, "supervisor": supervisor}


async def titles(patient) -> list[str]:
    return [message["title"] for message in await patient.phone_shows()]


async def robot_messages(hospital) -> list:
    async with hospital.http.get(hospital.simulator + "/_sim/robots/sim-robot/messages") as reply:
        return (await reply.json())["items"]


async def is_seen(hospital, patient, the_house, clock, *, finish: dict) -> dict:
    """Book, come, be called and be seen."""
    slot = the_house["slot"]
    booked = await patient.books(slot.id)
    await clock.set_to(slot.starts_at - timedelta(minutes=20))
    scan = await the_house["guide"].scans(await patient.code(booked["id"]))
    assert scan["outcome"] == "accepted", scan
    ticket = await the_house["doctor"].calls_next(slot.room_id)
    await the_house["doctor"].post(f"/tickets/{ticket['id']}/start")
    await the_house["doctor"].post(f"/tickets/{ticket['id']}/finish", finish)
    return {"appointment": booked, "ticket": ticket}


async def test_the_way_of_a_visit(hospital, the_house, clock, drain):
    slot, guide, doctor, handler = (the_house[name] for name in ("slot", "guide", "doctor", "handler"))

    # the phone: log in, add oneself, look around, allow messages, book
    patient = await a_patient_with_a_phone(hospital)
    await patient.accepts(*EVERY_TEMPLATE)
    departments = (await patient.get("/departments"))["items"]
    assert "心血管内科" in [department["name"] for department in departments]
    slots = (await patient.get(f"/slots?department={slot.department_id}"))["items"]
    assert [(item["id"], item["status"], item["available"]) for item in slots] == [(str(slot.id), "open", 10)]
    booked = await patient.books(slot.id)
    assert (booked["status"], booked["number"]) == ("booked", 1)
    await drain()
    assert await titles(patient) == ["预约成功通知"]
    assert len(await patient.inbox()) == 1

    # the evening before, and two hours before
    await clock.set_to(time.at(slot.day - timedelta(days=1), 18, 1))
    await drain()
    assert (await titles(patient)).count("就诊提醒") == 1
    await patient.accepts("appointment_reminder")
    await clock.set_to(slot.starts_at - timedelta(minutes=119))
    await drain()
    assert (await titles(patient)).count("就诊提醒") == 2

    # the desk: scan what the phone shows
    await clock.set_to(slot.starts_at - timedelta(minutes=15))
    code = await patient.code(booked["id"])
    scan = await guide.scans(code)
    assert (scan["outcome"], scan["ticket"]["number"]) == ("accepted", "X001"), scan
    assert (await guide.scans(code))["outcome"] == "already_checked_in"
    queue = await patient.get(f"/appointments/{booked['id']}/queue")
    assert (queue["state"], queue["ahead"]) == ("waiting", 0)

    # the room: call, start, finish with advice and a revisit date
    ticket = await doctor.calls_next(slot.room_id)
    assert ticket["id"] == scan["ticket"]["id"]
    await drain()
    assert "叫号提醒" in await titles(patient)
    await doctor.post(f"/tickets/{ticket['id']}/start")
    revisit_on = slot.day + timedelta(days=14)
    finish = {"advice": "低盐饮食，每天早晚量血压。", "revisit_on": revisit_on.isoformat()}
    await doctor.post(f"/tickets/{ticket['id']}/finish", finish)
    seen = await patient.get(f"/appointments/{booked['id']}")
    assert (seen["status"], seen["visit"]["advice"]) == ("completed", finish["advice"])
    await drain()
    assert {"报到成功通知", "就诊完成通知", "满意度评价邀请"} <= set(await titles(patient))

    # the survey: one star becomes a complaint by itself
    survey = (await patient.get("/surveys"))["items"][0]
    items = (await patient.get(f"/surveys/{survey['id']}"))["items"]
    stars = next(item["id"] for item in items if item["type"] == "stars")
    answer = {"answers": {stars: 1}, "comment": "等了太久，没有人说明原因。", "contact_me": True}
    await patient.post(f"/surveys/{survey['id']}/response", answer)
    await drain()
    complaint = (await patient.get("/complaints"))["items"][0]

    # the handler is alerted on the live screen and by the robot, and takes it
    alerts = await handler.alerts_about("complaint")
    assert [(alert["subject_id"], alert["state"]) for alert in alerts] == [(complaint["id"], "raised")]
    assert complaint["number"] in str(await robot_messages(hospital))
    await handler.post(f"/alerts/{alerts[0]['id']}/acknowledgement")
    await drain()
    await handler.post(f"/complaints/{complaint['id']}/reply", {"text": "您好，我是陈静，马上为您核实。"})
    await handler.post(
        f"/complaints/{complaint['id']}/answer",
        {
            "finding": "当天一名医生临时去急诊会诊。",
            "action": "已向候诊患者增设延误告知。",
            "responsible": "陈静",
            "objection": "如不满意，可在此页面再次反馈。",
        },
    )
    await drain()
    await patient.post(f"/complaints/{complaint['id']}/confirmation", {"satisfied": True})
    await drain()
    shown = await patient.get(f"/complaints/{complaint['id']}")
    assert shown["state"] == "confirmed_closed"
    assert await props.count("breach") == 0
    assert await the_house["supervisor"].alerts_about("complaint") == []

    # the revisit reminder comes when its day comes, and once
    await clock.set_to(time.at(revisit_on - timedelta(days=1), 9, 1))
    await drain()
    await drain()
    assert (await titles(patient)).count("复诊提醒") == 1

    # nothing was sent twice, and everything is told in the inbox too
    rows = await db.fetch("SELECT delivery_id FROM attempt WHERE outcome = 'accepted' GROUP BY 1 HAVING count(*) > 1")
    assert rows == []
    assert len(await patient.inbox()) == await props.count("message", "account_id IS NOT NULL")


async def test_an_alert_that_nobody_acknowledges_reaches_the_supervisor(hospital, the_house, clock, drain):
    patient = await a_patient_with_a_phone(hospital)
    await is_seen(hospital, patient, the_house, clock, finish={})
    await drain()
    survey = (await patient.get("/surveys"))["items"][0]
    await patient.post(f"/surveys/{survey['id']}/response", {"answers": {"overall": 1}})
    await drain()
    supervisor = the_house["supervisor"]
    await clock.forward(minutes=9)
    await drain()
    assert await supervisor.alerts_about("complaint") == []
    await clock.forward(minutes=2)
    await drain()
    assert [alert["state"] for alert in await supervisor.alerts_about("complaint")] == ["raised"]
    await drain()
    assert len(await supervisor.alerts_about("complaint")) == 1


async def test_a_patient_without_consent_finds_every_step_in_the_inbox(hospital, the_house, clock, drain):
    patient = await a_patient_with_a_phone(hospital)
    await is_seen(hospital, patient, the_house, clock, finish={"advice": "多休息"})
    await drain()
    assert await patient.phone_shows() == []
    inbox = [message["title"] for message in await patient.inbox()]
    assert len(inbox) >= 5
    assert await props.count("delivery", "state = 'suppressed' AND reason = 'no_consent'") == len(inbox)


async def test_a_good_rating_opens_no_complaint(hospital, the_house, clock, drain):
    patient = await a_patient_with_a_phone(hospital)
    await is_seen(hospital, patient, the_house, clock, finish={})
    await drain()
    survey = (await patient.get("/surveys"))["items"][0]
    await patient.post(f"/surveys/{survey['id']}/response", {"answers": {"overall": 5}})
    await drain()
    assert (await patient.get("/complaints"))["items"] == []
