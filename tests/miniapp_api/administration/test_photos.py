"""Pictures of practitioners: looked at by content, kept under their hash, and removed when nobody has them."""

import io
import os
import struct

import pytest
from PIL import Image as Picture

from miniapp_api.administration import photos
from miniapp_api.administration.images import image_of
from server.errors import Malformed
from tests import props
from tests.cast import a_member_of_staff

TYPES = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}


def picture(kind: str, *, width: int = 120, height: int = 160, colour: int = 0, **how) -> bytes:
    out = io.BytesIO()
    Picture.new("RGB", (width, height), (colour, 80, 90)).save(out, kind, **how)
    return out.getvalue()


@pytest.fixture
def folder(hospital, tmp_path, monkeypatch):
    settings = hospital.app.ctx.settings
    monkeypatch.setattr(hospital.app.ctx, "settings", type("S", (), {**vars(settings), "data_dir": str(tmp_path)})())
    return photos.folder_of(str(tmp_path))


async def send(client, doctor, content: bytes, media_type: str):
    url = f"{client.site.base}/api/v1/admin/practitioners/{doctor}/photo"
    headers = {"Authorization": f"Bearer {client.token}", "Content-Type": media_type}
    async with client.site.http.post(url, data=io.BytesIO(content), headers=headers) as reply:
        return reply.status, await reply.json()


@pytest.mark.parametrize("kind", TYPES)
async def test_a_picture_is_kept_shown_and_taken_away(hospital, folder, kind):
    admin = await a_member_of_staff(hospital, "admin")
    doctor = await props.a_practitioner(await props.a_department())
    content = picture(kind)
    status, shown = await send(admin, doctor, content, TYPES[kind])
    assert (status, shown["version"]) == (200, 2)
    reply = await admin.call("GET", shown["photo"].removeprefix("/api/v1"))
    assert (reply.status, reply.raw, reply.headers["Content-Type"]) == (200, content, TYPES[kind])
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    assert "immutable" in reply.headers["Cache-Control"]
    assert (await admin.get(f"/practitioners/{doctor}"))["photo"] == shown["photo"]
    assert (await admin.call("DELETE", f"/admin/practitioners/{doctor}/photo", If_Match='"1"')).code == "stale"
    gone = await admin.call("DELETE", f"/admin/practitioners/{doctor}/photo", If_Match='"2"')
    assert gone.body["photo"] == ""
    assert (await admin.get(f"/admin/practitioners/{doctor}/history"))["items"][0]["before"] == {
        "photo": shown["photo"]
    }


async def test_the_old_picture_goes_and_the_new_one_stays(hospital, folder):
    admin = await a_member_of_staff(hospital, "admin")
    doctor = await props.a_practitioner(await props.a_department())
    for colour in (1, 2):
        await send(admin, doctor, picture("PNG", colour=colour), "image/png")
    assert await photos.sweep(folder) == 0  # fresh ones may be on their way into the database
    for path in folder.iterdir():
        os.utime(path, (1, 1))
    assert (await photos.sweep(folder), await photos.sweep(folder)) == (1, 0)
    (kept,) = folder.iterdir()
    assert (await admin.get(f"/practitioners/{doctor}"))["photo"].endswith(kept.name)


@pytest.mark.parametrize(
    ("content", "media_type", "status", "said"),
    [
        (b"<svg onload=alert(1)>", "image/svg+xml", 415, "wrong_media_type"),
        (b"<html>", "image/png", 422, "not_an_image"),
        (b"", "image/png", 422, "not_an_image"),
        (picture("PNG"), "image/jpeg", 422, "not_an_image"),
        (picture("JPEG")[:40], "image/jpeg", 422, "not_an_image"),
        (picture("PNG", width=10), "image/png", 422, "wrong_size"),
        (picture("PNG", width=5000), "image/png", 422, "wrong_size"),
        (b"\x89PNG\r\n\x1a\n" + bytes(photos.LARGEST), "image/png", 413, "too_large"),
    ],
)
async def test_what_is_no_picture_is_refused(hospital, folder, content, media_type, status, said):
    admin = await a_member_of_staff(hospital, "admin")
    doctor = await props.a_practitioner(await props.a_department())
    got, body = await send(admin, doctor, content, media_type)
    assert got == status
    assert said in (body["code"], *(one["code"] for one in body.get("errors", ())))
    assert not folder.exists()


@pytest.mark.parametrize("name", ["..%2F..%2Fetc%2Fpasswd", "a.png", "0" * 32 + ".png", "0" * 32 + ".svg"])
async def test_a_name_means_nothing_but_a_picture(hospital, folder, name):
    admin = await a_member_of_staff(hospital, "admin")
    assert (await admin.call("GET", f"/photos/{name}")).status == 404


async def test_a_department_keeps_to_its_own_people(hospital, folder):
    mine, other = await props.a_department(), await props.a_department()
    person = await a_member_of_staff(hospital, "admin", department_id=mine)
    assert (await send(person, await props.a_practitioner(other), picture("PNG"), "image/png"))[0] == 404
    assert (await send(person, await props.a_practitioner(mine), picture("PNG"), "image/png"))[0] == 200


@pytest.mark.parametrize(
    ("kind", "how"),
    [("JPEG", {"progressive": True}), ("WEBP", {"lossless": True}), ("WEBP", {"exif": b"Exif\x00\x00x"}), ("PNG", {})],
)
def test_every_form_of_a_picture_tells_its_size(kind, how):
    found = image_of(picture(kind, **how), TYPES[kind])
    assert (found.width, found.height) == (120, 160)


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("length", [0, 2, 11, 15, 20, 25, 29])
def test_a_beginning_alone_is_no_picture(kind, length):
    with pytest.raises(Malformed):
        image_of(picture(kind)[:length], TYPES[kind])


def test_a_length_that_lies_ends():
    with pytest.raises(Malformed):
        image_of(b"\xff\xd8\xff\xe0" + struct.pack(">H", 65535) + b"\xff\xd9", "image/jpeg")
    with pytest.raises(Malformed):
        image_of(b"\xff\xd8\xff\xe0" + struct.pack(">H", 0) * 3 + b"\xff\xd9", "image/jpeg")
