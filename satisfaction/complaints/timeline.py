"""The time line of a complaint: lines are added, never changed."""

from typing import Any
from uuid import UUID

from satisfaction.complaints.models import Complaint, ComplaintEntry
from server import clock, privacy
from server.history import By
from server.ids import new_id

HIDDEN = frozenset({"note", "assignment", "escalation", "breach"})  # what the house does among itself


async def write(complaint: Complaint, kind: str, text: str, *, by: By) -> UUID:
    """Add a line with a sealed text, in the open transaction; give its id. The kind decides who sees it."""
    entry_id = new_id()
    await ComplaintEntry.create(
        id=entry_id,
        complaint_id=complaint.id,
        kind=kind,
        author_kind=by.kind,
        author_id=by.id,
        author_name=by.name,
        visible_to_patient=kind not in HIDDEN,
        text_cipher=privacy.seal(text, place="complaint_entry.text_cipher", row_id=entry_id),
        at=clock.now(),
    )
    return entry_id


async def lines(complaint_id: UUID, *, for_patient: bool) -> list[ComplaintEntry]:
    """Read the time line, oldest first; for the patient only what is meant for them."""
    only: dict[str, Any] = {"visible_to_patient": True} if for_patient else {}
    return await ComplaintEntry.filter(complaint_id=complaint_id, **only).order_by("id")
