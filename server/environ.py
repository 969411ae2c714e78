"""What settings are read with: a secret that does not print itself, and what is said about a wrong variable. Pure."""

import json
from collections.abc import Mapping
from typing import Any


class WrongSetting(Exception):
    """A variable is missing or unreadable; the process must not start."""


class Secret(str):
    """A text that does not print itself."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "***"


def whole_number(environ: Mapping[str, str], name: str, default: int) -> int:
    """Read a whole number. Raises: WrongSetting."""
    try:
        return int(environ.get(name) or default)
    except ValueError:
        raise WrongSetting(f"{name} must be a whole number") from None


def seconds(environ: Mapping[str, str], name: str, default: str) -> float:
    """Read a number of seconds. Raises: WrongSetting."""
    try:
        return float(environ.get(name) or default)
    except ValueError:
        raise WrongSetting(f"{name} must be a number of seconds") from None


def json_object(environ: Mapping[str, str], name: str) -> dict[str, Any]:
    """Read a JSON object; empty when the variable is. Raises: WrongSetting."""
    try:
        found = json.loads(environ.get(name) or "{}")
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise WrongSetting(f"{name} is not a JSON object")
    return found
