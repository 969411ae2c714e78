"""What an account wants to hear, over which channel. What it must hear of its visits cannot be switched off."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from notifications.channels import CHANNELS
from notifications.routing.errors import VisitStays
from notifications.routing.rules import CATEGORIES, CHOSEN_CHANNELS, GROUPS, LOCKED
from server import db
from server.ids import new_id


@dataclass(frozen=True)
class Choice:
    """One switch. is_locked: it cannot be switched off."""

    category: str
    channel: str
    is_on: bool
    is_locked: bool = False


# $1 account, $2 ids, $3 categories, $4 channels, $5 whether on. Taken at once also by what waits already.
KEEP = """
WITH kept AS (
    INSERT INTO message_preference (id, account_id, category, channel, is_on, changed_at)
    SELECT t.id, $1, t.category, t.channel, t.is_on, app_now()
    FROM unnest($2::uuid[], $3::text[], $4::text[], $5::boolean[]) AS t (id, category, channel, is_on)
    ON CONFLICT (account_id, category, channel) DO UPDATE SET is_on = excluded.is_on, changed_at = app_now()
    WHERE message_preference.is_on <> excluded.is_on
)
UPDATE delivery d SET state = 'suppressed', reason = 'preference', changed_at = app_now()
FROM message m, unnest($6::text[], $7::text[]) AS off (purpose, channel)
WHERE m.account_id = $1 AND m.deadline > app_now() AND m.purpose = off.purpose AND d.message_id = m.id
  AND d.channel = off.channel AND d.state IN ('planned', 'held', 'ready', 'retry_wait')
"""

PURPOSES = {
    "follow_up": "clinical",
    "return_visit": "return_visit",
    "survey": "satisfaction",
    "education": "education",
}


def offered() -> list[str]:
    """List the channels of which a person may choose: those that this installation has."""
    return [
        name
        for name in CHOSEN_CHANNELS
        if any(member in CHANNELS and CHANNELS[member].is_set_up() for member in GROUPS.get(name, (name,)))
    ]


async def choices_of(account_id: UUID) -> list[Choice]:
    """List every switch of an account, by category and channel."""
    rows = await db.fetch(
        "SELECT category, channel FROM message_preference WHERE account_id = $1 AND NOT is_on", account_id
    )
    off = {(row["category"], row["channel"]) for row in rows}
    return [
        Choice(category, channel, (category, channel) not in off, category in LOCKED)
        for category in CATEGORIES
        for channel in offered()
    ]


async def choose(account_id: UUID, choices: Sequence[Choice]) -> None:
    """Keep some switches; what waits over a channel that is off now stays.

    Raises: VisitStays.
    """
    wrong = [number for number, one in enumerate(choices) if one.category in LOCKED and not one.is_on]
    if wrong:
        raise VisitStays(
            errors=[
                {"pointer": f"/items/{number}/is_on", "code": "visit_stays_on", "detail": "is_on"} for number in wrong
            ]
        )
    kept = list({(one.category, one.channel): one for one in choices}.values())
    off = [
        (PURPOSES[one.category], member)
        for one in kept
        if not one.is_on
        for member in GROUPS.get(one.channel, (one.channel,))
    ]
    async with db.transaction():
        await db.fetch(
            KEEP,
            account_id,
            [new_id() for _ in kept],
            [one.category for one in kept],
            [one.channel for one in kept],
            [one.is_on for one in kept],
            [purpose for purpose, _ in off],
            [channel for _, channel in off],
        )
