"""When what a person wrote has reached the patient: only then it is a response, a question, an answer to wait upon."""

from datetime import datetime
from uuid import UUID

from satisfaction.complaints import keeping_time
from satisfaction.complaints.clock_rows import cycle_at
from satisfaction.complaints.models import Complaint, ComplaintEntry
from server import db
from server.facts import MessageReached

SUBJECT = "complaint"
_MEANS = {"reply": "", "question": "question_reached", "answer": "answer_reached"}  # besides a response


async def message_reached(fact: MessageReached) -> None:
    """Set the clocks by a message that arrived. What the house sends by itself is no response."""
    entry_id = _entry_of(fact)
    if entry_id is None:
        return
    complaint = await db.lock(Complaint, fact.subject_id)
    entry = await ComplaintEntry.filter(id=entry_id, complaint_id=complaint.id).first()
    if entry is None or entry.kind not in _MEANS or entry.author_kind != "staff":
        return
    await reached(complaint, entry, at=fact.at)


def _entry_of(fact: MessageReached) -> UUID | None:
    """Give the line that a message is about: the last part of its key, where that is one."""
    if fact.subject_kind != SUBJECT:
        return None
    try:
        return UUID(fact.key.rpartition(":")[2])
    except ValueError:  # a message of the house, like «received»
        return None


async def reached(complaint: Complaint, entry: ComplaintEntry, *, at: datetime) -> None:
    """Write down that a line has reached the patient, in the round in which it was written."""
    cycle = await cycle_at(complaint.id, entry.at)
    for kind in ("outbound", "responded"):
        await keeping_time.noted(complaint, kind, at=at, entry_id=entry.id, cycle=cycle)
    if kind := _MEANS[entry.kind]:
        asked_at = entry.at.isoformat()
        await keeping_time.noted(complaint, kind, at=at, entry_id=entry.id, cycle=cycle, asked_at=asked_at)
    await keeping_time.keep(complaint, is_an_act=False)
