"""Another system that takes webhooks: it keeps every call, and says whether the signature was right.

`POST /sink/{name}` is the receiver; faults of that path strike it. `PUT /_sim/webhooks/{name}` tells it its secret and
what it answers, `GET /_sim/webhooks/{name}` lists what came. It lives in memory: a receiver is no provider of ours.
"""

import asyncio
import os
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import orjson
from aiohttp import web
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from infra.simulator.clock import shown
from infra.simulator.faults import SLOW_DEFAULT_MS, Fault, Mode
from infra.simulator.parts import PARTS

CRASHED = 137
REFUSES = {Mode.QUOTA: 429, Mode.SYSTEM_BUSY: 503, Mode.TOKEN_EXPIRED: 401}


@dataclass
class Sink:
    """One receiver. secrets: any of which makes a signature right; status: that it answers."""

    secrets: list[str] = field(default_factory=list)
    status: int = 204
    headers: dict[str, str] = field(default_factory=dict)
    calls: list[dict[str, Any]] = field(default_factory=list)


SINKS: web.AppKey[defaultdict[str, Sink]] = web.AppKey("SINKS", defaultdict)


def nobody_yet() -> defaultdict[str, Sink]:
    """Give receivers of any name, none of which has heard of anything."""
    return defaultdict(Sink)


async def take(request: web.Request) -> web.StreamResponse:
    """Take a call: check its signature, keep it, answer."""
    parts, sink = request.app[PARTS], request.app[SINKS][request.match_info["name"]]
    body = await request.read()
    fault = parts.faults.draw(request.path)
    if fault is not None and fault.mode is Mode.DROP:
        return _hang_up(request)
    if fault is not None and fault.mode in REFUSES:
        return web.Response(status=REFUSES[fault.mode])
    sink.calls.append(
        {
            "at": shown(parts.clock.now()),
            "id": request.headers.get("webhook-id", ""),
            "host": request.headers.get("Host", ""),
            "signatures": len(request.headers.get("webhook-signature", "").split()),
            "is_signed": _is_signed(sink, request, body),
            "body": orjson.loads(body),
        }
    )
    return await _answer(request, sink, fault)


async def _answer(request: web.Request, sink: Sink, fault: Fault | None) -> web.StreamResponse:
    if fault is None:
        return web.Response(status=sink.status, headers=sink.headers)
    await asyncio.sleep((fault.delay_ms or (SLOW_DEFAULT_MS if fault.mode is Mode.SLOW else 0)) / 1000)
    match fault.mode:
        case Mode.CRASH:
            os._exit(CRASHED)
        case Mode.HTTP_5XX_AFTER_ACCEPT:
            return web.Response(status=502, text="<html><body>502 Bad Gateway</body></html>", content_type="text/html")
        case Mode.ACCEPT_THEN_DROP:
            return _hang_up(request)
        case Mode.HALF_BODY:
            half = web.StreamResponse(status=200)
            half.content_length = 20
            await half.prepare(request)
            await half.write(b"{")
            _hang_up(request)
            return half
    return web.Response(status=sink.status, headers=sink.headers)


async def change(request: web.Request) -> web.Response:
    """Set `secret` or `secrets`, `status` and `headers` of a receiver."""
    sink, form = request.app[SINKS][request.match_info["name"]], orjson.loads(await request.read())
    sink.secrets = form.get("secrets") or ([form["secret"]] if "secret" in form else sink.secrets)
    sink.status, sink.headers = form.get("status", sink.status), form.get("headers", sink.headers)
    return web.json_response({"status": sink.status})


async def show(request: web.Request) -> web.Response:
    """List what a receiver took, oldest first."""
    return web.json_response({"items": request.app[SINKS][request.match_info["name"]].calls, "next": None})


ROUTES = (
    web.post("/sink/{name}", take),
    web.put("/_sim/webhooks/{name}", change),
    web.get("/_sim/webhooks/{name}", show),
)


def _is_signed(sink: Sink, request: web.Request, body: bytes) -> bool:
    for secret in sink.secrets:
        try:
            Webhook(secret).verify(body, dict(request.headers), json_parse=False)
        except WebhookVerificationError:
            continue
        return True
    return False


def _hang_up(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.close()
    return web.Response()
