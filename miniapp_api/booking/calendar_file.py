"""Calendar files (RFC 5545): of one appointment, or of many sessions to subscribe to. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

LINE_BYTES = 75  # RFC 5545 section 3.1: without the line break


@dataclass(frozen=True, kw_only=True)
class CalendarEntry:
    """What a calendar shows. sequence: raised with every change, so that a calendar replaces its entry."""

    id: UUID
    sequence: int
    starts_at: datetime
    ends_at: datetime
    summary: str
    location: str
    description: str
    is_cancelled: bool


def calendar_file(entry: CalendarEntry, now: datetime) -> bytes:
    """Write one entry with a reminder two hours before; UTF-8, CRLF, long lines folded."""
    return _file(["METHOD:" + ("CANCEL" if entry.is_cancelled else "PUBLISH"), *_event(entry, now, wakes=True)])


def calendar_feed(name: str, entries: Sequence[CalendarEntry], *, refresh_minutes: int) -> bytes:
    """Write a calendar to subscribe to; the same entries give the same bytes. An entry is stamped by its begin.

    name: as a calendar shows it. refresh_minutes: how often a calendar should ask again.
    """
    head = [
        "METHOD:PUBLISH",
        f"X-WR-CALNAME:{_text(name)}",
        f"NAME:{_text(name)}",
        f"REFRESH-INTERVAL;VALUE=DURATION:PT{refresh_minutes}M",
        f"X-PUBLISHED-TTL:PT{refresh_minutes}M",
    ]
    return _file(head + [line for entry in entries for line in _event(entry, entry.starts_at, wakes=False)])


def _file(lines: list[str]) -> bytes:
    whole = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//hospital-service//appointment//ZH",
        "CALSCALE:GREGORIAN",
        *lines,
        "END:VCALENDAR",
    ]
    return b"".join(_folded(line) + b"\r\n" for line in whole)


def _event(entry: CalendarEntry, now: datetime, *, wakes: bool) -> list[str]:
    lines = [
        "BEGIN:VEVENT",
        f"UID:{entry.id}@hospital-service",
        f"SEQUENCE:{entry.sequence}",
        f"DTSTAMP:{_utc(now)}",
        f"DTSTART:{_utc(entry.starts_at)}",
        f"DTEND:{_utc(entry.ends_at)}",
        f"SUMMARY:{_text(entry.summary)}",
        f"LOCATION:{_text(entry.location)}",
        f"DESCRIPTION:{_text(entry.description)}",
        "STATUS:" + ("CANCELLED" if entry.is_cancelled else "CONFIRMED"),
    ]
    if wakes and not entry.is_cancelled:
        lines += [
            "BEGIN:VALARM",
            "ACTION:DISPLAY",
            "TRIGGER:-PT2H",
            f"DESCRIPTION:{_text(entry.summary)}",
            "END:VALARM",
        ]
    return [*lines, "END:VEVENT"]


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _text(value: str) -> str:
    for plain, escaped in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\r\n", "\\n"), ("\n", "\\n"), ("\r", "\\n")):
        value = value.replace(plain, escaped)
    return value


def _folded(line: str) -> bytes:
    """Fold at 75 bytes, never inside a character."""
    pieces: list[bytes] = []
    piece = b""
    for character in line:
        encoded = character.encode()
        limit = LINE_BYTES if not pieces else LINE_BYTES - 1  # the space that continues counts
        if len(piece) + len(encoded) > limit:
            pieces.append(piece)
            piece = b""
        piece += encoded
    return b"\r\n ".join([*pieces, piece])
