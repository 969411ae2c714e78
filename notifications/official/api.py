"""Where the official account's platform pushes to; in safe mode, like the mini-app's."""

from sanic import Blueprint, HTTPResponse, Request
from sanic.response import text

from notifications.errors import ForgedPush
from notifications.official.reading import read_official
from notifications.pushes.actions import keep
from notifications.pushes.reading import check_signature, open_push
from server import clock
from server.config import Wechat
from server.errors import NotFound
from server.runtime import runtime
from server.web import api

bp = Blueprint("official")


def _settings() -> Wechat:
    settings = runtime().settings.official
    if not settings.app_id:
        raise NotFound()
    return settings


def _query(request: Request) -> dict[str, str]:
    return {name: values[-1] for name, values in request.args.items()}


def _now() -> float:
    # the platform signs by the time on the wall, also when a test has moved ours
    return (clock.now() - clock.shift()).timestamp()


@bp.get("/wechat/official/push")
@api(errors=(ForgedPush, NotFound), content_types=("text/plain",), tag="wechat")
async def prove(request: Request) -> HTTPResponse:
    """Prove that the address is ours."""
    query = _query(request)
    check_signature(_settings(), query, now=_now())
    return text(query.get("echostr", ""))


@bp.post("/wechat/official/push")
@api(errors=(ForgedPush, NotFound), content_types=("text/plain",), tag="wechat")
async def receive(request: Request) -> HTTPResponse:
    """Take an event; what else people write to the account is heard and not kept."""
    pushed = read_official(open_push(_settings(), _query(request), request.body, now=_now()))
    if pushed is not None:
        await keep(pushed)
    return text("success")
