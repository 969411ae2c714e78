"""What a catalogue must be before it is let in: known codes, no circle, nobody and no room in two clinics. Pure."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from miniapp_api.administration.rules import free_prefix
from miniapp_api.imports.cells import shown
from miniapp_api.imports.columns import (
    CAMPUS,
    DAY,
    DEPARTMENT,
    EXCEPTION,
    FAQ,
    HOSPITAL,
    PRACTITIONER,
    PRICE,
    ROOM,
    SCHEDULE,
    SETTING,
    Kind,
)
from miniapp_api.imports.drafts import Draft, Drafts, Rows, State, Values, draft_all
from miniapp_api.imports.reading import Line
from miniapp_api.imports.report import BadLine, Count, Difference

DAY_MINUTES = 24 * 60
WEEK_MINUTES = 7 * DAY_MINUTES
MOST_PLACES = 400  # of a band, in all pools
FOREVER = date.max
POOLS = ("capacity", "desk_capacity", "revisit_capacity", "referral_capacity")
WEEKDAYS = "一二三四五六日"


@dataclass(frozen=True)
class Words:
    """What names are checked against and made from.

    specialities: code and name; initials: of a Chinese name; staff: the user names of those who may own an answer.
    """

    specialities: dict[str, str]
    initials: Callable[[str], str]
    today: date
    staff: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Checked:
    """What a file wants, by kind, and everything that is wrong with it."""

    drafts: Drafts
    bad: list[BadLine]

    def counts(self) -> dict[str, Count]:
        """Count what is new, changed and unchanged, for each kind that the file holds."""
        return {
            name: Count(
                new=sum(draft.is_new for draft in drafts.values()),
                changed=sum(draft.is_changed for draft in drafts.values()),
                unchanged=sum(not draft.is_new and not draft.is_changed for draft in drafts.values()),
            )
            for name, drafts in self.drafts.items()
            if drafts
        }

    def differences(self) -> tuple[Difference, ...]:
        """Give what the lines make and change, kind by kind."""
        every = (draft.difference() for drafts in self.drafts.values() for draft in drafts.values())
        return tuple(one for one in every if one is not None)

    def to_write(self) -> dict[str, list[Values]]:
        """Give the rows that are new or changed, by kind."""
        return {
            name: [draft.row for draft in drafts.values() if draft.is_new or draft.is_changed]
            for name, drafts in self.drafts.items()
        }


def check(lines: Iterable[Line], state: State, words: Words) -> Checked:
    """Find everything that is wrong with a file that shall change a catalogue standing as `state`."""
    drafts, bad = draft_all(lines, state, words.today)
    target = {
        name: rows | {key: draft.row for key, draft in drafts[name].items()} for name, rows in state.items()
    }  # the rows are shared: what the rules fill up in a draft is in the target too
    bad += _hospital(drafts, target)
    for draft in drafts[DEPARTMENT.name].values():
        bad += _department(draft, target, words)
    bad += _prefixes(drafts[DEPARTMENT.name], target[DEPARTMENT.name], words)
    for kind in (PRACTITIONER, ROOM, PRICE, SETTING):
        for draft in drafts[kind.name].values():
            bad += _refers(draft, "department_code", DEPARTMENT, target)
    for draft in drafts[SCHEDULE.name].values():
        bad += _schedule(draft, target)
    for draft in drafts[EXCEPTION.name].values():
        bad += _exception(draft, target)
    for draft in drafts[DAY.name].values():
        bad += _day(draft)
    for draft in drafts[SETTING.name].values():
        bad += _setting(draft)
    for draft in drafts[FAQ.name].values():
        bad += _answer(draft, target, words)
    bad += _overlaps(drafts[SCHEDULE.name], state[SCHEDULE.name])
    return Checked(drafts=drafts, bad=bad)


def _hospital(drafts: Drafts, target: State) -> Iterator[BadLine]:
    """A catalogue of nobody would show patients a hospital without a name."""
    first = next((draft for rows in drafts.values() for draft in rows.values()), None)
    if first is not None and not target[HOSPITAL.name]:
        yield BadLine(first.line.sheet, 0, "kind", "no_hospital")
    for draft in drafts[HOSPITAL.name].values():
        if (draft.row["latitude"] is None) != (draft.row["longitude"] is None) and not draft.failed:
            yield draft.bad("latitude", "half_map_point")


def _department(draft: Draft, target: State, words: Words) -> Iterator[BadLine]:
    row = draft.row
    campuses = target[CAMPUS.name]
    if row["campus_code"] is None and "campus_code" not in draft.failed:
        if len(campuses) == 1:
            row["campus_code"] = next(iter(campuses))[0]
        else:
            yield draft.bad("campus_code", "campus_needed")
    yield from _refers(draft, "campus_code", CAMPUS, target)
    yield from _refers(draft, "parent_code", DEPARTMENT, target)
    if "parent_code" in draft.given and _stands_under_itself(row["code"], target[DEPARTMENT.name]):
        yield draft.bad("parent_code", "circle")
    code = row["speciality_code"]
    if "speciality_code" in draft.given and code not in words.specialities:
        yield draft.bad("speciality_code", "unknown_speciality", code=shown(code))


def _refers(draft: Draft, column: str, kind: Kind, target: State) -> Iterator[BadLine]:
    """Check a code that the line itself gives; what stood before is not this line's fault."""
    code = draft.row[column]
    if column in draft.given and (code,) not in target[kind.name]:
        yield draft.bad(column, "unknown_code", code=code, kind=kind.name, kind_zh=kind.words[0])


