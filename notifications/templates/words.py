"""Words with placeholders: {department}. Read, filled in, and put back where a value stands. Pure."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from notifications import fields
from notifications.notices.notice import Notice
from notifications.texts import all_texts
from server.errors import LANGUAGES

PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)\}")
BRACE = re.compile(r"[{}]")
TITLE = "title"  # stands for the title as it came with the product

_LABELS: tuple[Mapping[str, str], ...] = tuple(
    {texts[place]: key.removeprefix("label.") for key, texts in all_texts().items() if key.startswith("label.")}
    for place in range(len(LANGUAGES))
)


@dataclass(frozen=True)
class Words:
    """What a template says. lines: label and text. fields: texts of the platform's form, by key."""

    title: str
    lines: tuple[tuple[str, str], ...]
    fields: Mapping[str, str] = field(default_factory=dict)

    def texts(self) -> Iterable[str]:
        """Give every text in it."""
        yield self.title
        for label, text in self.lines:
            yield label
            yield text
        yield from self.fields.values()

    def as_data(self) -> dict[str, Any]:
        """Give it as it is kept."""
        return {"title": self.title, "lines": [list(line) for line in self.lines], "fields": dict(self.fields)}


def placeholders_in(*texts: str) -> set[str]:
    """List the placeholders in some texts."""
    return {found for text in texts for found in PLACEHOLDER.findall(text)}


def labels_in(language: str) -> Mapping[str, str]:
    """Give the name of the placeholder for each label of the usual lines."""
    return _LABELS[LANGUAGES.index(language) if language in LANGUAGES else 0]


def params_of(notice: Notice, language: str) -> dict[str, str]:
    """Give what the placeholders stand for in one message: its lines by name, its title, the fields of its form."""
    labels = labels_in(language)
    named = {labels[label]: text for label, text in notice.lines if label in labels}
    return {TITLE: notice.title, **named, **(notice.fields or {})}


def fill(text: str, params: Mapping[str, str]) -> str | None:
    """Put the values in; None when one is not there in this case."""
    if not placeholders_in(text) <= params.keys():
        return None
    return PLACEHOLDER.sub(lambda found: params[found[1]], text)


def as_template(text: str, params: Mapping[str, str]) -> str:
    """Put placeholders back where their values stand, the longest first; for who writes words of their own."""
    parts: list[tuple[str, bool]] = [(text, False)]
    of_form = fields_of(params)
    for name, value in sorted(params.items(), key=lambda item: -len(item[1])):
        if len(value) < 2 or name == TITLE or name in of_form:
            continue
        split: list[tuple[str, bool]] = []
        for part, is_done in parts:
            pieces = [part] if is_done else part.split(value)
            for number, piece in enumerate(pieces):
                if number:
                    split.append(("{" + name + "}", True))
                split.append((piece, is_done))
        parts = split
    return "".join(part for part, _ in parts)


def fields_of(params: Mapping[str, str]) -> set[str]:
    """List the names that are fields of the platform's form: thing1, time3."""
    return {name for name in params if name[-1].isdigit()}


def said(words: Words, notice: Notice, params: Mapping[str, str]) -> Words:
    """Say a message in the words of a template. What names a value that this case lacks is left as it was, or out."""
    title = fill(words.title, params)
    lines = tuple((label, text) for label, raw in words.lines if (text := fill(raw, params)))
    own = {
        key: fields.thing(text)
        for key, raw in words.fields.items()
        if key in (notice.fields or {}) and (text := fill(raw, params)) is not None
    }
    return Words(title or notice.title, lines or notice.lines, {**(notice.fields or {}), **own})


def hash_of(words: Words, texts: Mapping[str, Any]) -> bytes:
    """Give the hash of everything that a message says."""
    whole = [words.as_data(), texts]
    return hashlib.sha256(orjson.dumps(whole, option=orjson.OPT_SORT_KEYS)).digest()
