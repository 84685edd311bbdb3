"""What a leak is worth: how much better a quick baseline scores when it may meet the test's speakers in training.

The baseline is logistic regression on the 180 means (feature set ``means180``, each feature brought to mean 0 and
deviation 1 within the training folds), judged by cross-validation with 5 folds and three seeds: once with clips
dealt out at random, once with all clips of a speaker in one fold. Nothing else differs.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emotrace.errors import EmotraceError, MissingExtraError
from emotrace.learn.evaluation.bootstrap import Interval, SpeakerDraw, draw_speakers
from emotrace.learn.evaluation.confusion import mean_recall
from emotrace.learn.evaluation.speakers import group_speakers
from emotrace.learn.table import FeatureTable, extract_table
from emotrace.types import Utterance

FEATURE_SET = "means180"
MODEL = "logistic"
N_FOLDS = 5
SEEDS = (0, 1, 2)
MOST_CLIPS = 4_000
"""Of more clips so many are drawn at random: the baseline is to be quick."""

_LEAST_CLIPS_OF_A_LABEL = 10
_LEAST_CLIPS_OF_A_PAIR = 2

Progress = Callable[[int, int], Any]
Indices = NDArray[np.int64]
Matrix = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Worth:
    """Unweighted average recall of the baseline, with 95 % intervals over speakers.

    Attributes
    ----------
    n_clips, n_speakers, labels
        What it was trained and judged on; clips of all sides together.
    n_left_out
        Clips that could not be used (no label, a rare one, unreadable), or were not drawn.
    random
        Clips dealt out at random: the same speakers in training and test.
    grouped
        Each speaker in one fold: only unheard speakers in the test.
    gap
        The difference of the two: what knowing the speakers is worth.
    as_given
        Trained on the training side and tested on the test side as they are; None if there is no such pair.
    """

    n_clips: int
    n_speakers: int
    labels: tuple[str, ...]
    n_left_out: int
    random: Interval
    grouped: Interval
    gap: Interval
    as_given: Interval | None = None

    def to_dict(self) -> dict[str, Any]:
        """Give all of it, and how it was measured, ready for JSON."""
        return {
            "feature_set": FEATURE_SET,
            "model": MODEL,
            "n_folds": N_FOLDS,
            "seeds": list(SEEDS),
            "metric": "unweighted average recall",
            "level": self.random.level,
            "n_clips": self.n_clips,
            "n_speakers": self.n_speakers,
            "labels": list(self.labels),
            "n_left_out": self.n_left_out,
            "random": self.random.to_dict(),
            "speaker_grouped": self.grouped.to_dict(),
            "gap": self.gap.to_dict(),
            "as_given": None if self.as_given is None else self.as_given.to_dict(),
        }


def measure_worth(
    train: Sequence[Utterance],
    test: Sequence[Utterance],
    *,
    others: Sequence[Utterance] = (),
    n_jobs: int = 1,
    cache: Path | bool = True,
    on_extracted: Progress | None = None,
    on_fitted: Progress | None = None,
) -> Worth:
    """Measure what the leak is worth.

    Parameters
    ----------
    train, test
        Utterances with speakers and emotions; those without are left out.
    others
        More of them, used where the sides are mixed.
    n_jobs
        Processes that extract features.
    cache
        Where features are kept: a folder; True for the system's, False for nowhere.
    on_extracted, on_fitted
        Told how much is done, and of how much.

    Raises
    ------
    EmotraceError
        Saying why, if it cannot be measured: too few speakers or labels, or no clip that can be used.
    MissingExtraError
        If scikit-learn is not installed.
    """
    _require_sklearn()
    sides = [("train", u) for u in train] + [("test", u) for u in test] + [("other", u) for u in others]
    usable = _choose(sides)
    table = extract_table(
        [utterance for _, utterance in usable], FEATURE_SET, n_jobs=n_jobs, cache=cache, progress=on_extracted
    )
    # Unusable clips are named by place, not by value: the same clip may stand in two rows.
    lost = Counter(id(clip.utterance) for clip in table.unusable)
    side_of = np.array([side for side, utterance in usable if not lost[id(utterance)]])
    bench = _Bench(table, on_fitted)
    bench.require_enough()
    return bench.measure(side_of, n_left_out=len(sides) - len(table.utterances))


def _require_sklearn() -> None:
    try:
        import sklearn  # noqa: F401
    except ImportError:
        raise MissingExtraError("measuring what a leak is worth", "train") from None


def _choose(sides: Sequence[tuple[str, Utterance]]) -> list[tuple[str, Utterance]]:
    """Keep clips with speaker and a label that is not rare; of too many, draw some."""
    named = [(side, u) for side, u in sides if u.speaker and u.emotion]
    counts = Counter(utterance.emotion for _, utterance in named)
    usable = [(side, u) for side, u in named if counts[u.emotion] >= _LEAST_CLIPS_OF_A_LABEL]
    if len({utterance.speaker for _, utterance in sides if utterance.speaker}) < 2:
        raise EmotraceError("there are fewer than two known speakers")
    if len({utterance.emotion for _, utterance in usable}) < 2:
        raise EmotraceError(f"there are fewer than two emotions with {_LEAST_CLIPS_OF_A_LABEL} clips or more")
    if len({utterance.speaker for _, utterance in usable}) < 2:
        raise EmotraceError(f"emotions with {_LEAST_CLIPS_OF_A_LABEL} clips or more are said by one speaker alone")
    n_per_pair = len(usable) / len({(utterance.speaker, utterance.emotion) for _, utterance in usable})
    if n_per_pair < _LEAST_CLIPS_OF_A_PAIR:
        # What is held out is then missed among the speaker's own clips: who is known seems to say something else.
        raise EmotraceError(
            f"speakers say an emotion {n_per_pair:.1f} times on average, too seldom to tell what knowing them is "
            f"worth (at least {_LEAST_CLIPS_OF_A_PAIR})"
        )
    if len(usable) <= MOST_CLIPS:
        return usable
    drawn = np.random.default_rng(0).choice(len(usable), MOST_CLIPS, replace=False)
    return [usable[place] for place in sorted(drawn.tolist())]


class _Bench:
    """The table of features, and what is fitted on it."""

    def __init__(self, table: FeatureTable, on_fitted: Progress | None) -> None:
        self._matrix = table.matrix
        self.speakers = [utterance.speaker for utterance in table.utterances]
        self.labels = tuple(sorted({utterance.emotion for utterance in table.utterances}))
        self._truth = np.array([self.labels.index(utterance.emotion) for utterance in table.utterances])
        # Who shares a recording with others cannot be parted from them.
        group_of = {name: n for n, group in enumerate(group_speakers(table.utterances)) for name in group}
        self._groups = np.array([group_of[name] for name in self.speakers])
        self._on_fitted = on_fitted
        self._n_fitted = 0

    def require_enough(self) -> None:
        """Raise `EmotraceError` if folds cannot be made."""
        if len(set(self._groups.tolist())) < 2:
            raise EmotraceError("all speakers share recordings, so that none can be held out")

    def measure(self, side_of: NDArray[np.str_], n_left_out: int) -> Worth:
        """Fit and judge all baselines."""
        draw = draw_speakers(self.speakers * len(SEEDS))
        truth = np.tile(self._truth, len(SEEDS))
        random = np.concatenate([self._predict(self._deal_clips(seed)) for seed in SEEDS])
        grouped = np.concatenate([self._predict(self._deal_speakers(seed)) for seed in SEEDS])
        as_given = self._judge_as_given(np.flatnonzero(side_of == "train"), np.flatnonzero(side_of == "test"))
        counts = np.stack([self._count(draw, truth, guess) for guess in (random, grouped)], axis=1)
        return Worth(
            n_clips=len(self._truth),
            n_speakers=len(set(self.speakers)),
            labels=self.labels,
            n_left_out=n_left_out,
            random=draw.bound(counts[:, 0], mean_recall),
            grouped=draw.bound(counts[:, 1], mean_recall),
            gap=draw.bound(counts, lambda sums: mean_recall(sums[..., 0, :, :]) - mean_recall(sums[..., 1, :, :])),
            as_given=as_given,
        )

    def _judge_as_given(self, train: Indices, test: Indices) -> Interval | None:
        if len(set(self._truth[train].tolist())) < 2 or not len(test):
            self._tell()
            return None
        guess = self._fit(train).predict(self._matrix[test])
        self._tell()
        draw = draw_speakers([self.speakers[place] for place in test])
        return draw.bound(self._count(draw, self._truth[test], guess), mean_recall)

    def _count(self, draw: SpeakerDraw, truth: Indices, guess: Indices) -> NDArray[np.float64]:
        return draw.count_confusions(truth, guess, len(self.labels))

    def _predict(self, fold_of: Indices) -> Indices:
        """Predict every clip by a model that has not met it."""
        guess = np.zeros_like(self._truth)
        for fold in np.unique(fold_of):
            held_out = fold_of == fold
            guess[held_out] = self._fit(np.flatnonzero(~held_out)).predict(self._matrix[held_out])
            self._tell()
        return guess

    def _fit(self, rows: Indices) -> Any:
        from emotrace.learn.models._build import build_model

        model = build_model(MODEL)
        with warnings.catch_warnings():
            # One step short of convergence is good enough here.
            warnings.simplefilter("ignore")
            return model.fit(self._matrix[rows], self._truth[rows])

    def _deal_clips(self, seed: int) -> Indices:
        """Deal clips into folds at random, each label evenly."""
        from sklearn.model_selection import StratifiedKFold

        return self._folds(StratifiedKFold(N_FOLDS, shuffle=True, random_state=seed))

    def _deal_speakers(self, seed: int) -> Indices:
        """Deal speakers into folds at random, labels as evenly as that can be."""
        from sklearn.model_selection import StratifiedGroupKFold

        n_folds = min(N_FOLDS, len(set(self._groups.tolist())))
        return self._folds(StratifiedGroupKFold(n_folds, shuffle=True, random_state=seed))

    def _folds(self, splitter: Any) -> Indices:
        fold_of = np.zeros(len(self._truth), dtype=np.int64)
        with warnings.catch_warnings():
            # Labels with fewer clips than folds: they are in some folds only.
            warnings.simplefilter("ignore")
            for fold, (_, held_out) in enumerate(splitter.split(self._matrix, self._truth, self._groups)):
                fold_of[held_out] = fold
        return fold_of

    def _tell(self) -> None:
        self._n_fitted += 1
        n_grouped = min(N_FOLDS, len(set(self._groups.tolist())))
        if self._on_fitted is not None:
            self._on_fitted(self._n_fitted, len(SEEDS) * (N_FOLDS + n_grouped) + 1)
