"""How administrators keep the catalogue: the things with codes, the hospital page, prices, pictures."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sanic import Blueprint, HTTPResponse, Request
from sanic.response import raw

from miniapp_api.administration import actions, forms, models, pages, photos, retiring, views
from miniapp_api.administration.errors import AboveInactive, CodeTaken, DepartmentCircle, InUse, PrefixTaken
from miniapp_api.administration.images import MEDIA_TYPES
from miniapp_api.administration.models import Kind
from miniapp_api.administration.notes import history
from miniapp_api.administration.views import show
from miniapp_api.errors import PlanChanged
from server.accounts import Role
from server.auth import staff_only
from server.errors import Forbidden, NotFound, SomeoneWasFaster, Stale, wrong_field
from server.web import Form, View, api, check_version, listing

bp = Blueprint("administration", url_prefix="/api/v1")

_ADMIN = staff_only(Role.ADMIN)
_CHANGED = (NotFound, Forbidden, Stale, SomeoneWasFaster)
FOREVER = {
    "Cache-Control": "public, max-age=31536000, immutable",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'",
}


@dataclass(frozen=True)
class _Seen:
    version: int


def _check(request: Request, row: dict[str, Any], view: type[View]) -> int:
    """Compare the version that a command names; give the one that was seen."""
    check_version(request, _Seen(row["version"]), lambda: show(view, row))
    return row["version"]


def _given(body: Form, nullable: tuple[str, ...]) -> dict[str, Any]:
    """Give what a change names; null is said only of what may be empty."""
    values = body.model_dump(exclude_unset=True)
    for name, value in values.items():
        if value is None and name not in nullable:
            raise wrong_field(f"/{name}", "needed", "cannot be removed")
    return values


@dataclass(frozen=True)
class _Words:
    """How the routes of a kind are called, and what they take and give."""

    kind: Kind
    path: str
    one: type[View]
    many: type[View]
    new: type[Form]
    change: type[Form]
    nullable: tuple[str, ...] = ()
    refused: tuple[type[Exception], ...] = ()


def _keep(words: _Words) -> None:
    """Make the routes by which a kind is listed, made, changed and looked back at."""
    kind, path, one = words.kind, f"/admin/{words.path}", words.one

    @bp.get(path, name=f"kept_{words.path}")
    @api(guard=_ADMIN, query=forms.ThingsQuery, returns=words.many, tag="admin")
    async def things(request: Request, query: forms.ThingsQuery) -> dict[str, Any]:
        """List what is kept, by code, also what is out of use."""
        rows = await actions.page(
            request.ctx.staff,
            kind,
            active=query.active,
            q=query.q,
            department_id=query.department,
            after=query.after(),
            limit=query.limit,
        )
        return listing(rows, query.limit, lambda row: show(one, row))

    @bp.get(path + "/<row_id:uuid>", name=f"kept_{kind.name}")
    @api(guard=_ADMIN, returns=one, errors=(NotFound,), tag="admin")
    async def thing(request: Request, row_id: UUID) -> dict[str, Any]:
        """Give one of them."""
        return show(one, await actions.read(request.ctx.staff, kind, row_id))

    @bp.post(path, name=f"create_{kind.name}")
    @api(
        guard=_ADMIN,
        body=words.new,
        returns=one,
        status=201,
        creates=True,
        errors=(CodeTaken, Forbidden, *words.refused),  # type: ignore[arg-type]
        tag="admin",
    )
    async def create(request: Request, body: Form) -> dict[str, Any]:
        """Make one."""
        return show(one, await actions.create(request.ctx.staff, kind, body.model_dump()))

    @bp.patch(path + "/<row_id:uuid>", name=f"change_{kind.name}")
    @api(guard=_ADMIN, body=words.change, returns=one, errors=(*_CHANGED, *words.refused), tag="admin")  # type: ignore[arg-type]
    async def change(request: Request, row_id: UUID, body: Form) -> dict[str, Any]:
        """Change one; what is absent stays."""
        version = _check(request, await actions.read(request.ctx.staff, kind, row_id), one)
        values = _given(body, words.nullable)
        return show(one, await actions.change(request.ctx.staff, kind, row_id, values, version=version))

    @bp.get(path + "/<row_id:uuid>/history", name=f"history_of_{kind.name}")
    @api(guard=_ADMIN, query=forms.WholePaging, returns=views.CatalogueChangeList, errors=(NotFound,), tag="admin")
    async def changes(request: Request, row_id: UUID, query: forms.WholePaging) -> dict[str, Any]:
        """Say who changed it, and what."""
        await actions.read(request.ctx.staff, kind, row_id)
        rows = await history(kind.name, row_id, query.after(), query.limit)
        return listing(rows, query.limit, views.show_change)


def _retire(words: _Words) -> None:
    """Make the routes by which one of a kind is put out of use and comes back."""
    kind, path, one = words.kind, f"/admin/{words.path}/<row_id:uuid>", words.one

    @bp.get(path + "/use", name=f"use_of_{kind.name}")
    @api(guard=_ADMIN, returns=views.UseView, errors=(NotFound,), tag="admin")
    async def use(request: Request, row_id: UUID) -> dict[str, Any]:
        """Count what uses it, and say whether it may be put out of use."""
        await actions.read(request.ctx.staff, kind, row_id)
        counts = await actions.use_of(kind, row_id)
        return {**counts, "can_deactivate": retiring.can_rest(kind, counts)}

    @bp.post(path + "/deactivation", name=f"deactivate_{kind.name}")
    @api(
        guard=_ADMIN,
        body=forms.UseForm,
        returns=one,
        creates=True,
        errors=(*_CHANGED, InUse, PlanChanged),
        tag="admin",
    )
    async def deactivate(request: Request, row_id: UUID, body: forms.UseForm) -> dict[str, Any]:
        """Put it out of use, whole or not at all; free sessions go, weekly clinics rest."""
        staff = request.ctx.staff
        version = _check(request, await actions.read(staff, kind, row_id), one)
        return show(one, await retiring.deactivate(staff, kind, row_id, version=version, why=body.reason))

    @bp.post(path + "/activation", name=f"activate_{kind.name}")
    @api(
        guard=_ADMIN,
        body=forms.UseForm,
        returns=one,
        creates=True,
        errors=(*_CHANGED, AboveInactive, PlanChanged),
        tag="admin",
    )
    async def activate(request: Request, row_id: UUID, body: forms.UseForm) -> dict[str, Any]:
        """Bring it back into use, with its weekly clinics."""
        staff = request.ctx.staff
        version = _check(request, await actions.read(staff, kind, row_id), one)
        return show(one, await retiring.activate(staff, kind, row_id, version=version, why=body.reason))


_CAMPUSES = _Words(
    models.CAMPUS, "campuses", views.KeptCampus, views.KeptCampusList, forms.NewCampus, forms.CampusChange
)
_DEPARTMENTS = _Words(
    models.DEPARTMENT,
    "departments",
    views.KeptDepartment,
    views.KeptDepartmentList,
    forms.NewDepartment,
    forms.DepartmentChange,
    nullable=("parent_id",),
    refused=(PrefixTaken, DepartmentCircle),
)
_PRACTITIONERS = _Words(
    models.PRACTITIONER,
    "practitioners",
    views.KeptPractitioner,
    views.KeptPractitionerList,
    forms.NewPractitioner,
    forms.PractitionerChange,
    nullable=("gender",),
)
_ROOMS = _Words(
    models.ROOM, "rooms", views.KeptRoom, views.KeptRoomList, forms.NewRoom, forms.RoomChange, refused=(InUse,)
)
for _words in (_CAMPUSES, _DEPARTMENTS, _PRACTITIONERS, _ROOMS):
    _keep(_words)
for _words in (_DEPARTMENTS, _PRACTITIONERS, _ROOMS):
    _retire(_words)


@bp.get("/admin/specialities")
@api(guard=_ADMIN, returns=views.SpecialityList, tag="admin")
async def specialities(request: Request) -> dict[str, Any]:
    """List the clinical specialities (诊疗科目) whose codes departments carry."""
    return views.show_specialities()


@bp.get("/admin/hospital", name="kept_hospital")
@api(guard=_ADMIN, returns=views.HospitalPage, errors=(NotFound, Forbidden), tag="admin")
async def hospital(request: Request) -> dict[str, Any]:
    """Give the hospital page as it is kept."""
    row = await pages.hospital(request.ctx.staff)
    if row is None:
        raise NotFound()
    return show(views.HospitalPage, row)


@bp.put("/admin/hospital", name="write_hospital")
@api(
    guard=_ADMIN,
    body=forms.HospitalForm,
    returns=views.HospitalPage,
    errors=(Forbidden, Stale, SomeoneWasFaster),
    tag="admin",
)
async def write_hospital(request: Request, body: forms.HospitalForm) -> dict[str, Any]:
    """Write the hospital page."""
    staff = request.ctx.staff
    seen = await pages.hospital(staff)
    version = _check(request, seen, views.HospitalPage) if seen else None
    return show(views.HospitalPage, await pages.write_hospital(staff, body.model_dump(), version=version))


@bp.get("/admin/hospital/history", name="history_of_hospital")
@api(guard=_ADMIN, query=forms.WholePaging, returns=views.CatalogueChangeList, errors=(Forbidden,), tag="admin")
async def hospital_changes(request: Request, query: forms.WholePaging) -> dict[str, Any]:
    """Say who changed the hospital page, and what."""
    return await _whole_history(request, "hospital", query)


@bp.get("/admin/prices", name="kept_prices")
@api(guard=_ADMIN, returns=views.PriceLineList, errors=(Forbidden,), tag="admin")
async def prices(request: Request) -> dict[str, Any]:
    """List the lines of the price list; of those that fit a visit the most special one holds."""
    rows = await pages.prices(request.ctx.staff)
    return {"items": [show(views.PriceLine, row) for row in rows], "next": None}


@bp.put("/admin/prices", name="write_price")
@api(
    guard=_ADMIN,
    body=forms.PriceForm,
    returns=views.PriceLine,
    errors=(Forbidden, Stale, SomeoneWasFaster),
    tag="admin",
)
async def write_price(request: Request, body: forms.PriceForm) -> dict[str, Any]:
    """Set the price for a type of visit, a department and a title."""
    staff, values = request.ctx.staff, body.model_dump()
    actions.need_hospital(staff)
    seen = await pages.price_of(values)
    version = _check(request, seen, views.PriceLine) if seen else None
    return show(views.PriceLine, await pages.write_price(staff, values, version=version))


@bp.delete("/admin/prices/<price_id:uuid>", name="remove_price")
@api(guard=_ADMIN, status=204, errors=_CHANGED, tag="admin")
async def remove_price(request: Request, price_id: UUID) -> None:
    """Take a line off the price list."""
    version = _check(request, await pages.price(request.ctx.staff, price_id), views.PriceLine)
    await pages.remove_price(request.ctx.staff, price_id, version=version)


@bp.get("/admin/prices/history", name="history_of_prices")
@api(guard=_ADMIN, query=forms.WholePaging, returns=views.CatalogueChangeList, errors=(Forbidden,), tag="admin")
async def price_changes(request: Request, query: forms.WholePaging) -> dict[str, Any]:
    """Say who changed prices, and which."""
    return await _whole_history(request, "price", query)


async def _whole_history(request: Request, subject: str, query: forms.WholePaging) -> dict[str, Any]:
    actions.need_hospital(request.ctx.staff)
    return listing(await history(subject, None, query.after(), query.limit), query.limit, views.show_change)


@bp.post("/admin/practitioners/<practitioner_id:uuid>/photo", name="put_photo")
@api(
    guard=_ADMIN,
    returns=views.KeptPractitioner,
    errors=_CHANGED,
    takes=tuple(MEDIA_TYPES.values()),
    largest=photos.LARGEST,
    tag="admin",
)
async def put_photo(request: Request, practitioner_id: UUID) -> dict[str, Any]:
    """Give a practitioner another picture: the body is the file. Sending it twice is sending it once."""
    media_type = (request.content_type or "").split(";")[0].strip().lower()
    return await _photo(request, practitioner_id, (request.body, media_type))


@bp.delete("/admin/practitioners/<practitioner_id:uuid>/photo", name="remove_photo")
@api(guard=_ADMIN, returns=views.KeptPractitioner, errors=_CHANGED, tag="admin")
async def remove_photo(request: Request, practitioner_id: UUID) -> dict[str, Any]:
    """Take a practitioner's picture away."""
    return await _photo(request, practitioner_id, None)


async def _photo(request: Request, practitioner_id: UUID, picture: tuple[bytes, str] | None) -> dict[str, Any]:
    staff, folder = request.ctx.staff, photos.folder_of(request.app.ctx.settings.data_dir)
    version = _check(request, await actions.read(staff, models.PRACTITIONER, practitioner_id), views.KeptPractitioner)
    row = await photos.put(staff, practitioner_id, picture, version=version, folder=folder)
    return show(views.KeptPractitioner, row)


@bp.get("/photos/<name:str>", name="photo")
@api(errors=(NotFound,), content_types=tuple(MEDIA_TYPES.values()), tag="catalogue")
async def photo(request: Request, name: str) -> HTTPResponse:
    """Give a practitioner's picture; its name never means another one."""
    content, media_type = await photos.content_of(str(name), photos.folder_of(request.app.ctx.settings.data_dir))
    return raw(content, content_type=media_type, headers=FOREVER)
