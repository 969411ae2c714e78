"""Pictures and recordings of complaints over HTTP: sent first, then named by a line; veiled or shown by staff."""

from typing import Any
from uuid import UUID

from sanic import Blueprint, HTTPResponse, Request
from sanic.response import raw

from satisfaction.attachments import actions as attachments
from satisfaction.attachments import rules
from satisfaction.attachments.checking import may_fetch
from satisfaction.attachments.models import Attachment
from satisfaction.attachments.rules import MEDIA_TYPES, AttachmentState
from satisfaction.complaints import adding, brief
from satisfaction.complaints.adding import Added
from satisfaction.complaints.forms import FileIds
from satisfaction.complaints.handlers import READERS
from satisfaction.complaints.serving import PatientsAndStaff, handlers_only, readers_only, sealed, shown_after, step_of
from satisfaction.complaints.views import AttachmentView, StaffComplaintDetail, show_attachment
from satisfaction.errors import ComplaintIsClosed, FileTooLong, FileUnreadable, IdentityClosed, StoreAway, TooManyFiles
from server.accounts import Role
from server.errors import IllegalMove, NotFound, SomeoneWasFaster, Stale, TooLarge
from server.web import Form, Text, View, api, language_of, moment, once_only, replayed

bp = Blueprint("complaint_files", url_prefix="/api/v1")

_SHOWN = "inline"
_HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
}


class AddForm(Form):
    """What staff add to a complaint. is_internal: the patient does not see it."""

    attachment_ids: FileIds
    text: Text = ""
    is_internal: bool = True


class FetchQuery(Form):
    """How an address was signed. until: seconds since 1970."""

    until: int
    sig: str


class BriefQuery(Form):
    """whole: of a sealed complaint all of it, for whom two people have opened it; the patient sees that."""

    whole: bool = False


class ComplaintBriefView(View):
    """What the records say of a complaint's visit. brief: as `GET /visits/{id}/brief` gives it; null until told.

    is_covered: the identity is sealed; numbers, moments and words that lead to it are left out.
    """

    has_visit: bool
    is_covered: bool
    made_at: str | None
    brief: dict[str, Any] | None


@bp.post("/attachments")
@api(
    guard=PatientsAndStaff(*Role),
    returns=AttachmentView,
    status=201,
    creates="itself",
    errors=(FileUnreadable, FileTooLong, TooManyFiles, TooLarge, StoreAway),
    takes=MEDIA_TYPES,
    largest=rules.LARGEST,
    tag="complaints",
)
async def send(request: Request) -> HTTPResponse:
    """Send a picture or a recording: the body is the file. It is its sender's until a line or evidence names it."""
    if request.ctx.once and (earlier := await request.ctx.once.earlier()):
        return replayed(*earlier)
    sender = request.ctx.account or request.ctx.staff
    media_type = (request.content_type or "").split(";")[0].strip().lower()
    kept = await attachments.keep(sender, request.body, media_type)

    async def enter() -> AttachmentView:
        return show_attachment(await attachments.enter(sender, kept))

    return await once_only(request, enter, status=201)


@bp.delete("/attachments/<attachment_id:uuid>")
@api(guard=PatientsAndStaff(*Role), status=204, errors=(NotFound,), tag="complaints")
async def discard(request: Request, attachment_id: UUID) -> None:
    """Take a file away that nothing has named yet."""
    await attachments.discard(attachment_id, request.ctx.account or request.ctx.staff)


@bp.get("/attachments/<attachment_id:uuid>")
@api(
    guard=PatientsAndStaff(*READERS),
    errors=(NotFound, StoreAway),
    content_types=tuple(sorted({*rules.PICTURES, *rules.SHOWN_AS.values()})),
    tag="complaints",
)
async def show(request: Request, attachment_id: UUID) -> HTTPResponse:
    """Give a file to its sender, to the patient whose complaint shows it, or to staff who may see the complaint."""
    return await given(await adding.attachment_of(request.ctx.account or request.ctx.staff, attachment_id))


@bp.get("/attachments/<attachment_id:uuid>/content")
@api(
    query=FetchQuery,
    errors=(NotFound, StoreAway),
    content_types=tuple(sorted({*rules.PICTURES, *rules.SHOWN_AS.values()})),
    tag="wechat",
)
async def fetch(request: Request, attachment_id: UUID, query: FetchQuery) -> HTTPResponse:
    """Give a file to the platform, which checks it, by an address that we signed for half an hour."""
    found = (
        await Attachment.filter(id=attachment_id).first() if may_fetch(attachment_id, query.until, query.sig) else None
    )
    if found is None:
        raise NotFound()
    return await given(found)


async def given(found: Attachment) -> HTTPResponse:
    """Give the bytes of a file, as what it is and nothing else.

    Raises: NotFound, StoreAway.
    """
    headers = {**_HEADERS, "Content-Disposition": f"{_SHOWN}; filename={found.kind}-{found.id.hex[-8:]}"}
    return raw(await attachments.content_of(found), content_type=found.media_type, headers=headers)


@bp.post("/complaints/<complaint_id:uuid>/attachments")
@api(
    guard=handlers_only,
    body=AddForm,
    returns=StaffComplaintDetail,
    status=201,
    creates="itself",
    errors=(ComplaintIsClosed, TooManyFiles, SomeoneWasFaster, Stale),
    tag="complaints",
)
@sealed(201)
async def add(request: Request, complaint_id: UUID, body: AddForm) -> StaffComplaintDetail:
    """Add files to a complaint as staff: for the house alone, or for the patient to see."""
    step = await step_of(request, complaint_id)
    await adding.add(step, Added(body.attachment_ids, body.text, body.is_internal))
    return await shown_after(request, complaint_id)


@bp.post("/attachments/<attachment_id:uuid>/release")
@api(
    guard=handlers_only, returns=AttachmentView, creates=True, errors=(IllegalMove, SomeoneWasFaster), tag="complaints"
)
async def release(request: Request, attachment_id: UUID) -> AttachmentView:
    """Say that a veiled file may be shown as it is."""
    return show_attachment(await adding.decide(request.ctx.staff, attachment_id, AttachmentState.SHOWN))


@bp.post("/attachments/<attachment_id:uuid>/hiding")
@api(
    guard=handlers_only, returns=AttachmentView, creates=True, errors=(IllegalMove, SomeoneWasFaster), tag="complaints"
)
async def hiding(request: Request, attachment_id: UUID) -> AttachmentView:
    """Say that a file is to be veiled until somebody asks for it."""
    return show_attachment(await adding.decide(request.ctx.staff, attachment_id, AttachmentState.HIDDEN))


@bp.get("/complaints/<complaint_id:uuid>/brief")
@api(guard=readers_only, query=BriefQuery, returns=ComplaintBriefView, errors=(IdentityClosed,), tag="complaints")
async def visit_brief(request: Request, complaint_id: UUID, query: BriefQuery) -> ComplaintBriefView:
    """Show what the records say of the visit that a complaint is about; who read it is written down."""
    found = await brief.brief_of(request.ctx.staff, complaint_id, language_of(request), is_whole=query.whole)
    return ComplaintBriefView(
        has_visit=found.has_visit, is_covered=found.is_covered, made_at=moment(found.made_at), brief=found.brief
    )


@bp.post("/complaints/<complaint_id:uuid>/brief")
@api(guard=readers_only, status=202, tag="complaints")
async def tell_again(request: Request, complaint_id: UUID) -> HTTPResponse:
    """Ask for the brief anew: the visit went on, or became known later."""
    await brief.tell_again(request.ctx.staff, complaint_id)
    return raw(b"", status=202)
