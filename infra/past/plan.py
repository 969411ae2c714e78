"""How a past is laid out: how many days, how many places a band, how many people. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

HALVES = 2  # of a day: a practitioner's morning and afternoon
BANDS = 8  # of a half
USUAL_DAYS = 300  # of a past, when it is large enough to fill them
VISITS_OF_A_PERSON = 20
CHUNK = 100_000  # visits of one transaction


class NothingToVisit(Exception):
    """No practitioner has a room in their department: nobody can have been there."""


@dataclass(frozen=True)
class Plan:
    """A past. Visits are numbered from 0 over days, practitioners, bands and places, in this order.

    places: of a band, all of which were booked. first_day: of the past; days: how many. people: who came, each of them
    on a day once at most.
    """

    visits: int
    practitioners: int
    places: int
    days: int
    people: int
    first_day: date

    @property
    def of_a_day(self) -> int:
        """Give how many visits a day has."""
        return self.practitioners * HALVES * BANDS * self.places

    def chunks(self) -> Iterator[tuple[int, int]]:
        """Cut the visits into whole days: pairs of the first and the one after the last."""
        length = max(1, CHUNK // self.of_a_day) * self.of_a_day
        for first in range(0, self.visits, length):
            yield first, min(first + length, self.visits)


def plan(visits: int, practitioners: int, *, before: date) -> Plan:
    """Lay out a past that ends the day before a day.

    visits: 1 or more. Raises: NothingToVisit.
    """
    if practitioners == 0:
        raise NothingToVisit()
    bands = practitioners * HALVES * BANDS
    places = -(-visits // (bands * USUAL_DAYS))
    of_a_day = bands * places
    days = -(-visits // of_a_day)
    return Plan(
        visits=visits,
        practitioners=practitioners,
        places=places,
        days=days,
        people=max(visits // VISITS_OF_A_PERSON, min(visits, of_a_day)),
        first_day=before - timedelta(days=days),
    )
