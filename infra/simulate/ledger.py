"""The platform's own ledger of what it was asked to send: the other side of «each message is sent once»."""

from collections import Counter
from typing import Any

from infra.simulate.wire import Wire

SEND = "/cgi-bin/message/subscribe/send"
PAGE = 1000


async def send_requests(platform: Wire) -> int:
    """Count the requests to send that the platform has ever received."""
    answer = await platform.ask("GET", f"/_sim/calls?path={SEND}&limit=1")
    return answer.body["total"]


async def last_call(platform: Wire) -> int:
    """Give the id of the newest request in the ledger; 0 when it is empty."""
    items = (await platform.ask("GET", "/_sim/calls?limit=1")).body["items"]
    return items[-1]["id"] if items else 0


async def accepted_by_phone(platform: Wire, *, after: int) -> Counter[tuple[str, str]]:
    """Count the sends that the platform accepted after a request, by phone and template."""
    accepted: Counter[tuple[str, str]] = Counter()
    while True:
        page = (await platform.ask("GET", f"/_sim/calls?path={SEND}&limit={PAGE}&after={after}")).body
        for call in page["items"]:
            if _is_accepted(call):
                accepted[call["body"]["touser"], call["body"]["template_id"]] += 1
        if page["next"] is None:
            return accepted
        after = page["next"]


def _is_accepted(call: dict[str, Any]) -> bool:
    # `answer` is what the platform decided, also when a fault kept it from the caller
    return isinstance(call["body"], dict) and call["answer"] is not None and call["answer"].get("errcode", 0) == 0
