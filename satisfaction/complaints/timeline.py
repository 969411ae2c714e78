"""The time line of a complaint: lines are added, never changed.

The table numbers the lines of a complaint and chains each to the one before (0046_sealing).
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from satisfaction.complaints.models import Complaint, ComplaintEntry
from server import clock, db, privacy
from server.history import By
from server.ids import new_id

# what the house does among itself; the table refuses to show most of it to the patient
HIDDEN = frozenset(
    {"note", "assignment", "escalation", "breach", "step", "cause", "finding", "statement", "unseal", "pause", "resume"}
)

_WRITE_ALL = """
INSERT INTO complaint_entry (id, complaint_id, kind, author_kind, author_id, author_name, visible_to_patient, at,
                             text_cipher)
SELECT n.id, n.complaint_id, $1, $2, $3, $4, $5, $6, n.text_cipher
FROM unnest($7::uuid[], $8::uuid[], $9::bytea[]) AS n (id, complaint_id, text_cipher)
"""


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


async def write_all(texts: Sequence[tuple[UUID, str]], kind: str, *, by: By) -> None:
    """Add lines of one kind to many complaints that the transaction holds. texts: complaint and text."""
    rows = []
    for complaint_id, text in texts:
        entry_id = new_id()
        sealed = privacy.seal(text, place="complaint_entry.text_cipher", row_id=entry_id)
        rows.append((entry_id, complaint_id, sealed))
    if rows:
        ids, complaint_ids, ciphers = (list(column) for column in zip(*rows, strict=True))
        await db.fetch(
            _WRITE_ALL, kind, by.kind, by.id, by.name, kind not in HIDDEN, clock.now(), ids, complaint_ids, ciphers
        )


async def lines(complaint_id: UUID, *, for_patient: bool) -> list[ComplaintEntry]:
    """Read the time line, oldest first; for the patient only what is meant for them."""
    only: dict[str, Any] = {"visible_to_patient": True} if for_patient else {}
    return await ComplaintEntry.filter(complaint_id=complaint_id, **only).order_by("seq")
