"""Which pictures a practitioner may have. Pure."""

from server.errors import Malformed, wrong_field
from server.pictures import Image, picture_in

LEAST_SIDE, MOST_SIDE = 64, 4096
MEDIA_TYPES = {"jpg": "image/jpeg", "png": "image/png", "webp": "image/webp"}


def image_of(content: bytes, media_type: str) -> Image:
    """Read what a picture is from its own bytes.

    media_type: what its sender calls it. Raises: Malformed when it is none, another one, too small or too large.
    """
    found = picture_in(content)
    if found is None or MEDIA_TYPES.get(found.suffix) != media_type:
        raise not_an_image()
    if not all(LEAST_SIDE <= side <= MOST_SIDE for side in (found.width, found.height)):
        raise wrong_field("/photo", "wrong_size", f"sides of {LEAST_SIDE} to {MOST_SIDE} pixels")
    return found


def not_an_image() -> Malformed:
    """Make the refusal of a body that is no picture."""
    return wrong_field("/photo", "not_an_image", "a JPEG, PNG or WebP picture")
