"""What is kept of requests to open a sealed identity."""

from typing import Any
from uuid import UUID

from tortoise import fields

from satisfaction.sealing.rules import UnsealingState
from server import db, privacy
from server.db import Row

PLACE = "unsealing.why_cipher"


class Unsealing(Row):
    """One request: who asked why, who decided. The table refuses that both are one person."""

    complaint_id = fields.UUIDField()
    asked_by = fields.UUIDField()
    asked_at = fields.DatetimeField()
    why_cipher = fields.BinaryField()
    state = fields.CharEnumField(UnsealingState, description="")
    decided_by = fields.UUIDField(null=True)
    decided_at = fields.DatetimeField(null=True)
    expires_at = fields.DatetimeField()
    looks = fields.IntField(default=0)
    version = fields.IntField(default=1)

    class Meta:
        table = "unsealing"


OF_COMPLAINT = """
SELECT u.*, a.name AS asked_name, d.name AS decided_name FROM unsealing u
JOIN staff a ON a.id = u.asked_by LEFT JOIN staff d ON d.id = u.decided_by
WHERE u.complaint_id = $1 ORDER BY u.id
"""


async def of_complaint(complaint_id: UUID) -> list[dict[str, Any]]:
    """List the requests of a complaint, oldest first, with names and the opened reason `why`."""
    rows = await db.fetch(OF_COMPLAINT, complaint_id)
    return [{**row, "why": privacy.unseal(row["why_cipher"], place=PLACE, row_id=row["id"])} for row in rows]


# $1 complaint, $2 who looks: one look more, as long as it is open for them
LOOK = """
UPDATE unsealing SET looks = looks + 1
WHERE id = (SELECT id FROM unsealing WHERE complaint_id = $1 AND asked_by = $2 AND state = 'approved'
            AND expires_at > app_now() ORDER BY id DESC LIMIT 1)
RETURNING id, expires_at, decided_by, looks
"""


async def take_a_look(complaint_id: UUID, staff_id: UUID) -> dict[str, Any] | None:
    """Count a look at an identity that is open for somebody; None when it is not."""
    return await db.fetch_one(LOOK, complaint_id, staff_id)
