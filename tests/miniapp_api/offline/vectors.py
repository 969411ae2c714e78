"""What server and desk must say alike: codes and arrivals, with the server's verdicts. `python -m` writes the file."""

import base64
import json
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from miniapp_api.checkin import codes
from miniapp_api.checkin.rules import Arrival, judge_arrival
from server import clock

FILE = Path(__file__).parents[3] / "clients" / "console" / "tests" / "offline-vectors.json"
ROOT = b"v" * 32
DAY = date(2026, 3, 9)
DEPARTMENT, OTHER = UUID(int=0xD1), UUID(int=0xD2)
STATUS = {"expected": "booked", "here": "checked_in", "cancelled": "cancelled"}


def at(hour: int, minute: int = 0, second: float = 0) -> datetime:
    return clock.at(DAY, hour, minute) + timedelta(seconds=second)


def _moment(value: datetime) -> str:
    return value.isoformat(timespec="seconds")


def _band(n: int, **more: Any) -> dict[str, Any]:
    values = {
        "slot_id": str(UUID(int=0xB0 + n)),
        "department_id": str(DEPARTMENT),
        "department": "心血管内科",
        "practitioner": "王敏",
        "place": "门诊楼2层 2诊室",
        "is_stopped": False,
        "starts_at": _moment(at(9, 30)),
        "ends_at": _moment(at(10)),
        "opens_at": _moment(at(8, 30)),
        "closes_at": _moment(at(10, 30)),
    }
    return values | more


def _person(n: int, band: int = 0, state: str = "expected") -> dict[str, Any]:
    return {
        "id": str(UUID(int=0xA0 + n)),
        "slot_id": str(UUID(int=0xB0 + band)),
        "state": state,
        "number": n,
        "name": "张*三",
        "initials": "zxs",
        "phone_tail": f"{n:04d}",
        "file_number": f"T{n:06d}",
        "ticket": None,
        "checked_in_at": None,
    }


def the_day() -> dict[str, Any]:
    key = base64.urlsafe_b64encode(codes.day_public_key(ROOT, DAY)).decode().rstrip("=")
    return {
        "day": DAY.isoformat(),
        "starts_at": _moment(clock.at(DAY, 0)),
        "ends_at": _moment(clock.at(DAY + timedelta(days=1), 0)),
        "keys": [{"day": DAY.isoformat(), "public_key": key}],
        "step_seconds": int(codes.STEP.total_seconds()),
        "steps_around": 1,
        "departments": [{"id": str(DEPARTMENT), "name": "心血管内科", "location": "门诊楼2层A区"}],
        "people": [_person(0), _person(1, state="here"), _person(2, state="cancelled"), _person(3, 1), _person(4, 2)],
        "bands": [_band(0), _band(1, is_stopped=True), _band(2, department_id=str(OTHER))],
    }


