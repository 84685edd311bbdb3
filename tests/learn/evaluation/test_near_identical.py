from __future__ import annotations

import numpy as np
import pytest
from tests.made_voice import RATE, make_voice

from emotrace.audio.resample import resample
from emotrace.errors import EmotraceError
from emotrace.learn._processes import Death
from emotrace.learn.augment.codec import Codec
from emotrace.learn.augment.gain import Gain
from emotrace.learn.augment.noise import Noise
from emotrace.learn.augment.pitch_shift import PitchShift
from emotrace.learn.augment.telephone import Telephone
from emotrace.learn.augment.time_shift import TimeShift
from emotrace.learn.augment.time_stretch import TimeStretch
from emotrace.learn.evaluation._patches import PatchIndex
from emotrace.learn.evaluation.near_identical import SAMPLING_RATE, Fingerprint, find_same_takes, take_fingerprint

SENTENCES = range(12)


def fingerprint(signal: np.ndarray) -> Fingerprint:
    return take_fingerprint(resample(signal, RATE, SAMPLING_RATE), SAMPLING_RATE)


def voice(sentence: int, take: int = 0) -> np.ndarray:
    return make_voice(sentence, take, pitch_hz=100.0 + 10.0 * sentence)


@pytest.fixture(scope="module")
def sources() -> list[Fingerprint]:
    return [fingerprint(voice(sentence)) for sentence in SENTENCES]


@pytest.mark.parametrize(
    "augmentations",
    [
        (Gain(-12.0),),
        (Noise(0.035),),
        (Codec("mp3", 0.8),),
        (Telephone(),),
        (TimeShift(4_000),),
        (TimeStretch(0.75),),
        (TimeStretch(1.25),),
        (PitchShift(-2.0),),
        (PitchShift(0.5),),
        (TimeStretch(0.8), PitchShift(0.7)),
        (Noise(0.015), TimeStretch((0.9, 1.1)), PitchShift((0.85, 1.15))),
    ],
    ids=lambda augmentations: "+".join(type(a).__name__ for a in augmentations),
)
def test_altered_copies_are_found(sources, augmentations):
    rng = np.random.default_rng(2)
    altered = []
    for sentence in SENTENCES[:5]:
        signal = voice(sentence)
        for augmentation in augmentations:
            signal = augmentation(signal, RATE, rng)
        altered.append(fingerprint(signal))
    found = {(pair.first, pair.second) for pair in find_same_takes(sources, altered)}
    own = {(sentence, sentence) for sentence in SENTENCES[:5]}
    assert len(found & own) >= 4
    assert len(found - own) <= 1


def test_the_change_is_measured(sources):
    rng = np.random.default_rng(0)
    (pair,) = find_same_takes(sources, [fingerprint(TimeStretch(0.8)(voice(3), RATE, rng))])
    assert pair.match.tempo == pytest.approx(0.8, abs=0.02)
    (pair,) = find_same_takes(sources, [fingerprint(PitchShift(2.0)(voice(3), RATE, rng))])
    assert (pair.first, pair.match.semitones) == (3, 2.0)


def test_other_takes_and_strangers_are_not_taken_for_copies(sources):
    takes = [fingerprint(voice(sentence, take=1)) for sentence in SENTENCES]
    strangers = [fingerprint(voice(sentence)) for sentence in range(100, 108)]
    assert find_same_takes(sources, takes + strangers) == []


def test_what_fits_everything_is_no_copy():
    """All sing along to one tune: every pair fits, but only the copy fits much better than the others do."""
    tune = make_voice(500, 0, 150.0)

    def sing(singer: int) -> np.ndarray:
        own = make_voice(singer, 0, 90.0 + 9.0 * (singer % 13))
        length = min(len(tune), len(own))
        return np.asarray(tune[:length] + 0.9 * own[:length], dtype=np.float32)

    choir = [fingerprint(sing(singer)) for singer in range(24)]
    others = [fingerprint(sing(singer)) for singer in (30, 31, 32)]
    copy = fingerprint(Noise(0.02)(sing(5), RATE, np.random.default_rng(1)))
    # With few to compare with nobody can tell.
    assert any(find_same_takes([one], others) for one in choir)
    assert [(pair.first, pair.second) for pair in find_same_takes(choir, [*others, copy])] == [(5, 3)]


def test_all_copies_of_one_source_are_found(sources):
    """Copies of one source fit nearly as well as the source itself, and are no bystanders."""
    rng = np.random.default_rng(3)
    copies = [fingerprint(Noise(0.02)(voice(2), RATE, rng)) for _ in range(5)]
    asked = fingerprint(TimeStretch(0.9)(voice(2), RATE, rng))
    found = {pair.first for pair in find_same_takes([*sources, *copies], [asked])}
    assert len(found) == 4
    assert found <= {2, *range(len(sources), len(sources) + 5)}


def test_the_likeliest_source_is_asked_first(sources):
    index = PatchIndex(sources)
    for sentence in SENTENCES:
        (first, *_) = index.find(fingerprint(voice(sentence)).shapes(), 4)
        assert (first.place, first.stretch) == (sentence, 1.0)


def test_empty_fingerprints_match_nothing(sources):
    empty = Fingerprint(np.zeros((0, 120), np.int8))
    assert find_same_takes([empty, empty], [empty]) == []
    assert find_same_takes([], sources) == []
    (pair,) = find_same_takes([empty, sources[4]], [empty, sources[4]])
    assert (pair.first, pair.second) == (1, 1)


def test_processes_give_what_one_gives(sources):
    asked = sources[:2]
    steps: list[tuple[int, int]] = []
    alone = find_same_takes(sources, asked * 10, progress=lambda *step: steps.append(step))
    assert find_same_takes(sources, asked * 10, n_jobs=2) == alone
    assert [pair.second for pair in alone] == list(range(20))
    assert steps[0] == (16, 40)
    assert steps[-1] == (40, 40)


def test_a_lost_process_is_told_in_a_sentence(sources, monkeypatch):
    def lose(*_):
        yield 0, Death("was killed by signal 9")

    monkeypatch.setattr("emotrace.learn.evaluation.near_identical.run_tasks", lose)
    with pytest.raises(EmotraceError, match="compared recordings was killed by signal 9, twice; perhaps memory"):
        find_same_takes(sources, sources)
