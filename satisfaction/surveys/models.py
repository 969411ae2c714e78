"""What is kept of surveys: versions of questionnaires, invitations, responses, links, ballots."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from tortoise import fields

from satisfaction.surveys import offering
from satisfaction.surveys.answering import Value
from satisfaction.surveys.inviting import Askable
from satisfaction.surveys.kinds.items import Item, items_from_data
from satisfaction.surveys.rules import InvitationState, QuestionnaireState
from server import db
from server.db import Row


class Questionnaire(Row):
    """One version of a questionnaire; an invitation keeps the version that it was made with.

    number: which version it is. version: of this row, raised by each change of a draft.
    """

    code = fields.TextField()
    number = fields.IntField(source_field="version")
    kind = fields.TextField(default="outpatient")
    state = fields.CharEnumField(QuestionnaireState, description="")
    title: Any = fields.JSONField()
    items: Any = fields.JSONField()
    rotating = fields.IntField(default=2)
    most = fields.IntField(default=7)
    is_anonymous = fields.BooleanField(default=False)
    made_by = fields.UUIDField(null=True)
    made_at = fields.DatetimeField()
    version = fields.IntField(default=1, source_field="revision")

    class Meta:
        table = "questionnaire"


class Invitation(Row):
    """Who may rate which visit, until when. Whom it is about is frozen here."""

    questionnaire_id = fields.UUIDField()
    encounter_id = fields.UUIDField(null=True)
    account_id = fields.UUIDField(null=True)
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
    kind = fields.TextField(default="outpatient")
    mode = fields.TextField(default="miniapp")
    is_anonymous = fields.BooleanField(default=False)
    offered: Any = fields.JSONField(default=list)
    skip_reason = fields.TextField(default="")
    asked_by = fields.UUIDField(null=True)
    opened_at = fields.DatetimeField(null=True)
    started_at = fields.DatetimeField(null=True)
    remind_at = fields.DatetimeField(null=True)
    reminded_at = fields.DatetimeField(null=True)
    editable_until = fields.DatetimeField(null=True)
    draft_cipher = fields.BinaryField(null=True)
    version = fields.IntField(default=1)

    class Meta:
        table = "invitation"


class Response(Row):
    """The one response to an invitation. answers: figures and choices by item; the patient's own words are sealed.

    What scores are counted by is frozen here. complaint_id: what a low rating opened. version: raised by an edit.
    """

    invitation_id = fields.UUIDField(null=True)
    answers: Any = fields.JSONField()
    texts_cipher = fields.BinaryField(null=True)
    contact_me = fields.BooleanField(default=False)
    overall = fields.IntField(null=True)
    is_low = fields.BooleanField()
    low_reasons: Any = fields.JSONField(default=list)
    submitted_at = fields.DatetimeField()
    is_anonymous = fields.BooleanField(default=False)
    department_id = fields.UUIDField(null=True)
    practitioner_id = fields.UUIDField(null=True)
    kind = fields.TextField(default="outpatient")
    mode = fields.TextField(default="miniapp")
    answered_on = fields.DateField()
    complaint_id = fields.UUIDField(null=True)
    version = fields.IntField(default=1)

    class Meta:
        table = "response"


class SurveyLink(Row):
    """A way to a questionnaire without a sign-in: printed on a poster, shown on a tablet, or of one invitation."""

    token_hash = fields.BinaryField()
    kind = fields.TextField()
    questionnaire_id = fields.UUIDField()
    department_id = fields.UUIDField()
    room_id = fields.UUIDField(null=True)
    invitation_id = fields.UUIDField(null=True)
    note = fields.TextField(default="")
    made_by = fields.UUIDField(null=True)
    made_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    revoked_at = fields.DatetimeField(null=True)
    most_a_day = fields.IntField(default=200)

    class Meta:
        table = "survey_link"


class Ballot(Row):
    """An anonymous response that waits to be mixed with others. sealed: everything that was said."""

    questionnaire_id = fields.UUIDField()
    department_id = fields.UUIDField()
    mode = fields.TextField()
    sealed = fields.BinaryField()
    request_hash = fields.BinaryField(null=True)
    put_in_on = fields.DateField()

    class Meta:
        table = "ballot"


ONE_RESPONSE = "response_invitation_id_key"  # the constraint that stands behind «once»
ONCE_A_VISIT = "invitation_once_a_visit"


# $1 invitation, $2 encounter
FREEZE_PEOPLE = """
INSERT INTO invitation_person (invitation_id, role, practitioner_id, staff_id, name)
SELECT $1, role, practitioner_id, staff_id, name FROM people_of_encounter($2)
"""

# without a visit in our records it is the doctor who was named. $1 invitation
FREEZE_DOCTOR = """
INSERT INTO invitation_person (invitation_id, role, practitioner_id, name)
SELECT i.id, 'doctor', i.practitioner_id, i.practitioner_name
FROM invitation i WHERE i.id = $1 AND i.practitioner_id IS NOT NULL
"""


async def freeze_people(invitation: Invitation) -> None:
    """Keep whom the answers will be about, as it is now."""
    if invitation.encounter_id:
        await db.fetch(FREEZE_PEOPLE, invitation.id, invitation.encounter_id)
    else:
        await db.fetch(FREEZE_DOCTOR, invitation.id)


# $1 response; arrays of the same length: $2 items, $3 dimensions, $4 scales, $5 values, $6 whether it does not apply
WRITE_ANSWERS = """
INSERT INTO answer (response_id, item, dimension, scale, value, is_not_applicable)
SELECT $1, * FROM unnest($2::text[], $3::text[], $4::text[], $5::smallint[], $6::boolean[])
"""


async def write_answers(response_id: UUID, values: Sequence[Value]) -> None:
    """Write one row for each item that was offered and is counted."""
    await db.fetch(
        WRITE_ANSWERS,
        response_id,
        [one.item for one in values],
        [one.dimension for one in values],
        [one.scale for one in values],
        [one.value for one in values],
        [one.is_not_applicable for one in values],
    )


DUE = """
SELECT id FROM invitation WHERE {condition} ORDER BY {moment} LIMIT $1 FOR NO KEY UPDATE SKIP LOCKED
"""
TO_OPEN = DUE.format(condition="state = 'planned' AND opens_at <= app_now()", moment="opens_at")
TO_EXPIRE = DUE.format(condition="state = 'invited' AND deadline <= app_now()", moment="deadline")
TO_REMIND = DUE.format(
    condition="state = 'invited' AND reminded_at IS NULL AND remind_at <= app_now()", moment="remind_at"
)


async def take_due(sql: str, limit: int) -> list[Invitation]:
    """Take the invitations whose moment has come, for the open transaction; those that another one took are left out.

    sql: TO_OPEN, TO_EXPIRE or TO_REMIND.
    """
    ids = [row["id"] for row in await db.fetch(sql, limit)]
    return await Invitation.filter(id__in=ids).order_by("id") if ids else []


# $1 invitations
ASKABLE = """
SELECT i.id, i.department_id, d.speciality_code, p.birth_date,
    p.deleted_at IS NOT NULL OR patient_is_stopped(p.id) AS is_stopped,
    EXISTS (SELECT FROM complaint c WHERE c.patient_id = p.id AND c.closed_at IS NULL) AS has_open_complaint
