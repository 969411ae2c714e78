"""A USB scanner: a keyboard that types what it reads, faster than any hand, into whatever has the focus."""

import asyncio
import time
from typing import Any

from playwright.async_api import Page

_SHIFTED = dict(zip('~!@#$%^&*()_+{}|:"<>?', "`1234567890-=[]\\;',./", strict=True))
_PUNCTUATION = {
    "`": "Backquote",
    "-": "Minus",
    "=": "Equal",
    "[": "BracketLeft",
    "]": "BracketRight",
    "\\": "Backslash",
    ";": "Semicolon",
    "'": "Quote",
    ",": "Comma",
    ".": "Period",
    "/": "Slash",
    " ": "Space",
}
STROKE_SECONDS = 0.002
_SHIFT = 8  # the bit of Input.dispatchKeyEvent


async def type_as_scanner(page: Page, text: str) -> None:
    """Press the keys of a text and Enter as a scanner does: a few milliseconds each, shift included.

    The keys are handed over all at once and bring their times, so a busy machine stretches none of them.
    """
    strokes = [stroke for character in text for stroke in _strokes(character)]
    strokes += [_key("keyDown", "Enter", "Enter", text="\r"), _key("keyUp", "Enter", "Enter")]
    session = await page.context.new_cdp_session(page)
    begins = time.time()
    timed = [{**stroke, "timestamp": begins + number * STROKE_SECONDS} for number, stroke in enumerate(strokes)]
    try:
        await asyncio.gather(*(session.send("Input.dispatchKeyEvent", stroke) for stroke in timed))
    finally:
        await session.detach()


def _strokes(character: str) -> list[dict[str, Any]]:
    plain = _SHIFTED.get(character, character.lower())
    name = f"Key{plain.upper()}" if plain.isalpha() else f"Digit{plain}" if plain.isdigit() else _PUNCTUATION[plain]
    if plain == character:
        return [_key("keyDown", character, name, text=character), _key("keyUp", character, name)]
    return [
        _key("rawKeyDown", "Shift", "ShiftLeft", modifiers=_SHIFT),
        _key("keyDown", character, name, text=character, modifiers=_SHIFT),
        _key("keyUp", character, name, modifiers=_SHIFT),
        _key("keyUp", "Shift", "ShiftLeft"),
    ]


def _key(kind: str, key: str, code: str, **more: Any) -> dict[str, Any]:
    return {"type": kind, "key": key, "code": code, **more}
