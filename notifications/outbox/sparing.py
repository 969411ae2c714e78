"""The limits of one person: what a provider would drop without a word waits here instead."""

from notifications.channels.content import Capabilities
from notifications.outbox.statements import CLAIM

_PLACE = "AND d.deadline > app_now()"

# $8 how many a minute, $9 how many an hour. Asked in the statement that claims, which sees every call that has ended;
# while one is under way to somebody, nobody claims another. What waits for room keeps its state and its moment.
CLAIM_SPARING = CLAIM.replace(_PLACE, f"{_PLACE} AND NOT address_is_full(d.channel, d.address, $8, $9)")

UNLIMITED = 2**31 - 1


def claim_of(capabilities: Capabilities) -> tuple[str, tuple[int, ...]]:
    """Give the statement by which a channel claims, and what it needs beyond the usual arguments."""
    minute, hour = capabilities.per_address_minute, capabilities.per_address_hour
    if minute is None and hour is None:
        return CLAIM, ()
    return CLAIM_SPARING, (minute or UNLIMITED, hour or UNLIMITED)