def _stands_under_itself(code: str, departments: Rows) -> bool:
    seen = set()
    above = departments[(code,)]["parent_code"]
    while above is not None and above not in seen:
        if above == code:
            return True
        seen.add(above)
        above = departments.get((above,), {}).get("parent_code")
    return False


def _prefixes(drafts: dict[tuple, Draft], departments: Rows, words: Words) -> Iterator[BadLine]:
    """Two departments with one prefix would call two people with one number: refuse that, and choose where free."""
    owners: dict[str, list[str]] = defaultdict(list)
    for row in departments.values():
        if row["ticket_prefix"]:
            owners[row["ticket_prefix"]].append(row["code"])
    places = {draft.row["code"]: place for place, draft in enumerate(drafts.values())}
    for place, draft in enumerate(drafts.values()):
        prefix, code = draft.row["ticket_prefix"], draft.row["code"]
        if prefix is None and "ticket_prefix" not in draft.failed:
            prefix = draft.row["ticket_prefix"] = free_prefix(words.initials(draft.row["name"]), set(owners))
            owners[prefix].append(code)
        elif "ticket_prefix" in draft.given and (draft.known is None or draft.known["ticket_prefix"] != prefix):
            other = next((other for other in owners[prefix] if other != code and places.get(other, -1) < place), None)
            if other is not None:
                yield draft.bad("ticket_prefix", "prefix_taken", prefix=prefix, other=other)


def _schedule(draft: Draft, target: State) -> Iterator[BadLine]:
    row = draft.row
    yield from _refers(draft, "practitioner_code", PRACTITIONER, target)
    yield from _refers(draft, "department_code", DEPARTMENT, target)
    yield from _refers(draft, "room_code", ROOM, target)
    if row["department_code"] is None:
        row["department_code"] = target[PRACTITIONER.name].get((row["practitioner_code"],), {}).get("department_code")
    if not (draft.is_new or draft.is_changed):
        return  # what stands is not this line's fault
    yield from _room_of(draft, target)
    if draft.failed.isdisjoint(POOLS) and not 1 <= sum(row[pool] for pool in POOLS) <= MOST_PLACES:
        yield draft.bad("capacity", "too_many_places", most=MOST_PLACES)
    if row["active"] and draft.since and (row["valid_until"] or FOREVER) < draft.since:
        yield draft.bad("valid_until", "ends_first")


def _room_of(draft: Draft, target: State) -> Iterator[BadLine]:
    """A room calls the patients of its own department."""
    row = draft.row
    room = target[ROOM.name].get((row["room_code"],))
    is_known = (row["department_code"],) in target[DEPARTMENT.name]
    if room and is_known and room["department_code"] != row["department_code"]:
        yield draft.bad("room_code", "other_department", room=row["room_code"], department=room["department_code"])


def _exception(draft: Draft, target: State) -> Iterator[BadLine]:
    row = draft.row
    yield from _refers(draft, "practitioner_code", PRACTITIONER, target)
    yield from _refers(draft, "department_code", DEPARTMENT, target)
    yield from _refers(draft, "room_code", ROOM, target)
    if not (draft.is_new or draft.is_changed) or draft.failed:
        return
    yield from _room_of(draft, target)
    if row["last_day"] < row["first_day"]:
        yield draft.bad("last_day", "ends_first")
    is_somebodys, has_places = row["practitioner_code"] is not None, any(row[pool] is not None for pool in POOLS)
    fits = {
        "leave": is_somebodys and not has_places,
        "closure": not is_somebodys and not has_places,
        "extra": None not in (row["practitioner_code"], row["department_code"], row["starts_at"]) and has_places,
        "capacity": has_places,
    }
    if not fits[row["exception"]] or (row["starts_at"] is None) != (row["ends_at"] is None):
        yield draft.bad("exception", "wrong_exception")


def _day(draft: Draft) -> Iterator[BadLine]:
    row = draft.row
    if row["day_kind"] != "makeup" and "as_weekday" not in draft.given:
        row["as_weekday"] = None  # it was a make-up workday before
    if not draft.failed and (row["day_kind"] == "makeup") != (row["as_weekday"] is not None):
        yield draft.bad("as_weekday", "makeup_weekday")


