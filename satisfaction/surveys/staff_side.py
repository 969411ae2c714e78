"""What staff do: have patients asked after a stay, ask them by phone or at the bed, write down what they say."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from tortoise.exceptions import IntegrityError

from satisfaction.complaints.models import open_phone, write_access
from satisfaction.errors import AlreadyAnswered, ConcernedByAnswers, NoPhone, PatientNotAsked
from satisfaction.surveys import actions, asking, models, settings, versions
from satisfaction.surveys.answering import Filled
from satisfaction.surveys.inviting import Skip, decide
from satisfaction.surveys.keeping import Receipt
from satisfaction.surveys.kinds.items import SurveyKind
from satisfaction.surveys.models import Invitation, Shown
from satisfaction.surveys.rules import InvitationState
from server import clock, db
from server.accounts import Role, SignedInStaff
from server.errors import Forbidden, NotFound

ASKERS = (Role.CUSTOMER_SERVICE, Role.GUIDE, Role.ROOM, Role.SUPERVISOR)


@dataclass(frozen=True)
class Asking:
    """Whom a member of staff has asked, or asks now. kind: discharge, phone or interview."""

    kind: SurveyKind
    patient_id: UUID
    department_id: UUID
    happened_at: datetime
    practitioner_id: UUID | None = None
    encounter_id: UUID | None = None


# $1 patient, $2 department, $3 practitioner, $4 encounter
FACTS = """
SELECT p.name AS patient_name, p.account_id, d.name AS department_name, d.speciality_code, p.birth_date,
    coalesce(pr.name, '') AS practitioner_name,
    ($3::uuid IS NULL OR pr.id IS NOT NULL)
        AND ($4::uuid IS NULL OR EXISTS (SELECT FROM encounter e WHERE e.id = $4 AND e.patient_id = p.id)) AS is_so
FROM patient p JOIN department d ON d.id = $2 LEFT JOIN practitioner pr ON pr.id = $3
WHERE p.id = $1 AND p.deleted_at IS NULL
"""


async def ask(staff: SignedInStaff, wish: Asking) -> Invitation:
    """Plan to ask a patient after a stay, or begin to ask them now.

    Raises: NotFound, Forbidden, PatientNotAsked when there is a reason to leave them in peace, AlreadyAnswered when
    this visit is asked about already.
    """
    if not staff.may(*ASKERS, department_id=wish.department_id):
        raise Forbidden()
    try:
        async with db.transaction():
            return await _ask(staff, wish)
    except IntegrityError as error:
        if db.violated(error) == models.ONCE_A_VISIT:
            raise AlreadyAnswered() from None
        raise


async def _ask(staff: SignedInStaff, wish: Asking) -> Invitation:
    row = await db.fetch_one(FACTS, wish.patient_id, wish.department_id, wish.practitioner_id, wish.encounter_id)
    if row is None or not row["is_so"]:
        raise NotFound()
    questionnaire = await versions.active(wish.kind)
    if questionnaire is None:
        raise PatientNotAsked()
    setting = await settings.in_force()
    is_later = wish.kind == SurveyKind.DISCHARGE
    begins_at = wish.happened_at if is_later else clock.now()
    opens_at, deadline = setting.opening(wish.kind, begins_at, 0)
    values: dict[str, Any] = {
        "encounter_id": wish.encounter_id,
        "account_id": row["account_id"] if is_later else None,
        "patient_id": wish.patient_id,
        "patient_name": row["patient_name"],
        "department_id": wish.department_id,
        "department_name": row["department_name"],
        "practitioner_id": wish.practitioner_id,
        "practitioner_name": row["practitioner_name"],
        "visited_at": wish.happened_at,
        "asked_by": staff.id,
        "opens_at": opens_at,
        "deadline": deadline,
        "mode": _mode(wish.kind, row["account_id"]),
        "state": InvitationState.PLANNED if is_later else InvitationState.INVITED,
    }
    invitation = await asking.plan(questionnaire, **values)
    if not is_later:  # in the transaction: who may not be asked now leaves no trace
        person = (await models.askable([invitation.id]))[invitation.id]
        may_not = isinstance(decide(person, setting, clock.now(), clock.today()), Skip)
        if may_not or not await models.take_turn(wish.patient_id, setting.pause_days):
            raise PatientNotAsked()
    return invitation


def _mode(kind: SurveyKind, account_id: UUID | None) -> str:
    if kind == SurveyKind.INTERVIEW:
        return "interview"
    return "miniapp" if kind == SurveyKind.DISCHARGE and account_id else "phone"


@dataclass(frozen=True)
class SurveyCalls:
    """What is looked for in the list of those whom staff ask."""

    kind: SurveyKind | None = None
    state: InvitationState | None = None
    after: UUID | None = None
    limit: int = 20


async def asked(staff: SignedInStaff, wanted: SurveyCalls) -> list[Invitation]:
    """List the invitations that staff answer for patients, of one's departments, the newest first; one too many."""
    found = Invitation.filter(asked_by__isnull=False, mode__in=("phone", "interview"))
    departments = staff.departments_of(*ASKERS)
    if departments is not None:
        found = found.filter(department_id__in=departments)
    if wanted.kind:
        found = found.filter(kind=wanted.kind.value)
    if wanted.state:
        found = found.filter(state=wanted.state)
    if wanted.after:
        found = found.filter(id__lt=wanted.after)
    return await found.order_by("-id").limit(wanted.limit + 1)


async def one(staff: SignedInStaff, invitation_id: UUID) -> Shown:
    """Give one of them with its items.

    Raises: NotFound.
    """
    invitation = await Invitation.filter(
        id=invitation_id, asked_by__isnull=False, mode__in=("phone", "interview")
    ).first()
    if invitation is None or not staff.may(*ASKERS, department_id=invitation.department_id):
        raise NotFound()
    return (await models.shown([invitation]))[0]


async def write_down(
    staff: SignedInStaff, invitation_id: UUID, filled: Filled, *, request_key: UUID | None = None
) -> Receipt:
    """Write down what a patient answered to a member of staff, who must not be the one it is about.

    Raises: NotFound, ConcernedByAnswers, AlreadyAnswered, SurveyClosed, SomeoneWasFaster, Malformed.
    """
    shown = await one(staff, invitation_id)
    concerned = await db.fetch_one(
        "SELECT 1 FROM invitation_person WHERE invitation_id = $1 AND (staff_id = $2 OR practitioner_id = $3)",
        invitation_id,
        staff.id,
        staff.practitioner_id,
    )
    if concerned:
        raise ConcernedByAnswers()
    return await actions.take(shown, filled, by=staff.by, request_key=request_key)


async def phone_of(staff: SignedInStaff, invitation_id: UUID) -> str:
    """Give the whole number to call, and write down who saw it.

    Raises: NotFound, NoPhone.
    """
    shown = await one(staff, invitation_id)
    async with db.transaction():
        phone = await open_phone(shown.invitation.patient_id)
        if phone is None:
            raise NoPhone()
        await write_access(staff.id, shown.invitation.patient_id, what="phone", why="满意度电话调查")
    return phone
