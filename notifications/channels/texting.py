"""What both providers of text messages share: what goes to which number, one HTTP call with a definite end or none.

Mainland providers carry approved templates only. Names are masked: a text message lies open on a locked screen.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import aiohttp
import orjson
import structlog
from yarl import URL

from notifications.channels.addresses import Kind, Reached, mark_bad, reach
from notifications.channels.answers import Answer, receipt_of
from notifications.channels.content import Content, Receipt
from notifications.channels.links import web_code
from notifications.fields import NOTHING
from notifications.graphemes import shorten
from notifications.rules import Cause, Outcome
from server import clock
from server.carriers import SmsTemplate
from server.privacy import mask_name
from server.runtime import runtime

log = structlog.get_logger("channels")

ANY = "*"
TITLE = "title"
WEB_CODE = "web_code"  # the end of the address of a page that needs no sign-in
VALUE_CHARACTERS = 35  # what Aliyun takes for one parameter
CONNECT_SECONDS = 3
_MAINLAND = re.compile(r"1[3-9][0-9]{9}")
_ABROAD = re.compile(r"(?:\+|00)([1-9][0-9]{6,14})")
_LINK = re.compile(r"\S+://\S+")  # both refuse links in parameters


@dataclass(frozen=True)
class Number:
    """A number that can get text messages. country: its code without a sign."""

    country: str
    national: str

    @property
    def e164(self) -> str:
        """Give it as Tencent wants it."""
        return f"+{self.country}{self.national}"


@dataclass(frozen=True)
class Sms:
    """A message that can go: its template, the values of its parameters by their names, and whom it reaches where."""

    template_id: str
    values: Mapping[str, str]
    number: Number
    reached: Reached


async def written(channel: str, templates: Mapping[str, SmsTemplate], content: Content, address: str) -> Sms | Receipt:
    """Choose the template, fill it, and read the number; a receipt says why nothing can go."""
    template = template_of(templates, content)
    if template is None:
        log.error("template_without_id", channel=channel, template=content.template_key)
        return Receipt(Outcome.REFUSED, "no_template_id", content.template_key, cause=Cause.TEMPLATE)
    reached = await reach(channel, address, Kind.PHONE)
    if isinstance(reached, Receipt):
        return reached
    number = number_of(reached.value)
    if number is None:
        return Receipt(Outcome.REFUSED, "not_a_mobile")
    return Sms(template.id, values_of(template, content), number, reached)


async def number_at(channel: str, address: str) -> Number | None:
    """Read the number that an address stands for, or None when no text message reaches it."""
    reached = await reach(channel, address, Kind.PHONE)
    return number_of(reached.value) if isinstance(reached, Reached) else None


def number_of(phone: str) -> Number | None:
    """Read a kept phone number; None for what no text message reaches: a landline, a wrong length."""
    if _MAINLAND.fullmatch(phone):
        return Number("86", phone)
    found = _ABROAD.fullmatch(phone)
    if found is None:
        return None
    return Number("", found[1])


def template_of(templates: Mapping[str, SmsTemplate], content: Content) -> SmsTemplate | None:
    """Choose the template of a message: its own, that of its event, or the one for all others."""
    wanted = (content.template_key, content.event, ANY)
    return next((templates[key] for key in wanted if key and key in templates), None)


def values_of(template: SmsTemplate, content: Content) -> dict[str, str]:
    """Fill the parameters of a template: names masked, links left out, nothing too long or empty."""
    return {param: _value(content, source) for param, source in template.params.items()}


def _value(content: Content, source: str) -> str:
    if source == WEB_CODE:
        return web_code(content) or NOTHING
    text = content.title if source == TITLE else content.fields.get(source, "")
    if source.startswith("name"):
        text = mask_name(text) if text else ""
    return shorten(" ".join(_LINK.sub("", text).split()), VALUE_CHARACTERS) or NOTHING


def their_now() -> datetime:
    """Give the time on the wall, by which providers check signatures, also when a test has moved ours."""
    return clock.now() - clock.shift()


def until_tomorrow() -> timedelta:
    """Give the time until a new day begins, in which a number gets messages again."""
    return clock.at(clock.today() + timedelta(days=1), 0) - clock.now()


def host_of(base_url: str) -> str:
    """Give what the header Host says."""
    return URL(base_url).host_port_subcomponent or ""


async def call(
    url: str, headers: Mapping[str, str], *, seconds: float, body: bytes | None = None
) -> tuple[int, dict[str, Any]] | Receipt:
    """Post once; give status and answer, or the receipt of a call that has none.

    A status of 500 and more is no answer, whatever stands in its body: the provider may have taken the message.
    """
    try:
        async with runtime().http.post(
            URL(url, encoded=True),
            data=body,
            headers=headers,
            timeout=aiohttp.ClientTimeout(total=seconds, connect=CONNECT_SECONDS),
        ) as reply:
            raw = await reply.read()
            if reply.status >= 500:
                return Receipt(Outcome.UNKNOWN, "no_answer", f"http {reply.status}")
        answer = orjson.loads(raw)
    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
        return Receipt(Outcome.TROUBLE, "unreachable", type(error).__name__)
    except (aiohttp.ClientError, TimeoutError, OSError, orjson.JSONDecodeError) as error:
        return Receipt(Outcome.UNKNOWN, "no_answer", type(error).__name__)
    if not isinstance(answer, dict):
        return Receipt(Outcome.UNKNOWN, "no_answer", "unreadable answer")
    return reply.status, answer


async def refused(channel: str, reached: Reached, code: str, answer: Answer, *, is_bad_number: bool) -> Receipt:
    """Give the receipt of a message that was not sent; a number that the provider called wrong is not tried again."""
    if is_bad_number:
        await mark_bad(channel, reached, code)
    receipt = receipt_of({code: answer}, code)
    if receipt.cause is not None:
        log.error("sms_refused", channel=channel, code=code)
    return receipt
