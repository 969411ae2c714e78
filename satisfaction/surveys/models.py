"""What is kept of surveys: versions of questionnaires, invitations, responses."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from tortoise import fields

from satisfaction.surveys.kinds.items import Item, Survey, items_from_data
from satisfaction.surveys.rules import InvitationState
from server import db
from server.db import Row
from server.ids import new_id


class Questionnaire(Row):
    """One version of a questionnaire; an invitation keeps the version that it was made with."""

    code = fields.TextField()
    version = fields.IntField()
    title: Any = fields.JSONField()
    items: Any = fields.JSONField()
    active = fields.BooleanField(default=True)

    class Meta:
        table = "questionnaire"


class Invitation(Row):
    """Who may rate which visit, until when. Whom it is about is frozen here."""

    questionnaire_id = fields.UUIDField()
    encounter_id = fields.UUIDField()
    account_id = fields.UUIDField()
    patient_id = fields.UUIDField()
    patient_name = fields.TextField()
    department_id = fields.UUIDField()
    department_name = fields.TextField()
    practitioner_id = fields.UUIDField(null=True)
    practitioner_name = fields.TextField(default="")
    visited_at = fields.DatetimeField()
    state = fields.CharEnumField(InvitationState, description="")
    opens_at = fields.DatetimeField()
    deadline = fields.DatetimeField()
    version = fields.IntField(default=1)

    class Meta:
        table = "invitation"


class Response(Row):
    """The one response to an invitation. answers: figures and choices by item; the patient's own words are sealed."""

    invitation_id = fields.UUIDField()
    answers: Any = fields.JSONField()
    texts_cipher = fields.BinaryField(null=True)
    contact_me = fields.BooleanField(default=False)
    overall = fields.IntField(null=True)
    is_low = fields.BooleanField()
    low_reasons: Any = fields.JSONField(default=list)
    submitted_at = fields.DatetimeField()

    class Meta:
        table = "response"


ONE_RESPONSE = "response_invitation_id_key"  # the constraint that stands behind «once»


async def questionnaire_of(survey: Survey) -> UUID:
    """Give the row of a survey's version; make it on first use, whoever else does so at the same time."""
    await db.fetch(
        "INSERT INTO questionnaire (id, code, version, title, items) VALUES ($1, $2, $3, $4, $5)"
        " ON CONFLICT (code, version) DO NOTHING",
        new_id(),
        survey.code,
        survey.version,
        orjson.dumps(dict(survey.title)).decode(),
        orjson.dumps(survey.items_as_data()).decode(),
    )
    row = await db.fetch_one(
        "SELECT id FROM questionnaire WHERE code = $1 AND version = $2", survey.code, survey.version
    )
    assert row is not None  # inserted above, or by somebody who has committed
    return row["id"]


DUE = """
SELECT id FROM invitation WHERE {condition} ORDER BY {moment} LIMIT $1 FOR NO KEY UPDATE SKIP LOCKED
"""
TO_OPEN = DUE.format(condition="state = 'planned' AND opens_at <= app_now()", moment="opens_at")
TO_EXPIRE = DUE.format(condition="state = 'invited' AND deadline <= app_now()", moment="deadline")


async def take_due(sql: str, limit: int) -> list[Invitation]:
    """Take the invitations whose moment has come, for the open transaction; those that another one took are left out.

    sql: TO_OPEN or TO_EXPIRE.
    """
    ids = [row["id"] for row in await db.fetch(sql, limit)]
    return await Invitation.filter(id__in=ids).order_by("id") if ids else []


@dataclass(frozen=True)
class Shown:
    """An invitation with its questionnaire."""

    invitation: Invitation
    title: dict[str, str]
    items: tuple[Item, ...]

    @property
    def id(self) -> UUID:
        """Give the id of the invitation, which is the survey's for its patient."""
        return self.invitation.id

    def closes_before(self, now: datetime) -> bool:
        """Tell whether the deadline is over, also when the job has not looked yet."""
        return self.invitation.state == InvitationState.INVITED and now >= self.invitation.deadline


async def shown(invitations: list[Invitation]) -> list[Shown]:
    """Give invitations with their questionnaires, in their order."""
    ids = {invitation.questionnaire_id for invitation in invitations}
    rows = {row.id: row for row in await Questionnaire.filter(id__in=ids)} if ids else {}
    read = {row_id: (row.title, items_from_data(row.items)) for row_id, row in rows.items()}
    return [Shown(invitation, *read[invitation.questionnaire_id]) for invitation in invitations]
