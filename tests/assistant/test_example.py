"""The example dialogue runs, and its assistant learns."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

import emotrace
from emotrace.assistant import Policy

_EXAMPLE = Path(__file__).parents[2] / "examples" / "assistant_dialogue.py"
_DEMO_CALL = Path(emotrace.__file__).parent / "assets" / "demo-call.flac"


@pytest.fixture(scope="module")
def example():
    if not _EXAMPLE.exists():
        pytest.skip("installed without examples")
    return runpy.run_path(str(_EXAMPLE))


def test_the_simulated_person_is_followed(example, capsys):
    assert example["main"]([]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    tables = re.findall(r"after day (\d+), the person being ([a-z ]+):\n((?:  .*\n)+)", out)
    assert [(int(day), mood) for day, mood, _ in tables] == [
        (15, "in a hurry"), (30, "in a hurry"), (45, "curious"), (60, "curious"),
    ]  # fmt: skip
    for (_, _, table), favourite in zip(tables, ["brief", "brief", "detailed", "detailed"], strict=True):
        shares = {name: int(share) for name, share in re.findall(r"(\w+) +#.*pleases +(\d+)%", table)}
        assert max(shares, key=shares.__getitem__) == favourite


def test_recordings_as_replies_and_a_policy_that_stays(example, capsys, tmp_path):
    path = tmp_path / "policy.db"
    assert example["main"]([str(_DEMO_CALL), str(_DEMO_CALL), "--policy", str(path)]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert out.count(f"person:    ({_DEMO_CALL}: ") == 2
    rewarded = len(re.findall(r"reward [+-]", out))
    assert rewarded + out.count("nothing learned") == 2
    assert (
        sum(style.n_rewards for style in Policy(path, list(example["ANSWERS"])).statistics("delivery")) == rewarded
    )


def test_a_reply_that_is_not_there(example, capsys, tmp_path):
    assert example["main"]([str(tmp_path / "none.wav")]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("assistant_dialogue: ")
    assert "none.wav" in line
