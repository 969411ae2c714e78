"""How a phone speaks about the people of an account."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, StringConstraints
from sanic import Blueprint, Request

from miniapp_api.errors import BookingsClash, PatientExists, PatientHasBookings, TooManyPatients
from miniapp_api.patients import actions
from miniapp_api.patients.models import Patient
from miniapp_api.patients.rules import Gender, PatientDraft, Relation
from server.auth import patient_only
from server.errors import SomeoneWasFaster, Stale
from server.privacy import mask_email, mask_phone
from server.web import Form, Paging, View, api, check_version, listing

bp = Blueprint("patients", url_prefix="/api/v1")

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=50)]
Number = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20)]
Email = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=254)]


class PatientForm(Form):
    """A person to be added."""

    name: Name
    phone: Number
    email: Email | None = None
    id_number: Number | None = None
    birth_date: date | None = None
    gender: Gender | None = None
    relation: Relation


class PatientChange(Form):
    """What is to be changed; what is absent stays, null removes."""

    name: Name | None = None
    phone: Number | None = None
    email: Email | None = None
    id_number: Number | None = None
    birth_date: date | None = None
    gender: Gender | None = None
    relation: Relation | None = None


class PatientView(View):
    """A person; numbers are masked."""

    id: str
    name: str
    phone_masked: str
    email_masked: str
    id_number_masked: str
    birth_date: date | None
    gender: Gender | None
    relation: Relation
    file_number: str
    version: int


class PatientList(View):
    """A page of people."""

    items: list[PatientView]
    next: str | None


def show(patient: Patient) -> dict[str, Any]:
    """Show a person to the owner of the account."""
    view: BaseModel = PatientView(
        id=str(patient.id),
        name=patient.name,
        phone_masked=mask_phone(patient.phone_tail),
        email_masked=mask_email(actions.email_of(patient)),
        id_number_masked="*" * 14 + patient.id_number_tail if patient.id_number_tail else "",
        birth_date=patient.birth_date,
        gender=patient.gender,
        relation=patient.relation,
        file_number=patient.file_number,
        version=patient.version,
    )
    return view.model_dump(mode="json")


@bp.get("/patients")
@api(guard=patient_only, query=Paging, returns=PatientList, tag="patients")
async def patients(request: Request, query: Paging) -> dict[str, Any]:
    """List whom I may book for."""
    rows = await actions.patients_of(request.ctx.account, query.after(), query.limit)
    return listing(rows, query.limit, show)


@bp.post("/patients")
@api(
    guard=patient_only,
    body=PatientForm,
    returns=PatientView,
    status=201,
    creates=True,
    errors=(PatientExists, TooManyPatients),
    tag="patients",
)
async def add_patient(request: Request, body: PatientForm) -> dict[str, Any]:
    """Add a person whom I may book for."""
    return show(await actions.add(request.ctx.account, PatientDraft(**body.model_dump())))


@bp.patch("/patients/<patient_id:uuid>")
@api(
    guard=patient_only,
    body=PatientChange,
    returns=PatientView,
    errors=(PatientExists, BookingsClash, SomeoneWasFaster, Stale),
    tag="patients",
)
async def change_patient(request: Request, patient_id: UUID, body: PatientChange) -> dict[str, Any]:
    """Change what is known about a person."""
    patient = await actions.patient_of(request.ctx.account, patient_id)
    check_version(request, patient, lambda: show(patient))
    return show(await actions.change(patient, body.model_dump(exclude_unset=True)))


@bp.delete("/patients/<patient_id:uuid>")
@api(guard=patient_only, status=204, errors=(PatientHasBookings, Stale), tag="patients")
async def remove_patient(request: Request, patient_id: UUID) -> None:
    """Take a person off my account."""
    patient = await actions.patient_of(request.ctx.account, patient_id)
    check_version(request, patient, lambda: show(patient))
    await actions.remove(patient)
