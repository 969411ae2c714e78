"""What complaints take over HTTP."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from satisfaction.attachments.rules import MOST_PER_LINE
from satisfaction.complaints.rules import OBJECTION, ComplaintState
from server.web import Form, Paging, ShortText, Text

MOST_FILES = sum(MOST_PER_LINE.values())

Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
FileIds = Annotated[tuple[UUID, ...], Field(max_length=MOST_FILES)]
Heading = Annotated[str, StringConstraints(strip_whitespace=True, max_length=50)]


class FileForm(Form):
    """A complaint. Staff name its source; patients do not. is_sealed: who handles it must not learn whom it is from."""

    text: Text = ""
    attachment_ids: FileIds = ()
    topic: Heading = ""
    appointment_id: UUID | None = None
    encounter_id: UUID | None = None
    patient_id: UUID | None = None
    wants_contact: bool = False
    is_sealed: bool = False
    source: Literal["phone", "desk", "call_back", "letter"] | None = None
    department_id: UUID | None = None
    patient_name: Annotated[str, StringConstraints(strip_whitespace=True, max_length=50)] = ""

    @model_validator(mode="after")
    def _one_visit(self) -> "FileForm":
        if self.appointment_id and self.encounter_id:
            raise ValueError("name the appointment or the encounter, not both")
        return self


class TextForm(Form):
    """A text."""

    text: Words


class ReplyForm(Form):
    """A text for the patient; with a question, the patient's answer is waited for."""

    text: Words
    waits_for_patient: bool = False


class AnswerForm(Form):
    """The answer: nothing of it may be empty."""

    finding: Words
    action: Words
    responsible: ShortText
    objection: Words = OBJECTION


class AssignmentForm(Form):
    """A hand-over."""

    handler_id: UUID
    reason: Reason


class ReasonForm(Form):
    """A reason."""

    reason: Reason


class ClosureForm(Form):
    """An end without the patient's consent; the patient reads the reason."""

    state: Literal["closed_no_reply", "closed_disagreed", "withdrawn"]
    reason: Reason


class MergeForm(Form):
    """Where the complaint goes on."""

    into_id: UUID
    reason: Reason


class ComplaintQuery(Paging):
    """What the list is narrowed by. order `urgent`, for staff: only open ones, those first that need somebody first."""

    state: Literal["", "open", "closed"] | ComplaintState = ""
    q: Annotated[str, StringConstraints(strip_whitespace=True, max_length=50)] = ""
    mine: bool = False
    order: Literal["newest", "urgent"] = "newest"


class CandidateQuery(Form):
    """Who may handle it instead of the present handler, or who may follow it."""

    purpose: Literal["handling", "watching"] = "handling"
