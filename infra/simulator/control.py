"""The control plane under `/_sim`: what people do with their phones, what tests want to see or break.

It is no part of the real platform and therefore not in the ledger of calls. Errors are RFC 9457.
"""

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

import orjson
from aiohttp import web

from infra.simulator import events
from infra.simulator.clock import shown
from infra.simulator.forms import (
    Problem,
    is_count,
    read_fault,
    read_form,
    read_mischief,
    read_number,
    read_path,
    read_results,
)
from infra.simulator.media import SUGGESTS
from infra.simulator.parts import PARTS, Parts
from infra.simulator.people import FLAGS, LOGIN, PHONE
from infra.simulator.push import Refusal
from infra.simulator.subscriptions import PopupFailed
from infra.simulator.templates import BY_ID, TEMPLATES

OPENID_CHARACTERS = 64
CALLS_SHOWN = 1000
PHONES_SHOWN = 24
MESSAGES_PER_PHONE = 20

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def controlled(handler: Callable[[web.Request, Parts], Awaitable[web.Response]]) -> Handler:
    """Render problems, and answer only when what was done is in the file."""

    async def run(request: web.Request) -> web.StreamResponse:
        parts = request.app[PARTS]
        try:
            response = await handler(request, parts)
        except Problem as problem:
            response = _problem(problem)
        except PopupFailed as failed:
            response = _problem(Problem(409, "popup_failed", str(failed)), errCode=failed.code)
        await parts.ledger.committed()
        return response

    return run


# --- people


@controlled
async def add_person(request: web.Request, parts: Parts) -> web.Response:
    """Make a phone; an openid that exists already is left as it is. A first login code comes with it."""
    openid = (await read_form(request, may_be_empty=True)).get("openid")
    if openid is not None and not (isinstance(openid, str) and 1 <= len(openid) <= OPENID_CHARACTERS):
        raise Problem(422, "bad_openid", f"openid is text of 1 to {OPENID_CHARACTERS} characters")
    openid, new = parts.platform.people.add(openid)
    _openid(parts, openid)  # an account that was closed stays closed
    return _json({"openid": openid, "code": parts.platform.people.issue_code(openid, LOGIN)}, 201 if new else 200)


@controlled
async def login(request: web.Request, parts: Parts) -> web.Response:
    """Give a code as `wx.login` would."""
    openid = _openid(parts, request.match_info["openid"])
    return _json({"code": parts.platform.people.issue_code(openid, LOGIN)})


@controlled
async def phone_code(request: web.Request, parts: Parts) -> web.Response:
    """Give a code as the phone number button would."""
    openid = _openid(parts, request.match_info["openid"])
    return _json({"code": parts.platform.people.issue_code(openid, PHONE)})


@controlled
async def change_person(request: web.Request, parts: Parts) -> web.Response:
    """Set `blocked` or `main_switch` of a person."""
    openid = _openid(parts, request.match_info["openid"])
    form = await read_form(request)
    for flag, value in form.items():
        if flag not in FLAGS or not isinstance(value, bool):
            raise Problem(422, "bad_flag", f"true or false for {', '.join(FLAGS)}")
        parts.platform.people.set_flag(openid, flag, value)
    return _json({"openid": openid} | form)


@controlled
async def tap(request: web.Request, parts: Parts) -> web.Response:
    """Let a person answer the pop-up, for one template or for several; or switch one off in the menu."""
    openid = _openid(parts, request.match_info["openid"])
    form = await read_form(request)
    results = read_results(form)
    if form.get("scene") == "menu":
        if len(results) != 1 or set(results.values()) != {"reject"}:
            raise Problem(422, "bad_result", "the menu can only reject one template")
        parts.platform.subscriptions.reject_in_menu(openid, next(iter(results)))
        return _json(results)
    return _json(parts.platform.subscriptions.tap(openid, results, always_keep=form.get("always_keep") is True))


@controlled
async def messages(request: web.Request, parts: Parts) -> web.Response:
    """List what a phone has shown."""
    openid = _known(parts, request.match_info["openid"])
    return _json({"items": parts.platform.subscriptions.messages(openid), "next": None})


@controlled
async def revoke(request: web.Request, parts: Parts) -> web.Response:
    """Let a person withdraw a class of data, by the platform's number: 8 is the phone number."""
    openid = _openid(parts, request.match_info["openid"])
    info = (await read_form(request)).get("revoke_info")
    if not isinstance(info, str) or not info.isdigit():
        raise Problem(422, "bad_revoke_info", "revoke_info is a number as text")
    _push_data_right(parts, events.REVOKE, openid, {"RevokeInfo": info, "PluginID": "", "OpenPID": ""})
    return _json({"openid": openid})


