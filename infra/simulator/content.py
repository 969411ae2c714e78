"""What the platform does with content: the text check and the mini-program's code as a picture.

Source: wechat.md 4.1 and 5.1.
"""

import io
import re
import secrets
from typing import Any
from urllib.parse import urlencode

import qrcode
from qrcode.image.pure import PyPNGImage

from infra.simulator.clock import Clock
from infra.simulator.people import People
from infra.simulator.protocol import OK, Call, Picture, Refused
from infra.simulator.settings import SimulatorSettings
from infra.simulator.subscriptions import is_released

TEXT_CHARACTERS = 2500
VISIT_SECONDS = 2 * 3600  # in which the author must have used the mini-program
WIDTHS = range(280, 1281)
_SCENE = re.compile(r"[0-9A-Za-z!#$&'()*+,/:;=?@\-._~]+")
_PASS, _REVIEW, _RISKY = ("pass", 100), ("review", 20012), ("risky", 20006)


def check_text(call: Call, people: People, clock: Clock, settings: SimulatorSettings) -> dict[str, Any]:
    """Answer `POST /wxa/msg_sec_check`, version 2; version 1 is retired and answers 40097."""
    form = call.read()
    content = form.get("content")
    if form.get("version") != 2 or not isinstance(content, str) or not content:
        raise Refused(40097)
    if form.get("scene") not in (1, 2, 3, 4):
        raise Refused(40129)
    if len(content) > TEXT_CHARACTERS:
        raise Refused(45002)
    person = people.find(form.get("openid"))
    if person is None:
        raise Refused(40003)
    if person["last_visit_at"] is None or clock.now() - person["last_visit_at"] > VISIT_SECONDS:
        raise Refused(61010)
    suggest, label, word = _verdict(content, settings)
    found = {"keyword": word} if word else {}
    return OK | {
        "result": {"suggest": suggest, "label": label},
        "detail": [
            {"strategy": "content_model", "errcode": 0, "suggest": suggest, "label": label, "prob": 90},
            {"strategy": "keyword", "errcode": 0, "suggest": suggest, "label": label, **found},
        ],
        "trace_id": secrets.token_hex(12),
    }


def code_picture(call: Call, settings: SimulatorSettings) -> Picture:
    """Answer `POST /wxa/getwxacodeunlimit` with a small QR code that names page and scene."""
    form = _read_picture_form(call)
    scene, page = form.get("scene"), form.get("page") or ""
    if not isinstance(scene, str) or not scene or _SCENE.fullmatch(scene) is None:
        raise Refused(40129)
    if len(scene) > 32:
        raise Refused(40169)
    if "scancode_time" in scene:
        raise Refused(85096)
    if not isinstance(page, str) or (page and not _page_exists(page, form, settings)):
        raise Refused(41030)
    width = form.get("width", 430)
    if form.get("env_version", "release") not in ("release", "trial", "develop") or width not in WIDTHS:
        raise Refused(40097)
    return Picture(_drawn(f"https://simulator.invalid/code?{urlencode({'page': page, 'scene': scene})}", width))


def _verdict(content: str, settings: SimulatorSettings) -> tuple[str, int, str | None]:
    for words, verdict in ((settings.sensitive_words, _RISKY), (settings.review_words, _REVIEW)):
        for word in words:
            if word in content:
                return *verdict, word
    return *_PASS, None


def _read_picture_form(call: Call) -> dict[str, Any]:
    try:
        return call.read()
    except Refused as refused:
        # this call has its own code for a body that is not JSON
        raise Refused(40169) if refused.errcode == 47001 else refused from None


def _page_exists(page: str, form: dict[str, Any], settings: SimulatorSettings) -> bool:
    if page.startswith("/") or "?" in page:
        return False
    return form.get("check_path") is False or is_released(page, settings)


def _drawn(text: str, width: int) -> bytes:
    code = qrcode.QRCode(border=2, image_factory=PyPNGImage)
    code.add_data(text)
    code.make(fit=True)
    code.box_size = max(1, width // (code.modules_count + 2 * code.border))
    drawn = io.BytesIO()
    code.make_image().save(drawn)
    return drawn.getvalue()
