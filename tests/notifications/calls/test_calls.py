"""The call list: one caller for a patient, numbers only for who calls, what follows a result."""

import asyncio
from datetime import date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.calls import models
from notifications.calls.rules import FIRST_HOUR, LAST_HOUR, MOST_TRIES, CallOutcome, CallState, in_hours, next_after
from notifications.calls.tasks import NewCall, cancel, place
from server import clock as time
from server import db
from server.ids import new_id
from tests import props
from tests.cast import StaffClient, a_member_of_staff
from tests.locks import somebody_waits
from tests.mutants import Mutant, is_killed

DAY = date(2026, 11, 25)


async def a_call(patient_id: UUID | None = None, **values) -> UUID:
    """A task that is due now."""
    now = time.now()
    async with db.transaction():
        call_id = await place(
            NewCall(
                **{
                    "source": f"message:{new_id()}",
                    "kind": "follow_up",
                    "patient_id": patient_id or await props.a_patient(),
                    "title": "术后第 1 天随访",
                    "reason": "计划中的电话",
                    "due_at": now,
                    "window_ends_at": now + timedelta(days=9),
                    **values,
                }
            )
        )
    assert call_id is not None
    return call_id


@pytest.fixture
async def two(hospital, clock) -> tuple[StaffClient, StaffClient]:
    """Two members of customer service, at ten in the morning."""
    await clock.set_to(time.at(time.today() + timedelta(days=1), 10))
    first = await a_member_of_staff(hospital, "customer_service")
    return first, await a_member_of_staff(hospital, "customer_service")


async def listed(caller: StaffClient, query: str = "") -> list[dict]:
    return (await caller.get(f"/calls?limit=50{query}"))["items"]


moments = st.integers(0, 2 * 365 * 24 * 60).map(
    lambda minutes: time.at(date(2026, 1, 1), 0) + timedelta(minutes=minutes)
)


@given(now=moments, tries=st.integers(1, MOST_TRIES + 1), days=st.integers(0, 30))
def test_somebody_who_was_not_reached_is_called_again_within_the_hours_or_never(now, tries, days):
    then = next_after(CallOutcome.NOT_REACHED, tries=tries, now=now, window_ends_at=now + timedelta(days=days))
    if tries >= MOST_TRIES:
        assert (then.state, then.at) == (CallState.LOST, None)
    else:
        assert then.state is CallState.OPEN
        assert then.at is not None
        assert then.at > now
        assert FIRST_HOUR <= time.local(then.at).hour < LAST_HOUR


@given(now=moments)
def test_nobody_is_called_at_night(now):
    at = in_hours(now)
    assert now <= at < now + timedelta(hours=14)
    assert FIRST_HOUR <= time.local(at).hour < LAST_HOUR


def test_the_tries_lie_hours_a_day_and_a_third_of_the_window_apart():
    now, ends = time.at(DAY, 10), time.at(DAY + timedelta(days=9), 10)
    given_at = [
        next_after(CallOutcome.NOT_REACHED, tries=tries, now=now, window_ends_at=ends).at for tries in (1, 2, 3)
    ]
    assert given_at == [time.at(DAY, 14), time.at(DAY + timedelta(days=1), 11), time.at(DAY + timedelta(days=6), 10)]


@pytest.mark.parametrize(
    ("result", "state", "counts"),
    [
        ("reached", "done", True),
        ("wrong_number", "done", False),
        ("refused", "done", True),
        ("deceased", "done", True),
        ("booked", "done", True),
    ],
)
def test_an_answer_ends_a_task(result, state, counts):
    then = next_after(CallOutcome(result), tries=1, now=time.at(DAY, 10), window_ends_at=time.at(DAY, 18))
    assert (then.state, then.at, then.counts) == (state, None, counts)


async def test_the_same_source_is_one_task(hospital):
    patient_id = await props.a_patient()
    first = await a_call(patient_id, source="message:1")
    async with db.transaction():
        again = await place(
            NewCall(
                source="message:1",
                kind="message",
                patient_id=patient_id,
                title="另一次",
                reason="",
                due_at=time.now(),
                window_ends_at=time.now(),
            )
        )
    assert (again, await props.count("call_task", "id = $1", first)) == (None, 1)


