"""Links of posters and tablets, for administrators: made, printed, taken back."""

import asyncio
import io
from typing import Annotated, Literal
from uuid import UUID

import qrcode
from pydantic import Field, StringConstraints
from qrcode.image.pure import PyPNGImage
from qrcode.image.svg import SvgPathImage
from sanic import Blueprint, HTTPResponse, Request
from sanic.response import raw

from satisfaction.errors import QuestionnaireUnready
from satisfaction.surveys import admin_reads, drafting
from satisfaction.surveys.admin_reads import LinkRow
from satisfaction.surveys.drafting import NewLink
from server import clock
from server.accounts import Role
from server.auth import staff_only
from server.runtime import runtime
from server.survey_links import page_of
from server.web import Form, View, api, moment

bp = Blueprint("admin_survey_links", url_prefix="/api/v1/admin")

leaders_of_links = staff_only(Role.ADMIN, Role.SUPERVISOR)


class NewSurveyLinkForm(Form):
    """A link to print on a poster of a department or room, or to open on a tablet."""

    kind: Literal["poster", "interview"]
    department_id: UUID
    room_id: UUID | None = None
    note: Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)] = ""
    days: Annotated[int, Field(ge=1, le=1095)] = 365
    most_a_day: Annotated[int, Field(ge=1, le=2000)] = 200


class AdminSurveyLinkView(View):
    """A link. url: what the code on the poster says; empty once it is over."""

    id: UUID
    kind: str
    department_name: str
    room_name: str
    note: str
    made_at: str
    expires_at: str
    is_over: bool
    most_a_day: int
    uses: int
    url: str


class AdminSurveyLinkList(View):
    """Links, those in use first."""

    items: list[AdminSurveyLinkView]


@bp.get("/survey-links")
@api(guard=leaders_of_links, returns=AdminSurveyLinkList, tag="questionnaires")
async def survey_links(request: Request) -> AdminSurveyLinkList:
    """List the links of posters and tablets."""
    return AdminSurveyLinkList(items=[_view(request, row) for row in await admin_reads.links()])


@bp.post("/survey-links")
@api(
    guard=leaders_of_links,
    body=NewSurveyLinkForm,
    returns=AdminSurveyLinkView,
    status=201,
    creates=True,
    errors=(QuestionnaireUnready,),
    tag="questionnaires",
)
async def make(request: Request, body: NewSurveyLinkForm) -> AdminSurveyLinkView:
    """Make a link."""
    made = await drafting.make_link(request.ctx.staff, NewLink(**body.model_dump()))
    return _view(request, await admin_reads.link(made.id))


@bp.post("/survey-links/<link_id:uuid>/revocation")
@api(guard=leaders_of_links, returns=AdminSurveyLinkView, tag="questionnaires")
async def revoke(request: Request, link_id: UUID) -> AdminSurveyLinkView:
    """Take a link back; what was answered by it stays."""
    await drafting.revoke_link(link_id)
    return _view(request, await admin_reads.link(link_id))


@bp.get("/survey-links/<link_id:uuid>/code")
@api(guard=leaders_of_links, content_types=("image/svg+xml", "image/png"), tag="questionnaires")
async def code(request: Request, link_id: UUID) -> HTTPResponse:
    """Draw the code of a link, as SVG or with Accept image/png as PNG."""
    url = _url(request, (await admin_reads.link(link_id)).id)
    is_png = "image/png" in request.headers.get("accept", "")
    picture = await asyncio.to_thread(_drawn, url, PyPNGImage if is_png else SvgPathImage)
    return raw(
        picture,
        content_type="image/png" if is_png else "image/svg+xml",
        headers={"Cache-Control": "no-store"},
    )


def _drawn(url: str, factory: type) -> bytes:
    drawing = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, border=4, image_factory=factory)
    drawing.add_data(url)
    stream = io.BytesIO()
    drawing.make_image().save(stream)
    return stream.getvalue()


def _url(request: Request, link_id: UUID) -> str:
    base = runtime().settings.web.public_url or f"{request.scheme}://{request.host}"
    return base + page_of(link_id)


def _view(request: Request, row: LinkRow) -> AdminSurveyLinkView:
    is_over = row.revoked_at is not None or row.expires_at <= clock.now()
    return AdminSurveyLinkView(
        id=row.id,
        kind=row.kind,
        department_name=row.department_name,
        room_name=row.room_name,
        note=row.note,
        made_at=moment(row.made_at) or "",
        expires_at=moment(row.expires_at) or "",
        is_over=is_over,
        most_a_day=row.most_a_day,
        uses=row.uses,
        url="" if is_over else _url(request, row.id),
    )
