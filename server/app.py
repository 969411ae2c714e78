"""`create_app(settings)`: mounts the packages' wirings, one error handler, the request id, one log line per request."""

import gc
import re
import resource
import time
from importlib import metadata
from pathlib import Path
from typing import Any
from uuid import uuid4

import structlog
import uvloop
from sanic import HTTPResponse, Request, Sanic
from sanic.compat import Header
from sanic.exceptions import MethodNotAllowed as SanicMethodNotAllowed
from sanic.exceptions import NotFound as SanicNotFound
from sanic.exceptions import PayloadTooLarge, SanicException, ServiceUnavailable

from miniapp_api.wiring import WIRING as MINIAPP
from notifications.wiring import WIRING as NOTIFICATIONS
from satisfaction.wiring import WIRING as SATISFACTION
from server import console, db, demonstration, kill_points, live, pages
from server import metrics as figures
from server.config import Settings
from server.errors import AppError, MethodNotAllowed, NotFound, OutsideTrouble, TooLarge, Unreadable
from server.runtime import running
from server.web import problem
from server.wiring import Wiring

log = structlog.get_logger("web")

WIRINGS: tuple[Wiring, ...] = (MINIAPP, NOTIFICATIONS, SATISFACTION)
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
MIGRATIONS = len(list((Path(__file__).parent.parent / "infra" / "migrations").glob("0*.py")))
GRACE_SECONDS = 5.0
OPEN_FILES = 65_536
REQUEST_ID = re.compile(r"[A-Za-z0-9-]{8,64}")


class PhoneRequest(Request):
    """A request as phones can send it: `wx.request` knows no PATCH, so that POST says in a header what it means."""

    def __init__(self, url_bytes: bytes, headers: Header, version: str, method: str, *more: Any, **named: Any) -> None:
        if method == "POST" and headers.get("x-http-method-override") == "PATCH":
            method = "PATCH"
        super().__init__(url_bytes, headers, version, method, *more, **named)


def models() -> tuple[str, ...]:
    """List the modules with the tables of all packages."""
    return tuple(module for wiring in WIRINGS for module in wiring.models)


def create_app(settings: Settings, *, name: str = "hospital") -> Sanic:
    """Make the web application; it opens the database and the rest when its server starts."""
    app = Sanic(name, configure_logging=False, request_class=PhoneRequest)
    app.config.update(
        REQUEST_MAX_SIZE=settings.web.max_body_bytes,
        REQUEST_TIMEOUT=15,
        RESPONSE_TIMEOUT=30,
        KEEP_ALIVE_TIMEOUT=75,
        GRACEFUL_SHUTDOWN_TIMEOUT=GRACE_SECONDS,
        PROXIES_COUNT=settings.web.proxies_count or None,
        OAS=False,
        MOTD=False,
        ACCESS_LOG=False,
    )
    app.ctx.settings = settings
    app.ctx.migrations = MIGRATIONS
    app.ctx.version = _version()
    app.ctx.openapi = None
    app.ctx.pages = pages.Pages(Path(settings.clients_dir))
    app.blueprint(console.bp)
    app.blueprint(console.v1)
    app.blueprint(demonstration.v1)
    for wiring in WIRINGS:
        for blueprint in wiring.routes:
            app.blueprint(blueprint)
    app.blueprint(pages.bp)
    _serve_with(app, settings)
    _every_request(app)
    _every_error(app)
    return app


def _version() -> str:
    try:
        return metadata.version("hospital-service")
    except metadata.PackageNotFoundError:
        return "0"


def _serve_with(app: Sanic, settings: Settings) -> None:
    @app.before_server_start
    async def open_everything(app: Sanic) -> None:
        app.ctx.running = running(settings, models=models(), serves=True)
        app.ctx.runtime = await app.ctx.running.__aenter__()

    @app.before_server_stop
    async def end_streams(app: Sanic) -> None:
        live.streams().stopping.set()
        await live.streams().stop()

    @app.after_server_stop
    async def close_everything(app: Sanic) -> None:
        if (opened := getattr(app.ctx, "running", None)) is not None:
            app.ctx.running = None
            await opened.__aexit__(None, None, None)


def _every_request(app: Sanic) -> None:
    @app.on_request
    async def begin(request: Request) -> None:
        # one task serves all requests of a connection: what the one before bound must go
        structlog.contextvars.clear_contextvars()
        sent = request.headers.get("x-request-id", "")
        request.ctx.request_id = sent if REQUEST_ID.fullmatch(sent) else str(uuid4())
        request.ctx.began = time.perf_counter()
        structlog.contextvars.bind_contextvars(request_id=request.ctx.request_id)

    @app.on_response
    async def end(request: Request, response: HTTPResponse) -> None:
        if not hasattr(request.ctx, "began"):
            return
        if response.status == 201:
            kill_points.reach("before_reply")  # the effect is committed, its answer is lost
        seconds = time.perf_counter() - request.ctx.began
        # by the route's name: a path would hold ids, and make a series of each
        route = request.route.path if request.route else "none"
        figures.requests.labels(route, request.method, response.status).inc()
        figures.request_seconds.labels(route).observe(seconds)
        response.headers["X-Request-Id"] = request.ctx.request_id
        if response.content_type and response.content_type.startswith("application/"):
            response.headers.setdefault("Cache-Control", "no-store")
        log.info("request", route=route, method=request.method, status=response.status, ms=round(seconds * 1000, 1))


def _every_error(app: Sanic) -> None:
    @app.exception(Exception)
    async def on_error(request: Request, error: Exception) -> HTTPResponse:
        if not hasattr(request.ctx, "request_id"):
            request.ctx.request_id = str(uuid4())
        known = _as_app_error(request, error)
        if known.status == 500:
            log.error("bug", exc_info=error, route=request.route.path if request.route else "none")
        return problem(request, known)


def _as_app_error(request: Request, error: Exception) -> AppError:
    match error:
        case AppError():
            return error
        case SanicMethodNotAllowed():
            return MethodNotAllowed(allow=[method for method in METHODS if _routes(request, method)])
        case SanicNotFound():
            return NotFound()
        case PayloadTooLarge():
            return TooLarge()
        case SanicException() if error.status_code < 500:
            return Unreadable()
        case ServiceUnavailable():  # an answer that did not come in time
            log.error("no_answer_in_time", route=request.route.path if request.route else "none")
            return OutsideTrouble()
        case _ if db.is_away(error):
            log.error("database_away", error=type(error).__name__)
            return OutsideTrouble()
        case _:
            return AppError()


def _routes(request: Request, method: str) -> bool:
    try:
        request.app.router.get(request.path, method, request.headers.get("host"))
    except SanicException:
        return False
    return True


def serve(settings: Settings) -> None:
    """Serve until SIGINT or SIGTERM. One process a server; run several behind a proxy (decision 0005)."""
    gc.set_threshold(50_000, 20, 100)  # requests make no cycles: looking for them after every 700 objects is waste
    uvloop.install()  # without it the server never stops on Python >= 3.12 while a connection is open
    _many_connections()
    app = create_app(settings)
    app.run(
        host=settings.web.host,
        port=settings.web.port,
        single_process=True,
        motd=False,
        access_log=False,
    )


def _many_connections() -> None:
    """Allow as many open streams as the system does: the usual limit of 1,024 files is that of a shell."""
    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if most == resource.RLIM_INFINITY else min(OPEN_FILES, most)
    if resource.RLIM_INFINITY != now < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))
