"""Forms on the phone, what an alarming answer sets off, and plans as staff write, approve and change them."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from infra.plans import print_preview
from notifications.followups import models, shipped
from server import clock as time
from server import db
from tests import props
from tests.cast import StaffClient, a_member_of_staff, a_patient_by_row
from tests.locks import somebody_waits
from tests.mutants import Mutant, is_killed
from tests.notifications.followups.plans import (
    PAIN,
    PAIN_FLAG,
    a_plan,
    a_step,
    an_approved_plan,
    is_seen,
    look,
    states_of,
    steps_of,
)

FORM = {"questions": [PAIN], "red_flags": [PAIN_FLAG]}


@pytest.fixture
async def phone(hospital, clock):
    """Somebody with a phone and a file, at ten tomorrow."""
    await clock.set_to(time.at(time.today() + timedelta(days=1), 10))
    return await a_patient_by_row(hospital)


async def is_asked(hospital, clock, phone, **values) -> str:
    """Let a form come; gives its id."""
    await an_approved_plan(a_plan(a_step("ask", 1, **FORM)))
    await is_seen(phone, **values)
    await look(hospital)
    await clock.forward(days=1, hours=1)
    await look(hospital)
    (one,) = (await phone.get("/follow-ups?open=1"))["items"]
    return one["id"]


async def test_a_form_is_answered_once_and_kept_sealed(hospital, clock, phone):
    step_id = await is_asked(hospital, clock, phone)
    seen = await phone.get(f"/follow-ups/{step_id}")
    assert (seen["is_open"], [one["code"] for one in seen["questions"]]) == (True, ["pain"])
    wrong = await phone.refused(f"/follow-ups/{step_id}/response", {"answers": {"pain": 11}})
    assert (wrong.status, wrong.body["errors"][0]["pointer"]) == (422, "/answers/pain")
    assert "回答不对" in wrong.body["errors"][0]["detail"]
    given = await phone.post(f"/follow-ups/{step_id}/response", {"answers": {"pain": 2}})
    assert (given["is_alarming"], given["advice"]) == (False, [])
    assert (await phone.refused(f"/follow-ups/{step_id}/response", {"answers": {"pain": 2}})).code == "answered_already"
    assert (await phone.get("/follow-ups?open=1"))["items"] == []
    row = await db.fetch_one("SELECT answers_cipher, red_flags FROM followup_response")
    assert row is not None
    assert b"pain" not in row["answers_cipher"]
    assert await props.count("call_task") == 0


async def test_an_alarming_answer_calls_the_department_at_once(hospital, clock, phone):
    department_id = await props.a_department()
    head = await a_member_of_staff(hospital, "department_head", department_id=department_id)
    caller = await a_member_of_staff(hospital, "customer_service")
    step_id = await is_asked(hospital, clock, phone, department_id=department_id)
    given = await phone.post(f"/follow-ups/{step_id}/response", {"answers": {"pain": 9}})
    assert (given["is_alarming"], given["advice"]) == (True, ["请马上看急诊。"])
    await look(hospital)
    for staff in (head, caller):
        (alert,) = await staff.alerts_about("call_task")
        assert (alert["severity"], alert["state"]) == ("A", "raised")
    (task,) = (await caller.get("/calls"))["items"]
    assert (task["is_urgent"], task["kind"], alert["subject_id"]) == (True, "red_flag", task["id"])
    assert "follow_up_alarm" in [message["event"] for message in await phone.inbox()]
    assert (await head.call("GET", f"/calls/{task['id']}/answers")).status == 409
    await caller.post(f"/calls/{task['id']}/claim")
    said = (await caller.get(f"/calls/{task['id']}/answers"))["items"]
    assert said == [{"question": PAIN["text"], "answer": "9", "is_alarming": True}]
    assert await props.count("access_record", "what = 'follow_up_answers'") == 1
    await look(hospital)
    assert [one["state"] for one in await head.alerts_about("call_task")] == ["resolved"]


async def two_answers_at_once(hospital, clock, phone) -> None:
    """The same form is sent twice at the same moment: one is kept, one call is made."""
    step_id = await is_asked(hospital, clock, phone)
    async with db.alone(hospital.settings.database_url) as holder:
        async with holder.transaction():
            await holder.execute("LOCK TABLE followup_response IN SHARE MODE")
            sent = [
                asyncio.create_task(phone.call("POST", f"/follow-ups/{step_id}/response", {"answers": {"pain": 8 + n}}))
                for n in range(2)
            ]
            await somebody_waits(2)
        replies = await asyncio.gather(*sent)
    assert sorted(reply.status for reply in replies) == [201, 409]
    assert await props.count("call_task", "kind = 'red_flag'") == 1


async def test_two_answers_at_once_are_one(hospital, clock, phone):
    await two_answers_at_once(hospital, clock, phone)


MUTANT = Mutant(
    "the refusal of a second answer", models, "RESPOND", (("ON CONFLICT DO NOTHING ", ""),), two_answers_at_once
)


@pytest.mark.mutant
async def test_without_the_refusal_the_second_answer_is_a_fault(hospital, clock, phone, monkeypatch):
    await is_killed(MUTANT, monkeypatch, hospital, clock, phone)


async def test_nobody_reads_the_follow_ups_of_others(hospital, clock, phone):
    step_id = await is_asked(hospital, clock, phone)
    other = await a_patient_by_row(hospital)
    assert (await other.call("GET", f"/follow-ups/{step_id}")).status == 404
    assert (await other.refused(f"/follow-ups/{step_id}/response", {"answers": {"pain": 1}})).status == 404
    assert (await other.get("/follow-ups"))["items"] == []


async def test_a_patient_may_stop_a_plan(hospital, clock, phone):
    await an_approved_plan(a_plan(a_step("one", 1), a_step("two", 3)))
    await is_seen(phone)
    await look(hospital)
    await clock.forward(days=1, hours=1)
    await look(hospital)
    (one,) = (await phone.get("/follow-ups"))["items"]
    assert (await phone.post(f"/follow-ups/{one['id']}/refusal"))["is_stopped"] is True
    assert await states_of(phone.patient_id) == ["one sent", "two skipped refused"]


# ---- plans of staff --------------------------------------------------------------------------------------------------


@pytest.fixture
async def head(hospital, clock) -> StaffClient:
    await clock.set_to(time.at(time.today() + timedelta(days=1), 10))
    return await a_member_of_staff(hospital, "supervisor")


async def test_a_draft_is_read_changed_and_approved(hospital, head):
    items = (await head.get("/care-plans"))["items"]
    assert {one["code"] for one in items} == set(shipped.PLANS)
    chronic = next(one for one in items if one["code"] == "chronic")
    assert (chronic["approved"], chronic["draft"]["status"]) == (None, "draft")
    body = chronic["draft"]["body"]
    body["steps"][0]["offset_days"] = 10
    where = f"/care-plans/{chronic['id']}/draft"
    stale = await head.call("PUT", where, {"body": body}, If_Match='"7"')
    assert stale.status == 412
    saved = await head.call("PUT", where, {"body": body}, If_Match=f'"{chronic["draft"]["version"]}"')
    assert saved.body["draft"]["body"]["steps"][0]["offset_days"] == 10
    approved = await head.post(f"/care-plans/{chronic['id']}/approval")
    assert (approved["draft"], approved["approved"]["number"]) == (None, 1)
    assert (await head.refused(f"/care-plans/{chronic['id']}/approval")).code == "nothing_to_approve"
    body["steps"][0]["questions"][0]["code"] = body["steps"][0]["questions"][1]["code"]
    wrong = await head.call("PUT", where, {"body": body})
    assert wrong.status == 422
    assert (
        await (await a_member_of_staff(hospital, "customer_service")).call("PUT", where, {"body": body})
    ).status == 403


async def test_the_preview_is_what_a_patient_gets(hospital, head, clock, capsys):
    body = a_plan(a_step("a", 3, calendar="working"), a_step("b", 9, way="call"))
    shown = await head.post("/care-plans/preview", {"body": body.as_json(), "anchor_on": time.today().isoformat()})
    await an_approved_plan(body)
    phone = await a_patient_by_row(hospital)
    await is_seen(phone)
    await look(hospital)
    got = [time.local(row["due_at"]).isoformat(timespec="seconds") for row in await steps_of(phone.patient_id)]
    assert [one["due_at"] for one in shown["steps"]] == got
    row = await db.fetch_one("SELECT file_number FROM patient WHERE id = $1", UUID(phone.patient_id))
    assert row is not None
    assert await print_preview("test", time.today(), row["file_number"]) == 0
    printed = capsys.readouterr().out
    assert "合并为一次联系" in printed
    assert time.local((await steps_of(phone.patient_id))[0]["due_at"]).strftime("%Y-%m-%d") in printed
    assert await print_preview("nothing", time.today(), None) == 1


async def test_a_new_version_is_accepted_by_a_supervisor_and_told_steps_stay(hospital, head, clock):
    plan_id = await an_approved_plan(a_plan(a_step("told", 1), a_step("moved", 5), a_step("gone", 9)))
    patients = [await a_patient_by_row(hospital) for _ in range(2)]
    for phone in patients:
        await is_seen(phone)
    await look(hospital)
    await clock.forward(days=1, hours=1)
    await look(hospital)
    await head.call(
        "PUT",
        f"/care-plans/{plan_id}/draft",
        {"body": a_plan(a_step("told", 2), a_step("moved", 7), a_step("new", 12)).as_json()},
    )
    await head.post(f"/care-plans/{plan_id}/approval")
    for _ in range(2):
        await hospital.jobs["replans"].run()
    items = (await head.get(f"/care-plans/{plan_id}/replans"))["items"]
    assert [sorted((change["step"], change["what"]) for change in one["changes"]) for one in items] == [
        [("gone", "removed"), ("moved", "moved"), ("new", "added")]
    ] * 2
    (first, second) = [one["id"] for one in items]
    decision = f"/care-plans/{plan_id}/replans/decision"
    assert (await head.post(decision, {"ids": [first], "accept": True}))["count"] == 1
    assert (await head.post(decision, {"ids": [second], "accept": False}))["count"] == 1
    assert (await head.post(decision, {"ids": [first, second], "accept": True}))["count"] == 0
    states = sorted([await states_of(phone.patient_id) for phone in patients], key=len)
    assert states == [
        ["told sent", "moved planned", "gone planned"],
        ["told sent", "moved planned", "gone skipped replaced", "new planned"],
    ]
    assert (await head.get(f"/care-plans/{plan_id}"))["replans"] == 0


async def test_staff_write_down_an_operation_and_the_plan_begins_once(hospital, head, clock):
    await an_approved_plan(a_plan(a_step("a", 1), anchors=["operation"]))
    patient_id = str(await props.a_patient())
    anchor = {"patient_id": patient_id, "kind": "operation", "on": time.today().isoformat()}
    assert (await head.post("/follow-up-anchors", anchor))["count"] == 1
    assert (await head.post("/follow-up-anchors", anchor))["count"] == 0
    assert await states_of(patient_id) == ["a planned"]
    refused = await head.refused("/follow-up-anchors", {**anchor, "kind": "inquiry"})
    assert refused.code == "plan_not_running"
    await head.post("/follow-up-stops", {"patient_id": patient_id, "kind": "readmitted", "why": "再次住院"})
    assert await states_of(patient_id) == ["a skipped readmitted"]


async def test_a_death_stops_all_until_it_is_taken_back(hospital, head, clock):
    await an_approved_plan(a_plan(a_step("a", 1), a_step("b", 3)))
    phone = await a_patient_by_row(hospital)
    await is_seen(phone)
    await look(hospital)
    await head.post("/follow-up-stops", {"patient_id": phone.patient_id, "kind": "deceased"})
    await clock.forward(days=1, hours=1)
    await look(hospital)
    row = await db.fetch_one("SELECT id FROM patient_stop")
    assert row is not None
    await head.post(f"/follow-up-stops/{row['id']}/lifting")
    await clock.forward(days=2)
    await look(hospital)
    assert await states_of(phone.patient_id) == ["a skipped patient_stopped", "b sent"]


async def test_who_asked_not_to_be_called_is_written_to_and_called_in_need(hospital, head, clock, phone):
    await an_approved_plan(
        a_plan(a_step("call", 1, way="call"), a_step("ask", 1, **FORM), a_step("later", 9, way="call"))
    )
    await is_seen(phone)
    await look(hospital)
    await clock.forward(days=1, hours=1)
    await look(hospital)
    assert await props.count("call_task", "state = 'open'") == 1
    stop = {"patient_id": phone.patient_id, "kind": "no_calls", "why": "本人要求"}
    for _ in range(2):
        await head.post("/follow-up-stops", stop)
    assert await props.count("patient_stop") == 1
    assert await props.count("call_task", "state = 'open'") == 0
    (form,) = (await phone.get("/follow-ups?open=1"))["items"]
    await phone.post(f"/follow-ups/{form['id']}/response", {"answers": {"pain": 9}})
    assert await props.count("call_task", "state = 'open' AND kind = 'red_flag'") == 1
    await clock.forward(days=8)
    await look(hospital)
    assert (await states_of(phone.patient_id))[-1] == "later skipped nobody"


async def test_what_goes_on_for_one_patient_is_seen_and_that_is_written_down(hospital, head, clock, phone):
    supervisor = await a_member_of_staff(hospital, "supervisor", name="主管甲")
    service = await a_member_of_staff(hospital, "customer_service", name="客服乙")
    await an_approved_plan(a_plan(a_step("a", 1), a_step("b", 3, way="call"), anchors=["operation"]), code="after")
    assert [one["name"] for one in (await service.get("/care-plans/choices?anchor=operation"))["items"]] == ["测试随访"]
    assert (await service.get("/care-plans/choices?anchor=inquiry"))["items"] == []
    anchor = {"patient_id": phone.patient_id, "kind": "operation", "on": time.today().isoformat()}
    await service.post("/follow-up-anchors", anchor)
    path = f"/follow-ups-of/{phone.patient_id}"
    seen = await service.get(path)
    (plan,) = seen["plans"]
    assert (plan["plan"], plan["anchor"], plan["state"]) == ("测试随访", "operation", "active")
    assert [(one["way"], one["state"], one["told_at"]) for one in plan["steps"]] == [
        ("message", "planned", None),
        ("call", "planned", None),
    ]
    assert "*" in seen["name"]
    await service.post("/follow-up-stops", {"patient_id": phone.patient_id, "kind": "refused", "why": "来电说明"})
    (stop,) = (await service.get(path))["stops"]
    assert (stop["kind"], stop["why"], stop["made_by"], stop["lifted_at"]) == ("refused", "来电说明", "客服乙", None)
    assert (await service.refused(f"/follow-up-stops/{stop['id']}/lifting", {"why": "改变主意"})).status == 403
    await supervisor.post(f"/follow-up-stops/{stop['id']}/lifting", {"why": "改变主意"})
    (stop,) = (await supervisor.get(path))["stops"]
    assert (stop["lifted_by"], stop["lifted_why"]) == ("主管甲", "改变主意")
    assert await props.count("access_record", "what = 'follow_ups' AND patient_id = $1", UUID(phone.patient_id)) == 3
    assert (await service.call("GET", f"/follow-ups-of/{props.new_id()}")).status == 404
    guide = await a_member_of_staff(hospital, "guide")
    assert (await guide.call("GET", path)).status == 403
