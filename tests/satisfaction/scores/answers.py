"""Responses by row, as many as a test of scores needs: what Q's of a visit said, without a visit."""

from collections.abc import Mapping
from datetime import date
from uuid import UUID

import orjson

from satisfaction.scores import actions as scores
from server import clock, db
from server.ids import new_id

# item: dimension and scale
ITEMS: Mapping[str, tuple[str, str]] = {
    "overall": ("overall", "FFT5"),
    "reception": ("reception", "L5"),
    "doctor_attitude": ("doctor", "F4"),
    "doctor_involvement": ("doctor", "F4"),
    "waiting": ("process", "L5"),
    "recommend": ("recommendation", "R11"),
}
NOT_APPLICABLE = -1
Said = Mapping[str, int | None]  # value by item; None: skipped; NOT_APPLICABLE

_RESPONSE = """
INSERT INTO response (id, answers, is_low, low_reasons, submitted_at, is_anonymous, department_id, practitioner_id,
    kind, mode, answered_on) VALUES ($1, '{}', false, '[]', $2, true, $3, $4, $5, $6, $7)
"""
_ANSWERS = """
INSERT INTO answer (response_id, item, dimension, scale, value, is_not_applicable)
SELECT $1, x.item, x.dimension, x.scale, x.value, x.na
FROM jsonb_to_recordset($2::jsonb) AS x (item text, dimension text, scale text, value smallint, na boolean)
"""


async def a_response(
    department_id: UUID | None,
    said: Said,
    *,
    on: date | None = None,
    practitioner_id: UUID | None = None,
    way: tuple[str, str] = ("outpatient", "miniapp"),
    is_counted: bool = True,
) -> UUID:
    """Write a response of nobody with its answers, and count it, in one transaction. way: kind and mode."""
    response_id = new_id()
    async with db.transaction():
        day = on or clock.today()
        await db.fetch(_RESPONSE, response_id, clock.at(day, 12, 0), department_id, practitioner_id, *way, day)
        await answer(response_id, said)
        if is_counted:
            await scores.count(response_id)
    return response_id


async def answer(response_id: UUID, said: Said) -> None:
    """Write the answers of a response."""
    rows = [
        {
            "item": item,
            "dimension": ITEMS[item][0],
            "scale": ITEMS[item][1],
            "value": None if value == NOT_APPLICABLE else value,
            "na": value == NOT_APPLICABLE,
        }
        for item, value in said.items()
    ]
    await db.fetch(_ANSWERS, response_id, orjson.dumps(rows).decode())


async def edit(response_id: UUID, said: Said) -> None:
    """Put other answers in the place of a response's, as an edit does."""
    async with db.transaction():
        await scores.uncount(response_id)
        await db.fetch("DELETE FROM answer WHERE response_id = $1", response_id)
        await answer(response_id, said)
        await scores.count(response_id)
