"""How FHIR writes what is searched for (R4, search.html): numbers of moments, tokens, references, strings. Pure."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from server import clock

PREFIXES = ("eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap")
YEARS = range(2, 9999)
COUNT_USUAL = 50
COUNT_MOST = 200

_MOMENT = re.compile(
    r"^(?P<year>\d{4})(-(?P<month>\d\d)(-(?P<day>\d\d)(T(?P<time>\d\d:\d\d(:\d\d(\.\d+)?)?)(?P<zone>Z|[+-]\d\d:\d\d)?)?)?)?$"
)


class Unsearchable(ValueError):
    """What was asked cannot be read; the words are for whoever wrote the client."""


@dataclass(frozen=True)
class Stretch:
    """What a date parameter names: from its first instant to before its last, for a date is a whole day."""

    prefix: str
    starts_at: datetime
    ends_at: datetime


def stretch(text: str) -> Stretch:
    """Read a date parameter: `ge2026-03-01`, `2026-03`, `lt2026-03-01T08:00:00+08:00`. Days are the hospital's.

    Raises: Unsearchable.
    """
    prefix = text[:2] if text[:2] in PREFIXES else "eq"
    value = text[2:] if text[:2] in PREFIXES else text
    found = _MOMENT.match(value.replace(" ", "+"))  # an unquoted plus arrives as a blank
    if found is None:
        raise Unsearchable(f"not a date or moment: {value[:40]}")
    try:
        if int(found["year"]) not in YEARS:
            raise ValueError("a zone would lead out of the calendar")
        if found["time"] is not None:
            return Stretch(prefix, *_of_a_moment(found))
        return Stretch(prefix, *_of_days(found))
    except (ValueError, OverflowError) as error:
        raise Unsearchable(f"not a date or moment: {value[:40]}") from error


def _of_a_moment(found: re.Match[str]) -> tuple[datetime, datetime]:
    day = f"{found['year']}-{found['month']}-{found['day']}"
    zone = found["zone"]
    moment = datetime.fromisoformat(f"{day}T{found['time']}{'+00:00' if zone == 'Z' else zone or ''}")
    if moment.tzinfo is None:
        moment = clock.at(moment.date(), moment.hour, moment.minute) + timedelta(
            seconds=moment.second, microseconds=moment.microsecond
        )
    parts = found["time"].count(":")
    if "." in found["time"]:
        return moment, moment + timedelta(microseconds=1)
    return moment, moment + (timedelta(seconds=1) if parts == 2 else timedelta(minutes=1))


def _of_days(found: re.Match[str]) -> tuple[datetime, datetime]:
    year, month, day = int(found["year"]), found["month"], found["day"]
    first = date(year, int(month or 1), int(day or 1))
    if day is not None:
        after = first + timedelta(days=1)
    elif month is not None:
        after = date(year + first.month // 12, first.month % 12 + 1, 1)
    else:
        after = date(year + 1, 1, 1)
    return clock.at(first, 0), clock.at(after, 0)


@dataclass(frozen=True)
class Token:
    """A code, with the system it belongs to; None: any system."""

    system: str | None
    code: str


def token(text: str) -> Token:
    """Read a token parameter: `code`, `system|code` or `|code`."""
    if "|" not in text:
        return Token(None, text)
    system, code = text.split("|", 1)
    return Token(system, code)


def reference(text: str, kinds: tuple[str, ...], named: str | None) -> UUID | None:
    """Read a reference parameter: `id`, `Type/id` or an address that ends so. None: it names nothing of ours.

    kinds: the types that the parameter may refer to. named: the modifier, as in `actor:Practitioner`.
    Raises: Unsearchable for a type that the parameter does not know.
    """
    kind, _, identifier = text.rpartition("/")
    kind = kind.rpartition("/")[2] or named or ""
    if kind and kind not in kinds:
        raise Unsearchable(f"not a reference to {' or '.join(kinds)}: {text[:60]}")
    try:
        return UUID(identifier)
    except ValueError:
        return None


def alternatives(text: str) -> list[str]:
    """Split a value at its commas; one that is written `\\,` belongs to the value.

    Raises: Unsearchable.
    """
    if "\0" in text:
        raise Unsearchable("a text holds no NUL")
    parts = re.split(r"(?<!\\),", text)
    return [re.sub(r"\\([,$|\\])", r"\1", part) for part in parts if part]


def page_size(text: str | None) -> int:
    """Read `_count`.

    Raises: Unsearchable.
    """
    if text is None:
        return COUNT_USUAL
    if not re.fullmatch(r"\d{1,6}", text):
        raise Unsearchable("_count is a number")
    return max(1, min(int(text), COUNT_MOST))
