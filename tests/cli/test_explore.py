"""``emotrace explore``: a report of made voices, opened in a browser; and what may go wrong."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from PIL import Image
from tests.cli.conftest import Emotrace
from tests.learn.explore.made_corpus import make_corpus

from emotrace.manifest import read_manifest, write_manifest
from emotrace.types import Segment


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("corpus")
    path = folder / "made.csv"
    write_manifest(make_corpus(folder / "clips", n_takes=2), path)
    return path


@pytest.fixture(scope="module")
def report(manifest: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of the made corpus, by the real command."""
    output = tmp_path_factory.mktemp("report") / "out"
    command = [sys.executable, "-m", "emotrace", "explore", manifest, "-o", output, "-j", "1", "--no-cache"]
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{output / 'explore.html'}: 16 clips\n"
    return output


def test_facts_pictures_and_page_are_there(report: Path) -> None:
    assert {path.name for path in report.iterdir()} == {"explore.html", "facts.json", "pictures"}
    facts = json.loads((report / "facts.json").read_text(), parse_constant=lambda name: pytest.fail(name))
    assert (facts["title"], facts["n_clips"], facts["counts"]["sex"]) == ("made", 16, {"female": 8, "male": 8})
    names = {path.stem for path in (report / "pictures").iterdir()}
    assert names >= {"counts", "speakers", "durations", "levels", "pitch", "spectra", "separation", "histograms"}
    assert names >= {
        "boxes-simple",
        "boxes-chroma",
        "boxes-mfcc",
        "boxes-mel",
        "pairs-neutral-anger",
        "correlation",
    }
    assert names >= {"mel-scale", "anatomy-anger", "example-neutral-male", "intensity-normal-female"}
    for path in (report / "pictures").iterdir():
        with Image.open(path) as picture:
            assert picture.size[0] > 400
    assert (report / "explore.html").stat().st_size < 4_000_000


def test_the_page_asks_for_nothing(report: Path) -> None:
    text = (report / "explore.html").read_text("ascii")
    sources = [part.partition('"')[0][:5] for part in text.split('src="')[1:]]
    assert set(sources) == {"data:"}
    assert str(report.parent) not in text


