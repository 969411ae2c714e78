"""The built clients as pages: what is served where, how it is kept by browsers, and what a page may load."""

import base64
import gzip
import hashlib
import re
from pathlib import Path
from uuid import UUID

import pytest
from yarl import URL

from server.pages import Pages

SCRIPT = "document.documentElement.lang = 'zh-CN'"
BUNDLE = b"export const a = 1\n" * 200

SOMEWHERE = UUID("01a20286-3124-727c-b77b-196f788b12cd")  # the same in every process that runs these tests


@pytest.fixture
def phone(tmp_path) -> Path:
    """Where the phone's build lies."""
    folder = tmp_path / "miniapp" / "dist" / "build" / "h5"
    (folder / "assets").mkdir(parents=True)
    (folder / "static").mkdir()
    (folder / "index.html").write_text(f"<title>phone</title><script>{SCRIPT}</script><script src='a.js'></script>")
    (folder / "assets" / "index-Bx3_9aQz.js").write_bytes(BUNDLE)
    (folder / "assets" / "index-Bx3_9aQz.js.gz").write_bytes(gzip.compress(BUNDLE))
    (folder / "static" / "home.png").write_bytes(b"\x89PNG")
    (folder / ".stamp").write_text("secret")
    (tmp_path / "miniapp" / "package.json").write_text("{}")
    return folder


@pytest.fixture
def console(tmp_path) -> Path:
    """Where the console's build lies."""
    folder = tmp_path / "console" / "dist"
    (folder / "assets").mkdir(parents=True)
    for name in ("index", "board", "start"):
        (folder / f"{name}.html").write_text(f"<title>{name}</title>")
    for name in ("scan-12345678.wasm", "barlow-abcdefgh.woff2", "main-12345678.css", "logo-12345678.svg"):
        (folder / "assets" / name).write_bytes(b"x")
    (folder / "site.webmanifest").write_text("{}")
    return folder


@pytest.fixture
async def get(hospital, tmp_path):
    """Ask for a path as a browser does; redirects are not followed."""
    before, hospital.app.ctx.pages = hospital.app.ctx.pages, Pages(tmp_path)

    async def ask(path: str, method: str = "GET", **headers: str):
        url = URL(hospital.base + path, encoded=True)
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        async with hospital.http.request(
            method, url, headers={"Accept-Encoding": "identity", **sent}, allow_redirects=False
        ) as answer:
            return answer, await answer.read()

    yield ask
    hospital.app.ctx.pages = before


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("/", "start"),
        (f"/board/{SOMEWHERE}", "board"),
        ("/console/", "index"),
        ("/console/desk", "index"),
        (f"/console/rooms/{SOMEWHERE}", "index"),
        ("/console/start.html", "start"),
        ("/m/", "phone"),
        ("/m/index.html", "phone"),
    ],
)
async def test_every_screen_has_its_page(get, phone, console, path, title):
    answer, body = await get(path)
    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert f"<title>{title}</title>" in body.decode()
    assert answer.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("path", ["/m", "/console"])
async def test_a_folder_without_its_slash_leads_to_it(get, phone, console, path):
    answer, _ = await get(path)
    assert (answer.status, answer.headers["Location"]) == (302, path + "/")


@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        ("/m/assets/index-Bx3_9aQz.js", "text/javascript; charset=utf-8"),
        ("/m/static/home.png", "image/png"),
        ("/console/assets/scan-12345678.wasm", "application/wasm"),
        ("/console/assets/barlow-abcdefgh.woff2", "font/woff2"),
        ("/console/assets/main-12345678.css", "text/css; charset=utf-8"),
        ("/console/assets/logo-12345678.svg", "image/svg+xml"),
        ("/console/site.webmanifest", "application/manifest+json"),
    ],
)
async def test_a_file_has_its_type_and_is_kept_as_long_as_its_name_promises(get, phone, console, path, content_type):
    answer, _ = await get(path)
    assert (answer.status, answer.headers["Content-Type"]) == (200, content_type)
    kept = "public, max-age=31536000, immutable" if "/assets/" in path else "no-cache"
    assert answer.headers["Cache-Control"] == kept
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_a_browser_that_takes_gzip_gets_what_was_packed(get, phone):
    path = "/m/assets/index-Bx3_9aQz.js"
    plain, body = await get(path)
    packed, same = await get(path, Accept_Encoding="br, gzip")
    refused, _ = await get(path, Accept_Encoding="gzip;q=0, identity")
    assert body == same == BUNDLE
    assert packed.headers["Content-Encoding"] == "gzip"
    assert int(packed.headers["Content-Length"]) < len(BUNDLE) / 5
    assert plain.headers["Vary"] == packed.headers["Vary"] == "Accept-Encoding"
    assert "Content-Encoding" not in plain.headers
    assert "Content-Encoding" not in refused.headers
    assert plain.headers["ETag"] != packed.headers["ETag"]


