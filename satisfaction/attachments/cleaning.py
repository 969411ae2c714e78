"""Pictures rebuilt from what shows: places, times, names, notes and whatever hangs behind them are left out. Pure."""

import struct
from collections.abc import Callable

from server.pictures import JPEG_ALONE

_SOS, _EOI, _APP0, _APP1, _APP2, _APP14, _COMMENT = 0xDA, 0xD9, 0xE0, 0xE1, 0xE2, 0xEE, 0xFE
_ICC = b"ICC_PROFILE\x00"
_EXIF = b"Exif\x00\x00"
_ORIENTATION = 0x0112
_PNG_KEPT = frozenset(
    {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"sBIT", b"bKGD", b"pHYs"}
    | {b"acTL", b"fcTL", b"fdAT"}
)
_WEBP_KEPT = frozenset({b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"ICCP"})
_WEBP_TOLD = 0x08 | 0x04  # flags of VP8X: there is EXIF, there is XMP


class Broken(Exception):
    """The parts of a picture do not fit together."""


def cleaned(content: bytes, suffix: str) -> bytes:
    """Give a picture without anything but the picture; what stands behind its end is cut off.

    suffix: jpg, png, webp or gif. Of a JPEG's notes only which side is up is kept.
    Raises: Broken.
    """
    try:
        return _CLEANERS[suffix](content)
    except (struct.error, IndexError) as error:
        raise Broken() from error


def _jpeg(content: bytes) -> bytes:
    out, at = bytearray(content[:2]), 2
    turned = _orientation(content)
    if turned != 1:
        out += _orientation_only(turned)
    while True:
        while content[at] == 0xFF and content[at + 1] == 0xFF:
            at += 1  # filling
        if content[at] != 0xFF:
            raise Broken()
        marker = content[at + 1]
        if marker == _EOI:
            return bytes(out + b"\xff\xd9")
        if marker in JPEG_ALONE:
            at += 2
            continue
        (length,) = struct.unpack(">H", content[at + 2 : at + 4])
        segment = content[at : at + 2 + length]
        if length < 2 or len(segment) < 2 + length:
            raise Broken()
        at += 2 + length
        if _is_kept(marker, segment[4:]):
            out += segment
        if marker == _SOS:
            end = _end_of_scan(content, at)
            out += content[at:end]
            at = end


def _is_kept(marker: int, inside: bytes) -> bool:
    if marker == _APP2:
        return inside.startswith(_ICC)  # colours; the same marker also carries further pictures
    return marker in (_APP0, _APP14) or not (0xE0 <= marker <= 0xEF or marker == _COMMENT)


def _end_of_scan(content: bytes, at: int) -> int:
    """Give where the next marker stands that is no part of the picture's bits."""
    while (at := content.find(b"\xff", at)) >= 0:
        if content[at + 1] == 0 or 0xD0 <= content[at + 1] <= 0xD7:
            at += 2
        elif content[at + 1] == 0xFF:
            at += 1
        else:
            return at
    raise Broken()


def _orientation(content: bytes) -> int:
    """Read which side of a JPEG is up, 1 to 8; 1 where it does not say."""
    at = 2
    while content[at] == 0xFF and content[at + 1] not in (_SOS, _EOI):
        (length,) = struct.unpack(">H", content[at + 2 : at + 4])
        if content[at + 1] == _APP1 and content[at + 4 : at + 10] == _EXIF:
            return _orientation_in(content[at + 10 : at + 2 + length])
        at += 2 + length
    return 1


def _orientation_in(tiff: bytes) -> int:
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None:
        return 1
    try:
        (first,) = struct.unpack(f"{order}I", tiff[4:8])
        (count,) = struct.unpack(f"{order}H", tiff[first : first + 2])
        for n in range(min(count, 100)):
            entry = tiff[first + 2 + 12 * n : first + 14 + 12 * n]
            tag, _, _, value = struct.unpack(f"{order}HHIH", entry[:10])
            if tag == _ORIENTATION:
                return value if 1 <= value <= 8 else 1
    except struct.error:
        return 1  # notes that nobody can read say nothing
    return 1


def _orientation_only(turned: int) -> bytes:
    tiff = b"MM\x00\x2a\x00\x00\x00\x08\x00\x01" + struct.pack(">HHIHH", _ORIENTATION, 3, 1, turned, 0) + bytes(4)
    return b"\xff\xe1" + struct.pack(">H", 2 + len(_EXIF) + len(tiff)) + _EXIF + tiff


def _png(content: bytes) -> bytes:
    out, at = bytearray(content[:8]), 8
    while True:
        (length,) = struct.unpack(">I", content[at : at + 4])
        chunk = content[at : at + 12 + length]
        if len(chunk) < 12 + length:
            raise Broken()
        if chunk[4:8] in _PNG_KEPT:
            out += chunk
        if chunk[4:8] == b"IEND":
            return bytes(out)
        at += 12 + length


def _webp(content: bytes) -> bytes:
    (size,) = struct.unpack("<I", content[4:8])
    whole, out, at = content[: 8 + size], bytearray(), 12
    while at + 8 <= len(whole):
        (length,) = struct.unpack("<I", whole[at + 4 : at + 8])
        chunk = whole[at : at + 8 + length + length % 2]
        if len(chunk) < 8 + length:
            raise Broken()
        if chunk[:4] == b"VP8X":
            chunk = chunk[:8] + bytes([chunk[8] & ~_WEBP_TOLD]) + chunk[9:]
        if chunk[:4] in _WEBP_KEPT:
            out += chunk
        at += 8 + length + length % 2
    return b"RIFF" + struct.pack("<I", 4 + len(out)) + b"WEBP" + bytes(out)


def _gif(content: bytes) -> bytes:
    at = 13 + _colours(content[10])
    out = bytearray(content[:at])
    while True:
        match content[at]:
            case 0x3B:
                return bytes(out + b"\x3b")
            case 0x2C:
                end = _end_of_blocks(content, at + 10 + _colours(content[at + 9]) + 1)
                out += content[at:end]
            case 0x21:
                end = _end_of_blocks(content, at + 2)
                repeats = content[at + 1] == 0xFF and content[at + 3 : at + 14] == b"NETSCAPE2.0"
                if content[at + 1] == 0xF9 or repeats:  # how frames follow each other; not what is written beside them
                    out += content[at:end]
            case _:
                raise Broken()
        at = end


def _colours(flags: int) -> int:
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


def _end_of_blocks(content: bytes, at: int) -> int:
    while size := content[at]:
        at += 1 + size
    return at + 1


_CLEANERS: dict[str, Callable[[bytes], bytes]] = {"jpg": _jpeg, "png": _png, "webp": _webp, "gif": _gif}
