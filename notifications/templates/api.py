"""消息模板: how the words of messages are read, tried out, written and approved."""

from dataclasses import asdict
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, StringConstraints
from sanic import Blueprint, Request

from notifications.templates import actions
from notifications.templates.actions import Place
from notifications.templates.errors import DraftIsThere, NotADraft, OwnDraft, WordsDoNotFit
from notifications.templates.rules import WITH_FIELDS
from notifications.templates.samples import events
from notifications.templates.views import (
    TemplateEventList,
    TemplatePlaceView,
    TemplatePreviewView,
    TemplateVersionView,
    show_cases,
    show_finding,
    show_placeholders,
    show_version,
    show_words,
)
from notifications.templates.words import Words
from server.accounts import Role
from server.auth import staff_only
from server.errors import NotFound, SomeoneWasFaster, Stale
from server.web import Form, api, check_version, language_of

bp = Blueprint("templates", url_prefix="/api/v1/admin")
editors = staff_only(Role.SUPERVISOR, Role.ADMIN, Role.OPERATIONS)

Language = Literal["zh-CN", "zh-TW", "en"]
Raw = Annotated[str, StringConstraints(strip_whitespace=True, max_length=600)]
Name = Annotated[str, StringConstraints(max_length=50)]


class PlaceQuery(Form):
    """Which words: for a channel (empty: for every channel without its own) in a language."""

    channel: Name = ""
    language: Language = "zh-CN"


class TemplateLineForm(Form):
    """One line: what stands before the colon, and what after it."""

    label: Raw
    text: Raw


class WordsForm(Form):
    """The words of a template. Placeholders stand in braces: {department}. fields: of the platform's form."""

    title: Raw
    lines: Annotated[list[TemplateLineForm], Field(max_length=30)]
    fields: Annotated[dict[Name, Raw], Field(max_length=10, default_factory=dict)]

    def words(self) -> Words:
        """Give them as the rules take them."""
        return Words(self.title, tuple((line.label, line.text) for line in self.lines), self.fields)


class TemplateForm(WordsForm):
    """A first draft for a place."""

    event: Name
    channel: Name = ""
    language: Language = "zh-CN"


@bp.get("/templates")
@api(guard=editors, returns=TemplateEventList, tag="templates")
async def index(request: Request) -> dict[str, Any]:
    """List every kind of message with its versions."""
    language = language_of(request)
    rows = await actions.versions()
    items = [
        {
            "event": event.event,
            "title": event.samples[language][0].title,
            "template_key": event.template_key,
            "versions": [show_version(row) for row in rows if row["event"] == event.event],
        }
        for event in events().values()
    ]
    return {"items": items, "channels": actions.channels()}


@bp.get("/templates/events/<event:str>")
@api(guard=editors, query=PlaceQuery, returns=TemplatePlaceView, errors=(NotFound,), tag="templates")
async def of_place(request: Request, event: str, query: PlaceQuery) -> dict[str, Any]:
    """Show what may be named, the usual words, and the versions for a channel and language."""
    place = Place(event, query.channel, query.language)
    known = actions.event_of(place)
    rows = await actions.versions(event)
    return {
        **asdict(place),
        "title": known.samples[language_of(request)][0].title,
        "placeholders": show_placeholders(known, place, language_of(request)),
        "has_fields": bool(known.template_key) and place.channel in WITH_FIELDS,
        "shipped": show_words(actions.shipped(known, place.channel, place.language)),
        "versions": [
            show_version(row) for row in rows if (row["channel"], row["language"]) == (place.channel, place.language)
        ],
    }


@bp.post("/templates/events/<event:str>/preview")
@api(guard=editors, body=WordsForm, query=PlaceQuery, returns=TemplatePreviewView, errors=(NotFound,), tag="templates")
async def preview(request: Request, event: str, body: WordsForm, query: PlaceQuery) -> dict[str, Any]:
    """Try words out on examples; nothing is kept."""
    place = Place(event, query.channel, query.language)
    known = actions.event_of(place)
    found = actions.check(body.words(), place)
    return {
        "cases": show_cases(body.words(), known, place),
        "findings": [show_finding(one, language_of(request)) for one in found],
    }


@bp.post("/templates")
@api(
    guard=editors,
    body=TemplateForm,
    returns=TemplateVersionView,
    status=201,
    creates=True,
    errors=(NotFound, WordsDoNotFit, DraftIsThere),
    tag="templates",
)
async def begin(request: Request, body: TemplateForm) -> dict[str, Any]:
    """Begin a draft."""
    place = Place(body.event, body.channel, body.language)
    template_id = await actions.draft(request.ctx.staff, place, body.words(), language=language_of(request))
    return show_version(await actions.version_of(template_id))


@bp.put("/templates/<template_id:uuid>")
@api(
    guard=editors,
    body=WordsForm,
    returns=TemplateVersionView,
    errors=(NotFound, WordsDoNotFit, NotADraft, SomeoneWasFaster, Stale),
    tag="templates",
)
async def change(request: Request, template_id: UUID, body: WordsForm) -> dict[str, Any]:
    """Change a draft."""
    version = await _seen(request, template_id)
    words, language = body.words(), language_of(request)
    await actions.change(request.ctx.staff, template_id, words, version=version, language=language)
    return show_version(await actions.version_of(template_id))


@bp.post("/templates/<template_id:uuid>/approval")
@api(
    guard=editors,
    returns=TemplateVersionView,
    creates=True,
    errors=(NotFound, WordsDoNotFit, NotADraft, OwnDraft, SomeoneWasFaster, Stale),
    tag="templates",
)
async def approve(request: Request, template_id: UUID) -> dict[str, Any]:
    """Let a draft hold from now on: somebody else than its author, or a supervisor."""
    version = await _seen(request, template_id)
    await actions.approve(request.ctx.staff, template_id, version=version, language=language_of(request))
    return show_version(await actions.version_of(template_id))


@bp.post("/templates/<template_id:uuid>/retirement")
@api(
    guard=editors,
    returns=TemplateVersionView,
    creates=True,
    errors=(NotFound, SomeoneWasFaster, Stale),
    tag="templates",
)
async def retire(request: Request, template_id: UUID) -> dict[str, Any]:
    """Give up a draft, or let the usual words hold again."""
    await actions.retire(template_id, version=await _seen(request, template_id))
    return show_version(await actions.version_of(template_id))


class _Row:
    def __init__(self, row: dict[str, Any]) -> None:
        self.version: int = row["version"]


async def _seen(request: Request, template_id: UUID) -> int:
    row = await actions.version_of(template_id)
    check_version(request, _Row(row), lambda: show_version(row))
    return int(row["version"])
