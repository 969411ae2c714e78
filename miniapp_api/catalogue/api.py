"""The catalogue, open to everybody."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import Field
from sanic import Blueprint, Request

from miniapp_api.catalogue import actions
from server.web import MAX_PAGE, Paging, View, api, listing

bp = Blueprint("catalogue", url_prefix="/api/v1")


class CataloguePaging(Paging):
    """The query of a list that a phone shows whole."""

    limit: Annotated[int, Field(ge=1, le=MAX_PAGE)] = MAX_PAGE


class PractitionersQuery(CataloguePaging):
    """Which practitioners."""

    department: UUID | None = None


class CampusView(View):
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
    campus: CampusView
    speciality_code: str
    location: str
    introduction: str
    check_in_opens_minutes: int
    check_in_closes_minutes: int
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
    version: int


class PractitionerList(View):
    """A page of practitioners."""

    items: list[PractitionerView]
    next: str | None


def _show(row: dict[str, Any]) -> dict[str, Any]:
    return {name: str(value) if isinstance(value, UUID) else value for name, value in row.items()}


def _show_department(row: dict[str, Any]) -> dict[str, Any]:
    row = _show(row)
    shown: dict[str, Any] = {name: value for name, value in row.items() if not name.startswith("campus_")}
    shown["campus"] = {name: row[f"campus_{name}"] for name in ("id", "name", "address", "directions")}
    return shown


@bp.get("/departments")
@api(query=CataloguePaging, returns=DepartmentList, tag="catalogue")
async def departments(request: Request, query: CataloguePaging) -> dict[str, Any]:
    """List the departments."""
    rows = await actions.departments(query.after(), query.limit)
    return listing(rows, query.limit, _show_department)


@bp.get("/departments/<department_id:uuid>")
@api(returns=DepartmentView, tag="catalogue")
async def department(request: Request, department_id: UUID) -> dict[str, Any]:
    """Give one department."""
    return _show_department(await actions.department(department_id))


@bp.get("/practitioners")
@api(query=PractitionersQuery, returns=PractitionerList, tag="catalogue")
async def practitioners(request: Request, query: PractitionersQuery) -> dict[str, Any]:
    """List the practitioners, of one department when it is named."""
    rows = await actions.practitioners(query.department, query.after(), query.limit)
    return listing(rows, query.limit, _show)
