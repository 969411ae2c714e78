"""What goes in and out of the routes of boards."""

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AwareDatetime, Field, StringConstraints, field_validator, model_validator

from miniapp_api.queue.forms import BoardCall, BoardNext, BoardView, PauseView
from server.web import Form, View

BoardLanguage = Literal["zh-CN", "zh-TW", "en"]
Sentence = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]


class SaidTexts(Form):
    """A sentence in the languages of the boards; Simplified Chinese always."""

    zh_cn: Annotated[Sentence, Field(alias="zh-CN")]
    zh_tw: Annotated[Sentence | None, Field(alias="zh-TW")] = None
    en: Sentence | None = None

    def by_language(self) -> dict[str, str]:
        """Give what was written, by language."""
        return self.model_dump(by_alias=True, exclude_none=True)


class NoticeForm(Form):
    """A line on the boards of a department, and when it goes away by itself."""

    text: SaidTexts
    until: AwareDatetime


class BroadcastForm(Form):
    """What fills the boards until it is ended. department_id: null for the whole hospital.

    confirmed: the person was asked once more.
    """

    department_id: UUID | None = None
    text: SaidTexts
    confirmed: Literal[True]


class BoardSettingsForm(Form):
    """What changes; what is not named stays."""

    names: Literal["numbers", "masked"] | None = None
    languages: Annotated[list[BoardLanguage], Field(min_length=1, max_length=2)] | None = None
    alternates: bool | None = None
    voice: bool | None = None
    spoken: Literal["number", "family_name"] | None = None
    spoken_languages: Annotated[list[BoardLanguage], Field(min_length=1, max_length=3)] | None = None

    @field_validator("languages", "spoken_languages")
    @classmethod
    def each_once(cls, value: list[str] | None) -> list[str] | None:
        """Keep each language once, in its order."""
        return value and list(dict.fromkeys(value))


class ZoneQuery(Form):
    """The departments that share one wall, separated by commas."""

    departments: Annotated[str, StringConstraints(max_length=300)]

    @model_validator(mode="after")
    def are_ids(self) -> Self:
        """Refuse what is no list of ids."""
        self.ids()
        return self

    def ids(self) -> tuple[UUID, ...]:
        """Give them, each once."""
        return tuple(dict.fromkeys(UUID(each) for each in self.departments.split(",")))


class WallCall(BoardCall):
    """Who is asked in, or to the second waiting area. kind: call, recall, ready. speech: what is said, by language."""

    kind: str
    speech: dict[str, str]


class WallNext(BoardNext):
    """Who is next; on a wall of several departments also where."""

    department: str


class LastCall(View):
    """A call of before, for who has missed it."""

    number: str
    name: str
    room: str | None
    called_at: str | None


class WallNotice(View):
    """A line, by language."""

    texts: dict[str, str]
    at: str


class WallBroadcast(WallNotice):
    """What fills the screen."""

    is_whole: bool


class BoardSettingsView(View):
    """How a department's boards show and speak."""

    names: str
    languages: list[str]
    alternates: bool
    voice: bool
    spoken: str
    spoken_languages: list[str]
    version: int


class WallView(BoardView):
    """A board with all that it shows and says. pause: of the whole queue. order_text: what the order promises today."""

    called: list[WallCall]  # type: ignore[assignment]
    ready: list[WallCall]  # type: ignore[assignment]
    next: list[WallNext]  # type: ignore[assignment]
    pause: PauseView | None
    missed: list[str]
    last_calls: list[LastCall]
    settings: BoardSettingsView
    notices: list[WallNotice]
    broadcast: WallBroadcast | None
    order_text: dict[str, str] = Field(default_factory=dict)


class BoardMessageView(View):
    """A notice or a broadcast, for staff."""

    id: str
    kind: str
    department_id: str | None
    text: dict[str, str]
    at: str
    until: str | None
    ended_at: str | None
    by_name: str | None


class BoardMessageList(View):
    """What stands on the boards now."""

    items: list[BoardMessageView]
