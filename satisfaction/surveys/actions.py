"""What happens to a survey: planned after a visit, opened, answered once, expired."""

from dataclasses import dataclass
from uuid import UUID

import orjson
from tortoise.exceptions import IntegrityError

from satisfaction.complaints.filing import LowRating, Visit, open_from_low_rating
from satisfaction.errors import AlreadyAnswered
from satisfaction.surveys import models, rules
from satisfaction.surveys.kinds import SURVEYS
from satisfaction.surveys.kinds.outpatient import OUTPATIENT, OVERALL
from satisfaction.surveys.models import ONE_RESPONSE, Invitation, Response, Shown
from satisfaction.surveys.rules import INVITATION, Filled, InvitationState, LowRules
from server import clock, db, hospital, privacy
from server.accounts import SignedInPatient
from server.errors import NotFound
from server.events import publish
from server.facts import SurveyAnswered, SurveyInvited, VisitFinished
from server.history import SYSTEM, born, move
from server.ids import new_id

BATCH = 50
SEEN_BY_PATIENTS = (InvitationState.INVITED, InvitationState.ANSWERED, InvitationState.EXPIRED)


async def plan_invitation(fact: VisitFinished) -> None:
    """Plan to ask about a visit that took place; who has no account cannot be asked."""
    if fact.account_id is None or await Invitation.exists(encounter_id=fact.encounter_id):
        return
    opens_at, deadline = rules.opening(fact.finished_at, fact.survey_delay_minutes)
    invitation = await Invitation.create(
        questionnaire_id=await models.questionnaire_of(SURVEYS[OUTPATIENT.code]),
        encounter_id=fact.encounter_id,
        account_id=fact.account_id,
        patient_id=fact.patient_id,
        patient_name=fact.patient_name,
        department_id=fact.department_id,
        department_name=fact.department_name,
        practitioner_id=fact.practitioner_id,
        practitioner_name=fact.practitioner_name,
        visited_at=fact.started_at,
        state=InvitationState.PLANNED,
        opens_at=opens_at,
        deadline=deadline,
    )
    await born(INVITATION, invitation, InvitationState.PLANNED, by=SYSTEM)


async def open_due() -> None:
    """Invite for every visit whose time to ask has come; what is hopelessly late is not asked any more."""
    is_more = True
    while is_more:
        async with db.transaction():
            due = await models.take_due(models.TO_OPEN, BATCH)
            for invitation in due:
                if clock.now() >= invitation.deadline:
                    await move(INVITATION, invitation, InvitationState.EXPIRED, by=SYSTEM)
                else:
                    await _open(invitation)
        is_more = len(due) == BATCH


async def _open(invitation: Invitation) -> None:
    await move(INVITATION, invitation, InvitationState.INVITED, by=SYSTEM)
    await publish(
        SurveyInvited(
            invitation_id=invitation.id,
            account_id=invitation.account_id,
            patient_id=invitation.patient_id,
            patient_name=invitation.patient_name,
            department_name=invitation.department_name,
            visited_at=invitation.visited_at,
            deadline=invitation.deadline,
        )
    )


async def expire_due() -> None:
    """Close every survey whose deadline passed without a response."""
    is_more = True
    while is_more:
        async with db.transaction():
            due = await models.take_due(models.TO_EXPIRE, BATCH)
            for invitation in due:
                await move(INVITATION, invitation, InvitationState.EXPIRED, by=SYSTEM)
        is_more = len(due) == BATCH


async def surveys_of(account: SignedInPatient, *, after: UUID | None, limit: int) -> list[Shown]:
    """List the surveys of an account that were opened, the newest first; one more than the limit."""
    found = Invitation.filter(account_id=account.id, state__in=SEEN_BY_PATIENTS)
    if after is not None:
        found = found.filter(id__lt=after)
    return await models.shown(await found.order_by("-id").limit(limit + 1))


async def survey_of(account: SignedInPatient, invitation_id: UUID) -> Shown:
    """Give a survey of an account that was opened.

    Raises: NotFound.
    """
    invitation = await Invitation.filter(id=invitation_id, account_id=account.id, state__in=SEEN_BY_PATIENTS).first()
    if invitation is None:
        raise NotFound()
    return (await models.shown([invitation]))[0]


@dataclass(frozen=True)
class Receipt:
    """What became of a response. will_call: the rating was low, so that somebody will call."""

    response_id: UUID
    will_call: bool


async def respond(account: SignedInPatient, invitation_id: UUID, filled: Filled) -> Receipt:
    """Take the one response to an invitation; a low rating opens its complaint in the same transaction.

    Raises: NotFound, AlreadyAnswered, SurveyClosed, SomeoneWasFaster, Malformed.
    """
    try:
        async with db.transaction():
            survey = await survey_of(account, invitation_id)
            rules.check_answerable(survey.invitation.state, survey.invitation.deadline, clock.now())
            return await _keep(account, survey, rules.checked(filled, survey.items))
    except IntegrityError as error:
        if db.violated(error) == ONE_RESPONSE:  # a twin of this response was faster
            raise AlreadyAnswered() from None
        raise


async def _keep(account: SignedInPatient, survey: Shown, filled: Filled) -> Receipt:
    invitation = survey.invitation
    low_rules = LowRules.of(await hospital.policy("survey.low_rating", {}))
    reasons = rules.low_reasons(filled, survey.items, low_rules)
    words, figures = rules.texts_apart(filled, survey.items)
    response_id = new_id()
    sealed = None
    if words or filled.comment:
        text = orjson.dumps({"answers": words, "comment": filled.comment}).decode()
        sealed = privacy.seal(text, place="response.texts_cipher", row_id=response_id)
    await Response.create(
        id=response_id,
        invitation_id=invitation.id,
        answers=figures,
        texts_cipher=sealed,
        contact_me=filled.contact_me,
        overall=figures.get(OVERALL),
        is_low=bool(reasons),
        low_reasons=reasons,
        submitted_at=clock.now(),
    )
    await move(INVITATION, invitation, InvitationState.ANSWERED, by=account.by)
    if reasons:
        low = LowRating(
            response_id=response_id,
            visit=_visit(invitation),
            text=rules.summary(filled, survey.items),
            is_harmful="harm_word" in reasons,
            wants_contact=filled.contact_me,
        )
        await open_from_low_rating(low, by=account.by)
    await publish(
        SurveyAnswered(
            response_id=response_id, invitation_id=invitation.id, account_id=account.id, is_low=bool(reasons)
        )
    )
    return Receipt(response_id, will_call=bool(reasons))


def _visit(invitation: Invitation) -> Visit:
    return Visit(
        account_id=invitation.account_id,
        patient_id=invitation.patient_id,
        patient_name=invitation.patient_name,
        encounter_id=invitation.encounter_id,
        department_id=invitation.department_id,
        practitioner_id=invitation.practitioner_id,
    )
