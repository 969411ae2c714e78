"""Whose turn it is among those who wait: the smallest key, and returns from examinations between the others. Pure.

While it is the others' turn, a return counts as some minutes later, the policy's window: so it lets by whoever stands
within that window, and nobody who stands behind it. That is the ratio and its limit in one number.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from miniapp_api.queue.policies.basis import ORDINARY_CLASS


@dataclass(frozen=True)
class Turn:
    """others: how many are called before the next return, while others wait. window: see the module."""

    others: int
    window: timedelta


@dataclass(frozen=True)
class Standing:
    """What the order knows of a waiting ticket. rule: the one that it stands by now."""

    sort_class: int
    sort_at: datetime
    number: int
    rule: str


Key = tuple[int, datetime, bool, int]


def key(one: Standing, since_return: int, turn: Turn) -> Key:
    """Give what decides now. since_return: how many others were called since the last return."""
    is_return = one.rule == "return" and one.sort_class == ORDINARY_CLASS
    waits = is_return and since_return < turn.others
    return one.sort_class, one.sort_at + turn.window if waits else one.sort_at, waits, one.number


def next_of(waiting: Sequence[Standing], since_return: int, turn: Turn) -> Standing:
    """Give who is called next of those who wait; at least one does."""
    return min(waiting, key=lambda one: key(one, since_return, turn))


def counted(since_return: int, called: Standing) -> int:
    """Give how many others were called since the last return, after this call."""
    return 0 if called.rule == "return" else since_return + 1


def call_order(*, others: str, window: str) -> tuple[str, str]:
    """Give the same order in SQL, for `t` a ticket and `l` its locked line: the class, and the place inside it.

    others, window: the two numbers as they stand in the statement.
    """
    waits = f"(t.rule = 'return' AND t.sort_class = {ORDINARY_CLASS} AND l.others_since_return < {others})"
    return (
        "t.sort_class",
        f"t.sort_at + CASE WHEN {waits} THEN {window} ELSE interval '0' END, {waits}, t.number",
    )
