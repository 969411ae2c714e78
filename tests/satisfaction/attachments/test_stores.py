"""The two stores keep one promise; the signature of S3 is the one that its vendor publishes."""

import hashlib
import os
import time
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from infra.simulator import s3
from satisfaction.attachments.signing import Asked, Keys, signed_headers
from satisfaction.attachments.stores import FolderStore, S3Store
from satisfaction.errors import StoreAway
from server.config import NOWHERE, load
from server.environ import Secret, WrongSetting
from server.errors import NotFound
from server.file_store import FileStore, Kind, store_half_set_up

KEY, OTHER = "ab/01a20402-fb82-706b-a3c7-92633bfc3fab", "cd/01a20402-fb82-706b-a3c7-92633bfc3fcd"


def bucket(hospital) -> FileStore:
    return FileStore(
        kind=Kind.S3,
        endpoint=f"{hospital.simulator}/s3",
        region=s3.REGION,
        bucket=s3.BUCKET,
        key_id=s3.KEY_ID,
        key_secret=Secret(s3.KEY_SECRET),
        timeout_seconds=5,
    )


@pytest.fixture(params=["folder", "s3"])
async def store(request, hospital, tmp_path):
    kept = (
        FolderStore(tmp_path / "attachments") if request.param == "folder" else S3Store(bucket(hospital), hospital.http)
    )
    for key in await kept.older_than(-10):
        await kept.delete(key)
    return kept


async def test_what_is_kept_is_given_again_until_it_is_removed(store):
    content = os.urandom(300_000)
    await store.put(KEY, content)
    await store.put(OTHER, b"other")
    assert await store.get(KEY) == content
    await store.put(KEY, b"anew")
    assert await store.get(KEY) == b"anew"
    await store.delete(KEY)
    await store.delete(KEY)
    with pytest.raises(NotFound):
        await store.get(KEY)
    assert await store.get(OTHER) == b"other"


async def test_only_what_is_old_enough_is_listed(store):
    await store.put(KEY, b"1")
    await store.put(OTHER, b"2")
    assert await store.older_than(-10) == [KEY, OTHER]
    assert await store.older_than(3600) == []


@pytest.mark.parametrize("key", ["../../etc/passwd", "ab/../../x", "/etc/passwd", "", "ab", KEY + "/x"])
async def test_a_key_names_nothing_outside(store, key):
    with pytest.raises(NotFound):
        await store.get(key)
    with pytest.raises(NotFound):
        await store.put(key, b"x")


async def test_half_a_write_is_no_file(tmp_path):
    kept = FolderStore(tmp_path)
    (tmp_path / "ab").mkdir()
    half = tmp_path / "ab" / f"{KEY[3:]}.1.part"
    half.write_bytes(b"ha")
    os.utime(half, (time.time() - 9999,) * 2)
    assert await kept.older_than(3600) == []
    assert not half.exists()


async def test_a_long_list_comes_page_by_page(hospital, monkeypatch):
    monkeypatch.setattr(s3, "PAGE", 2)
    kept = S3Store(bucket(hospital), hospital.http)
    keys = [f"{n:02x}/01a20402-fb82-706b-a3c7-92633bfc3f{n:02x}" for n in range(5)]
    for key in keys:
        await kept.put(key, b"x")
    found = await kept.older_than(-10)
    assert [key for key in found if key in keys] == keys
    for key in keys:
        await kept.delete(key)


@pytest.mark.parametrize(
    "wrong",
    [{"key_secret": Secret("guessed")}, {"key_id": "nobody"}, {"region": "elsewhere"}, {"bucket": "others"}],
    ids=["secret", "id", "region", "bucket"],
)
async def test_a_store_that_does_not_know_us_is_away(hospital, wrong):
    kept = S3Store(replace(bucket(hospital), **wrong), hospital.http)
    with pytest.raises(StoreAway):
        await kept.put(KEY, b"x")


async def test_a_store_that_is_not_there_is_away(hospital, tmp_path):
    away = S3Store(replace(bucket(hospital), endpoint="http://127.0.0.1:9"), hospital.http)
    with pytest.raises(StoreAway):
        await away.get(KEY)
    (tmp_path / "full").write_bytes(b"")
    with pytest.raises(StoreAway):
        await FolderStore(tmp_path / "full").put(KEY, b"x")


# ---- the vendor's published examples: "Examples: Signature Calculations", Amazon S3 API reference -------------------

EXAMPLES = Keys("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "us-east-1")
HOST = "examplebucket.s3.amazonaws.com"
AT = datetime(2013, 5, 24, tzinfo=UTC)
PUBLISHED = {
    "get": (
        Asked("GET", HOST, "/test.txt", headers={"Range": "bytes=0-9"}),
        "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
    ),
    "put": (
        Asked(
            "PUT",
            HOST,
            "/test$file.text",
            headers={"Date": "Fri, 24 May 2013 00:00:00 GMT", "x-amz-storage-class": "REDUCED_REDUNDANCY"},
            body_hash=hashlib.sha256(b"Welcome to Amazon S3.").hexdigest(),
        ),
        "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
    ),
    "lifecycle": (
        Asked("GET", HOST, "/", {"lifecycle": ""}),
        "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
    ),
    "list": (
        Asked("GET", HOST, "/", {"prefix": "J", "max-keys": "2"}),
        "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
    ),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_signature_is_the_published_one(name):
    asked, signature = PUBLISHED[name]
    assert signed_headers(asked, EXAMPLES, at=AT)["authorization"].endswith(f"Signature={signature}")


# ---- settings -------------------------------------------------------------------------------------------------------


def test_the_settings_choose_the_store_and_say_what_is_missing():
    assert load(NOWHERE).file_store.kind is Kind.FOLDER
    assert store_half_set_up(load(NOWHERE).file_store) == []
    half = load(
        {**NOWHERE, "ATTACHMENTS_STORE": "s3", "S3_ENDPOINT": "https://s3.example", "S3_KEY_SECRET": "secret-1"}
    )
    assert "secret-1" not in repr(half.file_store)
    assert store_half_set_up(half.file_store) == [
        "S3_BUCKET, S3_KEY_ID is empty: pictures and recordings cannot be kept"
    ]
    unused = load({**NOWHERE, "S3_BUCKET": "b"})
    assert "ATTACHMENTS_STORE is not s3" in store_half_set_up(unused.file_store)[0]
    for wrong in ({"ATTACHMENTS_STORE": "tape"}, {"S3_ENDPOINT": "s3.example"}):
        with pytest.raises(WrongSetting):
            load({**NOWHERE, **wrong})
