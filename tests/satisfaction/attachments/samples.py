"""Files as phones make them, and as nobody should: made here, so that nothing strange lies in the repository."""

import io
import struct
import wave

from PIL import Image

PLACE = b"GPS-31.2304N"
TAIL = b"PK\x03\x04<script>alert(1)</script>"


def picture(kind: str = "JPEG", *, size: tuple[int, int] = (120, 90), turned: int = 0, note: bytes = b"") -> bytes:
    """A picture. turned: which side is up, as a camera notes it. note: what stands in it besides the picture."""
    out = io.BytesIO()
    exif = Image.Exif()
    if turned:
        exif[0x0112] = turned
    if note:
        exif[0x010F] = note.decode()
    how: dict = {} if kind == "GIF" else {"exif": exif}
    if note and kind in ("JPEG", "GIF"):
        how["comment"] = note
    Image.radial_gradient("L").resize(size).convert("RGB").save(out, kind, **how)
    return out.getvalue()


def wav(seconds: float = 2.0, rate: int = 8000) -> bytes:
    """Silence as a WAV."""
    out = io.BytesIO()
    with wave.open(out, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(rate)
        sound.writeframes(bytes(int(seconds * rate) * 2))
    return out.getvalue()


def amr(seconds: float = 2.0) -> bytes:
    """Silence as AMR: frames of 32 bytes, 20 ms each."""
    return b"#!AMR\n" + (b"\x3c" + bytes(31)) * round(seconds / 0.02)


def mp3(seconds: float = 2.0, *, note: bytes = b"") -> bytes:
    """Frames of MPEG 2 layer III, 16 kHz, 24 kbit/s: as a mini-program records. note: in front of them, as ID3."""
    frame = b"\xff\xf3\x38\xc4" + bytes(576 // 8 * 24000 // 16000 - 4)
    id3 = b"ID3\x04\x00\x00" + bytes([0, 0, len(note) >> 7, len(note) & 127]) + note if note else b""
    return id3 + frame * round(seconds * 16000 / 576)


def aac(seconds: float = 2.0) -> bytes:
    """Frames of AAC in ADTS, 16 kHz, one block of 1024 samples each."""
    size = 40
    head = bytes([0xFF, 0xF1, 0x60, 0x40 | size >> 11, size >> 3 & 0xFF, (size & 7) << 5 | 0x1F, 0xFC])
    return (head + bytes(size - 7)) * round(seconds * 16000 / 1024)


def m4a(seconds: float = 2.0, *, note: bytes = b"") -> bytes:
    """Boxes of an M4A. note: in its user data, where phones write the place."""

    def box(name: bytes, inside: bytes) -> bytes:
        return struct.pack(">I4s", 8 + len(inside), name) + inside

    head = box(b"mvhd", bytes(12) + struct.pack(">II", 1000, int(seconds * 1000)) + bytes(80))
    sound = box(b"trak", box(b"mdia", box(b"hdlr", bytes(8) + b"soun" + bytes(12))))
    told = box(b"udta", box(b"\xa9xyz", note)) if note else b""
    return box(b"ftyp", b"M4A \x00\x00\x00\x00") + box(b"moov", head + sound + told) + box(b"mdat", bytes(500))
