"""The clocks and the ladder, with a clock that moves."""

import asyncio
from datetime import datetime, timedelta
from uuid import UUID

from server import clock as time
from server import db
from tests import props
from tests.satisfaction.complaints.test_complaints import ANSWER


async def levels(ward) -> list[tuple[int, str]]:
    return [(fact["level"], fact["clock"]) for fact in await ward.facts("ComplaintEscalated")]


async def after(ward, clock, **amount: float) -> list[tuple[int, str]]:
    await clock.forward(**amount)
    await ward.run("note_breaches", "watch_complaints")
    return await levels(ward)


async def breaches() -> list[tuple[str, int]]:
    rows = await db.fetch("SELECT clock, cycle FROM breach ORDER BY breached_at")
    return [(row["clock"], row["cycle"]) for row in rows]


async def test_ten_minutes_without_acknowledgement_reach_the_supervisor(ward, clock):
    complaint_id = await ward.complaint()
    due_at = (await db.fetch_one("SELECT acknowledge_due_at FROM complaint"))["acknowledge_due_at"]
    assert await after(ward, clock, minutes=9) == []
    assert await after(ward, clock, minutes=2) == [(1, "acknowledgement")]
    [fact] = await ward.facts("ComplaintEscalated")
    assert fact["staff_ids"] == [ward.supervisor.staff_id]
    [breach] = await db.fetch("SELECT * FROM breach")
    assert (breach["clock"], breach["breached_at"]) == ("acknowledgement", due_at)
    shown = (await ward.handler.get("/complaints"))["items"][0]
    assert shown["clocks"][0]["is_breached"] is True
    assert shown["clocks"][1]["is_breached"] is False
    patient = await ward.patient.get(f"/complaints/{complaint_id}")
    assert [entry["kind"] for entry in patient["entries"]] == ["filed"]
    assert await ward.broken_invariants() == []


async def test_nine_minutes_are_in_time(ward, clock):
    complaint_id = await ward.complaint()
    await clock.forward(minutes=9)
    await ward.handler.post(f"/complaints/{complaint_id}/acknowledgement")
    assert await after(ward, clock, minutes=40) == []
    assert await breaches() == []


async def test_a_look_that_is_repeated_or_doubled_takes_each_step_once(ward, clock):
    for _ in range(3):
        await ward.complaint()
    await clock.forward(minutes=11)
    await asyncio.gather(*(ward.run("watch_complaints") for _ in range(4)))
    await ward.run("watch_complaints")
    assert await levels(ward) == [(1, "acknowledgement")] * 3
    assert await props.count("complaint_entry", "kind = 'escalation'") == 3
    await ward.run("note_breaches")
    assert await props.count("complaint_entry", "kind = 'breach'") == 3


async def test_the_ladder_is_climbed_to_the_committee_and_no_further(ward, clock):
    await ward.complaint()
    await after(ward, clock, minutes=11)
    assert await after(ward, clock, minutes=14) == [(1, "acknowledgement")]
    assert await after(ward, clock, minutes=2) == [(1, "acknowledgement"), (2, "acknowledgement")]
    expected = [(1, "acknowledgement"), (2, "acknowledgement"), (3, "acknowledgement")]
    assert await after(ward, clock, minutes=16) == expected
    assert await after(ward, clock, minutes=10) == expected
    # an hour after filing the first response is missed too, which the committee hears of
    assert await after(ward, clock, minutes=10) == [*expected, (3, "first_response")]
    assert await after(ward, clock, hours=3) == [*expected, (3, "first_response")]
    assert await breaches() == [("acknowledgement", 1), ("first_response", 1)]
    assert await ward.broken_invariants() == []


async def test_a_level_that_acknowledges_stops_the_ladder(ward, clock):
    complaint_id = await ward.complaint()
    await after(ward, clock, minutes=11)
    await ward.supervisor.post(f"/complaints/{complaint_id}/acknowledgement")
    assert await after(ward, clock, minutes=30) == [(1, "acknowledgement")]


async def test_a_missed_response_reaches_the_supervisor_and_a_missed_answer_head_and_supervisor(ward, clock, drain):
    complaint_id = await ward.complaint()
    path = f"/complaints/{complaint_id}"
    await ward.handler.post(f"{path}/acknowledgement")
    assert await after(ward, clock, minutes=59) == []
    assert await after(ward, clock, minutes=2) == [(1, "first_response")]
    await ward.handler.post(f"{path}/reply", {"text": "抱歉让您久等"})
    await drain()  # it reaches the patient
    assert await after(ward, clock, hours=22, minutes=58) == [(1, "first_response")]
    assert await after(ward, clock, minutes=2) == [(1, "first_response"), (2, "answer")]
    assert [fact["staff_ids"] for fact in await ward.facts("ComplaintEscalated")] == [
        [ward.supervisor.staff_id],
        [ward.head.staff_id, ward.supervisor.staff_id],
    ]
    assert await breaches() == [("first_response", 1), ("answer", 1)]
    await ward.handler.post(f"{path}/answer", ANSWER)
    assert len(await after(ward, clock, days=2)) == 2
    assert await ward.broken_invariants() == []


