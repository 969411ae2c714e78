"""Where the platform pushes to. It waits five seconds and tries three times, so: check, keep, answer."""

from sanic import Blueprint, HTTPResponse, Request
from sanic.response import text

from notifications.errors import ForgedPush
from notifications.pushes.actions import keep
from notifications.pushes.reading import check_signature, open_push, read_event
from server import clock
from server.runtime import runtime
from server.web import api

bp = Blueprint("pushes")


def _query(request: Request) -> dict[str, str]:
    return {name: values[-1] for name, values in request.args.items()}


def _now() -> float:
    # the platform signs by the time on the wall, also when a test has moved ours
    return (clock.now() - clock.shift()).timestamp()


@bp.get("/wechat/push")
@api(errors=(ForgedPush,), content_types=("text/plain",), tag="wechat")
async def prove(request: Request) -> HTTPResponse:
    """Prove that the address is ours."""
    query = _query(request)
    check_signature(runtime().settings.wechat, query, now=_now())
    return text(query.get("echostr", ""))


@bp.post("/wechat/push")
@api(errors=(ForgedPush,), content_types=("text/plain",), tag="wechat")
async def receive(request: Request) -> HTTPResponse:
    """Take an event."""
    said = open_push(runtime().settings.wechat, _query(request), request.body, now=_now())
    pushed = read_event(said)
    if pushed is not None:
        await keep(pushed)
    return text("success")
