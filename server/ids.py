"""Identifiers: UUIDv7, so that rows made together stand together in every index. Pure."""

import time
from datetime import timedelta
from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """Make an identifier that sorts by its time of birth."""
    return uuid7()


def first_id(ago: timedelta) -> UUID:
    """Give the smallest identifier that may have been made since then.

    Identifiers carry the machine's own time, also when a test has moved ours.
    """
    return UUID(int=int((time.time() - ago.total_seconds()) * 1000) << 80)
