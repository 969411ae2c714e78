"""How a screen of the staff hears what needs somebody now."""

from uuid import UUID

from sanic import Blueprint, HTTPResponse, Request

from notifications.alerts.actions import acknowledge, alerts_of, shown
from server import live, sse
from server.auth import staff_only
from server.errors import TooManyStreams
from server.web import Paging, View, api, listing

bp = Blueprint("alerts", url_prefix="/api/v1")


class AlertView(View):
    """Something that needs a member of staff. state: raised, acknowledged or resolved."""

    id: str
    kind: str
    subject_kind: str
    subject_id: str
    level: int
    severity: str
    title: str
    detail: str
    state: str
    raised_at: str
    repeats: int
    acknowledged_at: str | None
    resolved_at: str | None
    version: int


class AlertPage(View):
    """Alerts: those that sound first."""

    items: list[AlertView]
    next: str | None


@bp.get("/alerts")
@api(guard=staff_only(), query=Paging, returns=AlertPage, tag="alerts")
async def index(request: Request, query: Paging) -> dict:
    """List my alerts, those that nobody has acknowledged first."""
    rows = await alerts_of(request.ctx.staff.id, after=query.after(), limit=query.limit)
    return listing(rows, query.limit, shown)


@bp.post("/alerts/<alert_id:uuid>/acknowledgement")
@api(guard=staff_only(), returns=AlertView, tag="alerts")
async def take(request: Request, alert_id: UUID) -> dict:
    """Acknowledge one of my alerts; again gives the same answer."""
    return shown(await acknowledge(request.ctx.staff, alert_id))


@bp.get("/live")
@api(guard=staff_only(), content_types=(sse.EVENT_STREAM,), errors=(TooManyStreams,), tag="alerts")
async def stream(request: Request) -> HTTPResponse:
    """Stream my alerts (`alert`, `alert_resolved`); goes on after `Last-Event-ID` without a gap, or says `reset`."""
    topic = live.staff_topic(request.ctx.staff.id)
    return await sse.follow(request, topic)
