"""Where the providers of text messages report to. A secret in the address is all that tells who reports."""

import hmac
from collections.abc import Callable, Mapping
from typing import Any

from sanic import Blueprint, HTTPResponse, Request
from sanic.response import json

from notifications.errors import ForgedPush
from notifications.receipts import actions
from notifications.receipts.reading import Report, aliyun_report, read_reports, tencent_report
from server.config import Secret
from server.runtime import runtime
from server.web import api

bp = Blueprint("receipts")


@bp.post("/aliyun/sms-receipts")
@api(errors=(ForgedPush,), tag="providers")
async def from_aliyun(request: Request) -> HTTPResponse:
    """Take what Aliyun reports of text messages."""
    await _take(request, "sms_aliyun", runtime().settings.aliyun_sms.receipts_token, aliyun_report)
    return json({"code": 0, "msg": "OK"})


@bp.post("/tencent/sms-receipts")
@api(errors=(ForgedPush,), tag="providers")
async def from_tencent(request: Request) -> HTTPResponse:
    """Take what Tencent reports of text messages."""
    await _take(request, "sms_tencent", runtime().settings.tencent_sms.receipts_token, tencent_report)
    return json({"result": 0, "errmsg": "OK"})


async def _take(request: Request, channel: str, token: Secret, one: Callable[[Mapping[str, Any]], Report]) -> None:
    given = request.args.get("token") or ""
    if not token or not hmac.compare_digest(given.encode(), token.encode()):
        raise ForgedPush()
    await actions.keep(channel, read_reports(request.body, one))
