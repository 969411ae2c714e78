"""What patients do with their surveys: see them, put down answers, send them, change them; signed in or by a link."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from tortoise.exceptions import IntegrityError

from satisfaction.errors import AlreadyAnswered
from satisfaction.surveys import answering, ballots, keeping, links, models, rules
from satisfaction.surveys.answering import Filled
from satisfaction.surveys.keeping import Receipt
from satisfaction.surveys.links import Opened
from satisfaction.surveys.models import ONE_RESPONSE, Invitation, Questionnaire, Response, Shown
from satisfaction.surveys.rules import InvitationState
from server import clock, db, privacy
from server.accounts import SignedInPatient
from server.errors import NotFound, Stale
from server.history import By

SEEN_BY_PATIENTS = (InvitationState.INVITED, InvitationState.ANSWERED, InvitationState.EXPIRED)
DRAFT = "invitation.draft_cipher"
WEB = "web"


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
class Sheet:
    """A survey as its patient sees it. filled: what they said, while it may be changed, or put down so far."""

    survey: Shown
    filled: Filled | None = None
    response: Response | None = None


async def look_at(account: SignedInPatient, invitation_id: UUID) -> Sheet:
    """Open a survey; the first time is written down.

    Raises: NotFound.
    """
    survey = await survey_of(account, invitation_id)
    invitation = survey.invitation
    await _note_opening(invitation)
    if rules.may_be_edited(invitation.state, invitation.editable_until, clock.now()):
        response = await Response.get(invitation_id=invitation.id)
        return Sheet(survey, keeping.filled_of(response), response)
    if invitation.state == InvitationState.INVITED and invitation.draft_cipher is not None:
        said = orjson.loads(privacy.unseal(invitation.draft_cipher, place=DRAFT, row_id=invitation.id))
        return Sheet(survey, Filled(said["answers"], said["comment"], said["contact_me"]))
    return Sheet(survey)


async def _note_opening(invitation: Invitation) -> None:
    if invitation.opened_at is None and invitation.state == InvitationState.INVITED:
        await Invitation.filter(id=invitation.id, opened_at=None).update(opened_at=clock.now())


async def put_down(account: SignedInPatient, invitation_id: UUID, filled: Filled) -> None:
    """Keep what was answered so far, sealed, so that another device goes on with it.

    Raises: NotFound, AlreadyAnswered, SurveyClosed, Malformed.
    """
    async with db.transaction():
        survey = await survey_of(account, invitation_id)
        invitation = survey.invitation
        rules.check_answerable(invitation.state, invitation.deadline, clock.now())
        checked = answering.checked(filled, survey.items, is_partial=True)
        said = {"answers": checked.answers, "comment": checked.comment, "contact_me": checked.contact_me}
        sealed = privacy.seal(orjson.dumps(said).decode(), place=DRAFT, row_id=invitation.id)
        # a response that comes at the same moment wins: its invitation is not «invited» any more
        await Invitation.filter(id=invitation.id, state=InvitationState.INVITED).update(
            draft_cipher=sealed, started_at=invitation.started_at or clock.now()
        )


async def respond(
    account: SignedInPatient, invitation_id: UUID, filled: Filled, *, request_key: UUID | None = None
) -> Receipt:
    """Take the one response to an invitation; a low rating opens its complaint in the same transaction.

    request_key: of the request, so that an anonymous one is taken once without a record of it.
    Raises: NotFound, AlreadyAnswered, SurveyClosed, SomeoneWasFaster, Malformed.
    """
    return await take(await survey_of(account, invitation_id), filled, by=account.by, request_key=request_key)


async def take(
    survey: Shown, filled: Filled, *, by: By, mode: str | None = None, request_key: UUID | None = None
) -> Receipt:
    """Take a response, whoever brings it.

    Raises: AlreadyAnswered, SurveyClosed, SomeoneWasFaster, Malformed.
    """
    invitation = survey.invitation
    try:
        async with db.transaction():
            invitation = await Invitation.get(id=survey.id)  # as it is now, in this transaction
            survey = Shown(invitation, survey.title, survey.items)
            if invitation.is_anonymous and await ballots.is_in(request_key):
                return Receipt(None, will_call=False)
            rules.check_answerable(invitation.state, invitation.deadline, clock.now())
            checked = answering.checked(filled, survey.items)
            if not invitation.is_anonymous:
                return await keeping.keep(survey, checked, by=by, mode=mode)
            await keeping.use_up(invitation, by=by, mode=mode)
            questionnaire = await Questionnaire.get(id=invitation.questionnaire_id)
            await ballots.put_in(
                questionnaire,
                checked,
                department_id=invitation.department_id,
                mode=mode or invitation.mode,
                request_key=request_key,
            )
            return Receipt(None, will_call=False)
    except IntegrityError as error:
        if db.violated(error) == ONE_RESPONSE:  # a twin of this response was faster
            raise AlreadyAnswered() from None
        raise


async def change(account: SignedInPatient, invitation_id: UUID, filled: Filled, *, version: int | None) -> Receipt:
    """Put another answer in the place of one's own, while it may be changed.

    version: of the response that was read. Raises: NotFound, SurveyClosed, Stale, Malformed.
    """
    async with db.transaction():
        survey = await survey_of(account, invitation_id)
        invitation = survey.invitation
        rules.check_editable(invitation.state, invitation.editable_until, clock.now())
        response = await Response.filter(invitation_id=invitation.id).select_for_update(no_key=True).get()
        if version is not None and version != response.version:
            raise Stale(resource={"id": str(response.id), "version": response.version})
        return await keeping.change(survey, response, answering.checked(filled, survey.items), by=account.by)


async def look_by_link(token: str) -> Opened:
    """Open what a link leads to; of an invitation the first time is written down.

    Raises: NotFound, LinkOver.
    """
    found = await links.opened(token)
    if found.survey is not None:
        await _note_opening(found.survey.invitation)
    return found


async def respond_by_link(
    found: Opened, filled: Filled, *, device: str | None, request_key: UUID | None = None
) -> Receipt:
    """Take a response that comes by a link: of its invitation, or an anonymous one of whoever stands there.

    found: as `look_by_link` gave it.
    Raises: LinkExhausted, AlreadyAnswered, SurveyClosed, SomeoneWasFaster, Malformed.
    """
    if found.survey is not None:
        by = By(kind="patient", id=found.survey.invitation.account_id, channel=WEB)
        return await take(found.survey, filled, by=by, mode=WEB, request_key=request_key)
    if await ballots.is_in(request_key):
        return Receipt(None, will_call=False)
    checked = answering.checked(filled, found.items)
    async with db.transaction():
        await links.use(found.link, device)
        await ballots.put_in(
            found.questionnaire,
            checked,
            department_id=found.link.department_id,
            mode=found.link.kind,
            request_key=request_key,
        )
    return Receipt(None, will_call=False)


def as_said(filled: Filled | None) -> dict[str, Any] | None:
    """Give what was said as it is shown to the one who said it."""
    if filled is None:
        return None
    return {"answers": dict(filled.answers), "comment": filled.comment, "contact_me": filled.contact_me}
