"""The rota and the relations of the staff over HTTP, for whoever keeps them."""

from datetime import date, timedelta
from typing import Annotated, Any
from uuid import UUID

from pydantic import AwareDatetime, Field, StringConstraints, model_validator
from sanic import Blueprint, Request

from satisfaction.errors import RotaChanged
from satisfaction.organisation import actions, models
from satisfaction.organisation.rules import LEVELS, Line, days_between, text_of, time_of
from server import clock, db, hospital
from server.accounts import Role
from server.auth import staff_only
from server.errors import NotFound
from server.web import Form, ShortText, Version, View, Whole, api, moment
from server.workdays import is_holiday, is_worked

bp = Blueprint("organisation", url_prefix="/api/v1")

KEEPERS = (Role.ADMIN, Role.SUPERVISOR)
LONGEST = 62
Day = Annotated[date, Field(ge=date(2000, 1, 1), lt=date(2100, 1, 1))]
Level = Annotated[Whole, Field(ge=0, lt=LEVELS)]
Start = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
End = Annotated[str, StringConstraints(pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$")]


class DutyLineForm(Form):
    """A line of the rota. An end that is not after the beginning is on the next day; 24:00 is midnight."""

    staff_id: UUID
    level: Level
    starts_at: Start
    ends_at: End


class DutyWeekLineForm(DutyLineForm):
    """A line of every week. weekday: Monday is 0. on_holidays: it holds on official holidays too."""

    weekday: Annotated[Whole, Field(ge=0, le=6)]
    on_holidays: bool = True


class DutyWeekForm(Form):
    """The whole weekly rota. version: the one that was seen."""

    week: Annotated[list[DutyWeekLineForm], Field(max_length=500)]
    version: Version


class DutyDayForm(Form):
    """The lines of a date; at each level that has any they stand in place of the weekday's. None: as the weekday."""

    lines: Annotated[list[DutyLineForm], Field(max_length=100)]
    version: Version


class DutyAbsenceForm(Form):
    """Somebody is away, and who stands in for them, if anybody."""

    staff_id: UUID
    from_at: AwareDatetime
    until_at: AwareDatetime
    why: ShortText
    stands_in: UUID | None = None


class DutyQuery(Form):
    """Which days are shown, both included; four weeks from today when none is named."""

    from_: Annotated[Day | None, Field(alias="from")] = None
    to: Day | None = None

    @model_validator(mode="after")
    def in_order(self) -> "DutyQuery":
        """Refuse a time that ends before it begins, and one that is too long."""
        if self.to and not 0 <= (self.to - (self.from_ or clock.today())).days <= LONGEST:
            raise ValueError("at most two months")
        return self


class DutyPersonView(View):
    """Somebody who can stand on the rota."""

    id: UUID
    name: str
    roles: list[str]
    department_names: str


class DutyLineView(View):
    """A line of the rota. weekday or day: one of both."""

    staff_id: UUID
    name: str
    level: int
    weekday: int | None = None
    day: str | None = None
    starts_at: str
    ends_at: str
    on_holidays: bool = True


class DutyAbsenceView(View):
    """Somebody who is or will be away."""

    id: UUID
    staff_id: UUID
    name: str
    from_at: str
    until_at: str
    why: str
    stands_in: UUID | None
    stands_in_name: str


class DutyDateView(View):
    """A day as it counts. name: what the hospital calls it, or empty. uncovered: levels without any line."""

    day: str
    weekday: int
    is_worked: bool
    is_holiday: bool
    name: str
    uncovered: list[int]


class DutyNowView(View):
    """Who is on duty at this moment at a level. stands_for: for whom, if they stand in."""

    level: int
    id: UUID
    name: str
    stands_for: str


class DutyRotaView(View):
    """The rota: every week, on single dates, who is away, how the days count, who is there now."""

    version: int
    week: list[DutyLineView]
    dates: list[DutyLineView]
    absences: list[DutyAbsenceView]
    days: list[DutyDateView]
    now: list[DutyNowView]
    people: list[DutyPersonView]


class DutyRelationForm(Form):
    """A declared relation to a colleague, or to a patient by the number of their file."""

    to_staff_id: UUID | None = None
    file_number: Annotated[str, StringConstraints(strip_whitespace=True, max_length=40)] = ""
    why: ShortText

    @model_validator(mode="after")
    def to_one(self) -> "DutyRelationForm":
        """Refuse a relation to nobody, and to two."""
        if (self.to_staff_id is None) == (not self.file_number):
            raise ValueError("name a colleague or a patient's file, not both")
        return self


class DutyMemberForm(Form):
    """Who leads somebody, and whom they are related to."""

    staff_id: UUID
    manager_id: UUID | None = None
    relations: Annotated[list[DutyRelationForm], Field(max_length=20, default_factory=list)]


class DutyRelationView(View):
    """A declared relation."""

    to_staff_id: UUID | None
    to_staff_name: str
    file_number: str
    why: str


class DutyMemberView(View):
    """A member of staff with who leads them and whom they are related to."""

    id: UUID
    name: str
    roles: list[str]
    department_names: str
    manager_id: UUID | None
    manager_name: str
    relations: list[DutyRelationView]


class DutyOrganisationView(View):
    """The staff."""

    items: list[DutyMemberView]


# ---- the rota ------------------------------------------------------------------------------------------------------


@bp.get("/admin/duties")
@api(guard=staff_only(*KEEPERS), query=DutyQuery, returns=DutyRotaView, tag="organisation")
async def rota(request: Request, query: DutyQuery) -> DutyRotaView:
    """Give the rota, who is away, and how the days count: holidays, make-up days, levels that nobody covers."""
    return await _rota(query.from_, query.to)


@bp.put("/admin/duties")
@api(
    guard=staff_only(*KEEPERS),
    body=DutyWeekForm,
    returns=DutyRotaView,
    errors=(NotFound, RotaChanged),
    tag="organisation",
)
async def write_week(request: Request, body: DutyWeekForm) -> DutyRotaView:
    """Write the weekly rota in place of the one there is."""
    lines = [_line(one, weekday=one.weekday, on_holidays=one.on_holidays) for one in body.week]
    await actions.write_week(lines, version=body.version)
    return await _rota()


@bp.put("/admin/duties/dates/<day:str>")
@api(
    guard=staff_only(*KEEPERS),
    body=DutyDayForm,
    returns=DutyRotaView,
    errors=(NotFound, RotaChanged),
    tag="organisation",
)
async def write_day(request: Request, day: str, body: DutyDayForm) -> DutyRotaView:
    """Write the lines of a date in place of its weekday's; no lines give it back to its weekday."""
    try:
        found = date.fromisoformat(day)
    except ValueError:
        raise NotFound() from None
    await actions.write_day(found, [_line(one) for one in body.lines], version=body.version)
    return await _rota()


@bp.post("/admin/duties/absences")
@api(
    guard=staff_only(*KEEPERS),
    body=DutyAbsenceForm,
    returns=DutyRotaView,
    status=201,
    creates=True,
    errors=(NotFound,),
    tag="organisation",
)
async def write_absence(request: Request, body: DutyAbsenceForm) -> DutyRotaView:
    """Write down that somebody is away; whoever stands in takes their lines."""
    await actions.write_absence(
        request.ctx.staff,
        staff_id=body.staff_id,
        span=(body.from_at, body.until_at),
        why=body.why,
        stands_in=body.stands_in,
    )
    return await _rota()


@bp.post("/admin/duties/absences/<absence_id:uuid>/end")
@api(guard=staff_only(*KEEPERS), returns=DutyRotaView, errors=(NotFound,), tag="organisation")
async def end_absence(request: Request, absence_id: UUID) -> DutyRotaView:
    """Let somebody be back from now on."""
    await actions.end_absence(absence_id)
    return await _rota()


def _line(form: DutyLineForm, **more: Any) -> Line:
    return Line(form.staff_id, form.level, time_of(form.starts_at), time_of(form.ends_at), **more)


async def _rota(first: date | None = None, last: date | None = None) -> DutyRotaView:
    first = first or clock.today()
    last = last or first + timedelta(days=27)
    week, dates = await db.fetch(models.WEEK), await db.fetch(models.DATES, first, last)
    people = [row for row in await db.fetch(models.PEOPLE) if set(row["roles"]) & _ON_ROTA]
    return DutyRotaView(
        version=await models.version(),
        week=[_shown(row) for row in week],
        dates=[_shown({**row, "day": row["day"].isoformat()}) for row in dates],
        absences=[_absence(row) for row in await db.fetch(models.ABSENCES)],
        days=await _days(first, last, week, dates),
        now=[
            DutyNowView(level=level, id=one.id, name=one.name, stands_for=one.stands_for)
            for level in range(LEVELS)
            for one in await hospital.on_duty(level)
        ],
        people=[
            DutyPersonView(**{name: row[name] for name in ("id", "name", "roles", "department_names")})
            for row in people
        ],
    )


_ON_ROTA = {str(one) for one in (Role.COMPLAINT_HANDLER, Role.SUPERVISOR, Role.DEPARTMENT_HEAD, Role.COMMITTEE)}


def _shown(row: dict[str, Any]) -> DutyLineView:
    return DutyLineView(**{**row, "starts_at": text_of(row["starts_at"]), "ends_at": text_of(row["ends_at"])})


def _absence(row: dict[str, Any]) -> DutyAbsenceView:
    return DutyAbsenceView(
        **{**row, "from_at": moment(row["from_at"]) or "", "until_at": moment(row["until_at"]) or ""}
    )


async def _days(first: date, last: date, week: list[dict[str, Any]], dates: list[dict[str, Any]]) -> list[DutyDateView]:
    own = {row["day"]: row for row in await db.fetch(models.CALENDAR, first, last)}
    found = []
    for day in days_between(first, last):
        mine = own.get(day)
        is_free = mine["kind"] == "holiday" if mine else is_holiday(day)
        worked = mine["kind"] in ("workday", "makeup") if mine else is_worked(day)
        dated = {row["level"] for row in dates if row["day"] == day}
        holding = (row for row in week if row["weekday"] == day.weekday() and (row["on_holidays"] or not is_free))
        weekly = {row["level"] for row in holding}
        found.append(
            DutyDateView(
                day=day.isoformat(),
                weekday=day.weekday(),
                is_worked=worked,
                is_holiday=is_free,
                name=mine["name"] if mine else "",
                uncovered=[level for level in range(LEVELS) if level not in dated | weekly],
            )
        )
    return found


# ---- who leads whom, who is related to whom --------------------------------------------------------------------------


@bp.get("/admin/organisation")
@api(guard=staff_only(*KEEPERS), returns=DutyOrganisationView, tag="organisation")
async def organisation(request: Request) -> DutyOrganisationView:
    """List the staff with who leads them and whom they are related to."""
    return await _organisation()


@bp.put("/admin/organisation")
@api(
    guard=staff_only(*KEEPERS),
    body=DutyMemberForm,
    returns=DutyOrganisationView,
    errors=(NotFound,),
    tag="organisation",
)
async def write_member(request: Request, body: DutyMemberForm) -> DutyOrganisationView:
    """Write who leads a member of staff and whom they are related to; conflicts of interest follow at once."""
    await actions.write_member(
        request.ctx.staff,
        body.staff_id,
        manager_id=body.manager_id,
        relations=[one.model_dump() for one in body.relations],
    )
    return await _organisation()


async def _organisation() -> DutyOrganisationView:
    relations: dict[UUID, list[DutyRelationView]] = {}
    for row in await db.fetch(models.RELATIONS):
        relations.setdefault(row["staff_id"], []).append(
            DutyRelationView(
                to_staff_id=row["to_staff_id"],
                to_staff_name=row["to_staff_name"],
                file_number=row["file_number"] or "",
                why=row["why"],
            )
        )
    people = await db.fetch(models.PEOPLE)
    return DutyOrganisationView(items=[DutyMemberView(**row, relations=relations.get(row["id"], [])) for row in people])
