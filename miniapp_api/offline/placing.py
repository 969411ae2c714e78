"""A ticket that counts from an earlier scan than the one that made it: when, and with which place."""

from datetime import datetime
from typing import Any
from uuid import UUID

from miniapp_api.queue.models import Ticket
from miniapp_api.queue.order.ordering import rules_at
from miniapp_api.queue.policies.basis import Claim
from miniapp_api.queue.rules import TicketState
from miniapp_api.queue.steps import Happening, lock_both, tell_ticket
from server.history import By


def can_change(standing: dict[str, Any]) -> bool:
    """Tell whether a ticket may count from another time still: it waits, and nobody has moved it since it came.

    standing: as `models.STANDING` reads it.
    """
    return standing["state"] == TicketState.WAITING and standing["is_as_it_came"]


async def count_from(ticket_id: UUID, at: datetime, row: dict[str, Any], *, by: By, why: str) -> None:
    """Let a waiting ticket count from an earlier moment, with the place of that moment; in the caller's transaction.

    It stands by the rule that gave its place. row: as `checkin.arrivals.look` gives it; the appointment is locked.
    """
    ticket = await lock_both(ticket_id)
    rules = await rules_at(ticket.department_id, {ticket.rule_version})
    claim = Claim(at, (row["starts_at"], row["ends_at"]), ticket.triage, frozenset(ticket.flags))
    place = rules[ticket.rule_version].place_of(claim)
    before = ticket.sort_at
    changes = {
        "checked_in_at": at,
        "sort_class": place.sort_class,
        "sort_at": place.sort_at,
        "rule": place.rule,
        "version": ticket.version + 1,
    }
    await Ticket.filter(id=ticket_id).update(**changes)
    for name, value in changes.items():
        setattr(ticket, name, value)
    await tell_ticket(ticket, Happening("scanned_before", by, str(ticket.state), before, why))
