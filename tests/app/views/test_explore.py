"""Explore as HTML: counted rightly, escaped, readable without eyes."""

from __future__ import annotations

import html
import re

import numpy as np

from emotrace.app.exploring.look import look_at_signal
from emotrace.app.exploring.shelf import Shelf, open_examples
from emotrace.app.views.clip_look import draw_head, draw_look
from emotrace.app.views.mel_lesson import draw_lesson
from emotrace.app.views.shelf import MOST_ROWS, draw_list, draw_shelf
from emotrace.types import Utterance

EVIL = "<img src=x onerror=y>"


def text_of(markup: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", markup)).split())


def shelf_of(*utterances: Utterance) -> Shelf:
    return Shelf(EVIL, utterances, lambda utterance, rate: np.zeros(rate, np.float32))


def test_counts_and_escapes():
    clips = [Utterance(f"/x/{n}.wav", "anger", f"me:{n % 2}", corpus="me", sex="female") for n in range(3)]
    clips.append(Utterance(f"/x/{EVIL}.wav", "fear", EVIL, corpus="me"))
    drawn = draw_shelf(shelf_of(*clips))
    assert "<img" not in drawn
    words = text_of(drawn)
    assert "4 clips" in words
    assert "3 speakers" in words
    assert "2 emotions" in words
    assert "anger 3" in words
    assert "fear 1" in words
    assert "Clips by emotion and sex emotion female unknown" in words


def test_long_lists_say_that_there_is_more():
    shelf = shelf_of(*(Utterance(f"/x/{n}.wav", "anger", "me") for n in range(MOST_ROWS + 5)))
    drawn = draw_list(shelf, range(MOST_ROWS + 5))
    assert drawn.count("data-row=") == MOST_ROWS
    assert "205 clips; the first 200 are listed" in text_of(drawn)
    assert "No clip is all of that." in draw_list(shelf, [])


def test_a_clip_has_a_player_and_words_for_every_picture():
    signal = np.sin(np.arange(22_050) / 9.0).astype(np.float32)
    clip = Utterance(f"/x/{EVIL}.wav", "anger", EVIL, text=EVIL)
    drawn = draw_look(look_at_signal(signal, is_cut=True), draw_head(clip), EVIL)
    assert "<img src=x" not in drawn
    assert drawn.count("<audio controls") == 1
    assert 'data-seconds="1.0000"' in drawn
    for name in ("waveform of", "Spectrogram:", "Mel bands:", "MFCC:", "Chroma:"):
        assert re.search(rf'(alt|aria-label)="{name}', drawn)
    assert "The first 1 s of it." in drawn


def test_examples_can_be_listed_though_nobody_has_labelled_them():
    shelf = open_examples()
    assert "A caller" in draw_list(shelf, range(len(shelf.utterances)))
    assert "unknown 5" in text_of(draw_shelf(shelf))


def test_the_lesson_has_the_tones_the_formula_and_both_steps():
    drawn = draw_lesson()
    words = text_of(drawn)
    for said in (
        "300 Hz 402",
        "400 Hz 509",
        "900 Hz 932",
        "1000 Hz 1000",
        "100 Hz more, 107 mel more",
        "68 mel more",
    ):
        assert said in words.replace(" ,", ",")
    assert "m = 2595 · log 10 (1 + f / 700)" in words
    # From 900 Hz up by as many mel as from 300 to 400: 700 (10^((932.2 + 107.5) / 2595) - 1).
    assert "from 900 to 1060 Hz" in words
    assert drawn.count("<audio") == 3
    assert drawn.count("data-sound=") == 4
