"""The list of complaints says when it has changed."""

from tests.cast import a_member_of_staff
from tests.streams import watching

EVENTS = "/complaints/events"


async def test_every_act_is_heard(ward):
    async with watching(ward.handler, EVENTS) as screen:
        complaint_id = await ward.complaint()
        await screen.changed()
        path = f"/complaints/{complaint_id}"
        for client, act, body in (
            (ward.handler, "acknowledgement", {}),
            (ward.handler, "note", {"text": "查过记录"}),
            (ward.handler, "reply", {"text": "我们正在查。"}),
            (ward.patient, "messages", {"text": "还有一件事。"}),
            (ward.handler, "escalation", {"reason": "需要科主任"}),
            (ward.handler, "answer", {"finding": "确实等了很久", "action": "加开一个诊室", "responsible": "王敏"}),
            (ward.patient, "confirmation", {"satisfied": False}),
            (ward.supervisor, "closure", {"state": "withdrawn", "reason": "患者撤回"}),
        ):
            await client.post(f"{path}/{act}", body)
            await screen.changed()


async def test_a_clock_that_runs_out_is_heard(ward, clock):
    await ward.complaint()
    async with watching(ward.supervisor, EVENTS) as screen:
        await clock.forward(minutes=11)
        await ward.run("watch_complaints")
        await screen.changed()


async def test_patients_and_other_staff_hear_nothing(ward, hospital):
    guide = await a_member_of_staff(hospital, "guide")
    admin_of_rooms = await a_member_of_staff(hospital, "room", department_id=ward.slot.department_id)
    for client in (ward.patient, guide, admin_of_rooms):
        assert (await client.refused(EVENTS, method="GET")).status == 403
    service = await a_member_of_staff(hospital, "customer_service")
    async with watching(service, EVENTS):
        pass
