"""The WeCom group robot that alerts staff. Its key is the only secret; it is never stored or logged."""

from datetime import timedelta

import aiohttp
import orjson
import structlog

from notifications.channels.content import Content, Receipt, Recipient
from notifications.rules import WECOM_OUTCOMES, Outcome
from server.runtime import runtime

log = structlog.get_logger("channels")

SECONDS = 8
TEXT_BYTES = 2048  # wechat.md 6.4
MENTIONED = "mentioned"  # the field with the user ids to mention, joined by `|`


class Robot:
    """Reaches the staff's group chat."""

    name = "wecom_robot"
    at_once = 1
    per_minute: int | None = 20  # a robot; more is answered with 45009
    needs_consent = False
    is_instant = False

    def carries(self, content: Content) -> bool:
        """Everything with a title."""
        return bool(content.title)

    def address(self, recipient: Recipient) -> str | None:
        """Give the one robot, when there is a key for it; accounts are not in its chat."""
        return "robot" if recipient.account_id is None and runtime().settings.wecom.robot_key else None

    async def send(self, content: Content, address: str) -> Receipt:
        """Call the robot once."""
        wecom, http = runtime().settings.wecom, runtime().http
        body = {"msgtype": "text", "text": {"content": shortened(content.text())}}
        if mentioned := content.fields.get(MENTIONED):
            body["text"]["mentioned_list"] = mentioned.split("|")  # type: ignore[index]
        try:
            async with http.post(
                wecom.base_url + "/cgi-bin/webhook/send",
                params={"key": str(wecom.robot_key)},
                data=orjson.dumps(body),
                headers={"Content-Type": "application/json"},
                timeout=aiohttp.ClientTimeout(total=SECONDS, connect=3),
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
        outcome, seconds = WECOM_OUTCOMES.get(errcode, (Outcome.REFUSED, None))
        if errcode != 45009:
            log.error("robot_refused", errcode=errcode)
        return Receipt(outcome, str(errcode), pause=timedelta(seconds=seconds) if seconds else None)


def shortened(text: str) -> str:
    """Cut a text to what the robot takes: bytes, not characters."""
    raw = text.encode()
    if len(raw) <= TEXT_BYTES:
        return text
    return raw[: TEXT_BYTES - 3].decode(errors="ignore") + "…"
