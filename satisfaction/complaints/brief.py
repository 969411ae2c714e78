"""The brief of the visit that a complaint is about: asked for when it is filed, kept sealed, each look recorded."""

import base64
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from satisfaction.complaints import models, reads, timeline
from satisfaction.complaints.cases import locked
from satisfaction.complaints.handlers import READERS, sight_of
from satisfaction.errors import IdentityClosed
from satisfaction.sealing import models as sealing
from satisfaction.sealing.rules import covered_brief
from server import db, privacy
from server.accounts import SignedInStaff
from server.errors import NotFound
from server.events import publish
from server.facts import VisitBriefAsked, VisitBriefMade

PLACE = "complaint_brief.brief_cipher"

# $1 complaint, $2 visit
ASK = """
INSERT INTO complaint_brief (complaint_id, visit_id) VALUES ($1, $2)
ON CONFLICT (complaint_id) DO UPDATE SET visit_id = excluded.visit_id, asked_at = app_now()
"""
# The one that was told last wins, in whatever order they come. $1 complaint, $2 brief, $3 when it was told
KEEP = """
UPDATE complaint_brief SET brief_cipher = $2, made_at = $3
WHERE complaint_id = $1 AND (made_at IS NULL OR made_at <= $3)
"""


@dataclass(frozen=True)
class Brief:
    """What is known of the visit. has_visit: the complaint is about one. made_at: null until it has been told.

    is_covered: the identity is sealed, and what would lead to it is left out.
    """

    has_visit: bool
    made_at: datetime | None
    brief: dict[str, Any] | None
    is_covered: bool = False


async def ask(complaint_id: UUID, visit_id: UUID | None) -> None:
    """Ask for the brief of a visit, in the open transaction; visit_id: of an encounter or an appointment."""
    if visit_id is None:
        return
    await db.fetch(ASK, complaint_id, visit_id)
    await publish(VisitBriefAsked(complaint_id, visit_id))


async def keep(fact: VisitBriefMade) -> None:
    """Keep a brief as it came: sealed for its place."""
    await db.fetch(KEEP, fact.complaint_id, base64.b64decode(fact.brief), fact.made_at)


async def brief_of(staff: SignedInStaff, complaint_id: UUID, language: str, *, is_whole: bool = False) -> Brief:
    """Open the brief of a complaint that a member of staff may see, and write down that they did.

    is_whole: of a sealed one all of it, which is a look at the identity: for whom two people have opened it.
    Raises: NotFound, IdentityClosed.
    """
    async with db.transaction():
        case = await _in_sight(staff, complaint_id)
        row = await db.fetch_one("SELECT * FROM complaint_brief WHERE complaint_id = $1", complaint_id)
        if row is None or row["brief_cipher"] is None:
            return Brief(row is not None, None, None, is_covered=case["is_sealed"])
        if case["is_sealed"] and is_whole:
            await _look(staff, complaint_id)
        if case["patient_id"] is not None:
            await models.write_access(staff.id, case["patient_id"], what="visit_brief", why=case["number"])
    told = orjson.loads(privacy.unseal(row["brief_cipher"], place=PLACE, row_id=complaint_id))
    found = told.get(language) or told["zh-CN"]
    if case["is_sealed"] and not is_whole:
        return Brief(True, row["made_at"], covered_brief(found), is_covered=True)
    return Brief(True, row["made_at"], found)


async def _look(staff: SignedInStaff, complaint_id: UUID) -> None:
    complaint = await locked(complaint_id, None)
    if await sealing.take_a_look(complaint_id, staff.id) is None:
        raise IdentityClosed()
    await timeline.write(complaint, "unseal", f"{staff.name} 查看了已密封患者的就诊经过。", by=staff.by)


async def tell_again(staff: SignedInStaff, complaint_id: UUID) -> None:
    """Ask for the brief anew: the visit has gone on since, or was not known then.

    Raises: NotFound, also for a complaint without a visit.
    """
    async with db.transaction():
        case = await _in_sight(staff, complaint_id)
        row = await db.fetch_one("SELECT visit_id FROM complaint_brief WHERE complaint_id = $1", complaint_id)
        visit_id = row["visit_id"] if row else case["encounter_id"]
        if visit_id is None:
            raise NotFound()
        await ask(complaint_id, visit_id)


async def _in_sight(staff: SignedInStaff, complaint_id: UUID) -> dict[str, Any]:
    row = await reads.in_sight(sight_of(staff, READERS), complaint_id)
    if row is None:
        raise NotFound()
    return row
