"""The limits of one person: what a provider would drop without a word waits here instead."""

from notifications.channels.content import Capabilities

_PLACE = "AND d.deadline > app_now()"

# Asked in the statement that takes, which sees every call that has ended; while one is under way to somebody, nobody
# takes another. What waits for room keeps its state and its moment.
GUARD = "AND NOT address_is_full(d.channel, d.address, {minute}, {hour})"

UNLIMITED = 2**31 - 1


def sparing(statement: str, capabilities: Capabilities) -> str:
    """Give a statement that takes what is due as a channel needs it: with the limits of its provider for one person."""
    minute, hour = capabilities.per_address_minute, capabilities.per_address_hour
    if minute is None and hour is None:
        return statement
    guard = GUARD.format(minute=minute or UNLIMITED, hour=hour or UNLIMITED)
    return statement.replace(_PLACE, f"{_PLACE} {guard}")
