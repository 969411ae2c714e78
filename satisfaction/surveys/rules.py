"""Where invitations and questionnaires stand, and until when a survey may be answered or changed. Pure."""

from datetime import datetime
from enum import StrEnum

from satisfaction.errors import AlreadyAnswered, SurveyClosed
from server.states import Machine


class InvitationState(StrEnum):
    """Where an invitation stands."""

    PLANNED = "planned"  # the visit took place, the time to ask has not come; nobody sees it
    INVITED = "invited"  # may be answered
    ANSWERED = "answered"  # has its one response
    EXPIRED = "expired"  # the deadline passed without one
    SKIPPED = "skipped"  # when the time came there was a reason not to ask


INVITATION = Machine(
    "invitation",
    starts=frozenset({InvitationState.PLANNED, InvitationState.INVITED}),
    moves={
        InvitationState.PLANNED: frozenset({InvitationState.INVITED, InvitationState.EXPIRED, InvitationState.SKIPPED}),
        InvitationState.INVITED: frozenset({InvitationState.ANSWERED, InvitationState.EXPIRED}),
    },
)


class QuestionnaireState(StrEnum):
    """Where a version of a questionnaire stands."""

    DRAFT = "draft"  # may be changed
    ACTIVE = "active"  # is asked; the one of its kind
    RETIRED = "retired"  # is not asked any more; what was answered to it stays readable


QUESTIONNAIRE = Machine(
    "questionnaire",
    starts=frozenset({QuestionnaireState.DRAFT, QuestionnaireState.ACTIVE}),
    moves={
        QuestionnaireState.DRAFT: frozenset({QuestionnaireState.ACTIVE, QuestionnaireState.RETIRED}),
        QuestionnaireState.ACTIVE: frozenset({QuestionnaireState.RETIRED}),
    },
)


def check_answerable(state: str, deadline: datetime, now: datetime) -> None:
    """Refuse a response to a survey that has one or is closed.

    Raises: AlreadyAnswered, SurveyClosed.
    """
    if state == InvitationState.ANSWERED:
        raise AlreadyAnswered()
    if state != InvitationState.INVITED or now >= deadline:
        raise SurveyClosed()


def check_editable(state: str, editable_until: datetime | None, now: datetime) -> None:
    """Refuse to change a response that does not exist, or whose time to be changed is over.

    Raises: SurveyClosed.
    """
    if not may_be_edited(state, editable_until, now):
        raise SurveyClosed()


def may_be_edited(state: str, editable_until: datetime | None, now: datetime) -> bool:
    """Tell whether a response may still be changed."""
    return state == InvitationState.ANSWERED and editable_until is not None and now < editable_until
