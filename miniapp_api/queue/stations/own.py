"""The visits of somebody who came without an appointment: a ticket is all that leads to them."""

from typing import Any
from uuid import UUID

from miniapp_api.queue import models, views
from miniapp_api.queue.serving import ADVICE
from miniapp_api.queue.stations import models as step_models
from server import clock, db, privacy
from server.accounts import SignedInPatient
from server.errors import NotFound
from server.web import moment


async def visits_of_today(account: SignedInPatient) -> list[dict[str, Any]]:
    """List today's visits of an account without an appointment, the latest first."""
    rows = await db.fetch(step_models.WALKED_IN, account.id, clock.today())
    return [
        {
            "ticket_id": str(row["id"]),
            "number": row["label"],
            "state": row["state"],
            "department_name": row["department_name"],
            "patient_name": row["patient_name"],
            "checked_in_at": moment(row["checked_in_at"]),
        }
        for row in rows
    ]


async def visit_of(account: SignedInPatient, ticket_id: UUID) -> dict[str, Any]:
    """Give one's own visit by its ticket: who and where, how it stands, and what it left.

    Raises: NotFound, also for somebody else's ticket.
    """
    ticket = await db.fetch_one(models.ONE_TICKET, ticket_id)
    if ticket is None or ticket["account_id"] != account.id:
        raise NotFound()
    place = await views.place_of_row({"session_room": None, "session_starts_at": None}, ticket)
    ended = await db.fetch_one(step_models.ENDED, ticket_id)
    return {
        **place,
        "patient": {"id": str(ticket["patient_id"]), "name": ticket["patient_name"]},
        "department": {"id": str(ticket["department_id"]), "name": ticket["department_name"]},
        "department_location": ticket["department_location"] or "",
        "practitioner": _practitioner(ticket),
        "checked_in_at": moment(ticket["checked_in_at"]),
        "visit": None if ended is None else _what_it_left(ended),
    }


def _practitioner(ticket: dict[str, Any]) -> dict[str, Any] | None:
    if ticket["practitioner_id"] is None:
        return None
    return {"id": str(ticket["practitioner_id"]), "name": ticket["practitioner_name"]}


def _what_it_left(ended: dict[str, Any]) -> dict[str, Any]:
    sealed = ended["advice_cipher"]
    return {
        "encounter_id": str(ended["id"]),
        "finished_at": moment(ended["finished_at"]),
        "advice": privacy.unseal(sealed, place=ADVICE, row_id=ended["id"]) if sealed else "",
        "revisit_on": ended["revisit_on"].isoformat() if ended["revisit_on"] else None,
    }
