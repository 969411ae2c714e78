"""Structured logs on standard output, one JSON object a line, without personal data.

Bodies are never logged; keys that may hold personal data are replaced wherever they turn up.
"""

import logging
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


def hide_private(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace what may be personal data."""
    for key in event.keys() & PRIVATE:
        if not (key == "name" and event.get("event") in _OUR_NAMES):
            event[key] = "***"
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
