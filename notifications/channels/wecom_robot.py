"""The WeCom group robot that alerts staff. Its key is the only secret; it is never stored or logged."""

from collections.abc import Mapping

import aiohttp
import orjson
import structlog

from notifications.channels.answers import Answer, receipt_of
from notifications.channels.content import Capabilities, Content, Receipt, Recipient
from notifications.graphemes import shorten, utf8
from notifications.rules import Cause, Outcome, Window
from server.runtime import runtime

log = structlog.get_logger("channels")

TEXT_BYTES = 2048  # wechat.md 6.4
MENTIONED = "mentioned"  # the field with the user ids to mention, joined by `|`

# Source: wechat.md 6.4.
ANSWERS: Mapping[int | str, Answer] = {
    -1: Answer(Outcome.RETRY),
    45009: Answer(Outcome.TROUBLE, window=Window.NEXT_MINUTE),
    93000: Answer(Outcome.TROUBLE, cause=Cause.CREDENTIALS),
}


class Robot:
    """Reaches the staff's group chat."""

    name = "wecom_robot"
    capabilities = Capabilities(at_once=1, per_minute=20)  # a robot; more is answered with 45009

    def is_set_up(self) -> bool:
        """A robot is its key."""
        return bool(runtime().settings.wecom.robot_key)

    def carries(self, content: Content) -> bool:
        """Everything with a title."""
        return bool(content.title)

    def address(self, recipient: Recipient) -> str | None:
        """Give the one robot; accounts are not in its chat."""
        return "robot" if recipient.account_id is None else None

    async def send(self, content: Content, address: str, key: str) -> Receipt:
        """Call the robot once; it knows no key of ours."""
        wecom, http = runtime().settings.wecom, runtime().http
        body = {"msgtype": "text", "text": {"content": shorten(content.text(), TEXT_BYTES, measure=utf8)}}
        if mentioned := content.fields.get(MENTIONED):
            body["text"]["mentioned_list"] = mentioned.split("|")  # type: ignore[index]
        try:
            async with http.post(
                wecom.base_url + "/cgi-bin/webhook/send",
                params={"key": str(wecom.robot_key)},
                data=orjson.dumps(body),
                headers={"Content-Type": "application/json"},
                timeout=aiohttp.ClientTimeout(total=wecom.timeout_seconds, connect=3),
            ) as reply:
                raw = await reply.read()
                if reply.status != 200:
                    return Receipt(Outcome.UNKNOWN, "no_answer", f"http {reply.status}")
            errcode = int(orjson.loads(raw)["errcode"])
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            return Receipt(Outcome.TROUBLE, "unreachable", type(error).__name__)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return Receipt(Outcome.UNKNOWN, "no_answer", type(error).__name__)
        except (orjson.JSONDecodeError, KeyError, TypeError, ValueError):
            return Receipt(Outcome.UNKNOWN, "no_answer", "unreadable answer")
        return self._answered(errcode)

    def _answered(self, errcode: int) -> Receipt:
        if errcode == 0:
            return Receipt(Outcome.ACCEPTED, "0")
        receipt = receipt_of(ANSWERS, errcode)
        if receipt.cause is not None:
            log.error("robot_refused", errcode=errcode)
        return receipt
