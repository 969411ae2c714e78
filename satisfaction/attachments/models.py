"""What is kept of files, and their statements."""

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from tortoise import fields

from satisfaction.attachments.rules import AttachmentState
from server import db
from server.db import Row


class Attachment(Row):
    """A picture or a voice. Until it is part of a line of a complaint, or of evidence, it is only its sender's."""

    account_id = fields.UUIDField(null=True)
    staff_id = fields.UUIDField(null=True)
    complaint_id = fields.UUIDField(null=True)
    entry_id = fields.UUIDField(null=True)
    evidence_id = fields.UUIDField(null=True)
    place = fields.IntField(null=True)
    kind = fields.TextField()
    media_type = fields.TextField()
    bytes = fields.IntField()
    width = fields.IntField(null=True)
    height = fields.IntField(null=True)
    seconds: Any = fields.DecimalField(max_digits=6, decimal_places=1, null=True)
    sha256 = fields.BinaryField()
    store_key = fields.TextField()
    state = fields.CharEnumField(AttachmentState, description="")
    trace_id = fields.TextField(null=True)
    label = fields.IntField(null=True)
    tries = fields.IntField(default=0)
    check_due_at = fields.DatetimeField(null=True)
    decided_by = fields.UUIDField(null=True)
    at = fields.DatetimeField()
    bound_at = fields.DatetimeField(null=True)
    version = fields.IntField(default=1)

    class Meta:
        table = "attachment"

    @property
    def length(self) -> float | None:
        """Give the seconds of a voice."""
        return float(Decimal(self.seconds)) if self.seconds is not None else None


# One statement, so that two lines that are written at once do not both take a file: the second finds none to take.
# $1 files in their order, $2 account, $3 staff, $4 complaint, $5 line, $6 evidence, $7 whether the platform is asked
BIND = """
UPDATE attachment a SET complaint_id = $4, entry_id = $5, evidence_id = $6, bound_at = app_now(), version = version + 1,
    place = p.place, check_due_at = CASE WHEN $7 THEN app_now() END
FROM (SELECT f.id, row_number() OVER (PARTITION BY f.kind ORDER BY array_position($1::uuid[], f.id)) AS place
      FROM attachment f WHERE f.id = ANY($1)) p
WHERE a.id = p.id AND a.bound_at IS NULL
  AND (a.account_id = $2 OR a.staff_id = $3)
RETURNING a.id, a.kind
"""
# $1 account, $2 staff. Files of one's own that wait to be sent
WAITING = """
SELECT count(*) AS n FROM attachment WHERE bound_at IS NULL AND (account_id = $1 OR staff_id = $2)
"""
# What the platform is to be asked about, or has not answered in time; those that it has answered come first
DUE = """
SELECT id FROM attachment WHERE state IN ('received', 'checking') AND check_due_at <= app_now()
ORDER BY check_due_at LIMIT $1
"""
ANSWERED = """
SELECT a.id, e.payload FROM attachment a
JOIN platform_event e ON e.event = 'wxa_media_check' AND e.payload->>'trace_id' = a.trace_id
WHERE a.state = 'checking' AND a.check_due_at IS NOT NULL ORDER BY e.id LIMIT $1
"""
# Taken for a while, so that no second worker asks the platform the same; $1 file, $2 for how long
TAKE = """
UPDATE attachment SET tries = tries + 1, check_due_at = app_now() + $2::interval, version = version + 1
WHERE id = $1 AND state = 'received' AND check_due_at <= app_now()
RETURNING media_type, account_id, bound_at, (SELECT openid FROM account WHERE id = account_id) AS openid
"""
# $1 how old; together with their rows, so that nothing names a file that is gone
FORGET = """
DELETE FROM attachment
WHERE id IN (SELECT id FROM attachment WHERE bound_at IS NULL AND at < app_now() - $1::interval
             ORDER BY at LIMIT 500 FOR UPDATE SKIP LOCKED)
"""
UNKNOWN = """
SELECT k.key FROM unnest($1::text[]) AS k (key) WHERE NOT EXISTS (SELECT 1 FROM attachment WHERE store_key = k.key)
"""


async def waiting(account_id: UUID | None, staff_id: UUID | None) -> int:
    """Count the files of somebody that are not part of anything yet."""
    row = await db.fetch_one(WAITING, account_id, staff_id)
    assert row is not None  # a count always answers
    return row["n"]


@dataclass(frozen=True)
class Line:
    """A line of a complaint's time line, as what files become part of."""

    complaint_id: UUID
    entry_id: UUID
    evidence_id: None = None


@dataclass(frozen=True)
class Evidence:
    """What shows that an improvement was done, as what files become part of."""

    evidence_id: UUID
    complaint_id: None = None
    entry_id: None = None


Owner = Line | Evidence


async def of_lines(complaint_id: UUID) -> dict[UUID, list[Attachment]]:
    """Give the files of a complaint by the line of its time line, in the order in which they were sent."""
    found: dict[UUID, list[Attachment]] = {}
    for one in await Attachment.filter(complaint_id=complaint_id).order_by("kind", "place"):
        assert one.entry_id is not None  # the table insists: bound as a whole
        found.setdefault(one.entry_id, []).append(one)
    return found


async def of_evidence(evidence_ids: Collection[UUID]) -> dict[UUID, list[Attachment]]:
    """Give the files of evidence, in the order in which they were sent."""
    found: dict[UUID, list[Attachment]] = {}
    for one in await Attachment.filter(evidence_id__in=list(evidence_ids)).order_by("kind", "place"):
        assert one.evidence_id is not None  # asked for so
        found.setdefault(one.evidence_id, []).append(one)
    return found