@controlled
async def close_account(request: web.Request, parts: Parts) -> web.Response:
    """Let a person close their account; from then on the openid is nobody's."""
    openid = _openid(parts, request.match_info["openid"])
    parts.platform.people.close(openid)
    _push_data_right(parts, events.CANCELLATION, openid, {})
    return _json({"openid": openid})


@controlled
async def phones(request: web.Request, parts: Parts) -> web.Response:
    """Give what the page shows: the phones with the latest news, their messages and credits, and the robots."""
    wanted = f"%{request.query.get('q', '')}%"
    rows = parts.ledger.all(
        "SELECT openid, last_visit_at, (SELECT max(at) FROM message WHERE message.openid = person.openid) AS news_at "
        "FROM person WHERE openid LIKE ? "
        "ORDER BY max(created_at, coalesce(last_visit_at, 0), coalesce(news_at, 0)) DESC LIMIT ?",
        wanted,
        read_number(request, "limit", PHONES_SHOWN),
    )
    robots = [
        {"name": _short(key), "messages": parts.platform.robots.messages(key, limit=MESSAGES_PER_PHONE)}
        for key in parts.settings.robot_keys
    ]
    total = parts.ledger.one("SELECT count(*) AS people FROM person")
    return _json(
        {"items": [_phone(parts, row["openid"]) for row in rows], "robots": robots, "people": total and total["people"]}
    )


# --- what tests want to see


@controlled
async def calls(request: web.Request, parts: Parts) -> web.Response:
    """List the requests received, oldest first: the latest ones, or those after an id."""
    path = request.query.get("path")
    limit = read_number(request, "limit", CALLS_SHOWN)
    after = read_number(request, "after", 0) if "after" in request.query else None
    items = parts.ledger.calls(path=path, limit=limit, after=after)
    more = after is not None and len(items) == limit
    return _json({"items": items, "next": items[-1]["id"] if more else None, "total": parts.ledger.count_calls(path)})


@controlled
async def robot_messages(request: web.Request, parts: Parts) -> web.Response:
    """List what a robot has said."""
    key = request.match_info["key"]
    if not parts.platform.robots.is_known(key):
        raise Problem(404, "no_such_robot", "no robot has this key")
    return _json({"items": parts.platform.robots.messages(key), "next": None})


@controlled
async def follow(request: web.Request, parts: Parts) -> web.Response:
    """Let a person follow the official account; the same again follows again."""
    openid = _openid(parts, request.match_info["openid"])
    return _json(parts.platform.official.follow(openid), 201)


@controlled
async def unfollow(request: web.Request, parts: Parts) -> web.Response:
    """Let a person leave the official account."""
    parts.platform.official.unfollow(_openid(parts, request.match_info["openid"]))
    return web.Response(status=204)


@controlled
async def change_follower(request: web.Request, parts: Parts) -> web.Response:
    """Set whether a follower blocks messages."""
    official, blocks = request.match_info["openid"], (await read_form(request)).get("blocks")
    if not parts.platform.official.is_known(official):
        raise Problem(404, "no_such_follower", "nobody with this openid has followed")
    if not isinstance(blocks, bool):
        raise Problem(422, "bad_blocks", "blocks is true or false")
    parts.platform.official.block(official, blocks)
    return _json({"openid": official, "blocks": blocks})


@controlled
async def official_messages(request: web.Request, parts: Parts) -> web.Response:
    """List what a follower of the official account was shown."""
    official = request.match_info["openid"]
    if not parts.platform.official.is_known(official):
        raise Problem(404, "no_such_follower", "nobody with this openid has followed")
    return _json({"items": parts.platform.official.messages(official), "next": None})


@controlled
async def latest_official(request: web.Request, parts: Parts) -> web.Response:
    """List the latest messages of the official account to anybody, oldest first."""
    limit = read_number(request, "limit", CALLS_SHOWN)
    return _json({"items": parts.platform.official.messages(None, limit=limit), "next": None})


@controlled
async def latest_wecom(request: web.Request, parts: Parts) -> web.Response:
    """List the latest messages of the application of WeCom to anybody, oldest first, with those it dropped."""
    items = parts.platform.apps.latest(read_number(request, "limit", CALLS_SHOWN))
    return _json({"items": items, "next": None})


@controlled
async def wecom_messages(request: web.Request, parts: Parts) -> web.Response:
    """List what a member of WeCom was shown by the application."""
    return _json({"items": parts.platform.apps.messages(request.match_info["userid"]), "next": None})


