"""隐私与同意: how people see and change what they allow, and how staff write down what was withdrawn by telephone."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, StringConstraints
from sanic import Blueprint, Request

from notifications.consents import purposes
from notifications.consents.purposes import Said
from notifications.consents.wording import CURRENT, WORDINGS, words_in
from notifications.rules import Purpose
from server.accounts import Role
from server.auth import patient_only, staff_only
from server.errors import NotFound
from server.privacy import mask_name
from server.web import Form, View, api, language_of, moment

bp = Blueprint("purposes", url_prefix="/api/v1")
callers = staff_only(Role.CUSTOMER_SERVICE, Role.SUPERVISOR)

Asked = Literal["clinical", "return_visit", "satisfaction", "education"]


class PurposeForm(Form):
    """What somebody says about one purpose for one of their files. wording: version of the words that were shown."""

    patient_id: UUID
    purpose: Asked
    is_allowed: bool
    wording: Annotated[int, Field(ge=1, le=CURRENT)] = CURRENT


class WithdrawalForm(Form):
    """What somebody withdrew on the telephone. note: who called, and how it was made sure that it was they."""

    purpose: Asked
    note: Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=200)]


class PurposeView(View):
    """One purpose in words, and what holds. said_at: null as long as nobody was asked; it is the default then.

    is_old_wording: what was said was said to words that have changed since.
    """

    purpose: str
    title: str
    text: str
    without: str
    is_allowed: bool
    said_at: str | None
    is_old_wording: bool


class PersonConsents(View):
    """One of the account's files and what holds for it."""

    patient_id: str
    name: str
    purposes: list[PurposeView]


class MyConsents(View):
    """All files of the account. wording: version of the words, to be sent back with what is said."""

    wording: int
    items: list[PersonConsents]


class ConsentSaidView(View):
    """One thing that was said. channel: miniapp, phone, or merge when two files turned out to be one person's."""

    purpose: str
    is_allowed: bool
    wording: int
    channel: str
    staff_name: str
    note: str
    at: str


class PatientConsents(View):
    """A patient as staff see them: the name masked, what holds, and what was said, the newest first."""

    patient_id: str
    name: str
    purposes: list[PurposeView]
    history: list[ConsentSaidView]


@bp.get("/me/consents")
@api(guard=patient_only, returns=MyConsents, tag="consents")
async def mine(request: Request) -> dict[str, Any]:
    """List what my people allow, in plain words."""
    return await _mine(request)


@bp.put("/me/consents")
@api(guard=patient_only, body=PurposeForm, returns=MyConsents, errors=(NotFound,), tag="consents")
async def change_mine(request: Request, body: PurposeForm) -> dict[str, Any]:
    """Allow a purpose or withdraw it, at once; saying the same again changes nothing."""
    said = Said(Purpose(body.purpose), body.is_allowed, account_id=request.ctx.account.id, wording=body.wording)
    await purposes.say(body.patient_id, said)
    return await _mine(request)


@bp.get("/desk/patients/<patient_id:uuid>/consents")
@api(guard=callers, returns=PatientConsents, errors=(NotFound,), tag="consents")
async def of_patient(request: Request, patient_id: UUID) -> dict[str, Any]:
    """Show what a patient allows and how that came about."""
    return await _of_patient(request, patient_id)


@bp.post("/desk/patients/<patient_id:uuid>/consents/withdrawal")
@api(guard=callers, body=WithdrawalForm, returns=PatientConsents, creates=True, errors=(NotFound,), tag="consents")
async def withdraw(request: Request, patient_id: UUID, body: WithdrawalForm) -> dict[str, Any]:
    """Write down what a patient withdrew on the telephone. A yes is given by the patient alone, on the phone page."""
    said = Said(Purpose(body.purpose), False, staff_id=request.ctx.staff.id, note=body.note)
    await purposes.say(patient_id, said)
    return await _of_patient(request, patient_id)


async def _mine(request: Request) -> dict[str, Any]:
    language = language_of(request)
    found = await purposes.standings(account_id=request.ctx.account.id)
    items = [
        {"patient_id": str(file["patient_id"]), "name": file["name"], "purposes": _shown(file["purposes"], language)}
        for file in found
    ]
    return {"wording": CURRENT, "items": items}


async def _of_patient(request: Request, patient_id: UUID) -> dict[str, Any]:
    found = await purposes.standing_of(patient_id)
    return {
        "patient_id": str(patient_id),
        "name": mask_name(found["name"]),
        "purposes": _shown(found["purposes"], language_of(request)),
        "history": [
            {**row, "staff_name": row["staff_name"] or "", "at": moment(row["at"])} for row in found["history"]
        ],
    }


def _shown(rows: list[dict[str, Any]], language: str) -> list[dict[str, Any]]:
    return [
        {
            "purpose": row["purpose"],
            "title": words_in(words.title, language),
            "text": words_in(words.text, language),
            "without": words_in(words.without, language),
            "is_allowed": row["is_allowed"],
            "said_at": moment(row["said_at"]),
            "is_old_wording": row["wording"] is not None and row["wording"] < CURRENT,
        }
        for row in rows
        for words in (WORDINGS[CURRENT][Purpose(row["purpose"])],)
    ]
