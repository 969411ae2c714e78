"""Asking: an invitation is planned, opened when its time comes or left out for a reason, reminded of once, expired."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from tortoise.exceptions import IntegrityError

from satisfaction.surveys import links, models, offering, sampling, settings, versions
from satisfaction.surveys.inviting import Askable, Skip, SkipReason, SurveySetting, decide
from satisfaction.surveys.kinds.items import SurveyKind, items_from_data
from satisfaction.surveys.models import Invitation, Questionnaire
from satisfaction.surveys.rules import INVITATION, InvitationState
from server import clock, db
from server.events import publish
from server.facts import SurveyInvited, SurveyReminded, VisitFinished, VisitReopened
from server.history import SYSTEM, born, move
from server.ids import new_id

BATCH = 50


async def plan_invitation(fact: VisitFinished) -> None:
    """Plan to ask about a visit that took place; who has no account cannot be asked."""
    if fact.account_id is None or await Invitation.exists(encounter_id=fact.encounter_id, kind=SurveyKind.OUTPATIENT):
        return
    questionnaire = await versions.active(SurveyKind.OUTPATIENT)
    if questionnaire is None:
        return
    setting = await settings.in_force()
    opens_at, deadline = setting.opening(SurveyKind.OUTPATIENT, fact.finished_at, fact.survey_delay_minutes)
    await plan(
        questionnaire,
        encounter_id=fact.encounter_id,
        account_id=fact.account_id,
        patient_id=fact.patient_id,
        patient_name=fact.patient_name,
        department_id=fact.department_id,
        department_name=fact.department_name,
        practitioner_id=fact.practitioner_id,
        practitioner_name=fact.practitioner_name,
        visited_at=fact.started_at,
        opens_at=opens_at,
        deadline=deadline,
    )


async def plan(questionnaire: Questionnaire, **values: Any) -> Invitation:
    """Plan an invitation, in the open transaction: its items are drawn and its people frozen here.

    values: columns of an invitation; `state` where it is not planned but open at once.
    """
    state = values.pop("state", InvitationState.PLANNED)
    invitation_id, items = new_id(), items_from_data(questionnaire.items)
    invitation = await Invitation.create(
        id=invitation_id,
        questionnaire_id=questionnaire.id,
        kind=questionnaire.kind,
        is_anonymous=questionnaire.is_anonymous,
        offered=offering.of_all(questionnaire, items)
        if questionnaire.is_anonymous
        else offering.offered(items, rotating=questionnaire.rotating, most=questionnaire.most, seed=invitation_id),
        state=state,
        **values,
    )
    await models.freeze_people(invitation)
    await born(INVITATION, invitation, state, by=SYSTEM)
    return invitation


async def forget_invitation(fact: VisitReopened) -> None:
    """Ask nobody about a visit that goes on; its next end plans it again. Who was asked already is not asked twice."""
    await Invitation.filter(encounter_id=fact.encounter_id, state=InvitationState.PLANNED).delete()


async def open_due() -> None:
    """Invite for every visit whose time to ask has come, unless there is a reason not to."""
    is_more = True
    while is_more:
        async with db.transaction():
            due = await models.take_due(models.TO_OPEN, BATCH)
            # in one order, so that two looks that meet at the same patients wait for each other and not in a ring
            due.sort(key=lambda invitation: (invitation.patient_id, invitation.id))
            people = await models.askable([invitation.id for invitation in due])
            setting = await settings.in_force()
            for invitation in due:
                await _open_or_skip(invitation, people[invitation.id], setting)
        is_more = len(due) == BATCH


async def _open_or_skip(invitation: Invitation, person: Askable, setting: SurveySetting) -> None:
    now = clock.now()
    if now >= invitation.deadline:
        await move(INVITATION, invitation, InvitationState.EXPIRED, by=SYSTEM)
        return
    decision = decide(person, setting, now, clock.today())
    if not isinstance(decision, Skip) and not await _has_turn(invitation.patient_id, setting.pause_days):
        decision = Skip(SkipReason.ASKED_LATELY)
    if isinstance(decision, Skip):
        reason = str(decision.reason)
        await move(INVITATION, invitation, InvitationState.SKIPPED, by=SYSTEM, why=reason, skip_reason=reason)
        return
    await move(INVITATION, invitation, InvitationState.INVITED, by=SYSTEM, remind_at=decision.remind_at)
    if invitation.account_id is not None:  # who has no account is called: the list of calls shows them now
        await links.of_invitation(invitation)
        await publish(SurveyInvited(**_told(invitation)))


async def _has_turn(patient_id: UUID, pause_days: int) -> bool:
    return pause_days == 0 or await models.take_turn(patient_id, pause_days)


def _told(invitation: Invitation) -> dict[str, Any]:
    return {
        "invitation_id": invitation.id,
        "account_id": invitation.account_id,
        "patient_id": invitation.patient_id,
        "patient_name": invitation.patient_name,
        "department_name": invitation.department_name,
        "visited_at": invitation.visited_at,
        "deadline": invitation.deadline,
        "kind": invitation.kind,
    }


async def remind_due() -> None:
    """Remind once of every survey that nobody has answered; who answered meanwhile is no longer found."""
    is_more = True
    while is_more:
        async with db.transaction():
            due = await models.take_due(models.TO_REMIND, BATCH)
            for invitation in due:
                await Invitation.filter(id=invitation.id).update(reminded_at=clock.now())
                if invitation.account_id is not None and clock.now() < invitation.deadline:
                    await publish(SurveyReminded(**_told(invitation)))
        is_more = len(due) == BATCH


async def expire_due() -> None:
    """Close every survey whose deadline passed without a response; what was put down half is thrown away."""
    is_more = True
    while is_more:
        async with db.transaction():
            due = await models.take_due(models.TO_EXPIRE, BATCH)
            for invitation in due:
                await move(INVITATION, invitation, InvitationState.EXPIRED, by=SYSTEM, draft_cipher=None)
        is_more = len(due) == BATCH


# Visits of a month whose people have an account and may be asked again. $1 first day, $2 first day of the next, $3 zone
VISITS_OF_MONTH = """
SELECT DISTINCT ON (e.patient_id) e.id, e.patient_id, e.account_id, p.name AS patient_name, e.department_id,
    d.name AS department_name, e.practitioner_id, coalesce(pr.name, '') AS practitioner_name, e.started_at
