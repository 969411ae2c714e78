"""Each invariant is broken by hand and must be reported: a check that cannot fail is none."""

import pytest

from notifications.followups.invariants import FOLLOW_UP_INVARIANTS
from notifications.invariants import INVARIANTS
from notifications.promises import PROMISES
from notifications.wiring import WIRING
from server import db
from server.ids import new_id
from tests import props
from tests.notifications.proof.world import HOUR, World

SENTENCES = {sentence: sql for sentence, sql in (*INVARIANTS, *PROMISES)}


async def sql(statement: str, *values) -> None:
    await db.fetch(statement, *values)


async def _twice(w: World):
    await sql("DROP INDEX attempt_accepted_once")
    await w.attempt(2, outcome="accepted")


async def _forgotten(w: World):
    await sql("UPDATE delivery SET state = 'ready', due_at = $2 WHERE id = $1", w.delivery_id, w.now - HOUR)


async def _unpaid(w: World):
    await sql("DELETE FROM consent_credit")


async def _paid_for_nothing(w: World):
    await sql("UPDATE delivery SET state = 'failed', reason = 'x' WHERE id = $1", w.delivery_id)


async def _untold(w: World):
    payload = f'{{"account_id": "{w.account_id}", "ticket_id": "{new_id()}"}}'
    await props.insert("fact", name="TicketCalled", payload=payload, happened_at=w.now, relayed_at=w.now)


async def _no_inbox(w: World):
    await sql("DELETE FROM delivery WHERE id = $1", w.inbox_id)


async def _too_late(w: World):
    await sql("UPDATE attempt SET started_at = $1", w.now + 2 * HOUR)


async def _unreminded(w: World):
    own = {"kind": "visit_two_hours", "subject_id": new_id(), "state": "planned", "visit_at": w.now}
    await props.insert("reminder", **own, due_at=w.now - HOUR, deadline=w.now)


async def _stale(w: World):
    await sql("UPDATE delivery SET fence = 0 WHERE id = $1", w.delivery_id)


async def _undocumented(w: World):
    await sql("DELETE FROM attempt")


async def _over_the_cap(w: World):
    in_force = '{"visit": {"hour": 2, "day": 9, "month": 9, "over": "wait"}}'
    await props.insert("routing_setting", name="caps", version=99, value=in_force, at=w.now - HOUR)
    place = {"hour_n": 3, "day": w.now.date(), "day_n": 1, "month": 1, "month_n": 1}
    await props.insert_without_id(
        "contact_slot", delivery_id=w.delivery_id, person_id=w.account_id, pool="visit", hour=w.now, **place
    )


async def _too_early(w: World):
    await sql("UPDATE message SET not_before = $1", w.now + HOUR)


async def _after_a_no(w: World):
    (row,) = await db.fetch("SELECT person_id FROM patient WHERE id = $1", w.patient_id)
    said = {"person_id": row["person_id"], "patient_id": w.patient_id, "purpose": "return_visit", "wording": 1}
    who = {"channel": "miniapp", "account_id": w.account_id}
    await props.insert("purpose_consent", **said, **who, is_allowed=False, at=w.now - HOUR)


async def _two_words(w: World):
    await _after_a_no(w)
    await sql(
        "INSERT INTO purpose_standing SELECT person_id, 'return_visit', true, 1, at FROM purpose_consent"
        " ON CONFLICT (person_id, purpose) DO UPDATE SET is_allowed = true"
    )


async def _other_words(w: World):
    await w.attempt(0, outcome="retry", request_hash=b"2")


async def _more_than_taps(w: World):
    other = await w.message()
    await w.delivery(message_id=other, state="unknown", reason="x", fence=1)


async def _receipt_taken_back(w: World):
    await w.receipt(delivery_id=w.delivery_id)


async def _receipt_lies_about(w: World):
    await w.receipt(provider_id="77", received_at=w.now - HOUR)
    await sql("UPDATE delivery SET changed_at = $1", w.now - HOUR)


async def _no_way(w: World):
    await w.message(account_id=None)


