"""A patient on a plan: enrolled once, told in time and once, stopped at once, asked to book in one tap."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from notifications.followups import models, shipped, telling
from notifications.followups.invariants import FOLLOW_UP_INVARIANTS
from server import clock as time
from server import db
from server.facts import AppointmentCancelled, VisitReopened
from server.ids import new_id
from tests import props
from tests.cast import a_member_of_staff
from tests.locks import somebody_waits
from tests.mutants import Mutant, is_killed
from tests.notifications.followups.plans import (
    a_plan,
    a_step,
    an_approved_plan,
    is_seen,
    look,
    passes,
    states_of,
    steps_of,
)
from tests.notifications.telling import a_phone, booked, finished, happens


@pytest.fixture
async def phone(hospital, clock):
    """Somebody with a phone and a file, on a Monday at ten."""
    day = time.today() + timedelta(days=1)
    await clock.set_to(time.at(day + timedelta(days=-day.weekday() % 7), 10))
    phone = await a_phone(hospital)
    phone.patient_id = str(await props.a_patient(UUID(phone.account_id)))
    return phone


@pytest.fixture(autouse=True)
async def all_is_well(hospital):
    """After each story: what must hold for plans and calls holds."""
    yield
    broken = {words: rows for words, sql in FOLLOW_UP_INVARIANTS if (rows := await db.fetch(sql))}
    assert broken == {}


async def follow_ups_of(phone) -> list[dict]:
    return [message for message in await phone.inbox() if message["event"] in ("follow_up", "revisit_reminder")][::-1]


async def test_a_visit_begins_a_plan_once_and_each_step_is_told_once(hospital, clock, phone):
    await an_approved_plan(a_plan(a_step("one", 1), a_step("two", 7)))
    encounter_id = await is_seen(phone)
    await look(hospital)
    await is_seen(phone, encounter_id=encounter_id)  # the same fact again
    await look(hospital)
    assert await states_of(phone.patient_id) == ["one planned", "two planned"]
    begin = time.today()
    await passes(hospital, clock, days=9)
    assert await states_of(phone.patient_id) == ["one sent", "two sent"]
    assert [time.local(row["told_at"]).date() for row in await steps_of(phone.patient_id)] == [
        begin + timedelta(days=1),
        begin + timedelta(days=7),
    ]
    assert len(await follow_ups_of(phone)) == 2
    row = await db.fetch_one("SELECT state FROM enrolment")
    assert row == {"state": "finished"}


async def test_shipped_plans_are_drafts_but_the_reminder_of_a_return_visit(hospital, phone):
    await is_seen(phone, diagnosis_group="I10")
    await look(hospital)
    assert await states_of(phone.patient_id) == []  # nobody has approved them
    assert await props.count("care_plan_version", "status = 'draft'") == len(shipped.PLANS) - 1
    await is_seen(phone, revisit_on=time.today() + timedelta(days=10))
    await look(hospital)
    assert await states_of(phone.patient_id) == ["remind planned", "call planned"]


async def test_the_reminder_books_in_one_tap(hospital, clock, phone):
    department_id, practitioner_id = new_id(), new_id()
    revisit_on = time.today() + timedelta(days=10)
    place = {"department_id": department_id, "practitioner_id": practitioner_id}
    encounter_id = await is_seen(phone, revisit_on=revisit_on, **place)
    await look(hospital)
    await clock.set_to(time.at(revisit_on - timedelta(days=1), 9, 1))
    await look(hospital)
    (message,) = await follow_ups_of(phone)
    assert message["event"] == "revisit_reminder"
    assert message["link"] == (
        f"pages/revisit/revisit?encounter={encounter_id}&patient={phone.patient_id}&department={department_id}"
        f"&doctor={practitioner_id}&day={revisit_on}"
    )


async def comes_again(phone):
    """Book by rows a place that is there, and say so."""
    slot = await props.a_slot(starts_at=time.now() + timedelta(days=3))
    patient_id = UUID(phone.patient_id)
    appointment_id = await props.an_appointment(slot, patient_id, UUID(phone.account_id), created_at=time.now())
    fact = booked(
        phone.account_id,
        appointment_id=appointment_id,
        patient_id=patient_id,
        department_id=slot.department_id,
        starts_at=slot.starts_at,
    )
    await happens(fact)
    return slot


async def test_who_has_booked_is_not_asked_to_book(hospital, clock, phone):
    slot = await comes_again(phone)
    await db.fetch("UPDATE appointment SET created_at = created_at + interval '1 hour'")
    revisit_on = time.today() + timedelta(days=10)
    await is_seen(phone, department_id=slot.department_id, revisit_on=revisit_on)
    await look(hospital)
    await passes(hospital, clock, days=18)
    assert await states_of(phone.patient_id) == ["remind skipped booked", "call skipped booked"]
    assert await props.count("call_task") == 0


async def test_passed_without_booking_becomes_a_call_and_booking_takes_it_off(hospital, clock, phone):
    slot = await props.a_slot(starts_at=time.now() + timedelta(days=30))
    revisit_on = time.today() + timedelta(days=10)
    await is_seen(phone, department_id=slot.department_id, revisit_on=revisit_on)
    await look(hospital)
    await passes(hospital, clock, days=16)
    assert await states_of(phone.patient_id) == ["remind sent", "call called"]
    caller = await a_member_of_staff(hospital, "customer_service")
    (task,) = (await caller.get("/calls"))["items"]
    assert (task["kind"], "booked" in task["results"]) == ("revisit", True)
    await props.an_appointment(slot, UUID(phone.patient_id), UUID(phone.account_id), created_at=time.now())
    patient_id = UUID(phone.patient_id)
    await happens(booked(phone.account_id, patient_id=patient_id, department_id=slot.department_id))
    await look(hospital)
    assert (await caller.get("/calls"))["items"] == []
    assert await props.count("call_task", "state = 'cancelled' AND result = 'booked'") == 1


async def test_a_booking_that_was_given_back_is_asked_for_again(hospital, clock, phone):
    slot = await props.a_slot(starts_at=time.now() + timedelta(days=30))
    revisit_on = time.today() + timedelta(days=10)
    await is_seen(phone, department_id=slot.department_id, revisit_on=revisit_on)
    await look(hospital)
    appointment_id = await props.an_appointment(
        slot, UUID(phone.patient_id), created_at=time.now() + timedelta(hours=1)
    )
    await clock.set_to(time.at(revisit_on - timedelta(days=1), 9, 1))
    await look(hospital)
    await db.fetch("UPDATE appointment SET status = 'cancelled', open_place = NULL WHERE id = $1", appointment_id)
    await passes(hospital, clock, days=16)
    assert await states_of(phone.patient_id) == ["remind skipped booked", "call called"]


async def is_ready_to_leave(hospital, clock, phone):
    """Let a reminder become a message whose call has not been made yet; gives a place to book."""
    slot = await props.a_slot(starts_at=time.now() + timedelta(days=30))
    await phone.accepts("revisit_reminder")
    revisit_on = time.today() + timedelta(days=10)
    await is_seen(phone, department_id=slot.department_id, revisit_on=revisit_on)
    await look(hospital)
    await clock.set_to(time.at(revisit_on - timedelta(days=1), 9, 1))
    await hospital.jobs["followups"].run()
    waiting = "channel = 'wechat_subscribe' AND template_key = 'revisit_reminder' AND state = 'planned'"
    assert await props.count("delivery", waiting) == 1
    return slot


async def test_the_last_look_at_a_plan_is_just_before_the_call(hospital, clock, phone):
    slot = await is_ready_to_leave(hospital, clock, phone)
    await props.an_appointment(slot, UUID(phone.patient_id), created_at=time.now())  # its fact waits
    await hospital.jobs["dispatch_wechat_subscribe"].run()
    row = await db.fetch_one("SELECT state, reason FROM delivery WHERE template_key = 'revisit_reminder'")
    assert row == {"state": "cancelled", "reason": "plan_stopped"}


async def test_without_the_last_look_it_would_leave(hospital, clock, phone):
    """The mutant of the test above."""
    slot = await is_ready_to_leave(hospital, clock, phone)
    await props.an_appointment(slot, UUID(phone.patient_id), created_at=time.now())
    real = await db.fetch_one("SELECT pg_get_functiondef('plan_step_is_stopped'::regproc) AS text")
    assert real is not None
    blind = "CREATE OR REPLACE FUNCTION plan_step_is_stopped(plan_step_id uuid) RETURNS boolean LANGUAGE sql STABLE AS"
    await db.fetch(f"{blind} 'SELECT false'")
    try:
        await hospital.jobs["dispatch_wechat_subscribe"].run()
    finally:
        await db.fetch(real["text"])
    left = "template_key = 'revisit_reminder' AND state IN ('accepted', 'delivered')"
    assert await props.count("delivery", left) == 1


async def test_who_was_seen_again_is_left_in_peace(hospital, clock, phone):
    await an_approved_plan(a_plan(a_step("one", 1), a_step("two", 7)))
    department_id = new_id()
    await is_seen(phone, department_id=department_id)
    await look(hospital)
    await clock.forward(days=2)
    await look(hospital)
    again = await is_seen(phone, department_id=department_id)
    await look(hospital)
    rows = await db.fetch("SELECT subject_id, state, reason FROM enrolment ORDER BY created_at")
    assert [(row["state"], row["reason"]) for row in rows] == [("stopped", "revisited"), ("active", "")]
    assert rows[1]["subject_id"] == again
    assert (await states_of(phone.patient_id))[:2] == ["one sent", "one planned"]


async def test_a_visit_whose_end_is_taken_back_begins_again_with_its_second_end(hospital, clock, phone):
    await an_approved_plan(a_plan(a_step("one", 1)))
    fact = finished(phone.account_id, patient_id=UUID(phone.patient_id))
    await happens(fact)
    await look(hospital)
    names = ("encounter_id", "ticket_id", "appointment_id", "account_id", "patient_id")
    await happens(VisitReopened(**{name: getattr(fact, name) for name in names}, times=1, at=time.now()))
    await look(hospital)
    assert await states_of(phone.patient_id) == ["one skipped visit_reopened"]
    await clock.forward(hours=1)
    same = {name: getattr(fact, name) for name in names if name != "account_id"}
    await happens(finished(phone.account_id, **same, times=2))
    await look(hospital)
    await clock.forward(days=2)
    await look(hospital)
    assert sorted(await states_of(phone.patient_id)) == ["one sent", "one skipped visit_reopened"]


async def test_plans_of_one_patient_become_one_contact(hospital, clock, phone):
    await an_approved_plan(a_plan(a_step("medicine", 3, text="按时吃药。"), name="甲"), "first")
    satisfied = a_step("satisfied", 4, days_before=2, purpose="satisfaction", text="满意吗？")
    await an_approved_plan(a_plan(satisfied, name="乙"), "second")
    await is_seen(phone)
    await look(hospital)
    await passes(hospital, clock, days=6)
    assert sorted(await states_of(phone.patient_id)) == ["medicine sent", "satisfied merged"]
    (message,) = await follow_ups_of(phone)
    assert message["lines"][-1]["text"] == "按时吃药。 满意吗？"


async def test_a_patient_is_not_written_to_more_often_than_the_hospital_allows(hospital, clock, phone):
    steps = [a_step(f"s{n}", n, days_after=1, purpose="satisfaction") for n in range(1, 6)]
    await an_approved_plan(a_plan(*steps))
    await is_seen(phone)
    await look(hospital)
    await passes(hospital, clock, days=8)
    assert [state.split()[1] for state in await states_of(phone.patient_id)] == ["sent"] * 3 + ["skipped"] * 2
    assert (await states_of(phone.patient_id))[-1] == "s5 skipped budget"


@pytest.mark.parametrize(
    ("late", "expected"), [("skip", "a skipped late"), ("send", "a sent late"), ("call", "a called late")]
)
async def test_what_was_missed_is_sent_called_or_skipped_as_the_plan_says(hospital, clock, phone, late, expected):
    await an_approved_plan(a_plan(a_step("a", 1, days_after=1, late=late)))
    await is_seen(phone)
    await look(hospital)
    await clock.forward(days=5)  # no worker ran
    await look(hospital)
    assert await states_of(phone.patient_id) == [expected]


async def test_a_step_may_wait_for_an_earlier_one(hospital, clock, phone):
    question = {"code": "ok", "kind": "yes_no", "text": "好吗？"}
    ask = a_step("ask", 1, questions=[question])
    call = a_step("call", 3, way="call", depends_on="ask", depends_when="unanswered")
    thank = a_step("thank", 3, depends_on="ask", depends_when="answered")
    await an_approved_plan(a_plan(ask, call, thank))
    await is_seen(phone)
    await look(hospital)
    await passes(hospital, clock, days=2)
    (one,) = (await phone.get("/follow-ups?open=1"))["items"]
    await phone.post(f"/follow-ups/{one['id']}/response", {"answers": {"ok": True}})
    await passes(hospital, clock, days=5)
    assert await states_of(phone.patient_id) == ["ask sent", "call skipped depends", "thank sent"]


async def test_an_open_complaint_holds_a_plan_until_it_is_closed(hospital, clock, phone):
    await an_approved_plan(a_plan(a_step("a", 1, days_after=5)))
    await is_seen(phone)
    await look(hospital)
    complaint = {"number": "TS-1", "source": "phone", "state": "assigned", "topic": "等候"}
    complaint_id = await props.insert(
        "complaint",
        **complaint,
        patient_id=UUID(phone.patient_id),
        received_at=time.now(),
        acknowledge_due_at=time.now(),
        response_due_at=time.now(),
        answer_due_at=time.now(),
    )
    await clock.forward(days=2)
    await look(hospital)
    assert await states_of(phone.patient_id) == ["a planned complaint_open"]
    await db.fetch("UPDATE complaint SET state = 'confirmed_closed', closed_at = app_now() WHERE id = $1", complaint_id)
    await clock.forward(hours=2)
    await look(hospital)
    assert (await states_of(phone.patient_id))[0].startswith("a sent")


async def test_a_patient_without_an_account_is_called(hospital, clock, phone):
    await an_approved_plan(a_plan(a_step("a", 1)))
    patient_id = await props.a_patient()
    await happens(finished(None, patient_id=patient_id))
    await look(hospital)
    await clock.forward(days=2)
    await look(hospital)
    assert await states_of(patient_id) == ["a called no_account"]


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        ("refused", ["call called", "later skipped refused"]),
        ("refused_all", ["call called", "later skipped patient_stopped"]),
        ("deceased", ["call called", "later skipped patient_stopped"]),
        ("elsewhere", ["call called", "later skipped elsewhere"]),
        ("reached", ["call called", "later sent"]),
    ],
)
async def test_what_is_said_on_the_phone_ends_a_plan(hospital, clock, phone, result, expected):
    await an_approved_plan(a_plan(a_step("call", 1, way="call"), a_step("later", 5)))
    await is_seen(phone)
    await look(hospital)
    await clock.forward(days=1, hours=2)
    await look(hospital)
    caller = await a_member_of_staff(hospital, "customer_service")
    (task,) = (await caller.get("/calls"))["items"]
    await caller.post(f"/calls/{task['id']}/claim")
    await caller.post(f"/calls/{task['id']}/result", {"result": result})
    await look(hospital)
    await clock.forward(days=5)
    await look(hospital)
    assert await states_of(phone.patient_id) == expected


async def two_workers_look_at_one_patient(hospital, clock, phone) -> None:
    """One worker looks when one step is due, the other when both are: one contact, which the urgent step leads."""
    steps = [a_step("mild", 1, purpose="satisfaction"), a_step("grave", 1, time_of_day="11:00")]
    await an_approved_plan(a_plan(*steps))
    await is_seen(phone)
    await look(hospital)
    tomorrow = time.today() + timedelta(days=1)
    await clock.set_to(time.at(tomorrow, 10, 5))
    async with db.alone(hospital.settings.database_url) as holder:
        async with holder.transaction():
            await holder.execute("SELECT 1 FROM plan_step WHERE step = 'mild' FOR UPDATE")
            first = asyncio.create_task(telling.tell_due())
            await somebody_waits(1)
            await clock.set_to(time.at(tomorrow, 11, 5))
            second = asyncio.create_task(telling.tell_due())
            await somebody_waits(2)
        await asyncio.gather(first, second)
    assert sorted(await states_of(phone.patient_id)) == ["grave sent", "mild merged"]
    assert len(await follow_ups_of(phone)) == 1


async def test_two_workers_make_one_contact(hospital, clock, phone):
    await two_workers_look_at_one_patient(hospital, clock, phone)


MUTANT = Mutant(
    "the lock of a patient's steps",
    models,
    "LOCK_STEPS",
    ((" ORDER BY id FOR UPDATE", ""),),
    two_workers_look_at_one_patient,
)


@pytest.mark.mutant
async def test_without_the_lock_there_would_be_two(hospital, clock, phone, monkeypatch):
    await is_killed(MUTANT, monkeypatch, hospital, clock, phone)


async def test_one_bad_plan_does_not_hold_up_the_others(hospital, clock, phone):
    await an_approved_plan(a_plan(a_step("a", 1)))
    other = await props.a_patient()
    await is_seen(phone)
    await happens(finished(phone.account_id, patient_id=other))
    await look(hospital)
    await db.fetch("UPDATE plan_step SET body = body - 'name' WHERE patient_id = $1", other)
    await clock.forward(days=1, hours=2)
    await look(hospital)
    assert await states_of(phone.patient_id) == ["a sent"]
    assert await states_of(other) == ["a planned"]
    await db.fetch("DELETE FROM plan_step WHERE patient_id = $1", other)


async def test_a_cancelled_booking_begins_nothing(hospital, phone):
    await an_approved_plan(a_plan(a_step("a", 1)))
    fact = booked(phone.account_id, patient_id=UUID(phone.patient_id))
    names = ("appointment_id", "account_id", "patient_id", "patient_name", "department_name", "starts_at")
    await happens(fact, AppointmentCancelled(**{name: getattr(fact, name) for name in names}, by_clinic=False))
    await look(hospital)
    assert await states_of(phone.patient_id) == []
