"""What a file of bytes is that says it is a picture: looked at by its content, never by its name. Pure."""

import struct
from collections.abc import Callable
from dataclasses import dataclass

JPEG_FRAMES = frozenset({0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF})
JPEG_ALONE = frozenset({0x01, *range(0xD0, 0xD8)})  # markers without a length
MEDIA_TYPES = {"jpg": "image/jpeg", "png": "image/png", "webp": "image/webp", "gif": "image/gif"}


@dataclass(frozen=True)
class Image:
    """A picture. suffix: of its file; width, height: in pixels."""

    suffix: str
    width: int
    height: int

    @property
    def media_type(self) -> str:
        """Give its media type."""
        return MEDIA_TYPES[self.suffix]


def picture_in(content: bytes) -> Image | None:
    """Read what a picture is from its own bytes; None for what is none, or ends before it says what it is."""
    for read in _READERS:
        try:
            if found := read(content):
                return found
        except (struct.error, IndexError):
            continue
    return None


def _png(content: bytes) -> Image | None:
    if not content.startswith(b"\x89PNG\r\n\x1a\n") or content[12:16] != b"IHDR":
        return None
    if b"IEND" not in content[-16:]:
        return None
    width, height = struct.unpack(">II", content[16:24])
    return Image("png", width, height)


def _jpeg(content: bytes) -> Image | None:
    if not content.startswith(b"\xff\xd8\xff") or b"\xff\xd9" not in content[-64:]:
        return None
    at = 2
    while content[at] == 0xFF:
        marker = content[at + 1]
        if marker in JPEG_FRAMES:
            height, width = struct.unpack(">HH", content[at + 5 : at + 9])
            return Image("jpg", width, height)
        if marker == 0xFF:  # filling
            at += 1
        elif marker in JPEG_ALONE:
            at += 2
        else:
            (length,) = struct.unpack(">H", content[at + 2 : at + 4])
            at += 2 + length
    return None


def _webp(content: bytes) -> Image | None:
    if content[:4] != b"RIFF" or content[8:12] != b"WEBP":
        return None
    if struct.unpack("<I", content[4:8])[0] + 8 > len(content):
        return None
    match content[12:16]:
        case b"VP8 ":
            width, height = struct.unpack("<HH", content[26:30])
            return Image("webp", width & 0x3FFF, height & 0x3FFF)
        case b"VP8L":
            (bits,) = struct.unpack("<I", content[21:25])
            return Image("webp", (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
        case b"VP8X":
            return Image(
                "webp", int.from_bytes(content[24:27], "little") + 1, int.from_bytes(content[27:30], "little") + 1
            )
    return None


def _gif(content: bytes) -> Image | None:
    if content[:6] not in (b"GIF87a", b"GIF89a"):
        return None
    width, height = struct.unpack("<HH", content[6:10])
    return Image("gif", width, height)


_READERS: tuple[Callable[[bytes], Image | None], ...] = (_png, _jpeg, _webp, _gif)
