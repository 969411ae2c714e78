"""What a catalogue must be before it is let in: known codes, no circle, nobody and no room in two clinics. Pure."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise, product
from string import ascii_uppercase

from infra.catalogue.cells import shown
from infra.catalogue.columns import CAMPUS, DEPARTMENT, FAQ, HOSPITAL, PRACTITIONER, PRICE, ROOM, SCHEDULE, Kind
from infra.catalogue.drafts import Draft, Drafts, Rows, State, Values, draft_all
from infra.catalogue.reading import Line
from infra.catalogue.report import BadLine, Count

DAY_MINUTES = 24 * 60
WEEKDAYS = "一二三四五六日"


@dataclass(frozen=True)
class Words:
    """What names are checked against and made from.

    specialities: code and name; initials: of a Chinese name; staff: the user names of those who may own an answer.
    """

    specialities: dict[str, str]
    initials: Callable[[str], str]
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

    def to_write(self) -> dict[str, list[Values]]:
        """Give the rows that are new or changed, by kind."""
        return {
            name: [draft.row for draft in drafts.values() if draft.is_new or draft.is_changed]
            for name, drafts in self.drafts.items()
        }


def check(lines: Iterable[Line], state: State, words: Words) -> Checked:
    """Find everything that is wrong with a file that shall change a catalogue standing as `state`."""
    drafts, bad = draft_all(lines, state)
    target = {
        name: rows | {key: draft.row for key, draft in drafts[name].items()} for name, rows in state.items()
    }  # the rows are shared: what the rules fill up in a draft is in the target too
    bad += _hospital(drafts, target)
    for draft in drafts[DEPARTMENT.name].values():
        bad += _department(draft, target, words)
    bad += _prefixes(drafts[DEPARTMENT.name], target[DEPARTMENT.name], words)
    for kind in (PRACTITIONER, ROOM, PRICE):
        for draft in drafts[kind.name].values():
            bad += _refers(draft, "department_code", DEPARTMENT, target)
    for draft in drafts[SCHEDULE.name].values():
        bad += _schedule(draft, target)
    for draft in drafts[FAQ.name].values():
        bad += _answer(draft, target, words)
    bad += _overlaps(drafts[SCHEDULE.name], target[SCHEDULE.name])
    return Checked(drafts=drafts, bad=bad)


def _hospital(drafts: Drafts, target: State) -> Iterator[BadLine]:
    """A catalogue of nobody would show patients a hospital without a name."""
    first = next((draft for rows in drafts.values() for draft in rows.values()), None)
    if first is not None and not target[HOSPITAL.name]:
        zh = "系统里还没有医院，请加一行 hospital（医院）并填写名称"
        yield BadLine(first.line.sheet, 0, "kind", zh, "there is no hospital yet: add a line of kind hospital")
    for draft in drafts[HOSPITAL.name].values():
        if (draft.row["latitude"] is None) != (draft.row["longitude"] is None) and not draft.failed:
            zh = "纬度和经度要一起填写"
            yield draft.bad("latitude", zh, "latitude and longitude must be filled in together")


def _department(draft: Draft, target: State, words: Words) -> Iterator[BadLine]:
    row = draft.row
    campuses = target[CAMPUS.name]
    if row["campus_code"] is None and "campus_code" not in draft.failed:
        if len(campuses) == 1:
            row["campus_code"] = next(iter(campuses))[0]
        else:
            yield draft.bad("campus_code", "必须填写院区", "the campus must be filled in")
    yield from _refers(draft, "campus_code", CAMPUS, target)
    yield from _refers(draft, "parent_code", DEPARTMENT, target)
    if "parent_code" in draft.given and _stands_under_itself(row["code"], target[DEPARTMENT.name]):
        yield draft.bad("parent_code", "科室成了自己的上级", "the department stands above itself")
    code = row["speciality_code"]
    if "speciality_code" in draft.given and code not in words.specialities:
        zh = f"诊疗科目代码“{shown(code)}”不在国家名录中；请按文本填写，如 03.04"
        yield draft.bad("speciality_code", zh, f"{shown(code)!r} is not in the national list; write text like 03.04")


def _refers(draft: Draft, column: str, kind: Kind, target: State) -> Iterator[BadLine]:
    """Check a code that the line itself gives; what stood before is not this line's fault."""
    code = draft.row[column]
    if column in draft.given and (code,) not in target[kind.name]:
        yield draft.bad(column, f"没有代码为“{code}”的{kind.words[0]}", f"there is no {kind.name} {code!r}")


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
            prefix = draft.row["ticket_prefix"] = _free_prefix(words.initials(draft.row["name"]), set(owners))
            owners[prefix].append(code)
        elif "ticket_prefix" in draft.given and (draft.known is None or draft.known["ticket_prefix"] != prefix):
            other = next((other for other in owners[prefix] if other != code and places.get(other, -1) < place), None)
            if other is not None:
                zh = f"排队号前缀 {prefix} 已经属于科室 {other}"
                yield draft.bad("ticket_prefix", zh, f"the prefix {prefix} belongs to the department {other}")


