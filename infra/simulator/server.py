"""The web server of the simulated platform: takes requests, lets faults strike, answers.

`create_app` for those who run it inside another loop, `run` for a process of its own.
"""

import asyncio
import logging
import os
import signal
from collections.abc import AsyncIterator

import orjson
import uvloop
from aiohttp import web

from infra.simulator import control, page, s3, sent, webhooks
from infra.simulator.faults import SLOW_DEFAULT_MS, Fault, Mode
from infra.simulator.ledger import LedgerInUse, Received
from infra.simulator.parts import PARTS, Parts, opened
from infra.simulator.platform import Reply
from infra.simulator.protocol import Call, Picture
from infra.simulator.settings import SimulatorSettings

__all__ = ["SimulatorSettings", "create_app", "run"]

MAX_BODY_BYTES = 1024 * 1024
CALL_IN_HEADER = {"/aliyun": "x-acs-action", "/tencent": "X-TC-Action"}
CRASHED = 137  # what a shell shows for a process killed with -9
_JSON = "application/json; charset=UTF-8"
_SHUTDOWN_SECONDS = 0.5

log = logging.getLogger(__name__)


def create_app(settings: SimulatorSettings) -> web.Application:
    """Make the application; it opens its ledger when it starts and closes it when it is cleaned up."""

    async def parts(app: web.Application) -> AsyncIterator[None]:
        async with opened(settings) as app[PARTS]:
            yield

    app = web.Application(client_max_size=MAX_BODY_BYTES)
    app.cleanup_ctx.append(parts)
    app[webhooks.SINKS] = webhooks.nobody_yet()
    app[s3.OBJECTS] = {}
    own = (*control.ROUTES, *sent.ROUTES, *webhooks.ROUTES, *s3.ROUTES)
    app.add_routes([web.get("/", page.show), *own, web.route("*", "/{path:.*}", _platform)])
    return app


def run(settings: SimulatorSettings) -> int:
    """Serve until SIGTERM or SIGINT.

    Returns: the exit status: 0 after a signal, 1 when the port or the folder is taken.
    """
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_serve(settings))
    except (LedgerInUse, OSError) as trouble:
        print(f"simulator cannot start: {trouble}", flush=True)
        return 1
    return 0


async def _serve(settings: SimulatorSettings) -> None:
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    runner = web.AppRunner(create_app(settings), access_log=None, shutdown_timeout=_SHUTDOWN_SECONDS)
    try:
        await runner.setup()
        await web.TCPSite(runner, settings.host, settings.port).start()
        host, port = runner.addresses[0][:2]
        print(f"simulator listening on http://{host}:{port}", flush=True)
        await ended.wait()
    finally:
        await runner.cleanup()


async def _platform(request: web.Request) -> web.StreamResponse:
    parts = request.app[PARTS]
    body, too_large = await _read(request)
    received = Received(parts.clock.now(), request.method, _called(request), dict(request.query), body)
    fault = parts.faults.draw(received.path)
    call = Call(received.path, received.query, body, request.remote or "", request.headers)
    reply = Reply(413, {}) if too_large else _decide(parts, received, call, fault)
    _record(parts, received, reply, fault)
    await parts.ledger.committed()
    if reply is not None and reply.holds is not None:
        await asyncio.sleep(parts.settings.send_takes_ms / 1000)
        parts.platform.subscriptions.release(reply.holds)
    return await _answer(request, reply, fault)


async def _read(request: web.Request) -> tuple[bytes, bool]:
    try:
        return await request.read(), False
    except web.HTTPRequestEntityTooLarge:
        return b"", True


def _called(request: web.Request) -> str:
    """Name what is called by its path; the cloud providers have one path for all and name the call in a header."""
    header = CALL_IN_HEADER.get(request.path.rstrip("/"))
    return f"{request.path.rstrip('/')}/{request.headers.get(header, '')}" if header else request.path


def _decide(parts: Parts, received: Received, call: Call, fault: Fault | None) -> Reply | None:
    """Give the platform's reply; None when the request never reached it."""
    if fault is not None:
        if fault.mode is Mode.DROP:
            return None
        if fault.refuses_with is not None:
            return parts.platform.refused(received.path, fault.refuses_with)
    try:
        return parts.platform.answer(received.method, call)
    except Exception:
        # a bug of the simulator must show as one, and still be in the ledger
        log.exception("%s %s failed", received.method, received.path)
        return Reply(500, {"errcode": -1, "errmsg": "the simulator has a bug, see its output"})


def _record(parts: Parts, received: Received, reply: Reply | None, fault: Fault | None) -> None:
    status = None if reply is None else reply.status
    if fault is not None:
        if fault.mode in (Mode.ACCEPT_THEN_DROP, Mode.CRASH, Mode.HALF_BODY):
            status = None
        elif fault.mode is Mode.HTTP_5XX_AFTER_ACCEPT:
            status = 502
    answer = reply.answer if reply is not None else None
    if isinstance(answer, Picture):
        answer = {"png_bytes": len(answer.png)}
    parts.ledger.record(received, status=status, answer=answer, fault=fault.mode.value if fault else None)


async def _answer(request: web.Request, reply: Reply | None, fault: Fault | None) -> web.StreamResponse:
    if fault is not None:
        default = SLOW_DEFAULT_MS if fault.mode is Mode.SLOW else 0
        await asyncio.sleep((fault.delay_ms or default) / 1000)
        if fault.mode is Mode.CRASH:
            os._exit(CRASHED)
        if fault.mode is Mode.HTTP_5XX_AFTER_ACCEPT:
            return web.Response(status=502, text="<html><body>502 Bad Gateway</body></html>", content_type="text/html")
    if reply is None or (fault is not None and fault.mode is Mode.ACCEPT_THEN_DROP):
        return _hang_up(request)
    body, content_type = _written(reply)
    if fault is not None and fault.mode is Mode.HALF_BODY:
        half = web.StreamResponse(status=reply.status, headers={"Content-Type": content_type})
        half.content_length = len(body)
        await half.prepare(request)
        await half.write(body[: len(body) // 2])
        _hang_up(request)
        return half
    return web.Response(status=reply.status, body=body, headers={"Content-Type": content_type})


def _written(reply: Reply) -> tuple[bytes, str]:
    if isinstance(reply.answer, Picture):
        return reply.answer.png, "image/png"
    return orjson.dumps(reply.answer), _JSON


def _hang_up(request: web.Request) -> web.Response:
    """Close the connection; the response that the framework wants is written to nobody."""
    if request.transport is not None:
        request.transport.close()
    return web.Response()
