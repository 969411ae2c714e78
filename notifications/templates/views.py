"""How templates are shown to who writes them."""

from typing import Any, Literal

from notifications import fields as form_fields
from notifications.templates.actions import Place
from notifications.templates.rules import WITH_FIELDS, Finding, name_of, required_of
from notifications.templates.samples import Event
from notifications.templates.words import Words, fields_of, params_of, said
from server.web import View, moment


class PlaceholderView(View):
    """What a text may name, in words, with an example. is_required: it must be named."""

    name: str
    means: str
    example: str
    is_required: bool


class TemplateLineView(View):
    """One line of a message."""

    label: str
    text: str


class FieldView(View):
    """One field of the platform's form. is_fixed: filled in by the system. is_cut: something was left out."""

    key: str
    text: str
    is_fixed: bool
    is_cut: bool


class WordsView(View):
    """Words with placeholders."""

    title: str
    lines: list[TemplateLineView]
    fields: dict[str, str]


class ShownView(View):
    """A message as somebody reads it."""

    title: str
    lines: list[TemplateLineView]
    fields: list[FieldView]


class FindingView(View):
    """Something about a place: `title`, `lines/2/text`, `fields/thing5`, or empty for the whole.

    is_hint: good to know, but no reason not to save.
    """

    place: str
    code: str
    text: str
    is_hint: bool


class TemplateVersionView(View):
    """One version. number: 0 would be the words that came with the product. version: to be sent as If-Match."""

    id: str
    event: str
    channel: str
    language: str
    number: int
    status: Literal["draft", "approved", "retired"]
    words: WordsView
    author_id: str
    author_name: str
    made_at: str | None
    approver_name: str
    approved_as: str
    approved_at: str | None
    ended_at: str | None
    version: int


class TemplateEventView(View):
    """One kind of message: its usual title, and which words of ours there are."""

    event: str
    title: str
    template_key: str
    versions: list[TemplateVersionView]


class TemplateEventList(View):
    """All kinds of messages. channels: that may have words of their own."""

    items: list[TemplateEventView]
    channels: list[str]


class TemplatePlaceView(View):
    """All that is needed to write the words for one place. shipped: the words that came with the product."""

    event: str
    channel: str
    language: str
    title: str
    placeholders: list[PlaceholderView]
    has_fields: bool
    shipped: WordsView
    versions: list[TemplateVersionView]


class TemplatePreviewView(View):
    """How it would be read, in each case of the event, and what is to be said about the words."""

    cases: list[ShownView]
    findings: list[FindingView]


def show_placeholders(event: Event, place: Place, language: str) -> list[dict[str, Any]]:
    """Show what a text may name, with examples; the fields of the form are not offered."""
    examples: dict[str, str] = {}
    for notice in reversed(event.samples[place.language]):
        examples |= params_of(notice, place.language)
    required = required_of(event)
    of_form = fields_of(examples)
    return [
        {
            "name": name,
            "means": name_of(name, language),
            "example": examples.get(name, ""),
            "is_required": name in required,
        }
        for name in event.names
        if name not in of_form
    ]


def show_cases(words: Words, event: Event, place: Place) -> list[dict[str, Any]]:
    """Show each case of an event in these words; cases that read the same are one."""
    cases: list[dict[str, Any]] = []
    for notice in event.samples[place.language]:
        params = params_of(notice, place.language)
        told = said(words, notice, params)
        shown = {
            "title": told.title,
            "lines": [{"label": label, "text": text} for label, text in told.lines],
            "fields": [
                {
                    "key": key,
                    "text": text,
                    "is_fixed": form_fields.kind_of(key) != "thing",
                    "is_cut": text.endswith("…"),
                }
                for key, text in told.fields.items()
                if place.channel in WITH_FIELDS
            ],
        }
        if shown not in cases:
            cases.append(shown)
    return cases


def show_finding(found: Finding, language: str) -> dict[str, Any]:
    """Show what is to be said about a place."""
    return {"place": found.place, "code": found.code, "text": found.words(language), "is_hint": found.is_hint}


def show_words(words: Words) -> dict[str, Any]:
    """Show words with their placeholders."""
    lines = [{"label": label, "text": text} for label, text in words.lines]
    return {"title": words.title, "lines": lines, "fields": dict(words.fields)}


def show_version(row: dict[str, Any]) -> dict[str, Any]:
    """Show one version."""
    same = ("event", "channel", "language", "number", "status", "author_name", "approver_name", "version")
    return {
        **{name: row[name] for name in same},
        "id": str(row["id"]),
        "author_id": str(row["author_id"]),
        "approved_as": row["approved_as"] or "",
        "words": show_words(row["words"]),
        **{name: moment(row[name]) for name in ("made_at", "approved_at", "ended_at")},
    }
