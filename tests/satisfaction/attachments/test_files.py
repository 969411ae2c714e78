"""What a file is by its own bytes, what is left out of it, and what is refused."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from satisfaction.attachments import rules
from satisfaction.attachments.rules import checked, verdict, without_words
from satisfaction.errors import FileTooLong, FileUnreadable
from tests.satisfaction.attachments.samples import PLACE, TAIL, aac, amr, m4a, mp3, picture, wav

TYPES = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp", "GIF": "image/gif"}
SOUNDS = {
    "audio/wav": wav,
    "audio/amr": amr,
    "audio/mpeg": mp3,
    "audio/aac": aac,
    "audio/mp4": m4a,
}


def pixels(content: bytes) -> bytes:
    return Image.open(io.BytesIO(content)).convert("RGB").tobytes()


@pytest.mark.parametrize("kind", TYPES)
def test_a_picture_keeps_its_pixels_and_loses_what_is_written_beside_them(kind):
    content = picture(kind, note=PLACE, turned=6 if kind == "JPEG" else 0) + TAIL
    assert PLACE in content
    file = checked(content, TYPES[kind])
    assert (file.kind, file.media_type, file.width, file.height) == ("picture", TYPES[kind], 120, 90)
    assert PLACE not in file.content
    assert TAIL not in file.content
    assert pixels(file.content) == pixels(content)
    assert dict(Image.open(io.BytesIO(file.content)).getexif()) == ({0x0112: 6} if kind == "JPEG" else {})
    assert checked(file.content, TYPES[kind]).content == file.content


@pytest.mark.parametrize("media_type", SOUNDS)
def test_a_recording_is_measured(media_type):
    file = checked(SOUNDS[media_type](3.0), media_type)
    assert (file.kind, file.media_type) == ("voice", media_type)
    assert file.seconds == pytest.approx(3.0, abs=0.1)


@pytest.mark.parametrize(("make", "media_type"), [(mp3, "audio/mpeg"), (m4a, "audio/mp4")], ids=["mp3", "m4a"])
def test_a_recording_loses_its_notes(make, media_type):
    content = make(2.0, note=PLACE)
    assert PLACE in content
    assert PLACE not in checked(content, media_type).content


def test_what_hangs_behind_a_wav_is_cut_off():
    assert checked(wav() + TAIL, "audio/wav").content == wav()


def huge_png() -> bytes:
    content = bytearray(picture("PNG"))
    content[16:24] = (60_000).to_bytes(4, "big") * 2
    return bytes(content)


HOSTILE = {
    "svg": (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "image/png"),
    "html": (b"<!doctype html><script>alert(1)</script>", "image/jpeg"),
    "html as a sound": (b"<!doctype html><script>alert(1)</script>", "audio/mpeg"),
    "a png called jpeg": (picture("PNG"), "image/jpeg"),
    "a jpeg called png": (picture("JPEG"), "image/png"),
    "a picture called a sound": (picture("JPEG"), "audio/mpeg"),
    "a sound called a picture": (wav(), "image/jpeg"),
    "a wav called amr": (wav(), "audio/amr"),
    "half a jpeg": (picture("JPEG")[: len(picture("JPEG")) // 2], "image/jpeg"),
    "half a png": (picture("PNG")[:60], "image/png"),
    "half a gif": (picture("GIF")[:-200], "image/gif"),
    "a picture that unfolds without end": (huge_png(), "image/png"),
    "a script that begins as a gif": (b"GIF89a/*" + b" " * 20 + b"*/=1;alert(1)//", "image/gif"),
    "a program": (b"MZ\x90\x00" + bytes(200), "image/png"),
    "an archive": (b"PK\x03\x04" + bytes(200), "image/webp"),
    "a pdf": (b"%PDF-1.7\n" + bytes(200), "image/jpeg"),
    "nothing": (b"", "image/png"),
    "silence without a frame": (b"#!AMR\n", "audio/amr"),
    "a wav that says it has no rate": (wav()[:28] + bytes(4) + wav()[32:], "audio/wav"),
    "a type that nobody takes": (picture("JPEG"), "image/svg+xml"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_not_what_it_says_is_refused(name):
    content, media_type = HOSTILE[name]
    with pytest.raises(FileUnreadable):
        checked(content, media_type)


def test_a_recording_of_an_hour_is_refused():
    with pytest.raises(FileTooLong):
        checked(amr(rules.MOST_SECONDS + 1), "audio/amr")


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_damaged_file_is_refused_or_cleaned_and_never_a_surprise(data):
    name = data.draw(st.sampled_from(sorted(TYPES) + sorted(SOUNDS)))
    whole = bytearray(picture(name, note=PLACE) if name in TYPES else SOUNDS[name](0.5))
    for _ in range(data.draw(st.integers(1, 6))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(whole[: data.draw(st.integers(1, len(whole)))])
    try:
        file = checked(cut, TYPES.get(name, name))
    except (FileUnreadable, FileTooLong):
        return
    assert len(file.content) <= len(cut) + 40  # the note of which side is up may be new


@pytest.mark.parametrize(
    ("errcode", "suggest", "state"),
    [
        (0, "pass", "shown"),
        (0, "risky", "hidden"),
        (0, "review", "to_be_read"),
        (0, "", "to_be_read"),
        (-1008, "", "to_be_read"),
    ],
)
def test_the_verdict_of_the_platform(errcode, suggest, state):
    assert verdict(errcode, suggest) == state


def test_a_line_without_words_says_what_it_holds():
    assert without_words(["picture", "voice", "picture"]) == "（图片 2 张，语音 1 段）"
    assert without_words(["voice"]) == "（语音 1 段）"
