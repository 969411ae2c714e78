"""QR codes as cameras meet them: read from a picture of the screen, and shown to a camera that does not exist."""

import io
from pathlib import Path

import qrcode
import zxingcpp
from PIL import Image
from playwright.async_api import Locator

_FRAME = (640, 480)
_FRAMES = 12
_QR_SIDE = 400


async def decode_qr(element: Locator) -> str:
    """Read the one code that an element shows, from its pixels and by another library than the one that drew it."""
    await element.scroll_into_view_if_needed()
    picture = Image.open(io.BytesIO(await element.screenshot()))
    read = zxingcpp.read_barcodes(picture.convert("RGB"))
    assert len(read) == 1, f"{len(read)} codes can be read in {picture.width}×{picture.height} pixels"
    return read[0].text


def write_camera_film(path: Path, code: str) -> Path:
    """Film a sheet with a big QR on white, which Chromium plays in a loop; `path` ends in .mjpeg."""
    drawn = (
        qrcode.make(code, border=4).get_image().convert("RGB").resize((_QR_SIDE, _QR_SIDE), Image.Resampling.NEAREST)
    )
    with path.open("wb") as film:
        for number in range(_FRAMES):
            frame = Image.new("RGB", _FRAME, "white")
            sway = number % 4  # a hand is never still
            frame.paste(drawn, ((_FRAME[0] - _QR_SIDE) // 2 + sway, (_FRAME[1] - _QR_SIDE) // 2))
            frame.save(film, "JPEG", quality=90)
    return path


def camera_flags(film: Path) -> list[str]:
    """Give the flags of a Chromium whose camera shows the film and whose user allows it."""
    return [
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-video-capture={film}",
    ]