@pytest.mark.parametrize("coding", ["identity", "gzip"])
async def test_what_a_browser_has_is_not_sent_again(get, phone, coding):
    for path in ("/m/", "/m/assets/index-Bx3_9aQz.js"):
        tag = (await get(path, Accept_Encoding=coding))[0].headers["ETag"]
        answer, body = await get(path, Accept_Encoding=coding, If_None_Match=f'"other", W/{tag}')
        assert (answer.status, body, answer.headers["ETag"]) == (304, b"", tag)
        assert (await get(path, Accept_Encoding=coding, If_None_Match='"other"'))[0].status == 200


async def test_head_tells_the_length_and_sends_nothing(get, phone):
    answer, body = await get("/m/static/home.png", "HEAD")
    assert (answer.status, answer.headers["Content-Length"], body) == (200, "4", b"")


@pytest.mark.parametrize(
    "path",
    [
        "/m/assets/index-00000000.js",
        "/m/nothing",
        "/m/assets",
        "/m/assets/",
        "/m/.stamp",
        "/m/assets/index-Bx3_9aQz.js.gz",
        "/m/../../../package.json",
        "/m/%2e%2e/%2e%2e/%2e%2e/package.json",
        "/m/..%2f..%2f..%2fpackage.json",
        "/m/%2fetc/passwd",
        "/console/assets/",
        "/console/assets/gone-12345678.js",
        "/console/%2e%2e/package.json",
        "/board/nobody",
        "/nothing",
    ],
)
async def test_what_was_not_built_is_not_there(get, phone, console, path):
    answer, body = await get(path)
    assert (answer.status, answer.headers["Content-Type"]) == (404, "application/problem+json"), body


async def test_a_page_loads_nothing_from_elsewhere_and_runs_only_the_scripts_that_were_built(get, phone, console):
    policies = []
    for path in ("/m/", "/console/"):
        answer, _ = await get(path)
        assert answer.headers["Referrer-Policy"] == "same-origin"
        policies.append(dict(part.split(" ", 1) for part in answer.headers["Content-Security-Policy"].split("; ")))
    digest = base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()
    assert policies[0]["script-src"] == f"'self' 'sha256-{digest}'"
    assert policies[1]["script-src"] == "'self' 'wasm-unsafe-eval'"
    for policy in policies:
        assert (policy["default-src"], policy["connect-src"], policy["frame-ancestors"]) == (
            "'self'",
            "'self'",
            "'none'",
        )
        assert not re.search(r"https?:|\*", " ".join(policy.values()))


@pytest.mark.parametrize("path", ["/", "/m/", "/m/assets/index-Bx3_9aQz.js", "/console/desk", f"/board/{SOMEWHERE}"])
async def test_without_a_build_a_person_is_told_what_to_do(get, path):
    answer, body = await get(path)
    assert (answer.status, answer.headers["Content-Type"]) == (503, "text/html; charset=utf-8")
    assert "make clients" in body.decode()


async def test_a_new_build_is_served_at_once_and_the_old_one_until_then(get, console, tmp_path):
    assert "start" in (await get("/"))[1].decode()
    console.rename(tmp_path / "old")
    assert "start" in (await get("/"))[1].decode()
    console.mkdir()
    (console / "start.html").write_text("<title>newer</title>")
    (console / "index.html").write_text("<title>newer</title>")
    assert "newer" in (await get("/"))[1].decode()
