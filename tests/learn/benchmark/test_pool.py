from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, f1_score, log_loss, recall_score

from emotrace.errors import LeakError
from emotrace.learn.benchmark.pool import pool_folds, stack_seeds


def guesses(fold_or_pool, corpus):
    """Say by other means what was guessed in a corpus: the most probable of its own labels."""
    own = fold_or_pool.own[corpus]
    pairs = [(u, p) for u, p in fold_or_pool.heard if u.corpus == corpus]
    truth = [u.emotion for u, _ in pairs]
    guess = [max(own, key=p.probabilities.__getitem__) if p.is_speech else "nothing" for _, p in pairs]
    return truth, guess, list(own)


@pytest.mark.parametrize("corpus", ["ravdess", "savee", "tess"])
def test_pooled_scores_agree_with_another_implementation(make_fold, corpus):
    pool = pool_folds([make_fold(1, 1), make_fold(1, 2), make_fold(1, 4)])
    scores = pool.score()["corpora"][corpus]
    truth, guess, own = guesses(pool, corpus)
    assert scores["labels"] == own
    assert scores["n"] == len(truth)
    expected = {
        "unweighted_average_recall": recall_score(truth, guess, labels=own, average="macro", zero_division=0),
        "accuracy": accuracy_score(truth, guess),
        "macro_f1": f1_score(truth, guess, labels=own, average="macro", zero_division=0),
    }
    assert {key: scores[key]["value"] for key in expected} == pytest.approx(expected)
    spoken = [(u, p) for u, p in pool.heard if u.corpus == corpus and p.is_speech]
    rows = np.array([[p.probabilities[label] for label in own] for _, p in spoken])
    rows /= rows.sum(axis=1, keepdims=True)
    order = np.argsort(own)
    loss = log_loss([u.emotion for u, _ in spoken], rows[:, order], labels=sorted(own))
    assert scores["log_loss"]["value"] == pytest.approx(loss)


def test_speech_is_pooled_without_song(make_fold):
    fold = make_fold(1, 1)
    heard = tuple((replace(u, corpus="ravdess-song") if u.corpus == "tess" else u, p) for u, p in fold.heard)
    song = replace(fold, heard=heard, own={**fold.own, "ravdess-song": fold.own["tess"]})
    scores = pool_folds([song]).score()
    n_sung = scores["corpora"]["ravdess-song"]["n"]
    assert 0 < n_sung == len(heard) - scores["pooled"]["n"]


def test_a_clip_that_is_judged_twice_is_refused(make_fold):
    one, two = make_fold(1, 1), make_fold(1, 2)
    stolen = replace(two, heard=(*two.heard, one.heard[3]), known_speakers=frozenset())
    with pytest.raises(LeakError) as error:
        pool_folds([one, stolen])
    assert str(error.value) == (
        f"{one.heard[3][0].file} is judged in fold 1 and again in fold 2 of seed 1; a clip may count once: remove "
        "the folder of the fold that it does not belong to"
    )
    with pytest.raises(LeakError, match="is judged in fold 1 and again in fold 1"):
        pool_folds([replace(one, heard=one.heard[:1] * 2)])


@pytest.mark.parametrize("how", ["whole name", "name within the corpus"])
def test_a_speaker_whom_the_model_knew_is_refused(make_fold, how):
    fold = make_fold(1, 1)
    victim = fold.heard[0][0]
    leaky = replace(fold, known_speakers=fold.known_speakers | {victim.speaker})
    if how != "whole name":
        short = victim.speaker.partition(":")[2]
        heard = tuple((replace(u, speaker=short) if u.speaker == victim.speaker else u, p) for u, p in fold.heard)
        leaky = replace(leaky, heard=heard)
    with pytest.raises(LeakError, match="the model of seed 1, fold 1 was trained or tuned on speaker "):
        pool_folds([leaky])


def test_seeds_on_top_of_one_another_give_the_mean_over_seeds(make_fold):
    pools = [pool_folds([make_fold(seed, n) for n in (1, 2)]) for seed in (1, 2, 3)]
    # A clip in which nobody is heard has no loss; let all of them hear the same ones.
    spoken = [pair[0].file for pair in pools[0].heard]
    for pool in pools:
        silent = {u.file for u, p in pool.heard if not p.is_speech}
        spoken = [file for file in spoken if file not in silent]
    pools = [replace(p, heard=tuple(pair for pair in p.heard if pair[0].file in spoken)) for p in pools]
    whole = stack_seeds(pools).score()["pooled"]
    parts = [pool.score()["pooled"] for pool in pools]
    for key in ("unweighted_average_recall", "accuracy", "log_loss", "brier_score"):
        assert whole[key]["value"] == pytest.approx(np.mean([part[key]["value"] for part in parts]))
        assert whole[key]["low"] <= whole[key]["value"] <= whole[key]["high"]


def test_a_label_that_one_model_lacks_has_no_probability_there(make_fold):
    fold = make_fold(1, 1)
    labels = tuple(label for label in fold.labels if label != "disgust")

    def without(p):
        return replace(p, probabilities={k: v for k, v in p.probabilities.items() if k != "disgust"})

    poor = replace(
        fold,
        labels=labels,
        heard=tuple((u, without(p) if p.is_speech else p) for u, p in fold.heard if u.emotion != "disgust"),
        own={corpus: tuple(x for x in own if x != "disgust") for corpus, own in fold.own.items()},
    )
    pool = pool_folds([poor, make_fold(1, 2)])
    assert pool.labels == fold.labels
    counts = pool.score()["pooled"]["confusion"]
    assert counts["labels"] == list(fold.labels)
    assert sum(map(sum, counts["counts"])) + sum(counts["no_speech"]) == len(pool.heard)
