from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest

from emotrace.errors import LabelError, UsageError
from emotrace.learn.evaluation import metrics
from emotrace.learn.evaluation.bootstrap import speaker_bootstrap
from emotrace.learn.evaluation.evaluate import evaluate
from emotrace.learn.evaluation.selective import tell_risk_coverage

LABELS = ("anger", "calm", "sadness")


@pytest.fixture(scope="module")
def people(make_people):
    return make_people([*(f"x:{i}" for i in range(4)), *(f"y:{i}" for i in range(4))], n_clips=12)


@pytest.fixture(scope="module")
def case(people, draw_predictions):
    """Truths, probabilities, labels, speakers."""
    truth, probabilities = draw_predictions(0, len(people), LABELS)
    return truth, probabilities, LABELS, [u.speaker for u in people]


@pytest.fixture(scope="module")
def scores(case, people):
    return evaluate(*case, utterances=people, n_resamples=200, seed=5, level=0.9)


def decide(probabilities) -> list[str]:
    return [LABELS[i] for i in np.argmax(probabilities, axis=1)]


def test_headlines_are_the_metrics_with_their_intervals(case, scores):
    truth, probabilities, _, speakers = case
    for metric in (metrics.unweighted_average_recall, metrics.accuracy, metrics.macro_f1):
        expected = speaker_bootstrap(truth, decide(probabilities), speakers, metric, 200, 5, 0.9)
        assert scores[metric.__name__] == pytest.approx(expected.to_dict())
        assert expected.low < expected.value < expected.high


def test_scores_of_probabilities_are_the_metrics(case, scores):
    truth, probabilities, labels, _ = case
    for metric in (metrics.log_loss, metrics.brier_score, metrics.expected_calibration_error):
        told = scores[metric.__name__]
        assert told["value"] == pytest.approx(metric(truth, probabilities, labels))
        assert told["low"] < told["high"]
    assert scores["expected_calibration_error"]["n_bins"] == 15


def test_interval_of_log_loss_is_that_of_resampling(case, scores):
    truth, probabilities, labels, speakers = case
    expected = speaker_bootstrap(
        truth, probabilities, speakers, lambda t, p: metrics.log_loss(t, p, labels), 200, 5, 0.9
    )
    assert scores["log_loss"] == pytest.approx(expected.to_dict())


def test_interval_of_calibration_error_is_that_of_resampling(case, scores):
    truth, probabilities, labels, speakers = case
    expected = speaker_bootstrap(
        truth,
        probabilities,
        speakers,
        lambda t, p: metrics.expected_calibration_error(t, p, labels),
        200,
        5,
        0.9,
    )
    told = scores["expected_calibration_error"]
    assert {key: told[key] for key in ("value", "low", "high")} == pytest.approx(expected.to_dict())


def test_classes_are_the_metrics(case, scores):
    truth, probabilities, labels, _ = case
    for expected in metrics.score_classes(truth, decide(probabilities), labels):
        told = scores["per_class"][expected.label]
        assert told["support"] == expected.support
        assert told["n_predicted"] == expected.n_predicted
        for name in ("precision", "recall", "f1"):
            assert told[name]["value"] == pytest.approx(getattr(expected, name))
            assert told[name]["low"] <= told[name]["value"] <= told[name]["high"]


def test_confusion_has_its_labels(case, scores):
    truth, probabilities, labels, _ = case
    assert scores["confusion"] == {
        "labels": list(labels),
        "counts": metrics.confusion_matrix(truth, decide(probabilities), labels).tolist(),
        "no_speech": [0, 0, 0],
    }


def test_settings_and_counts_are_stated(scores):
    assert scores["n"] == 96
    assert scores["n_speakers"] == 8
    assert scores["n_no_speech"] == 0
    assert scores["labels"] == list(LABELS)
    assert scores["bootstrap"] == {"unit": "speaker", "n_resamples": 200, "seed": 5, "level": 0.9}


@pytest.mark.parametrize(
    ("table", "attribute"),
    [
        ("per_sex", "sex"),
        ("per_speaker", "speaker"),
        ("per_corpus", "corpus"),
        ("per_intensity", "intensity"),
    ],
)
def test_tables_score_each_group_by_itself(case, scores, people, table, attribute):
    truth, probabilities, _, speakers = case
    prediction = decide(probabilities)
    assert set(scores[table]) == {getattr(u, attribute) for u in people}
    for group, told in scores[table].items():
        rows = [i for i, u in enumerate(people) if getattr(u, attribute) == group]
        mine = [[column[i] for i in rows] for column in (truth, prediction, speakers)]
        expected = speaker_bootstrap(*mine, metrics.unweighted_average_recall, 200, 5, 0.9)
        assert told["n"] == len(rows)
        assert told["n_speakers"] == expected.n_speakers
        assert told["unweighted_average_recall"] == pytest.approx(expected.to_dict())
    if table == "per_speaker":
        assert all(told["accuracy"]["low"] is None for told in scores[table].values())


def test_what_is_not_given_is_unknown(case, people):
    bare = [replace(u, sex=None, intensity=None, corpus="") for u in people]
    told = evaluate(*case, utterances=bare, n_resamples=10)
    for table in ("per_sex", "per_corpus", "per_intensity"):
        assert list(told[table]) == ["unknown"]


def test_without_utterances_there_are_no_tables(case):
    assert not [key for key in evaluate(*case, n_resamples=10) if key.startswith("per_") and key != "per_class"]


def test_result_is_json_without_nan_and_the_same_every_time(case, people):
    first = evaluate(*case, utterances=people, n_resamples=50)
    assert json.dumps(first, allow_nan=False) == json.dumps(evaluate(*case, utterances=people, n_resamples=50))


