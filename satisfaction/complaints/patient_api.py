"""The patient's side over HTTP: the verdict, words and files, taking back and opening again."""

from uuid import UUID

from pydantic import model_validator
from sanic import Blueprint, Request

from satisfaction.complaints import actions, patient_side
from satisfaction.complaints.forms import FileIds, ReasonForm
from satisfaction.complaints.handlers import HANDLERS
from satisfaction.complaints.patient_side import Message, Own, Verdict
from satisfaction.complaints.serving import (
    PatientsAndStaff,
    need_words_or_files,
    sealed,
    shown_after,
    shown_to_patient,
    step_of,
    version_seen,
)
from satisfaction.complaints.views import ComplaintView, PatientComplaintView, StaffComplaintDetail
from satisfaction.errors import ComplaintIsClosed, TooLateToReopen, TooManyFiles
from server.auth import patient_only
from server.errors import IllegalMove, SomeoneWasFaster, Stale
from server.web import Form, Text, api

bp = Blueprint("complaints_of_patients", url_prefix="/api/v1")

_CHANGED = (SomeoneWasFaster, Stale)


class ConfirmationForm(Form):
    """The patient's verdict on the answer. satisfied null: neither yet, somebody shall call first.

    unfair: of an answer that does not satisfy; whoever handled the complaint so far shall not go on with it.
    """

    satisfied: bool | None
    call_me: bool = False
    unfair: bool = False
    text: Text = ""

    @model_validator(mode="after")
    def _says_something(self) -> "ConfirmationForm":
        if self.satisfied is None and not self.call_me:
            raise ValueError("say whether you are satisfied, or ask for a call")
        if self.unfair and self.satisfied is not False:
            raise ValueError("another handler goes with an answer that does not satisfy")
        return self


class MessageForm(Form):
    """What the patient writes or sends: words, pictures, recordings, at least one of them."""

    text: Text = ""
    attachment_ids: FileIds = ()


@bp.post("/complaints/<complaint_id:uuid>/confirmation")
@api(
    guard=patient_only,
    body=ConfirmationForm,
    returns=PatientComplaintView,
    creates="itself",
    errors=(IllegalMove, *_CHANGED),
    tag="complaints",
)
@sealed()
async def confirmation(request: Request, complaint_id: UUID, body: ConfirmationForm) -> PatientComplaintView:
    """Say whether the answer settles the matter; if not, another round begins one level higher."""
    verdict = Verdict(body.satisfied, body.call_me, body.unfair, body.text)
    await patient_side.confirm(await _own(request, complaint_id), verdict)
    return await shown_to_patient(request, complaint_id)


@bp.post("/complaints/<complaint_id:uuid>/messages")
@api(
    guard=patient_only,
    body=MessageForm,
    returns=PatientComplaintView,
    status=201,
    creates="itself",
    errors=(ComplaintIsClosed, TooManyFiles, *_CHANGED),
    tag="complaints",
)
@sealed(201)
async def messages(request: Request, complaint_id: UUID, body: MessageForm) -> PatientComplaintView:
    """Write or send something more about an open complaint."""
    need_words_or_files(body.text, body.attachment_ids)
    await patient_side.add_message(await _own(request, complaint_id), Message(body.text, body.attachment_ids))
    return await shown_to_patient(request, complaint_id)


@bp.post("/complaints/<complaint_id:uuid>/withdrawal")
@api(
    guard=patient_only,
    body=ReasonForm,
    returns=PatientComplaintView,
    creates="itself",
    errors=(ComplaintIsClosed, *_CHANGED),
    tag="complaints",
)
@sealed()
async def withdrawal(request: Request, complaint_id: UUID, body: ReasonForm) -> PatientComplaintView:
    """Take a complaint back, in the patient's own words."""
    await patient_side.withdraw(await _own(request, complaint_id), body.reason)
    return await shown_to_patient(request, complaint_id)


@bp.post("/complaints/<complaint_id:uuid>/reopening")
@api(
    guard=PatientsAndStaff(*HANDLERS),
    body=ReasonForm,
    returns=ComplaintView,
    creates="itself",
    errors=(IllegalMove, TooLateToReopen, *_CHANGED),
    tag="complaints",
)
@sealed()
async def reopening(
    request: Request, complaint_id: UUID, body: ReasonForm
) -> PatientComplaintView | StaffComplaintDetail:
    """Begin another round: staff after an answer or a closure, a patient after a closure that was not theirs."""
    if request.ctx.account:
        await patient_side.reopen(await _own(request, complaint_id), body.reason)
        return await shown_to_patient(request, complaint_id)
    await actions.reopen(await step_of(request, complaint_id), reason=body.reason)
    return await shown_after(request, complaint_id)


async def _own(request: Request, complaint_id: UUID) -> Own:
    version = await version_seen(request, lambda: shown_to_patient(request, complaint_id))
    return Own(request.ctx.account, complaint_id, version)
