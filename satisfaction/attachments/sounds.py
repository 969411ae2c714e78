"""What a file of bytes is that says it is a voice: read frame by frame, for its length, freed of its notes. Pure."""

import struct
from collections.abc import Callable
from dataclasses import dataclass

AMR = b"#!AMR\n"
_AMR_BYTES = (13, 14, 16, 18, 20, 21, 27, 32, 6, 0, 0, 0, 0, 0, 0, 1)  # of a frame by its kind; 0: reserved
_AMR_SECONDS = 0.02
_MP3_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
_KBIT_1 = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)  # version 1, layer III
_KBIT_2 = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)  # versions 2 and 2.5, layer III
_AAC_RATES = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350)
_NOTES = frozenset({b"udta", b"meta", b"uuid"})  # boxes that tell of title, maker and place
_HOLDERS = frozenset({b"moov", b"trak", b"mdia", b"minf", b"stbl"})


@dataclass(frozen=True)
class Sound:
    """A voice. kind: mp3, aac, m4a, wav or amr. content: its bytes without notes."""

    kind: str
    seconds: float
    content: bytes


def sound_in(content: bytes) -> Sound | None:
    """Read what a voice is from its own bytes; None for what is none or does not hold together."""
    for read in _READERS:
        try:
            if found := read(content):
                return found
        except (struct.error, IndexError, ZeroDivisionError):
            continue
    return None


def _amr(content: bytes) -> Sound | None:
    if not content.startswith(AMR):
        return None
    at, frames = len(AMR), 0
    while at < len(content):
        size = _AMR_BYTES[content[at] >> 3 & 15]
        if not size or at + size > len(content):
            return None
        at, frames = at + size, frames + 1
    return Sound("amr", frames * _AMR_SECONDS, content)


def _wav(content: bytes) -> Sound | None:
    if content[:4] != b"RIFF" or content[8:12] != b"WAVE":
        return None
    form, data, at = b"", b"", 12
    while at + 8 <= len(content):
        (size,) = struct.unpack("<I", content[at + 4 : at + 8])
        inside = content[at + 8 : at + 8 + size]
        if content[at : at + 4] == b"fmt ":
            form = inside
        elif content[at : at + 4] == b"data":
            data = inside
        at += 8 + size + size % 2
    if len(form) < 16 or not data:
        return None
    (per_second,) = struct.unpack("<I", form[8:12])
    parts = b"fmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", len(data)) + data
    return Sound(
        "wav",
        len(data) / per_second,
        b"RIFF" + struct.pack("<I", 4 + len(parts)) + b"WAVE" + parts + bytes(len(data) % 2),
    )


def _mp3(content: bytes) -> Sound | None:
    at = 0
    if content[:3] == b"ID3":  # notes before the sound: title, pictures, places
        size = [byte & 0x7F for byte in content[6:10]]
        at = 10 + (size[0] << 21 | size[1] << 14 | size[2] << 7 | size[3])
    begin, seconds, frames = at, 0.0, 0
    while at + 4 <= len(content) and (frame := _mp3_frame(content[at : at + 4])):
        if at + frame[0] > len(content):
            break  # the recording was cut off within a frame
        at, seconds, frames = at + frame[0], seconds + frame[1], frames + 1
    if frames < 2 or not _is_tail(content[at:]):
        return None
    return Sound("mp3", seconds, content[begin:at])


def _mp3_frame(head: bytes) -> tuple[int, float] | None:
    """Give the bytes and seconds of a frame of layer III."""
    if head[0] != 0xFF or head[1] & 0xE6 != 0xE2:
        return None
    version, bitrate, rate = head[1] >> 3 & 3, head[2] >> 4, head[2] >> 2 & 3
    if version == 1 or bitrate in (0, 15) or rate == 3:
        return None
    kbit, hertz = (_KBIT_1 if version == 3 else _KBIT_2)[bitrate], _MP3_RATES[version][rate]
    samples = 1152 if version == 3 else 576
    return samples // 8 * kbit * 1000 // hertz + (head[2] >> 1 & 1), samples / hertz


def _is_tail(rest: bytes) -> bool:
    """Tell whether what follows the last frame is notes, silence or the beginning of a frame that was cut off."""
    return not rest or rest[:3] == b"TAG" or rest[:8] == b"APETAGEX" or rest[:1] == b"\xff" or not rest.strip(b"\0")


def _aac(content: bytes) -> Sound | None:
    at, seconds, frames = 0, 0.0, 0
    while at + 7 <= len(content):
        if content[at] != 0xFF or content[at + 1] & 0xF6 != 0xF0:
            return None
        rate = _AAC_RATES[content[at + 2] >> 2 & 15]
        size = (content[at + 3] & 3) << 11 | content[at + 4] << 3 | content[at + 5] >> 5
        if size < 7 or at + size > len(content):
            break
        at, seconds, frames = at + size, seconds + 1024 * ((content[at + 6] & 3) + 1) / rate, frames + 1
    return Sound("aac", seconds, content[:at]) if frames > 1 else None


def _m4a(content: bytes) -> Sound | None:
    if content[4:8] != b"ftyp":
        return None
    out = bytearray(content)
    found: dict[bytes, bytes] = {}
    end = _walk(out, 0, len(out), found)
    if b"mvhd" not in found or b"mdat" not in found or b"vide" in found.get(b"hdlr", b""):
        return None
    head = found[b"mvhd"]
    scale, length = struct.unpack(">IQ", head[20:32]) if head[0] else struct.unpack(">II", head[12:20])
    return Sound("m4a", length / scale, bytes(out[:end]))


def _walk(out: bytearray, at: int, end: int, found: dict[bytes, bytes]) -> int:
    """Go through the boxes, blank those with notes where they stand, and keep the heads; give where the last ends.

    Blanked and not cut out: others name the place of the sound by its distance from the beginning.
    """
    while at + 8 <= end:
        size, name = struct.unpack(">I4s", out[at : at + 8])
        head = 8
        if size == 1:
            (size,) = struct.unpack(">Q", out[at + 8 : at + 16])
            head = 16
        size = size or end - at
        if size < head or at + size > end:
            if found.get(b"moov") is not None and found.get(b"mdat") is not None:
                return at
            raise IndexError("a box ends behind its holder")
        if name in _NOTES:
            out[at + 4 : at + size] = b"free" + bytes(size - 8)
        elif name in _HOLDERS:
            found[name] = b""
            _walk(out, at + head, at + size, found)
        elif name in (b"mvhd", b"mdat"):
            found[name] = bytes(out[at + head : at + head + 40])
        elif name == b"hdlr":
            found[name] = found.get(name, b"") + bytes(out[at + head + 8 : at + head + 12])
        at += size
    return at


_READERS: tuple[Callable[[bytes], Sound | None], ...] = (_amr, _wav, _m4a, _aac, _mp3)
