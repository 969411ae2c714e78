"""Bounded head start, the default: who booked, needs help or comes back stands some minutes ahead, and no more. Pure.

Jackson's dynamic priority with equal rates: every ticket keeps one instant, so the order can be explained, and nobody
but an urgent patient passes you who comes more than W + H + max(G, R) after you were there and due.
Source: booking-queue.md 4.1, simulated on 600 sessions.
"""

from datetime import timedelta
from typing import ClassVar

from miniapp_api.queue.policies import basis
from miniapp_api.queue.policies.basis import Claim, Place, Policy, Reckoning, Settings, minutes


class HeadStart(Policy):
    """See the module."""

    name: ClassVar = "head_start"
    rules: ClassVar = ("band", "late", "ladder", "walk_in")
    uses: ClassVar = frozenset(basis.LIMITS) | {"late"}

    def place_of(self, claim: Claim, settings: Settings) -> Place:
        """Inside the band first come first served, being early gives G at most; without a booking W behind."""
        if claim.band is None:
            walk_in = Reckoning(claim.checked_in_at, minutes(settings.walk_in_minutes))
            return basis.new_place(claim, "walk_in", walk_in, settings)
        starts_at, ends_at = claim.band
        if claim.checked_in_at > ends_at:
            return basis.late_place(claim, ends_at, settings)
        band = Reckoning(claim.checked_in_at, -minutes(settings.early_minutes), not_before=starts_at)
        return basis.new_place(claim, "band", band, settings)

    def behind(self, settings: Settings) -> timedelta:
        """W, or the ladder of the late ones."""
        return max(minutes(settings.walk_in_minutes), basis.late_behind(settings))

    def ahead(self, settings: Settings) -> timedelta:
        """H + max(G, R), or what the ladder gives the late ones."""
        early, back = minutes(settings.early_minutes), minutes(settings.return_minutes)
        return minutes(settings.help_minutes) + max(early, back, basis.late_ahead(settings))
