"""Structured logs on standard output, one JSON object a line, without personal data.

Bodies are never logged; keys that may hold personal data are replaced wherever they turn up.
"""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import orjson
import structlog

PRIVATE = frozenset(
    {"name", "patient_name", "phone", "id_number", "openid", "token", "password", "code", "comment", "text", "advice"}
    | {"authorization", "secret", "body", "username"}
)
# A fact or job is named by `name` in our own events; everybody else's `name` is a person's.
_OUR_NAMES = frozenset({"fact_failed"})

# What others quote of a row or a form when they refuse it: the database, its driver, the reader of forms.
_END = r"(?=^HINT:|^CONTEXT:|\n\nThe above exception|\n\nDuring handling|\Z)"
_QUOTED = (
    (re.compile(rf"(?ms)^[ |]*DETAIL:.*?{_END}"), "DETAIL:  ***"),
    (re.compile(r"(invalid input (?:for query argument|syntax for type) [^:\n]*: ).*"), r"\1***"),
    (re.compile(r"(?s)input_value=.*?, input_type="), "input_value=***, input_type="),
)


def hide_private(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace what may be personal data."""
    for key in event.keys() & PRIVATE:
        if not (key == "name" and event.get("event") in _OUR_NAMES):
            event[key] = "***"
    return event


def hide_quoted(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Take out of the text of an exception what it quotes of a row or a form."""
    if "exception" in event:
        for quoted, instead in _QUOTED:
            event["exception"] = quoted.sub(instead, str(event["exception"]))
    return event


def set_up(level: str = "INFO") -> None:
    """Send our logs straight to standard output, and those of the libraries through the same steps.

    Ours take the short way, past the standard library: a line is written for every request.
    """
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        hide_private,
        structlog.processors.format_exc_info,
        hide_quoted,
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer(serializer=_encode)],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level, logging.INFO)),
        logger_factory=structlog.BytesLoggerFactory(file=sys.stdout.buffer),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    # the ORM prints values at DEBUG, aiohttp and wechatpy print addresses with secrets
    for name in ("tortoise", "tortoise.db_client", "asyncio", "aiohttp", "urllib3", "sanic.access"):
        logging.getLogger(name).setLevel(logging.WARNING)


def _encode(event: Any, **_: Any) -> bytes:
    return orjson.dumps(event, default=str)
