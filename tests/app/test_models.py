"""Models in a real browser: cards, figures, claims, and mistakes to listen to."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from emotrace.bundle import load_bundle, write_bundle


@pytest.fixture
def models(visit):
    """Give a visitor and the tab's panel."""
    visitor = visit()
    return visitor, visitor.go_to("Models")


@pytest.fixture
def judged(tmp_path: Path) -> Path:
    """Give a judged folder with one mistake that can be heard, and one whose recording is gone."""
    soundfile.write(tmp_path / "heard.wav", 0.1 * np.sin(np.arange(16_000) / 5.0), 16_000)
    lines = ["file,speaker,emotion,predicted,confidence"]
    lines += [f"{tmp_path / name}.wav,me,anger,fear,0.{n}" for name, n in (("heard", 9), ("gone", 8))]
    lines += [f"{tmp_path / 'heard'}.wav,me,fear,fear,0.7"]
    folder = tmp_path / "judged"
    folder.mkdir()
    (folder / "predictions.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    pooled = dict.fromkeys(("unweighted_average_recall", "accuracy", "macro_f1"), 0.5)
    report = {"bundle": "mine", "pooled": {**pooled, "n": 3, "labels": [], "confusion": {}, "per_class": {}}}
    (folder / "report.json").write_text(json.dumps(report), encoding="utf-8")
    return folder


def test_card_figures_and_claims_of_what_ships(models):
    visitor, panel = models
    card = panel.locator("#models-card")
    assert load_bundle().card.licence in card.inner_text()
    panel.get_by_role("tab", name="Figures", exact=True).click()
    assert "UAR, all speech" in panel.locator("#models-scores").inner_text()
    panel.get_by_role("tab", name="Reproduction", exact=True).click()
    claims = panel.locator("#models-claims")
    assert claims.locator(".claims .leaky").first.inner_text() == "⚠ leaky"
    panel.get_by_role("tab", name="Card", exact=True).click()
    panel.get_by_label("Model", exact=True).click()
    visitor.page.get_by_role("option", name="speech", exact=True).click()
    card.get_by_role("heading", name="speech", exact=True).wait_for()
    assert "Not for" not in card.inner_text()
    assert visitor.asked_outside == []
    assert visitor.complaints == []


def test_a_bundle_of_ones_own_and_what_is_none(models, tmp_path: Path):
    visitor, panel = models
    shipped = load_bundle()
    own = {**shipped.card.to_dict(), "name": "my <b>own</b>", "files": {}}
    write_bundle(tmp_path / "own", type(shipped.card).from_dict(own), shipped.model_bytes)
    panel.get_by_label("Model", exact=True).click()
    visitor.page.get_by_role("option", name="Another bundle").click()
    path = panel.get_by_label("Path of a bundle")
    path.fill(str(tmp_path / "own"))
    panel.get_by_role("button", name="Open", exact=True).first.click()
    panel.locator("#models-card").get_by_role("heading", name="my <b>own</b>", exact=True).wait_for()
    (tmp_path / "letters").mkdir()
    path.fill(str(tmp_path / "letters"))
    panel.get_by_role("button", name="Open", exact=True).first.click()
    assert "letters" in visitor.error()


def test_mistakes_can_be_heard(models, judged: Path):
    visitor, panel = models
    panel.get_by_role("tab", name="Mistakes", exact=True).click()
    panel.get_by_label("Judged folder").fill(str(judged))
    panel.get_by_label("Judged folder").press("Enter")
    panel.get_by_role("button", name="2 of 2 anger heard as fear").click()
    clips = panel.locator("#models-clips li button")
    clips.nth(1).wait_for()
    clips.first.click()
    panel.locator("#models-look audio").wait_for()
    assert "heard as fear, 90 % sure" in panel.locator("#models-look").inner_text()
    clips.nth(1).click()
    assert "gone.wav" in visitor.error()
    assert visitor.complaints == []