async def test_urgent_comes_first_then_what_is_due(two, clock):
    caller, _ = two
    now = time.now()
    later = await a_call(due_at=now + timedelta(hours=2))
    sooner = await a_call(due_at=now - timedelta(days=1))
    urgent = await a_call(kind="red_flag", due_at=now)
    next_week = await a_call(due_at=now + timedelta(days=7))
    assert [one["id"] for one in await listed(caller)] == [str(urgent), str(sooner), str(later)]
    assert [one["id"] for one in await listed(caller, "&due=all")][-1] == str(next_week)
    day = (time.today() + timedelta(days=7)).isoformat()
    assert str(next_week) in [one["id"] for one in await listed(caller, f"&due={day}")]
    page = await caller.get("/calls?limit=2")
    rest = await caller.get(f"/calls?limit=2&cursor={page['next']}")
    assert [one["id"] for one in rest["items"]] == [str(later)]


async def test_a_claim_shows_the_number_and_writes_down_who_looked(two):
    caller, other = two
    patient_id = await props.a_patient(phone="13800001234")
    call_id = await a_call(patient_id)
    assert (await listed(caller))[0]["phone_masked"] == "*******1234"
    assert (await caller.refused(f"/calls/{call_id}/phone-view")).code == "call_not_yours"
    taken = await caller.post(f"/calls/{call_id}/claim")
    assert (taken["is_mine"], taken["state"]) == (True, "claimed")
    assert (await other.refused(f"/calls/{call_id}/phone-view")).code == "call_not_yours"
    assert (await caller.post(f"/calls/{call_id}/phone-view"))["phone"] == "13800001234"
    seen = "staff_id = $1 AND patient_id = $2 AND what = 'phone'"
    assert await props.count("access_record", seen, UUID(caller.staff_id), patient_id) == 1


async def two_claims_of_one_patient(two) -> None:
    """Both take a task of the same patient at the same moment: one gets it."""
    first, _ = two
    patient_id = await props.a_patient()
    calls = [await a_call(patient_id), await a_call(patient_id)]
    async with db.alone(first.site.settings.database_url) as holder:
        async with holder.transaction():
            await holder.execute("SELECT 1 FROM call_task WHERE patient_id = $1 FOR UPDATE", patient_id)
            tries = [
                asyncio.create_task(caller.call("POST", f"/calls/{call_id}/claim", {}))
                for caller, call_id in zip(two, calls, strict=True)
            ]
            await somebody_waits(2)
        replies = await asyncio.gather(*tries)
    assert sorted(reply.status for reply in replies) == [200, 409]
    assert await props.count("call_task", "state = 'claimed'") == 1


async def test_two_people_never_call_the_same_patient(two):
    await two_claims_of_one_patient(two)


async def test_without_the_index_both_would_call(two):
    """The mutant of the test above: the guard is the constraint."""
    await db.fetch("ALTER INDEX call_task_one_at_a_time RENAME TO call_task_gone")
    definition = "CREATE UNIQUE INDEX call_task_one_at_a_time ON call_task (patient_id) WHERE state = 'claimed'"
    await db.fetch("DROP INDEX call_task_gone")
    try:
        with pytest.raises(AssertionError):
            await two_claims_of_one_patient(two)
    finally:
        await db.fetch("UPDATE call_task SET state = 'open', claimed_by = NULL, claim_until = NULL")
        await db.fetch(definition)


async def one_task_is_claimed_once(two) -> None:
    """Both take the same task at the same moment."""
    call_id = await a_call()
    async with db.alone(two[0].site.settings.database_url) as holder:
        async with holder.transaction():
            await holder.execute("SELECT 1 FROM call_task WHERE id = $1 FOR UPDATE", call_id)
            tries = [asyncio.create_task(one.call("POST", f"/calls/{call_id}/claim", {})) for one in two]
            await somebody_waits(2)
        replies = await asyncio.gather(*tries)
    assert sorted(reply.status for reply in replies) == [200, 409]
    assert {reply.body["code"] for reply in replies if reply.status == 409} == {"call_taken"}


async def test_a_task_is_taken_by_one_person(two):
    await one_task_is_claimed_once(two)