def _setting(draft: Draft) -> Iterator[BadLine]:
    """When the desk's places return is said by one cell, by the way in which they do."""
    row, told = draft.row, {"reserve_return_minutes": "minutes_before", "reserve_return_at": "day_before"}
    for column, way in told.items():
        if row["reserve_return"] != way and column not in draft.given:
            row[column] = None  # of the way before
        if not draft.failed and (row["reserve_return"] == way) != (row[column] is not None):
            yield draft.bad(column, "reserve_return")


def _answer(draft: Draft, target: State, words: Words) -> Iterator[BadLine]:
    """An answer that patients read has a day of review; what was taken away does not come back."""
    row = draft.row
    yield from _refers(draft, "department_code", DEPARTMENT, target)
    if row["state"] == "approved" and row["review_on"] is None and "review_on" not in draft.failed:
        yield draft.bad("review_on", "review_day_needed")
    if draft.known is not None and draft.known["state"] == "retired" and row["state"] != "retired":
        yield draft.bad("state", "retired_answer")
    if "owner" in draft.given and row["owner"] not in words.staff:
        yield draft.bad("owner", "unknown_owner", owner=shown(row["owner"]))


def span(row: Values) -> tuple[int, int]:
    """Give begin and end of a clinic in minutes of its day; an end that is not after the begin is on the next day."""
    begin = row["starts_at"].hour * 60 + row["starts_at"].minute
    end = row["ends_at"].hour * 60 + row["ends_at"].minute
    return begin, end if end > begin else end + DAY_MINUTES


@dataclass(frozen=True)
class _Clinic:
    """A weekly clinic as it will be for some time. draft: the line that wants it so; None: nobody touches it."""

    row: Values
    draft: Draft | None
    first: date
    last: date

    def meets(self, other: "_Clinic") -> bool:
        """Tell whether both are at one time, also across midnight and the end of the week."""
        if self.first > other.last or other.first > self.last:
            return False
        return any(
            begin < other_end and other_begin < end
            for begin, end in self.minutes()
            for other_begin, other_end in other.minutes()
        )

    def minutes(self) -> list[tuple[int, int]]:
        """Give the minutes of the week; Sunday's night goes on at its begin."""
        begin, end = (self.row["weekday"] * DAY_MINUTES + minute for minute in span(self.row))
        return [(begin, min(end, WEEK_MINUTES)), (0, end - WEEK_MINUTES)] if end > WEEK_MINUTES else [(begin, end)]


def _clinics(drafts: dict[tuple, Draft], standing: Rows) -> Iterator[_Clinic]:
    """Give all clinics as they will be: what nobody touches first, then the file from top to bottom.

    A line holds from its day on; until then, and until the day of the next line about it, stays what was.
    """
    lines: dict[int, list[Draft]] = defaultdict(list)
    for draft in drafts.values():
        if draft.known is not None:
            lines[id(draft.known)].append(draft)
    for known in standing.values():
        mine = min((draft.since for draft in lines[id(known)] if draft.since), default=FOREVER)
        last = min(known["valid_until"] or FOREVER, mine - timedelta(days=1) if mine < FOREVER else FOREVER)
        if known["valid_from"] <= last:
            yield _Clinic(known, None, known["valid_from"], last)
    for draft in drafts.values():
        if not draft.row["active"] or draft.since is None or draft.row["ends_at"] is None or "ends_at" in draft.failed:
            continue
        later = [other.since for other in lines[id(draft.known)] if other.since and other.since > draft.since]
        until = min(later) - timedelta(days=1) if draft.known is not None and later else FOREVER
        yield _Clinic(draft.row, draft, draft.since, min(draft.row["valid_until"] or FOREVER, until))


def _overlaps(drafts: dict[tuple, Draft], standing: Rows) -> Iterator[BadLine]:
    """Nobody is in two rooms at once, and no room has two practitioners at once; the later line is the one to mend."""
    busy: dict[tuple, list[_Clinic]] = defaultdict(list)
    for clinic in _clinics(drafts, standing):
        for column in ("practitioner_code", "room_code"):
            if clinic.row[column] is None:
                continue
            others = busy[column, clinic.row[column]]
            other = next((other for other in others if clinic.meets(other) and _is_new(clinic, other)), None)
            if clinic.draft and other:
                yield _clash(clinic.draft, column, other)
            others.append(clinic)


def _is_new(*clinics: _Clinic) -> bool:
    """Tell whether a line brings two clinics together: what stood so before is not its fault."""
    return any(one.draft is not None and (one.draft.is_new or one.draft.is_changed) for one in clinics)


def _clash(draft: Draft, column: str, other: _Clinic) -> BadLine:
    row, number = other.row, other.draft.line.number if other.draft else 0
    return draft.bad(
        "starts_at" if column == "practitioner_code" else column,
        "clinics_overlap",
        who=column.removesuffix("_code"),
        who_zh="医生" if column == "practitioner_code" else "诊室",
        code=row[column],
        when=f"周{WEEKDAYS[row['weekday']]} {row['starts_at']:%H:%M}-{row['ends_at']:%H:%M}",
        where=f"line {number}" if number else "in the database",
        where_zh=f"第 {number} 行" if number else "系统中",
    )
