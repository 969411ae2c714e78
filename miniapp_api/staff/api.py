"""How an administrator keeps the accounts of staff, and how somebody changes their own password."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sanic import Blueprint, HTTPResponse, Request

from miniapp_api.staff import actions, contacts, models, own, views
from miniapp_api.staff.errors import LastAdministrator, OfOneself, UsernameTaken
from miniapp_api.staff.notes import history
from miniapp_api.staff.views import KeptStaff
from server import auth, db
from server.accounts import Role
from server.auth import staff_only
from server.errors import Forbidden, Malformed, NotFound, SomeoneWasFaster, Stale, TooMany, wrong_field
from server.web import Paging, api, check_version, listing, once_only, replayed

bp = Blueprint("staff_accounts", url_prefix="/api/v1")

_ADMIN = staff_only(Role.ADMIN)
_CHANGED = (NotFound, Forbidden, Stale, SomeoneWasFaster)
_NULLABLE = ("practitioner_id", "phone", "email", "wecom_userid")


@dataclass(frozen=True)
class _Seen:
    version: int


async def _seen(request: Request, staff_id: UUID) -> int:
    """Compare the version that a command names; give the one that was seen."""
    row = await actions.read(request.ctx.staff, staff_id)
    check_version(request, _Seen(row["version"]), lambda: views.show(row))
    return row["version"]


def _grants(roles: list[views.StaffGrant]) -> list[tuple[str, UUID | None]]:
    return list(dict.fromkeys((str(one.role), one.department_id) for one in roles))


@bp.get("/admin/staff")
@api(guard=_ADMIN, query=views.StaffQuery, returns=views.KeptStaffList, errors=(Forbidden,), tag="admin")
async def index(request: Request, query: views.StaffQuery) -> dict[str, Any]:
    """List the accounts by user name, those that are switched off too."""
    actions.need_hospital(request.ctx.staff)
    active = None if query.active is None else query.active == "true"
    rows = await db.fetch(models.PAGE, query.q, query.role, query.department, active, query.after(), query.limit + 1)
    return listing(rows, query.limit, views.show)


@bp.get("/admin/staff/<staff_id:uuid>")
@api(guard=_ADMIN, returns=KeptStaff, errors=(NotFound, Forbidden), tag="admin")
async def one(request: Request, staff_id: UUID) -> dict[str, Any]:
    """Give one account."""
    return views.show(await actions.read(request.ctx.staff, staff_id))


@bp.post("/admin/staff")
@api(
    guard=_ADMIN,
    body=views.NewStaff,
    returns=views.OneTimePasswordView,
    status=201,
    creates="itself",
    errors=(UsernameTaken, Forbidden),
    tag="admin",
)
async def create(request: Request, body: views.NewStaff) -> HTTPResponse:
    """Make an account; the answer names its one-time password, which nobody can read again."""
    actions.need_hospital(request.ctx.staff)
    if request.ctx.once and (earlier := await request.ctx.once.earlier()):
        return replayed(*earlier)
    password = actions.one_time_password()
    password_hash = await auth.hashed(password)
    values = body.model_dump(exclude={"roles"})

    async def make() -> dict[str, Any]:
        row = await actions.create(request.ctx.staff, values, _grants(body.roles), password_hash)
        return {"staff": views.show(row), "one_time_password": password}

    return await once_only(request, lambda: _whole(make), status=201, secret=True)


@bp.patch("/admin/staff/<staff_id:uuid>")
@api(guard=_ADMIN, body=views.StaffChange, returns=KeptStaff, errors=(*_CHANGED, LastAdministrator), tag="admin")
async def change(request: Request, staff_id: UUID, body: views.StaffChange) -> dict[str, Any]:
    """Change an account; what is absent stays."""
    version = await _seen(request, staff_id)
    values = body.model_dump(exclude_unset=True, exclude={"roles"})
    given = [*values, *(["roles"] if "roles" in body.model_fields_set else [])]
    for name in given:
        if getattr(body, name) is None and name not in _NULLABLE:
            raise wrong_field(f"/{name}", "needed", "cannot be removed")
    roles = None if body.roles is None else _grants(body.roles)
    return views.show(await actions.change(request.ctx.staff, staff_id, values, roles, version))


@bp.get("/admin/staff/<staff_id:uuid>/hands")
@api(guard=_ADMIN, returns=views.StaffHands, errors=(NotFound, Forbidden), tag="admin")
async def hands(request: Request, staff_id: UUID) -> dict[str, int]:
    """Count what lies in somebody's hands, before they are switched off."""
    await actions.read(request.ctx.staff, staff_id)
    (counts,) = await db.fetch(models.HANDS, staff_id)
    return counts


