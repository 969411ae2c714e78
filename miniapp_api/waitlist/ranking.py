"""Who comes first: staff move nobody up without a reason that is kept."""

from uuid import UUID

from miniapp_api.waitlist import models
from miniapp_api.waitlist.joining import lock_lines
from miniapp_api.waitlist.models import WaitlistEntry
from miniapp_api.waitlist.rules import ENTRY, WaitlistState
from server import db
from server.errors import IllegalMove
from server.history import INSERT_TRANSITION, By
from server.ids import new_id


async def prioritise(entry_id: UUID, priority: int, *, by: By, why: str) -> None:
    """Give an entry another priority: 0 is everybody's, the higher the earlier. why: for the record, not empty.

    In the caller's transaction when there is one. Raises: NotFound, IllegalMove when it no longer waits.
    """
    if not why.strip():
        raise ValueError("a change of the order needs a reason")
    async with db.transaction():
        await lock_lines([row["session_id"] for row in await db.fetch(models.SESSIONS_OF_ENTRY, entry_id)])
        entry = await db.lock(WaitlistEntry, entry_id)
        if entry.state != WaitlistState.WAITING:
            raise IllegalMove(machine=ENTRY.name, old=str(entry.state), new=str(WaitlistState.WAITING))
        await WaitlistEntry.filter(id=entry_id).update(
            priority=priority, priority_why=why.strip()[:200], version=entry.version + 1
        )
        await db.fetch(models.MOVE_IN_LINES, entry_id, priority)
        said = f"priority {entry.priority} -> {priority}: {why.strip()}"[:500]
        await db.fetch(
            INSERT_TRANSITION,
            new_id(),
            ENTRY.name,
            entry_id,
            "waiting",
            "waiting",
            by.kind,
            by.id,
            by.channel,
            said,
        )
