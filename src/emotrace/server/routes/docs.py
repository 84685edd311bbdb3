"""``/docs``: the OpenAPI document as one plain page, made here and without scripts.

The usual page loads its scripts from elsewhere, and they could then ask this server for anything: a server that
keeps recordings to itself should not bring strangers to its own address.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from html import escape
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

router = APIRouter()

_STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 56rem; margin: 2rem auto; padding: 0 1rem; }
h2 { margin-top: 2.5rem; border-top: 1px solid #8886; padding-top: 1.5rem; }
h2 code { font-size: 1.1rem; }
.method { font-weight: 700; color: #cc3311; margin-right: .4rem; }
pre { background: #8882; padding: .75rem; border-radius: 4px; overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .3rem .6rem .3rem 0; border-bottom: 1px solid #8884; }
summary { cursor: pointer; }
"""
_HEADERS = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"}


@router.get("/", include_in_schema=False)
@router.get("/docs", include_in_schema=False)
async def docs(request: Request) -> HTMLResponse:
    """Show what can be asked for."""
    return HTMLResponse("".join(_page(request.app.openapi(), str(request.base_url))), headers=_HEADERS)


def _page(document: dict[str, Any], base_url: str) -> Iterator[str]:
    info = document["info"]
    title = escape(f"{info['title']} {info['version']}")
    yield '<!doctype html><html lang="en"><head><meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width"><title>'
    yield f"{title}</title><style>{_STYLE}</style></head><body><h1>{title}</h1>"
    yield from _paragraphs(info["description"])
    yield '<p>For programs: <a href="openapi.json">OpenAPI</a>, <a href="asyncapi.json">AsyncAPI</a>.</p>'
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            yield from _operation(method, path, operation, base_url)
    yield "</body></html>"


def _operation(method: str, path: str, operation: dict[str, Any], base_url: str) -> Iterator[str]:
    yield f'<h2><code><span class="method">{method.upper()}</span>{escape(path)}</code><br>'
    yield f"{escape(operation.get('summary', ''))}</h2>"
    yield from _paragraphs(operation.get("description", "").replace("http://127.0.0.1:8765/", base_url))
    if operation.get("parameters"):
        yield "<table><tr><th>In the query<th>Meaning<th>For instance"
        for each in operation["parameters"]:
            example = _first_example(each)
            yield f"<tr><td><code>{escape(each['name'])}</code><td>{_inline(each.get('description', ''))}"
            yield f"<td><code>{escape(str(example))}</code>" if example is not None else "<td>"
        yield "</table>"
    for status, response in operation["responses"].items():
        yield from _response(status, response)


def _response(status: str, response: dict[str, Any]) -> Iterator[str]:
    content = response.get("content", {})
    kinds = ", ".join(f"<code>{escape(kind)}</code>" for kind in content)
    yield f"<details><summary><b>{escape(status)}</b> {escape(response['description'])}</summary><p>{kinds}</p>"
    for body in content.values():
        if "example" in body:
            yield f"<pre>{escape(json.dumps(body['example'], indent=1, ensure_ascii=False))}</pre>"
    yield "</details>"


def _first_example(parameter: dict[str, Any]) -> Any:
    examples = parameter.get("examples") or parameter.get("schema", {}).get("examples") or [None]
    return next(iter(examples.values())) if isinstance(examples, dict) else examples[0]


def _paragraphs(text: str) -> Iterator[str]:
    for paragraph in text.strip().split("\n\n"):
        lone = paragraph.startswith("`") and paragraph.endswith("`") and paragraph.count("`") == 2
        yield f"<pre>{escape(paragraph[1:-1])}</pre>" if lone else f"<p>{_inline(paragraph)}</p>"


def _inline(text: str) -> str:
    """Give text with the parts between backticks as code."""
    parts = text.split("`")
    return "".join(f"<code>{escape(p)}</code>" if number % 2 else escape(p) for number, p in enumerate(parts))
