"""What is asked of the waitlist."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from miniapp_api.waitlist.rules import HIGHEST_PRIORITY, MOST_PRACTITIONERS, MOST_SESSIONS, Criteria, Half
from server.web import Form, Paging, Whole

Day = Annotated[date, Field(ge=date(2000, 1, 1), lt=date(2100, 1, 1))]
Why = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
VisitType = Literal["ordinary", "expert", "special", "revisit"]


class WaitlistCriteriaForm(Form):
    """Any session of a department on some days, both included; an empty list asks for nothing."""

    department_id: UUID
    first_day: Day
    last_day: Day
    practitioner_ids: Annotated[tuple[UUID, ...], Field(max_length=MOST_PRACTITIONERS)] = ()
    halves: Annotated[tuple[Half, ...], Field(max_length=3)] = ()
    visit_types: Annotated[tuple[VisitType, ...], Field(max_length=4)] = ()

    def criteria(self) -> Criteria:
        """Give it as the rules take it."""
        return Criteria(**self.model_dump())


class WaitlistForm(Form):
    """For what and for whom: named sessions or criteria; with_patient_id: a second person, so that both get a place."""

    session_ids: Annotated[tuple[UUID, ...], Field(max_length=MOST_SESSIONS)] = ()
    criteria: WaitlistCriteriaForm | None = None
    patient_id: UUID
    with_patient_id: UUID | None = None

    @model_validator(mode="after")
    def one_of_both(self) -> "WaitlistForm":
        """Refuse both and none."""
        if bool(self.session_ids) == (self.criteria is not None):
            raise ValueError("either session_ids or criteria")
        return self

    def patient_ids(self) -> tuple[UUID, ...]:
        """Give the people."""
        return (self.patient_id,) if self.with_patient_id is None else (self.patient_id, self.with_patient_id)


class WaitlistWithdrawalForm(Form):
    """Why, if somebody wants to say."""

    reason: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] = ""


class WaitlistPriorityForm(Form):
    """Who comes first, and why: the reason is kept."""

    priority: Annotated[Whole, Field(ge=0, le=HIGHEST_PRIORITY)]
    reason: Why


class EntriesQuery(Paging):
    """A page of my entries."""


class LineQuery(Form):
    """Whose lines: of a department, of a session, or all that are mine. offered: only who has an offer now."""

    department: UUID | None = None
    session: UUID | None = None
    offered: bool = False
