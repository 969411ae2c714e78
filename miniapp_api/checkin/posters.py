"""The desk's printed mini-app code: asked from the platform once for an edition, and whether it checks in by itself.

Nothing is asked from the platform inside a transaction.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from miniapp_api.checkin import codes, models
from miniapp_api.checkin.models import Desk
from server import clock, db
from server.accounts import Role, SignedInStaff
from server.errors import Forbidden, NotFound, OutsideTrouble
from server.wechat import Wechat, WechatRefused, WechatTrouble

PAGE = "pages/arrive/arrive"  # of the mini-app; it reads the scene
READERS = (Role.GUIDE, Role.SUPERVISOR)
BUSY = frozenset({-1, 45009, 45011})

KEPT = "SELECT picture, content_type FROM desk_poster WHERE desk_id = $1 AND edition = $2"
KEEP = """
INSERT INTO desk_poster (desk_id, edition, picture, content_type, made_at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (desk_id, edition) DO NOTHING
"""
HOSPITAL_NAME = "SELECT name FROM hospital LIMIT 1"


@dataclass(frozen=True)
class Poster:
    """A printed code. about: hospital, name, location, checks_in."""

    picture: bytes
    content_type: str
    about: dict[str, Any]


async def poster_of(desk_id: UUID, staff: SignedInStaff, *, seed: bytes, wechat: Wechat) -> Poster:
    """Give a desk's printed code; the platform draws it once.

    Raises: NotFound, Forbidden, OutsideTrouble.
    """
    desk = await _desk(desk_id, staff, *READERS)
    hospital = await db.fetch_one(HOSPITAL_NAME)
    about = {
        "hospital": hospital["name"] if hospital else "",
        "name": desk.name,
        "location": desk.location,
        "checks_in": desk.poster_checks_in,
    }
    kept = await db.fetch_one(KEPT, desk.id, desk.poster_edition)
    if kept is not None:
        return Poster(bytes(kept["picture"]), kept["content_type"], about)
    scene = codes.desk_scene(seed, desk.id, desk.poster_edition)
    try:
        picture, content_type = await wechat.code_picture(scene, PAGE)
    except WechatRefused as refusal:
        raise OutsideTrouble(retry_after=60 if refusal.errcode in BUSY else 3600) from refusal
    except WechatTrouble as trouble:
        raise OutsideTrouble() from trouble
    await db.fetch(KEEP, desk.id, desk.poster_edition, picture, content_type, clock.now())
    return Poster(picture, content_type, about)


async def change(desk_id: UUID, staff: SignedInStaff, *, checks_in: bool | None, is_renewed: bool) -> dict[str, Any]:
    """Say whether a desk's printed code checks in by itself; or end it, so that only a newly printed one counts.

    Returns: the desk as `models.DESKS` gives it.
    Raises: NotFound, Forbidden.
    """
    async with db.transaction():
        await _desk(desk_id, staff, Role.SUPERVISOR)
        desk = await db.lock(Desk, desk_id)
        if checks_in is not None:
            desk.poster_checks_in = checks_in
        if is_renewed:
            desk.poster_edition = desk.poster_edition % codes.LAST_EDITION + 1
            # after a whole round an old picture would be given out for a new edition
            await db.fetch("DELETE FROM desk_poster WHERE desk_id = $1", desk.id)
        desk.poster_changed_at, desk.poster_changed_by = clock.now(), staff.id
        await desk.save()
    row = await db.fetch_one(models.ONE_DESK, desk_id)
    assert row is not None  # it was changed just now
    return row


async def _desk(desk_id: UUID, staff: SignedInStaff, *roles: Role) -> Desk:
    desk = await Desk.get_or_none(id=desk_id)
    if desk is None:
        raise NotFound()
    own = staff.departments_of(*roles)
    is_shared = desk.department_id is None and Role.GUIDE in roles  # any guide may stand there
    if own is not None and desk.department_id not in own and not is_shared:
        raise Forbidden()
    return desk
