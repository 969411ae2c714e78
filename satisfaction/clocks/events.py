"""What clocks follow from: the events of a complaint. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True)
class Event:
    """Something that happened to a complaint in a round (cycle). at: when it happened, whoever heard of it when.

    data: of received and reopened `severity` and, with further departments, their `count`; of unacknowledged `minutes`;
    of question_reached `asked_at`; of absorbed `since`; of severity_set `severity`; of departments_set `count`.
    """

    id: UUID
    at: datetime
    kind: str
    cycle: int
    data: Mapping[str, Any] = field(default_factory=dict)


def in_order(events: Iterable[Event]) -> list[Event]:
    """Sort events as they happened."""
    return sorted(events, key=lambda event: (event.at, event.id))
