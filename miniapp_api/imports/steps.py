"""What lines about schedules change, by the steps of schedules themselves: they check, record, and say whom they reach.

The constraint against two clinics at once is asked in the end: in between, a file may put one clinic where another one
still is.
"""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from pydantic import ValidationError
from tortoise.exceptions import IntegrityError

from miniapp_api.errors import ScheduleOverlap
from miniapp_api.imports.columns import DAY, EXCEPTION, SCHEDULE, SCHEDULING, SETTING
from miniapp_api.imports.drafts import Draft, Drafts, Values
from miniapp_api.imports.report import BadLine
from miniapp_api.imports.rules import POOLS
from miniapp_api.schedules import clinics, decisions, exceptions
from miniapp_api.schedules.edits import Step
from miniapp_api.schedules.forms import DayForm, ExceptionForm, ScheduleChange, ScheduleForm, SettingForm
from miniapp_api.schedules.models import NO_OVERLAP
from server import db, field_texts
from server.accounts import SignedInStaff
from server.errors import LANGUAGES, AppError

CODES = "SELECT code, id FROM {}"
# $1 practitioner, $2 weekday, $3 begin, $4 a day on which it holds
RULE_AT = """
SELECT id FROM schedule_rule WHERE active AND practitioner_id = $1 AND weekday = $2 AND starts_at = $3
    AND valid_from <= $4 AND (valid_until IS NULL OR valid_until >= $4)
"""
EXCEPTION_OF = """
SELECT id FROM schedule_exception WHERE active AND kind = $1 AND practitioner_id IS NOT DISTINCT FROM $2
    AND department_id IS NOT DISTINCT FROM $3 AND first_day = $4 AND last_day = $5
    AND starts_at IS NOT DISTINCT FROM $6 AND ends_at IS NOT DISTINCT FROM $7 ORDER BY id LIMIT 1
"""
CHANGEABLE = ("room_id", "ends_at", "slot_minutes", *POOLS, "visit_type", "valid_until")


@dataclass
class Done:
    """What the steps did. departments: whose plan they reach, None is all; extras: the line of each extra clinic."""

    bad: list[BadLine] = field(default_factory=list)
    departments: set[UUID] | None = field(default_factory=set)
    extras: dict[UUID, Draft] = field(default_factory=dict)

    def reach(self, departments: Iterable[UUID] | None) -> None:
        """Take in whom a step reaches."""
        if departments is None or self.departments is None:
            self.departments = None
        else:
            self.departments.update(departments)


class _Steps:
    """The steps of lines, with the identifiers of what they name."""

    def __init__(self, staff: SignedInStaff, why: str) -> None:
        self.staff = staff
        self.why = why
        self._ids: dict[str, dict[str, UUID]] = {}

    async def read_codes(self) -> None:
        for table in ("practitioner", "department", "room"):
            self._ids[table] = {row["code"]: row["id"] for row in await db.fetch(CODES.format(table))}

    def _named(self, row: Values) -> dict[str, UUID | None]:
        """Give the identifiers of the codes that a row holds."""
        return {
            f"{table}_id": self._ids[table][row[f"{table}_code"]] if row.get(f"{table}_code") else None
            for table in ("practitioner", "department", "room")
        }

    async def of_clinic(self, draft: Draft) -> list[Step]:
        row, since, staff = draft.row, draft.since, self.staff
        assert since is not None  # every line about a clinic has its day
        values = {name: row[name] for name in ScheduleForm.model_fields if name in row} | self._named(row)
        begin = clinics.create_rule(staff, ScheduleForm(**values | {"valid_from": since}), why=self.why)
        if draft.known is None:
            return [begin]
        key = (values["practitioner_id"], row["weekday"], row["starts_at"], since)
        (rule,) = await db.fetch(RULE_AT, *key)
        end = clinics.end_rule(staff, rule["id"], since - timedelta(days=1), why=self.why)
        if not row["active"]:
            return [end]
        if row["department_code"] != draft.known["department_code"]:
            return [end, begin]
        change = ScheduleChange(from_day=since, **{name: values[name] for name in CHANGEABLE})
        return [clinics.change_rule(staff, rule["id"], change, why=self.why)]

    async def of_exception(self, draft: Draft) -> list[Step]:
        row, named = draft.row, self._named(draft.row)
        values = {name: row[name] for name in ExceptionForm.model_fields if name in row} | named
        if row["exception"] != "extra":
            values |= {"slot_minutes": None, "visit_type": None, "room_id": None}
        form = ExceptionForm(**values | {"kind": row["exception"]})
        if draft.known is None:
            return [exceptions.create_exception(self.staff, form)]
        key = (row["exception"], named["practitioner_id"], named["department_id"])
        when = (row["first_day"], row["last_day"], row["starts_at"], row["ends_at"])
        (found,) = await db.fetch(EXCEPTION_OF, *key, *when)
        if not row["active"]:
            return [exceptions.end_exception(self.staff, found["id"], why=self.why)]
        return [exceptions.change_exception(self.staff, found["id"], form)]

    async def of_day(self, draft: Draft) -> list[Step]:
        row = draft.row
        if not row["active"]:
            return [decisions.forget_day(self.staff, row["day"])]
        form = DayForm(kind=row["day_kind"], name=row["name"], as_weekday=row["as_weekday"])
        return [decisions.name_day(self.staff, row["day"], form)]

    async def of_setting(self, draft: Draft) -> list[Step]:
        row, department_id = draft.row, self._named(draft.row)["department_id"]
        assert department_id is not None  # its code was checked
        form = SettingForm(**{name: row[name] for name in SettingForm.model_fields if name in row})
        return [decisions.decide(self.staff, department_id, form, why=self.why)]