@controlled
async def staff_webhook_messages(request: web.Request, parts: Parts) -> web.Response:
    """List what came to the staff's webhook."""
    return _json({"items": parts.platform.staff_webhook.messages(), "next": None})


@controlled
async def templates(request: web.Request, parts: Parts) -> web.Response:
    """List the templates by key."""
    banned = parts.platform.subscriptions.banned()
    items = [
        {
            "key": key,
            "template_id": template.template_id,
            "title": template.title,
            "fields": [{"key": field.key, "label": field.label} for field in template.fields],
            "banned": template.template_id in banned,
        }
        for key, template in TEMPLATES.items()
    ]
    return _json({"items": items, "next": None})


@controlled
async def change_template(request: web.Request, parts: Parts) -> web.Response:
    """Ban a template or lift the ban."""
    template_id, banned = request.match_info["template_id"], (await read_form(request)).get("banned")
    if template_id not in BY_ID:
        raise Problem(404, "no_such_template", "no template has this id")
    if not isinstance(banned, bool):
        raise Problem(422, "bad_banned", "banned is true or false")
    parts.platform.subscriptions.ban(template_id, banned)
    return _json({"template_id": template_id, "banned": banned})


@controlled
async def health(request: web.Request, parts: Parts) -> web.Response:
    """Say that the simulator answers, and with which clock."""
    now, ports = shown(parts.clock.now()), {"push_url": parts.pushes.url, "mail_port": parts.mail.port}
    return _json({"status": "ok", "appid": parts.settings.appid, "now": now, **ports})


# --- what tests want to break or move


@controlled
async def put_fault(request: web.Request, parts: Parts) -> web.Response:
    """Set the fault of a path."""
    fault = read_fault(await read_form(request))
    parts.faults.put(fault)
    return _json(fault.shown())


@controlled
async def list_faults(request: web.Request, parts: Parts) -> web.Response:
    """List the faults in force."""
    return _json({"items": [fault.shown() for fault in parts.faults.list()], "next": None})


@controlled
async def clear_faults(request: web.Request, parts: Parts) -> web.Response:
    """Make all well."""
    parts.faults.clear()
    return web.Response(status=204)


@controlled
async def expire_tokens(request: web.Request, parts: Parts) -> web.Response:
    """End every token at once: calls with one answer 42001."""
    parts.platform.apps.expire_all()
    return _json({"expired": parts.platform.tokens.expire_all()})


@controlled
async def put_push(request: web.Request, parts: Parts) -> web.Response:
    """Set where and how events are pushed; a new address must echo a signed random text first."""
    form = await read_form(request)
    mischief = read_mischief(form)
    if "url" in form:
        url = form["url"]
        if url is not None and not (isinstance(url, str) and url.startswith(("http://", "https://"))):
            raise Problem(422, "bad_url", "url is an http address or null")
        try:
            await parts.pushes.set_url(url)
        except Refusal as refused:
            raise Problem(422, "echo_failed", str(refused)) from None
    parts.pushes.mischief = mischief
    shown_mischief = {"copies": mischief.copies, "jitter_ms": mischief.jitter_ms, "forge": mischief.forge}
    return _json({"url": parts.pushes.url, "mode": parts.settings.push_mode} | shown_mischief)


@controlled
async def pushes(request: web.Request, parts: Parts) -> web.Response:
    """List the latest pushes with their tries."""
    limit = read_number(request, "limit", CALLS_SHOWN)
    items = parts.pushes.list(event=request.query.get("event"), openid=request.query.get("openid"), limit=limit)
    return _json({"items": items, "next": None})


@controlled
async def forget_pushes(request: web.Request, parts: Parts) -> web.Response:
    """Give up every push that is still on its way, so that a test does not hear of the one before."""
    await parts.platform.sms_reports.forget()
    return _json({"forgotten": await parts.pushes.forget()})


@controlled
async def put_quota(request: web.Request, parts: Parts) -> web.Response:
    """Set how often a path may be called a day and a minute; null means without a limit."""
    form = await read_form(request)
    day, minute = form.get("daily_limit"), form.get("minute_limit")
    for limit in (day, minute):
        if limit is not None and not is_count(limit):
            raise Problem(422, "bad_limit", "daily_limit and minute_limit are whole numbers from 0, or null")
    parts.platform.quotas.limit(read_path(form), day=day, minute=minute)
    return _json({"path": form["path"], "daily_limit": day, "minute_limit": minute})


