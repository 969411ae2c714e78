"""What administrators see of questionnaires, items and links."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from satisfaction.surveys import drafting, versions
from satisfaction.surveys.kinds.bank import BANK
from satisfaction.surveys.kinds.items import Item, items_from_data
from satisfaction.surveys.models import Questionnaire
from server import db
from server.errors import NotFound


@dataclass(frozen=True)
class Version:
    """A version with its items. answers: how many confidential ones it has."""

    row: Questionnaire
    items: tuple[Item, ...]
    answers: int = 0


ANSWERED = """
SELECT questionnaire_id, count(*) AS n FROM invitation WHERE state = 'answered' AND questionnaire_id = ANY($1::uuid[])
GROUP BY questionnaire_id
"""


async def versions_of_all() -> list[Version]:
    """List every version: by kind, the one that is asked first, then drafts, then the newest."""
    async with db.transaction():
        await versions.ship_all()
    rows = await Questionnaire.all()
    answers = {row["questionnaire_id"]: row["n"] for row in await db.fetch(ANSWERED, [row.id for row in rows])}
    order = {"active": 0, "draft": 1, "retired": 2}
    rows.sort(key=lambda row: (row.kind, order[row.state], -row.made_at.timestamp()))
    return [Version(row, items_from_data(row.items), answers.get(row.id, 0)) for row in rows]


async def version_of(questionnaire_id: UUID) -> Version:
    """Give one version.

    Raises: NotFound.
    """
    row = await Questionnaire.filter(id=questionnaire_id).first()
    if row is None:
        raise NotFound()
    found = await db.fetch_one(ANSWERED, [row.id])
    return Version(row, items_from_data(row.items), found["n"] if found else 0)


async def bank() -> list[dict[str, Any]]:
    """List what can be asked: id, code, dimension, type, scale, is_sealed, wording and the newest words."""
    async with db.transaction():
        await versions.ship_bank()
    words = await drafting.wordings(list(BANK))
    return [
        {
            "id": item.id,
            "code": item.code,
            "dimension": item.dimension,
            "type": item.type,
            "scale": item.scale,
            "is_sealed": item.is_sealed,
            "wording": words[item.id][0],
            **words[item.id][1],
        }
        for item in BANK.values()
        if item.id != "contact_me"  # every confidential survey asks it on its last screen
    ]


@dataclass(frozen=True)
class LinkRow:
    """A link with what it is for. uses: answers so far."""

    id: UUID
    kind: str
    department_name: str
    room_name: str
    note: str
    made_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    most_a_day: int
    uses: int


# $1 one link, or null for all
LINKS = """
SELECT l.id, l.kind, d.name AS department_name, coalesce(r.name, '') AS room_name, l.note, l.made_at, l.expires_at,
    l.revoked_at, l.most_a_day, coalesce((SELECT sum(n) FROM survey_link_day u WHERE u.link_id = l.id), 0)::int AS uses
FROM survey_link l JOIN department d ON d.id = l.department_id LEFT JOIN room r ON r.id = l.room_id
WHERE l.invitation_id IS NULL AND ($1::uuid IS NULL OR l.id = $1)
ORDER BY l.revoked_at IS NOT NULL OR l.expires_at <= app_now(), l.made_at DESC LIMIT 500
"""


async def links(link_id: UUID | None = None) -> list[LinkRow]:
    """List links of posters and tablets: those in use first, the newest first."""
    return [LinkRow(**row) for row in await db.fetch(LINKS, link_id)]


async def link(link_id: UUID) -> LinkRow:
    """Give one of them.

    Raises: NotFound.
    """
    found = await links(link_id)
    if not found:
        raise NotFound()
    return found[0]
