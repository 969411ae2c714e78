"""Keeping an answered survey: its figures and words, one row for each item, and what a low rating sets off."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson

from satisfaction.lows.actions import consider, hold
from satisfaction.scores.actions import count, uncount
from satisfaction.surveys import answering, models, settings
from satisfaction.surveys.answering import Filled
from satisfaction.surveys.kinds.items import Item
from satisfaction.surveys.kinds.outpatient import OVERALL
from satisfaction.surveys.models import Invitation, Response, Shown
from satisfaction.surveys.rules import INVITATION, InvitationState
from server import clock, db, privacy
from server.events import publish
from server.facts import SurveyAnswered
from server.history import By, move
from server.ids import new_id

WORDS, EARLIER_WORDS = "response.texts_cipher", "response_edit.texts_cipher"


@dataclass(frozen=True)
class Receipt:
    """What became of a response. will_call: the rating was low, so that somebody will call.

    response_id None: it was anonymous; there is nothing that would lead to it.
    """

    response_id: UUID | None
    will_call: bool
    editable_until: datetime | None = None


async def keep(survey: Shown, filled: Filled, *, by: By, mode: str | None = None) -> Receipt:
    """Keep the one response to an invitation, in the open transaction. filled: checked against the items.

    mode: the way it came in where that is not the invitation's. A second one fails at the table.
    Raises: SomeoneWasFaster.
    """
    invitation = survey.invitation
    editable_until = clock.now() + timedelta(hours=(await settings.in_force()).editable_hours)
    response = await write(
        filled,
        survey.items,
        response_id=new_id(),
        invitation_id=invitation.id,
        submitted_at=clock.now(),
        department_id=invitation.department_id,
        practitioner_id=invitation.practitioner_id,
        kind=invitation.kind,
        mode=mode or invitation.mode,
        contact_me=filled.contact_me,
    )
    changes: dict[str, Any] = {"draft_cipher": None, "editable_until": editable_until, "mode": response.mode}
    changes["started_at"] = invitation.started_at or clock.now()
    await move(INVITATION, invitation, InvitationState.ANSWERED, by=by, **changes)
    considered = await consider(response.id, by=by)
    if invitation.account_id is not None:
        await publish(
            SurveyAnswered(
                response_id=response.id,
                invitation_id=invitation.id,
                account_id=invitation.account_id,
                is_low=considered.will_call,
            )
        )
    await count(response.id)
    return Receipt(response.id, considered.will_call, editable_until)


async def write(filled: Filled, items: Sequence[Item], *, response_id: UUID, **frozen: Any) -> Response:
    """Write a response and one row for each item that was asked. items: those offered; frozen: columns of response."""
    submitted_at: datetime = frozen["submitted_at"]
    response = await Response.create(
        id=response_id,
        is_low=False,  # until it was considered
        answered_on=clock.local(submitted_at).date(),
        **said(filled, items, response_id),
        **frozen,
    )
    await models.write_answers(response_id, answering.values(filled, items))
    return response


def said(filled: Filled, items: Sequence[Item], response_id: UUID) -> dict[str, Any]:
    """Give the columns that hold what was said; sealed for this response: words, and answers to sealed items."""
    words, choices, figures = answering.parts(filled, items)
    sealed = None
    if words or choices or filled.comment:
        text = orjson.dumps({"answers": words, "sealed": choices, "comment": filled.comment}).decode()
        sealed = privacy.seal(text, place=WORDS, row_id=response_id)
    overall = figures.get(OVERALL)
    return {
        "answers": figures,
        "texts_cipher": sealed,
        "overall": overall if isinstance(overall, int) else None,
    }


def filled_of(response: Response) -> Filled:
    """Read what a response says."""
    words: dict[str, Any] = {}
    if response.texts_cipher is not None:
        words = orjson.loads(privacy.unseal(response.texts_cipher, place=WORDS, row_id=response.id))
    answers = {**response.answers, **words.get("answers", {}), **words.get("sealed", {})}
    return Filled(answers, words.get("comment", ""), response.contact_me)


# $1 response, $2 version that ends, $3 answers, $4 words, $5 contact
ARCHIVE = """
INSERT INTO response_edit (response_id, version, answers, texts_cipher, contact_me, at)
VALUES ($1, $2, $3, $4, $5, app_now())
"""


async def change(survey: Shown, response: Response, filled: Filled, *, by: By) -> Receipt:
    """Put another answer in the place of one that may still be changed, in the transaction that holds its row.

    What it said before is kept and never rewritten. What a low rating opened stays open.
    """
    await hold(response.complaint_id, survey.invitation.encounter_id)
    await uncount(response.id)
    await _archive(response)
    await db.fetch("DELETE FROM answer WHERE response_id = $1", response.id)
    await Response.filter(id=response.id).update(
        **said(filled, survey.items, response.id), contact_me=filled.contact_me, version=response.version + 1
    )
    await models.write_answers(response.id, answering.values(filled, survey.items))
    considered = await consider(response.id, by=by)
    await count(response.id)
    return Receipt(response.id, considered.will_call, survey.invitation.editable_until)


async def _archive(response: Response) -> None:
    sealed = response.texts_cipher
    if sealed is not None:
        text = privacy.unseal(sealed, place=WORDS, row_id=response.id)
        sealed = privacy.seal(text, place=EARLIER_WORDS, row_id=f"{response.id}:{response.version}")
    answers = orjson.dumps(response.answers).decode()
    await db.fetch(ARCHIVE, response.id, response.version, answers, sealed, response.contact_me)


async def use_up(invitation: Invitation, *, by: By, mode: str | None = None) -> None:
    """Mark an anonymous invitation as used; of its answer it knows nothing. Raises: SomeoneWasFaster."""
    await move(INVITATION, invitation, InvitationState.ANSWERED, by=by, draft_cipher=None, mode=mode or invitation.mode)
