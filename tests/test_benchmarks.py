"""Benchmarks that take minutes still run: on a few clips, with the corpus line in the table."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from tests.made_corpora import make_corpora

ROOT = Path(__file__).parent.parent


@pytest.mark.skipif(find_spec("librosa") is None, reason="librosa is not installed")
def test_features_are_timed_against_librosa_and_on_a_corpus(tmp_path: Path) -> None:
    make_corpora(tmp_path / "corpora")
    command = [sys.executable, ROOT / "benchmarks/features.py", "--smoke", "--cores", "1", "-o", "found.json"]
    done = subprocess.run(
        # By a shell: a new process counts its parent's memory as its own, and that of the tests is large.
        ["sh", "-c", '"$@"; exit $?', "sh", *map(str, command)],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={**os.environ, "EMOTRACE_CORPORA": str(tmp_path / "corpora")},
    )
    assert done.returncode == 0, done.stderr
    first_words = [line.split("  ")[0] for line in done.stdout.splitlines()]
    assert first_words[1:] == [
        "means180, ms of CPU a clip",
        "means184, ms of CPU a clip",
        "RAVDESS, 4 clips, means184: s of CPU",
        "RAVDESS, 4 clips, means184: s on 1 core" + ("" if hasattr(os, "sched_setaffinity") else ", not pinned"),
        "RAVDESS, 4 clips, means184: s again, from the cache",
        "target: 5 x librosa",
    ]
    found = json.loads((tmp_path / "found.json").read_text(encoding="utf-8"))
    assert found["is_smoke"] is True
    whole = found["ravdess_means184_whole_command"]
    assert (whole["n_clips"], whole["cores"]) == (4, 1)
    assert whole["full_cache"]["wall_seconds"] > 0.0
    for result in found["sets"].values():
        assert (result["n_clips"], result["n_clips_equal_to_librosa_to_1e-3"]) == (4, 4)
