"""What the complaint desk of the console asks for: acts that will not be refused, order of need, who may take over."""

from uuid import UUID

import pytest

from satisfaction.complaints.rules import Act
from server import db
from tests import props
from tests.cast import a_member_of_staff, a_patient_by_row

ANSWER = {"finding": "当天叫号系统故障。", "action": "已修复并增设人工引导。", "responsible": "陈静"}
WORDS = {"text": "x"}
QUESTION = {"text": "x", "waits_for_patient": True}
WAYS = {  # a state, and the steps from filing to it
    "assigned": [],
    "taken": [("acknowledgement", None)],
    "responded": [("reply", WORDS)],
    "investigating": [("reply", WORDS), ("note", WORDS)],
    "waiting_patient": [("reply", QUESTION)],
    "answered": [("answer", ANSWER)],
    "committee": [("escalation", {"reason": "x"})] * 3,
    "closed_no_reply": [("answer", ANSWER), ("closure", {"state": "closed_no_reply", "reason": "x"})],
    "withdrawn": [("closure", {"state": "withdrawn", "reason": "x"})],
}


def request_of(act: str, ward, sibling: str) -> tuple[str, dict | None]:
    """The call that an act is."""
    return {
        Act.ACKNOWLEDGE: ("acknowledgement", None),
        Act.REPLY: ("reply", WORDS),
        Act.ASK: ("reply", QUESTION),
        Act.NOTE: ("note", WORDS),
        Act.ANSWER: ("answer", ANSWER),
        Act.ASSIGN: ("assignment", {"handler_id": ward.head.staff_id, "reason": "x"}),
        Act.ESCALATE: ("escalation", {"reason": "x"}),
        Act.CLOSED_NO_REPLY: ("closure", {"state": "closed_no_reply", "reason": "x"}),
        Act.CLOSED_DISAGREED: ("closure", {"state": "closed_disagreed", "reason": "x"}),
        Act.WITHDRAWN: ("closure", {"state": "withdrawn", "reason": "x"}),
        Act.REOPEN: ("reopening", {"reason": "x"}),
        Act.MERGE: ("merge", {"into_id": sibling, "reason": "x"}),
        Act.SEE_PHONE: ("phone-view", {"reason": "x"}),
    }[Act(act)]


async def reached(ward, way: str) -> dict:
    """A complaint in a state, as the supervisor sees it."""
    path = f"/complaints/{await ward.complaint()}"
    for step, form in WAYS[way]:
        await ward.supervisor.post(f"{path}/{step}", form)
    return await ward.supervisor.get(path)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("role", ["handler", "supervisor"])
async def test_what_is_offered_is_not_refused_and_what_is_not_offered_is(ward, way, role):
    person = getattr(ward, role)
    sibling = await ward.complaint()
    for act in Act:
        shown = await reached(ward, way)
        offered = (await person.get(f"/complaints/{shown['id']}"))["acts"]
        step, form = request_of(act, ward, sibling)
        reply = await person.call("POST", f"/complaints/{shown['id']}/{step}", form)
        if act == Act.ACKNOWLEDGE:  # again is the same, so it is never refused; it is offered while it means something
            assert (act in offered) == (way in ("assigned", "committee"))
        else:
            assert (act in offered) == (reply.status == 200), f"{act} in {way}: {reply.status} {reply.code}"
        if way != "withdrawn":
            await ward.supervisor.call(
                "POST", f"/complaints/{shown['id']}/closure", {"state": "withdrawn", "reason": "x"}
            )


async def test_who_may_only_read_is_offered_nothing(ward, hospital):
    agent = await a_member_of_staff(hospital, "customer_service")
    complaint_id = await ward.complaint()
    assert (await agent.get(f"/complaints/{complaint_id}"))["acts"] == []
    filed = await agent.post("/complaints", {"text": "x", "source": "phone"})
    assert filed["acts"] == []


async def test_without_a_phone_number_none_can_be_seen(ward):
    complaint_id = await ward.complaint()
    await db.fetch("UPDATE patient SET phone_cipher = NULL, phone_tail = ''")
    assert "see_phone" not in (await ward.handler.get(f"/complaints/{complaint_id}"))["acts"]


