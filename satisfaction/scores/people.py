"""What was said of people by name: who may see it, the figures of a half-year, and masked comments."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from satisfaction.scores import models
from satisfaction.scores.reading import shown, texts_of_items
from satisfaction.scores.rules import (
    OF_ROLE,
    PERSON_ENOUGH,
    Figures,
    Period,
    dimension_name,
    linear_mean,
    top_box,
)
from satisfaction.scores.views import ScoreInterval
from satisfaction.texts import comments
from server import db
from server.accounts import Role, SignedInStaff
from server.errors import NotFound

COMMENTS_SHOWN = 30

# Of somebody by name, month by month. $1 practitioner or staff, $2 and $3 months
OF_PERSON = f"""
SELECT role, month, item, dimension, scale, {models.FIGURES} FROM score_person_cell
WHERE (practitioner_id = $1 OR staff_id = $1) AND month BETWEEN $2 AND $3 AND scale IN ('L5', 'F4', 'FFT5', 'R11')
ORDER BY role, item, scale, month
"""
# Everybody whom $1 may see: themselves, who answers to them, and in the departments $2 that they head (null: all) the
# doctors and others whom visits are with (guides, nurses). A member of staff with a practitioner is that practitioner.
# Of one alone: $3, or null.
MAY_SEE = """
WITH mine AS (
    SELECT coalesce(practitioner_id, id) AS id, id = $1 AS is_me FROM staff
    WHERE id = $1 OR (manager_id = $1 AND active)
    UNION
    SELECT id, false FROM practitioner WHERE ($2::uuid[] IS NULL OR department_id = ANY($2)) AND active
    UNION
    SELECT s.id, false FROM staff s JOIN staff_role r ON r.staff_id = s.id
    WHERE ($2::uuid[] IS NULL OR r.department_id = ANY($2)) AND s.active AND s.practitioner_id IS NULL
        AND r.role IN ('guide', 'room')
), people AS (
    SELECT id, bool_or(is_me) AS is_me FROM mine GROUP BY id
)
SELECT m.id, m.is_me, coalesce(p.name, s.name) AS name, coalesce(p.title, '') AS title,
    coalesce(d.name, '') AS department_name
FROM people m LEFT JOIN practitioner p ON p.id = m.id LEFT JOIN staff s ON s.id = m.id
LEFT JOIN department d ON d.id = coalesce(p.department_id, (
    SELECT r.department_id FROM staff_role r WHERE r.staff_id = m.id AND r.department_id IS NOT NULL LIMIT 1))
WHERE $3::uuid IS NULL OR m.id = $3 OR m.id = (SELECT practitioner_id FROM staff WHERE id = $3)
ORDER BY m.is_me DESC, department_name, name, m.id
"""
# How many answers each of the people $1 has for the item with the most, of what lies in the hands of their role:
# $4 roles beside $5 dimensions. $2 and $3 months
MOST = """
SELECT id, max(n)::integer AS n FROM (
    SELECT coalesce(practitioner_id, staff_id) AS id, role, item, scale, sum(answered) AS n FROM score_person_cell c
    JOIN unnest($4::text[], $5::text[]) AS of_role (name, said) ON of_role.name = c.role AND of_role.said = c.dimension
    WHERE coalesce(practitioner_id, staff_id) = ANY($1::uuid[]) AND month BETWEEN $2 AND $3
        AND scale IN ('L5', 'F4', 'FFT5', 'R11')
    GROUP BY 1, role, item, scale
) said GROUP BY id
"""


@dataclass(frozen=True)
class PersonItem:
    """What was said of somebody in one item; n 0 and no figures: not enough answers."""

    item: str
    text: str
    role: str
    dimension_name: str
    n: int
    is_enough: bool
    mean: ScoreInterval | None
    top_box: ScoreInterval | None


@dataclass(frozen=True)
class Said:
    """What was said of somebody. comments: masked, in no order that tells when; none where no item has enough."""

    items: list[PersonItem]
    comments: list[str]


def half_before(today: date) -> Period:
    """Give the half-year of the calendar that is over."""
    return Period(date(today.year, 1 if today.month <= 6 else 7, 1), 6).before()


async def listed(staff: SignedInStaff, half: Period) -> list[dict[str, Any]]:
    """List whom somebody may see: id, name, title, department_name, is_me, is_enough."""
    people = await _may_see(staff, None)
    roles = [(role, dimension) for role, dimensions in OF_ROLE.items() for dimension in dimensions]
    rows = await db.fetch(
        MOST, [one["id"] for one in people], half.first, half.last, [role for role, _ in roles], [of for _, of in roles]
    )
    most = {row["id"]: row["n"] for row in rows}
    return [one | {"is_enough": most.get(one["id"], 0) >= PERSON_ENOUGH} for one in people]


async def one_of(staff: SignedInStaff, person_id: UUID) -> dict[str, Any]:
    """Find somebody whom a member of staff may see: themselves, or whom they lead.

    person_id: of a practitioner or a member of staff.
    Raises: NotFound for everybody else.
    """
    found = await _may_see(staff, person_id)
    if not found:
        raise NotFound()
    return found[0]


async def _may_see(staff: SignedInStaff, person_id: UUID | None) -> list[dict[str, Any]]:
    heads = {scope for role, scope in staff.grants if role == Role.DEPARTMENT_HEAD}
    return await db.fetch(MAY_SEE, staff.id, None if None in heads else list(heads), person_id)


async def said_of(person_id: UUID, half: Period, language: str) -> Said:
    """Give what was said of somebody in a half-year, as far as it lies in their hands."""
    texts = await texts_of_items(language)
    sums: dict[tuple[str, str, str, str], Figures] = {}
    for row in await db.fetch(OF_PERSON, person_id, half.first, half.last):
        if row["dimension"] in OF_ROLE[row["role"]]:
            key = (row["role"], row["dimension"], row["item"], row["scale"])
            sums[key] = sums.get(key, Figures()) + models.figures_of(row)
    items = [_item(key, figures, texts, language) for key, figures in sums.items()]
    is_enough = any(one.is_enough for one in items)
    words = await comments.of_person(person_id, half.first, half.last, limit=COMMENTS_SHOWN) if is_enough else []
    return Said(items, words)


def _item(key: tuple[str, str, str, str], figures: Figures, texts: dict[str, str], language: str) -> PersonItem:
    role, dimension, item, scale = key
    is_enough = figures.answered >= PERSON_ENOUGH
    return PersonItem(
        item=item,
        text=texts.get(item, item),
        role=role,
        dimension_name=dimension_name(dimension, language),
        n=figures.answered if is_enough else 0,
        is_enough=is_enough,
        mean=shown(linear_mean(figures, scale) if is_enough else None),
        top_box=shown(top_box(figures, scale) if is_enough else None),
    )