_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@pytest.fixture(scope="module")
def opened(report: Path) -> Iterator[Any]:
    """Give the page in Chromium, and what it said and asked for."""
    api = pytest.importorskip("playwright.sync_api")
    path = next((found for name in _BROWSERS if (found := shutil.which(name))), None)
    if path is None:
        pytest.skip("no browser")
    arguments = ["--autoplay-policy=no-user-gesture-required", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        page = browser.new_context(offline=True, viewport={"width": 1200, "height": 900}).new_page()
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto((report / "explore.html").as_uri())
        yield page
        browser.close()
    assert said == []


def test_pictures_are_seen_and_nothing_sticks_out(opened: Any) -> None:
    shown = opened.evaluate("[...document.images].map((image) => image.naturalWidth)")
    assert len(shown) >= 25
    assert min(shown) > 400
    assert opened.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_clips_and_tones_play_one_at_a_time(opened: Any) -> None:
    durations = opened.evaluate(
        """async () => {
          const audios = [...document.querySelectorAll("audio")];
          await Promise.all(audios.map((audio) => new Promise((done) => {
            audio.addEventListener("loadedmetadata", done); audio.preload = "metadata"; audio.load();
          })));
          return audios.map((audio) => audio.duration);
        }"""
    )
    assert len(durations) >= 10
    assert all(0.5 < duration < 3 for duration in durations)
    for selector in (".strip .play", ".tones .play"):
        opened.click(f"{selector} >> nth=0")
        opened.wait_for_timeout(150)
        assert opened.evaluate("document.querySelectorAll('.play.playing').length") == 1
    assert opened.evaluate("[...document.querySelectorAll('audio')].filter((audio) => !audio.paused).length") == 1


def test_tabs_turn(opened: Any) -> None:
    opened.click("#anatomy-tab-1")
    visible = "[...document.querySelectorAll('[id^=anatomy-][role=tabpanel]')].map((panel) => !panel.hidden)"
    assert opened.evaluate(visible) == [False, True]
    opened.keyboard.press("ArrowRight")
    assert opened.evaluate(visible) == [True, False]


def test_an_interrupted_run_leaves_the_earlier_report(manifest: Path, tmp_path: Path) -> None:
    output = tmp_path / "out"
    output.mkdir()
    (output / "explore.html").write_text("earlier")
    command = [sys.executable, "-m", "emotrace", "explore", manifest, "-o", output, "-j", "1", "--no-cache"]
    process = subprocess.Popen([*map(str, command)], stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 120
    # Pictures are being drawn: half the report is there, aside.
    while not any(output.glob(".*.part/pictures/*.png")):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, complaint = process.communicate(timeout=60)
    assert (process.returncode, complaint) == (130, "emotrace: interrupted\n")
    assert [path.name for path in output.iterdir()] == ["explore.html"]
    assert (output / "explore.html").read_text() == "earlier"


def test_nothing_usable(emotrace_command: Emotrace, tmp_path: Path) -> None:
    manifest = tmp_path / "manifest.csv"
    manifest.write_text("file,emotion\nlost.wav,anger\n")
    done = emotrace_command("explore", manifest, "-o", tmp_path / "out")
    assert done.code == 1
    assert done.complaint.startswith("the only clip cannot be used: ")
    assert not (tmp_path / "out").exists()


def _explore(emotrace_command: Emotrace, manifest: Path, output: Path) -> tuple[str, str, dict[str, Any]]:
    done = emotrace_command("explore", manifest, "-o", output, "-j", "1", "--no-cache")
    assert (done.code, done.err) == (0, "")
    facts = json.loads((output / "facts.json").read_text(), parse_constant=lambda name: pytest.fail(name))
    return done.out, (output / "explore.html").read_text("ascii"), facts


def test_one_clip(emotrace_command: Emotrace, manifest: Path, tmp_path: Path) -> None:
    clips = [u for u in read_manifest(manifest) if u.emotion == "anger"][:1]
    write_manifest(clips, tmp_path / "one.csv")
    out, page, facts = _explore(emotrace_command, tmp_path / "one.csv", tmp_path / "out")
    assert out.endswith(": 1 clip\n")
    assert facts["features"]["stats70"]["constant"] == []
    for sentence in (
        "There are 2 imbalances.",
        "Its emotion is anger.",
        "<b>1</b><span>clip</span>",
        "<b>1</b><span>speaker</span>",
        f"It lasts {facts['seconds']:.1f} s.",
        "There is one speaker only: nothing here says how other people sound.",
        "From 1 clip it cannot be told what is unusual.",
        "From 1 clip nothing can be told.",
        "All figures are of one clip.",
    ):
        assert sentence in page
    for nonsense in (
        "1 clips",
        "1 speakers",
        "1 emotions",
        "Features vary",
        "constant",
        "the usual clip",
        "Half of all",
    ):
        assert nonsense not in page


def test_silence(emotrace_command: Emotrace, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "silent.wav", np.zeros(16_000), 16_000)
    (tmp_path / "silent.csv").write_text("file,emotion\nsilent.wav,anger\n")
    _, page, _ = _explore(emotrace_command, tmp_path / "silent.csv", tmp_path / "out")
    assert "There is 1 silent clip and 3 imbalances." in page
    assert "There is nothing but silence." in page
    assert "dB of full scale" not in page


def test_one_emotion(emotrace_command: Emotrace, manifest: Path, tmp_path: Path) -> None:
    angry = [u for u in read_manifest(manifest) if u.emotion == "anger"]
    # Of eight clips too little can be told; cut in two they are sixteen.
    halves = [replace(u, segment=Segment(start, start + 0.5)) for u in angry for start in (0.0, 0.5)]
    write_manifest(halves, tmp_path / "anger.csv")
    _, page, facts = _explore(emotrace_command, tmp_path / "anger.csv", tmp_path / "out")
    assert facts["n_usable"] == 16
    assert "All clips are of one emotion, anger." in page
    assert "There is one emotion only: nothing to tell apart." in page
    assert "Every speaker says each of" not in page
    assert "The most telling features" not in page
    assert not (tmp_path / "out" / "pictures" / "separation.png").exists()


def test_a_file_in_the_way(emotrace_command: Emotrace, manifest: Path) -> None:
    done = emotrace_command("explore", manifest, "-o", manifest)
    assert done.code == 1
    assert done.complaint == f"cannot write into {manifest}: {manifest} is not a folder; give another one"


def test_without_matplotlib(
    emotrace_command: Emotrace, manifest: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    done = emotrace_command("explore", manifest, "-o", tmp_path / "out")
    assert (done.code, done.complaint) == (
        1, "drawing pictures needs the extra 'plot': pip install 'emotrace[plot]'",
    )  # fmt: skip


@pytest.mark.corpora
def test_a_sample_of_ravdess(emotrace_command: Emotrace, tmp_path: Path) -> None:
    root = os.environ.get("EMOTRACE_CORPORA")
    if not root or not (Path(root) / "ravdess").is_dir():
        pytest.skip("EMOTRACE_CORPORA names no folder with ravdess")
    manifest = tmp_path / "ravdess.csv"
    assert emotrace_command("corpus", "scan", "ravdess", Path(root) / "ravdess", "-o", manifest).code == 0
    done = emotrace_command("explore", manifest, "-o", tmp_path / "out", "--sample", "48", "-j", "1")
    assert (done.code, done.out) == (0, f"{tmp_path / 'out' / 'explore.html'}: 1440 clips\n")
    facts = json.loads((tmp_path / "out" / "facts.json").read_text())
    assert facts["title"] == "RAVDESS speech"
    assert facts["counts"]["emotion"]["neutral"] == 96
    # Two takes of actor 7 are the same recording.
    kinds = [finding["kind"] for finding in facts["check"]["findings"]]
    assert kinds.count("identical audio") == 1
    pitch = facts["voices"]["pitch"]["by_sex"]
    assert pitch["female"]["median"] > 1.4 * pitch["male"]["median"]
