"""What a patient says later is read for harm as their first words were."""

import asyncio
from uuid import UUID

import pytest

from satisfaction.complaints import clock_acts, patient_side
from satisfaction.complaints.models import Complaint
from server import db
from tests import props
from tests.locks import somebody_waits

HARM = "回家以后伤口一直出血。"
ANSWER = {"finding": "已核实", "action": "已整改", "responsible": "陈静"}


async def severity_of(complaint_id: str) -> str:
    row = await db.fetch_one("SELECT severity FROM complaint WHERE id = $1", UUID(complaint_id))
    assert row is not None
    return row["severity"]


async def said_why(ward, complaint_id: str) -> list[str]:
    entries = (await ward.supervisor.get(f"/complaints/{complaint_id}"))["entries"]
    return [entry["text"] for entry in entries if "按规则由" in entry["text"]]


async def harm_alerts(person) -> list[str]:
    return [one["subject_id"] for one in (await person.get("/alerts"))["items"] if one["kind"] == "complaint_harm"]


async def test_a_message_with_harm_makes_it_grave_once_and_calls_people(ward, drain):
    complaint_id = await ward.complaint()
    path = f"/complaints/{complaint_id}"
    await ward.supervisor.post(f"{path}/severity", {"severity": "C", "reason": "轻微"})
    before = await db.fetch_one("SELECT * FROM complaint WHERE id = $1", UUID(complaint_id))
    await ward.patient.post(f"{path}/messages", {"text": "补充一句：等了三个小时。"})
    assert (await severity_of(complaint_id), await said_why(ward, complaint_id)) == ("C", [])
    for text in (HARM, "又流血了。"):
        await ward.patient.post(f"{path}/messages", {"text": text})
    assert await severity_of(complaint_id) == "A"
    assert await said_why(ward, complaint_id) == ["患者的话里有“出血”，按规则由 C 级改为 A 级。"]
    events = await db.fetch("SELECT data FROM complaint_event WHERE kind = 'severity_set' ORDER BY id")
    assert len(events) == 2
    after = await db.fetch_one("SELECT * FROM complaint WHERE id = $1", UUID(complaint_id))
    assert before is not None
    assert after is not None
    assert after["answer_due_at"] <= before["answer_due_at"]
    await ward.run("watch_complaints", "relay")
    await drain()
    assert await harm_alerts(ward.handler) == [complaint_id]
    assert await harm_alerts(ward.supervisor) == [complaint_id]
    assert await props.count("escalation", "clock = 'severity'") == 1
    # the patient reads nothing of it
    seen = await ward.patient.get(path)
    assert "按规则由" not in str(seen)


@pytest.mark.parametrize("satisfied", [True, False, None])
async def test_a_remark_at_the_verdict_is_read(ward, drain, satisfied):
    complaint_id = await ward.complaint()
    path = f"/complaints/{complaint_id}"
    await ward.handler.post(f"{path}/answer", ANSWER)
    form = {"satisfied": satisfied, "call_me": satisfied is None, "text": HARM}
    await ward.patient.post(f"{path}/confirmation", form)
    await ward.run("relay")
    await drain()
    assert await severity_of(complaint_id) == "A"
    assert await harm_alerts(ward.supervisor) == [complaint_id]
    # a new round begins grave, an ended one is still seen to
    raised = await props.count("escalation", "clock = 'severity' AND cycle = 2")
    assert raised == (1 if satisfied is False else 0)


async def test_words_of_reopening_and_of_taking_back_are_read(ward, drain):
    first, second = await ward.complaint(), await ward.complaint()
    await ward.handler.post(f"/complaints/{first}/answer", ANSWER)
    await ward.handler.post(f"/complaints/{first}/closure", {"state": "closed_no_reply", "reason": "多次联系未果"})
    await ward.patient.post(f"/complaints/{first}/reopening", {"reason": HARM})
    await ward.patient.post(f"/complaints/{second}/withdrawal", {"reason": f"算了。{HARM}"})
    await ward.run("relay")
    await drain()
    assert [await severity_of(one) for one in (first, second)] == ["A", "A"]
    assert set(await harm_alerts(ward.supervisor)) == {first, second}


async def test_whom_it_bars_is_not_told(ward, drain):
    complaint_id = await ward.complaint()
    await db.fetch(
        "INSERT INTO complaint_person (complaint_id, role, staff_id, name, at)"
        " VALUES ($1, 'named', $2, '主管', app_now())",
        UUID(complaint_id),
        UUID(ward.supervisor.staff_id),
    )
    await ward.patient.post(f"/complaints/{complaint_id}/messages", {"text": HARM})
    await ward.run("relay")
    await drain()
    assert await harm_alerts(ward.supervisor) == []
    assert await harm_alerts(ward.handler) == [complaint_id]


async def both_at_once(ward, monkeypatch) -> str:
    """A handler judges it grave while the patient writes of harm: the patient's word waits for the handler's lock."""
    complaint_id = await ward.complaint()
    holds, happened = asyncio.Event(), clock_acts.happened

    async def slowly(*args, **data):
        holds.set()
        await somebody_waits()
        await happened(*args, **data)

    monkeypatch.setattr(clock_acts, "happened", slowly)
    path = f"/complaints/{complaint_id}"
    act = asyncio.create_task(ward.handler.post(f"{path}/severity", {"severity": "A", "reason": "电话里说出血"}))
    await holds.wait()
    await ward.patient.post(f"{path}/messages", {"text": HARM})
    await act
    return complaint_id


async def test_a_word_and_a_judgement_at_one_moment_make_it_grave_once(ward, drain, monkeypatch):
    complaint_id = await both_at_once(ward, monkeypatch)
    assert await severity_of(complaint_id) == "A"
    assert await said_why(ward, complaint_id) == []  # the handler was first
    assert await props.count("complaint_event", "kind = 'severity_set'") == 1


@pytest.mark.mutant
async def test_without_the_lock_the_two_stand_in_each_others_way(ward, monkeypatch):
    """The mutant of the test above: the patient's word is judged by the severity of before."""

    async def as_it_was(complaint_id, _version):
        return await Complaint.get(id=complaint_id)

    monkeypatch.setattr(patient_side, "locked", as_it_was)
    with pytest.raises(AssertionError):
        await both_at_once(ward, monkeypatch)
