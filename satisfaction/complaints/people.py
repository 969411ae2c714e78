"""Who may take a complaint over or follow it, who is away, who must keep away and why, as far as that may be said."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from satisfaction.complaints import models, reads
from satisfaction.complaints.handlers import HANDLERS, LEADERS, READERS, sight_of
from satisfaction.complaints.rules import Level
from server import db, hospital
from server.accounts import SignedInStaff
from server.errors import NotFound

AWAY = """
SELECT DISTINCT ON (o.staff_id) o.staff_id, o.until_at, i.name AS instead_name
FROM duty_off o LEFT JOIN staff i ON i.id = o.stands_in
WHERE o.from_at <= app_now() AND app_now() < o.until_at ORDER BY o.staff_id, o.until_at DESC
"""
REASONS = """
SELECT staff_id, array_agg(DISTINCT reason) AS reasons FROM complaint_conflict WHERE complaint_id = $1 GROUP BY 1
"""

CONCERNED, HIERARCHY, RELATED, BEFORE, OTHER = "concerned", "hierarchy", "related", "before", "other"
_KINDS = {
    **dict.fromkeys(("named", "doctor", "nurse", "reception"), CONCERNED),
    **dict.fromkeys(("subordinate", "manager"), HIERARCHY),
    "relation": RELATED,
    "former_handler": BEFORE,
}
_FIRST = (CONCERNED, BEFORE, HIERARCHY, RELATED)


@dataclass(frozen=True)
class People:
    """free: who may, those on duty first, then those with the least in hand. barred: who must not, with `kind`."""

    free: list[dict[str, Any]]
    barred: list[dict[str, Any]]


async def candidates(staff: SignedInStaff, complaint_id: UUID, *, to_watch: bool = False) -> People:
    """List who may handle a complaint instead of its present handler, or follow it without handling it.

    Raises: NotFound.
    """
    row = await reads.in_sight(sight_of(staff, HANDLERS), complaint_id)
    if row is None:
        raise NotFound()
    on_duty = {person.id for level in Level for person in await hospital.on_duty(level)}
    away = {one["staff_id"]: one for one in await db.fetch(AWAY)}
    loads = await models.loads()
    reasons = {one["staff_id"]: one["reasons"] for one in await db.fetch(REASONS, complaint_id)}
    says_all = staff.may(*LEADERS, department_id=row["department_id"]) and not row["is_sealed"]
    free, barred = [], []
    for one in await models.fit_handlers(READERS if to_watch else HANDLERS):
        if one["id"] == row["handler_id"]:
            continue
        if one["id"] in reasons:
            barred.append({**one, "kind": kind_of(reasons[one["id"]], says_all=says_all)})
            continue
        gone = away.get(one["id"])
        shown = {
            "is_on_duty": one["id"] in on_duty,
            "load": loads.get(one["id"], 0),
            "away_until": gone and gone["until_at"],
            "instead_name": (gone and gone["instead_name"]) or "",
        }
        free.append({**one, **shown})
    return People(sorted(free, key=lambda one: (one["away_until"] is not None, not one["is_on_duty"])), barred)


def kind_of(reasons: list[str], *, says_all: bool) -> str:
    """Give the kind of reason for which somebody must keep away, the plainest first.

    says_all: to leaders of a complaint that is not sealed. Others do not learn of relations, and of a sealed one nobody
    does: who is related to whom would tell whom it is from.
    """
    kinds = {_KINDS.get(reason, OTHER) for reason in reasons}
    first = next((kind for kind in _FIRST if kind in kinds), OTHER)
    return first if says_all or first in (CONCERNED, BEFORE) else OTHER
