"""What a rota may say: lines of a level and a time; an end before the beginning is the next morning. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time
from uuid import UUID

from server.errors import wrong_field

LEVELS = 4
MIDNIGHT = time(23, 59, 59, 999999)  # how the end of a day is kept: somebody is there at 23:59:59
END_OF_DAY = "24:00"


@dataclass(frozen=True)
class Line:
    """A line of the rota. weekday: Monday is 0; none for a line of a date. on_holidays: it holds on holidays too."""

    staff_id: UUID
    level: int
    starts_at: time
    ends_at: time
    weekday: int | None = None
    on_holidays: bool = True


def time_of(text: str) -> time:
    """Read a time of the day, HH:MM; 24:00 is the end of the day."""
    return MIDNIGHT if text == END_OF_DAY else time.fromisoformat(text)


def text_of(moment: time) -> str:
    """Write a time of the day as `time_of` reads it."""
    return END_OF_DAY if moment >= time(23, 59, 59) else f"{moment:%H:%M}"


def check_lines(lines: Sequence[Line], pointer: str) -> None:
    """Refuse a line without length, and the same line twice. pointer: of the list in the form.

    Raises: Malformed.
    """
    seen = set()
    for place, line in enumerate(lines):
        if line.starts_at == line.ends_at:
            raise wrong_field(f"{pointer}/{place}/ends_at", "no_length", "a line of the rota needs a length")
        key = (line.staff_id, line.level, line.weekday, line.starts_at)
        if key in seen:
            raise wrong_field(f"{pointer}/{place}", "twice", "the same line stands here twice")
        seen.add(key)


def days_between(first: date, last: date) -> list[date]:
    """List the days from one to another, both included."""
    return [date.fromordinal(n) for n in range(first.toordinal(), last.toordinal() + 1)]
