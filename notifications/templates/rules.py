"""What is wrong with the words of a template, said in words; what would be shortened. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from notifications import fields
from notifications.graphemes import signs, utf8, utf16
from notifications.notices.notice import Notice
from notifications.templates.samples import Event
from notifications.templates.words import BRACE, PLACEHOLDER, TITLE, Words, fill, params_of, placeholders_in, said
from notifications.texts import has, say
from server.errors import LANGUAGES

TITLE_SIGNS, LABEL_SIGNS, TEXT_SIGNS, LINES = 60, 30, 300, 14
SMS_FIRST, SMS_PART, SMS_MOST = 70, 67, 500  # characters: of a single one, of each part of a long one, of all
BYTES: Mapping[str, int] = {"wecom_robot": 2048, "wecom_app": 2048}
SMS = ("sms_aliyun", "sms_tencent", "sms")
WITH_FIELDS = ("", "wechat_subscribe", "wechat_official")

# When and where: whatever of these an event always has must be told.
MUST_TELL = ("time", "room", "new_time", "answer_until", "deadline")

_TEXTS: Mapping[str, tuple[str, str, str]] = {  # zh-CN, zh-TW, en
    "empty": ("不能为空。", "不能為空。", "This must not be empty."),
    "too_long": ("太长了，最多 {most} 个字。", "太長了，最多 {most} 個字。", "Too long: at most {most} characters."),
    "too_many_lines": ("最多 {most} 行。", "最多 {most} 行。", "At most {most} lines."),
    "one_line": ("不能换行。", "不能換行。", "This must be one line."),
    "stray_brace": (
        "花括号只用来写占位，例如 {{department}}。",
        "大括號只用來寫佔位，例如 {{department}}。",
        "Braces are only for placeholders, like {{department}}.",
    ),
    "unknown_placeholder": (
        "这种消息里没有“{name}”。",
        "這種訊息裡沒有「{name}」。",
        "This message has no “{name}”.",
    ),
    "missing_required": (
        "必须告诉对方“{name}”，请在标题或内容里写上。",
        "必須告訴對方「{name}」，請在標題或內容裡寫上。",
        "“{name}” must be told: please name it in the title or in a line.",
    ),
    "unknown_field": (
        "微信的模板里没有这一项。",
        "微信的範本裡沒有這一項。",
        "The platform's form has no such field.",
    ),
    "fixed_field": (
        "这一项由系统填写，不能改。",
        "這一項由系統填寫，不能改。",
        "This field is filled in by the system.",
    ),
    "field_too_long": (
        "固定的文字超过微信的 {most} 个字。",
        "固定的文字超過微信的 {most} 個字。",
        "The fixed words are longer than the platform's {most} characters.",
    ),
    "field_is_cut": (
        "会缩短成“{shown}”。",
        "會縮短成「{shown}」。",
        "It is shortened to “{shown}”.",
    ),
    "too_many_bytes": (
        "太长了：{used} 字节，群里最多 {most} 字节，多的会被省略。",
        "太長了：{used} 位元組，群組裡最多 {most} 位元組，多的會被省略。",
        "Too long: {used} bytes of {most}; the rest is left out.",
    ),
    "sms_too_long": (
        "短信最多 {most} 个字，现在 {used} 个字。",
        "簡訊最多 {most} 個字，現在 {used} 個字。",
        "A text message has at most {most} characters; this has {used}.",
    ),
    "sms_parts": (
        "短信 {used} 个字，会分成 {parts} 条计费。",
        "簡訊 {used} 個字，會分成 {parts} 則計費。",
        "{used} characters: charged as {parts} text messages.",
    ),
    "one_for_all": (
        "这种消息有几种情况，标题原本不同；现在都用同一个标题。要保留，请写“{{title}}”。",
        "這種訊息有幾種情況，標題原本不同；現在都用同一個標題。要保留，請寫「{{title}}」。",
        "The cases of this message have titles of their own; now all have this one. Write “{{title}}” to keep them.",
    ),
}
HINTS = frozenset({"field_is_cut", "sms_parts", "one_for_all", "too_many_bytes"})  # all others forbid to save


@dataclass(frozen=True)
class Finding:
    """Something about one place: `title`, `lines/2/text`, `fields/thing5`, or `` for the whole."""

    place: str
    code: str
    values: Mapping[str, object] = field(default_factory=dict)

    @property
    def is_hint(self) -> bool:
        """Tell whether one may go on all the same."""
        return self.code in HINTS

    def words(self, language: str) -> str:
        """Say it."""
        place = LANGUAGES.index(language) if language in LANGUAGES else 0
        return _TEXTS[self.code][place].format(**self.values)


def name_of(placeholder: str, language: str) -> str:
    """Say what a placeholder stands for."""
    if placeholder == TITLE:
        return ("原标题", "原標題", "The usual title")[LANGUAGES.index(language) if language in LANGUAGES else 0]
    return say(f"label.{placeholder}", language) if has(f"label.{placeholder}") else placeholder


def required_of(event: Event) -> tuple[str, ...]:
    """List what a template of this event must name: when and where, and what is another sentence in each case."""
    must = [name for name in MUST_TELL if name in event.always]
    return (*must, *sorted(event.differs & event.always - {TITLE}))


def findings(words: Words, event: Event, *, channel: str, language: str) -> list[Finding]:
    """Find what is wrong with words, and what should be known of them; for the samples of the event."""
    found = [*_of_form(words), *_of_placeholders(words, event, language), *_of_fields(words, event, channel)]
    if any(not one.is_hint for one in found):
        return found
    if TITLE in event.differs and TITLE not in placeholders_in(words.title):
        found.append(Finding("title", "one_for_all"))
    samples = event.samples.get(language, ())
    return found + list(dict.fromkeys(_of_samples(words, samples, channel=channel, language=language)))


def _of_form(words: Words) -> Iterator[Finding]:
    yield from _of_text("title", words.title, TITLE_SIGNS)
    if not words.lines:
        yield Finding("lines", "empty")
    if len(words.lines) > LINES:
        yield Finding("lines", "too_many_lines", _Values(most=LINES))
    for number, (label, text) in enumerate(words.lines):
        yield from _of_text(f"lines/{number}/label", label, LABEL_SIGNS)
        yield from _of_text(f"lines/{number}/text", text, TEXT_SIGNS)
        if placeholders_in(label):
            yield Finding(f"lines/{number}/label", "stray_brace")
    for key, text in words.fields.items():
        yield from _of_text(f"fields/{key}", text, TEXT_SIGNS)


def _of_text(place: str, text: str, most: int) -> Iterator[Finding]:
    if not text.strip():
        yield Finding(place, "empty")
    if sum(1 for _ in signs(PLACEHOLDER.sub("", text))) > most:
        yield Finding(place, "too_long", _Values(most=most))
    if "\n" in text or "\r" in text:
        yield Finding(place, "one_line")
    if BRACE.search(PLACEHOLDER.sub("", text)):
        yield Finding(place, "stray_brace")


def _of_placeholders(words: Words, event: Event, language: str) -> Iterator[Finding]:
    lines = {f"lines/{number}/text": text for number, (_, text) in enumerate(words.lines)}
    places = {"title": words.title, **lines, **{f"fields/{key}": text for key, text in words.fields.items()}}
    for place, text in places.items():
        for name in sorted(placeholders_in(text) - set(event.names)):
            yield Finding(place, "unknown_placeholder", _Values(name=name))
    told = placeholders_in(words.title, *(text for _, text in words.lines))
    for name in required_of(event):
        if name not in told:
            yield Finding("", "missing_required", _Values(name=name_of(name, language)))


def _of_fields(words: Words, event: Event, channel: str) -> Iterator[Finding]:
    for key, text in words.fields.items():
        place = f"fields/{key}"
        if key not in event.names or channel not in WITH_FIELDS:
            yield Finding(place, "unknown_field")
        elif fields.kind_of(key) != "thing":
            yield Finding(place, "fixed_field")
        elif utf16(PLACEHOLDER.sub("", text)) > fields.THING_CHARACTERS:
            yield Finding(place, "field_too_long", _Values(most=fields.THING_CHARACTERS))


def _of_samples(words: Words, samples: tuple[Notice, ...], *, channel: str, language: str) -> Iterator[Finding]:
    for notice in samples:
        params = params_of(notice, language)
        for key, raw in words.fields.items():
            whole = fill(raw, params)
            if whole is not None and fields.thing(whole) != fields.line_of(whole):
                yield Finding(f"fields/{key}", "field_is_cut", _Values(shown=fields.thing(whole)))
        shown = said(words, notice, params)
        text = "\n".join((shown.title, *(f"{label}：{line}" for label, line in shown.lines)))
        if channel in BYTES and utf8(text) > BYTES[channel]:
            yield Finding("", "too_many_bytes", _Values(used=utf8(text), most=BYTES[channel]))
        if channel in SMS:
            yield from _of_sms(utf16(text))


def _of_sms(used: int) -> Iterator[Finding]:
    if used > SMS_MOST:
        yield Finding("", "sms_too_long", _Values(used=used, most=SMS_MOST))
    elif used > SMS_FIRST:
        yield Finding("", "sms_parts", _Values(used=used, parts=-(-used // SMS_PART)))


class _Values(dict[str, object]):
    """What a sentence names; findings that say the same are the same."""

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(tuple(sorted((key, str(value)) for key, value in self.items())))
