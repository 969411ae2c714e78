"""Strict order of the appointments: an earlier band goes before a later one, whenever in it somebody comes. Pure.

Without a booking one stands W behind one's coming. Who comes at the end of a band passes those who came before and
booked later, or booked nothing; how long a band is, is not a rule of the queue. So nothing is promised on the wall.
"""

from datetime import timedelta
from typing import ClassVar

from miniapp_api.queue.policies import basis
from miniapp_api.queue.policies.basis import Claim, Place, Policy, Reckoning, Settings, minutes


class Appointment(Policy):
    """See the module."""

    name: ClassVar = "appointment"
    rules: ClassVar = ("appointment", "late", "ladder", "walk_in")
    uses: ClassVar = (frozenset(basis.LIMITS) | {"late"}) - {"early_minutes"}

    def place_of(self, claim: Claim, settings: Settings) -> Place:
        """The beginning of the band; first come first served inside it by the number."""
        if claim.band is None:
            walk_in = Reckoning(claim.checked_in_at, minutes(settings.walk_in_minutes))
            return basis.new_place(claim, "walk_in", walk_in, settings)
        starts_at, ends_at = claim.band
        if claim.checked_in_at > ends_at:
            return basis.late_place(claim, ends_at, settings)
        return basis.new_place(claim, "appointment", Reckoning(starts_at), settings)

    def behind(self, settings: Settings) -> timedelta:
        """W, or the ladder of the late ones."""
        return max(minutes(settings.walk_in_minutes), basis.late_behind(settings))

    def ahead(self, settings: Settings) -> None:
        """As far as the band is long: no limit of the queue."""
