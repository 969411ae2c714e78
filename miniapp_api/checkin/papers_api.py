"""What is printed: the visit slip for people without a phone, and the desk's poster."""

from typing import Any
from uuid import UUID

from sanic import Blueprint, HTTPResponse, Request
from sanic.response import raw

from miniapp_api.checkin import pictures, posters, sheets, slips
from miniapp_api.checkin.api import PICTURES, DeskView, seed_of, show_desk
from server import web
from server.accounts import Role
from server.auth import patient_only, staff_only
from server.errors import IllegalMove, OutsideTrouble
from server.runtime import runtime
from server.web import Form, View, api

bp = Blueprint("papers", url_prefix="/api/v1")

HTML = "text/html"
NOT_KEPT = {"Cache-Control": "no-store"}


class SlipDesk(View):
    """Where the slip is scanned."""

    name: str
    location: str


class SlipView(View):
    """A visit slip: the code for its day and what is printed around it; the name is masked."""

    code: str
    appointment_id: str
    hospital: str
    campus: str | None
    day: str
    starts_at: str
    ends_at: str
    opens_at: str
    number: int
    patient_name: str
    department: str
    practitioner: str | None
    place: str
    desk: SlipDesk | None


class PosterForm(Form):
    """How a desk's printed code counts. renew: from now on only a newly printed one does."""

    checks_in: bool | None = None
    renew: bool = False


@bp.get("/appointments/<appointment_id:uuid>/slip")
@api(guard=patient_only, returns=SlipView, errors=(IllegalMove,), tag="check-in")
async def slip(request: Request, appointment_id: UUID) -> dict[str, Any] | HTTPResponse:
    """Give the slip to print; as a page for Accept text/html, its code as a picture for image/svg+xml or image/png."""
    return await _shown(request, await slips.slip_of(request.ctx.account, appointment_id, seed_of(request)))


@bp.get("/desk/appointments/<appointment_id:uuid>/slip")
@api(guard=staff_only(*slips.PRINTERS), returns=SlipView, errors=(IllegalMove,), tag="desk")
async def desk_slip(request: Request, appointment_id: UUID) -> dict[str, Any] | HTTPResponse:
    """Give the slip for somebody without a phone; as a page or a picture by Accept."""
    return await _shown(request, await slips.slip_at_desk(request.ctx.staff, appointment_id, seed_of(request)))


@bp.get("/desks/<desk_id:uuid>/poster")
@api(
    guard=staff_only(*posters.READERS),
    content_types=("image/png", "image/jpeg", HTML),
    errors=(OutsideTrouble,),
    tag="desk",
)
async def poster(request: Request, desk_id: UUID) -> HTTPResponse:
    """Give the desk's printed mini-app code; for Accept text/html the poster to print."""
    found = await posters.poster_of(desk_id, request.ctx.staff, seed=seed_of(request), wechat=runtime().wechat)
    if HTML in request.headers.get("accept", ""):
        return _page(sheets.poster_sheet(found.about, found.picture, found.content_type))
    return raw(found.picture, content_type=found.content_type, headers=NOT_KEPT)


@bp.put("/desks/<desk_id:uuid>/poster")
@api(guard=staff_only(Role.SUPERVISOR), body=PosterForm, returns=DeskView, tag="desk")
async def change_poster(request: Request, desk_id: UUID, body: PosterForm) -> dict[str, Any]:
    """Say whether the desk's printed code checks in by itself, or end the code that was printed."""
    changed = await posters.change(desk_id, request.ctx.staff, checks_in=body.checks_in, is_renewed=body.renew)
    return show_desk(changed)


async def _shown(request: Request, found: dict[str, Any]) -> dict[str, Any] | HTTPResponse:
    accepted = request.headers.get("accept", "")
    if HTML in accepted:
        drawn = (await pictures.picture(found["code"], "image/svg+xml")).decode()
        return _page(sheets.slip_sheet(found, drawn[drawn.index("<svg") :]))
    for content_type in PICTURES:
        if content_type in accepted:
            picture = await pictures.picture(found["code"], content_type)
            return raw(picture, content_type=content_type, headers=NOT_KEPT)
    return web.reply(found, headers=NOT_KEPT)


def _page(text: str) -> HTTPResponse:
    headers = {**NOT_KEPT, "Content-Security-Policy": sheets.POLICY}
    return raw(text.encode(), content_type="text/html; charset=utf-8", headers=headers)