async def test_those_that_nobody_has_taken_come_first_then_the_next_clock(ward, clock):
    taken, written, new = [await ward.complaint() for _ in range(3)]
    ended = await ward.complaint()
    await ward.handler.post(f"/complaints/{taken}/acknowledgement")
    await ward.handler.post(f"/complaints/{written}/reply", WORDS)
    await ward.handler.post(f"/complaints/{ended}/closure", {"state": "withdrawn", "reason": "x"})
    await clock.forward(minutes=30)
    newest = await ward.complaint()

    first = await ward.handler.get("/complaints?order=urgent&limit=2")
    rest = await ward.handler.get(f"/complaints?order=urgent&limit=2&cursor={first['next']}")
    assert [item["id"] for item in first["items"] + rest["items"]] == [new, newest, taken, written]
    assert rest["next"] is None
    assert (await ward.handler.get("/complaints"))["items"][0]["id"] == newest
    [hurried, *_] = first["items"]
    left = {hand["clock"]: hand["seconds_left"] for hand in hurried["clocks"]}
    assert -1205 < left["acknowledgement"] < -1195
    assert 1795 < left["first_response"] < 1805
    closed = await ward.handler.get(f"/complaints/{ended}")
    assert {hand["seconds_left"] for hand in closed["clocks"]} == {None}


async def test_whom_it_can_be_handed_to(ward, hospital):
    about = await a_member_of_staff(hospital, "complaint_handler", name="被投诉的")
    await db.fetch(
        "UPDATE staff SET practitioner_id = $1 WHERE id = $2", ward.slot.practitioner_id, UUID(about.staff_id)
    )
    off_duty = await a_member_of_staff(hospital, "complaint_handler", name="休息的")
    await a_member_of_staff(hospital, "guide", name="导医")
    complaint_id = await ward.complaint(encounter_id=str(await ward.visit()))
    await ward.complaint()

    found = (await ward.handler.get(f"/complaints/{complaint_id}/candidates"))["items"]
    names = [person["name"] for person in found]
    assert set(names[:-1]) == {"supervisor先生", "head先生", "committee先生"}
    assert (found[-1]["id"], found[-1]["is_on_duty"]) == (off_duty.staff_id, False)
    assert found[0]["is_on_duty"]
    assert found[0]["open_complaints"] == 0
    for person in found:
        form = {"handler_id": person["id"], "reason": "x"}
        assert (await ward.supervisor.call("POST", f"/complaints/{complaint_id}/assignment", form)).status == 200
    assert (await about.refused(f"/complaints/{complaint_id}/candidates", method="GET")).status == 404
    agent = await a_member_of_staff(hospital, "customer_service")
    assert (await agent.refused(f"/complaints/{complaint_id}/candidates", method="GET")).status == 403


async def test_the_other_complaints_of_the_same_person_are_named_to_who_may_see_them(ward, hospital):
    one, other = await ward.complaint(encounter_id=str(await ward.visit())), await ward.complaint()
    await ward.complaint(await a_patient_by_row(hospital))
    shown = await ward.handler.get(f"/complaints/{one}")
    assert [sibling["id"] for sibling in shown["siblings"]] == [other]
    assert shown["siblings"][0]["closed_at"] is None
    head = await a_member_of_staff(hospital, "department_head", department_id=ward.slot.department_id)
    assert (await head.get(f"/complaints/{one}"))["siblings"] == []
    barred = await a_member_of_staff(hospital, "complaint_handler")
    await db.fetch(
        "UPDATE staff SET practitioner_id = $1 WHERE id = $2", ward.slot.practitioner_id, UUID(barred.staff_id)
    )
    assert (await barred.get(f"/complaints/{other}"))["siblings"] == []

    nobody = await ward.handler.post("/complaints", {"text": "x", "source": "desk", "patient_name": "某家属"})
    assert nobody["siblings"] == []
    without_account = await props.a_patient()
    await db.fetch("UPDATE patient SET account_id = NULL WHERE id = $1", without_account)
    form = {"text": "x", "source": "desk", "patient_id": str(without_account)}
    first, second = await ward.handler.post("/complaints", form), await ward.handler.post("/complaints", form)
    assert [sibling["id"] for sibling in second["siblings"]] == [first["id"]]
