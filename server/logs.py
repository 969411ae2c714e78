"""Structured logs on standard output, one JSON object a line, without personal data.

Bodies are never logged; keys that may hold personal data are replaced wherever they turn up.
"""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

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
    """Send our logs and those of the libraries through one formatter."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        hide_private,
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
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