async def test_a_clock_that_is_stopped_late_is_a_breach_even_if_no_worker_looked(ward, clock):
    complaint_id = await ward.complaint()
    row = await db.fetch_one("SELECT * FROM complaint")
    await clock.forward(hours=25)
    await ward.handler.post(f"/complaints/{complaint_id}/answer", ANSWER)
    found = {row["clock"]: row["breached_at"] for row in await db.fetch("SELECT * FROM breach")}
    assert found == {
        "acknowledgement": row["acknowledge_due_at"],
        "first_response": row["response_due_at"],
        "answer": row["answer_due_at"],
    }
    await ward.run("watch_complaints")
    assert await levels(ward) == []
    assert await ward.broken_invariants() == []


async def test_workers_that_slept_take_every_step_that_is_due_when_they_wake(ward, clock):
    await ward.complaint()
    # an hour after a missed response the next level hears of it too, and that hour is long over
    missed = [(1, "acknowledgement"), (1, "first_response"), (2, "answer"), (2, "first_response")]
    assert sorted(await after(ward, clock, hours=25)) == sorted(missed)
    assert len(await breaches()) == 3
    # whoever was alerted just now has time to take it
    assert len(await after(ward, clock, minutes=14)) == 4
    later = (await after(ward, clock, minutes=2))[4:]
    assert sorted(later) == [(2, "acknowledgement"), (3, "answer"), (3, "first_response")]


async def test_a_level_without_anybody_on_duty_is_passed_over(ward, clock):
    await db.fetch("DELETE FROM duty WHERE staff_id = $1", UUID(ward.supervisor.staff_id))
    await ward.complaint()
    await after(ward, clock, minutes=11)
    [fact] = await ward.facts("ComplaintEscalated")
    assert (fact["level"], fact["staff_ids"]) == (2, [ward.head.staff_id])


async def test_when_nobody_stands_above_those_below_hear_of_it(ward, clock):
    await db.fetch("DELETE FROM duty WHERE level > 0")
    await ward.complaint()
    await after(ward, clock, minutes=11)
    [fact] = await ward.facts("ComplaintEscalated")
    assert fact["staff_ids"] == [ward.handler.staff_id]


async def test_the_policy_of_the_hospital_sets_the_clocks(ward, clock):
    await db.fetch(
        "INSERT INTO policy (name, value) VALUES ('complaint.acknowledge_minutes', '3'),"
        " ('complaint.response_minutes', '20'), ('complaint.answer_minutes', '300')"
    )
    await ward.complaint()
    [fact] = await ward.facts("ComplaintFiled")
    received = datetime.fromisoformat(fact["received_at"])
    assert datetime.fromisoformat(fact["acknowledge_due_at"]) - received == timedelta(minutes=3)
    assert datetime.fromisoformat(fact["response_due_at"]) - received == timedelta(minutes=20)
    assert await after(ward, clock, minutes=4) == [(1, "acknowledgement")]


async def test_a_new_round_has_breaches_of_its_own(ward, clock):
    path = f"/complaints/{await ward.complaint()}"
    await after(ward, clock, minutes=11)
    await ward.handler.post(f"{path}/answer", ANSWER)
    await ward.patient.post(f"{path}/confirmation", {"satisfied": False})
    # one level for the missed clock, one for the new round, one for its missed clock
    assert await after(ward, clock, minutes=11) == [(1, "acknowledgement"), (3, "acknowledgement")]
    assert await breaches() == [("acknowledgement", 1), ("acknowledgement", 2)]
    assert await ward.broken_invariants() == []


async def test_a_closed_complaint_is_left_in_peace(ward, clock):
    path = f"/complaints/{await ward.complaint()}"
    await ward.handler.post(f"{path}/closure", {"state": "withdrawn", "reason": "患者撤回"})
    assert await after(ward, clock, days=3) == []
    assert await breaches() == []


async def test_one_bad_complaint_does_not_stop_the_clocks_of_the_others(ward, clock):
    bad = await ward.complaint()
    await ward.complaint()
    await db.fetch(f"ALTER TABLE complaint ADD CONSTRAINT test_refuses CHECK (id <> '{bad}' OR level = 0)")
    try:
        assert await after(ward, clock, minutes=11) == [(1, "acknowledgement")]
    finally:
        await db.fetch("ALTER TABLE complaint DROP CONSTRAINT test_refuses")
    assert await after(ward, clock, minutes=0) == [(1, "acknowledgement")] * 2


async def test_the_invariants_find_what_they_are_for(ward, clock):
    """The negative control: each sentence is broken by hand, and is named."""
    survey_id = await ward.survey()
    await ward.patient.post(f"/surveys/{survey_id}/response", {"answers": {"overall": 1}})
    assert await ward.broken_invariants() == []
    for statement, word in (
        ("UPDATE response SET is_low = false, complaint_id = NULL", "low rating"),
        ("UPDATE invitation SET state = 'invited'", "answered invitation"),
        ("DELETE FROM fact WHERE name = 'ComplaintFiled'", "told to the hub"),
        ("UPDATE complaint SET handler_id = NULL, received_at = app_now() - interval '5 minutes'", "handler"),
        ("UPDATE complaint_clock SET due_at = app_now() - interval '2 minutes' WHERE clock = 'legal'", "run out"),
        (
            "UPDATE complaint_clock SET stopped_at = due_at + interval '1 second', stopped_by = 'answered'"
            " WHERE clock = 'legal'",
            "stopped late",
        ),
        ("UPDATE complaint SET response_due_at = app_now() - interval '2 minutes'", "lists show"),
        ("UPDATE invitation SET state = 'planned', opens_at = app_now() - interval '2 minutes'", "wait"),
    ):
        await db.fetch(statement)
        broken = await ward.broken_invariants()
        assert any(word in sentence for sentence in broken), (statement, broken, time.now())
