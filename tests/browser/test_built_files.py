"""What is handed out: the mini-program package, the phone's pages, the console. No page opens; the files are read."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.miniprogram import API_ORIGIN
from tests.browser.requirement import not_here

CLIENTS = Path(__file__).resolve().parents[2] / "clients"
PACKAGE = CLIENTS / "miniapp" / "dist" / "build" / "mp-weixin"
PHONE = CLIENTS / "miniapp" / "dist" / "build" / "h5"
CONSOLE = CLIENTS / "console" / "dist"
MOST_BYTES = 1_500_000  # WeChat takes 2 MB for the main package; the rest is room for the next pages

# `https://` alone is found as well: a host that is put together while the program runs is a hidden one.
ADDRESS = re.compile(r"(?:https?|wss?)://[^\s\"'`()<>\[\],;\\]*")
WITHOUT_SCHEME = re.compile(r"[\"'`(]//[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}\b")
# What a mini-program may not do. `getMaskFunction(` and the like are names, not the function's maker.
CODE_FROM_TEXT = re.compile(r"(?<![\w$.])(?:new\s+Function\b|eval\s*\(|Function\s*\()")

NAMESPACES = {
    "http://www.w3.org/2000/svg",
    "http://www.w3.org/1999/xlink",
    "http://www.w3.org/1998/Math/MathML",
}
# Words in errors and warnings; nothing follows these links.
VUE_TELLS = re.compile(r"https://vuejs\.org/error-reference/#runtime-\$\{\w+\}?")
UNI_TELLS = {"https://uniapp.dcloud.net.cn/tutorial/run/mp-log.html"}
KIT_TELLS = {
    "https://element-plus.org/en-US/component/button.html#button-attributes",
    "https://element-plus.org/en-US/component/dialog.html#slots",
}
# Where the code reader would look for its WebAssembly; pages/desk/camera/eye.ts gives it our own instead.
READER = re.compile(r"https://fastly\.jsdelivr\.net/npm/zxing-wasm@[\d.]+/dist/\$\{\w+$")


@pytest.fixture
def package(miniprogram_page: Path) -> Path:
    """The mini-program as it would be uploaded."""
    return _built(PACKAGE)


def test_the_package_is_small(package):
    sizes = {file: file.stat().st_size for file in _files(package)}
    largest = sorted(sizes, key=lambda file: -sizes[file])[:5]
    assert sum(sizes.values()) <= MOST_BYTES, [f"{file.name}: {sizes[file]}" for file in largest]


def test_the_package_names_no_host_but_the_api(package):
    assert addresses_in(package) - NAMESPACES - UNI_TELLS == {API_ORIGIN}


def test_the_package_makes_no_code_from_text(package):
    found = [
        f"{file.relative_to(package)}: …{text[max(0, hit.start() - 40) : hit.end() + 40]}…"
        for file, text in _texts(package)
        for hit in CODE_FROM_TEXT.finditer(text)
        if file.suffix in (".js", ".wxs")
    ]
    assert found == []


def test_the_package_has_every_page_and_loads_it_when_it_is_needed(package):
    app = json.loads((package / "app.json").read_text(encoding="utf-8"))
    declared = json.loads((CLIENTS / "miniapp" / "src" / "pages.json").read_text(encoding="utf-8"))
    pages = [page["path"] for page in declared["pages"]]
    assert app["pages"] == pages
    assert app["lazyCodeLoading"] == "requiredComponents"
    kinds = (".js", ".json", ".wxml")
    assert [f"{page}{kind}" for page in pages for kind in kinds if not (package / f"{page}{kind}").is_file()] == []
    icons = [tab[name] for tab in app["tabBar"]["list"] for name in ("iconPath", "selectedIconPath")]
    assert [icon for icon in icons if not (package / icon).is_file()] == []


def test_the_phones_pages_name_no_host(pages):
    assert addresses_in(_built(PHONE)) - NAMESPACES == set()


def test_the_console_names_no_host(pages):
    foreign = addresses_in(_built(CONSOLE)) - NAMESPACES - KIT_TELLS
    assert {address for address in foreign if not READER.fullmatch(address)} == set()


def test_a_host_is_found_however_it_is_written(tmp_path):
    (tmp_path / "a.js").write_text(
        r'fetch("https:\/\/one.example/x");open("https://" + host);new WebSocket("wss://two")'
    )
    (tmp_path / "b.css").write_text("@import '//three.example/a.css'; a { background: url(//four.example/b.png) }")
    (tmp_path / "c.js").write_text('link = "https://vuejs.org/error-reference/#runtime-${n}" // five.example')
    assert addresses_in(tmp_path) == {
        "https://one.example/x",
        "https://",
        "wss://two",
        "//three.example",
        "//four.example",
    }


def addresses_in(folder: Path) -> set[str]:
    """Collect the addresses that the files of a folder name, but for Vue's links to its explanations."""
    found: set[str] = set()
    for _, text in _texts(folder):
        written = text.replace("\\/", "/")
        found.update(hit for hit in ADDRESS.findall(written) if not VUE_TELLS.fullmatch(hit))
        found.update(hit[hit.index("//") :] for hit in WITHOUT_SCHEME.findall(written))
    return found


def _texts(folder: Path) -> Iterator[tuple[Path, str]]:
    for file in _files(folder):
        if file.suffix != ".gz":  # the same again, packed
            yield file, file.read_bytes().decode("utf-8", errors="replace")


def _files(folder: Path) -> list[Path]:
    return [file for file in folder.rglob("*") if file.is_file() and file.name != ".stamp"]


def _built(folder: Path) -> Path:
    if not folder.is_dir():
        not_here(f"{folder.relative_to(CLIENTS.parent)} is not built")
    return folder
