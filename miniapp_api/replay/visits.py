"""The brief of one visit for a complaint: scans, what happened, who passed and why, what was promised, messages."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson

from miniapp_api.queue.order import explanations
from miniapp_api.queue.order.ordering import Rule, rules_at
from miniapp_api.replay import looking, models, telling
from miniapp_api.replay.looking import EVENTS_AT_MOST, WHO_LOOKS, Span
from miniapp_api.replay.rebuilding import Line
from server import clock, db
from server.accounts import SignedInStaff
from server.errors import NotFound
from server.ids import new_id
from server.web import moment

PASSED_AT_MOST = 50


async def brief(visit_id: UUID, staff: SignedInStaff, language: str) -> dict[str, Any]:
    """Tell one visit from its beginning; visit_id: of an appointment, a ticket or an encounter. It is written down.

    Raises: NotFound, also for whoever is not to judge it: another department's, or the practitioner it is about.
    """
    visit = await db.fetch_one(models.VISIT, visit_id)
    if visit is None or not staff.may(*WHO_LOOKS, department_id=visit["department_id"]):
        raise NotFound()
    if staff.practitioner_id is not None and staff.practitioner_id in visit["practitioner_ids"]:
        raise NotFound()  # nobody judges a complaint about oneself
    async with db.transaction():
        await db.fetch(models.ACCESS, new_id(), staff.id, visit["patient_id"], str(visit_id))
        await looking.looked(visit["department_id"], visit["day"], staff)
        return await _told(
            visit_id, visit, language, lambda department_id: staff.may(*WHO_LOOKS, department_id=department_id)
        )


async def brief_for_the_house(visit_id: UUID, language: str) -> dict[str, Any] | None:
    """Tell one visit to nobody in particular: whoever keeps it decides who reads it. None for no visit."""
    visit = await db.fetch_one(models.VISIT, visit_id)
    return None if visit is None else await _told(visit_id, visit, language, lambda _: True)


async def _told(
    visit_id: UUID, visit: Mapping[str, Any], language: str, may_see: Callable[[UUID], bool]
) -> dict[str, Any]:
    scans = await db.fetch(models.SCANS, visit["appointment_id"], visit["ticket_ids"])
    messages = await db.fetch(models.MESSAGES, visit["subjects"], visit["account_id"])
    tickets = [found for one in visit["ticket_ids"] if (found := await _ticket(one, language, may_see))]
    events = [one["events"][0]["at"] for one in tickets if one["events"]]
    # a line's moment is shown to the millisecond: a millisecond later it has certainly happened
    first = clock.local(datetime.fromisoformat(events[0]) + timedelta(milliseconds=1)) if events else visit["starts_at"]
    return {
        "visit_id": str(visit_id),
        "appointment_id": str(visit["appointment_id"]) if visit["appointment_id"] else None,
        "department": {"id": str(visit["department_id"]), "name": visit["department_name"]},
        "day": visit["day"].isoformat(),
        "booked_for": moment(visit["starts_at"]),
        "moment": first.isoformat() if first else None,
        "scans": [_scan(row) for row in scans],
        "tickets": tickets,
        "messages": [
            {"event": row["event"], "title": row["title"], "at": moment(row["created_at"])} for row in messages
        ],
    }


def _scan(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "at": moment(row["at"]),
        "desk": row["desk_name"],
        "outcome": row["outcome"],
        "reason": row["reason"],
        "message": orjson.loads(row["body"]).get("message", ""),
    }


async def _ticket(ticket_id: UUID, language: str, may_see: Callable[[UUID], bool]) -> dict[str, Any] | None:
    """Tell one ticket: what happened to it, how long it waited, who passed it; None when that is another's to see."""
    row = await db.fetch_one(models.TICKET_DAY, ticket_id)
    assert row is not None  # it is of the visit
    department_id, day = row["department_id"], row["day"]
    if not may_see(department_id):
        return None
    promised = (await looking.promises([str(ticket_id)])).get(str(ticket_id))
    lines = [one for one in await looking.lines_of(department_id, day, clock.now()) if one.kind == "ticket"]
    own = [one for one in lines if one.subject_id == ticket_id]
    span = Span(clock.at(day, 0), clock.at(day, 23, 59).replace(second=59), ticket_id, limit=EVENTS_AT_MOST)
    happened = await looking.events(department_id, span, language)
    rules = await rules_at(department_id, {one.state["rule_version"] for one in lines})
    called = next((one for one in own if one.act == "called"), None)
    waited = (called.at - own[0].at).total_seconds() / 60 if called else None
    return {
        "ticket_id": str(ticket_id),
        "number": row["label"],
        "arrived_at": moment(row["checked_in_at"]),
        "promised": promised,
        "called_at": moment(called.at) if called else None,
        "waited_minutes": None if waited is None else round(waited, 1),
        "events": happened["items"],
        "passed_by": _passed(own, lines, rules, language),
    }


def _passed(own: list[Line], lines: list[Line], rules: Mapping[int, Rule], language: str) -> list[dict[str, Any]]:
    """List who arrived later and was called first while this one waited, each with the rules and the reason."""
    if not own:
        return []
    until = next((one.at for one in own if one.act == "called"), clock.now())
    came: dict[UUID, datetime] = {}
    found = []
    for line in lines:
        came.setdefault(line.subject_id, line.at)
        if line.act != "called" or line.subject_id == own[0].subject_id or not own[0].at < line.at <= until:
            continue
        if came[line.subject_id] <= own[0].at:
            continue
        mine = [one for one in own if one.at <= line.at][-1]
        first, second = telling.basis(line.state, rules), telling.basis(mine.state, rules)
        found.append(
            {
                "number": line.state["number"],
                "at": moment(line.at),
                "room": line.state["room"]["name"],
                "rule": first.rule,
                "rule_version": first.rule_version,
                "text": explanations.sentence(first, second, language)
                if first.key < second.key
                else explanations.why(first, language),
            }
        )
    return found[:PASSED_AT_MOST]
