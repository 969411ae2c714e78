"""The routes by which a person tries the hospital: demonstration logins, and simulated people for the phone.

They exist only where `settings.is_demonstration` holds; in a real hospital they are not there.
"""

import asyncio
from pathlib import Path
from typing import Annotated, Any

import aiohttp
import orjson
from pydantic import StringConstraints
from sanic import Blueprint, HTTPResponse, Request

from server import db
from server.config import Settings
from server.errors import NotFound, SimulatorAway
from server.privacy import mask_name
from server.runtime import runtime
from server.web import Form, View, api, once_only, replayed

v1 = Blueprint("demonstration", url_prefix="/api/v1/demonstration")

FILE = "demo.json"  # in DATA_DIR: whoever started the hospital leaves it there with the logins
SIMULATOR_TIMEOUT = aiohttp.ClientTimeout(total=3.0)
PEOPLE_SHOWN = 24
TAIL_CHARACTERS = 4
NAMES_SHOWN = 3

# by user name, in the order of the file: name, departments, and the rooms of those who work in one
STAFF = """
SELECT s.username, s.name,
    coalesce(json_agg(DISTINCT jsonb_build_object('id', d.id, 'name', d.name))
        FILTER (WHERE d.id IS NOT NULL), '[]') AS departments,
    coalesce(json_agg(DISTINCT jsonb_build_object('id', o.id, 'name', o.name))
        FILTER (WHERE o.id IS NOT NULL), '[]') AS rooms
FROM staff s
JOIN staff_role r ON r.staff_id = s.id
LEFT JOIN department d ON d.id = r.department_id
LEFT JOIN room o ON o.department_id = d.id AND o.active AND r.role = 'room'
WHERE s.username = ANY($1) AND s.active
GROUP BY s.username, s.name
"""
NAMES = """
SELECT a.openid, array_agg(p.name ORDER BY p.relation <> 'self', p.created_at) AS names
FROM account a JOIN patient p ON p.account_id = a.id AND p.deleted_at IS NULL
WHERE a.openid = ANY($1) GROUP BY a.openid
"""


class LoginRoom(View):
    """A consulting room."""

    id: str
    name: str


class LoginView(View):
    """A demonstration login. departments: their names, empty means the whole hospital."""

    username: str
    password: str
    name: str
    roles: list[str]
    departments: list[str]
    rooms: list[LoginRoom]


class BoardAddress(View):
    """A waiting-room board that has somebody behind it."""

    department_id: str
    name: str


class DemonstrationView(View):
    """Who may sign in where. simulator: the address of the page with the simulated phones."""

    staff: list[LoginView]
    desk_id: str | None
    boards: list[BoardAddress]
    simulator: str


class PersonForm(Form):
    """Whom to be; nobody named means somebody new."""

    openid: Annotated[str, StringConstraints(min_length=1, max_length=64)] | None = None


class PersonCode(View):
    """A simulated person, and a code as `wx.login` gives it."""

    openid: str
    code: str


class PersonView(View):
    """A simulated person with a label to know them by."""

    openid: str
    label: str


class PeopleView(View):
    """Simulated people, the latest first."""

    items: list[PersonView]
    next: str | None


@v1.get("")
@api(returns=DemonstrationView, errors=(NotFound,), tag="demonstration")
async def demonstration(request: Request) -> DemonstrationView:
    """Say who may sign in to this demonstration, and where."""
    settings = _settings(request)
    found = await asyncio.to_thread(_read, settings)
    rows = {row["username"]: row for row in await db.fetch(STAFF, [login["username"] for login in found["staff"]])}
    logins: list[LoginView] = []
    boards: dict[str, BoardAddress] = {}
    for login in found["staff"]:
        if (row := rows.get(login["username"])) is None:
            continue
        departments, rooms = orjson.loads(row["departments"]), orjson.loads(row["rooms"])
        if rooms:
            boards |= {each["id"]: BoardAddress(department_id=each["id"], name=each["name"]) for each in departments}
        logins.append(
            LoginView(
                username=login["username"],
                password=login["password"],
                name=row["name"],
                roles=login["roles"],
                departments=[each["name"] for each in departments],
                rooms=[LoginRoom(**room) for room in sorted(rooms, key=lambda room: room["name"])],
            )
        )
    return DemonstrationView(
        staff=logins, desk_id=found["desk_id"], boards=list(boards.values()), simulator=settings.wechat.base_url
    )


@v1.get("/people")
@api(returns=PeopleView, errors=(NotFound, SimulatorAway), tag="demonstration")
async def people(request: Request) -> PeopleView:
    """List the simulated people whom a phone can be."""
    phones = await _ask(_settings(request), "GET", f"/_sim/phones?limit={PEOPLE_SHOWN}")
    openids = [phone["openid"] for phone in phones["items"]]
    names = {row["openid"]: row["names"] for row in await db.fetch(NAMES, openids)}
    items = [PersonView(openid=openid, label=_label(openid, names.get(openid, []))) for openid in openids]
    return PeopleView(items=items, next=None)


@v1.post("/people")
@api(
    body=PersonForm,
    returns=PersonCode,
    status=201,
    creates="itself",
    errors=(NotFound, SimulatorAway),
    tag="demonstration",
)
async def be_somebody(request: Request, body: PersonForm) -> HTTPResponse:
    """Be a simulated person: the code signs in with `POST /sessions`, once and within five minutes."""
    settings = _settings(request)
    if request.ctx.once and (earlier := await request.ctx.once.earlier()):
        return replayed(*earlier)
    made = await _ask(settings, "POST", "/_sim/users", {"openid": body.openid} if body.openid else {})

    async def tell() -> PersonCode:
        return PersonCode(openid=made["openid"], code=made["code"])

    return await once_only(request, tell, status=201, secret=True)


def _settings(request: Request) -> Settings:
    settings: Settings = request.app.ctx.settings
    if not settings.is_demonstration:
        raise NotFound()
    return settings


def _read(settings: Settings) -> dict[str, Any]:
    try:
        return orjson.loads((Path(settings.data_dir) / FILE).read_bytes())
    except FileNotFoundError:
        raise NotFound() from None


async def _ask(settings: Settings, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    """Ask the simulated platform. Raises: NotFound for a closed account, SimulatorAway."""
    url = settings.wechat.base_url + path
    try:
        async with runtime().http.request(method, url, json=body, timeout=SIMULATOR_TIMEOUT) as answer:
            if answer.status == 404:
                raise NotFound()
            answer.raise_for_status()
            return await answer.json()
    except (aiohttp.ClientError, TimeoutError, ValueError) as trouble:
        raise SimulatorAway() from trouble


def _label(openid: str, names: list[str]) -> str:
    tail = f"…{openid[-TAIL_CHARACTERS:]}"
    shown = "、".join(mask_name(name) for name in names[:NAMES_SHOWN])
    return f"{shown} {tail}" if shown else tail
