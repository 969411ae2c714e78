"""WeChat over HTTP: accounts with their tokens, sign-in, subscribe message; the crypto of its pushes.

wechatpy composes the calls and opens the pushes; aiohttp carries the calls, so that nothing blocks the loop and a call
can be cancelled. wechatpy's own transport is synchronous, refreshes tokens without a bound and knows the token's host
by heart (decision 0004).
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar
from urllib.parse import urlencode

import aiohttp
import orjson
from wechatpy import WeChatClient
from wechatpy.crypto import WeChatCrypto
from yarl import URL

from server.config import Wechat as WechatSettings
from server.tokens import Issued, Tokens

T = TypeVar("T")

TOKEN_ERRORS = frozenset({40001, 40014, 42001})
COMMENT = 2  # where content stands: a scene of the platform's
COMMENT = 2  # what the platform calls this kind of text
PICTURE_WIDTH = 860  # pixels: sharp on paper at ten centimetres
PNG, JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"
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


def stable_token_call(app_id: str, secret: str) -> Callable[[bool], Call]:
    """Make what asks for the token of a mini-app or an official account: everybody gets the same one.

    To force means to end the one that is out: for one that is refused though the platform takes it for good.
    """

    def call(is_forced: bool) -> Call:
        form = {"grant_type": "client_credential", "appid": app_id, "secret": str(secret), "force_refresh": is_forced}
        return Call("POST", "/cgi-bin/stable_token", {}, orjson.dumps(form))

    return call


def corp_token_call(corp_id: str, secret: str) -> Callable[[bool], Call]:
    """Make what asks for the token of an application of WeCom; it cannot be forced."""

    def call(is_forced: bool) -> Call:
        return Call("GET", "/cgi-bin/gettoken", {"corpid": corp_id, "corpsecret": str(secret)}, None)

    return call


class Account:
    """One account at the platform, or an application of WeCom: carries calls and knows their token.

    name: the same in every process, `mini:<app id>`. token_call: composes the call for a token.
    """

    def __init__(
        self,
        http: aiohttp.ClientSession,
        *,
        base_url: str,
        name: str,
        token_call: Callable[[bool], Call],
        timeout_seconds: float = 8.0,
    ) -> None:
        self._http = http
        self._base_url = base_url
        self._token_call = token_call
        self._timeout = aiohttp.ClientTimeout(total=timeout_seconds, connect=3)
        self._tokens = Tokens(name, self._issued)

    async def call(self, call: Call) -> dict[str, Any]:
        """Make a call with the token; one that is refused for its token is repeated once, for it was not processed.

        Raises: WechatRefused, WechatUnreachable, WechatUnknown.
        """
        return await self._with_token(lambda token: self.carry(call, token=token))

    async def picture(self, call: Call) -> tuple[bytes, str]:
        """Make a call that is answered with a picture; give it and its media type.

        Raises: WechatRefused, WechatUnreachable, WechatUnknown.
        """

        async def fetched(token: str) -> tuple[bytes, str]:
            return _picture(*await self._fetch(call, token=token))

        return await self._with_token(fetched)

    async def carry(self, call: Call, *, token: str | None = None) -> dict[str, Any]:
        """Make a call as it is.

        Raises: WechatRefused, WechatUnreachable, WechatUnknown.
        """
        raw, _ = await self._fetch(call, token=token)
        return _answer(raw)

    async def _with_token(self, make: Callable[[str], Awaitable[T]]) -> T:
        token = await self._tokens.valid()
        try:
            return await make(token)
        except WechatRefused as refusal:
            if refusal.errcode not in TOKEN_ERRORS:
                raise
        return await make(await self._tokens.valid(stale=token))

    async def _issued(self, is_forced: bool) -> Issued:
        try:
            answer = await self.carry(self._token_call(is_forced))
        except WechatUnknown as trouble:
            # the message itself has not left: for its sender this is as good as no connection
            raise WechatUnreachable(str(trouble)) from trouble
        return Issued(str(answer["access_token"]), timedelta(seconds=int(answer["expires_in"])))

    async def _fetch(self, call: Call, *, token: str | None) -> tuple[bytes, str]:
        params = {**call.params, **({"access_token": token} if token is not None else {})}
        try:
            # written out here: the client's own way of joining a query costs more than the whole call
            url = URL(f"{self._base_url}{call.path}?{urlencode(params)}", encoded=True)
            async with self._http.request(call.method, url, data=call.body, timeout=self._timeout) as reply:
                raw = await reply.read()
                if reply.status != 200:
                    raise WechatUnknown(f"http {reply.status}")
                return raw, reply.content_type
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise WechatUnreachable(type(error).__name__) from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise WechatUnknown(type(error).__name__) from error


class Wechat:
    """The mini-app at the platform: what the product asks of it."""

    def __init__(self, settings: WechatSettings, http: aiohttp.ClientSession) -> None:
        self._settings = settings
        self._composer = Composer(settings.app_id, settings.secret)
        self._account = Account(
            http,
            base_url=settings.base_url,
            name=f"mini:{settings.app_id}",
            token_call=stable_token_call(settings.app_id, settings.secret),
            timeout_seconds=settings.timeout_seconds,
        )

    @property
    def template_ids(self) -> Mapping[str, str]:
        """Give the platform's template id for each of our template keys."""
        return self._settings.template_ids

    async def code_to_session(self, code: str) -> dict[str, Any]:
        """Exchange the code of `wx.login` for {openid, session_key, unionid?}.

        Raises: WechatRefused (40029, 40163, 40226 …), WechatUnreachable, WechatUnknown.
        """
        return await self._account.carry(self._composer.wxa.code_to_session(code))

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
        return await self._account.call(call)

    async def check_text(self, openid: str, text: str) -> dict[str, Any]:
        """Let the platform look at what somebody wrote; give its answer: result.suggest is pass, review or risky.

        text: 1 to 2500 characters.
        Raises: WechatRefused (61010: they were not here within two hours), WechatUnreachable, WechatUnknown.
        """
        form = {"version": 2, "scene": COMMENT, "openid": openid, "content": text}
        return await self._account.call(Call("POST", "/wxa/msg_sec_check", {}, orjson.dumps(form)))

    async def code_picture(self, scene: str, page: str) -> tuple[bytes, str]:
        """Let the platform draw a mini-app code; give the picture and its media type.

        scene: 1 to 32 of the platform's characters. page: without a slash before it; it need not be released yet.
        Raises: WechatRefused, WechatUnreachable, WechatUnknown.
        """
        form = {"scene": scene, "page": page, "check_path": False, "width": PICTURE_WIDTH}
        return await self._account.picture(Call("POST", "/wxa/getwxacodeunlimit", {}, orjson.dumps(form)))

    async def check_media(self, url: str, media_type: int, *, openid: str) -> str:
        """Ask the platform to look at a file that it can fetch; give its name for the check, whose result is an event.

        media_type: 1 sound, 2 picture. openid: of the author, who must have been here within two hours.
        Raises: WechatRefused, WechatUnreachable, WechatUnknown.
        """
        form = {"media_url": url, "media_type": media_type, "version": 2, "scene": COMMENT, "openid": openid}
        answer = await self._account.call(Call("POST", "/wxa/media_check_async", {}, orjson.dumps(form)))
        if not answer.get("trace_id"):
            raise WechatUnknown("no name for the check")
        return str(answer["trace_id"])


def _answer(raw: bytes) -> dict[str, Any]:
    try:
        answer = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise WechatUnknown("unreadable answer") from error
    if not isinstance(answer, dict):
        raise WechatUnknown("unreadable answer")
    if answer.get("errcode", 0) != 0:
        raise WechatRefused(int(answer["errcode"]), str(answer.get("errmsg", ""))[:300])
    return answer


def _picture(raw: bytes, content_type: str) -> tuple[bytes, str]:
    if raw.startswith(PNG):
        return raw, "image/png"
    if raw.startswith(JPEG):
        return raw, "image/jpeg"
    _answer(raw)  # an error is JSON, whatever its type is called
    raise WechatUnknown(f"no picture but {content_type}")


def push_crypto(settings: WechatSettings) -> WeChatCrypto:
    """Make what opens and checks the platform's encrypted pushes."""
    return WeChatCrypto(str(settings.push_token), str(settings.push_aes_key), settings.app_id)
