"""Which items of a questionnaire one person gets: the core, and some that rotate, drawn by lot. Pure.

As every person draws for themselves, the mean of those who were offered an item estimates the mean of all.
"""

import random
from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from satisfaction.surveys.kinds.items import Item


def offered(items: Sequence[Item], *, rotating: int, most: int, seed: UUID) -> tuple[str, ...]:
    """Draw the items of one person; the same seed draws the same ones. Closing items come last and count for nothing.

    Returns: ids in the order of the questionnaire; at most `most` besides the closing ones.
    """
    asked = [item for item in items if not item.is_closing]
    core = [item.id for item in asked if item.is_core][:most]
    others = [item.id for item in asked if not item.is_core]
    count = max(0, min(rotating, len(others), most - len(core)))
    # by the seed, so that a repeated look draws the same; random enough to spread, and no secret
    drawn = {*core, *random.Random(seed.bytes).sample(others, count)}
    return (
        *(item.id for item in asked if item.id in drawn),
        *(item.id for item in items if item.is_closing),
    )


class _Questionnaire(Protocol):
    id: UUID
    rotating: int
    most: int


def of_all(questionnaire: _Questionnaire, items: Sequence[Item]) -> tuple[str, ...]:
    """Draw the items of an anonymous questionnaire: everybody gets the same, as a draw of one's own would name one."""
    return offered(items, rotating=questionnaire.rotating, most=questionnaire.most, seed=questionnaire.id)


def of(items: Sequence[Item], ids: Sequence[str]) -> tuple[Item, ...]:
    """Give the items that were offered; all of them when nothing was drawn."""
    wanted = set(ids)
    return tuple(item for item in items if not wanted or item.id in wanted)
