"""What is kept of texts: lists of words, and the check of each text that others are to read."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from tortoise import fields

from satisfaction.texts.rules import CheckState
from satisfaction.texts.words import SHIPPED, Found, Vocabulary
from server import db
from server.db import Row
from server.errors import SomeoneWasFaster


class TextCheck(Row):
    """What the platform, or a person, says of a text. The copy of the text is kept only while it waits."""

    subject_kind = fields.TextField()
    subject_id = fields.UUIDField()
    account_id = fields.UUIDField(null=True)
    text_cipher = fields.BinaryField(null=True)
    state = fields.CharEnumField(CheckState, description="")
    label = fields.IntField(null=True)
    trace_id = fields.TextField(default="")
    reason = fields.TextField(default="")
    topics: Any = fields.TextField()  # text[]: read by SQL only
    is_harmful = fields.BooleanField(default=False)
    tries = fields.IntField(default=0)
    made_at = fields.DatetimeField()
    due_at = fields.DatetimeField(null=True)
    checked_at = fields.DatetimeField(null=True)
    decided_by = fields.UUIDField(null=True)
    decided_at = fields.DatetimeField(null=True)
    version = fields.IntField(default=1)

    class Meta:
        table = "text_check"


NEWEST_WORDS = "SELECT version, harm, topics FROM word_list ORDER BY version DESC LIMIT 1"


async def words() -> tuple[int, Vocabulary]:
    """Read the words that hold, with their version; version 0 are those that are shipped."""
    row = await db.fetch_one(NEWEST_WORDS)
    return (row["version"], vocabulary_of(row["harm"], row["topics"])) if row else (0, SHIPPED)


def vocabulary_of(harm: str | bytes, topics: str | bytes) -> Vocabulary:
    """Read a kept list of words."""
    by_topic = orjson.loads(topics)
    return Vocabulary(tuple(orjson.loads(harm)), {topic: tuple(words) for topic, words in by_topic.items()})


# $1 id, $2 kind and $3 id of the subject, $4 account, $5 sealed text, $6 state, $7 topics, $8 harm, $9 why by a person
KEEP_CHECK = """
INSERT INTO text_check (id, subject_kind, subject_id, account_id, text_cipher, state, topics, is_harmful, reason,
    made_at, due_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, app_now(), CASE WHEN $6 = 'waiting' THEN app_now() END)
"""

# $1 check, $2 sealed text, $3 state, $4 why by a person, $5 topics, $6 harm
WRITE_AGAIN = """
UPDATE text_check SET text_cipher = $2, state = $3, reason = $4, topics = $5, is_harmful = $6, made_at = app_now(),
    due_at = CASE WHEN $3 = 'waiting' THEN app_now() END, tries = 0, label = NULL, trace_id = '', checked_at = NULL,
    decided_by = NULL, decided_at = NULL, version = version + 1
WHERE id = $1
"""


@dataclass(frozen=True)
class Again:
    """A text that was written anew: sealed when the platform is to be asked, and what it contains."""

    sealed: bytes | None
    state: CheckState
    reason: str
    found: Found


async def write_again(check_id: UUID, again: Again) -> None:
    """Forget what was said of the text before."""
    topics, is_harmful = list(again.found.topics), bool(again.found.harm)
    await db.fetch(WRITE_AGAIN, check_id, again.sealed, str(again.state), again.reason, topics, is_harmful)


# $1 id, $2 kind and $3 id of the subject, $4 others may read it, $5 who decided, $6 why
KEEP_DECISION = """
INSERT INTO text_decision (id, subject_kind, subject_id, is_shown, by_id, at, why)
VALUES ($1, $2, $3, $4, $5, app_now(), $6)
"""
# what people decided about texts, the latest first. $1 kind, $2 ids of subjects
DECISIONS = """
SELECT d.subject_id, d.is_shown, d.at, d.why, s.name AS by_name FROM text_decision d JOIN staff s ON s.id = d.by_id
WHERE d.subject_kind = $1 AND d.subject_id = ANY($2::uuid[]) ORDER BY d.at DESC, d.id DESC
"""


# one statement takes checks for a while: whoever dies with them leaves them to the next look
CLAIM = """
UPDATE text_check SET due_at = app_now() + make_interval(secs => $2), tries = tries + 1
WHERE id IN (SELECT id FROM text_check WHERE state = 'waiting' AND due_at <= app_now() ORDER BY due_at
             LIMIT $1 FOR NO KEY UPDATE SKIP LOCKED)
RETURNING id, account_id, text_cipher, tries, made_at, (SELECT openid FROM account a WHERE a.id = account_id) AS openid
"""


async def claim(limit: int, seconds: float) -> list[dict[str, Any]]:
    """Take checks that are due, for so many seconds."""
    return await db.fetch(CLAIM, limit, seconds)


async def put_off(check_id: UUID, seconds: float) -> None:
    """Ask again later."""
    await db.fetch(
        "UPDATE text_check SET due_at = app_now() + make_interval(secs => $2) WHERE id = $1 AND state = 'waiting'",
        check_id,
        seconds,
    )


# $1 the version that was seen; nothing comes back when it is no longer the newest
SAVE_WORDS = """
INSERT INTO word_list (version, harm, topics, at, by, why)
SELECT $1 + 1, $2, $3, app_now(), $4, $5 WHERE coalesce((SELECT max(version) FROM word_list), 0) = $1
ON CONFLICT DO NOTHING RETURNING version
"""


async def save_words(value: Vocabulary, *, seen: int, by: UUID, why: str) -> int:
    """Keep another version of the words.

    Raises: SomeoneWasFaster.
    """
    harm = orjson.dumps(list(value.harm)).decode()
    topics = orjson.dumps({topic: list(words) for topic, words in value.topics.items()}).decode()
    row = await db.fetch_one(SAVE_WORDS, seen, harm, topics, by, why)
    if row is None:
        raise SomeoneWasFaster()
    return row["version"]


async def history_of_words() -> list[dict[str, Any]]:
    """List the versions, the newest first: version, at, name, why."""
    return await db.fetch(
        "SELECT w.version, w.at, s.name, w.why FROM word_list w JOIN staff s ON s.id = w.by"
        " ORDER BY w.version DESC LIMIT 50"
    )
