"""``emotrace benchmark``: trainings of a second, pooled, resumed, listed; every mistake in one line."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import MOMENT_RECIPE, RATE, Emotrace, Signal, write_wav

from emotrace.learn.benchmark.judged_fold import ANSWERS


@pytest.fixture(autouse=True)
def savee(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, talk: Signal) -> Path:
    """A corpus with the names of SAVEE: four speakers, so four folds, and two emotions of real talk."""
    monkeypatch.delenv("EMOTRACE_CORPORA", raising=False)
    monkeypatch.chdir(tmp_path)
    Path("tiny.toml").write_text(MOMENT_RECIPE.format(corpus="savee"), encoding="utf-8")
    for number, speaker in enumerate(("DC", "JE", "JK", "KL")):
        for emotion in ("a", "n"):
            start = (2 * number + (emotion == "n")) * RATE * 3 // 8
            path = Path(f"corpora/savee/{speaker}/{emotion}01.wav")
            path.parent.mkdir(parents=True, exist_ok=True)
            write_wav(path, talk[start : start + RATE])
    return Path("corpora/savee")


CALL = ("benchmark", "tiny.toml", "-o", "out", "--corpora", "corpora")


def read_json(path: str) -> Any:
    return json.loads(Path(path).read_text(encoding="utf-8"))


def test_folds_are_trained_judged_pooled_and_not_done_again(
    emotrace_command: Emotrace, monkeypatch: pytest.MonkeyPatch
) -> None:
    from emotrace.learn.benchmark import judged_fold

    done = emotrace_command(*CALL, "--fold", "1")
    assert done.code == 0, done.err
    assert done.out.splitlines()[0] == "fold 1 of 4, seed 1 (partial)"
    assert "seed 1, fold 1: split: train 4, validation 2, test 2" in done.err.splitlines()
    assert Path("out/seed-1/fold-1/evaluation/predictions.csv").is_file()

    # The second fold is trained, but somebody interrupts before what it said is kept.
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as context:
        context.setattr(judged_fold, "write_fold", interrupt)
        stopped = emotrace_command(*CALL, "--fold", "1", "--fold", "2")
    assert (stopped.code, stopped.out) == (130, "")
    assert stopped.err.splitlines()[-1] == "emotrace: interrupted; the same command goes on from out"
    assert not Path("out/seed-1/fold-2", ANSWERS).exists()
    listed = emotrace_command(*CALL, "--list")
    assert (listed.code, listed.err) == (0, "")
    # How long it took is the machine's business.
    assert re.sub(r"\d\.\d minutes", "0.0 minutes", listed.out).splitlines() == [
        "seed 1, fold 1 (joint-6/fold-1): 2 clips of 1 speaker, judged, 0.0 minutes of training",
        "seed 1, fold 2 (joint-6/fold-2): 2 clips of 1 speaker, begun",
        "seed 1, fold 3 (joint-6/fold-3): 2 clips of 1 speaker, to do",
        "seed 1, fold 4 (joint-6/fold-4): 2 clips of 1 speaker, to do",
    ]

    done = emotrace_command(*CALL, "--fold", "1", "--fold", "2")
    assert done.code == 0, done.err
    assert "epoch" not in done.err, "neither fold is trained again"
    assert "seed 1, fold 1: " not in done.err
    facts = read_json("out/benchmark.json")
    assert (facts["told"], facts["missing"]) == ("folds 1-2 of 4, seed 1", {"1": [3, 4]})
    own = [read_json(f"out/seed-1/fold-{n}/evaluation/report.json") for n in (1, 2)]
    recalls = [report["corpora"]["savee"]["accuracy"]["value"] for report in own]
    assert facts["scores"]["savee"]["accuracy"]["mean"] == sum(recalls) / 2
    assert [training["model_sha256"] for training in facts["trainings"]] == [r["model_sha256"] for r in own]
    assert str(Path.cwd()) not in Path("out/benchmark.json").read_text(encoding="utf-8")
    assert "Partial: seed 1 lacks folds 3-4." in Path("out/benchmark.md").read_text(encoding="utf-8")

    again = emotrace_command(*CALL, "--fold", "1", "--fold", "2")
    assert (again.code, again.out, again.err) == (0, done.out, "Figures: out/benchmark.md\n")

    # Somebody gives a fold a model that knows whom it is judged on.
    path = Path("out/seed-1/fold-2", ANSWERS)
    kept = path.read_text(encoding="utf-8")
    path.write_text(kept.replace('"savee:DC"', '"savee:JE"', 1), encoding="utf-8")
    leaky = emotrace_command(*CALL, "--fold", "1")
    assert (leaky.code, leaky.out) == (1, "")
    assert leaky.complaint.startswith("the model of seed 1, fold 2 was trained or tuned on speaker savee:JE")

    # A fold of another recipe is not mixed in, and no training goes on under another recipe than it began with.
    path.write_text(kept.replace(json.loads(kept)["identity"], "another"), encoding="utf-8")
    alone = emotrace_command(*CALL, "--fold", "1")
    assert (alone.code, alone.out.splitlines()[0]) == (0, "fold 1 of 4, seed 1 (partial)")
    left_out = f"{Path('out/seed-1/fold-2')} was judged with another recipe or other speech, and is left out"
    assert f"emotrace: {left_out}" in alone.err.splitlines()
    recipe = Path("tiny.toml").read_text(encoding="utf-8")
    Path("tiny.toml").write_text(recipe.replace("steps_per_epoch = 2", "steps_per_epoch = 1"), encoding="utf-8")
    other = emotrace_command(*CALL, "--fold", "1")
    assert other.code == 1
    assert other.err.splitlines()[-1] == (
        f"emotrace: {Path('out/seed-1/fold-1/checkpoint.pt')} was begun with another recipe or other speech; "
        "choose another output folder or delete this one"
    )


SOUGHT = """
[data]
corpora = ["savee"]
[features]
set = "means180"
[model]
name = "logistic"
[search]
method = "grid"
n_folds = 2
values = { C = [0.001, 0.1, 10.0] }
[export]
name = "sought"
"""


def test_parameters_are_sought_by_several_processes(emotrace_command: Emotrace) -> None:
    Path("sought.toml").write_text(SOUGHT, encoding="utf-8")
    done = emotrace_command(
        "benchmark", "sought.toml", "-o", "out", "--corpora", "corpora", "--fold", "1", "-j", "2"
    )
    assert done.code == 0, done.err
    told = [line for line in done.err.splitlines() if "search: trial" in line]
    assert told == [f"seed 0, fold 1: search: trial {n}, of 3" for n in (1, 2, 3)]
    card = read_json("out/seed-0/fold-1/bundle/card.json")
    assert sorted(trial["params"]["C"] for trial in card["training"]["search"]["trials"]) == [0.001, 0.1, 10.0]


def test_a_clip_that_cannot_be_used_is_told_before_anything_is_trained(
    emotrace_command: Emotrace, savee: Path
) -> None:
    # Every clip is trained on in some fold.
    write_wav(savee / "DC" / "a01.wav", [0.1] * (RATE // 50))
    done = emotrace_command(*CALL, "--fold", "1")
    assert done.code == 1
    assert f"{savee / 'DC' / 'a01.wav'}: only 0.02 s long; training needs at least" in done.err
    assert not Path("out/benchmark.json").exists()
    assert not Path("out/seed-1").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (("defualt",), 2, "no recipe named 'defualt'; did you mean 'default'?"),
        (("sex",), 2, "a benchmark is for recipes of kind 'emotion'; this one is of kind 'sex'"),
        (("speech",), 2, "a benchmark is for recipes of kind 'emotion'; this one is of kind 'speech'"),
        (("default",), 1, "no corpora: set EMOTRACE_CORPORA (or give --corpora) to a folder"),
        (("tiny.toml", "--corpora", "nowhere"), 1, "nowhere: has no sub-folder savee; the recipe wants savee"),
        (
            ("tiny.toml", "--corpora", "corpora", "--fold", "5"),
            2,
            "--fold 5: with these speakers protocol 'joint-6' has the folds 1, 2, 3, 4",
        ),
        (
            ("tiny.toml", "--protocol", "joint6"),
            2,
            "protocol named 'joint6'; did you mean 'joint-6'? Known: assigned",
        ),
        (
            ("tiny.toml", "--corpora", "corpora", "--protocol", "leave-one-corpus-out"),
            2,
            "needs at least two corpora with speakers of their own, but all speakers here are of savee",
        ),
        (("tiny.toml", "-j", "2"), 2, "2 processes are to seek parameters, but the recipe has no [search]; leave"),
        (("tiny.toml", "--seed", "-1"), 2, "Invalid value for '--seed'"),
        ((), 2, "Missing argument 'RECIPE'"),
    ],
)
def test_mistakes_are_told_in_one_line(
    emotrace_command: Emotrace, arguments: tuple[str, ...], code: int, sentence: str
) -> None:
    done = emotrace_command("benchmark", *arguments, "-o", "out")
    assert (done.code, done.out) == (code, "")
    assert sentence in done.complaint
    assert not Path("out").exists()


def test_an_output_that_is_a_file(emotrace_command: Emotrace) -> None:
    Path("out").write_text("precious", encoding="utf-8")
    done = emotrace_command(*CALL)
    assert (done.code, done.out) == (1, "")
    assert done.complaint == f"cannot write into out: {Path.cwd() / 'out'} is not a folder; give another one"


WITHOUT_TORCH = """
import sys
sys.modules["torch"] = None
from emotrace.cli import main
main()
"""


def test_without_the_extra() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_TORCH, *CALL], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert "needs the extra 'train': pip install 'emotrace[train]'" in done.stderr