@controlled
async def put_media_verdict(request: web.Request, parts: Parts) -> web.Response:
    """Set what is found in the pictures and sounds that are checked from now on; null means no answer, ever."""
    suggest = (await read_form(request)).get("suggest")
    if suggest is not None and suggest not in SUGGESTS:
        raise Problem(422, "bad_suggest", f"suggest is null or one of {', '.join(SUGGESTS)}")
    parts.platform.media.suggest = suggest
    return _json({"suggest": suggest})


@controlled
async def move_clock(request: web.Request, parts: Parts) -> web.Response:
    """Move the platform's clock forward."""
    seconds = (await read_form(request)).get("forward_seconds")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds <= 10**9:
        raise Problem(422, "bad_forward_seconds", "forward_seconds is a number from 0")
    parts.forward(seconds)
    return _json({"now": shown(parts.clock.now())})


ROUTES = (
    web.get("/_sim/health", health),
    web.get("/_sim/phones", phones),
    web.post("/_sim/users", add_person),
    web.patch("/_sim/users/{openid}", change_person),
    web.post("/_sim/users/{openid}/login", login),
    web.post("/_sim/users/{openid}/phone-code", phone_code),
    web.post("/_sim/users/{openid}/subscriptions", tap),
    web.get("/_sim/users/{openid}/messages", messages),
    web.post("/_sim/users/{openid}/revocation", revoke),
    web.post("/_sim/users/{openid}/closure", close_account),
    web.get("/_sim/calls", calls),
    web.get("/_sim/robots/{key}/messages", robot_messages),
    web.post("/_sim/users/{openid}/following", follow),
    web.delete("/_sim/users/{openid}/following", unfollow),
    web.patch("/_sim/official/{openid}", change_follower),
    web.get("/_sim/official", latest_official),
    web.get("/_sim/official/{openid}/messages", official_messages),
    web.get("/_sim/wecom", latest_wecom),
    web.get("/_sim/wecom/{userid}/messages", wecom_messages),
    web.get("/_sim/staff-webhook/messages", staff_webhook_messages),
    web.get("/_sim/templates", templates),
    web.patch("/_sim/templates/{template_id}", change_template),
    web.put("/_sim/faults", put_fault),
    web.get("/_sim/faults", list_faults),
    web.delete("/_sim/faults", clear_faults),
    web.post("/_sim/tokens/expire", expire_tokens),
    web.put("/_sim/push", put_push),
    web.get("/_sim/pushes", pushes),
    web.delete("/_sim/pushes", forget_pushes),
    web.put("/_sim/quotas", put_quota),
    web.put("/_sim/clock", move_clock),
    web.put("/_sim/media-verdict", put_media_verdict),
)


# --- finding and showing


def _known(parts: Parts, openid: str) -> str:
    if parts.ledger.one("SELECT 1 FROM person WHERE openid = ?", openid) is None:
        raise Problem(404, "no_such_person", "no phone has this openid")
    return openid


def _openid(parts: Parts, openid: str) -> str:
    if parts.platform.people.find(openid) is None:
        raise Problem(404, "no_such_person", "no phone has this openid, or its account is closed")
    return openid


def _push_data_right(parts: Parts, event: str, openid: str, more: dict[str, str]) -> None:
    message = events.data_right_event(parts.settings, event, openid=openid, at=parts.clock.now(), more=more)
    parts.pushes.send(event, openid, message)


def _phone(parts: Parts, openid: str) -> dict[str, Any]:
    credits_left = parts.platform.subscriptions.credits(openid)
    return {
        "openid": openid,
        "credits": [
            {"template_id": template_id, "title": BY_ID[template_id].title, "credits": left}
            for template_id, left in credits_left.items()
        ],
        "messages": [
            {
                "msgid": message["msgid"],
                "title": message["title"],
                "lines": [
                    {"label": field.label, "value": message["data"][field.key]["value"]}
                    for field in BY_ID[message["template_id"]].fields
                ],
                "page": message["page"],
                "at": message["at"],
            }
            for message in parts.platform.subscriptions.messages(openid, limit=MESSAGES_PER_PHONE)
        ],
    }


def _short(key: str) -> str:
    return key if len(key) <= 12 else f"{key[:4]}…{key[-4:]}"


def _json(answer: Any, status: int = 200) -> web.Response:
    return web.Response(status=status, body=orjson.dumps(answer), content_type="application/json")


def _problem(problem: Problem, **more: Any) -> web.Response:
    shown_problem = {
        "type": f"urn:simulator:{problem.code}",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": str(problem),
        "code": problem.code,
    }
    return web.Response(
        status=problem.status, body=orjson.dumps(shown_problem | more), content_type="application/problem+json"
    )
