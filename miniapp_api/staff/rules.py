"""Which passwords are too weak, and what a change of rights adds and takes away. Pure."""

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

LEAST_LETTERS = 10
LEAST_DIFFERENT = 5  # 1111111111 and 1212121212 are the first that anybody tries
ONE_TIME_LASTS = timedelta(days=3)
ONE_TIME_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # without those that are read as another
ONE_TIME_GROUPS, ONE_TIME_GROUP = 3, 4

Grant = tuple[str, UUID | None]  # a role, for a department or for the whole hospital


def weakness(password: str, *, username: str) -> str | None:
    """Say what is wrong with a password that somebody chose: a code of `field_texts`, or None."""
    if len(password) < LEAST_LETTERS:
        return "password_too_short"
    if username.lower() in password.lower() or len(set(password)) < LEAST_DIFFERENT or password.isdecimal():
        return "password_too_simple"
    return None


def difference(before: Iterable[Grant], after: Iterable[Grant]) -> tuple[list[Grant], list[Grant]]:
    """Give the rights that come and those that go, each in a fixed order."""
    old, new = set(before), set(after)
    return sorted(new - old, key=str), sorted(old - new, key=str)
