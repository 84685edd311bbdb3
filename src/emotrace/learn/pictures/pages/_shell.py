"""The page around the content: head, styles, script, and a policy that lets nothing in and nothing out."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence
from importlib import resources
from typing import TextIO

from emotrace.learn.pictures._canvas import label_colours
from emotrace.markup import Html, element, escape


def write_page(
    stream: TextIO, title: str, labels: Sequence[str], body: Iterable[Html], links_sounds: bool = False
) -> None:
    """Write a whole page.

    Parameters
    ----------
    stream
        Where to; everything written is ASCII.
    title
        Of the window.
    labels
        Emotions that have a colour on it: the classes ``e0``, ``e1`` ...
    body
        Markup, written piece by piece.
    links_sounds
        Whether it may play recordings that lie beside it; everything else is within the page.
    """
    style = _asset("page.css") + colour_rules(labels)
    script = _asset("page.js")
    stream.write('<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n')
    policy = _policy(style, script, links_sounds)
    stream.write(f'<meta http-equiv="Content-Security-Policy" content="{escape(policy)}">\n')
    stream.write('<meta name="viewport" content="width=device-width, initial-scale=1">\n')
    stream.write('<meta name="color-scheme" content="light dark">\n<meta name="robots" content="noindex">\n')
    stream.write('<link rel="icon" href="data:,">\n')
    stream.write(f"{element('title', title)}\n{element('style', Html(style))}\n</head>\n<body>\n")
    for piece in body:
        stream.write(f"{piece}\n")
    stream.write(f"{element('script', Html(script))}\n</body>\n</html>\n")


def colour_rules(labels: Sequence[str]) -> str:
    """Give the classes of labels their colours.

    >>> colour_rules(["anger"])
    '.e0{--fill:#cc3311}\\n'
    """
    return "".join(f".e{n}{{--fill:{fill}}}\n" for n, fill in enumerate(label_colours(labels).values()))


def _policy(style: str, script: str, links_sounds: bool) -> str:
    media = "data: file: 'self'" if links_sounds else "data:"
    return (
        f"default-src 'none'; style-src {_source(style)}; script-src {_source(script)}; media-src {media}; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _source(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"


def _asset(name: str) -> str:
    # Line ends are made those that a browser hashes, however the file was checked out.
    return resources.files(__package__).joinpath("assets", name).read_text("utf-8").replace("\r\n", "\n")
