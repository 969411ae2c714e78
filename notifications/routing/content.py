"""What a notice says, as channels carry it, and what makes two of them the same words."""

import hashlib
from uuid import UUID

import orjson

from notifications.channels.content import Content
from notifications.notices.notice import URGENT, Notice
from notifications.routing.reading import Situation
from notifications.rules import MessageClass


def content_of(notice: Notice) -> Content:
    """Give what a notice says, for a channel to carry."""
    return Content(
        notice.title,
        notice.lines,
        notice.template_key,
        notice.fields or {},
        notice.link,
        notice.event,
        notice.priority == URGENT,
    )


def words_of(notice: Notice, situation: Situation) -> UUID | None:
    """Give the hash of person and words; None for what must be said as often as it happens."""
    person_id = situation.recipient.account_id
    if person_id is None or notice.kind is MessageClass.ALERT or notice.priority == URGENT or situation.is_withdrawn:
        return None
    said = [person_id.hex, notice.title, notice.lines, dict(notice.fields or {}), notice.link]
    return UUID(bytes=hashlib.sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).digest()[:16])
