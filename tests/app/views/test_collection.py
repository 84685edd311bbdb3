"""A collection as HTML: escaped, and everything that can be clicked says what it does."""

from __future__ import annotations

from pathlib import Path

from emotrace.app.collection.consent import VERSION, Consent, consent_text, folder_name
from emotrace.app.collection.folder import Collection
from emotrace.app.views.collection import draw_collection, draw_consent, draw_standing
from emotrace.types import Utterance

NAME = "<b>Zoë</b>"
ZOE = Consent(NAME, "Lab", "2026-11-21T12:00:00+00:00", VERSION, consent_text("Lab"))
ROOT = Path("/nowhere/at & all")
FOLDER = folder_name(NAME)
CLIP = Utterance(
    file=str(ROOT / "people" / FOLDER / "a.flac"),
    emotion="anger",
    speaker=f"contributed:{FOLDER}",
    corpus="contributed",
    text='<script>"x"',
    split="train",
)


def test_everything_is_escaped():
    drawn = draw_collection(Collection(ROOT), {FOLDER: ZOE}, [CLIP], "default")
    assert "<b>Zo" not in drawn
    assert "<script>" not in drawn
    assert "&lt;script&gt;&quot;x&quot;" in drawn
    assert 'data-folder="/nowhere/at &amp; all"' in drawn


def test_deleting_names_what_goes():
    drawn = draw_collection(Collection(ROOT), {FOLDER: ZOE}, [CLIP], "default")
    assert "Delete 1 clip and the agreement of &lt;b&gt;Zoë&lt;/b&gt;?" in drawn
    assert f'data-erase="{FOLDER}"' in drawn
    assert 'aria-label="Delete this clip: anger"' in drawn
    assert "emotrace train &#x27;/nowhere/at &amp; all/retrain.toml&#x27;" in drawn


def test_somebody_without_a_readable_agreement_can_be_deleted():
    drawn = draw_collection(Collection(ROOT), {"bo-123456": None}, [], "default")
    assert "the agreement is missing or damaged" in drawn
    assert 'data-erase="bo-123456"' in drawn


def test_nobody_yet():
    assert "It will be made when somebody agrees." in draw_collection(Collection(ROOT), {}, [], "default")


def test_the_agreement_and_where_it_stands():
    assert "<b>Who collects them:</b> &lt;i&gt;." in draw_consent(consent_text("<i>"))
    assert "Nobody has agreed yet." in draw_standing(None, "")
    assert "Bo has not agreed yet." in draw_standing(None, "Bo")
    assert "agreed (2026-11-21, version 1)." in draw_standing(ZOE, NAME)
