"""The words of answered surveys as others may read them: masked, by topic, and not where so few have answered."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson

from satisfaction.harm import plain
from satisfaction.texts import models
from satisfaction.texts.masking import masked
from server import db, privacy

FEWEST = 5  # answers of a department in the period: with fewer, a comment could tell whose it is
LOOKED_THROUGH = 500  # comments that one search opens at most


@dataclass(frozen=True)
class Asked:
    """Which comments somebody wants, and may see.

    departments: None means all. states: of the check. words: that they contain. is_office: it may read them all.
    """

    first: date
    last: date
    departments: frozenset[UUID] | None
    states: tuple[str, ...]
    topic: str = ""
    words: str = ""
    is_office: bool = False


@dataclass(frozen=True)
class Comment:
    """One comment, masked. day: of the answer. state: of its check. reason: why a person has to read it."""

    id: UUID
    text: str
    day: date
    department_name: str
    kind: str
    mode: str
    overall: int | None
    topics: list[str]
    is_harmful: bool
    state: str
    reason: str
    label: int | None
    decisions: list["Decided"]


@dataclass(frozen=True)
class Decided:
    """What a person decided about a comment: may the departments read it, who said so, when, why."""

    is_shown: bool
    by_name: str
    at: datetime
    why: str


# $1 first and $2 last day, $3 departments, $4 states, $5 topic, $6 after which, $7 how many,
# $8 the office reads all, $9 the fewest answers of a department
LISTED = """
SELECT r.id, r.texts_cipher, r.answered_on, r.kind, r.mode, r.overall, d.name AS department_name, i.patient_name,
    t.topics, t.is_harmful, t.state, t.reason, t.label
FROM text_check t JOIN response r ON r.id = t.subject_id LEFT JOIN department d ON d.id = r.department_id
LEFT JOIN invitation i ON i.id = r.invitation_id
WHERE t.subject_kind = 'response' AND r.answered_on BETWEEN $1 AND $2 AND t.state = ANY($4)
AND ($3::uuid[] IS NULL OR r.department_id = ANY($3)) AND ($5 = '' OR $5 = ANY(t.topics))
AND ($6::uuid IS NULL OR r.id < $6) AND r.texts_cipher IS NOT NULL
AND ($8 OR EXISTS (SELECT FROM response o WHERE o.answered_on BETWEEN $1 AND $2 AND o.department_id = r.department_id
                   OFFSET $9 - 1))
ORDER BY r.id DESC LIMIT $7
"""
NAMES = "SELECT name FROM practitioner UNION SELECT name FROM staff"


async def listed(asked: Asked, *, after: UUID | None, limit: int) -> list[Comment]:
    """List comments, the newest first; one more than the limit."""
    rows = await db.fetch(
        LISTED,
        asked.first,
        asked.last,
        None if asked.departments is None else list(asked.departments),
        list(asked.states),
        asked.topic,
        after,
        LOOKED_THROUGH if asked.words else limit + 1,
        asked.is_office,
        FEWEST,
    )
    names = {row["name"] for row in await db.fetch(NAMES)}
    decided = await _decided([row["id"] for row in rows]) if asked.is_office else {}
    found = (_shown(row, names, decided.get(row["id"], [])) for row in rows)
    wanted = plain(asked.words)
    return [comment for comment in found if wanted in plain(comment.text)][: limit + 1]


async def _decided(ids: Sequence[UUID]) -> dict[UUID, list[Decided]]:
    found: dict[UUID, list[Decided]] = {}
    for row in await db.fetch(models.DECISIONS, "response", list(ids)):
        found.setdefault(row.pop("subject_id"), []).append(Decided(**row))
    return found


def _shown(row: dict[str, Any], names: Iterable[str], decisions: list[Decided]) -> Comment:
    same = ("id", "kind", "mode", "overall", "topics", "is_harmful", "state", "reason", "label")
    return Comment(
        text=_text(row, names),
        day=row["answered_on"],
        department_name=row["department_name"] or "",
        decisions=decisions,
        **{name: row[name] for name in same},
    )


def _text(row: dict[str, Any], names: Iterable[str]) -> str:
    """Open the words of a response and cover who is named in them."""
    opened = orjson.loads(privacy.unseal(row["texts_cipher"], place="response.texts_cipher", row_id=row["id"]))
    text = "\n".join(filter(None, (*opened["answers"].values(), opened["comment"])))
    return masked(text, {*names, row["patient_name"] or ""})


# Words of visits with somebody that others may read, but for low ratings: these are not shown to whom they are about.
# The order tells nothing. $1 practitioner or staff, $2 and $3 days, $4 how many
OF_PERSON = """
SELECT r.id, r.texts_cipher, i.patient_name FROM response_person w JOIN response r ON r.id = w.response_id
JOIN invitation i ON i.id = r.invitation_id
JOIN text_check t ON t.subject_kind = 'response' AND t.subject_id = r.id AND t.state = 'passed' AND NOT t.is_harmful
WHERE (w.practitioner_id = $1 OR w.staff_id = $1) AND r.answered_on BETWEEN $2 AND $3 AND NOT r.is_low
    AND r.texts_cipher IS NOT NULL
ORDER BY md5(r.id::text) LIMIT $4
"""


async def of_person(person_id: UUID, first: date, last: date, *, limit: int) -> list[str]:
    """Give what patients wrote after visits with somebody, masked; nothing of low ratings or with words of harm."""
    rows = await db.fetch(OF_PERSON, person_id, first, last, limit)
    names = {row["name"] for row in await db.fetch(NAMES)}
    return [_text(row, names) for row in rows]


async def number_to_be_read() -> int:
    """Count the comments that wait for a person."""
    row = await db.fetch_one("SELECT count(*) AS n FROM text_check WHERE state = 'to_be_read'")
    return row["n"] if row else 0
