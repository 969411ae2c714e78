"""The control plane's window on text messages and mail: what phones and boxes have got."""

from typing import Any

import orjson
from aiohttp import web

from infra.simulator.control import CALLS_SHOWN, controlled
from infra.simulator.forms import read_number
from infra.simulator.parts import Parts


@controlled
async def texts(request: web.Request, parts: Parts) -> web.Response:
    """List the text messages that phones have shown, of one number when `phone` names it."""
    limit = read_number(request, "limit", CALLS_SHOWN)
    return _listed(parts.platform.text_messages.shown_on(request.query.get("phone"), limit=limit))


@controlled
async def mail(request: web.Request, parts: Parts) -> web.Response:
    """List the mail that has come, to one address when `to` names it."""
    return _listed(parts.mail.list(request.query.get("to"), limit=read_number(request, "limit", CALLS_SHOWN)))


def _listed(items: list[dict[str, Any]]) -> web.Response:
    return web.Response(body=orjson.dumps({"items": items, "next": None}), content_type="application/json")


ROUTES = (web.get("/_sim/sms", texts), web.get("/_sim/mail", mail))
