"""Pictures and page of what features matter show the numbers they were given."""

from __future__ import annotations

import copy
import html
import io
import json
import re
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from tests.learn.explore.made_features import NAMES
from tests.learn.explore.made_importance import measure_made
from tests.learn.pictures.test_pictures import words

from emotrace.learn.explore.importance_facts import kept
from emotrace.learn.explore.names import title_of
from emotrace.learn.pictures.importance import draw_importance, draw_selection, draw_sexes
from emotrace.learn.pictures.importance_report import write_importance_report
from emotrace.learn.pictures.pages.importance import write_importance_page

PICTURES = dict.fromkeys(("selection", "importance-all", "importance-female", "importance-male", "sexes"), b"x")


@pytest.fixture(scope="module")
def facts() -> dict[str, Any]:
    return measure_made()


def page(facts: dict[str, Any], pictures: dict[str, bytes] = PICTURES) -> str:
    stream = io.StringIO()
    write_importance_page(stream, facts, pictures)
    return stream.getvalue()


def test_bars_are_the_importances(facts: dict[str, Any]) -> None:
    features = facts["groups"]["all"]["features"]
    figure = draw_importance(features)
    lost, leaned_on = figure.axes
    for axes, kind in ((lost, "permutation"), (leaned_on, "built_in")):
        bars = [bar.get_width() for bar in axes.patches]
        assert bars == pytest.approx([100 * row[kind]["mean"] for row in features])
        (whiskers,) = (c for c in axes.collections if len(c.get_paths()) == len(features))
        spans = [float(path.vertices[:, 0].max() - path.vertices[:, 0].min()) for path in whiskers.get_paths()]
        assert spans == pytest.approx([200 * row[kind]["sd"] for row in features])
    ticks = [tick.get_text() for tick in lost.get_yticklabels()]
    assert ticks == [title_of(row["name"]) for row in features]
    # The first is at the top.
    assert lost.get_ylim()[0] > lost.get_ylim()[1]


def test_of_many_features_the_first_twenty_are_drawn(facts: dict[str, Any]) -> None:
    row = facts["groups"]["all"]["features"][0]
    assert len(draw_importance([row] * 50).axes[0].patches) == 20


def test_the_selection_shows_every_way_of_choosing(facts: dict[str, Any]) -> None:
    figure = draw_selection(facts["groups"], facts["n_features"])
    assert [axes.get_title(loc="left") for axes in figure.axes] == [
        "all, 6 speakers",
        "female, 3 speakers",
        "male, 3 speakers",
    ]
    for axes, group in zip(figure.axes, facts["groups"].values(), strict=True):
        curve = axes.lines[0]
        chosen = [entry for entry in group["selection"] if entry["by"] == "permutation"]
        assert list(curve.get_xdata()) == [*(entry["n_features"] for entry in chosen), len(NAMES)]
        expected = [*(entry["uar"]["mean"] for entry in chosen), group["uar"]["mean"]]
        assert list(curve.get_ydata()) == pytest.approx(expected)
        dots = [c.get_offsets()[0].tolist() for c in axes.collections if len(c.get_offsets()) == 1]
        for way in ("built-in", "random"):
            assert [2, kept(group, 2, way)["uar"]["mean"]] in [pytest.approx(dot) for dot in dots]
    assert {"chance", "chosen by shuffling", "chosen by the model's own word", "drawn at random"} <= set(
        words(figure)
    )


def test_the_sexes_stand_beside_each_other(facts: dict[str, Any]) -> None:
    female, male = (facts["groups"][sex]["features"] for sex in ("female", "male"))
    axes = draw_sexes(female, male).axes[0]
    named = {title_of(row["name"]): row["permutation"]["mean"] for row in female}
    ticks = [tick.get_text() for tick in axes.get_yticklabels()]
    assert sorted(ticks) == sorted(named)
    (of_women,) = (c for c in axes.collections if c.get_label() == "female")
    assert of_women.get_offsets()[:, 0].tolist() == pytest.approx([100 * named[tick] for tick in ticks])
    # Of women alone one tells: it is at the top.
    assert ticks[0] == title_of("women_std")


