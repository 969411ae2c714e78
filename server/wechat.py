"""WeChat over HTTP: sign-in, token, subscribe message; the crypto of its pushes.

wechatpy composes the calls and opens the pushes; aiohttp carries the calls, so that nothing blocks the loop and a call
can be cancelled. wechatpy's own transport is synchronous, refreshes tokens without a bound and knows the token's host
by heart (decision 0004).
"""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import aiohttp
import orjson
import structlog
from wechatpy import WeChatClient
from wechatpy.crypto import WeChatCrypto
from yarl import URL

from server.config import Wechat as WechatSettings

log = structlog.get_logger("wechat")

TOKEN_ERRORS = frozenset({40001, 40014, 42001})
TOKEN_MARGIN_SECONDS = 300  # stable_token promises that a returned token lives at least that long
LIBRARY_HOST = "https://api.weixin.qq.com"


@dataclass(frozen=True)
class Call:
    """One call as wechatpy composed it; `path` begins with a slash."""

    method: str
    path: str
    params: Mapping[str, str]
    body: bytes | None


class Composer(WeChatClient):
    """wechatpy's client with its transport taken out: its methods return the `Call` instead of making it."""

    def __init__(self, app_id: str, secret: str) -> None:
        super().__init__(app_id, secret, auto_retry=False)

    @property
    def access_token(self) -> str:
        """Leave the token to the carrier, which knows when to refresh it."""
        return ""

    def _request(self, method: str, url_or_endpoint: str, **kwargs: Any) -> Call:
        base = kwargs.pop("api_base_url", None) or self.API_BASE_URL
        url = url_or_endpoint if url_or_endpoint.startswith("http") else base + url_or_endpoint
        params = {key: value for key, value in (kwargs.get("params") or {}).items() if key != "access_token"}
        data = kwargs.get("data")
        return Call(
            method=method.upper(),
            path=url.removeprefix(LIBRARY_HOST),
            params=params,
            body=orjson.dumps(data) if data is not None else None,
        )


class WechatTrouble(Exception):
    """A call did not end well."""


class WechatRefused(WechatTrouble):
    """The platform answered with an error code: the outcome is known."""

    def __init__(self, errcode: int, errmsg: str) -> None:
        super().__init__(f"{errcode}")
        self.errcode = errcode
        self.errmsg = errmsg


class WechatUnreachable(WechatTrouble):
    """No connection was made, so not one byte of the request left: nothing happened there."""


class WechatUnknown(WechatTrouble):
    """The request may have been taken: time-out, broken connection, 5xx or an answer that cannot be read."""


class Wechat:
    """The platform for one process: one HTTP session, one token that is refreshed by one task at a time."""

    def __init__(self, settings: WechatSettings, http: aiohttp.ClientSession) -> None:
        self._settings = settings
        self._http = http
        self._composer = Composer(settings.app_id, settings.secret)
        self._token = ""
        self._token_until = 0.0
        self._refreshing = asyncio.Lock()

    @property
    def template_ids(self) -> Mapping[str, str]:
        """Give the platform's template id for each of our template keys."""
        return self._settings.template_ids

    async def code_to_session(self, code: str) -> dict[str, Any]:
        """Exchange the code of `wx.login` for {openid, session_key, unionid?}.

        Raises: WechatRefused (40029, 40163, 40226 …), WechatUnreachable, WechatUnknown.
        """
        return await self._carry(self._composer.wxa.code_to_session(code), token=None)

    async def send_subscribe_message(
        self, openid: str, template_id: str, data: Mapping[str, str], *, page: str = ""
    ) -> dict[str, Any]:
        """Send a subscribe message; give the platform's answer, `msgid` in it or not.

        A refused token is refreshed once and the call repeated once: the first was not processed.
        Raises: WechatRefused, WechatUnreachable, WechatUnknown.
        """
        call = self._composer.wxa.send_subscribe_message(
            openid, template_id, {key: {"value": value} for key, value in data.items()}, page=page or None
        )
        token = await self._valid_token(stale=None)
        try:
            return await self._carry(call, token=token)
        except WechatRefused as refusal:
            if refusal.errcode not in TOKEN_ERRORS:
                raise
        return await self._carry(call, token=await self._valid_token(stale=token))

    async def _valid_token(self, *, stale: str | None) -> str:
        if self._token and self._token != stale and time.monotonic() < self._token_until:
            return self._token
        async with self._refreshing:
            if self._token and self._token != stale and time.monotonic() < self._token_until:
                return self._token  # somebody else has just refreshed it
            # never force_refresh: that is for leaked tokens, 20 a day; the stable call gives all processes the same one
            body = orjson.dumps(
                {
                    "grant_type": "client_credential",
                    "appid": self._settings.app_id,
                    "secret": str(self._settings.secret),
                    "force_refresh": False,
                }
            )
            try:
                answer = await self._carry(Call("POST", "/cgi-bin/stable_token", {}, body), token=None)
            except WechatUnknown as trouble:
                # the message itself has not left: for its sender this is as good as no connection
                raise WechatUnreachable(str(trouble)) from trouble
            self._token = answer["access_token"]
            self._token_until = time.monotonic() + max(30, answer["expires_in"] - TOKEN_MARGIN_SECONDS)
            return self._token

    async def _carry(self, call: Call, *, token: str | None) -> dict[str, Any]:
        params = {**call.params, **({"access_token": token} if token is not None else {})}
        try:
            # written out here: the client's own way of joining a query costs more than the whole call
            url = URL(f"{self._settings.base_url}{call.path}?{urlencode(params)}", encoded=True)
            async with self._http.request(
                call.method,
                url,
                data=call.body,
                timeout=aiohttp.ClientTimeout(total=self._settings.timeout_seconds, connect=3),
            ) as reply:
                raw = await reply.read()
                if reply.status != 200:
                    raise WechatUnknown(f"http {reply.status}")
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise WechatUnreachable(type(error).__name__) from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise WechatUnknown(type(error).__name__) from error
        try:
            answer = orjson.loads(raw)
        except orjson.JSONDecodeError as error:
            raise WechatUnknown("unreadable answer") from error
        if not isinstance(answer, dict):
            raise WechatUnknown("unreadable answer")
        if answer.get("errcode", 0) != 0:
            raise WechatRefused(int(answer["errcode"]), str(answer.get("errmsg", ""))[:300])
        return answer


def push_crypto(settings: WechatSettings) -> WeChatCrypto:
    """Make what opens and checks the platform's encrypted pushes."""
    return WeChatCrypto(str(settings.push_token), str(settings.push_aes_key), settings.app_id)
