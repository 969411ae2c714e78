"""Files that may be about the same person: found before the desk makes another one; kept apart when a guide says so.

The same: one identity number. Likely: a name that sounds the same, with the same phone or the same birth date; unless
both have identity numbers, and these differ.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from miniapp_api.patients.errors import LooksLike
from server import db
from server.privacy import mask_name, mask_phone

AT_MOST = 5

# Two desks that make a file for one person do it one after the other.
# $1 what is known of the person: the name as it sounds, the identity number
LOCK = """
SELECT pg_advisory_xact_lock(7402119, one.key)
FROM (SELECT DISTINCT hashtext(word) AS key FROM unnest($1::text[]) AS word ORDER BY key) one
"""

# $1 blind index of the identity number or null    $2 the name as it sounds    $3 blind index of the phone or null
# $4 birth date or null    $5 the name    $6 files that a guide has looked at    $7 at most
LIKE = """
SELECT id, name, phone_tail, file_number, birth_date, gender, coalesce(id_number_index = $1::bytea, false) AS is_same,
    coalesce(phone_index = $3::bytea, false) AS same_phone, coalesce(birth_date = $4::date, false) AS same_birth_date,
    name = $5::text AS same_name
FROM patient
WHERE deleted_at IS NULL AND (id_number_index = $1::bytea
    OR (pinyin = $2::text AND (phone_index = $3::bytea OR birth_date = $4::date)
        AND (id_number_index IS NULL OR $1::bytea IS NULL) AND NOT id = ANY($6::uuid[])))
ORDER BY is_same DESC, (phone_index = $3::bytea) IS TRUE AND (birth_date = $4::date) IS TRUE DESC, same_name DESC, id
LIMIT $7
"""

KEEP_APART = """
INSERT INTO patient_not_same (patient_id, other_id, by_id, at)
SELECT $1, p.id, $3, app_now() FROM patient p WHERE p.id = ANY($2::uuid[]) ON CONFLICT DO NOTHING
"""


async def check(values: dict[str, Any], another_than: Sequence[UUID], *, is_near: bool) -> None:
    """Refuse to make a file for somebody who has one; in the transaction that makes it.

    values: columns of the new file. another_than: files of which a guide has said that they are about other people.
    is_near: also when it is only likely.
    Raises: LooksLike.
    """
    identity = values["id_number_index"]
    words = ["name:" + values["pinyin"]] + (["identity:" + identity.hex()] if identity is not None else [])
    await db.fetch(LOCK, words)
    await refuse(values, another_than, is_near=is_near)


async def refuse(values: dict[str, Any], another_than: Sequence[UUID], *, is_near: bool) -> None:
    """Look once, without waiting for anybody.

    Raises: LooksLike.
    """
    rows = await db.fetch(
        LIKE,
        values["id_number_index"],
        values["pinyin"],
        values["phone_index"] if is_near else None,
        values["birth_date"] if is_near else None,
        values["name"],
        list(another_than),
        AT_MOST,
    )
    if rows:
        raise LooksLike(candidates=[_show(row) for row in rows], is_certain=bool(rows[0]["is_same"]))


async def keep_apart(patient_id: UUID, others: Sequence[UUID], by_id: UUID | None) -> None:
    """Write down who said that a new file is about another person than these."""
    if others:
        await db.fetch(KEEP_APART, patient_id, list(others), by_id)


def _show(row: dict[str, Any]) -> dict[str, Any]:
    same = {"id_number": "is_same", "name": "same_name", "phone": "same_phone", "birth_date": "same_birth_date"}
    return {
        "id": str(row["id"]),
        "name": mask_name(row["name"]),
        "phone_masked": mask_phone(row["phone_tail"]),
        "file_number": row["file_number"],
        "birth_year": row["birth_date"].year if row["birth_date"] else None,
        "gender": row["gender"],
        "same": [word for word, column in same.items() if row[column]],
    }
