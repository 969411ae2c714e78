"""Order of arrival: who checks in first is called first, with a booking or without. Pure.

For departments without booked times, where people understand nothing else. Help and returns keep their head start.
"""

from datetime import timedelta
from typing import ClassVar

from miniapp_api.queue.policies import basis
from miniapp_api.queue.policies.basis import Claim, Place, Policy, Reckoning, Settings, minutes


class Arrival(Policy):
    """See the module."""

    name: ClassVar = "arrival"
    rules: ClassVar = ("arrival",)
    uses: ClassVar = frozenset({"help_minutes", "return_minutes", "missed_places", "others_per_return"})

    def place_of(self, claim: Claim, settings: Settings) -> Place:
        """The moment of check-in."""
        return basis.new_place(claim, "arrival", Reckoning(claim.checked_in_at), settings)

    def behind(self, settings: Settings) -> timedelta:
        """Nobody stands behind their own coming."""
        return timedelta(0)

    def ahead(self, settings: Settings) -> timedelta:
        """H + R."""
        return minutes(settings.help_minutes + settings.return_minutes)
