"""Models as HTML: the figures are those of the reports, leaky ones say so, and nothing breaks out."""

from __future__ import annotations

import html
import re
from dataclasses import replace

from tests.tiny_bundles import sex_card

from emotrace.app.judging.figures import Figures, figures_of, read_reproduction
from emotrace.app.views.card import draw_card
from emotrace.app.views.confusion import draw_confusion
from emotrace.app.views.reliability import draw_reliability
from emotrace.app.views.reproduction import MISSING, draw_reproduction
from emotrace.app.views.scores import draw_scores
from emotrace.bundle import load_bundle
from emotrace.learn.evaluation.reliability import reliability_bins

EVIL = "<img src=x onerror=y>"


def text_of(markup: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", markup)).split())


def test_a_card_in_words():
    card = load_bundle().card
    words = text_of(draw_card(card, "/models/<b>"))
    assert card.licence in words
    assert "Not for" in words
    assert "detecting lies" in words
    assert f"{len(card.split['train_speakers'])}" in words
    assert "/models/<b>" in words
    for label in card.labels:
        assert label in words
    assert EVIL not in draw_card(replace(card, name=EVIL, description=EVIL, licence=EVIL), EVIL)
    assert "Not for" not in draw_card(load_bundle("speech").card, "x")


def test_scores_are_those_of_the_report():
    card = load_bundle().card
    figures = figures_of(card)
    words = text_of(draw_scores(card, figures))
    assert figures.evaluation is not None
    pooled = figures.evaluation["pooled"]
    assert f"{100 * pooled['unweighted_average_recall']['value']:.1f} % UAR, all speech" in words
    for corpus, scores in figures.evaluation["corpora"].items():
        assert f"{corpus} {100 * scores['unweighted_average_recall']['value']:.1f}" in words
    if figures.robustness is not None:
        lost = [c for c in figures.robustness["conditions"][1:] if c["change"]["high"] < 0]
        assert words.count("▼ loses") == len(lost) + 1
    # From the card alone.
    assert "By corpus" in draw_scores(card, Figures())
    assert "Nothing has been measured" in draw_scores(replace(card, metrics={}), Figures())


def test_scores_of_speakers_sex_are_those_of_its_card():
    half = {"value": 0.5, "low": None, "high": None}
    scores = {"n": 1059, "n_speakers": 13, "unweighted_average_recall": half, "accuracy": half}
    words = text_of(draw_scores(sex_card(metrics={"crema-d": scores}), Figures()))
    assert "By corpus, each among both labels" in words
    assert "crema-d 50.0" in words
    assert "1,059" in words


def test_every_leaky_figure_says_so():
    report = read_reproduction()
    assert report is not None
    drawn = draw_reproduction(report)
    done = [claim for claim in report["claims"] if claim["results"]]
    n_leaky = n_honest = 1
    for claim in done:
        for result in claim["results"]:
            kinds = [
                entry["is_leaky"] for key in ("as_claimed", "speaker_independent") if (entry := result.get(key))
            ]
            for entry in result["published"]:
                if entry["measure"] != "leak gap":
                    # Ours of another measure than accuracy stands beside it.
                    kinds += [claim["is_leaky"]] * (1 + (entry["measure"] != "accuracy"))
            n_leaky += sum(kinds)
            n_honest += len(kinds) - sum(kinds)
    assert drawn.count('class="leaky"') == n_leaky
    assert drawn.count('class="honest"') == n_honest
    words = text_of(drawn)
    (searched,) = (claim for claim in done if claim["claim"] == "R15")
    for entry in [entry for result in searched["results"] for entry in result["published"]]:
        assert f"{100 * entry['ours']:.1f} (cross-validated accuracy)" in words
    assert "of 16 claims measured" in words
    assert f"{100 * report['leak']['mean']:.0f} points what leaky figures promise too much" in words
    assert draw_reproduction(None) == MISSING


def test_confusions_open_cells_that_hold_something():
    drawn = draw_confusion(["anger", "fear"], ["anger", "fear"], [[8, 2], [0, 5]], [0, 1], is_open=True)
    assert re.findall(r'data-row="(\d+)"', drawn) == ["0", "1", "4", "5"]
    assert 'aria-label="2 of 10 anger heard as fear: list them"' in drawn
    assert "8 of 10 anger heard as anger" in drawn
    assert "1 of 6 fear heard as no speech" in drawn
    assert "80 %" in drawn
    assert "83 %" in drawn
    assert "<button" not in draw_confusion([EVIL], [EVIL], [[3]])
    assert EVIL not in draw_confusion([EVIL], [EVIL], [[3]])


def test_reliability_adds_up():
    drawn = draw_reliability(
        reliability_bins([0.9] * 10 + [0.5] * 10, [True] * 8 + [False] * 2 + [True, False] * 5)
    )
    words = "It says 70 % on average, and is right in 65 %; calibration error 5.0 %."
    assert words in text_of(drawn)
