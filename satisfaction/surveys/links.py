"""Links without a sign-in. A link is made of 128 bits that a key outside the database gives for its row.

So a poster can be printed again and a reminder can name the same link, and who reads the tables cannot make any.
"""

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from tortoise.exceptions import IntegrityError

from satisfaction.errors import AlreadyAnswered, LinkExhausted, LinkOver
from satisfaction.surveys import models, offering
from satisfaction.surveys.kinds.items import Item, items_from_data
from satisfaction.surveys.models import Invitation, Questionnaire, SurveyLink
from satisfaction.surveys.rules import QuestionnaireState
from server import clock, db, privacy
from server.errors import NotFound
from server.survey_links import token_of

DEVICE_KEPT_DAYS = 2
FEW_A_DAY = "survey_link_few_a_day"
ONCE = "survey_link_use_once"


def hash_of(token: str) -> bytes:
    """Give what is kept of it."""
    return hashlib.sha256(token.encode()).digest()


# the link of an invitation has its id. $1 invitation, $2 hash, $3 questionnaire, $4 department, $5 deadline
LINK_OF_INVITATION = """
INSERT INTO survey_link (id, token_hash, kind, questionnaire_id, department_id, invitation_id, made_at, expires_at)
VALUES ($1, $2, 'invitation', $3, $4, $1, app_now(), $5) ON CONFLICT (id) DO NOTHING
"""


async def of_invitation(invitation: Invitation) -> None:
    """Let an invitation be answered by a link of its own, which is over when its survey is.

    Messages make its address when they leave; no table, fact or message holds it.
    """
    await db.fetch(
        LINK_OF_INVITATION,
        invitation.id,
        hash_of(token_of(invitation.id)),
        invitation.questionnaire_id,
        invitation.department_id,
        invitation.deadline,
    )


@dataclass(frozen=True)
class Opened:
    """What a link leads to. survey: of a link that belongs to an invitation."""

    link: SurveyLink
    questionnaire: Questionnaire
    items: tuple[Item, ...]
    department_name: str
    survey: models.Shown | None = None

    @property
    def is_anonymous(self) -> bool:
        """Tell whether the answer belongs to nobody; one without an invitation always does."""
        return self.survey is None or self.survey.invitation.is_anonymous


async def opened(token: str) -> Opened:
    """Find what a link leads to.

    Raises: NotFound, LinkOver when it was taken back, is too old or its questionnaire is not asked any more.
    """
    link = await SurveyLink.filter(token_hash=hash_of(token)).first()
    if link is None:
        raise NotFound()
    if link.revoked_at is not None or clock.now() >= link.expires_at:
        raise LinkOver()
    name = await department_name(link.department_id)
    if link.invitation_id is None:  # what hangs on the wall outlives versions: it leads to the one that is asked
        found = await Questionnaire.filter(kind=link.kind, state=QuestionnaireState.ACTIVE).first()
        if found is None:
            raise LinkOver()
        items = items_from_data(found.items)
        return Opened(link, found, offering.of(items, offering.of_all(found, items)), name)
    questionnaire, _ = (await models.questionnaires([link.questionnaire_id]))[link.questionnaire_id]
    invitation = await Invitation.get(id=link.invitation_id)
    survey = (await models.shown([invitation]))[0]
    return Opened(link, questionnaire, survey.items, name, survey)


async def department_name(department_id: UUID) -> str:
    """Give the name of a department."""
    row = await db.fetch_one("SELECT name FROM department WHERE id = $1", department_id)
    return row["name"] if row else ""


COUNT_USE = """
INSERT INTO survey_link_day (link_id, day, most, n) VALUES ($1, $2, $3, 1)
ON CONFLICT (link_id, day) DO UPDATE SET n = survey_link_day.n + 1
"""
COUNT_DEVICE = "INSERT INTO survey_link_use (link_id, device_hash, day) VALUES ($1, $2, $3)"


async def use(link: SurveyLink, device: str | None) -> None:
    """Count one answer to a poster or a tablet, in the open transaction.

    device: what the phone says of itself; a phone answers a poster once a day. A tablet is used by many.
    Raises: AlreadyAnswered, LinkExhausted.
    """
    today = clock.today()
    try:
        async with db.transaction():
            await db.fetch(COUNT_USE, link.id, today, link.most_a_day)
            if link.kind == "poster":
                hashed = privacy.blind_index(f"{link.id}:{device or ''}", kind="survey_device")
                await db.fetch(COUNT_DEVICE, link.id, hashed, today)
    except IntegrityError as error:
        if db.violated(error) == FEW_A_DAY:
            raise LinkExhausted() from None
        if db.violated(error) == ONCE:
            raise AlreadyAnswered() from None
        raise


async def forget_devices() -> None:
    """Delete which devices answered, so that nobody can ask later."""
    await db.fetch("DELETE FROM survey_link_use WHERE day < $1", clock.today() - timedelta(days=DEVICE_KEPT_DAYS))


async def make(values: dict[str, Any], *, link_id: UUID) -> SurveyLink:
    """Make a link for a poster or a tablet, in the open transaction. values: columns of survey_link."""
    return await SurveyLink.create(id=link_id, token_hash=hash_of(token_of(link_id)), made_at=clock.now(), **values)
