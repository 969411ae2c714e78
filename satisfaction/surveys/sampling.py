"""Drawing the people of a month's sample: the same number from every department, so that small ones count too. Pure."""

import random
from collections.abc import Mapping, Sequence
from typing import TypeVar
from uuid import UUID

T = TypeVar("T")


def draw(people: Mapping[UUID, Sequence[T]], per_department: int, seed: str) -> dict[UUID, list[T]]:
    """Draw so many from each department; all of them where there are fewer. The same seed draws the same people.

    people: by department, in an order that does not change.
    """
    return {
        department_id: random.Random(f"{seed}:{department_id}").sample(there, min(per_department, len(there)))
        for department_id, there in people.items()
    }
