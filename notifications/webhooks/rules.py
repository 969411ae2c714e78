"""What an endpoint may be: states, addresses, secrets, how long it may fail. Pure."""

import base64
import secrets
from datetime import timedelta
from enum import StrEnum

from server.states import Machine


class EndpointState(StrEnum):
    """One endpoint of another system."""

    ON = "on"  # hears of what happens
    OFF = "off"  # a person switched it off
    FAILING = "failing"  # it failed for days, so nothing is sent any more
    REMOVED = "removed"  # gone; its log stays


E = EndpointState

WEBHOOK_ENDPOINT = Machine(
    "webhook_endpoint",
    starts=frozenset({E.ON}),
    moves={
        E.ON: frozenset({E.OFF, E.FAILING, E.REMOVED}),
        E.OFF: frozenset({E.ON, E.REMOVED}),
        E.FAILING: frozenset({E.ON, E.REMOVED}),
    },
)

LASTS = timedelta(days=3)  # so long is one message tried
OFF_AFTER = timedelta(days=5)  # of failures without one success
OLD_SECRET_LASTS = timedelta(hours=24)
MAX_ENDPOINTS = 50
SECRET_BYTES = 24


def new_secret() -> str:
    """Make a secret as Standard Webhooks writes it."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()
