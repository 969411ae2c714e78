"""Looks of this feature at the database."""

from datetime import datetime
from typing import Any

from miniapp_api.queue.steps import lock_both, ticket_row
from miniapp_api.triage import actions, models
from miniapp_api.triage.actions import Line
from miniapp_api.triage.models import TicketTriage
from miniapp_api.triage.rules import Need, need_of
from server import clock, db
from server.events import publish
from server.facts import TriageUnconfirmed
from server.history import SYSTEM
from server.jobs import each

BATCH = 100


async def watch() -> None:
    """Settle urgent cases that are being seen to, take up those handed on, and tell of those that nobody confirmed."""
    now = clock.now()

    async def settle(row: dict[str, Any]) -> None:
        async with db.transaction():
            await actions.settle(row["ticket_id"])

    async def take_up(row: dict[str, Any]) -> None:
        async with db.transaction():
            await _take_up(row["id"])

    async def tell_late(row: dict[str, Any]) -> None:
        async with db.transaction():
            await _tell_late(row["id"], now)

    await each("watch_triage", await db.fetch(models.SETTLED, BATCH), settle)
    await each("watch_triage", await db.fetch(models.CARRIED, clock.today(), BATCH), take_up)
    await each("watch_triage", await db.fetch(models.LATE, now, BATCH), tell_late)


async def _take_up(ticket_id: object) -> None:
    """Write the first line of an urgent ticket that another department handed on: its rooms must know of it."""
    ticket = await lock_both(ticket_id)  # type: ignore[arg-type]
    if ticket.triage != "urgent" or await TicketTriage.exists(ticket_id=ticket.id):
        return
    row = await ticket_row(ticket.id)
    await actions.write(
        row, Line(need_of(ticket.triage, ticket.flags), Need("normal", ()), "", SYSTEM, is_checked=True)
    )


async def _tell_late(line_id: object, now: datetime) -> None:
    row = await db.fetch_one(models.TELL_LATE, line_id, now)
    if row is None:
        return  # somebody has confirmed it in this moment
    people = await db.fetch(models.SUPERVISORS, row["department_id"])
    await publish(
        TriageUnconfirmed(
            ticket_id=row["ticket_id"],
            line_id=row["id"],
            label=row["label"],
            department_name=row["department_name"],
            by_name=row["by_name"],
            minutes=int((now - row["at"]).total_seconds() // 60),
            staff_ids=tuple(one["id"] for one in people),
            at=now,
        )
    )
