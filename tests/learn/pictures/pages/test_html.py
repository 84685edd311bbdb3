"""Markup cannot be broken out of, and a page lets nothing in and nothing out."""

from __future__ import annotations

import base64
import hashlib
import io
import re

from hypothesis import given
from hypothesis import strategies as st

from emotrace.learn.pictures._sound import Sound
from emotrace.learn.pictures.pages._parts import Sounds, emotion, plate, tabs
from emotrace.learn.pictures.pages._shell import write_page
from emotrace.markup import Html, element, escape


@given(st.text())
def test_text_never_becomes_markup(text: str) -> None:
    shown = element("p", text, title=text)
    assert shown.isascii()
    assert shown.count("<") == 2
    assert shown.count('"') == 2
    assert escape(text) in shown


def page(body: str = "", **options: bool) -> str:
    stream = io.StringIO()
    write_page(stream, "a <title>", ["anger", "ennui"], [Html(body)], **options)
    return stream.getvalue()


def test_the_policy_names_the_very_style_and_script() -> None:
    text = page("<p>x</p>")
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]+)"', text)
    for tag in ("style", "script"):
        (content,) = re.findall(f"<{tag}>(.*?)</{tag}>", text, flags=re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{tag}-src &#x27;sha256-{digest}&#x27;" in policy
    assert policy.startswith("default-src &#x27;none&#x27;; ")
    assert "media-src data:;" in policy
    assert "<title>a &lt;title&gt;</title>" in text
    assert text.isascii()


def test_recordings_beside_the_page_are_allowed_only_where_there_are_any() -> None:
    assert "media-src data: file: &#x27;self&#x27;;" in page(links_sounds=True)


def test_labels_have_colours_even_unknown_ones() -> None:
    assert ".e0{--fill:#cc3311}\n.e1{--fill:#" in page()
    assert 'class="swatch e1"' in emotion("ennui", ["anger", "ennui"])
    assert 'class="swatch e-none"' in emotion("awe", ["anger"])


def test_a_sound_is_held_once_however_often_it_is_played() -> None:
    sounds = Sounds()
    sound = Sound(b"abc", "audio/mpeg")
    first, second = (sounds.button("x", sound, words) for words in ("one", "two"))
    other = sounds.linked_button("y", './a"b.wav', "three")
    held = sounds.elements()
    assert held.count("<audio") == 2
    assert held.count("data:audio/mpeg;base64,YWJj") == 1
    assert 'src="./a&quot;b.wav"' in held
    assert [re.findall(r'data-sound="([^"]+)"', b)[0] for b in (first, second, other)] == [
        "sound-0", "sound-0", "sound-1",
    ]  # fmt: skip


def test_pictures_are_described_and_tabs_are_labelled() -> None:
    assert 'alt="a &lt;b&gt;"' in plate(b"png", "a <b>")
    drawn = tabs("t", {"one": Html("1"), "two": Html("2")})
    assert drawn.count('role="tab"') == drawn.count('role="tabpanel"') == 2
    assert 'aria-controls="t-1"' in drawn
