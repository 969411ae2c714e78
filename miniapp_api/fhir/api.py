"""How integrators read by FHIR R4: `/fhir/R4`. Errors are OperationOutcomes, as FHIR asks."""

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import orjson
from sanic import Blueprint, HTTPResponse, Request
from sanic.response import raw

from miniapp_api.fhir import actions, resources
from miniapp_api.fhir.models import RESOURCES, Resource
from miniapp_api.fhir.rules import COUNT_MOST, Unsearchable
from server.accounts import Role
from server.auth import staff_only
from server.errors import AppError, NotFound
from server.web import api

bp = Blueprint("fhir", url_prefix="/fhir/R4")

CONTENT_TYPE = "application/fhir+json"
READERS = (Role.OPERATIONS, Role.SUPERVISOR)
_reader = staff_only(*READERS)
_CODES = {400: "invalid", 401: "login", 403: "forbidden", 404: "not-found", 429: "throttled"}


@bp.get("/metadata")
@api(content_types=(CONTENT_TYPE,), tag="fhir")
async def metadata(request: Request) -> HTTPResponse:
    """Say what can be read and asked."""
    return _reply(_capabilities(_base(request)))


@bp.get("/<kind:str>")
@api(content_types=(CONTENT_TYPE,), tag="fhir")
async def search(request: Request, kind: str) -> HTTPResponse:
    """Search resources of a type; pages follow the link `next`."""
    return await _answered(request, kind, lambda resource, departments: _search(request, resource, departments))


@bp.get("/<kind:str>/<identifier:str>")
@api(content_types=(CONTENT_TYPE,), tag="fhir")
async def read(request: Request, kind: str, identifier: UUID | str) -> HTTPResponse:
    """Give one resource."""

    async def one(resource: Resource, departments: set[UUID] | None) -> dict[str, Any]:
        if not isinstance(identifier, UUID):
            raise NotFound()
        return await actions.read(resource, identifier, departments)

    return await _answered(request, kind, one)


async def _search(request: Request, resource: Resource, departments: set[UUID] | None) -> dict[str, Any]:
    asked = [(name, value) for name, values in request.args.items() for value in values]
    is_strict = "handling=strict" in request.headers.get("prefer", "")
    page = await actions.search(resource, asked, departments, is_strict=is_strict)
    base, path = _base(request), f"{_base(request)}/{resource.name}"
    links = {"self": f"{path}?{urlencode(page.used)}" if page.used else path}
    if page.next_cursor:
        links["next"] = f"{path}?{urlencode([*page.used, ('_cursor', page.next_cursor)])}"
    return resources.bundle(base, page.items, links)


async def _answered(
    request: Request, kind: str, find: Callable[[Resource, set[UUID] | None], Awaitable[dict[str, Any]]]
) -> HTTPResponse:
    try:
        resource = RESOURCES.get(kind)
        if resource is None:
            raise NotFound()
        departments: set[UUID] | None = None
        if not resource.is_open:
            await _reader(request)
            departments = request.ctx.staff.departments_of(*READERS)
        return _reply(await find(resource, departments))
    except Unsearchable as error:
        return _reply(resources.outcome("invalid", str(error)), 400)
    except AppError as error:
        if error.status >= 500:
            raise
        words = resources.outcome(_CODES.get(error.status, "processing"), error.detail("en"))
        return _reply(words, error.status, error.headers())


def _reply(body: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None) -> HTTPResponse:
    return raw(orjson.dumps(body), status, headers=headers, content_type=f"{CONTENT_TYPE}; charset=utf-8")


def _base(request: Request) -> str:
    return f"{request.scheme}://{request.host}/fhir/R4"


def _capabilities(base: str) -> dict[str, Any]:
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": "2026-11-22",
        "kind": "instance",
        "implementation": {"description": "Booking of a hospital, read only", "url": base},
        "fhirVersion": "4.0.1",
        "format": ["json"],
        "rest": [
            {
                "mode": "server",
                "documentation": f"Pages hold up to {COUNT_MOST} resources. Appointments need a staff token.",
                "resource": [
                    {
                        "type": one.name,
                        "interaction": [{"code": "read"}, {"code": "search-type"}],
                        "versioning": "versioned",
                        "searchParam": [
                            {"name": "_id", "type": "token"},
                            {"name": "_lastUpdated", "type": "date"},
                            *({"name": name, "type": of.kind} for name, of in one.parameters.items() if of.columns),
                        ],
                    }
                    for one in RESOURCES.values()
                ],
            }
        ],
    }
