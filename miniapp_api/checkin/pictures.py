"""The codes that phones and desks show, as text and as pictures."""

import asyncio
import io
from uuid import UUID

import qrcode
from qrcode.image.pure import PyPNGImage
from qrcode.image.svg import SvgPathImage

from miniapp_api.checkin import codes, models
from miniapp_api.checkin.arrivals import served
from server import clock, db
from server.accounts import SignedInPatient, SignedInStaff
from server.errors import IllegalMove, NotFound

SHOWN_FOR = frozenset({"booked", "checked_in", "in_service"})  # who comes back from a station shows it again


async def code_of(account: SignedInPatient, appointment_id: UUID, seed: bytes) -> codes.Code:
    """Give the code for an appointment of this account.

    Raises: NotFound, IllegalMove when there is nothing to check in for.
    """
    row = await db.fetch_one(models.OWN_STATUS, appointment_id, account.id)
    if row is None:
        raise NotFound()
    if row["status"] not in SHOWN_FOR:
        raise IllegalMove(machine="appointment", old=row["status"], new="checked_in")
    return codes.patient_code(seed, appointment_id, clock.now())


async def picture(code: str, content_type: str) -> bytes:
    """Draw a code; in a thread, because it takes some 20 ms of work."""
    return await asyncio.to_thread(_draw, code, SvgPathImage if content_type == "image/svg+xml" else PyPNGImage)


def _draw(code: str, factory: type) -> bytes:
    drawing = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, border=4, image_factory=factory)
    drawing.add_data(code)
    stream = io.BytesIO()
    drawing.make_image().save(stream)
    return stream.getvalue()


async def code_of_desk(desk_id: UUID, staff: SignedInStaff, seed: bytes) -> codes.Code:
    """Give the code for a desk's screen.

    Raises: NotFound, Forbidden.
    """
    desk = await models.Desk.get_or_none(id=desk_id)
    if desk is None:
        raise NotFound()
    served(desk.department_id, staff)
    return codes.desk_code(seed, desk_id, clock.now())
