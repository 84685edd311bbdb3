"""Models that hear women and men apart."""

from __future__ import annotations

import numpy as np
import pytest

from emotrace.errors import TrainingError, UsageError
from emotrace.learn.models._build import build_model, export_model


def make_clips(n: int = 240, seed: int = 0) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Make clips in which the same feature says one thing of a woman and the other of a man."""
    rng = np.random.default_rng(seed)
    is_angry, is_male = rng.integers(2, size=n), rng.integers(2, size=n)
    sign = np.where(is_angry == is_male, 1.0, -1.0)
    rows = np.stack([2.0 * sign, 6.0 * is_male, np.zeros(n)], axis=1) + 0.5 * rng.normal(size=(n, 3))
    emotions = np.where(is_angry, "anger", "calm")
    return rows.astype(np.float32), emotions, [("female", "male")[m] for m in is_male]


ROWS, EMOTIONS, SEX = make_clips()
TEST_ROWS, TEST_EMOTIONS, TEST_SEX = make_clips(seed=1)


def accuracy(prediction: np.ndarray) -> float:
    return float(np.mean(prediction == TEST_EMOTIONS))


def test_who_speaks_must_be_known_to_hear_this():
    # A straight line cannot part what means the opposite of itself: that is why these models are there.
    plain = build_model("logistic").fit(ROWS, EMOTIONS)
    assert accuracy(plain.predict(TEST_ROWS)) < 0.7
    for name in ("sex-emotion", "two-step"):
        model = build_model(name, inner="logistic").fit(ROWS, EMOTIONS, sex=SEX)
        assert accuracy(model.predict(TEST_ROWS)) > 0.95, name


def test_per_sex_is_chosen_by_the_sex_that_is_known():
    model = build_model("per-sex", inner="logistic").fit(ROWS, EMOTIONS, sex=SEX)
    told = model.predict_proba(TEST_ROWS, sex=TEST_SEX)
    assert accuracy(model.classes_[told.argmax(axis=1)]) > 0.95
    of_women = build_model("logistic").fit(ROWS[np.array(SEX) == "female"], EMOTIONS[np.array(SEX) == "female"])
    is_woman = np.array(TEST_SEX) == "female"
    np.testing.assert_allclose(told[is_woman], of_women.predict_proba(TEST_ROWS[is_woman]))
    # Without it, both count the same; one whose sex is not known among others, too.
    mean = (model.only("female").predict_proba(TEST_ROWS) + model.only("male").predict_proba(TEST_ROWS)) / 2
    np.testing.assert_allclose(model.predict_proba(TEST_ROWS), mean)
    np.testing.assert_allclose(model.predict_proba(TEST_ROWS[:2], sex=[None, "male"])[0], mean[0])


def test_one_sex_is_exported_by_its_own_family():
    model = build_model("per-sex", inner="logistic").fit(ROWS, EMOTIONS, sex=SEX)
    assert export_model("logistic", model.only("male"), 3).graph.output[0].name == "probabilities"
    with pytest.raises(UsageError, match="has the sex 'both'"):
        model.only("both")


def test_joint_labels_are_folded_to_emotions_and_sexes():
    model = build_model("sex-emotion", inner="logistic").fit(ROWS, EMOTIONS, sex=SEX)
    assert model.joint_classes_.tolist() == ["female_anger", "female_calm", "male_anger", "male_calm"]
    joint = model.predict_joint_proba(TEST_ROWS)
    np.testing.assert_allclose(model.predict_proba(TEST_ROWS), joint[:, :2] + joint[:, 2:])
    sexes = model.predict_sex_proba(TEST_ROWS)
    np.testing.assert_allclose(sexes[:, 0], joint[:, :2].sum(axis=1))
    assert np.mean(sexes.argmax(axis=1) == (np.array(TEST_SEX) == "male")) > 0.97


def test_two_steps_mix_by_the_probability_of_the_sexes_or_by_the_likelier_one():
    soft, hard = (
        build_model("two-step", inner="logistic", sex_model="logistic", mixing=mixing).fit(ROWS, EMOTIONS, sex=SEX)
        for mixing in ("soft", "hard")
    )
    female = soft.predict_sex_proba(TEST_ROWS)[:, :1]
    of_sex = [soft.estimators_[sex].predict_proba(TEST_ROWS) for sex in ("female", "male")]
    np.testing.assert_allclose(soft.predict_proba(TEST_ROWS), female * of_sex[0] + (1 - female) * of_sex[1])
    np.testing.assert_allclose(hard.predict_proba(TEST_ROWS), np.where(female >= 0.5, of_sex[0], of_sex[1]))


def test_an_emotion_that_only_one_sex_has():
    emotions = EMOTIONS.copy()
    only_men = (np.array(SEX) == "male") & (np.arange(len(SEX)) % 3 == 0)
    emotions[only_men] = "fear"
    model = build_model("per-sex", inner="logistic").fit(ROWS, emotions, sex=SEX)
    assert model.classes_.tolist() == ["anger", "calm", "fear"]
    of_women = model.predict_proba(TEST_ROWS, sex=["female"] * len(TEST_ROWS))
    assert (of_women[:, 2] == 0.0).all()
    np.testing.assert_allclose(of_women.sum(axis=1), 1.0)


def test_words_for_what_is_missing():
    model = build_model("two-step", inner="logistic")
    with pytest.raises(UsageError, match=r"clip 1 has the sex None; .* fill in the column 'sex'"):
        model.fit(ROWS[:2], EMOTIONS[:2], sex=["female", None])
    with pytest.raises(UsageError, match=r"at least two emotions by male speakers, there are 0 clips of 0"):
        model.fit(ROWS, EMOTIONS, sex=["female"] * len(ROWS))


def test_the_sex_and_the_label_with_too_few_clips_are_named():
    emotions = EMOTIONS.copy()
    emotions[np.flatnonzero(np.array(SEX) == "male")[:3]] = "fear"
    sentence = r"the clips of male speakers alone: .* 5 clips of every label, of 'fear' there are 3; .* by n_folds"
    for name in ("per-sex", "two-step"):
        with pytest.raises(TrainingError, match=sentence):
            build_model(name, inner="svm").fit(ROWS, emotions, sex=SEX)
        build_model(name, inner="svm", n_folds=3).fit(ROWS, emotions, sex=SEX)
    with pytest.raises(UsageError, match="the model 'svm' cannot be built: n_folds must be at least 2, got 1"):
        build_model("svm", n_folds=1)
