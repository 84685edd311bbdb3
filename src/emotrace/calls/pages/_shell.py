"""The page around the content: head, styles, script, and a policy that lets nothing in and nothing out."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from importlib import resources
from typing import TextIO

from emotrace.markup import Html, element, escape


def write_page(stream: TextIO, title: str, styles: str, body: Iterable[str]) -> None:
    """Write a whole page.

    Parameters
    ----------
    stream
        Where to; everything written is ASCII.
    title
        Of the window.
    styles
        Rules in addition to those of ``page.css``.
    body
        Markup, written piece by piece, because the audio within may be large.
    """
    style = _asset("page.css") + styles
    script = _asset("page.js")
    stream.write('<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n')
    stream.write(f'<meta http-equiv="Content-Security-Policy" content="{escape(_policy(style, script))}">\n')
    stream.write('<meta name="viewport" content="width=device-width, initial-scale=1">\n')
    stream.write('<meta name="color-scheme" content="light dark">\n<meta name="robots" content="noindex">\n')
    stream.write('<link rel="icon" href="data:,">\n')
    stream.write(f"{element('title', title)}\n{element('style', Html(style))}\n</head>\n<body>\n")
    for piece in body:
        stream.write(piece)
    stream.write(f"{element('script', Html(script))}\n</body>\n</html>\n")


def _policy(style: str, script: str) -> str:
    """Allow this very style, this very script and audio held within; no request to anywhere."""
    return (
        f"default-src 'none'; style-src {_source(style)}; script-src {_source(script)}; media-src data:; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _source(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"


def _asset(name: str) -> str:
    # Line ends are made those that a browser hashes, however the file was checked out.
    return resources.files(__package__).joinpath("assets", name).read_text("utf-8").replace("\r\n", "\n")
