"""The routes of the kernel: health, metrics, sign-in, the hospital page, the API's own description."""

import asyncio
import re
from datetime import datetime, timedelta
from typing import Annotated, Any

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import StringConstraints
from redis.exceptions import RedisError
from sanic import Blueprint, HTTPResponse, Request
from sanic.response import html, raw

from server import clock, db
from server.accounts import SignedInStaff
from server.auth import admit_patient, admit_staff, check_password, identify, sign_out, staff_only, token_of
from server.config import Settings
from server.docs_page import render
from server.errors import (
    Forbidden,
    LoginCodeRefused,
    NotFound,
    OneTimePasswordOver,
    OutsideTrouble,
    TooMany,
    WrongPassword,
)
from server.hospital import Campus, Hospital
from server.openapi import openapi
from server.runtime import runtime
from server.web import Form, View, api, language_of, moment, once_only, replayed, reply

bp = Blueprint("kernel")
v1 = Blueprint("open", url_prefix="/api/v1")

WORKER_LAG = timedelta(seconds=20)
LOOK_SECONDS = 1.0
GAUGES = (
    ("hospital_facts_waiting", "SELECT count(*) FROM fact WHERE relayed_at IS NULL"),
    (
        "hospital_facts_lag_seconds",
        "SELECT coalesce(extract(epoch FROM app_now() - min(happened_at)), 0) FROM fact WHERE relayed_at IS NULL",
    ),
    (
        "hospital_deliveries_due",
        "SELECT count(*) FROM delivery WHERE state IN ('planned', 'held', 'ready', 'retry_wait')"
        " AND due_at <= app_now()",
    ),
    ("hospital_deliveries_unknown", "SELECT count(*) FROM delivery WHERE state = 'unknown' AND NOT is_settled"),
    (
        "hospital_complaints_unacknowledged",
        "SELECT count(*) FROM complaint WHERE acknowledged_at IS NULL AND closed_at IS NULL",
    ),
    ("hospital_tickets_waiting", "SELECT count(*) FROM ticket WHERE state = 'waiting'"),
)
GAUGE_SECONDS = 5.0
_LIST_SIGNS = re.compile("[、，,；;\\n]")  # between the services of a hospital
_gauges: dict[str, Any] = {"at": 0.0, "text": b""}


class PatientSignIn(Form):
    """The code of `wx.login`."""

    code: Annotated[str, StringConstraints(min_length=1, max_length=256)]


class AccountView(View):
    """Who signed in."""

    id: str
    language: str


class PatientSession(View):
    """A bearer token."""

    token: str
    expires_at: str
    account: AccountView


class StaffSignIn(Form):
    """User name and password; the one-time password is taken once a second factor is set up."""

    username: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    password: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    otp: Annotated[str, StringConstraints(max_length=10)] | None = None


class StaffView(View):
    """A member of staff with rights. departments: null means the whole hospital.

    practitioner_id: whose sessions are their own, null for whoever sees no patients.
    must_change_password: nothing is open but `POST /staff/me/password` and signing out.
    """

    id: str
    name: str
    roles: list[str]
    departments: list[str] | None
    practitioner_id: str | None
    must_change_password: bool


class StaffSession(View):
    """A bearer token of a member of staff."""

    token: str
    expires_at: str
    staff: StaffView


class CampusView(View):
    """A site of the hospital."""

    id: str
    name: str
    address: str
    directions: str


class MapPointView(View):
    """A place on the map, in GCJ-02 as the platform's maps take it."""

    latitude: float
    longitude: float


class HospitalView(View):
    """The hospital page."""

    name: str
    address: str
    landmarks: str
    bus_routes: str
    phone: str
    emergency_phone: str
    opening_hours: str
    services: str
    service_list: list[str]
    emergency_hours: str
    price_notes: str
    map_point: MapPointView | None
    timezone: str
    is_demo: bool
    campuses: list[CampusView]


@bp.get("/healthz")
@api(tag="health")
async def healthz(_: Request) -> HTTPResponse:
    """Say that the process lives."""
    return reply({"status": "ok"})


@bp.get("/readyz")
@api(errors=(OutsideTrouble,), tag="health")
async def readyz(request: Request) -> HTTPResponse:
    """Say whether the product can work, and name what is missing."""
    missing = await what_is_missing(request.app.ctx.migrations)
    if missing:
        return reply({"status": "unavailable", "missing": missing}, 503, {"Retry-After": "2"})
    return reply({"status": "ok"})


async def what_is_missing(migrations: int) -> list[str]:
    """Name what the product lacks: database, migrations, workers or redis; empty when all is well."""
    try:
        async with asyncio.timeout(LOOK_SECONDS):
            row = await db.fetch_one("SELECT count(*) AS n FROM tortoise_migrations")
            if row is None or row["n"] < migrations:
                return ["migrations"]
            beat = await db.fetch_one("SELECT max(at) AS at FROM worker_beat")
    except Exception:  # whatever the driver raises: the database is not there
        return ["database"]
    missing = []
    if beat is None or beat["at"] is None or clock.now() - beat["at"] > WORKER_LAG:
        missing.append("workers")
    try:
        async with asyncio.timeout(LOOK_SECONDS):
            await runtime().redis.ping()
    except (RedisError, OSError, TimeoutError):
        missing.append("redis")
    return missing