@bp.post("/admin/staff/<staff_id:uuid>/deactivation")
@api(
    guard=_ADMIN,
    body=views.StaffSwitchForm,
    returns=KeptStaff,
    creates=True,
    errors=(*_CHANGED, OfOneself, LastAdministrator),
    tag="admin",
)
async def deactivate(request: Request, staff_id: UUID, body: views.StaffSwitchForm) -> dict[str, Any]:
    """Switch an account off: its sessions end at once, what lies in its hands stays."""
    version = await _seen(request, staff_id)
    return views.show(await actions.deactivate(request.ctx.staff, staff_id, version, body.reason))


@bp.post("/admin/staff/<staff_id:uuid>/activation")
@api(guard=_ADMIN, body=views.StaffSwitchForm, returns=KeptStaff, creates=True, errors=_CHANGED, tag="admin")
async def activate(request: Request, staff_id: UUID, body: views.StaffSwitchForm) -> dict[str, Any]:
    """Switch an account on again."""
    version = await _seen(request, staff_id)
    return views.show(await actions.activate(request.ctx.staff, staff_id, version, body.reason))


@bp.post("/admin/staff/<staff_id:uuid>/password")
@api(
    guard=_ADMIN,
    returns=views.OneTimePasswordView,
    status=201,
    creates="itself",
    errors=(NotFound, Forbidden, OfOneself),
    tag="admin",
)
async def give_password(request: Request, staff_id: UUID) -> HTTPResponse:
    """Give somebody a one-time password in place of the one that they have; their sessions end."""
    await actions.read(request.ctx.staff, staff_id)
    if request.ctx.once and (earlier := await request.ctx.once.earlier()):
        return replayed(*earlier)
    password = actions.one_time_password()
    password_hash = await auth.hashed(password)

    async def make() -> dict[str, Any]:
        row = await actions.give_password(request.ctx.staff, staff_id, password_hash)
        return {"staff": views.show(row), "one_time_password": password}

    return await once_only(request, lambda: _whole(make), status=201, secret=True)


async def _whole(make: Any) -> Any:
    """Do it in one transaction, also where no key asked for one."""
    async with db.transaction():
        return await make()


@bp.post("/admin/staff/<staff_id:uuid>/sign-out")
@api(guard=_ADMIN, returns=KeptStaff, errors=(NotFound, Forbidden), tag="admin")
async def end_sessions(request: Request, staff_id: UUID) -> dict[str, Any]:
    """End every session of somebody."""
    return views.show(await actions.sign_out(request.ctx.staff, staff_id))


@bp.post("/admin/staff/<staff_id:uuid>/contacts")
@api(guard=_ADMIN, body=views.StaffContactsForm, returns=views.StaffContacts, errors=(NotFound, Forbidden), tag="admin")
async def see_contacts(request: Request, staff_id: UUID, body: views.StaffContactsForm) -> dict[str, str]:
    """Show the whole phone number and mail address; who looked, and why, is written down."""
    return await contacts.show(request.ctx.staff, staff_id, body.reason)


@bp.get("/admin/staff/<staff_id:uuid>/history")
@api(guard=_ADMIN, query=Paging, returns=views.StaffHistory, errors=(NotFound, Forbidden), tag="admin")
async def changes(request: Request, staff_id: UUID, query: Paging) -> dict[str, Any]:
    """Say who changed an account, and what."""
    await actions.read(request.ctx.staff, staff_id)
    return listing(await history(staff_id, query.after(), query.limit), query.limit, views.show_change)


@bp.post("/staff/me/password")
@api(
    guard=staff_only(may_be_new=True),
    body=views.OwnPasswordForm,
    status=204,
    errors=(Malformed, TooMany, SomeoneWasFaster),
    tag="sign-in",
)
async def own_password(request: Request, body: views.OwnPasswordForm) -> None:
    """Change one's own password; every other session of one's own ends."""
    token = auth.token_of(request)
    await own.change_password(request.ctx.staff, body.old_password, body.new_password, token=token)
