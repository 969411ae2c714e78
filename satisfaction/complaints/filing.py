"""How a complaint comes in: filed by the patient, written down by staff, or opened by a low rating."""

from dataclasses import dataclass, replace
from uuid import UUID

from satisfaction.attachments import actions as attachments
from satisfaction.attachments.actions import Sender
from satisfaction.attachments.models import Line
from satisfaction.attachments.rules import without_words
from satisfaction.complaints import brief, escalating, handlers, models, rules, timeline
from satisfaction.complaints.keeping_time import happened
from satisfaction.complaints.models import Complaint, Visit
from satisfaction.complaints.rules import COMPLAINT, ComplaintState, Source
from satisfaction.texts.actions import vocabulary
from server import clock, db
from server.accounts import SignedInPatient, SignedInStaff
from server.errors import NotFound, wrong_field
from server.events import publish
from server.facts import ComplaintFiled
from server.history import By, born, move
from server.ids import new_id


@dataclass(frozen=True)
class LowRating:
    """A low rating, as its rules hand it over. is_harmful: somebody was or may be harmed.

    is_sealed: those who handle it must not learn who answered.
    """

    response_id: UUID
    visit: Visit
    text: str
    is_harmful: bool
    wants_contact: bool
    is_sealed: bool = False


@dataclass(frozen=True)
class Filing:
    """A complaint as somebody writes it down. At most one of appointment and encounter is named.

    is_sealed: those who handle it must not learn who it is from.
    """

    text: str
    source: Source
    heading: str = ""
    appointment_id: UUID | None = None
    encounter_id: UUID | None = None
    patient_id: UUID | None = None
    department_id: UUID | None = None
    patient_name: str = ""
    wants_contact: bool = False
    is_sealed: bool = False
    attachment_ids: tuple[UUID, ...] = ()


@dataclass(frozen=True)
class _Case:
    source: Source
    visit: Visit
    topic: str
    severity: str
    text: str
    wants_contact: bool
    response_id: UUID | None = None
    is_sealed: bool = False
    visit_id: UUID | None = None
    attachment_ids: tuple[UUID, ...] = ()
    sender: Sender | None = None


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
        is_sealed=low.is_sealed,
        visit_id=low.visit.encounter_id,
    )
    return (await _open(case, by)).id


async def file(filer: SignedInPatient | SignedInStaff, filing: Filing) -> UUID:
    """File a complaint, by the patient or by staff who were told of it; give its id.

    Raises: NotFound for a visit, patient or department that does not exist or is not the filer's; Malformed.
    """
    account_id = filer.id if isinstance(filer, SignedInPatient) else None
    async with db.transaction():
        topic, rest = rules.topic_of(filing.heading)
        words = filing.text or without_words(await attachments.check_bindable(filing.attachment_ids, filer))
        visit = await _visit(filing, account_id)
        case = _Case(
            source=filing.source,
            visit=visit,
            topic=topic,
            severity=rules.severity_of(filing.heading, filing.text, words=(await vocabulary()).harm),
            text=f"{rest}\n{words}" if rest else words,
            wants_contact=filing.wants_contact,
            is_sealed=filing.is_sealed,
            visit_id=visit.encounter_id or filing.appointment_id,  # who left unseen has no encounter
            attachment_ids=filing.attachment_ids,
            sender=filer,
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
        is_sealed=case.is_sealed,
        received_at=now,
        # set by its clocks below, in the same transaction
        acknowledge_due_at=now,
        response_due_at=now,
        answer_due_at=now,
    )
    await models.freeze_people(complaint.id, complaint.encounter_id)
    await born(COMPLAINT, complaint, ComplaintState.RECEIVED, by=by)
    entry_id = await timeline.write(complaint, "filed", case.text, by=by)
    await happened(complaint, "received", at=now, entry_id=entry_id)
    if case.sender is not None:
        await attachments.bind(case.attachment_ids, case.sender, Line(complaint.id, entry_id))
    await brief.ask(complaint.id, case.visit_id)
    await move(COMPLAINT, complaint, ComplaintState.TRIAGED, by=by, why=f"severity {case.severity}")
    handler = await handlers.choose(complaint)
    if handler:
        await handlers.take_on(complaint, handler.id, by=by)
    pooled = await escalating.raised(complaint)
    await publish(
        ComplaintFiled(
            complaint_id=complaint.id,
            number=complaint.number,
            source=complaint.source,
            severity=complaint.severity,
            topic=complaint.topic,
            account_id=complaint.account_id,
            patient_name="" if complaint.is_sealed else complaint.patient_name,
            department_name=await models.department_name(complaint.department_id),
            handler_id=complaint.handler_id,
            handler_name=handler.name if handler else "",
            cycle=complaint.cycle,
            wants_contact=complaint.wants_contact,
            received_at=complaint.received_at,
            acknowledge_due_at=complaint.acknowledge_due_at,
            response_due_at=complaint.response_due_at,
            barred_ids=await models.barred_ids(complaint.id),
            pooled_ids=pooled,
        )
    )
    return complaint
