"""An offer that was answered, or is over, is not told any more."""

from notifications import hub
from server.facts import OfferEnded

OFFER_EVENTS = ("place_offered",)


async def offer_ended(fact: OfferEnded) -> None:
    """Call off what has not left yet of the message about an offer."""
    await hub.call_off(fact.offer_id, events=OFFER_EVENTS, reason="offer_ended")