def test_the_page_says_what_the_numbers_say(facts: dict[str, Any]) -> None:
    text = page(facts)
    everybody = facts["groups"]["all"]
    best = ", ".join(row["name"] for row in everybody["features"][:2])
    assert f"UAR is {kept(everybody, 2)['uar']['mean']:.3f}, with all {everybody['uar']['mean']:.3f}" in text
    assert best in text
    assert "made: few" in text
    assert "3 folds of whole speakers; each feature shuffled 2 times" in text
    for group in facts["groups"].values():
        assert f"{group['uar']['mean']:.3f}" in text
    for name in NAMES:
        assert text.count(name) >= 3
    both = [{row["name"] for row in facts["groups"][sex]["features"][:2]} for sex in ("female", "male")]
    assert f"{len(both[0] & both[1])} are the same" in text


def test_without_sexes_there_is_nothing_about_them(facts: dict[str, Any]) -> None:
    alone = {**facts, "groups": {"all": facts["groups"]["all"]}}
    text = page(alone, {"selection": b"x", "importance-all": b"x"})
    assert "Women and men" not in text
    assert "female" not in re.sub(r"<style>.*?</style>", "", text, flags=re.DOTALL)


def test_no_loss_is_told_only_where_the_interval_holds_it(facts: dict[str, Any]) -> None:
    for low, high, is_told in ((-0.01, 0.05, True), (0.01, 0.05, False), (None, None, False)):
        changed = copy.deepcopy(facts)
        kept(changed["groups"]["all"], 2)["lost"].update(low=low, high=high)
        assert ("there might be no difference" in page(changed)) is is_told


def test_what_is_gained_is_told_as_a_gain(facts: dict[str, Any]) -> None:
    changed = copy.deepcopy(facts)
    kept(changed["groups"]["all"], 2)["lost"].update(mean=-0.031, low=-0.05, high=0.0001)
    text = html.unescape(re.sub(r"<[^>]+>", " ", page(changed)))
    assert re.search(r"UAR\s+change", text)
    assert re.search(r"\+0\.031\s+0\.000 to \+0\.050", text)


def test_a_single_tree_is_drawn_and_told(tmp_path: Path) -> None:
    facts = measure_made(model="tree")
    whole = facts["groups"]["all"]["tree"]
    text = write_importance_report(facts, tmp_path, lambda _: nullcontext(lambda done, total: None)).read_text(
        "ascii"
    )
    drawn = {path.stem for path in (tmp_path / "pictures").iterdir()}
    assert drawn == {*PICTURES, "tree-all", "tree-female", "tree-male"}
    assert f"It asks {whole['n_questions']} questions in all, at most {whole['n_in_a_row']} of one clip." in text
    assert "This one is grown on all clips, and nobody is left to judge it" in text


def test_forests_have_no_tree_to_draw(facts: dict[str, Any]) -> None:
    assert "The tree" not in page(facts)


def test_names_cannot_break_out(facts: dict[str, Any]) -> None:
    changed = copy.deepcopy(facts)
    changed["source"] = "<script>alert(1)</script>"
    changed["groups"]["all"]["features"][0]["name"] = "<b>bold"
    assert "<script>alert" not in page(changed)
    assert "<b>bold" not in page(changed)


def test_a_report_is_written_whole(facts: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("stays")
    written = write_importance_report(facts, tmp_path, lambda _: nullcontext(lambda done, total: None))
    assert written == tmp_path / "importance.html"
    assert {path.name for path in tmp_path.iterdir()} == {"importance.html", "report.json", "pictures", "mine.txt"}
    assert json.loads((tmp_path / "report.json").read_text()) == facts
    assert {path.stem for path in (tmp_path / "pictures").iterdir()} == set(PICTURES)
    for path in (tmp_path / "pictures").iterdir():
        with Image.open(path) as picture:
            assert picture.size[0] > 400
    text = written.read_text("ascii")
    assert {part[:5] for part in text.split('src="')[1:]} == {"data:"}
