"""The checker finds what is planted and nothing else."""

from collections import Counter

import pytest

from infra.simulate import summary
from infra.simulate.invariants import Finding, check, check_ledger, every_invariant, waiting
from server import clock, db
from tests import props


@pytest.fixture
async def connection(hospital):
    async with db.alone(hospital.settings.database_url) as found:
        yield found


async def broken(connection) -> list[str]:
    return [finding.sentence for finding in await check(connection, every_invariant()) if not finding.holds]


async def test_an_empty_hospital_breaks_nothing(connection):
    assert await broken(connection) == []
    assert await waiting(connection) == 0


async def test_a_visit_and_a_booking_break_nothing(connection):
    slot = await props.a_slot()
    account_id = await props.an_account()
    patient_id = await props.a_patient(account_id)
    await props.an_appointment(slot, patient_id, account_id)
    await props.an_encounter(slot, await props.a_patient())
    assert await broken(connection) == []


WHOLE = "response_low_has_its_complaint"


async def test_a_low_rating_without_a_complaint_is_found(connection):
    slot = await props.a_slot()
    account_id = await props.an_account()
    patient_id = await props.a_patient(account_id)
    encounter_id = await props.an_encounter(slot, patient_id, account_id)
    questionnaire_id = await props.insert("questionnaire", code="planted", version=1, title="{}", items="[]")
    invitation_id = await props.insert(
        "invitation",
        questionnaire_id=questionnaire_id,
        encounter_id=encounter_id,
        account_id=account_id,
        patient_id=patient_id,
        patient_name="张小三",
        department_id=slot.department_id,
        department_name="心血管内科",
        visited_at=clock.now(),
        state="answered",
        opens_at=clock.now(),
        deadline=clock.now(),
    )
    # the table refuses such a row: the invariant stands behind the constraint
    row = await db.fetch_one("SELECT pg_get_constraintdef(oid) AS rule FROM pg_constraint WHERE conname = $1", WHOLE)
    await db.fetch(f"ALTER TABLE response DROP CONSTRAINT {WHOLE}")
    try:
        response_id = await props.insert(
            "response",
            invitation_id=invitation_id,
            answers="{}",
            overall=1,
            is_low=True,
            submitted_at=clock.now(),
            answered_on=clock.today(),
        )
        findings = [finding for finding in await check(connection, every_invariant()) if not finding.holds]
    finally:
        await db.fetch("DELETE FROM response WHERE id = $1", response_id)
        await db.fetch(f"ALTER TABLE response ADD CONSTRAINT {WHOLE} {row['rule']}")
    assert "each low rating has one complaint" in [finding.sentence for finding in findings]
    assert "BROKEN  each low rating has one complaint" in "\n".join(summary.invariants(findings))


async def test_more_holders_than_places_are_found(connection):
    slot = await props.a_slot(capacity=1)
    for number in (1, 2):
        account_id = await props.an_account()
        patient_id = await props.a_patient(account_id)
        await props.insert(
            "appointment",
            account_id=account_id,
            patient_id=patient_id,
            slot_id=slot.id,
            session_id=slot.session_id,
            department_id=slot.department_id,
            practitioner_id=slot.practitioner_id,
            number=number,
            status="booked",
            open_place=1,
            day=slot.day,
            starts_at=slot.starts_at,
            ends_at=slot.ends_at,
            channel="miniapp",
        )
    assert "no slot is oversold" in await broken(connection)


async def test_a_fact_that_nobody_relays_is_found_after_half_a_minute(connection, clock):
    await props.insert("fact", name="TicketCalled", payload="{}")
    assert await waiting(connection) == 1
    assert await broken(connection) == []
    await clock.forward(seconds=31)
    assert await broken(connection) == ["no fact waits longer than 30 s"]


async def test_the_ledger_of_the_platform_is_compared_phone_by_phone(connection):
    account_id = await props.an_account(openid="sim-phone")
    for event, state in (("a", "accepted"), ("b", "unknown")):
        message_id = await props.insert(
            "message",
            event=event,
            event_key=event,
            **{"class": "visit"},
            account_id=account_id,
            subject_kind="ticket",
            subject_id=account_id,
            title="叫号提醒",
            lines="[]",
            deadline=clock.now(),
        )
        await props.insert(
            "delivery",
            message_id=message_id,
            channel="wechat_subscribe",
            address="sim-phone",
            template_key="queue_called",
            state=state,
            reason="no_answer" if state == "unknown" else "",
            due_at=clock.now(),
            deadline=clock.now(),
        )

    async def compare(accepted: int) -> Finding:
        counted = Counter({("sim-phone", "T1"): accepted})
        return await check_ledger(connection, ["sim-phone"], accepted=counted, template_ids={"queue_called": "T1"})

    assert [(await compare(accepted)).holds for accepted in (0, 1, 2, 3)] == [False, True, True, False]
