"""Pictures of practitioners: kept in a folder of the installation under the hash of their content."""

import asyncio
import hashlib
import re
import time
from pathlib import Path
from uuid import UUID

from miniapp_api.administration import models
from miniapp_api.administration.actions import Row, need_keeper, read
from miniapp_api.administration.images import MEDIA_TYPES, image_of
from miniapp_api.administration.models import PRACTITIONER
from miniapp_api.administration.notes import Author, only, write_change
from server import db
from server.accounts import SignedInStaff
from server.errors import NotFound, SomeoneWasFaster

LARGEST = 2 * 1024 * 1024
ADDRESS = "/api/v1/photos/"
NAME = re.compile(r"[0-9a-f]{32}\.(jpg|png|webp)")
KEPT_SECONDS = 3600  # a picture that nobody has: one may be on its way into the database


def folder_of(data_dir: str) -> Path:
    """Give the folder of the pictures."""
    return Path(data_dir) / "photos"


async def put(
    staff: SignedInStaff, practitioner_id: UUID, picture: tuple[bytes, str] | None, *, version: int, folder: Path
) -> Row:
    """Give a practitioner another picture, or none. picture: its bytes and media type; version: as it was seen.

    Raises: NotFound, SomeoneWasFaster, Malformed for what is no picture.
    """
    address = ""
    if picture is not None:
        content, media_type = picture
        name = f"{hashlib.sha256(content).hexdigest()[:32]}.{image_of(content, media_type).suffix}"
        await asyncio.to_thread(_keep, folder, name, content)
        address = ADDRESS + name
    async with db.transaction():
        await db.fetch(models.LOCK)
        before = await read(staff, PRACTITIONER, practitioner_id)
        need_keeper(staff, PRACTITIONER, before["home_id"])
        if not await db.fetch(PRACTITIONER.update(("photo",)), practitioner_id, version, address):
            raise SomeoneWasFaster()
        row = await read(staff, PRACTITIONER, practitioner_id)
        about = ("practitioner", practitioner_id, "changed")
        await write_change(Author(staff.id), about, only(before, ("photo",)), only(row, ("photo",)))
    return row


async def content_of(name: str, folder: Path) -> tuple[bytes, str]:
    """Give a picture and its media type.

    Raises: NotFound.
    """
    if not NAME.fullmatch(name):
        raise NotFound()
    try:
        content = await asyncio.to_thread((folder / name).read_bytes)
    except FileNotFoundError:
        raise NotFound() from None
    return content, MEDIA_TYPES[name.rpartition(".")[2]]


async def sweep(folder: Path) -> int:
    """Remove the pictures that no practitioner has any more; give how many. Doing it twice is doing it once."""
    rows = await db.fetch("SELECT photo FROM practitioner WHERE photo LIKE $1 || '%'", ADDRESS)
    return await asyncio.to_thread(_remove_others, folder, {row["photo"].removeprefix(ADDRESS) for row in rows})


def _keep(folder: Path, name: str, content: bytes) -> None:
    """Write a picture whole: a server that dies in between leaves no half of it under its name."""
    folder.mkdir(parents=True, exist_ok=True)
    beside = folder / f"{name}.{time.monotonic_ns()}.part"
    beside.write_bytes(content)
    beside.replace(folder / name)  # also when it is there: it is fresh again, and the sweep leaves it


def _remove_others(folder: Path, known: set[str]) -> int:
    count = 0
    for path in folder.glob("*.*") if folder.is_dir() else ():
        # the age of a file is the machine's, whatever the hospital's clock says
        if path.name not in known and time.time() - path.stat().st_mtime > KEPT_SECONDS:
            path.unlink(missing_ok=True)
            count += 1
    return count
