"""The end of a picture session as HTML: counted rightly, escaped, whole without anybody's help."""

from __future__ import annotations

import re

from emotrace.app.pictures.outcome import Outcome
from emotrace.app.views.picture_stage import draw_stage
from emotrace.app.views.picture_summary import draw_page, draw_summary

SAME = Outcome("A bike", "anger", 7.0, "anger", 0.62, False, {"anger": 0.62, "fear": 0.38})
OTHER = Outcome("<img src=x onerror=y>", "sadness", 7.0, "fear", 0.3, True, {"anger": 0.1, "fear": 0.9})
SILENT = Outcome("A cake", "happiness", 7.0, "no speech")
LOST = Outcome("A wet picnic", "sadness", 7.0, None, reason="all workers are busy & <more>")


def text_of(markup: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", markup).split())


def test_counts_only_what_was_said():
    drawn = text_of(draw_summary([SAME, OTHER, SILENT, LOST]))
    assert drawn.startswith(
        "1 of 2 pictures heard as expected 1 with nothing said; 1 could not be heard; "
        "1 of the answers is uncertain"
    )
    assert "expected anger heard anger 62% ✓ as expected" in drawn
    assert "heard fear 30%, uncertain ≠ otherwise" in drawn
    assert "expected happiness heard nothing said" in drawn


def test_silence_throughout_asks_for_the_microphone():
    drawn = text_of(draw_summary([SILENT, SILENT]))
    assert drawn.startswith(
        "Nothing was said Nobody was heard speaking at any picture. Is it the right microphone"
    )


def test_everything_is_escaped():
    drawn = draw_page([OTHER, LOST], "<now>")
    assert "<img src=x" not in drawn
    assert "&lt;img src=x onerror=y&gt;" in drawn
    assert "busy &amp; &lt;more&gt;" in drawn
    assert "&lt;now&gt;" in drawn


def test_every_drawing_has_its_words():
    drawn = draw_summary([SAME, SILENT])
    assert 'role="img" aria-label="Probabilities: anger 62%, fear 38%"' in drawn
    assert 'aria-label="What you said at: A cake"' in drawn
    assert drawn.count('src="picture:') == drawn.count('src="recording:') == 2


def test_the_saved_page_asks_nobody():
    page = draw_page([SAME], "2026-11-21")
    assert "default-src 'none'" in page
    assert "http://" not in page
    assert "https://" not in page
    assert "<script" not in page
    assert "--anger:#cc3311" in page


def test_the_stage_labels_what_moves():
    stage = draw_stage(8)
    assert "the 8 drawn ones" in stage
    for role in ("timer", "meter", "alert", "status"):
        assert f'role="{role}"' in stage
