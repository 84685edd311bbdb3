"""``emotrace sweep``: from corpora to numbers and picture, and every mistake in one line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.cli.conftest import Emotrace
from tests.made_corpora import make_corpora


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Whoever runs the tests may have real corpora and a cache; neither is touched."""
    monkeypatch.delenv("EMOTRACE_CORPORA", raising=False)
    monkeypatch.setenv("EMOTRACE_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)


def test_a_claim_is_swept(emotrace_command: Emotrace, tmp_path: Path) -> None:
    corpora = make_corpora(tmp_path / "corpora")
    done = emotrace_command("sweep", "R3", "--fast", "-o", "out", "--corpora", corpora)
    assert done.code == 0
    claimed, honest, picture = done.out.splitlines()
    assert claimed.startswith("as claimed (leaky), accuracy on ")
    assert honest.startswith("speaker-independent, accuracy on ")
    assert picture == str(Path("out/sweep.png"))
    sweep = json.loads(Path("out/sweep.json").read_text(encoding="utf-8"))
    for line, variant in ((claimed, "as claimed"), (honest, "speaker-independent")):
        one, two = sweep["variants"][variant]["at"]
        assert line.endswith(f"clips: {one['accuracy']:.3f} after 1, {two['accuracy']:.3f} after 2")
    assert {path.name for path in Path("out").iterdir()} == {"sweep.json", "sweep.png", "runs"}


def test_one_speaker_is_told(emotrace_command: Emotrace, tmp_path: Path) -> None:
    everybody = make_corpora(tmp_path / "corpora")
    (tmp_path / "one" / "ravdess").mkdir(parents=True)
    (everybody / "ravdess" / "Actor_01").rename(tmp_path / "one" / "ravdess" / "Actor_01")
    done = emotrace_command("sweep", "R14", "--fast", "-o", "out", "--corpora", tmp_path / "one")
    assert (done.code, done.out) == (2, "")
    for corpus in ("tess", "savee"):
        (everybody / corpus).rename(tmp_path / "one" / corpus)
    done = emotrace_command("sweep", "R14", "--fast", "-o", "out", "--corpora", tmp_path / "one")
    assert (done.code, done.out) == (1, "")
    assert "corpus 'ravdess' has 1 speaker in these clips, of whom 1 cannot be held out" in done.complaint


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (("R16",), 2, "no claim named 'R16'; known: R1, R10"),
        (("none.toml",), 1, "no recipe file none.toml"),
        (("R3", "--corpora", "nowhere"), 2, "--corpora nowhere: no such folder"),
        (("R3",), 2, "claim R3 needs emov-db"),
        (("R6",), 2, "claim R6 has no neural network"),
        (("R3", "--network", "cnn m8"), 2, "no network of R3 named 'cnn m8'; known: cnn m7, 15 epochs"),
        (
            ("R3", "--epochs", "5,zero"),
            2,
            "--epochs is '5,zero'; it must be whole numbers from 1, joined by commas",
        ),
        (("R3", "--epochs", "0"), 2, "--epochs is '0'"),
        (("R3", "--epochs", "5,"), 2, "--epochs is '5,'"),
        (("R3", "--seed", "-1"), 2, "--seed"),
    ],
)
def test_mistakes_are_told(
    emotrace_command: Emotrace, arguments: tuple[str, ...], code: int, sentence: str
) -> None:
    done = emotrace_command("sweep", *arguments, "-o", "out")
    assert (done.code, done.out) == (code, "")
    assert sentence in done.complaint
    assert not Path("out/sweep.json").exists()
