"""Which letters stand before a department's ticket numbers. Pure."""

from collections.abc import Container
from itertools import pairwise, product
from string import ascii_uppercase


def free_prefix(initials: str, taken: Container[str]) -> str:
    """Choose the prefix of a department from the initials of its name: no two departments alike while there is one.

    taken: the prefixes of the others.
    """
    letters = [letter for letter in initials.upper() if letter in ascii_uppercase]
    wanted = [*letters[:1], *("".join(pair) for pair in pairwise(letters)), *ascii_uppercase]
    every = (*wanted, *("".join(pair) for pair in product(ascii_uppercase, repeat=2)))
    return next((prefix for prefix in every if prefix not in taken), "A")
