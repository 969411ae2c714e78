"""The page behind `/docs`: the API's description as plain HTML, with no script and no foreign request."""

from html import escape
from typing import Any

_STYLE = """
:root{color-scheme:light dark;background:Canvas}
body{font:16px/1.55 system-ui,"Noto Sans CJK SC",sans-serif;max-width:64rem;margin:2rem auto;padding:0 1rem}
h2{margin-top:2.5rem;border-bottom:2px solid #0f766e;padding-bottom:.2rem}
details{border:1px solid #8885;border-radius:.5rem;margin:.5rem 0;padding:.4rem .8rem}
summary{cursor:pointer}
b.m{display:inline-block;min-width:4.5rem;color:light-dark(#0f766e,#2dd4bf)}
code{font:14px/1.45 ui-monospace,monospace}
table{border-collapse:collapse}
td{padding:.15rem .8rem .15rem 0;vertical-align:top}
"""


def render(document: dict[str, Any]) -> str:
    """Make the page from the OpenAPI document."""
    by_tag: dict[str, list[str]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            by_tag.setdefault(operation["tags"][0], []).append(_operation(method, path, operation))
    body = "".join(f"<h2>{escape(tag)}</h2>{''.join(items)}" for tag, items in sorted(by_tag.items()))
    schemas = "".join(
        f"<details id='{escape(name)}'><summary><code>{escape(name)}</code></summary>{_schema(schema)}</details>"
        for name, schema in sorted(document["components"]["schemas"].items())
    )
    title = escape(document["info"]["title"])
    return (
        f"<!doctype html><html lang='en'><meta charset='utf-8'><meta name='viewport' content='width=device-width'>"
        f"<title>{title}</title><link rel='icon' href='data:,'><style>{_STYLE}</style><h1>{title}</h1>"
        f"<p>Version {escape(document['info']['version'])} · <a href='/openapi.json'>openapi.json</a></p>"
        f"{body}<h2>Schemas</h2>{schemas}</html>"
    )


def _operation(method: str, path: str, operation: dict[str, Any]) -> str:
    rows = "".join(
        f"<tr><td><code>{escape(p['name'])}</code></td><td>{p['in']}{' · required' if p['required'] else ''}</td></tr>"
        for p in operation["parameters"]
    )
    answers = "".join(
        f"<tr><td>{status}</td><td>{escape(answer['description'])}</td>"
        f"<td>{_links(answer.get('content', {}))}</td></tr>"
        for status, answer in operation["responses"].items()
    )
    body = operation.get("requestBody")
    who = ", ".join(name for item in operation.get("security", []) for name in item) or "open"
    return (
        f"<details><summary><b class='m'>{method.upper()}</b> <code>{escape(path)}</code> — "
        f"{escape(operation.get('summary', ''))} <small>({who})</small></summary>"
        f"<table>{rows}</table>{'<p>Body: ' + _links(body['content']) + '</p>' if body else ''}"
        f"<table>{answers}</table></details>"
    )


def _links(content: dict[str, Any]) -> str:
    names = [item.get("schema", {}).get("$ref", "").rsplit("/", 1)[-1] or kind for kind, item in content.items()]
    return ", ".join(f"<a href='#{escape(name)}'><code>{escape(name)}</code></a>" for name in names)


def _schema(schema: dict[str, Any]) -> str:
    required = schema.get("required", [])
    rows = "".join(
        f"<tr><td><code>{escape(name)}</code>{' *' if name in required else ''}</td>"
        f"<td>{escape(_kind(value))}</td></tr>"
        for name, value in schema.get("properties", {}).items()
    )
    return f"<p>{escape(schema.get('description', ''))}</p><table>{rows}</table>"


def _kind(value: dict[str, Any]) -> str:
    if "$ref" in value:
        return value["$ref"].rsplit("/", 1)[-1]
    if "anyOf" in value:
        return " or ".join(_kind(item) for item in value["anyOf"])
    if "enum" in value:
        return " · ".join(map(str, value["enum"]))
    if value.get("type") == "array":
        return f"list of {_kind(value.get('items', {}))}"
    return str(value.get("format") or value.get("type") or "any")