FROM invitation i JOIN patient p ON p.id = i.patient_id JOIN department d ON d.id = i.department_id
WHERE i.id = ANY($1::uuid[])
"""


async def askable(invitation_ids: Sequence[UUID]) -> dict[UUID, Askable]:
    """Give what is known of the people of some invitations, by invitation."""
    rows = await db.fetch(ASKABLE, list(invitation_ids)) if invitation_ids else []
    return {
        row["id"]: Askable(
            row["department_id"],
            row["speciality_code"],
            row["birth_date"],
            row["is_stopped"],
            row["has_open_complaint"],
        )
        for row in rows
    }


# One pause over all questionnaires: of two that ask one person at one moment, the row lets one through.
# $1 patient, $2 days
TAKE_TURN = """
INSERT INTO survey_contact (patient_id, until) VALUES ($1, app_now() + make_interval(days => $2))
ON CONFLICT (patient_id) DO UPDATE SET until = excluded.until WHERE survey_contact.until <= app_now()
RETURNING patient_id
"""


async def take_turn(patient_id: UUID, pause_days: int) -> bool:
    """Tell whether this patient may be asked now; if so, nobody else asks them until the pause is over."""
    return await db.fetch_one(TAKE_TURN, patient_id, pause_days) is not None


@dataclass(frozen=True)
class Shown:
    """An invitation with its questionnaire. items: those that were offered to this person, the closing one last."""

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
    read = await questionnaires(invitation.questionnaire_id for invitation in invitations)
    return [
        Shown(invitation, row.title, offering.of(items, invitation.offered))
        for invitation in invitations
        for row, items in (read[invitation.questionnaire_id],)
    ]


async def questionnaires(ids: Iterable[UUID]) -> dict[UUID, tuple[Questionnaire, tuple[Item, ...]]]:
    """Give versions of questionnaires with their items, by id."""
    wanted = set(ids)
    rows = await Questionnaire.filter(id__in=wanted) if wanted else []
    return {row.id: (row, items_from_data(row.items)) for row in rows}
