"""How a complaint comes in: filed by the patient, written down by staff, or opened by a low rating."""

from dataclasses import dataclass, replace
from uuid import UUID

from satisfaction.complaints import handlers, models, rules, timeline
from satisfaction.complaints.models import Complaint, Visit
from satisfaction.complaints.rules import COMPLAINT, ComplaintState, Source
from server import clock, db
from server.accounts import SignedInPatient, SignedInStaff
from server.errors import NotFound, wrong_field
from server.events import publish
from server.facts import ComplaintFiled
from server.history import By, born, move
from server.ids import new_id


@dataclass(frozen=True)
class LowRating:
    """A low rating, as the survey hands it over. is_harmful: the patient's words say that harm was done."""

    response_id: UUID
    visit: Visit
    text: str
    is_harmful: bool
    wants_contact: bool


@dataclass(frozen=True)
class Filing:
    """A complaint as somebody writes it down. At most one of appointment and encounter is named."""

    text: str
    source: Source
    heading: str = ""
    appointment_id: UUID | None = None
    encounter_id: UUID | None = None
    patient_id: UUID | None = None
    department_id: UUID | None = None
    patient_name: str = ""
    wants_contact: bool = False


@dataclass(frozen=True)
class _Case:
    source: Source
    visit: Visit
    topic: str
    severity: str
    text: str
    wants_contact: bool
    response_id: UUID | None = None


async def open_from_low_rating(low: LowRating, *, by: By) -> UUID:
    """Open the complaint of a low rating, in the transaction of the response; give its id.

    The table allows one complaint a response, so a second one fails with the whole transaction.
    """
    case = _Case(
        source=Source.LOW_RATING,
        visit=low.visit,
        topic=rules.LOW_RATING_TOPIC,
        severity="A" if low.is_harmful else rules.severity_of(low.text),
        text=low.text,
        wants_contact=low.wants_contact,
        response_id=low.response_id,
    )
    return (await _open(case, by)).id


async def file(filer: SignedInPatient | SignedInStaff, filing: Filing) -> UUID:
    """File a complaint, by the patient or by staff who were told of it; give its id.

    Raises: NotFound for a visit, patient or department that does not exist or is not the filer's; Malformed.
    """
    account_id = filer.id if isinstance(filer, SignedInPatient) else None
    async with db.transaction():
        topic, rest = rules.topic_of(filing.heading)
        case = _Case(
            source=filing.source,
            visit=await _visit(filing, account_id),
            topic=topic,
            severity=rules.severity_of(filing.heading, filing.text),
            text=f"{rest}\n{filing.text}" if rest else filing.text,
            wants_contact=filing.wants_contact,
        )
        return (await _open(case, filer.by)).id


async def _visit(filing: Filing, account_id: UUID | None) -> Visit:
    visit: Visit | None
    if filing.encounter_id:
        visit = await models.visit_of(models.OF_ENCOUNTER, filing.encounter_id, account_id)
    elif filing.appointment_id:
        visit = await models.visit_of(models.OF_APPOINTMENT, filing.appointment_id, account_id)
    elif filing.patient_id:
        visit = await models.visit_of(models.OF_PATIENT, filing.patient_id, account_id)
    elif account_id:
        visit = await models.oneself(account_id)
    else:
        visit = Visit(patient_name=filing.patient_name)
    if visit is None:
        raise NotFound()
    if filing.patient_id and visit.patient_id != filing.patient_id:
        raise wrong_field("/patient_id", "other_patient", "the visit was another patient's")
    if filing.department_id and not await models.department_name(filing.department_id):
        raise NotFound()
    return replace(
        visit,
        account_id=account_id or visit.account_id,
        department_id=visit.department_id or filing.department_id,
    )


async def _open(case: _Case, by: By) -> Complaint:
    now = clock.now()
    visit = case.visit
    complaint = await Complaint.create(
        id=new_id(),
        number=rules.number_of(await models.next_number(), clock.local(now)),
        source=str(case.source),
        state=ComplaintState.RECEIVED,
        severity=case.severity,
        account_id=visit.account_id,
        patient_id=visit.patient_id,
        patient_name=visit.patient_name,
        encounter_id=visit.encounter_id,
        department_id=visit.department_id,
        practitioner_id=visit.practitioner_id,
        response_id=case.response_id,
        topic=case.topic,
        wants_contact=case.wants_contact,
        received_at=now,
        **rules.due(await handlers.promises(), now),
    )
    await born(COMPLAINT, complaint, ComplaintState.RECEIVED, by=by)
    await timeline.write(complaint, "filed", case.text, by=by)
    await move(COMPLAINT, complaint, ComplaintState.TRIAGED, by=by, why=f"severity {case.severity}")
    handler = await handlers.choose(complaint)
    if handler:
        await handlers.take_on(complaint, handler.id, by=by)
    await publish(
        ComplaintFiled(
            complaint_id=complaint.id,
            number=complaint.number,
            source=complaint.source,
            severity=complaint.severity,
            topic=complaint.topic,
            account_id=complaint.account_id,
            patient_name=complaint.patient_name,
            department_name=await models.department_name(complaint.department_id),
            handler_id=complaint.handler_id,
            handler_name=handler.name if handler else "",
            cycle=complaint.cycle,
            wants_contact=complaint.wants_contact,
            received_at=complaint.received_at,
            acknowledge_due_at=complaint.acknowledge_due_at,
            response_due_at=complaint.response_due_at,
            barred_ids=await models.barred_ids(complaint.practitioner_id),
        )
    )
    return complaint
