"""What a message says, in the words of the template that is approved now; kept with the message and never made anew."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import orjson

from notifications.notices.notice import Notice
from notifications.templates.models import APPROVED
from notifications.templates.words import Words, hash_of, params_of, said
from server import db
from server.remembered import Remembered

SECONDS = 2.0  # how old the words may be with which a message is made
Key = tuple[str, str, str]  # event, channel, language

_remembered: Remembered[int, Mapping[Key, tuple[int, Words]]] = Remembered(seconds=SECONDS, at_most=1)


@dataclass(frozen=True)
class Rendered:
    """A message as it is told.

    notice: with the words of the template. template_version: its number, None for the words that came with the product.
    texts: {channel: {title, lines, fields, version}} where a channel has words of its own. params: the values of the
    placeholders, from which the same version makes the same words again.
    """

    notice: Notice
    template_version: int | None
    texts: Mapping[str, Any]
    params: Mapping[str, str]
    rendered_hash: bytes


async def rendered(notice: Notice, language: str) -> Rendered:
    """Say a notice in the words that the hospital approved for its event and language, when it is written down."""
    return render(notice, language, await approved())


def render(notice: Notice, language: str, templates: Mapping[Key, tuple[int, Words]]) -> Rendered:
    """Say a notice in the words of some templates; pure."""
    params = params_of(notice, language)
    words = words_of(notice)
    number = None
    if own := templates.get((notice.event, "", language)):
        number, words = own[0], said(own[1], notice, params)
    texts = {
        channel: {**said(own_words, notice, params).as_data(), "version": own_number}
        for (event, channel, tongue), (own_number, own_words) in sorted(templates.items())
        if channel and (event, tongue) == (notice.event, language)
    }
    told = replace(notice, title=words.title, lines=words.lines, fields=dict(words.fields) or notice.fields)
    return Rendered(told, number, texts, params, hash_of(words, texts))


def words_of(notice: Notice) -> Words:
    """Give what a notice says."""
    return Words(notice.title, notice.lines, notice.fields or {})


async def approved() -> Mapping[Key, tuple[int, Words]]:
    """Give the number and words of every approved template; a few seconds old at most."""
    found = _remembered.get(1)
    if found is None:
        rows = await db.fetch(APPROVED)
        found = {(row["event"], row["channel"], row["language"]): (row["number"], words_from(row)) for row in rows}
        _remembered.put(1, found)
    return found


def forget() -> None:
    """Ask the database again: something was approved or retired here."""
    _remembered.clear()


def words_from(row: Mapping[str, Any]) -> Words:
    """Read the words of a row."""
    lines = tuple((label, text) for label, text in orjson.loads(row["lines"]))
    return Words(row["title"], lines, orjson.loads(row["fields"]))
