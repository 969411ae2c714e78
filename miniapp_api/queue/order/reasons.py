"""Reading why tickets stand where they stand: two of them for staff, one's own place for a patient."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from miniapp_api.queue import models
from miniapp_api.queue.order import explanations, ordering
from miniapp_api.queue.order.explanation_texts import OWN_AHEAD
from miniapp_api.queue.order.explanations import Basis, basis_of
from miniapp_api.queue.rules import TicketState
from miniapp_api.queue.steps import ticket_row
from server import auth, db
from server.accounts import Role, SignedInPatient, SignedInStaff
from server.errors import NotFound

NUMBERS_SHOWN = 20

# The numbers of those who are called before a place. $1 department, $2 day, $3 sort_class, $4 sort_at, $5 number,
# $6 practitioner
NUMBERS_AHEAD = f"""
SELECT t.label FROM ticket t
WHERE t.department_id = $1 AND t.day = $2 AND t.state IN ('waiting', 'ready')
AND (t.sort_class, t.sort_at, t.number) < ($3::integer, $4::timestamptz, $5::integer)
AND ($6::uuid IS NULL OR t.practitioner_id IS NULL OR t.practitioner_id = $6::uuid) ORDER BY {models.SORT_KEY}
"""


async def explain(ticket_id: UUID, against: UUID, staff: SignedInStaff, language: str) -> dict[str, Any]:
    """Say which of two tickets comes first, with the rule, its version and the numbers of each.

    Raises: NotFound, also for tickets of two queues; Forbidden.
    """
    row, other = await ticket_row(ticket_id), await ticket_row(against)
    auth.need_department(staff, row["department_id"], Role.ROOM, Role.GUIDE, Role.SUPERVISOR, Role.COMPLAINT_HANDLER)
    if (row["department_id"], row["day"]) != (other["department_id"], other["day"]):
        raise NotFound()
    rules = await ordering.rules_at(row["department_id"], {row["rule_version"], other["rule_version"]})
    both = [basis_of(one, ordering.story_of(one, rules)) for one in (row, other)]
    first, second = sorted(both, key=lambda basis: basis.key)
    bound = ordering.bound_of([rules[first.rule_version], rules[second.rule_version]])
    others = rules[max(first.rule_version, second.rule_version)].settings.others_per_return
    return {
        "ticket_id": str(ticket_id),
        "against": str(against),
        "is_before": first.number == row["number"],
        "first": explanations.numbers(first, language),
        "second": explanations.numbers(second, language),
        "bound_minutes": minutes(bound),
        "text": explanations.sentence(first, second, language),
        "notes": explanations.notes(first, second, others, language),
    }


async def explain_own(account: SignedInPatient, appointment_id: UUID, language: str) -> dict[str, Any]:
    """Tell a patient why they stand where they stand; others are numbers.

    Raises: NotFound, also for somebody else's appointment.
    """
    found = await db.fetch_one(models.PLACE_OF_APPOINTMENT, appointment_id, account.id)
    if found is None:
        raise NotFound()
    if found["ticket_id"] is None:
        lines = [OWN_AHEAD["not_here"][language]]
        return {"number": None, "ahead": None, "ahead_numbers": [], "lines": lines, "promise": None}
    row = await ticket_row(found["ticket_id"])
    rules = await ordering.rules_at(row["department_id"], {row["rule_version"]})
    basis = basis_of(row, ordering.story_of(row, rules))
    ahead = await _ahead(row, basis) if row["state"] in (TicketState.WAITING, TicketState.READY) else None
    return {
        "number": row["label"],
        "ahead": None if ahead is None else len(ahead),
        "ahead_numbers": [] if ahead is None else ahead[:NUMBERS_SHOWN],
        "lines": [
            *explanations.own_lines(basis, language),
            explanations.ahead_line(None if ahead is None else len(ahead), language),
        ],
        "promise": explanations.promise(await ordering.bound_today(row["department_id"]), language),
    }


async def _ahead(row: dict[str, Any], basis: Basis) -> list[str]:
    found = await db.fetch(NUMBERS_AHEAD, row["department_id"], row["day"], *basis.key, row["practitioner_id"])
    return [one["label"] for one in found]


def minutes(bound: timedelta | None) -> int | None:
    """Give a bound in whole minutes."""
    return None if bound is None else int(bound.total_seconds() // 60)