async def _called_while_open(w: World):
    await sql(
        "INSERT INTO channel_state (channel, breaker, opened_at, rests_until)"
        " VALUES ('wechat_subscribe', 'open', $1, $2)"
        " ON CONFLICT (channel) DO UPDATE SET breaker = 'open', opened_at = $1, rests_until = $2",
        w.now - HOUR,
        w.now + HOUR,
    )


async def _another_way(w: World):
    await sql(
        "UPDATE delivery SET state = 'unknown', reason = 'x', changed_at = $2 WHERE id = $1", w.delivery_id, w.now
    )
    w.delivery_id = await w.delivery("email", step=1, state="accepted", fence=1, created_at=w.now + HOUR)
    await w.attempt(1, outcome="accepted", started_at=w.now)


async def _digest_left(w: World):
    await props.insert_without_id(
        "digest_item", message_id=w.message_id, account_id=w.account_id, created_at=w.now - 72 * HOUR
    )


async def _after_a_stop(w: World):
    plan = await props.insert("care_plan", code=str(new_id()))
    version = await props.insert("care_plan_version", plan_id=plan, number=1, status="draft", body="{}")
    ended = w.now - HOUR
    enrolment = await props.insert(
        "enrolment",
        plan_id=plan,
        version_id=version,
        patient_id=w.patient_id,
        subject_id=new_id(),
        anchor="visit",
        anchor_on=w.now.date(),
        state="stopped",
        reason="refused",
        began_at=ended,
        ended_at=ended,
    )
    step = await props.insert(
        "plan_step",
        enrolment_id=enrolment,
        step="day_7",
        patient_id=w.patient_id,
        purpose="clinical",
        way="message",
        body="{}",
        earliest_at=ended,
        due_at=ended,
        latest_at=ended,
        next_look_at=ended,
        state="sent",
        told_at=ended,
    )
    await sql("UPDATE message SET plan_step_id = $1", step)


async def _no_reason(w: World):
    await sql("ALTER TABLE delivery DROP CONSTRAINT delivery_end_has_a_reason")
    await sql("UPDATE delivery SET state = 'failed' WHERE id = $1", w.delivery_id)


BREAKS = {
    "A message is taken by a provider at most once for each way": _twice,
    "Every delivery has ended, or somebody looks at it in time": _forgotten,
    "Every subscribe message that left has spent a consent": _unpaid,
    "A consent is spent on one message of its own template, which left": _paid_for_nothing,
    "Every fact of which a person must hear has its message": _untold,
    "Every message to an account is in its inbox, unless its person wants none": _no_inbox,
    "Nothing is sent after its deadline": _too_late,
    "Every reminder whose moment has come is told or called off": _unreminded,
    "(I-4)": _stale,
    "(I-5)": _undocumented,
    "(I-7)": _over_the_cap,
    "(I-8)": _too_early,
    "(I-9)": _after_a_no,
    "(I-10)": _other_words,
    "(I-11)": _more_than_taps,
    "(I-12)": _receipt_taken_back,
    "(I-13)": _receipt_lies_about,
    "(I-17)": _no_way,
    "(I-19)": _called_while_open,
    "(I-20)": _another_way,
    "(I-21)": _digest_left,
    "(I-22)": _after_a_stop,
    "(I-24)": _no_reason,
    "(I-25)": _two_words,
}


class _Back(Exception):
    """Takes everything back."""


def test_every_invariant_of_the_hub_is_broken_here():
    assert all(sum(sentence.endswith(key) for key in BREAKS) == 1 for sentence in SENTENCES)
    assert len(BREAKS) == len(SENTENCES)
    assert set(WIRING.invariants) == {*INVARIANTS, *PROMISES, *FOLLOW_UP_INVARIANTS}


@pytest.mark.parametrize("sentence", SENTENCES)
async def test_a_breach_is_reported(hospital, sentence):
    breaks = next(act for key, act in BREAKS.items() if sentence.endswith(key))
    with pytest.raises(_Back):
        async with db.transaction():
            world = await World().make()
            assert await db.fetch(SENTENCES[sentence]) == []
            await breaks(world)
            assert await db.fetch(SENTENCES[sentence]) != []
            raise _Back
