"""Staff alerts over any service that Apprise knows: DingTalk, Feishu, Slack and a hundred more, by their addresses.

Apprise blocks, so it works in threads of its own: one that hangs must not take those that resolve names. It tells no
more than whether a service took a message, and sometimes with which status it refused; whatever else came of a call
that was begun is unknown. Its own retries are off: the outbox decides about those.
"""

import asyncio
import logging
import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import structlog

from notifications.channels.answers import Answer, receipt_of
from notifications.channels.content import Capabilities, Content, Receipt, Recipient
from notifications.graphemes import shorten
from notifications.rules import Cause, Outcome, Window
from server.runtime import runtime

log = structlog.get_logger("channels")

AT_ONCE = 2
TEXT_CHARACTERS = 1500  # the shortest of the services in question takes 2,000 with its own words around ours
TITLE_CHARACTERS = 100
_STATUS = re.compile(r"\berror=([0-9]{3})\b")  # how its plug-ins write down the status of a refusal
_threads = ThreadPoolExecutor(AT_ONCE * 2, thread_name_prefix="apprise")

ANSWERS: Mapping[int | str, Answer] = {
    400: Answer(Outcome.REFUSED, cause=Cause.TEMPLATE),
    401: Answer(Outcome.TROUBLE, cause=Cause.CREDENTIALS),
    403: Answer(Outcome.TROUBLE, cause=Cause.CREDENTIALS),
    404: Answer(Outcome.TROUBLE, cause=Cause.CREDENTIALS),
    429: Answer(Outcome.TROUBLE, window=Window.NEXT_MINUTE),
}


class StaffServices:
    """Reaches the staff's chats in other services, all of them with one message."""

    name = "apprise_staff"
    capabilities = Capabilities(at_once=AT_ONCE, per_minute=20)  # DingTalk's robot, the strictest, takes 20

    def is_set_up(self) -> bool:
        """It takes an address."""
        return bool(runtime().settings.staff_services.urls)

    def carries(self, content: Content) -> bool:
        """Everything with a title."""
        return bool(content.title)

    def address(self, recipient: Recipient) -> str | None:
        """Give the one group of services; accounts are in none."""
        return "staff" if recipient.account_id is None else None

    async def send(self, content: Content, address: str, key: str) -> Receipt:
        """Tell every service once; it is accepted as soon as one of them has it."""
        settings = runtime().settings.staff_services
        title = shorten(content.title, TITLE_CHARACTERS)
        lines = "\n".join(f"{label}：{text}" for label, text in content.lines)
        body = shorten(lines, TEXT_CHARACTERS) or title
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(_threads, _load)  # the first time takes longer than a call may
        calling = loop.run_in_executor(_threads, _tell, settings.urls, title, body, settings.timeout_seconds)
        try:
            # the thread ends by its own time limits; what it says then nobody hears
            async with asyncio.timeout(settings.timeout_seconds):
                codes = await calling
        except TimeoutError:
            return Receipt(Outcome.UNKNOWN, "no_answer", "TimeoutError")
        return self._answered(codes)

    def _answered(self, codes: Sequence[int | None]) -> Receipt:
        """Give one receipt for all services. codes: 0 for «taken», a status, or None for «nobody knows»."""
        refused = [code for code in codes if code]
        if refused:
            log.error("staff_service_refused", places=[place for place, code in enumerate(codes) if code])
        if 0 in codes:
            # those who have it must not get it again for the sake of the others
            missing = len(codes) - codes.count(0)
            return Receipt(Outcome.ACCEPTED, "0", f"{missing} of {len(codes)} did not take it" if missing else "")
        if None in codes or not refused:
            return Receipt(Outcome.UNKNOWN, "no_answer")
        return receipt_of(ANSWERS, refused[0])


def _load() -> None:
    """Load the library, which is large and therefore not loaded where no address is set."""
    import apprise

    # its lines would name addresses with their secrets; what matters is in the receipts
    logging.getLogger(apprise.__name__).propagate = False


def _tell(urls: Sequence[str], title: str, body: str, seconds: float) -> list[int | None]:
    """Call every service; runs in a thread. Gives a code for each: 0, the status of a refusal, or None."""
    from apprise import Apprise, AppriseAsset, AppriseResultStatus, OverflowMode

    services = Apprise(asset=AppriseAsset(app_id="hospital", storage_mode="memory", secure_logging=True))
    codes: list[int | None] = []
    for url in urls:
        if not services.add(str(url)):
            codes.append(404)  # no service has such an address: nothing was called
    for service in services:
        service.service_retry = 0
        service.socket_connect_timeout = service.socket_read_timeout = seconds
        service.overflow_mode = OverflowMode.TRUNCATE
    if len(services):
        told = services.notify(title=title, body=body, timeout=seconds)
        codes += [0 if one.status == AppriseResultStatus.SUCCESS else _status(one) for one in told.results]
    return codes


def _status(result: Any) -> int | None:
    """Find the status by which a service refused, in what its plug-in wrote down; only those that mean «not taken»."""
    found = _STATUS.findall(" ".join(str(entry.asdict().get("message", "")) for entry in result.logs()))
    return int(found[-1]) if found and found[-1].startswith("4") and found[-1] != "408" else None