def test_label_never_true_nor_predicted_is_nothing_in_json():
    told = evaluate(["a", "a"], [[0.9, 0.1, 0.0]] * 2, ["a", "b", "c"], ["p", "q"])
    assert told["per_class"]["c"]["f1"] == {"value": None, "low": None, "high": None}
    assert told["per_class"]["c"]["support"] == 0
    json.dumps(told, allow_nan=False)


def test_mask_judges_each_row_by_its_own_labels():
    probabilities = [[0.2, 0.3, 0.5], [0.2, 0.3, 0.5]]
    mask = [[True, True, False], [True, True, True]]
    told = evaluate(["b", "c"], probabilities, ["a", "b", "c"], ["p", "q"], mask=mask)
    assert told["accuracy"]["value"] == 1.0
    assert told["log_loss"]["value"] == pytest.approx(-(math.log(0.6) + math.log(0.5)) / 2)


def test_mask_for_all_rows_at_once():
    told = evaluate(["b"], [[0.2, 0.3, 0.5]], ["a", "b", "c"], ["p"], mask=[True, True, False])
    assert told["accuracy"]["value"] == 1.0


def test_no_speech_is_wrong_but_has_no_probabilities(case):
    truth, probabilities, labels, speakers = case
    with_nan = probabilities.copy()
    with_nan[:10] = np.nan
    is_silent = np.arange(len(truth)) < 10
    told = evaluate(truth, with_nan, labels, speakers, is_no_speech=is_silent)
    prediction = ["no speech"] * 10 + decide(probabilities[10:])
    assert told["accuracy"]["value"] == pytest.approx(metrics.accuracy(truth, prediction))
    assert told["n_no_speech"] == sum(told["confusion"]["no_speech"]) == 10
    assert told["log_loss"]["value"] == pytest.approx(metrics.log_loss(truth[10:], probabilities[10:], labels))


def test_nothing_but_no_speech():
    told = evaluate(["a"], [[0.5, 0.5]], ["a", "b"], ["p"], is_no_speech=[True])
    assert told["accuracy"]["value"] == 0.0
    assert told["brier_score"] == {"value": None, "low": None, "high": None}
    json.dumps(told, allow_nan=False)


def test_unknown_speakers_have_scores_but_no_intervals(case):
    truth, probabilities, labels, _ = case
    told = evaluate(truth, probabilities, labels, [""] * len(truth))
    assert told["n_speakers"] == 0
    assert told["accuracy"]["value"] > 0.4
    assert told["accuracy"]["low"] is None
    assert told["log_loss"]["low"] is None


def test_wrong_input_is_refused(case, people):
    truth, probabilities, labels, speakers = case
    with pytest.raises(UsageError, match="truth has 96 entries but speakers has 95"):
        evaluate(truth, probabilities, labels, speakers[1:])
    with pytest.raises(UsageError, match="truth has 96 entries but utterances has 1"):
        evaluate(*case, utterances=people[:1])
    with pytest.raises(UsageError, match="truth has 96 entries but is_no_speech has 2"):
        evaluate(*case, is_no_speech=[True, False])
    with pytest.raises(UsageError, match=r"probabilities have the shape \(96, 2\)"):
        evaluate(truth, probabilities[:, :2], labels, speakers)
    with pytest.raises(UsageError, match="not logits"):
        evaluate(truth, probabilities * 9, labels, speakers)
    with pytest.raises(LabelError, match="truth number 0 is"):
        evaluate(truth, probabilities, ["x", "y", "z"], speakers)
    with pytest.raises(UsageError, match="nothing to score"):
        evaluate([], np.empty((0, 3)), labels, [])
    with pytest.raises(LabelError, match=r"truth number 0 is 'b', which the mask does not allow"):
        evaluate(["b"], [[0.5, 0.5]], ["a", "b"], ["p"], mask=[True, False])


def test_risk_over_coverage_is_that_of_the_heard(case, people):
    truth, probabilities, labels, _ = case
    silent = np.arange(len(truth)) % 5 == 0
    scores = evaluate(*case, is_no_speech=silent, is_uncertain=probabilities.max(axis=1) < 0.5, n_resamples=10)
    heard = np.flatnonzero(~silent)
    expected = tell_risk_coverage([truth[i] for i in heard], probabilities[heard], labels)
    assert scores["risk_coverage"] == expected
    sure = probabilities[heard].max(axis=1) >= 0.5
    right = np.array([decide(probabilities)[i] == truth[i] for i in heard])
    assert scores["uncertain"]["n_uncertain"] == int((~sure).sum())
    assert scores["uncertain"]["accuracy_if_certain"] == pytest.approx(right[sure].mean())
    assert "uncertain" not in evaluate(*case, n_resamples=10)
    everyone = evaluate(*case, is_no_speech=np.ones(len(truth), bool), is_uncertain=sure.repeat(2)[: len(truth)])
    assert everyone["risk_coverage"] is None
    assert "uncertain" not in everyone


def test_the_worst_understood_speaker_is_told(case, people, scores):
    recalls = {name: s["unweighted_average_recall"]["value"] for name, s in scores["per_speaker"].items()}
    worst = scores["worst_speaker"]
    assert worst["unweighted_average_recall"] == min(recalls.values()) == recalls[worst["speaker"]]
    assert worst["mean_of_speakers"] == pytest.approx(np.mean(list(recalls.values())))
    assert worst["n"] == 12


def test_too_few_clips_make_nobody_the_worst(case, people):
    truth, probabilities, labels, speakers = case
    few = evaluate(truth[:9], probabilities[:9], labels, speakers[:9], utterances=people[:9], n_resamples=10)
    assert few["worst_speaker"] is None
    nameless = evaluate(truth, probabilities, labels, [""] * len(truth), utterances=people, n_resamples=10)
    assert nameless["worst_speaker"] is None
