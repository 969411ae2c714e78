"""`hospital history`: a demonstration hospital's past, as many visits as are wanted, to see how it behaves when old."""

from infra.past.making import NotADemonstration, Past, make_history
from infra.past.plan import NothingToVisit

__all__ = ["NotADemonstration", "NothingToVisit", "Past", "make_history"]
