from __future__ import annotations

import time

import numpy as np
import pytest
from sklearn import metrics as golden

from emotrace.errors import LabelError, UsageError
from emotrace.learn.evaluation.bootstrap import Interval, draw_speakers, speaker_bootstrap
from emotrace.learn.evaluation.metrics import accuracy, macro_f1, unweighted_average_recall

LABELS = ["anger", "calm", "fear"]


@pytest.fixture(scope="module")
def scored():
    """Eight speakers, some recognised well and some badly; every class in each speaker."""
    rng = np.random.default_rng(1)
    speakers = np.repeat([f"p{i}" for i in range(8)], 30)
    truth = np.tile(LABELS, 80)
    skill = np.repeat(np.linspace(0.2, 0.9, 8), 30)
    prediction = np.where(rng.random(240) < skill, truth, rng.choice(LABELS, 240))
    return truth.tolist(), prediction.tolist(), speakers.tolist()


def resample_slowly(scored, score, n_resamples, seed):
    """The same draw of speakers, but clip by clip and scored by scikit-learn."""
    truth, prediction, speakers = map(np.array, scored)
    weights = draw_speakers(speakers.tolist(), n_resamples, seed).weights
    names = sorted(set(speakers))
    for drawn in weights.astype(int):
        chosen = [name for name, times in zip(names, drawn, strict=True) for _ in range(times)]
        rows = np.concatenate([np.flatnonzero(speakers == name) for name in chosen])
        yield score(truth[rows], prediction[rows])


@pytest.mark.parametrize(
    ("metric", "reference"),
    [
        (unweighted_average_recall, golden.balanced_accuracy_score),
        (accuracy, golden.accuracy_score),
        (macro_f1, lambda t, p: golden.f1_score(t, p, average="macro")),
    ],
)
def test_interval_is_that_of_resampling_clip_by_clip(scored, metric, reference):
    interval = speaker_bootstrap(*scored, metric, n_resamples=60, seed=4, level=0.9)
    slow = list(resample_slowly(scored, reference, 60, 4))
    assert interval.value == pytest.approx(reference(scored[0], scored[1]))
    assert (interval.low, interval.high) == pytest.approx(tuple(np.quantile(slow, [0.05, 0.95])))
    assert (interval.level, interval.n_speakers) == (0.9, 8)


def test_metric_of_ones_own_gives_the_same_as_the_fast_way(scored):
    own = speaker_bootstrap(*scored, lambda t, p: accuracy(list(t), list(p)), n_resamples=50)
    assert own == speaker_bootstrap(*scored, accuracy, n_resamples=50)


def test_draw_is_of_whole_speakers_as_many_as_there_are(scored):
    draw = draw_speakers(scored[2], 500, seed=0)
    assert draw.weights.shape == (500, 8)
    assert (draw.weights.sum(axis=1) == 8).all()
    assert draw.weights.mean(axis=0) == pytest.approx(np.ones(8), abs=0.2)


def test_speakers_give_a_wider_interval_than_clips(scored):
    truth, prediction, speakers = scored
    by_speaker = speaker_bootstrap(truth, prediction, speakers)
    by_clip = speaker_bootstrap(truth, prediction, [str(i) for i in range(len(truth))])
    assert by_speaker.high - by_speaker.low > 1.5 * (by_clip.high - by_clip.low)


def test_seed_decides(scored):
    assert speaker_bootstrap(*scored, seed=1) == speaker_bootstrap(*scored, seed=1)
    assert speaker_bootstrap(*scored, seed=1) != speaker_bootstrap(*scored, seed=2)


def test_interval_covers_the_truth_about_as_often_as_it_says():
    # 40 speakers of known mean skill 0.5: the 90 % interval should hold it in about 90 of 100 samples.
    rng = np.random.default_rng(0)
    held = 0
    for trial in range(200):
        skill = rng.beta(4, 4, 40)
        is_right = rng.random((40, 10)) < skill[:, None]
        prediction = np.where(is_right, "a", "b").ravel()
        speakers = np.repeat(np.arange(40), 10).astype(str)
        interval = speaker_bootstrap(["a"] * 400, prediction, speakers, accuracy, 300, trial, 0.9)
        held += interval.low <= 0.5 <= interval.high
    assert 165 <= held <= 195


def test_one_speaker_has_no_interval():
    interval = speaker_bootstrap(["a", "b"], ["a", "a"], ["p", "p"])
    assert interval == Interval(value=0.5, low=None, high=None, level=0.95, n_speakers=1)
    assert interval.to_dict() == {"value": 0.5, "low": None, "high": None}


@pytest.mark.parametrize("metric", [accuracy, lambda t, p: accuracy(list(t), list(p))])
def test_unknown_speakers_have_no_interval(metric):
    interval = speaker_bootstrap(["a", "b", "b"], ["a", "a", "b"], ["p", "q", " "], metric)
    assert interval.value == pytest.approx(2 / 3)
    assert (interval.low, interval.high, interval.n_speakers) == (None, None, 2)


def test_two_speakers_give_no_more_than_how_far_they_are_apart():
    interval = speaker_bootstrap(["a"] * 4, ["a", "a", "a", "b"], ["p", "p", "q", "q"], accuracy)
    assert (interval.low, interval.high) == (0.5, 1.0)


def test_resamples_without_a_defined_score_have_no_say():
    from emotrace.learn.evaluation.confusion import precisions

    draw = draw_speakers(["p", "q"], 200)
    counts = draw.count_confusions(np.array([0, 1]), np.array([0, 1]), 2)
    interval = draw.bound(counts, lambda c: precisions(c)[..., 0])
    assert (interval.value, interval.low, interval.high) == (1.0, 1.0, 1.0)


def test_thousand_resamples_of_seven_thousand_clips_take_little_time():
    rng = np.random.default_rng(0)
    truth, prediction = (rng.choice(list("abcdefgh"), 7000).tolist() for _ in range(2))
    speakers = [f"p{i}" for i in rng.integers(0, 91, 7000)]
    start = time.process_time()
    speaker_bootstrap(truth, prediction, speakers)
    assert time.process_time() - start < 2.0


def test_wrong_input_is_refused():
    with pytest.raises(UsageError, match="truth, prediction and speakers have 1, 1 and 2 entries"):
        speaker_bootstrap(["a"], ["a"], ["p", "q"])
    with pytest.raises(UsageError, match="got no utterances"):
        speaker_bootstrap([], [], [])
    with pytest.raises(UsageError, match=r"at least 1 resample and a level between 0 and 1, not 0 and 0\.95"):
        speaker_bootstrap(["a"], ["a"], ["p"], n_resamples=0)
    for level in (0.0, 1.0, float("nan")):
        with pytest.raises(UsageError, match=f"not 1000 and {level}"):
            speaker_bootstrap(["a"], ["a"], ["p"], level=level)
    with pytest.raises(UsageError, match="whole number from 0, not -1"):
        speaker_bootstrap(["a"], ["a"], ["p"], seed=-1)
    with pytest.raises(LabelError, match="truth number 0 is 'no speech'"):
        speaker_bootstrap(["no speech"], ["a"], ["p"])
