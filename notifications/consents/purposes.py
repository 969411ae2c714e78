"""What people allow by purpose: said by themselves on the phone, withdrawn by telephone, and kept as it was said.

A withdrawal is committed first and then stops what waits. What a worker holds just then either leaves before the second
step (its row is locked until its intent is written down) or not at all; nothing leaves after the answer.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from notifications.consents.wording import CURRENT
from notifications.rules import Purpose
from server import db
from server.errors import NotFound
from server.ids import new_id

ASKED = (Purpose.CLINICAL, Purpose.RETURN_VISIT, Purpose.SATISFACTION, Purpose.EDUCATION)

# $1 account or null, $2 file or null. A row for each file and purpose.
STANDINGS = """
SELECT p.id AS patient_id, p.name, d.purpose, coalesce(s.is_allowed, d.is_allowed) AS is_allowed, s.said_at,
       s.wording
FROM patient p CROSS JOIN purpose_default d
LEFT JOIN purpose_standing s ON s.person_id = p.person_id AND s.purpose = d.purpose
WHERE p.deleted_at IS NULL AND (p.account_id = $1 OR p.id = $2)
ORDER BY p.relation <> 'self', p.created_at, p.id
"""

# $1 id, $2 file, $3 account that must have the file, or null, $4 purpose, $5 allowed, $6 wording, $7 channel, $8 staff,
# $9 note. Saying the same again changes nothing. The file is locked: nobody becomes another person meanwhile.
SAY = """
WITH file AS (
    SELECT id, person_id FROM patient WHERE id = $2 AND deleted_at IS NULL AND ($3::uuid IS NULL OR account_id = $3)
    FOR SHARE
), said AS (
    INSERT INTO purpose_standing AS s (person_id, purpose, is_allowed, wording, said_at)
    SELECT person_id, $4, $5, $6, app_now() FROM file
    ON CONFLICT (person_id, purpose) DO UPDATE SET
        is_allowed = excluded.is_allowed, wording = excluded.wording, said_at = excluded.said_at
    WHERE (s.is_allowed, s.wording) IS DISTINCT FROM (excluded.is_allowed, excluded.wording)
    RETURNING person_id
), kept AS (
    INSERT INTO purpose_consent (id, person_id, patient_id, purpose, is_allowed, wording, channel, account_id, staff_id,
                                 note, at)
    SELECT $1, said.person_id, $2, $4, $5, $6, $7, $3, $8, $9, app_now() FROM said
)
SELECT person_id FROM file
"""

# $1 person, $2 purpose. Also what a worker has and has not sent: it asks for its row once more before it sends.
STOP = """
WITH meant AS (
    SELECT m.id FROM message m JOIN patient p ON p.id = m.patient_id
    WHERE p.person_id = $1 AND m.purpose = $2 AND m.purpose NOT IN ('service', 'staff')
      AND consent_is_withdrawn(m.account_id, m.patient_id, m.purpose)
), chains AS (
    UPDATE message m SET next_step_at = NULL FROM meant WHERE m.id = meant.id AND m.next_step_at IS NOT NULL
)
UPDATE delivery d SET state = 'suppressed', reason = 'consent_withdrawn', owner = NULL, lease_until = NULL,
                      changed_at = app_now()
FROM meant WHERE d.message_id = meant.id AND d.state IN ('planned', 'held', 'ready', 'retry_wait', 'leased')
"""

HISTORY = """
SELECT c.purpose, c.is_allowed, c.wording, c.channel, c.note, c.at, s.name AS staff_name
FROM purpose_consent c LEFT JOIN staff s ON s.id = c.staff_id
WHERE c.person_id = (SELECT person_id FROM patient WHERE id = $1) OR c.patient_id = $1
ORDER BY c.at DESC, c.id DESC LIMIT 100
"""


@dataclass(frozen=True)
class Said:
    """What somebody said about one purpose. wording: version of the words that they saw or were read.

    account_id: who said it on the phone. staff_id, note: who wrote it down, and what was said on the telephone.
    """

    purpose: Purpose
    is_allowed: bool
    account_id: UUID | None = None
    staff_id: UUID | None = None
    note: str = ""
    wording: int = CURRENT


async def say(patient_id: UUID, said: Said) -> None:
    """Take what was said; withdrawn at once, also for what waits to be sent.

    Raises: NotFound, when there is no such file, or the account does not have it.
    """
    async with db.transaction():
        row = await db.fetch_one(
            SAY,
            new_id(),
            patient_id,
            said.account_id,
            str(said.purpose),
            said.is_allowed,
            said.wording,
            "phone" if said.staff_id else "miniapp",
            said.staff_id,
            said.note,
        )
        if row is None:
            raise NotFound()
    if not said.is_allowed:
        await db.fetch(STOP, row["person_id"], str(said.purpose))


async def standings(*, account_id: UUID | None = None, patient_id: UUID | None = None) -> list[dict[str, Any]]:
    """List the files of an account, or one file, each with what holds: patient_id, name, purposes.

    A purpose: purpose, is_allowed, said_at and wording, which are None as long as nobody was asked.
    """
    files: dict[UUID, dict[str, Any]] = {}
    for row in await db.fetch(STANDINGS, account_id, patient_id):
        file = files.setdefault(row["patient_id"], {"patient_id": row["patient_id"], "name": row["name"], "by": {}})
        file["by"][row["purpose"]] = row
    return [
        {"patient_id": file["patient_id"], "name": file["name"], "purposes": [file["by"][one] for one in ASKED]}
        for file in files.values()
    ]


async def standing_of(patient_id: UUID) -> dict[str, Any]:
    """Give one file with what holds and what was said.

    Raises: NotFound.
    """
    found = await standings(patient_id=patient_id)
    if not found:
        raise NotFound()
    return {**found[0], "history": await db.fetch(HISTORY, patient_id)}
