"""How the platform speaks: the shape of a call and an answer, and every errcode with its text.

Source: wechat.md 0.4, 0.5 and the error tables of each call.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from infra.simulator.settings import SimulatorSettings

ERRMSG: dict[int, str] = {
    -1: "system error",
    40001: (
        "invalid credential, access_token is invalid or not latest, could get access_token by "
        "getStableAccessToken, more details at https://mmbizurl.cn/s/JtxxFh33r"
    ),
    40002: "invalid grant_type",
    40003: "invalid openid",
    40013: "invalid appid",
    40014: "invalid access_token",
    40029: "invalid code",
    40037: "invalid template_id",
    40066: "invalid url",
    40097: "invalid args",
    40125: "invalid appsecret",
    40129: "invalid scene",
    40163: "code been used",
    40164: "invalid ip, not in whitelist",
    40169: "invalid length for scene, or the data is not json string",
    40226: "code blocked",
    40243: "appsecret is frozen",
    41001: "access_token missing",
    41002: "appid missing",
    41004: "appsecret missing",
    41008: "missing code",
    41030: "invalid page",
    42001: "access_token expired",
    43001: "require GET method",
    43002: "require POST method",
    43101: "user refuse to accept the msg",
    43104: "appid not match",
    43107: "subscribe message capability is banned",
    43108: "Cannot make concurrent calls to the same OpenID, please try again",
    44002: "empty post data",
    44991: "reach max api minute quota limit",
    45002: "content size out of limit",
    45009: "reach max api daily quota limit",
    45011: "api minute-quota reach limit, must slower, retry next minute",
    45109: "This API has been unsupported",
    45168: "contains sensitive words",
    47001: "data format error",
    47003: "argument invalid!",
    48001: "api unauthorized",
    48004: "api forbidden for irregularities",
    50002: "user limited",
    61010: "code is expired",
    76021: "cgi_path not found",
    76022: "could not use this cgi_path, no permission",
    85096: "not allow include scancode_time field",
    87008: "invalid sig_method",
    87009: "invalid signature",
}


class Refused(Exception):
    """The platform answers with an errcode other than 0."""

    def __init__(self, errcode: int, errmsg: str | None = None) -> None:
        super().__init__(errcode)
        self.errcode = errcode
        self.errmsg = ERRMSG.get(errcode, "unknown error") if errmsg is None else errmsg


@dataclass(frozen=True, slots=True)
class Call:
    """One request as the rules see it; the method was looked at before. headers: for providers that sign in them."""

    path: str
    query: Mapping[str, str]
    body: bytes
    ip: str = "127.0.0.1"
    headers: Mapping[str, str] = field(default_factory=dict)

    def read(self) -> dict[str, Any]:
        """Read the body as a JSON object, whatever its Content-Type says."""
        if not self.body.strip():
            raise Refused(44002)
        try:
            form = orjson.loads(self.body)
        except orjson.JSONDecodeError:
            raise Refused(47001) from None
        if not isinstance(form, dict):
            raise Refused(47001)
        return form


@dataclass(frozen=True, slots=True)
class Picture:
    """An answer that is an image instead of JSON."""

    png: bytes


@dataclass(frozen=True, slots=True)
class Held:
    """An answer that comes when the platform has finished with a person, who is busy until then."""

    answer: dict[str, Any]
    openid: str


@dataclass(frozen=True, slots=True)
class Worded:
    """An answer of a provider with words and statuses of its own."""

    status: int
    answer: dict[str, Any]


Answer = dict[str, Any] | Picture | Held | Worded

OK: dict[str, Any] = {"errcode": 0, "errmsg": "ok"}


def refusal(refused: Refused, at: float) -> dict[str, Any]:
    """Give the body of a refusal; `rid` begins with the moment of the call in hex seconds."""
    rid = f"{int(at):08x}-{secrets.token_hex(4)}-{secrets.token_hex(4)}"
    return {"errcode": refused.errcode, "errmsg": f"{refused.errmsg} rid: {rid}"}


def check_app(settings: SimulatorSettings, given: Mapping[str, Any]) -> None:
    """Refuse an app that is not ours: 41002, 40013, 41004, 40125."""
    if not given.get("appid"):
        raise Refused(41002)
    if given["appid"] != settings.appid:
        raise Refused(40013)
    if not given.get("secret"):
        raise Refused(41004)
    if given["secret"] != settings.secret:
        raise Refused(40125)