def _free_prefix(initials: str, taken: set[str]) -> str:
    letters = [letter for letter in initials.upper() if letter in ascii_uppercase]
    wanted = [*letters[:1], *("".join(pair) for pair in pairwise(letters)), *ascii_uppercase]
    every = (*wanted, *("".join(pair) for pair in product(ascii_uppercase, repeat=2)))
    return next((prefix for prefix in every if prefix not in taken), "A")


def _schedule(draft: Draft, target: State) -> Iterator[BadLine]:
    row = draft.row
    yield from _refers(draft, "practitioner_code", PRACTITIONER, target)
    yield from _refers(draft, "department_code", DEPARTMENT, target)
    yield from _refers(draft, "room_code", ROOM, target)
    if row["department_code"] is None:
        row["department_code"] = target[PRACTITIONER.name].get((row["practitioner_code"],), {}).get("department_code")
    room = target[ROOM.name].get((row["room_code"],))
    is_known = (row["department_code"],) in target[DEPARTMENT.name]
    if room and is_known and room["department_code"] != row["department_code"]:
        zh = f"诊室 {row['room_code']} 属于科室 {room['department_code']}，不属于 {row['department_code']}"
        en = f"the room {row['room_code']} belongs to the department {room['department_code']}"
        yield draft.bad("room_code", zh, en)
    if draft.failed & {"ends_at", "slot_minutes"} or row["ends_at"] is None:
        return
    begin, end = span(row)
    if end <= begin:
        yield draft.bad("ends_at", "结束时间必须晚于开始时间", "must be after the beginning")
    elif (end - begin) % row["slot_minutes"]:
        zh = f"{end - begin} 分钟不能分成整的 {row['slot_minutes']} 分钟时段"
        en = f"{end - begin} minutes cannot be divided into slots of {row['slot_minutes']} minutes"
        yield draft.bad("slot_minutes", zh, en)


def _answer(draft: Draft, target: State, words: Words) -> Iterator[BadLine]:
    """An answer that patients read has a day of review; what was taken away does not come back."""
    row = draft.row
    yield from _refers(draft, "department_code", DEPARTMENT, target)
    if row["state"] == "approved" and row["review_on"] is None and "review_on" not in draft.failed:
        yield draft.bad("review_on", "已批准的答复必须有复核日期", "an approved answer needs the day of its review")
    if draft.known is not None and draft.known["state"] == "retired" and row["state"] != "retired":
        zh = "这条问答已停用，请用新的代码另写一条"
        yield draft.bad("state", zh, "this answer was retired: write a new one under another code")
    if "owner" in draft.given and row["owner"] not in words.staff:
        zh = f"没有账号“{shown(row['owner'])}”"
        yield draft.bad("owner", zh, f"there is no member of staff with the user name {shown(row['owner'])!r}")


def span(row: Values) -> tuple[int, int]:
    """Give begin and end of a clinic in minutes of its day; an end at 00:00 is the end of the day."""
    begin = row["starts_at"].hour * 60 + row["starts_at"].minute
    end = row["ends_at"].hour * 60 + row["ends_at"].minute
    return begin, end or DAY_MINUTES


def _overlaps(drafts: dict[tuple, Draft], schedules: Rows) -> Iterator[BadLine]:
    """Nobody is in two rooms at once, and no room has two practitioners at once."""
    standing: list[tuple[Values, Draft | None]] = [(row, None) for key, row in schedules.items() if key not in drafts]
    busy: dict[tuple, list[tuple[Values, Draft | None]]] = defaultdict(list)
    # what stands comes first, then the file from top to bottom: the later line is the one to mend
    for row, draft in [*standing, *((draft.row, draft) for draft in drafts.values())]:
        if not row["active"] or row["ends_at"] is None or (draft and "ends_at" in draft.failed):
            continue
        for column in ("practitioner_code", "room_code"):
            if row[column] is None:
                continue
            others = busy[column, row[column], row["weekday"]]
            other = next((other for other in others if _overlap(row, other[0])), None)
            if draft and other:
                yield _clash(draft, column, *other)
            others.append((row, draft))


def _overlap(one: Values, other: Values) -> bool:
    (begin, end), (other_begin, other_end) = span(one), span(other)
    return begin < other_end and other_begin < end


def _clash(draft: Draft, column: str, other: Values, theirs: Draft | None) -> BadLine:
    who = "医生" if column == "practitioner_code" else "诊室"
    when = f"{other['starts_at']:%H:%M}-{other['ends_at']:%H:%M}"
    where = f"第 {theirs.line.number} 行" if theirs else "系统中"
    place = f"line {theirs.line.number}" if theirs else "in the database"
    return draft.bad(
        "starts_at" if column == "practitioner_code" else column,
        f"{who} {other[column]} 周{WEEKDAYS[other['weekday']]} {when} 已有排班（{where}）",
        f"{column.removesuffix('_code')} {other[column]} already has a clinic at {when} ({place})",
    )
