"""What staff and phones send about stopped sessions."""

from datetime import date
from typing import Annotated, Self
from uuid import UUID

from pydantic import AwareDatetime, Field, StringConstraints, model_validator

from miniapp_api.stops.answering import Choice
from miniapp_api.stops.looking import Asked, Target
from miniapp_api.stops.rules import MOST_SESSIONS, CallResult, Contact, Kind, Outcome, Policy, RefundState
from server.web import Form, Paging

Day = Annotated[date, Field(ge=date(2000, 1, 1), lt=date(2100, 1, 1))]
Why = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Note = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]


class StoppableQuery(Form):
    """Which sessions: one by its id, or of a department, a practitioner or both, on some days; at most 200."""

    session: UUID | None = None
    department: UUID | None = None
    practitioner: UUID | None = None
    first: Annotated[Day | None, Field(alias="from")] = None
    last: Annotated[Day | None, Field(alias="to")] = None


class RoomsOfQuery(Form):
    """Whose rooms."""

    department: UUID


class StopPartForm(Form):
    """A session, and which of its bands; all of it when none is named."""

    session_id: UUID
    slot_ids: Annotated[list[UUID], Field(min_length=1, max_length=200)] | None = None


class StopTargetForm(Form):
    """Where a session takes place instead; what is absent stays."""

    starts_at: AwareDatetime | None = None
    practitioner_id: UUID | None = None
    room_id: UUID | None = None


class StopPreviewForm(Form):
    """What to do with which sessions. to: for `move` and `room`, which take one whole session."""

    kind: Kind = Kind.STOP
    sessions: Annotated[list[StopPartForm], Field(min_length=1, max_length=MOST_SESSIONS)]
    policy: Policy = Policy.MOVE
    to: StopTargetForm | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if (self.kind is Kind.STOP) != (self.to is None):
            raise ValueError("`to` belongs to move and room")
        if len({part.session_id for part in self.sessions}) != len(self.sessions):
            raise ValueError("a session is named twice")
        return self

    def asked(self, reason: str) -> Asked:
        """Give it as the actions take it."""
        return Asked(
            kind=self.kind,
            parts={one.session_id: tuple(one.slot_ids) if one.slot_ids else None for one in self.sessions},
            policy=self.policy,
            reason=reason,
            target=Target(**dict(self.to)) if self.to else Target(),
        )


class StopForm(StopPreviewForm):
    """The same, with the reason that the patients read and the digest of the preview."""

    reason: Why
    digest: Annotated[str, StringConstraints(pattern="^[0-9a-f]{32}$")]


class SimpleStopForm(Form):
    """Why; the patients read it. policy: what is tried for each who is booked."""

    reason: Why
    policy: Policy = Policy.RELEASE


class ReopenSessionForm(Form):
    """Why it takes place after all."""

    reason: Why


class StopsQuery(Paging):
    """Which acts."""

    department: UUID | None = None


class StoppedVisitsQuery(Paging):
    """Which of the people of an act."""

    outcome: Outcome | None = None
    contact: Contact | None = None


class StopCallsQuery(Paging):
    """Whom to call. later: also who is to be called again later."""

    department: UUID | None = None
    later: bool = False


class StopCallForm(Form):
    """What came of a call. alternative_id: the held place that was chosen."""

    result: CallResult
    alternative_id: UUID | None = None
    note: Note = ""

    @model_validator(mode="after")
    def _names_the_place(self) -> Self:
        if (self.result is CallResult.CHOSE) != (self.alternative_id is not None):
            raise ValueError("alternative_id belongs to chose")
        return self


class RefundsQuery(Paging):
    """Which fees; all when no state is named."""

    state: RefundState | None = None


class RefundForm(Form):
    """The number of the refund, or why there is none."""

    receipt: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]


class MyStoppedVisitsQuery(Paging):
    """Mine. appointment: only what concerns this one, before or after."""

    appointment: UUID | None = None


class VisitAnswerForm(Form):
    """What I want. alternative_id: the held place, for `choose`."""

    choice: Choice
    alternative_id: UUID | None = None

    @model_validator(mode="after")
    def _names_the_place(self) -> Self:
        if (self.choice is Choice.CHOOSE) != (self.alternative_id is not None):
            raise ValueError("alternative_id belongs to choose")
        return self
