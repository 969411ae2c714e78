"""The stations of a visit (环节): kinds, the list where nothing was decided, and the way as a patient sees it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

BEFORE = ("guide", "registration", "triage", "doctor")  # fixed: nobody is sent to them
SENT_TO = ("billing", "examination", "treatment", "pharmacy", "infusion", "admission", "discharge")
KINDS = (*BEFORE, *SENT_TO)
DOCTOR, GUIDE, REGISTRATION, TRIAGE = "doctor", "guide", "registration", "triage"
MOST = 30
OVER = ("left", "transferred", "voided")

NAMES = {  # zh-CN, en
    "guide": ("报到", "Check-in"),
    "registration": ("挂号", "Registration"),
    "triage": ("分诊", "Triage"),
    "doctor": ("就诊", "Doctor"),
    "billing": ("缴费", "Payment"),
    "examination": ("检查", "Examination"),
    "treatment": ("治疗", "Treatment"),
    "pharmacy": ("取药", "Pharmacy"),
    "infusion": ("输液", "Infusion"),
    "admission": ("办理住院", "Admission"),
    "discharge": ("离院", "Leaving"),
}
BACK = ("回到医生处", "Back to the doctor")


@dataclass(frozen=True)
class Station:
    """One station of a list. code: its own in the list. place, hint: where it is, and how one walks there."""

    code: str
    kind: str
    name: str
    name_en: str = ""
    place: str = ""
    place_en: str = ""
    hint: str = ""
    hint_en: str = ""
    active: bool = True

    def to_json(self) -> dict[str, Any]:
        """Give all of it for the database and for programs."""
        return asdict(self)

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Station":
        """Read what was kept."""
        return cls(**{field.name: kept[field.name] for field in fields(cls) if field.name in kept})


DEFAULT = tuple(Station(kind, kind, *NAMES[kind], active=kind != TRIAGE) for kind in KINDS)


@dataclass(frozen=True)
class Step:
    """A station that a patient was sent to. state: later, now, done or dropped."""

    id: str
    station: Station
    is_after: bool
    state: str


@dataclass(frozen=True)
class Visit:
    """What the way rests on. state: of the ticket, None before check-in. place: where the doctor is."""

    state: str | None
    is_booked: bool
    place: str


def wrong_in(stations: Sequence[Station]) -> str | None:
    """Say why a list cannot be: two of one code, none for the doctor, two of one fixed kind; None if it can."""
    codes = [station.code for station in stations]
    if len(set(codes)) != len(codes):
        return "same_code"
    fixed = [station.kind for station in stations if station.kind in BEFORE]
    if len(set(fixed)) != len(fixed) or DOCTOR not in [station.kind for station in stations if station.active]:
        return "fixed_stations"
    return None


def way(stations: Sequence[Station], visit: Visit, steps: Sequence[Step]) -> list[dict[str, Any]]:
    """Give the whole way of a visit as its patient sees it: what is done, where to go now, what is next, what later."""
    if visit.state in OVER:
        return []
    kept = [step for step in steps if step.state != "dropped"]
    before_done = visit.state is not None
    rows: list[dict[str, Any]] = []
    for station in stations:
        is_shown = station.active and station.kind in BEFORE
        if station.kind in (GUIDE, REGISTRATION):
            is_shown = is_shown and (station.kind == GUIDE) == visit.is_booked
        if is_shown and station.kind != DOCTOR:
            rows.append(_row(station, "done" if before_done else "later"))
    doctor = next((one for one in stations if one.kind == DOCTOR), DEFAULT[3])
    round_ = [step for step in kept if not step.is_after]
    is_seen = visit.state == "done" or bool(round_)
    rows.append(_row(doctor, "done" if is_seen else "now" if before_done else "later", place=visit.place))
    rows += [_row(step.station, step.state, step_id=step.id) for step in round_]
    if round_:
        is_open = any(step.state in ("now", "later") for step in round_)
        state = "done" if visit.state == "done" else "later" if is_open else "now"
        rows.append(_row(doctor, state, place=visit.place, names=BACK))
    rows += [_row(step.station, step.state, step_id=step.id, is_after=True) for step in kept if step.is_after]
    return _with_next(rows, is_begun=before_done)


def _with_next(rows: list[dict[str, Any]], *, is_begun: bool) -> list[dict[str, Any]]:
    later = [row for row in rows if row["state"] == "later"]
    if not is_begun and later:  # nothing is done yet: the first one is where to go
        later.pop(0)["state"] = "now"
    if later:
        later[0]["state"] = "next"
    return rows


def _row(
    station: Station,
    state: str,
    *,
    step_id: str | None = None,
    place: str = "",
    names: tuple[str, str] | None = None,
    is_after: bool = False,
) -> dict[str, Any]:
    name, name_en = names or (station.name, station.name_en or NAMES[station.kind][1])
    return {
        "id": step_id,
        "stage": station.kind,
        "name": name,
        "state": state,
        "place": place or station.place or None,
        "hint": station.hint or None,
        "name_en": name_en,
        "place_en": place or station.place_en or station.place or None,
        "hint_en": station.hint_en or None,
        "is_after": is_after,
    }
