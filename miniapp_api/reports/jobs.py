"""Looks of this feature at the database."""

from datetime import timedelta
from uuid import UUID

from miniapp_api.reports import making
from server.ids import first_id

OVERLAP = timedelta(minutes=5)  # a change that is committed late is not missed
_looked: dict[str, UUID | None] = {"from": None}


async def make_due() -> None:
    """Make the reports whose hour has come."""
    await making.make_due()


async def correct_sent() -> None:
    """Correct what was sent. The first look of a process is at everything, the others at the days that have moved."""
    first, next_first = _looked["from"], first_id(OVERLAP + making.GAP)
    await making.correct_sent(None if first is None else await making.moved_since(first))
    _looked["from"] = next_first  # not before: what a failed look has not seen is the next one's
