"""``emotrace report``: from judged folders to pictures and a review; and what may go wrong."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import soundfile
from tests.cli.conftest import Emotrace, Signal, write_wav
from tests.learn.explore.made_corpus import make_voice
from tests.learn.explore.made_judged import HISTORY, make_judged
from tests.tiny_bundles import make_emotion_bundle

SINGLE = {"confusion", "roc", "precision-recall", "reliability", "risk-coverage", "recall-by-sex",
          "recall-by-intensity", "recall-by-speaker"}  # fmt: skip


@pytest.fixture
def recordings(tmp_path: Path) -> list[str]:
    """Eight recordings that the made answers are about."""
    files = []
    for n in range(8):
        files.append(str(tmp_path / "clips" / f"clip {n}.wav"))
        Path(files[-1]).parent.mkdir(exist_ok=True)
        soundfile.write(files[-1], make_voice(150 + 10 * n, 0.3, 0.6, n), 16_000)
    return files


def page(folder: Path) -> str:
    return (folder / "report.html").read_text("ascii")


def pictures(folder: Path) -> set[str]:
    return {path.name for path in (folder / "pictures").iterdir()}


@contextmanager
def browsing(folder: Path) -> Iterator[Any]:
    """Open the page of a report in a real browser, without a network; it must have nothing to complain of."""
    api = pytest.importorskip("playwright.sync_api")
    browsers = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    path = next((found for name in browsers if (found := shutil.which(name))), None)
    if path is None:
        pytest.skip("no browser")
    arguments = ["--autoplay-policy=no-user-gesture-required", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    said: list[str] = []
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        opened: Any = browser.new_context(offline=True).new_page()
        opened.on("console", lambda message: said.append(message.text))
        opened.on("pageerror", lambda error: said.append(str(error)))
        opened.goto((folder / "report.html").as_uri())
        yield opened
        browser.close()
    assert said == []


def test_one_run(emotrace_command: Emotrace, recordings: list[str], tmp_path: Path) -> None:
    judged = make_judged(tmp_path / "judged", files=recordings, history=HISTORY)
    done = emotrace_command("report", judged, "-o", tmp_path / "out", "--svg")
    n_wrong = json.loads((tmp_path / "out" / "facts.json").read_text())["runs"][0]["n_wrong"]
    assert (done.code, done.err) == (0, "")
    assert done.out == f"{tmp_path / 'out' / 'report.html'}: 1 run, {n_wrong} of 80 answers wrong\n"
    assert pictures(tmp_path / "out") == {
        f"{name}.{kind}" for name in (*SINGLE, "learning-curves") for kind in ("png", "svg")
    }
    text = page(tmp_path / "out")
    assert text.count("<tr data-true=") == n_wrong
    assert 1 <= text.count('src="data:audio/mpeg') <= 8
    assert 'src="./' not in text


def test_several_runs(emotrace_command: Emotrace, recordings: list[str], tmp_path: Path) -> None:
    runs = [make_judged(tmp_path / name, seed=n, files=recordings) for n, name in enumerate(("one", "two"))]
    assert emotrace_command("report", *runs, "-o", tmp_path / "out").code == 0
    names = {f"{n}-{run}-{name}.png" for n, run in ((1, "one"), (2, "two")) for name in SINGLE}
    assert pictures(tmp_path / "out") == {*names, "comparison.png"}
    facts = json.loads((tmp_path / "out" / "facts.json").read_text())
    assert facts["comparison"]["same_clips"] is True
    assert [run["name"] for run in facts["runs"]] == ["one", "two"]


def test_what_is_not_embedded_is_linked_and_can_be_played_and_filtered(
    emotrace_command: Emotrace, recordings: list[str], tmp_path: Path
) -> None:
    judged = make_judged(tmp_path / "judged", files=recordings)
    Path(recordings[0]).unlink()
    # Room for one clip: the others are played from where they are.
    assert emotrace_command("report", judged, "-o", tmp_path / "out", "--embed", "0.000001").code == 0
    text = page(tmp_path / "out")
    assert text.count('src="data:audio') == 1
    links = set(re.findall(r'src="(\./[^"]+)"', text))
    assert len(links) > 2
    assert links <= {f"./../clips/clip%20{n}.wav" for n in range(1, 8)}
    with browsing(tmp_path / "out") as opened:
        for start in ("data:", "./"):
            playing = opened.evaluate(
                """async (start) => {
                  const audio = [...document.querySelectorAll("audio")]
                    .find((found) => found.getAttribute("src").startsWith(start));
                  const button = document.querySelector(`[data-sound="${audio.id}"]`);
                  button.click();
                  for (let n = 0; n < 200 && !(audio.currentTime > 0.05); n += 1)
                    await new Promise((done) => setTimeout(done, 20));
                  return [audio.currentTime > 0.05, button.classList.contains("playing")];
                }""",
                start,
            )
            assert playing == [True, True]
        seen = "[...document.querySelectorAll('#review-rows tbody tr')].filter((row) => !row.hidden)"
        n_all = opened.evaluate(f"{seen}.length")
        opened.select_option("[data-filter=true]", "anger")
        assert set(opened.evaluate(f"{seen}.map((row) => row.dataset.true)")) == {"anger"}
        n_anger = opened.evaluate(f"{seen}.length")
        assert opened.inner_text(".filters output") == f"{n_anger} of {n_all}"
        opened.fill("[data-filter=words]", "s0")
        assert 0 <= opened.evaluate(f"{seen}.length") < n_anger


def test_mistakes_are_shown_fifty_at_a_time(
    emotrace_command: Emotrace, recordings: list[str], tmp_path: Path
) -> None:
    runs = [make_judged(tmp_path / f"judged-{n}", seed=n, files=recordings) for n in range(8)]
    assert emotrace_command("report", *runs, "-o", tmp_path / "out").code == 0
    n_all = page(tmp_path / "out").count("<tr data-true=")
    assert 100 < n_all < 300
    seen = "[...document.querySelectorAll('#review-rows tbody tr')].filter((row) => !row.hidden)"
    with browsing(tmp_path / "out") as opened:
        assert opened.evaluate(f"{seen}.length") == 50
        assert opened.inner_text(".filters output") == f"{n_all} of {n_all}"
        assert opened.inner_text(".more") == "Show 50 more"
        opened.click(".more")
        assert opened.evaluate(f"{seen}.length") == 100
        # Who goes by keyboard stands at the first of the new ones.
        assert opened.evaluate(f"{seen}.findIndex((row) => row.contains(document.activeElement))") == 50
        # What is chosen is shown from its beginning again.
        opened.select_option("[data-filter=heard]", "anger")
        n_anger = int(opened.inner_text(".filters output").split()[0])
        assert opened.evaluate(f"{seen}.length") == min(n_anger, 50)
        opened.select_option("[data-filter=heard]", "")
        assert opened.evaluate(f"{seen}.length") == 50
        while opened.is_visible(".more"):
            opened.click(".more")
        assert opened.evaluate(f"{seen}.length") == n_all


def test_what_evaluate_writes_is_understood(emotrace_command: Emotrace, talk: Signal, tmp_path: Path) -> None:
    bundle = make_emotion_bundle(
        tmp_path / "model", split={"protocol": "joint-6", "fold": 1, "train_speakers": ["yan"]}
    ).path
    rows = ["file,emotion,speaker,sex,start,end"]
    for n, (speaker, emotion) in enumerate(
        [("ann", "neutral"), ("ann", "anger"), ("bob", "anger"), ("bob", "sadness")]
    ):
        file = write_wav(tmp_path / f"{n}.wav", talk * (0.2 + 0.2 * n))
        rows.append(f"{file.name},{emotion},{speaker},f,{0 if n else ''},{2 if n else ''}")
    manifest = tmp_path / "manifest.csv"
    manifest.write_text("\n".join(rows))
    assert emotrace_command("evaluate", bundle, manifest, "-o", tmp_path / "judged").code == 0
    done = emotrace_command("report", tmp_path / "judged", "-o", tmp_path / "out")
    assert (done.code, done.err) == (0, "")
    (facts,) = json.loads((tmp_path / "out" / "facts.json").read_text())["runs"]
    assert facts["n"] == 4
    assert facts["curves"]["labels"]["anger"]["n_positive"] == 2
    assert "roc.png" in pictures(tmp_path / "out")


def test_what_is_no_judged_folder(emotrace_command: Emotrace, tmp_path: Path) -> None:
    done = emotrace_command("report", tmp_path / "none", "-o", tmp_path / "out")
    assert done.code == 1
    assert done.complaint == (
        f"{tmp_path / 'none'}: no such folder; give one that 'emotrace evaluate ... -o DIR' wrote"
    )
    assert not (tmp_path / "out").exists()


def test_a_judged_folder_is_not_written_into(emotrace_command: Emotrace, tmp_path: Path) -> None:
    judged = make_judged(tmp_path / "judged")
    done = emotrace_command("report", judged, "-o", judged)
    assert (done.code, done.complaint) == (2, f"--output {judged} is a judged folder itself; choose another one")
