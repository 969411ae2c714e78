"""One row that cannot be dealt with holds up none of the others, whichever it is."""

from datetime import timedelta
from uuid import UUID

from satisfaction.attachments import checking
from satisfaction.complaints import confirming
from satisfaction.improvement import measuring, proposing, reminding
from server import clock as time
from server import db
from tests import props
from tests.cast import a_patient_by_row
from tests.house.test_bad_rows import Poisoned
from tests.satisfaction.attachments.sending import a_file

ANSWER = {"finding": "已查", "action": "已改", "responsible": "何主管"}


BASELINE = '{"n": 40, "mean": 80.0, "sd": 10.0, "days": 90, "spans": []}'


async def improvements(ward) -> list[UUID]:
    """Two of a department that are overdue."""
    day, made = time.today(), []
    for dimension in ("process", "nurse"):
        made.append(
            await props.insert(
                "improvement",
                number=f"GJ{dimension}",
                group_id=ward.slot.department_id,
                source="hand",
                department_id=ward.slot.department_id,
                metric="dimension_score",
                dimension=dimension,
                title=dimension,
                measure="措施",
                strength="strong",
                owner_id=UUID(ward.head.staff_id),
                approver_id=UUID(ward.supervisor.staff_id),
                due_on=day - timedelta(days=1),
                evidence_from=day - timedelta(days=300),
                evidence_to=day - timedelta(days=200),
                expected_change=5.0,
                state="doing",
                baseline=BASELINE,
                power_shown="{}",
                starts_on=day - timedelta(days=50),
                created_at=time.now(),
            )
        )
    return made


async def are_done(ward, improvement_ids: list[UUID]) -> None:
    """Their measures are in place for forty days."""
    for one in improvement_ids:
        evidence_id = await props.insert(
            "improvement_evidence", improvement_id=one, text="已落实", by_id=UUID(ward.head.staff_id), at=time.now()
        )
        await db.fetch(
            "UPDATE improvement SET state = 'measuring', done_evidence_id = $2, done_on = $3::date - 40,"
            " check1_on = $3::date - 10, check2_on = $3::date + 50 WHERE id = $1",
            one,
            evidence_id,
            time.today(),
        )


async def test_a_look_at_an_effect_that_fails_holds_up_no_other(ward, monkeypatch):
    await are_done(ward, await improvements(ward))
    Poisoned(monkeypatch, measuring, "looked")
    monkeypatch.setattr(measuring, "BATCH", 1)
    assert await measuring.measure_due() == 1
    assert await props.count("improvement", "state = 'not_yet'") == 1


async def test_an_owner_who_cannot_be_told_holds_up_no_other(ward, monkeypatch):
    await improvements(ward)
    Poisoned(monkeypatch, reminding, "_tell")
    monkeypatch.setattr(reminding, "BATCH", 1)
    assert await reminding.remind_due() == 1
    assert await props.count("improvement_reminder") == 1


async def test_a_proposal_that_fails_holds_up_no_other(ward, monkeypatch):
    for dimension in ("process", "nurse"):
        await props.insert(
            "signal",
            department_id=ward.slot.department_id,
            dimension=dimension,
            state="raised",
            peak=4.2,
            h=4.0,
            p0=0.03,
            evidence=6,
            answers=20,
            raised_at=time.now(),
        )
    Poisoned(monkeypatch, proposing, "_propose_signal")
    assert await proposing.propose_due() == 1
    assert await props.count("improvement") == 1


async def test_a_silence_that_cannot_be_broken_holds_up_no_other(ward, clock, drain, monkeypatch):
    for patient in (ward.patient, await a_patient_by_row(ward.site)):
        complaint_id = await ward.complaint(patient)
        await ward.handler.post(f"/complaints/{complaint_id}/answer", ANSWER)
    await drain()
    await ward.run("remind_confirmations")
    await clock.forward(hours=24, minutes=1)
    Poisoned(monkeypatch, confirming, "_remind")
    await ward.run("remind_confirmations")
    assert await props.count("confirmation_reminder", "outcome = 'sent'") == 1


async def test_a_file_that_cannot_be_asked_about_holds_up_no_other(ward, monkeypatch):
    await ward.complaint(attachment_ids=[await a_file(ward.patient), await a_file(ward.patient)])
    Poisoned(monkeypatch, checking, "_ask")
    await checking.check()
    assert await props.count("attachment", "state <> 'received'") == 1
