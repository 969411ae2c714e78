"""What a triage means: levels, help flags, what an age suggests, when a second person must look. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

LEVELS = ("normal", "priority", "urgent")  # from the least to the most urgent
FLAGS = ("elderly", "disabled", "pregnant", "child", "wheelchair", "feverish", "urgent")
REASON = "ticket_triage.reason_cipher"


@dataclass(frozen=True)
class TriageSettings:
    """What the hospital decided.

    elderly_age: from. child_age: younger than. confirm_minutes: within them a second person looks at an urgent case.
    emergency_department_id: who hears of urgent cases; None means the departments of emergency medicine.
    fever_way: how to come to the fever clinic, for the guide to say.
    """

    elderly_age: int = 65
    child_age: int = 6
    confirm_minutes: int = 5
    emergency_department_id: UUID | None = None
    fever_way: str = ""


@dataclass(frozen=True)
class Need:
    """How urgent somebody is, and what help they need; flags each once, in the order of `FLAGS`."""

    triage: str
    flags: tuple[str, ...]


def need_of(triage: str, flags: Iterable[str]) -> Need:
    """Settle what was said: who is flagged urgent is urgent, whatever level was chosen beside it."""
    said = set(flags)
    return Need("urgent" if "urgent" in said else triage, tuple(flag for flag in FLAGS if flag in said))


def changed(before: Need, triage: str | None, flags: Iterable[str] | None) -> Need:
    """Give the need after a change; what is None stays. A lower level takes the flag `urgent` along."""
    kept = before.flags if flags is None else flags
    if flags is None and triage not in (None, "urgent"):
        kept = tuple(flag for flag in before.flags if flag != "urgent")
    return need_of(triage or before.triage, kept)


def is_worse(before: str, after: str) -> bool:
    """Tell whether somebody got worse."""
    return LEVELS.index(after) > LEVELS.index(before)


def age_on(day: date, born: date) -> int:
    """Give the age in whole years."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def suggested(born: date | None, day: date, settings: TriageSettings) -> tuple[str, ...]:
    """Give the flags that an age suggests; a person decides, for not everybody of an age needs help."""
    if born is None:
        return ()
    age = age_on(day, born)
    if age >= settings.elderly_age:
        return ("elderly",)
    return ("child",) if age < settings.child_age else ()
