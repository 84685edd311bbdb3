from __future__ import annotations

import json

import numpy as np
import pytest
from sklearn.metrics import recall_score

from emotrace.errors import UsageError
from emotrace.labels import NO_SPEECH
from emotrace.learn.evaluation.bootstrap import speaker_bootstrap
from emotrace.learn.evaluation.metrics import unweighted_average_recall
from emotrace.learn.evaluation.robustness import judge_targets, score_conditions, sum_false_emotions

LABELS = ("anger", "calm", "sadness")


@pytest.fixture(scope="module")
def case() -> tuple[list[str], list[str], dict[str, list[str]]]:
    rng = np.random.default_rng(0)
    speakers = [f"s{n % 8}" for n in range(240)]
    truth = [LABELS[k] for k in rng.integers(0, 3, 240)]

    def hear(share: float) -> list[str]:
        return [t if rng.random() < share else str(rng.choice(LABELS)) for t in truth]

    clean = hear(0.7)
    noisy = [label if rng.random() < 0.7 else str(rng.choice([*LABELS, NO_SPEECH])) for label in clean]
    return truth, speakers, {"clean": clean, "noisy": noisy, "same": list(clean)}


def test_scores_are_those_of_the_bootstrap_and_of_sklearn(case) -> None:
    truth, speakers, heard = case
    scores = score_conditions(truth, speakers, heard, "clean")
    for name, predictions in heard.items():
        expected = speaker_bootstrap(truth, predictions, speakers, unweighted_average_recall, seed=0)
        assert scores[name]["unweighted_average_recall"] == pytest.approx(expected.to_dict())
        value = recall_score(truth, predictions, labels=LABELS, average="macro")
        assert scores[name]["unweighted_average_recall"]["value"] == pytest.approx(value)
        assert scores[name]["n_no_speech"] == predictions.count(NO_SPEECH)
    json.dumps(scores, allow_nan=False)


def test_changes_are_paired(case) -> None:
    truth, speakers, heard = case
    scores = score_conditions(truth, speakers, heard, "clean")
    assert scores["clean"]["change"] == {"value": 0.0, "low": 0.0, "high": 0.0}
    assert scores["same"]["change"] == {"value": 0.0, "low": 0.0, "high": 0.0}
    change = scores["noisy"]["change"]
    both = [scores[name]["unweighted_average_recall"] for name in ("clean", "noisy")]
    assert change["value"] == pytest.approx(both[1]["value"] - both[0]["value"])
    assert change["low"] < change["value"] < change["high"] < 0.0

    # By hand: the same speakers drawn for both.
    rng = np.random.default_rng(0)
    names = sorted(set(speakers))
    differences = []
    for drawn in rng.multinomial(len(names), [1 / len(names)] * len(names), size=1000):
        rows = [r for r, s in enumerate(speakers) for _ in range(drawn[names.index(s)])]
        uars = [
            unweighted_average_recall([truth[r] for r in rows], [heard[name][r] for r in rows], LABELS)
            for name in ("clean", "noisy")
        ]
        differences.append(uars[1] - uars[0])
    assert [change["low"], change["high"]] == pytest.approx(np.quantile(differences, [0.025, 0.975]).tolist())


def test_one_or_unknown_speakers_have_no_interval(case) -> None:
    truth, _, heard = case
    for speakers in (["s"] * len(truth), [""] * len(truth)):
        change = score_conditions(truth, speakers, heard, "clean")["noisy"]["change"]
        assert (change["low"], change["high"]) == (None, None)


def test_nothing_to_compare_with(case) -> None:
    truth, speakers, heard = case
    with pytest.raises(UsageError, match="nothing was heard under 'quiet'"):
        score_conditions(truth, speakers, heard, "quiet")
    with pytest.raises(UsageError, match="truth has 240 labels but there are 239 speakers"):
        score_conditions(truth, speakers[1:], heard, "clean")


def test_false_emotions_are_counted_by_window() -> None:
    facts = sum_false_emotions(
        {
            "hum": [{"n": 20, "n_emotions": 0, "n_certain": 0}] * 3,
            "tune": [{"n": 20, "n_emotions": 5, "n_certain": 1}, {"n": 20, "n_emotions": 0, "n_certain": 0}],
        }
    )
    assert facts["n_windows"] == 100
    assert facts["share_with_emotion"] == 0.05
    assert facts["share_with_certain_emotion"] == 0.01
    assert facts["kinds"]["tune"] == {
        "n_sounds": 2,
        "n_sounds_with_emotion": 1,
        "n_windows": 40,
        "share_with_emotion": 0.125,
        "share_with_certain_emotion": 0.025,
    }
    with pytest.raises(UsageError, match="not one window"):
        sum_false_emotions({"hum": []})


def changed(**values: float) -> dict[str, dict[str, dict[str, float]]]:
    return {name: {"change": {"value": value}} for name, value in values.items()}


def test_targets_are_met_up_to_their_limits() -> None:
    conditions = {
        **changed(telephone=-0.04),
        "gain-30": {"change": {"value": 0.011}},
        "gain+10": {"change": {"value": -0.01}},
    }
    targets = judge_targets(conditions, 0.0101)
    assert [target["is_met"] for target in targets] == [True, False, None, True, False]
    assert [target["value"] for target in targets] == [0.04, 0.011, None, 0.01, 0.0101]
    assert judge_targets(changed(telephone=0.2), None)[0]["is_met"] is True


def test_what_a_gain_cuts_off_is_no_part_of_its_target() -> None:
    louder = {"change": {"value": 0.03}, "uncut": {"n": 7, "change": {"value": -0.002}}}
    target = judge_targets({"gain+10": louder}, None)[3]
    assert (target["value"], target["is_met"]) == (0.002, True)
    assert target["what"] == "gain+10 dB moves UAR by at most 1 point, where it cuts nothing off"