MUTANT = Mutant(
    "the state of a claim",
    models,
    "CLAIM",
    (("(state = 'open' OR (state = 'claimed' AND (claimed_by = $2 OR claim_until < app_now())))", "true"),),
    one_task_is_claimed_once,
)


@pytest.mark.mutant
async def test_without_the_guard_both_take_it(two, monkeypatch):
    await is_killed(MUTANT, monkeypatch, two)


async def test_a_claim_that_was_left_lying_is_free_again(two, clock, hospital):
    first, second = two
    patient_id = await props.a_patient()
    left, call_id = await a_call(patient_id), await a_call(patient_id)
    await first.post(f"/calls/{left}/claim")
    assert (await second.refused(f"/calls/{call_id}/claim")).code == "call_taken"
    await clock.forward(minutes=16)
    await second.post(f"/calls/{call_id}/claim")
    assert (await first.refused(f"/calls/{left}/result", {"result": "reached"})).code == "call_not_yours"
    await hospital.jobs["left_calls"].run()
    assert await props.count("call_task", "state = 'open'") == 1


async def test_not_reached_comes_back_and_is_lost_after_the_fourth_try(two, clock):
    caller, _ = two
    call_id = await a_call()
    for tries in range(1, MOST_TRIES + 1):
        await caller.post(f"/calls/{call_id}/claim")
        seen = await caller.post(f"/calls/{call_id}/result", {"result": "not_reached", "note": "无人接听"})
        assert seen["attempts"] == tries
        await clock.set_to(datetime.fromisoformat(seen["due_at"]) + timedelta(seconds=1))
    assert (seen["state"], len(seen["tries"])) == ("lost", MOST_TRIES)
    assert seen["tries"][0]["note"] == "无人接听"
    row = await db.fetch_one("SELECT note_cipher FROM call_attempt LIMIT 1")
    assert row is not None
    assert "无人".encode() not in row["note_cipher"]
    assert [one["id"] for one in await listed(caller, "&ended=1")] == [str(call_id)]


async def test_a_promise_is_kept_at_the_time_that_the_patient_named(two, clock):
    caller, _ = two
    call_id = await a_call()
    await caller.post(f"/calls/{call_id}/claim")
    refusal = await caller.refused(f"/calls/{call_id}/result", {"result": "call_later"})
    assert refusal.status == 422
    at = time.local(time.now() + timedelta(hours=5)).replace(microsecond=0)
    seen = await caller.post(f"/calls/{call_id}/result", {"result": "call_later", "again_at": at.isoformat()})
    assert (seen["state"], seen["attempts"], datetime.fromisoformat(seen["due_at"])) == ("open", 0, at)


async def test_a_wrong_number_is_put_right_and_an_agreement_is_looked_after(two):
    caller, _ = two
    for kind, result, follows in (
        ("follow_up", "wrong_number", "verify_number"),
        ("revisit", "agreed", "promise"),
    ):
        call_id = await a_call(kind=kind)
        await caller.post(f"/calls/{call_id}/claim")
        await caller.post(f"/calls/{call_id}/result", {"result": result})
        assert await props.count("call_task", "kind = $1 AND source LIKE 'after:%' AND state = 'open'", follows) == 1


async def test_a_cancelled_task_is_nobodys(two):
    caller, _ = two
    patient_id = await props.a_patient()
    call_id = await a_call(patient_id)
    await caller.post(f"/calls/{call_id}/claim")
    async with db.transaction():
        assert await cancel(patient_id, reason="booked") == 1
    assert (await caller.refused(f"/calls/{call_id}/result", {"result": "reached"})).code == "call_not_yours"
    assert (await caller.get(f"/calls/{call_id}"))["state"] == "cancelled"


async def test_who_may_see_the_list(two, hospital):
    department_id = await props.a_department()
    mine = await a_call(department_id=department_id)
    theirs = await a_call(department_id=await props.a_department())
    head = await a_member_of_staff(hospital, "department_head", department_id=department_id)
    assert [one["id"] for one in await listed(head)] == [str(mine)]
    assert (await head.call("GET", f"/calls/{theirs}")).status == 404
    guide = await a_member_of_staff(hospital, "guide")
    assert (await guide.call("GET", "/calls")).status == 403
