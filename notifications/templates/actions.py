"""Draft, approve and retire the words of messages. What was approved never changes; the next takes its place."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from notifications.channels import CHANNELS
from notifications.templates import models, rendering
from notifications.templates.errors import DraftIsThere, NotADraft, OwnDraft, WordsDoNotFit
from notifications.templates.rules import Finding, findings
from notifications.templates.samples import Event, events
from notifications.templates.words import Words, as_template, labels_in, params_of
from server import db
from server.accounts import Role, SignedInStaff
from server.errors import NotFound, SomeoneWasFaster
from server.ids import new_id


@dataclass(frozen=True)
class Place:
    """Which words: of an event, for a channel (empty: for all without their own), in a language."""

    event: str
    channel: str
    language: str


def event_of(place: Place) -> Event:
    """Give what is known of an event.

    Raises: NotFound, when there is no such event or channel.
    """
    event = events().get(place.event)
    if event is None or (place.channel and place.channel not in channels()):
        raise NotFound()
    return event


def channels() -> list[str]:
    """List the channels that may have words of their own."""
    return [name for name, channel in CHANNELS.items() if not channel.capabilities.is_instant]


def shipped(event: Event, channel: str, language: str) -> Words:
    """Give the words that came with the product, as a template: what a first draft begins with."""
    notice = event.samples[language][0]
    params = params_of(notice, language)
    names = labels_in(language)
    lines = tuple((label, "{" + names[label] + "}" if label in names else text) for label, text in notice.lines)
    own = {key: "{" + key + "}" for key in notice.fields or {} if key.startswith("thing")}
    return Words(as_template(notice.title, params), lines, own if channel in ("", "wechat_subscribe") else {})


def check(words: Words, place: Place) -> list[Finding]:
    """Find what is wrong with words, and what should be known of them."""
    return findings(words, event_of(place), channel=place.channel, language=place.language)


def _refuse_what_is_wrong(words: Words, place: Place, language: str) -> None:
    wrong = [found for found in check(words, place) if not found.is_hint]
    if wrong:
        raise WordsDoNotFit(
            errors=[
                {
                    "pointer": f"/{found.place}" if found.place else "",
                    "code": found.code,
                    "detail": found.words(language),
                }
                for found in wrong
            ]
        )


async def versions(event: str | None = None, template_id: UUID | None = None) -> list[dict[str, Any]]:
    """List the versions of an event, or of all, the newest of each place first; words are decoded."""
    return [_decoded(row) for row in await db.fetch(models.LIST, event, template_id)]


async def version_of(template_id: UUID) -> dict[str, Any]:
    """Give one version.

    Raises: NotFound.
    """
    found = await versions(template_id=template_id)
    if not found:
        raise NotFound()
    return found[0]


async def draft(staff: SignedInStaff, place: Place, words: Words, *, language: str) -> UUID:
    """Begin a draft; give its id. language: of the sentences for who writes it.

    Raises: NotFound, WordsDoNotFit, DraftIsThere, SomeoneWasFaster.
    """
    _refuse_what_is_wrong(words, place, language)
    row = await db.fetch_one(
        models.ADD, new_id(), place.event, place.channel, place.language, *_columns(words), staff.id
    )
    if row is None:
        there = await versions(place.event)
        raise (
            DraftIsThere()
            if any(_place(one) == place and one["status"] == "draft" for one in there)
            else SomeoneWasFaster()
        )
    return UUID(str(row["id"]))


async def change(staff: SignedInStaff, template_id: UUID, words: Words, *, version: int, language: str) -> None:
    """Change a draft; who wrote last is its author.

    Raises: NotFound, WordsDoNotFit, NotADraft, SomeoneWasFaster.
    """
    old = await version_of(template_id)
    _refuse_what_is_wrong(words, _place(old), language)
    row = await db.fetch_one(models.CHANGE, template_id, version, *_columns(words), staff.id)
    if row is None:
        raise SomeoneWasFaster() if old["status"] == "draft" else NotADraft()


async def approve(staff: SignedInStaff, template_id: UUID, *, version: int, language: str) -> None:
    """Let the words hold from now on; those that held until now retire.

    Its words are checked once more: what an event may name can have changed since they were written.
    Raises: NotFound, WordsDoNotFit, NotADraft, OwnDraft, SomeoneWasFaster.
    """
    old = await version_of(template_id)
    if old["status"] != "draft":
        raise NotADraft()
    _refuse_what_is_wrong(old["words"], _place(old), language)
    is_second = staff.id != old["author_id"]
    if not is_second and (Role.SUPERVISOR, None) not in staff.grants:
        raise OwnDraft()
    async with db.transaction():
        await db.fetch(models.RETIRE_BEFORE, template_id, version)
        role = "second_person" if is_second else "supervisor"
        if await db.fetch_one(models.APPROVE, template_id, version, staff.id, role) is None:
            raise SomeoneWasFaster()
    rendering.forget()


async def retire(template_id: UUID, *, version: int) -> None:
    """End a version: a draft is given up; without an approved one the words that came with the product hold again.

    Raises: NotFound, SomeoneWasFaster.
    """
    await version_of(template_id)
    if await db.fetch_one(models.RETIRE, template_id, version) is None:
        raise SomeoneWasFaster()
    rendering.forget()


def _place(row: Mapping[str, Any]) -> Place:
    return Place(row["event"], row["channel"], row["language"])


def _columns(words: Words) -> tuple[str, str, str]:
    return words.title, orjson.dumps(words.lines).decode(), orjson.dumps(dict(words.fields)).decode()


def _decoded(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "words": rendering.words_from(row)}
