"""The accounts that channels call beside the mini-app: one carrier for each in a process, since each has one token."""

from collections.abc import Callable

import aiohttp

from server.runtime import runtime
from server.wechat import Account, Call, corp_token_call, stable_token_call

_made: dict[tuple[object, ...], tuple[aiohttp.ClientSession, Account]] = {}


def official() -> Account:
    """Give the official account."""
    settings = runtime().settings.official
    name = f"official:{settings.app_id}"
    token_call = stable_token_call(settings.app_id, settings.secret)
    return _account((name, settings.secret), settings.base_url, token_call, settings.timeout_seconds)


def wecom() -> Account:
    """Give the application of WeCom."""
    settings = runtime().settings.wecom
    name = f"wecom:{settings.corp_id}:{settings.agent_id}"
    token_call = corp_token_call(settings.corp_id, settings.app_secret)
    return _account((name, settings.app_secret), settings.base_url, token_call, settings.timeout_seconds)


def _account(who: tuple[str, str], base_url: str, token_call: Callable[[bool], Call], seconds: float) -> Account:
    key = (*who, base_url, seconds)
    http = runtime().http
    found = _made.get(key)
    if found is None or found[0] is not http:  # another session: another run in the same process
        made = Account(http, base_url=base_url, name=who[0], token_call=token_call, timeout_seconds=seconds)
        found = _made[key] = (http, made)
    return found[1]