@bp.get("/metrics")
async def metrics(request: Request) -> HTTPResponse:
    """Give the figures of this process and of the database, as Prometheus text."""
    settings: Settings = request.app.ctx.settings
    expected = str(settings.web.metrics_token)
    if expected and request.headers.get("authorization", "") != f"Bearer {expected}":
        raise Forbidden()
    now = asyncio.get_running_loop().time()
    if now - _gauges["at"] > GAUGE_SECONDS:
        lines = []
        for name, sql in GAUGES:
            row = await db.fetch_one(sql)
            value = next(iter(row.values())) if row else 0
            lines.append(f"# TYPE {name} gauge\n{name} {float(value)}\n")
        _gauges.update(at=now, text="".join(lines).encode())
    return raw(generate_latest() + _gauges["text"], content_type=CONTENT_TYPE_LATEST)


@bp.get("/openapi.json")
async def openapi_json(request: Request) -> HTTPResponse:
    """Give the description of the API, made from the code."""
    if request.app.ctx.openapi is None:
        request.app.ctx.openapi = openapi(request.app, title="Hospital service", version=request.app.ctx.version)
    return reply(request.app.ctx.openapi)


@bp.get("/docs")
async def docs(request: Request) -> HTTPResponse:
    """Show the description of the API as a page that asks nobody else for anything."""
    if request.app.ctx.openapi is None:
        request.app.ctx.openapi = openapi(request.app, title="Hospital service", version=request.app.ctx.version)
    return html(render(request.app.ctx.openapi))


@v1.post("/sessions")
@api(
    body=PatientSignIn,
    returns=PatientSession,
    status=201,
    creates="itself",
    errors=(LoginCodeRefused, OutsideTrouble),
    tag="sign-in",
)
async def patient_session(request: Request, body: PatientSignIn) -> HTTPResponse:
    """Sign in with the code of `wx.login`."""
    if request.ctx.once and (earlier := await request.ctx.once.earlier()):
        return replayed(*earlier)  # the platform takes a code only once
    session = await identify(runtime().wechat, body.code)

    async def admit() -> PatientSession:
        token, expires_at, account = await admit_patient(session, language_of(request))
        shown = AccountView(id=str(account.id), language=account.language)
        return PatientSession(token=token, expires_at=_moment(expires_at), account=shown)

    return await once_only(request, admit, status=201, secret=True)


@v1.post("/staff/sessions")
@api(
    body=StaffSignIn,
    returns=StaffSession,
    status=201,
    creates="itself",
    errors=(WrongPassword, OneTimePasswordOver, TooMany),
    tag="sign-in",
)
async def staff_session(request: Request, body: StaffSignIn) -> HTTPResponse:
    """Sign in as a member of staff."""
    staff = await check_password(body.username, body.password)

    async def admit() -> StaffSession:
        token, expires_at, found = await admit_staff(staff)
        return StaffSession(token=token, expires_at=_moment(expires_at), staff=show_staff(found))

    return await once_only(request, admit, status=201, secret=True)


@v1.get("/staff/me")
@api(guard=staff_only(may_be_new=True), returns=StaffView, tag="sign-in")
async def staff_me(request: Request) -> StaffView:
    """Show who is signed in."""
    return show_staff(request.ctx.staff)


@v1.delete("/staff/sessions/current")
@api(guard=staff_only(may_be_new=True), status=204, tag="sign-in")
async def staff_sign_out(request: Request) -> None:
    """Sign out: the token is refused from now on."""
    await sign_out(token_of(request))


@v1.get("/hospital")
@api(returns=HospitalView, errors=(NotFound,), tag="catalogue")
async def hospital(_: Request) -> HospitalView:
    """Show the hospital page."""
    found = await Hospital.all().first()
    if found is None:
        raise NotFound()
    campuses = await Campus.all().order_by("code")
    names = (
        "name",
        "address",
        "landmarks",
        "bus_routes",
        "phone",
        "emergency_phone",
        "opening_hours",
        "services",
        "emergency_hours",
        "price_notes",
        "is_demo",
    )
    return HospitalView(
        **{name: getattr(found, name) for name in names},
        service_list=[word for part in _LIST_SIGNS.split(found.services) if (word := part.strip())],
        map_point=_map_point(found),
        timezone=str(clock.zone()),
        campuses=[CampusView(id=str(c.id), name=c.name, address=c.address, directions=c.directions) for c in campuses],
    )


def _map_point(hospital: Hospital) -> MapPointView | None:
    if hospital.latitude is None or hospital.longitude is None:
        return None
    return MapPointView(latitude=hospital.latitude, longitude=hospital.longitude)


def show_staff(staff: SignedInStaff) -> StaffView:
    """Show a member of staff with rights."""
    scopes = [scope for _, scope in staff.grants]
    departments = None if None in scopes else sorted({str(scope) for scope in scopes})
    return StaffView(
        id=str(staff.id),
        name=staff.name,
        roles=staff.roles,
        departments=departments,
        practitioner_id=str(staff.practitioner_id) if staff.practitioner_id else None,
        must_change_password=staff.must_change_password,
    )


def _moment(value: datetime) -> str:
    return moment(value) or ""
