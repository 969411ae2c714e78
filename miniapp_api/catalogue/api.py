"""The catalogue, open to everybody."""

from collections.abc import Iterable
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, StringConstraints
from sanic import Blueprint, Request

from miniapp_api.catalogue import actions
from miniapp_api.catalogue.finding import find
from miniapp_api.catalogue.rules import Price, prices_for
from miniapp_api.catalogue.search import Kind, Wanted
from server.web import MAX_PAGE, Form, Paging, View, api, language_of, listing

bp = Blueprint("catalogue", url_prefix="/api/v1")


class CataloguePaging(Paging):
    """The query of a list that a phone shows whole."""

    limit: Annotated[int, Field(ge=1, le=MAX_PAGE)] = MAX_PAGE


class PractitionersQuery(CataloguePaging):
    """Which practitioners or rooms."""

    department: UUID | None = None


class PriceView(View):
    """What a visit costs there; ordinary, expert, special or revisit."""

    visit_type: str
    price_fen: int


class WhereView(View):
    """Where a department stands, and how to get there."""

    id: str
    name: str
    address: str
    directions: str


class DepartmentView(View):
    """A department; parent_id makes the tree."""

    id: str
    code: str
    name: str
    pinyin: str
    initials: str
    parent_id: str | None
    campus: WhereView
    speciality_code: str
    location: str
    introduction: str
    check_in_opens_minutes: int
    check_in_closes_minutes: int
    aliases: list[str]
    prices: list[PriceView]
    version: int


class DepartmentList(View):
    """A page of departments."""

    items: list[DepartmentView]
    next: str | None


class PractitionerView(View):
    """A practitioner."""

    id: str
    code: str
    name: str
    pinyin: str
    initials: str
    title: str
    department_id: str
    department_name: str
    specialities: str
    introduction: str
    languages: list[str]
    photo: str
    gender: str | None
    prices: list[PriceView]
    version: int


class PractitionerList(View):
    """A page of practitioners."""

    items: list[PractitionerView]
    next: str | None


class ConsultingRoomView(View):
    """A consulting room."""

    id: str
    code: str
    name: str
    location: str
    department_id: str
    department_name: str
    version: int


class ConsultingRoomList(View):
    """A page of rooms."""

    items: list[ConsultingRoomView]
    next: str | None


class SearchQuery(Form):
    """What somebody types into the search: characters, pinyin, initials, mixed."""

    q: Annotated[str, StringConstraints(max_length=200)] = ""
    kind: Literal["department", "practitioner", "faq"] | None = None
    limit: Annotated[int, Field(ge=1, le=50)] = 20


class FoundView(View):
    """Something found. detail: the place of a department, the title of a practitioner, the beginning of an answer."""

    kind: str
    id: str
    name: str
    detail: str
    department_id: str | None
    department_name: str


class FoundList(View):
    """What was found, the likeliest first; there is no further page."""

    items: list[FoundView]
    next: str | None


def _show(row: dict[str, Any]) -> dict[str, Any]:
    return {name: str(value) if isinstance(value, UUID) else value for name, value in row.items()}


def _show_prices(prices: Iterable[Price], department_id: UUID, title: str | None) -> list[dict[str, Any]]:
    found = prices_for(prices, department_id, title)
    return [{"visit_type": visit_type, "price_fen": price_fen} for visit_type, price_fen in found.items()]


def _show_department(row: dict[str, Any], prices: Iterable[Price]) -> dict[str, Any]:
    shown: dict[str, Any] = {name: value for name, value in _show(row).items() if not name.startswith("campus_")}
    shown["campus"] = {name: str(row[f"campus_{name}"]) for name in ("id", "name", "address", "directions")}
    return {**shown, "prices": _show_prices(prices, row["id"], None)}


def _show_practitioner(row: dict[str, Any], prices: Iterable[Price]) -> dict[str, Any]:
    return {**_show(row), "prices": _show_prices(prices, row["department_id"], row["title"])}


@bp.get("/departments")
@api(query=CataloguePaging, returns=DepartmentList, tag="catalogue")
async def departments(request: Request, query: CataloguePaging) -> dict[str, Any]:
    """List the departments."""
    rows, prices = await actions.departments(query.after(), query.limit), await actions.prices()
    return listing(rows, query.limit, lambda row: _show_department(row, prices))


@bp.get("/departments/<department_id:uuid>")
@api(returns=DepartmentView, tag="catalogue")
async def department(request: Request, department_id: UUID) -> dict[str, Any]:
    """Give one department."""
    return _show_department(await actions.department(department_id), await actions.prices())


@bp.get("/practitioners")
@api(query=PractitionersQuery, returns=PractitionerList, tag="catalogue")
async def practitioners(request: Request, query: PractitionersQuery) -> dict[str, Any]:
    """List the practitioners, of one department when it is named."""
    rows, prices = await actions.practitioners(query.department, query.after(), query.limit), await actions.prices()
    return listing(rows, query.limit, lambda row: _show_practitioner(row, prices))


@bp.get("/practitioners/<practitioner_id:uuid>")
@api(returns=PractitionerView, tag="catalogue")
async def practitioner(request: Request, practitioner_id: UUID) -> dict[str, Any]:
    """Give one practitioner."""
    return _show_practitioner(await actions.practitioner(practitioner_id), await actions.prices())


@bp.get("/consulting-rooms")
@api(query=PractitionersQuery, returns=ConsultingRoomList, tag="catalogue")
async def consulting_rooms(request: Request, query: PractitionersQuery) -> dict[str, Any]:
    """List the consulting rooms, of one department when it is named."""
    return listing(await actions.rooms(query.department, query.after(), query.limit), query.limit, _show)


@bp.get("/search")
@api(query=SearchQuery, returns=FoundList, tag="catalogue")
async def search(request: Request, query: SearchQuery) -> dict[str, Any]:
    """Find departments, practitioners and answers in one list, by characters, pinyin, initials or all of them mixed.

    A slip of the thumb, another character of the same sound and traditional characters are understood. Answers come in
    the caller's language and in Chinese.
    """
    wanted = Wanted(
        kinds=frozenset({Kind(query.kind)}) if query.kind else None,
        languages=frozenset({language_of(request), "zh-CN"}),
    )
    hits = await find(query.q, limit=query.limit, wanted=wanted)
    items = [
        {"kind": hit.entry.kind, "id": str(hit.entry.id), "name": hit.entry.name, **hit.entry.shown} for hit in hits
    ]
    return {"items": items, "next": None}
