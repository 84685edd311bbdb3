"""Features of clips and copies: as computed by hand, and the same out of the cache."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from emotrace.audio.load import load_audio
from emotrace.audio.trim import trim
from emotrace.features import mfcc20
from emotrace.learn.augment import find_plan
from emotrace.learn.laboratory import copies
from emotrace.learn.laboratory.copies import measure
from emotrace.learn.laboratory.recipe import read_claim
from emotrace.learn.laboratory.speech import find_clips


def test_copies_are_those_made_by_hand(corpora: Path, tmp_path: Path) -> None:
    utterances = find_clips(read_claim("R12"), corpora, is_small=True)[:3]
    rows = find_plan("quality-assurance").rows_before_split_leaky(utterances, 5)
    measured, usable = measure(utterances, "mfcc20", 60.0, rows, cache=tmp_path)
    assert usable == utterances
    signal = trim(load_audio(utterances[1].file, 22_050), 60.0)[0]
    by_hand = [mfcc20.extract(row.apply(signal, 22_050), 22_050) for row in rows[3:6]]
    np.testing.assert_allclose(measured.rows(rows[3:6]), by_hand, rtol=1e-6)
    np.testing.assert_array_equal(measured.rows(rows[3:4]), measured.clips(utterances[1:2]))
    assert np.abs(measured.rows(rows[3:4]) - measured.rows(rows[4:5])).max() > 1.0


def test_copies_come_out_of_the_cache(corpora: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    utterances = find_clips(read_claim("R12"), corpora, is_small=True)[:2]
    rows = find_plan("quality-assurance").rows_before_split_leaky(utterances, 0)
    first, _ = measure(utterances, "mfcc20", None, rows, cache=tmp_path)
    monkeypatch.setattr(copies, "load_segment", None)
    again, _ = measure(utterances, "mfcc20", None, rows, cache=tmp_path)
    np.testing.assert_array_equal(again.rows(rows), first.rows(rows))
    others = find_plan("quality-assurance").rows_before_split_leaky(utterances, 1)
    with pytest.raises(TypeError):
        measure(utterances, "mfcc20", None, others, cache=tmp_path)
