"""Files at complaints, for those who may see the complaint: who gets them, what staff add, what is veiled."""

from dataclasses import dataclass
from uuid import UUID

from satisfaction.attachments import actions as attachments
from satisfaction.attachments.actions import Sender
from satisfaction.attachments.models import Attachment, Line
from satisfaction.attachments.rules import AttachmentState, without_words
from satisfaction.complaints import escalating, models, reads, rules, timeline
from satisfaction.complaints.actions import Step, tell_patient
from satisfaction.complaints.cases import locked
from satisfaction.complaints.handlers import HANDLERS, READERS, sight_of
from server import clock, db
from server.accounts import Role, SignedInPatient, SignedInStaff
from server.errors import NotFound

# The patient's own, and what lines of their complaints show them. $1 file, $2 account
OF_PATIENT = """
SELECT a.id FROM attachment a
LEFT JOIN complaint c ON c.id = a.complaint_id LEFT JOIN complaint_entry e ON e.id = a.entry_id
WHERE a.id = $1 AND (a.account_id = $2 OR (c.account_id = $2 AND e.visible_to_patient))
"""


@dataclass(frozen=True)
class Added:
    """What staff add. is_internal: for the house alone."""

    attachment_ids: tuple[UUID, ...]
    text: str
    is_internal: bool


async def attachment_of(who: Sender, attachment_id: UUID) -> Attachment:
    """Give a file to somebody who may see it.

    Raises: NotFound, also for what is not theirs.
    """
    if isinstance(who, SignedInPatient):
        return await _found(attachment_id, may_see=bool(await db.fetch(OF_PATIENT, attachment_id, who.id)))
    return await _in_sight(who, attachment_id, READERS)


async def _in_sight(staff: SignedInStaff, attachment_id: UUID, roles: tuple[Role, ...]) -> Attachment:
    found = await _found(attachment_id)
    if found.complaint_id is None:
        return await _found(attachment_id, may_see=found.staff_id == staff.id)
    case = await reads.in_sight(sight_of(staff, roles), found.complaint_id)
    return await _found(attachment_id, may_see=case is not None)


async def _found(attachment_id: UUID, *, may_see: bool = True) -> Attachment:
    found = await Attachment.filter(id=attachment_id).first() if may_see else None
    if found is None:
        raise NotFound()
    return found


async def add(step: Step, added: Added) -> None:
    """Add files of staff to an open complaint; the patient is told of what they may see. Files alone are no response.

    Raises: NotFound, ComplaintIsClosed, TooManyFiles.
    """
    async with db.transaction():
        if await reads.in_sight(sight_of(step.staff, HANDLERS), step.complaint_id) is None:
            raise NotFound()
        complaint = await locked(step.complaint_id, step.version)
        rules.check_open(complaint.state)
        kinds = await attachments.check_bindable(added.attachment_ids, step.staff)
        if not kinds:
            raise NotFound()
        kind = "note" if added.is_internal else "attachment"
        entry_id = await timeline.write(complaint, kind, added.text or without_words(kinds), by=step.staff.by)
        await attachments.bind(added.attachment_ids, step.staff, Line(complaint.id, entry_id))
        await models.change(complaint)
        await escalating.progressed(complaint, step.staff.by)
        if not added.is_internal:
            await tell_patient(complaint, entry_id, at=clock.now())


async def decide(staff: SignedInStaff, attachment_id: UUID, state: AttachmentState) -> Attachment:
    """Show or veil a file of a complaint that a handler may see.

    Raises: NotFound, IllegalMove.
    """
    found = await _in_sight(staff, attachment_id, HANDLERS)
    await attachments.decide(found, state, staff=staff)
    return await _found(attachment_id)
