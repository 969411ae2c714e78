"""Looks of this feature at the database and the folder of pictures."""

from miniapp_api.administration import photos
from server.runtime import runtime


async def sweep_photos() -> None:
    """Remove the pictures that no practitioner has any more."""
    await photos.sweep(photos.folder_of(runtime().settings.data_dir))