FROM encounter e JOIN patient p ON p.id = e.patient_id JOIN department d ON d.id = e.department_id
LEFT JOIN practitioner pr ON pr.id = e.practitioner_id
WHERE e.finished_at >= $1::date::timestamp AT TIME ZONE $3 AND e.finished_at < $2::date::timestamp AT TIME ZONE $3
AND e.account_id IS NOT NULL
AND NOT EXISTS (SELECT FROM survey_contact s WHERE s.patient_id = e.patient_id AND s.until > app_now())
ORDER BY e.patient_id, e.finished_at DESC, e.id
"""

# $1 month, $2 questionnaire, $3 departments, $4 how many of each
NOTE_SAMPLE = """
INSERT INTO survey_sample (month, questionnaire_id, department_id, drawn)
SELECT $1, $2, * FROM unnest($3::uuid[], $4::int[]) ON CONFLICT DO NOTHING RETURNING department_id
"""


async def draw_samples() -> None:
    """Draw the sample of the month that has ended, once for each department."""
    setting = await settings.in_force()
    if setting.sample_per_department == 0:
        return
    next_month = clock.today().replace(day=1)
    month = (next_month - timedelta(days=1)).replace(day=1)
    try:
        async with db.transaction():
            questionnaire = await versions.active(SurveyKind.MONTHLY)
            if questionnaire is not None:
                await _draw(questionnaire, month, next_month, setting)
    except IntegrityError as error:
        if db.violated(error) != models.ONCE_A_VISIT:
            raise  # else another worker drew the same people at the same moment


async def _draw(questionnaire: Questionnaire, month: date, next_month: date, setting: SurveySetting) -> None:
    by_department: dict[UUID, list[dict[str, Any]]] = {}
    for row in await db.fetch(VISITS_OF_MONTH, month, next_month, clock.zone().key):
        by_department.setdefault(row["department_id"], []).append(row)
    sample = sampling.draw(by_department, setting.sample_per_department, f"{month}:{questionnaire.id}")
    departments = sorted(sample)
    noted = await db.fetch(NOTE_SAMPLE, month, questionnaire.id, departments, [len(sample[one]) for one in departments])
    opens_at, deadline = setting.opening(SurveyKind.MONTHLY, clock.now(), 0)
    for department in noted:
        for row in sample[department["department_id"]]:
            values = {name: value for name, value in row.items() if name not in ("id", "started_at")}
            await plan(
                questionnaire,
                encounter_id=row["id"],
                visited_at=row["started_at"],
                opens_at=opens_at,
                deadline=deadline,
                **values,
            )