def said(day: dict[str, Any], appointment_id: UUID, now: datetime) -> tuple[str, str | None]:
    """What the server's rules say of somebody on the list, or `unsure` of who is not on it."""
    person = next((one for one in day["people"] if one["id"] == str(appointment_id)), None)
    if person is None or clock.local(now).date() != DAY:
        return "unsure", None
    band = next(one for one in day["bands"] if one["slot_id"] == person["slot_id"])
    moments = {name: datetime.fromisoformat(band[name]) for name in ("starts_at", "ends_at", "opens_at", "closes_at")}
    judgement = judge_arrival(
        Arrival(
            status=STATUS[person["state"]],
            session_status="stopped" if band["is_stopped"] else "open",
            has_place=False,
            department_id=UUID(band["department_id"]),
            day=DAY,
            starts_at=moments["starts_at"],
            ends_at=moments["ends_at"],
            opens_minutes=int((moments["starts_at"] - moments["opens_at"]).total_seconds() // 60),
            closes_minutes=int((moments["closes_at"] - moments["ends_at"]).total_seconds() // 60),
            serves=frozenset(UUID(one["id"]) for one in day["departments"]),
        ),
        now,
        clock.local(now).date(),
    )
    return judgement.outcome, judgement.reason


def _codes(person: UUID) -> Iterator[tuple[str, str, datetime]]:
    nine = at(9)
    good = codes.patient_code(ROOT, person, nine).text
    for seconds in (-31, -30, 0, 29.9, 30, 59.9, 60, 300):
        yield f"a code of nine, {seconds} s later", good, nine + timedelta(seconds=seconds)
    slip = codes.slip_code(ROOT, person, DAY)
    yield "a slip of today", slip, nine
    yield "a slip of today, after midnight", slip, clock.at(DAY + timedelta(days=1), 0, 5)
    yield "a slip of tomorrow", codes.slip_code(ROOT, person, DAY + timedelta(days=1)), nine
    yield "a code of yesterday's last step", codes.patient_code(ROOT, person, at(0, 0, -5)).text, at(0, 0, 5)
    yield "a code of today's first step", codes.patient_code(ROOT, person, at(0, 0, 5)).text, at(0, 0, 5)
    yield "signed by somebody else", codes.patient_code(b"x" * 32, person, nine).text, nine
    yield "a forged slip", codes.slip_code(b"x" * 32, person, DAY), nine
    yield "the desk's own code", codes.desk_code(ROOT, person, nine).text, nine
    body, seal = good.rsplit(".", 1)
    kind, payload = body.split(".")
    yield "as a slip", f"P2.{payload}.{seal}", nine
    yield "half a signature", f"{body}.{seal[:40]}", nine
    yield "no signature", f"{body}.", nine
    yield "another written form", f"{good}=", nine
    yield "a dot too many", f"{good}.", nine
    yield "spare bits", good[:-1] + chr(ord(good[-1]) + 1), nine
    raw = bytes([2]) + base64.urlsafe_b64decode(payload)[1:]
    yield "another version", f"{kind}.{base64.urlsafe_b64encode(raw).decode().rstrip('=')}.{seal}", nine
    raw = bytes([1]) + person.bytes + (0xFFFFFFFF).to_bytes(4, "big")
    yield "a slip of no day", f"P2.{base64.urlsafe_b64encode(raw).decode().rstrip('=')}.{seal}", nine
    for text in (
        "",
        ".",
        "H2",
        "H2..",
        "6901234567892",
        "H1.a.b",
        "H2.好.b",
        "x" * 301,
        "https://example.invalid/a.b.c",
    ):
        yield f"rubbish: {text[:20]}", text, nine


def vectors() -> dict[str, Any]:
    """The day of a desk, and cases with what the server says to each."""
    day = the_day()
    keys = {DAY: codes.day_public_key(ROOT, DAY)}
    cases = []
    for name, code, now in _codes(UUID(int=0xA0)):
        opened = codes.open_patient_code(keys, code, now)
        verdict = ("refused", opened.refusal) if opened.refusal else said(day, opened.subject_id or UUID(int=0), now)
        cases.append({"name": name, "code": code, "now": _exact(now), "outcome": verdict[0], "reason": verdict[1]})
    moments = [at(8, 29, 59.9), at(8, 30), at(9, 45), at(10, 30), at(10, 30, 0.1), clock.at(DAY + timedelta(days=1), 9)]
    for who in (*(UUID(one["id"]) for one in day["people"]), UUID(int=0xFF)):
        for now in moments:
            outcome, reason = said(day, who, now)
            name = f"{who.hex[-2:]} at {_exact(now)}"
            cases.append({"name": name, "person": str(who), "now": _exact(now), "outcome": outcome, "reason": reason})
    return {"written_by": "tests/miniapp_api/offline/vectors.py", "day": day, "cases": cases}


def _exact(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")


def as_text() -> str:
    return json.dumps(vectors(), ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    FILE.write_text(as_text(), encoding="utf-8")
