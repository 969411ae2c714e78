"""What may be added to a complaint, and what becomes of it: kinds, sizes, the machine of the content check. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from satisfaction.attachments.cleaning import Broken, cleaned
from satisfaction.attachments.sounds import sound_in
from satisfaction.errors import FileTooLong, FileUnreadable
from server.pictures import picture_in
from server.states import Machine

LARGEST = 10 * 1024 * 1024
MOST_SIDE, MOST_PIXELS = 12_000, 64_000_000  # a small file may unfold into a picture that fills a memory
ENDS = b"IEND\xaeB\x60\x82\xff\xd9"  # as a PNG ends, and as a JPEG does
MOST_SECONDS = 180
MOST_UNBOUND = 40  # of an account at a time; what is not sent is deleted after a day
KEPT_UNBOUND = timedelta(days=1)
VERDICT_WITHIN = timedelta(minutes=30)  # the platform's promise
ASK_AGAIN = timedelta(minutes=2)
MOST_PER_LINE: Mapping[str, int] = {"picture": 9, "voice": 3}

PICTURES = ("image/jpeg", "image/png", "image/webp", "image/gif")
# the same kind goes by several names
VOICES: Mapping[str, str] = {
    "audio/mpeg": "mp3",
    "audio/mp3": "mp3",
    "audio/aac": "aac",
    "audio/x-aac": "aac",
    "audio/mp4": "m4a",
    "audio/m4a": "m4a",
    "audio/x-m4a": "m4a",
    "audio/wav": "wav",
    "audio/x-wav": "wav",
    "audio/wave": "wav",
    "audio/amr": "amr",
}
SHOWN_AS: Mapping[str, str] = {
    "mp3": "audio/mpeg",
    "aac": "audio/aac",
    "m4a": "audio/mp4",
    "wav": "audio/wav",
    "amr": "audio/amr",
}
MEDIA_TYPES = (*PICTURES, *VOICES)
# what the platform looks at: wechat.md 5.2. Others are looked at by the handler
CHECKED: Mapping[str, int] = {
    "image/jpeg": 2,
    "image/png": 2,
    "image/gif": 2,
    "audio/mpeg": 1,
    "audio/aac": 1,
    "audio/wav": 1,
}


class AttachmentState(StrEnum):
    """Where a file stands with the content check. Whoever handles the complaint can always look at it."""

    RECEIVED = "received"  # in the store; not yet looked at
    CHECKING = "checking"  # the platform looks at it
    SHOWN = "shown"  # shown as it is
    TO_BE_READ = "to_be_read"  # a person has to look: veiled until somebody does
    HIDDEN = "hidden"  # the platform or a person objects: veiled


S = AttachmentState
ATTACHMENT = Machine(
    "attachment",
    starts=frozenset({S.RECEIVED}),
    moves={
        S.RECEIVED: frozenset({S.CHECKING, S.SHOWN, S.TO_BE_READ}),
        S.CHECKING: frozenset({S.SHOWN, S.TO_BE_READ, S.HIDDEN}),
        S.TO_BE_READ: frozenset({S.SHOWN, S.HIDDEN}),
        S.HIDDEN: frozenset({S.SHOWN}),
    },
)


@dataclass(frozen=True)
class Checked:
    """A file that may be kept. media_type: what it is. content: without notes. width, height in pixels."""

    kind: str
    media_type: str
    content: bytes
    width: int | None = None
    height: int | None = None
    seconds: float | None = None


def checked(content: bytes, media_type: str) -> Checked:
    """Look at a file by its content and give it cleaned.

    media_type: what its sender calls it; another content than that is refused, so that nothing is taken for a picture
        somewhere that is none. Size is the reader's to bound, see LARGEST.
    Raises: FileUnreadable, FileTooLong.
    """
    return _picture(content, media_type) if media_type in PICTURES else _voice(content, media_type)


def _picture(content: bytes, media_type: str) -> Checked:
    # pictures of phones have a lot behind their end, which is cut off below: the reader is shown an end in any case
    image = picture_in(content + ENDS)
    if image is None or image.media_type != media_type:
        raise FileUnreadable()
    if not 0 < max(image.width, image.height) <= MOST_SIDE or not 0 < image.width * image.height <= MOST_PIXELS:
        raise FileUnreadable()
    try:
        clean = cleaned(content, image.suffix)
    except Broken:
        raise FileUnreadable() from None
    return Checked("picture", media_type, clean, image.width, image.height)


def _voice(content: bytes, media_type: str) -> Checked:
    sound = sound_in(content)
    if sound is None or VOICES.get(media_type) != sound.kind or sound.seconds <= 0:
        raise FileUnreadable()
    if sound.seconds > MOST_SECONDS:
        raise FileTooLong(minutes=MOST_SECONDS // 60)
    return Checked("voice", SHOWN_AS[sound.kind], sound.content, seconds=round(sound.seconds, 1))


def verdict(errcode: int, suggest: str) -> AttachmentState:
    """Give what becomes of a file by what the platform says of it."""
    if errcode != 0:
        return S.TO_BE_READ
    return {"pass": S.SHOWN, "risky": S.HIDDEN}.get(suggest, S.TO_BE_READ)


def without_words(kinds: list[str]) -> str:
    """Write the line of somebody who sends files and no words: 图片 2 张，语音 1 段."""
    counted = (("图片 {} 张", kinds.count("picture")), ("语音 {} 段", kinds.count("voice")))
    return "（" + "，".join(text.format(n) for text, n in counted if n) + "）"