async def carry_out(staff: SignedInStaff, drafts: Drafts, why: str) -> Done:
    """Do what lines about schedules want, in the open transaction, whose locks the caller holds.

    why: kept in the history. Lines that a step refuses are told with their place.
    """
    done = Done()
    todo = [draft for kind in SCHEDULING for draft in drafts[kind.name].values() if draft.is_new or draft.is_changed]
    if not todo:
        return done
    steps = _Steps(staff, why)
    await steps.read_codes()
    makers: dict[str, Callable[[Draft], Awaitable[list[Step]]]] = {
        SCHEDULE.name: steps.of_clinic,
        EXCEPTION.name: steps.of_exception,
        DAY.name: steps.of_day,
        SETTING.name: steps.of_setting,
    }
    await db.fetch(f"SET CONSTRAINTS {NO_OVERLAP} DEFERRED")
    for draft in sorted(todo, key=_turn):
        try:
            for step in await makers[draft.line.kind.name](draft):
                reach = await step()
                done.reach(reach.departments)
                if draft.row.get("exception") == "extra" and reach.row is not None:
                    done.extras[reach.row.id] = draft
        except AppError as error:
            done.bad.append(refused(draft, error))
        except ValidationError as error:
            done.bad.append(_malformed(draft, error))
    await _ask_constraint(todo[0], done)
    return done


async def _ask_constraint(first: Draft, done: Done) -> None:
    try:
        async with db.transaction():
            await db.fetch(f"SET CONSTRAINTS {NO_OVERLAP} IMMEDIATE")
    except IntegrityError as error:
        if db.violated(error) != NO_OVERLAP:
            raise
        values = _in_languages(ScheduleOverlap().detail)
        done.bad.append(BadLine(first.line.sheet, 0, "", "refused", values))


def _turn(draft: Draft) -> tuple[int, Any]:
    """What ends goes first, then what changes, in the order of the days."""
    order = 0 if not draft.row.get("active", True) else 1 if draft.known is not None else 2
    return order, (draft.since.toordinal() if draft.since else 0)


def refused(draft: Draft, error: AppError) -> BadLine:
    """Say with its place what a step refuses."""
    wrong = error.data.get("errors")
    if not wrong:
        return BadLine(draft.line.sheet, draft.line.number, "", "refused", _in_languages(error.detail))
    field_ = wrong[0]
    values = _in_languages(lambda language: field_texts.say(field_["code"], language, {}, field_["detail"]))
    column = field_["pointer"].strip("/").replace("_id", "_code")
    return BadLine(draft.line.sheet, draft.line.number, column, "refused", values)


def _malformed(draft: Draft, error: ValidationError) -> BadLine:
    first = error.errors(include_url=False)[0]
    more = first.get("ctx", {})
    values = _in_languages(lambda language: field_texts.say(first["type"], language, more, first["msg"]))
    column = str(first["loc"][0]) if first["loc"] else draft.line.kind.key[0]
    return BadLine(draft.line.sheet, draft.line.number, column, "refused", values)


def _in_languages(say: Callable[[str], str]) -> dict[str, str]:
    return dict(zip(("zh", "tw", "en"), (say(language) for language in LANGUAGES), strict=True))
