"""What a desk takes along for a day: the public key, the rules, and everybody who is expected at it.

A desk asks again every minute with the version that it has. The people are divided into 64 parts by their id; a version
is a mark of each part, so that the answer holds the parts that differ and no server has to remember what it told whom.
"""

import base64
import zlib
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from typing import Any
from uuid import UUID

import orjson

from miniapp_api.checkin import codes
from miniapp_api.checkin.arrivals import served
from miniapp_api.checkin.rules import EXPECTED, PRESENT
from miniapp_api.offline import models
from server import clock, db
from server.accounts import SignedInStaff
from server.errors import NotFound
from server.privacy import mask_name
from server.web import moment

PARTS = 64
STEPS_AROUND = 1  # a code is taken in the step before and after its own


@dataclass(frozen=True)
class Day:
    """What is known of a day at a desk: who may check in here, and by which rules."""

    head: dict[str, Any]  # desk, day, keys, departments
    people: list[dict[str, Any]]
    bands: dict[str, dict[str, Any]]


async def day_of(desk_id: UUID, staff: SignedInStaff, seed: bytes) -> Day:
    """Read the day of a desk.

    seed: the root of the codes; only the day's public key leaves the server.
    Raises: NotFound, Forbidden for a desk of another department.
    """
    desk = await db.fetch_one(models.DESK, desk_id)
    if desk is None:
        raise NotFound()
    own = served(desk["department_id"], staff)
    scope = None if own is None else sorted(own)
    today = clock.today()
    departments = await db.fetch(models.DEPARTMENTS, scope)
    people = await db.fetch(models.PEOPLE, today, scope)
    bands = await db.fetch(models.BANDS, today, scope)
    head = {
        "day": today.isoformat(),
        "starts_at": moment(clock.at(today, 0)),
        "ends_at": moment(clock.at(today + timedelta(days=1), 0)),
        "desk": {**desk, "id": str(desk["id"]), "department_id": _text(desk["department_id"])},
        "keys": [{"day": today.isoformat(), "public_key": _key(seed, today)}],
        "step_seconds": int(codes.STEP.total_seconds()),
        "steps_around": STEPS_AROUND,
        "departments": [{**one, "id": str(one["id"])} for one in departments],
    }
    told_bands = {str(one["slot_id"]): _band(one) for one in bands}
    return Day(head, [person for one in people if (person := _person(one))["slot_id"] in told_bands], told_bands)


def told(day: Day, since: str | None) -> bytes:
    """Give the answer as JSON: all of the day, or the parts of it that differ from version `since`."""
    parts: list[list[dict[str, Any]]] = [[] for _ in range(PARTS)]
    for person in day.people:
        parts[part_of(UUID(person["id"]))].append(person)
    head = f"{zlib.crc32(orjson.dumps(day.head)):08x}"
    marks = [_mark([(one, day.bands[one["slot_id"]]) for one in part]) for part in parts]
    version = f"{head}.{base64.urlsafe_b64encode(b''.join(marks)).decode().rstrip('=')}"
    known = _known(since, head)
    sent = [n for n in range(PARTS) if known is None or known[n] != marks[n]]
    people = [one for n in sent for one in parts[n]]
    slots = {one["slot_id"] for one in people}
    return orjson.dumps(
        {
            **day.head,
            "server_at": clock.now().astimezone(UTC).isoformat(timespec="milliseconds"),
            "version": version,
            "is_whole": known is None,
            "parts": sent,
            "people": people,
            "bands": [band for slot_id, band in day.bands.items() if slot_id in slots],
        }
    )


def part_of(appointment_id: UUID) -> int:
    """Give the part in which somebody is told: the last byte of the id, modulo 64."""
    return appointment_id.bytes[-1] % PARTS


def _mark(part: list[Any]) -> bytes:
    return zlib.crc32(orjson.dumps(part)).to_bytes(4, "big")


def _known(since: str | None, head: str) -> list[bytes] | None:
    """Read a version; None when it is of another day, desk or right, or none of ours: then all is told anew."""
    mine, _, rest = (since or "").partition(".")
    if mine != head:
        return None
    try:
        raw = base64.urlsafe_b64decode(rest.encode("ascii") + b"=" * (-len(rest) % 4))
    except ValueError:
        return None
    return [raw[n * 4 : n * 4 + 4] for n in range(PARTS)] if len(raw) == PARTS * 4 else None


def _person(row: dict[str, Any]) -> dict[str, Any]:
    state = "here" if row["status"] in PRESENT else "expected" if row["status"] in EXPECTED else "cancelled"
    return {
        "id": str(row["id"]),
        "slot_id": str(row["slot_id"]),
        "state": state,
        "number": row["number"],
        "name": mask_name(row["name"]),
        "initials": row["initials"],
        "phone_tail": row["phone_tail"],
        "file_number": row["file_number"],
        "ticket": row["label"],
        "checked_in_at": moment(row["checked_in_at"]),
    }


def _band(row: dict[str, Any]) -> dict[str, Any]:
    room = " ".join(part for part in (row["room_location"], row["room_name"]) if part)
    return {
        "slot_id": str(row["slot_id"]),
        "department_id": str(row["department_id"]),
        "department": row["department"],
        "practitioner": row["practitioner"],
        "place": room or row["department_location"] or row["department"],
        "is_stopped": row["is_stopped"],
        **{name: moment(row[name]) for name in ("starts_at", "ends_at", "opens_at", "closes_at")},
    }


def _key(seed: bytes, day: date) -> str:
    return base64.urlsafe_b64encode(codes.day_public_key(seed, day)).decode().rstrip("=")


def _text(value: UUID | None) -> str | None:
    return None if value is None else str(value)
